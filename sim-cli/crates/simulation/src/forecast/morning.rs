//! The forecast of the array in the morning of a day, for a report.

use {
    super::{Cliper, DAY, GENERATION, HORIZONS, Row, histories, quantiles, scored, too_little_daylight},
    crate::Configuration,
    chrono::{NaiveDate, TimeDelta},
};

/// Days before it that are learnt from, and of them those on which no forecast is scored yet.
const DAYS: u32 = 84;
const TRAINING: usize = 56 * DAY;
/// The last interval that is known: it ends at 08:00.
const ORIGIN: usize = 31;

/// What a morning's forecast of the array says of the day, interval by interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fan {
    /// The day.
    pub date: NaiveDate,
    /// The model.
    pub model: &'static str,
    /// The last interval that was known.
    pub origin: usize,
    /// What came, kW, of the whole day.
    pub actual: Vec<f64>,
    /// For each interval after the origin: 10, 25, 50, 75 and 90 % of such days were below, kW.
    pub quantiles: Vec<[f64; 5]>,
}

/// What CLIPER says at 08:00 of a day, and how simple models did on the days before; none where there was too little daylight to learn
/// from.
#[must_use]
pub fn morning(configuration: &Configuration, seed: u64, date: NaiveDate) -> Option<(Fan, Vec<Row>)> {
    let [mut generation, _] = histories(configuration, seed, date - TimeDelta::days(DAYS.into()), DAYS + 1, TRAINING);
    if too_little_daylight(&generation, TRAINING).is_some() {
        return None;
    }
    // The day itself has an hour less or more where the clock changes.
    let begin = DAYS as usize * DAY;
    let begin = begin.min(generation.power.len().saturating_sub(DAY));
    let actual = generation.power[begin..].to_vec();
    let count = actual.len().saturating_sub(ORIGIN + 1);
    let quantiles = quantiles(&mut Cliper::default(), &generation, begin + ORIGIN, count);
    let fan = Fan { date, model: "CLIPER", origin: ORIGIN, actual, quantiles };
    generation.power.truncate(begin);
    let capacity = configuration.engineering_department.solar_installation.capacity.kilowatts();
    let compared =
        HORIZONS.into_iter().flat_map(|horizon| scored(GENERATION, &generation, TRAINING, horizon, capacity));
    Some((fan, compared.collect()))
}
