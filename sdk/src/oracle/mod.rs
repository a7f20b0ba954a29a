//! Readings in: checked, counted, passed on to registry, token and trading.

pub mod address;
pub mod carried;
pub mod error;
pub mod event;
pub mod instruction;
pub mod readings;
pub mod state;
