//! A department on a ledger: it is founded, its readings are settled interval by interval, its people trade (`agents`), what
//! happened is recorded (`record`), and rebuilt from the record and checked (`audit`).

#![forbid(unsafe_code)]

pub mod agents;
pub mod audit;
mod comparison;
mod embedded_ledger;
mod founding;
mod key_source;
mod keys;
mod limits;
mod live;
pub mod market_sheet;
pub mod record;
mod settlement_error;
mod submission;
pub mod text;
mod trading;

pub use {
    comparison::{Comparison, compare},
    embedded_ledger::embedded_ledger,
    founding::{
        Department, Founder, Founding, FoundingError, Initialisers, MarketPlan, Meter, MeterPlan, Mismatch, Notice,
        Stage, initialisation,
    },
    key_source::{DepartmentKeys, KeyError, KeyName, KeySource, write_keys},
    keys::Keys,
    limits::{DepartmentLimits, LimitChange, LimitName, LimitsError, LimitsPlan},
    live::{CaughtUp, Traded, catch_up, clear_closed, measured, open_intervals, plain, trade},
    settlement_error::SettlementError,
    submission::{
        SIGNED_READINGS_PER_TRANSACTION, Settled, Signing, backlog, batch, prepare, settle, sign, sign_reading,
    },
    trading::{clear_auction, order, place, settle_day},
};
