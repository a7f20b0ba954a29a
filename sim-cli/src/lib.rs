//! The campus energy simulator. The way of the data is the order of the modules: the meters measure (`simulation`), models
//! tell it ahead (`forecast`), people trade (`agents`), a ledger settles (`settlement`) and is recorded (`record`), what
//! happened is rebuilt from the record (`audit`), people read (`report`); `commands` are what can be asked for.

#![forbid(unsafe_code)]

pub mod agents;
pub mod audit;
pub mod commands;
pub mod forecast;
pub mod gateway;
pub mod record;
pub mod report;
pub mod settlement;
pub mod simulation;
pub mod tampering;
