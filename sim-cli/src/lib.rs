//! The commands of the campus energy simulator. They combine four crates under `sim-cli/crates`: `simulation` (what meters measure),
//! `department` (founding, settlement, trading, audit), `gateway` (accepts readings from outside) and `report` (charts, tables, files).

#![forbid(unsafe_code)]

pub mod commands;
pub mod meters;
pub mod plan;
