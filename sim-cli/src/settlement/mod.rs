//! The department on a ledger: founding it, and settling its readings interval by interval.

mod founding;
mod keys;
mod market;
mod plan;
mod submission;
mod trading;

pub use {
    founding::{Department, Founding, Initialisers, Meter, MeterPlan, found, initialisation},
    keys::Keys,
    market::{MarketPlan, open_seats},
    plan::embedded_ledger,
    submission::{SIGNED_READINGS_PER_TRANSACTION, Settled, Signing, prepare, settle, sign},
    trading::{clear_auction, place, settle_day},
};
