//! Forecasts of generation and load, and their scores: simple models that every better one must beat, scored by rolling origin.
//! At each interval a model knows what has been measured until then and forecasts one horizon ahead.

mod comparison;
mod fan;
mod history;
mod holt_winters;
mod models;
mod morning;
mod score;

pub use {
    comparison::{GENERATION, LOAD, Row, scored, too_little_daylight},
    fan::quantiles,
    history::histories,
    holt_winters::HoltWinters,
    models::{ClearSkyPersistence, Cliper, DayBefore, Forecaster, LEAST_KNOWN, Persistence, WeekBefore, known_shares},
    morning::{Fan, morning},
    score::{Score, rolling_origin},
};

/// What is forecast: a series of mean powers, interval by interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// kW.
    pub power: Vec<f64>,
    /// What the power is held against: of generation what a clear sky would give, kW; of load its usual value. Known ahead.
    pub potential: Vec<f64>,
    /// Whether an interval is scored: of generation, the day.
    pub scored: Vec<bool>,
}

/// Intervals of a day.
pub const DAY: usize = 96;
/// Intervals of a week.
pub const WEEK: usize = 7 * DAY;
/// Intervals ahead at which forecasts are compared.
pub const HORIZONS: [usize; 3] = [1, 4, DAY];
