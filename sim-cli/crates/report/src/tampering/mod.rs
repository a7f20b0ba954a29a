//! The result of tampering with meters: what reached the ledger, what an operator's checks find, and what they miss.
//!
//! The checks see only the ledger's readings and the submitter's rejected readings; only the score compares what they find with
//! the truth.

mod checks;
mod files;
mod score;
pub(crate) mod table;

pub use {
    checks::{Check, Findings, View, findings},
    files::{REFUSALS, Recorded, TRUTH, refusals_csv, truth_csv},
    score::{InjectionScore, OtherMeters, Tampering, score},
};

use {campus_energy_department::audit::Arrival, campus_energy_sdk::reading::Metered};

/// A reading that the ledger has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The meter's number.
    pub meter: usize,
    /// End of the interval that the reading names, Unix seconds.
    pub timestamp: i64,
    /// The values of the reading.
    pub reading: Metered,
    /// The ledger's time when it was accepted, Unix seconds.
    pub at: i64,
}

/// A reading that the ledger has refused, as the submitter noted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The meter's number.
    pub meter: usize,
    /// End of the interval that the reading names, Unix seconds; it may be none.
    pub timestamp: i64,
    /// The values of the reading.
    pub reading: Metered,
    /// The ledger's time when it was refused, Unix seconds.
    pub at: i64,
    /// The program's error by name, such as `AlreadyAccepted`.
    pub error: String,
}

/// What is known of a run after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What the meters measured: the ends of the intervals in order, with all meters' values.
    pub truth: Vec<(i64, Vec<Metered>)>,
    /// What the ledger has accepted, in its order.
    pub accepted: Vec<Accepted>,
    /// The readings that the ledger rejected, in the order of the submissions.
    pub refused: Vec<Refused>,
}

impl From<Arrival> for Accepted {
    fn from(Arrival { at, timestamp, reading }: Arrival) -> Self {
        let meter = usize::try_from(reading.meter).unwrap_or(usize::MAX);
        Self { meter, timestamp, reading: Metered { generated: reading.generated, consumed: reading.consumed }, at }
    }
}
