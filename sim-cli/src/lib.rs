//! The campus energy simulator. The way of the data is the order of the modules: the meters measure (`simulation`), a
//! ledger settles (`settlement`), people read (`report`); `commands` are what can be asked for.

pub mod commands;
pub mod report;
pub mod settlement;
pub mod simulation;
