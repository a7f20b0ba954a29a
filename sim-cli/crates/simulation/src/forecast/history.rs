//! The measured values of simulated days, and their normalisation.

use {
    super::{History, WEEK},
    crate::{Configuration, DAYLIGHT, Mode, Simulation, configuration::SkyName},
    chrono::NaiveDate,
};

/// Generation against a clear sky, and load against its usual week in the first `training` intervals, of local days.
#[must_use]
pub fn histories(
    configuration: &Configuration,
    seed: u64,
    first: NaiveDate,
    days: u32,
    training: usize,
) -> [History; 2] {
    let mut cloudless = configuration.clone();
    cloudless.engineering_department.weather.sky = SkyName::Clear;
    let mut simulation = Simulation::new(configuration, seed, Mode::Physical);
    let mut clear = Simulation::new(&cloudless, seed, Mode::Physical);
    let (mut generation, mut load) = (History::default(), History::default());
    for (interval, potential) in simulation.intervals(first, days).zip(clear.intervals(first, days)) {
        // The physical mode, which both are, has a sun in every interval.
        let (Some(solar), Some(cloudless)) = (&interval.solar, &potential.solar) else { continue };
        generation.power.push(solar.mean.power);
        generation.potential.push(cloudless.mean.power);
        generation.scored.push(solar.sun.zenith < DAYLIGHT);
        let consumed: u64 = interval.readings.iter().map(|reading| u64::from(reading.consumed)).sum();
        // kW from the Wh of a quarter of an hour.
        load.power.push(consumed as f64 * 4.0 / 1_000.0);
        load.scored.push(true);
    }
    load.potential = usual_weeks(&load.power, training);
    [generation, load]
}

/// The mean of each interval of the week in the intervals to learn from, over and over.
fn usual_weeks(power: &[f64], training: usize) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; WEEK], vec![0_u32; WEEK]);
    for (at, power) in power.iter().take(training).enumerate() {
        sums[at % WEEK] += power;
        counts[at % WEEK] += 1;
    }
    (0..power.len()).map(|at| sums[at % WEEK] / f64::from(counts[at % WEEK].max(1))).collect()
}
