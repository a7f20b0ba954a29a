//! The campus energy simulator's commands. The rooms they put together are crates of their own, in the order of the data's way:
//! `simulation` (what meters measure), `department` (a ledger settles it and people trade), `gateway` (readings come in from
//! outside), `report` (people read).

#![forbid(unsafe_code)]

pub mod commands;
pub mod meters;
pub mod plan;
