//! The commands of the campus energy simulator. They combine four crates under `sim-cli/crates`: `simulation` (what meters measure),
//! `department` (founding, settlement, trading, audit), `gateway` (accepts readings from outside) and `report` (charts, tables, files).

#![forbid(unsafe_code)]

// First: its macros are those of the standard library's names in all that follows.
#[macro_use]
pub mod terminal;

pub mod commands;
mod interruption;
#[cfg(feature = "network")]
pub mod meters;
pub mod plan;
