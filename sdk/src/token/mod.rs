//! The energy token, which is minted for surplus and retired against consumption.

pub mod address;
pub mod error;
pub mod event;
pub mod instruction;
pub mod state;
