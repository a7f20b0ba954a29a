//! A department on a ledger: it is founded, its readings are settled interval by interval, its people trade (`agents`), what
//! happened is recorded (`record`), and rebuilt from the record and checked (`audit`).

#![forbid(unsafe_code)]

mod administration;
pub mod agents;
pub mod audit;
mod comparison;
mod embedded_ledger;
mod founding;
mod key_source;
mod keys;
mod limits;
mod live;
mod market_day;
pub mod market_sheet;
mod plan;
mod public_keys;
pub mod record;
mod settlement_error;
mod submission;
pub mod temporary;
pub mod text;
mod wallets;

pub use {
    administration::{Administration, AdministrationError, Change, Office, Part, Plan, status_name},
    comparison::{Comparison, compare},
    embedded_ledger::embedded_ledger,
    founding::{Department, Founder, FoundingError, Initialisers, Meter, Mismatch, Notice, Stage, initialisation},
    key_source::{DepartmentKeys, KeyError, KeyName, KeySource, write_keys},
    keys::Keys,
    limits::{DepartmentLimits, LimitChange, LimitName, LimitsError, LimitsPlan},
    live::{CaughtUp, catch_up, measured, open_intervals, plain},
    market_day::{Closed, DayEnd, MarketDay, MarketWallets, Sending, Traded, order},
    plan::{Founding, MarketPlan, MeterPlan},
    public_keys::{PUBLIC_KEYS, PublicKeys},
    settlement_error::SettlementError,
    submission::{
        SIGNED_READINGS_PER_TRANSACTION, Settled, Signing, backlog, batch, prepare, settle, sign, sign_reading,
        unsettled_meters,
    },
    wallets::Wallets,
};
