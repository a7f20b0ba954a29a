//! The department on a ledger: founding it, and settling its readings interval by interval.

mod founding;
mod keys;
mod submission;

pub use {
    founding::{Department, Founding, Meter, MeterPlan, found, initialisation},
    keys::Keys,
    submission::{SIGNED_READINGS_PER_TRANSACTION, Settled, Signing, prepare, settle, sign},
};
