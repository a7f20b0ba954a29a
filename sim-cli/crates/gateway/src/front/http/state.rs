//! The endpoints for the state of the department, its market and the gateway.

use {
    super::{
        Authorized, Problem, Service, schema,
        view::{CurvePoint, Now, Summary},
    },
    crate::{
        ingest::{PATIENCE, Purpose, patiently},
        metrics::Levels,
        rejection::Rejection,
    },
    axum::{
        Json,
        extract::{Query, State as Shared, rejection::QueryRejection},
        http::{StatusCode, header},
        response::IntoResponse,
    },
    campus_energy_department::market_sheet::MarketSheet,
    serde::Deserialize,
    utoipa::IntoParams,
};

/// Seconds of a curve, unless others are asked for: a day.
const DAY: i64 = 86_400;
/// What Prometheus calls its text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The summary of the department: totals by zone and meter, the last interval, tokens, the health of journal and ledger.
#[utoipa::path(
    get, path = "/api/engineering/meter-summary", tag = "state", security(("key" = [])),
    responses(
        (status = 200, body = Summary),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn meter_summary(
    Shared(service): Shared<Service>,
    authorized: Authorized,
) -> Result<Json<Summary>, Problem> {
    authorized.whole()?;
    let (view, engine) = (service.view.clone(), &service.intake.engine);
    let now = Now { time: engine.time(), health: engine.health(), alerts: service.alerts.active() };
    Ok(Json(patiently(Purpose::State, engine.look(move |journal, ledger| view.summary(journal, ledger, now))).await?))
}

/// A span of time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// Unix seconds; left out: a day before `until`.
    from: Option<i64>,
    /// Unix seconds; left out: the newest reading's.
    until: Option<i64>,
}

/// What the department generated and consumed, interval by interval; two days at most.
#[utoipa::path(
    get, path = "/api/engineering/intervals", tag = "state", security(("key" = [])), params(Span),
    responses(
        (status = 200, body = Vec<CurvePoint>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn intervals(
    Shared(service): Shared<Service>,
    authorized: Authorized,
    span: Result<Query<Span>, QueryRejection>,
) -> Result<Json<Vec<CurvePoint>>, Problem> {
    authorized.whole()?;
    let Query(Span { from, until }) =
        span.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, "invalid_span", rejection.body_text()))?;
    let view = service.view.clone();
    let look = service.intake.engine.look(move |journal, _| {
        let until = until.map_or_else(|| Ok::<_, Rejection>(journal.newest()?.unwrap_or(0)), Ok)?;
        view.curve(journal, from.unwrap_or(until.saturating_sub(DAY)), until)
    });
    Ok(Json(patiently(Purpose::State, look).await?))
}

/// The market: its terms, its open orders, the auctions of its last day.
#[utoipa::path(
    get, path = "/api/engineering/market", tag = "state", security(("key" = [])),
    responses(
        (status = 200, body = schema::MarketSheet),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn market(
    Shared(service): Shared<Service>,
    Authorized(scope): Authorized,
) -> Result<Json<MarketSheet>, Problem> {
    scope.count(1)?;
    let view = service.view.clone();
    Ok(Json(patiently(Purpose::State, service.intake.engine.look(move |_, ledger| view.market(ledger))).await?))
}

/// Counters for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation", security(("key" = [])),
    responses(
        (status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn metrics(
    Shared(service): Shared<Service>,
    authorized: Authorized,
) -> Result<impl IntoResponse, Problem> {
    authorized.whole()?;
    let view = service.view.clone();
    let look = service.intake.engine.look(move |journal, ledger| {
        let mut newest = Vec::new();
        for (id, _) in view.register.meters() {
            let last = journal.last(&id)?;
            newest.extend(last.map(|entry| (id.to_string(), entry.submission.interval.end())));
        }
        Ok(Levels { counts: journal.counts()?, newest, supply: view.supply(ledger)? })
    });
    let levels = patiently(Purpose::State, look).await?;
    let text = service.intake.metrics.render(&service.intake.engine, &levels);
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text))
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether readings are taken and settled.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, body = String),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn readyz(Shared(service): Shared<Service>) -> Result<&'static str, Problem> {
    // From what the engine says anyway: whoever asks without a key costs nothing, and learns no more than which part it is.
    let engine = &service.intake.engine;
    let health = engine.health();
    let trouble = match (health.journal, health.ledger) {
        _ if engine.silence() > PATIENCE => "the engine has not responded for some seconds",
        (Some(_), _) => "the journal cannot be written",
        (None, Some(_)) if health.halted => "the ledger confirms nothing new; readings are taken and kept",
        (None, Some(_)) => "the ledger does not answer",
        (None, None) => return Ok("ready\n"),
    };
    let detail = format!("{trouble}; the reason is in the log, and with a key in /api/engineering/meter-summary");
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail))
}
