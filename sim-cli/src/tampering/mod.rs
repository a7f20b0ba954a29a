//! Meters that are tampered with on purpose (`run --inject`): what reaches the ledger of it, what an operator's checks find, and
//! what nobody notices.
//!
//! The injector stands between the simulation, whose values are the truth, and the submission. The checks see the ledger's
//! readings and the submitter's refusals alone; the score alone holds what they find against the truth.

mod checks;
mod files;
mod injection;
mod injector;
mod score;

pub use {
    checks::{Check, Findings, View, findings},
    files::{REFUSALS, Recorded, TRUTH, refusals_csv, truth_csv},
    injection::{Injection, Kind, Silence},
    injector::{Injector, Item, Sent},
    score::{InjectionScore, OtherMeters, Tampering, score},
};

use {
    crate::{audit::Arrival, simulation::Metered},
    campus_energy_sdk::identity::MeterId,
    chrono_tz::Tz,
    serde::{Deserialize, Serialize},
};

/// What a manifest says of a run's injections; with it a run's score can be worked out anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifested {
    /// The injections, each as `--inject` takes it, its amount included.
    pub injections: Vec<String>,
    /// Each meter's weight in the apportioning of the array's energy; empty where it goes by consumption.
    pub weights: Vec<u64>,
}

/// The injections of a run, and what the operator knows of its meters.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The meters, by number.
    pub meters: Vec<MeterId>,
    /// The injections, each with its meter's number; a meter has at most one.
    pub injections: Vec<(usize, Injection)>,
    /// Each meter's weight in the apportioning of the array's energy; empty where it goes by consumption.
    pub weights: Vec<u64>,
    /// Seed of what is random in an injection.
    pub seed: u64,
    /// The site's time zone: days and hours are local.
    pub zone: Tz,
}

impl Plan {
    /// Finds the injections' meters.
    ///
    /// # Errors
    /// A text where the department has no such meter, or a meter is named twice.
    pub fn new(
        meters: Vec<MeterId>,
        injections: &[Injection],
        weights: Vec<u64>,
        seed: u64,
        zone: Tz,
    ) -> Result<Self, String> {
        let mut found: Vec<(usize, Injection)> = Vec::with_capacity(injections.len());
        for injection in injections {
            let Some(number) = meters.iter().position(|meter| *meter == injection.meter) else {
                let ends =
                    [meters.first(), meters.last()].map(|meter| meter.map_or_else(String::new, MeterId::to_string));
                let [first, last] = ends;
                return Err(format!(
                    "{injection}: there is no meter {}; give one of {first} to {last}",
                    injection.meter
                ));
            };
            if let Some((_, earlier)) = found.iter().find(|(known, _)| *known == number) {
                return Err(format!(
                    "{injection}: {} has {earlier} already; give one injection for each meter",
                    injection.meter
                ));
            }
            found.push((number, *injection));
        }
        Ok(Self { meters, injections: found, weights, seed, zone })
    }

    /// What the manifest says of it.
    #[must_use]
    pub fn manifested(&self) -> Manifested {
        let injections = self.injections.iter().map(|(_, injection)| injection.to_string()).collect();
        Manifested { injections, weights: self.weights.clone() }
    }

    /// Whether a meter is tampered with.
    #[must_use]
    pub fn is_tampered(&self, meter: usize) -> bool {
        self.injections.iter().any(|(known, _)| *known == meter)
    }
}

/// A reading that the ledger has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The meter's number.
    pub meter: usize,
    /// End of the interval that the reading names, Unix seconds.
    pub timestamp: i64,
    /// Its values.
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
    /// Its values.
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
    /// What it has refused, in the order of the submissions.
    pub refused: Vec<Refused>,
}

impl From<Arrival> for Accepted {
    fn from(Arrival { at, timestamp, reading }: Arrival) -> Self {
        let meter = usize::try_from(reading.meter).unwrap_or(usize::MAX);
        Self { meter, timestamp, reading: Metered { generated: reading.generated, consumed: reading.consumed }, at }
    }
}
