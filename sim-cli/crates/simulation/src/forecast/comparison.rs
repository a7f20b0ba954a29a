//! Compares models.

use {
    super::{
        ClearSkyPersistence, Cliper, DayBefore, Forecaster, History, HoltWinters, Persistence, Score, WeekBefore,
        rolling_origin,
    },
    serde::Serialize,
};

/// What can be told.
pub const GENERATION: &str = "generation";
/// See [`GENERATION`].
pub const LOAD: &str = "load";
/// Minutes of an interval.
const MINUTES: usize = 15;

/// How a model does at a horizon. Errors in kW.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What is told: generation or load.
    pub what: &'static str,
    /// Minutes ahead.
    pub horizon_minutes: usize,
    /// The model.
    pub model: &'static str,
    /// Forecasts scored.
    pub forecasts: usize,
    /// Mean absolute error.
    pub mae_kw: f64,
    /// Root mean square error.
    pub rmse_kw: f64,
    /// RMSE by `normaliser_kw`.
    pub nrmse: f64,
    /// What `nrmse` is a share of.
    pub normaliser_kw: f64,
    /// Against CLIPER at this horizon.
    pub skill: f64,
}

/// Scores what there is of models, CLIPER first.
#[must_use]
pub fn scored(what: &'static str, history: &History, training: usize, horizon: usize, normaliser: f64) -> Vec<Row> {
    let mut models: Vec<Box<dyn Forecaster>> =
        vec![Box::<Cliper>::default(), Box::new(Persistence), Box::new(DayBefore)];
    match what {
        GENERATION => models.push(Box::<ClearSkyPersistence>::default()),
        _ => models.extend([Box::new(WeekBefore) as Box<dyn Forecaster>, Box::<HoltWinters>::default()]),
    }
    let scores: Vec<Score> =
        models.iter_mut().map(|model| rolling_origin(model.as_mut(), history, training, horizon)).collect();
    let row = |score: &Score| Row {
        what,
        horizon_minutes: horizon * MINUTES,
        model: score.model,
        forecasts: score.forecasts,
        mae_kw: score.mae,
        rmse_kw: score.rmse,
        nrmse: score.nrmse(normaliser),
        normaliser_kw: normaliser,
        skill: score.skill(&scores[0]),
    };
    scores.iter().map(row).collect()
}
