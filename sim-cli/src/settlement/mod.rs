//! The department on a ledger: founding it, and settling its readings interval by interval.

mod comparison;
mod founding;
mod key_source;
mod keys;
mod limits;
mod live;
mod plan;
mod submission;
mod trading;

pub use {
    comparison::{Comparison, compare},
    founding::{
        Department, Founder, Founding, FoundingError, Initialisers, MarketPlan, Meter, MeterPlan, Mismatch, Notice,
        Stage, initialisation,
    },
    key_source::{DepartmentKeys, KeyError, KeyName, KeySource, write_keys},
    keys::Keys,
    limits::{DepartmentLimits, LimitChange, LimitName, LimitsError, LimitsPlan},
    live::{CaughtUp, Traded, catch_up, clear_closed, measured, open_intervals, plain, trade},
    plan::embedded_ledger,
    submission::{SIGNED_READINGS_PER_TRANSACTION, Settled, Signing, backlog, batch, prepare, settle, sign},
    trading::{clear_auction, order, place, settle_day},
};
