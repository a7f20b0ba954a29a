//! The oracle: it checks readings and passes them on to the registry, token and trading programs.

pub mod address;
pub mod carried;
pub mod error;
pub mod event;
pub mod instruction;
pub mod readings;
pub mod state;
