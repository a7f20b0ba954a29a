//! Meters that are tampered with on purpose (`run --inject`): the injector changes readings between the simulation, whose
//! values are the truth, and the submission.

mod injection;
mod injector;

pub use {
    injection::{Injection, Kind, Silence},
    injector::{Injector, Item, Sent},
};

use {
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
