//! The registry: departments, participants and meters.

pub mod address;
pub mod error;
pub mod event;
pub mod instruction;
pub mod state;
