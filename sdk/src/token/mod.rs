//! The energy token: minted for surplus, retired against consumption.

pub mod address;
pub mod error;
pub mod event;
pub mod instruction;
pub mod state;
