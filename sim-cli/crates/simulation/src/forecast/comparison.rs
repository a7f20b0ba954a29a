//! Compares models.

use {
    super::{
        ClearSkyPersistence, Cliper, DayBefore, Forecaster, History, HoltWinters, LEAST_KNOWN, Persistence, Score,
        WeekBefore, known_shares, rolling_origin,
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
    /// Mean absolute error; none where no forecast was scored.
    pub mae_kw: Option<f64>,
    /// Root mean square error; none where no forecast was scored.
    pub rmse_kw: Option<f64>,
    /// RMSE by `normaliser_kw`; none where that is 0.
    pub nrmse: Option<f64>,
    /// What `nrmse` is a share of.
    pub normaliser_kw: f64,
    /// Against CLIPER at this horizon; none where CLIPER makes no error, or had too little to learn from.
    pub skill: Option<f64>,
}

/// Where there was too little to learn from: how many intervals told something about the sky, and how many are needed.
#[must_use]
pub fn too_little_daylight(history: &History, training: usize) -> Option<(usize, usize)> {
    let known = known_shares(history, training);
    (known < LEAST_KNOWN).then_some((known, LEAST_KNOWN))
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
    let learnt = too_little_daylight(history, training).is_none();
    let row = |score: &Score| Row {
        what,
        horizon_minutes: horizon * MINUTES,
        model: score.model,
        forecasts: score.forecasts,
        mae_kw: score.mae,
        rmse_kw: score.rmse,
        nrmse: score.nrmse(normaliser),
        normaliser_kw: normaliser,
        skill: if learnt { score.skill(&scores[0]) } else { None },
    };
    scores.iter().map(row).collect()
}
