//! The trading program: the market of a department.

pub mod address;
pub mod error;
pub mod event;
pub mod instruction;
pub mod state;
pub mod tariffs;
