//! The REST interface.

use {
    super::{
        ApiKeys, Problem, State,
        body::{ReadingAnswer, ReadingBody},
        check::Register,
        engine::Handle,
        journal::Entry,
        keys::Scope,
    },
    axum::{
        Json, Router,
        body::Bytes,
        extract::{DefaultBodyLimit, Path, Query, State as Shared, rejection::BytesRejection},
        http::{HeaderMap, StatusCode, header},
        routing::{get, post},
    },
    campus_energy_sdk::identity::MeterId,
    serde::{Deserialize, Serialize},
    std::{collections::BTreeMap, sync::Arc, time::Duration},
};

/// Bytes of a posted reading, and of a batch, at most.
const READING_LIMIT: usize = 16 * 1_024;
const BATCH_LIMIT: usize = 1_024 * 1_024;
/// Readings of a batch, at most.
const BATCH: usize = 1_000;
/// How long a request waits for the engine.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Clone)]
pub struct Service {
    /// The engine.
    pub engine: Handle,
    /// The meters.
    pub register: Arc<Register>,
    /// Who may post.
    pub keys: Arc<ApiKeys>,
    /// What the answers call who runs the ledger.
    pub validator: Arc<str>,
}

/// Every path of the gateway.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/api/engineering/meter-reading", post(post_reading).layer(DefaultBodyLimit::max(READING_LIMIT)))
        .route("/api/engineering/meter-readings", post(post_readings).layer(DefaultBodyLimit::max(BATCH_LIMIT)))
        .route("/api/engineering/meter-reading/{meter}/{timestamp}", get(get_reading))
        .route("/api/engineering/meter-summary", get(summary))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "unknown_path", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this path takes another method")
        })
        .with_state(service)
}

/// How long a posted reading's answer waits.
#[derive(Deserialize)]
struct Wait {
    wait: Option<String>,
}

impl Wait {
    fn confirmed(&self) -> Result<bool, Problem> {
        match self.wait.as_deref() {
            None => Ok(false),
            Some("confirmed") => Ok(true),
            Some(other) => {
                let detail = format!("wait={other}: leave it out, or give wait=confirmed");
                Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_wait", detail).of("wait"))
            }
        }
    }
}

/// What has become of a reading.
#[derive(Serialize)]
struct ReadingState {
    meter_id: String,
    timestamp: i64,
    energy_generated: serde_json::Number,
    energy_consumed: serde_json::Number,
    state: State,
    solana_transaction_id: Option<String>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    readings: BTreeMap<&'static str, i64>,
}

async fn post_reading(
    Shared(service): Shared<Service>,
    Query(wait): Query<Wait>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ReadingAnswer>, Problem> {
    let scope = service.scope(&headers)?;
    let confirmed = wait.confirmed()?;
    let body: ReadingBody = parsed(body)?;
    service.post(&scope, &body, confirmed).await.map(Json)
}

/// Each reading of a batch for itself, in its order: an answer or a problem.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Answer(ReadingAnswer),
    Problem(Problem),
}

async fn post_readings(
    Shared(service): Shared<Service>,
    Query(wait): Query<Wait>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Vec<Outcome>>), Problem> {
    let scope = service.scope(&headers)?;
    let confirmed = wait.confirmed()?;
    let bodies: Vec<ReadingBody> = parsed(body)?;
    if bodies.is_empty() || bodies.len() > BATCH {
        let detail = format!("{} readings; a batch has 1 to {BATCH}", bodies.len());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch_size", detail));
    }
    // All at once, so that they are gathered into the same transactions.
    let tasks: Vec<_> = bodies
        .into_iter()
        .map(|body| {
            let (service, scope) = (service.clone(), scope.clone());
            tokio::spawn(async move { service.post(&scope, &body, confirmed).await })
        })
        .collect();
    let mut outcomes = Vec::with_capacity(tasks.len());
    let mut status = StatusCode::OK;
    for task in tasks {
        outcomes.push(match task.await {
            Ok(Ok(answer)) => Outcome::Answer(answer),
            Ok(Err(problem)) => {
                status = StatusCode::MULTI_STATUS;
                Outcome::Problem(problem)
            }
            Err(_) => return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "a task failed")),
        });
    }
    Ok((status, Json(outcomes)))
}

async fn get_reading(
    Shared(service): Shared<Service>,
    Path((meter, timestamp)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<ReadingState>, Problem> {
    let scope = service.scope(&headers)?;
    let unknown = |detail: String| Problem::new(StatusCode::NOT_FOUND, "unknown_reading", detail);
    let asked = meter.parse::<MeterId>().ok().zip(timestamp.parse::<i64>().ok());
    let (id, end) =
        asked.ok_or_else(|| unknown(format!("{meter}/{timestamp} names no reading: METER/UNIX_SECONDS")))?;
    service.allow(&scope, &id)?;
    let entry = patiently(service.engine.find(id, end)).await?;
    let entry = entry.ok_or_else(|| unknown(format!("no reading of {meter} for the interval that ends at {end}")))?;
    let body = entry.submission.body();
    Ok(Json(ReadingState {
        meter_id: body.meter_id,
        timestamp: body.timestamp,
        energy_generated: body.energy_generated,
        energy_consumed: body.energy_consumed,
        state: entry.state,
        solana_transaction_id: entry.transaction,
        reason: entry.reason,
    }))
}

async fn summary(Shared(service): Shared<Service>, headers: HeaderMap) -> Result<Json<Summary>, Problem> {
    service.scope(&headers)?;
    let counts = patiently(service.engine.counts()).await?;
    Ok(Json(Summary { readings: counts.into_iter().map(|(state, count)| (state.name(), count)).collect() }))
}

/// Whether readings are taken: the engine answers from the journal.
async fn ready(Shared(service): Shared<Service>) -> Result<&'static str, Problem> {
    patiently(service.engine.counts()).await.map(|_| "ready\n")
}

impl Service {
    /// What the request's key is for.
    fn scope(&self, headers: &HeaderMap) -> Result<Scope, Problem> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = value.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let scope = key.and_then(|(_, key)| self.keys.scope(key.trim()));
        scope.ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "send Authorization: Bearer KEY with a key of this gateway",
            )
        })
    }

    fn allow(&self, scope: &Scope, meter: &MeterId) -> Result<(), Problem> {
        if scope.allows(meter) {
            return Ok(());
        }
        let detail = format!("this key is not for {meter}");
        Err(Problem::new(StatusCode::FORBIDDEN, "out_of_scope", detail).of("meter_id"))
    }

    async fn post(&self, scope: &Scope, body: &ReadingBody, confirmed: bool) -> Result<ReadingAnswer, Problem> {
        let submission = body.submission()?;
        self.allow(scope, &submission.meter)?;
        let end = submission.interval.end();
        let meter = match self.register.check(&submission, self.engine.now(end)) {
            Ok(meter) => meter,
            Err(problem) => {
                // What has been taken is answered as before, however old it has become.
                let known = patiently(self.engine.find(submission.meter, end)).await?;
                let same = known.is_some_and(|entry| entry.submission == submission);
                self.register.meter(&submission.meter).filter(|_| same).ok_or(problem)?
            }
        };
        let entry = patiently(self.engine.submit(submission, confirmed)).await?;
        answer(&entry, &meter.token_account.to_string(), &self.validator)
    }
}

fn answer(entry: &Entry, token_account: &str, validator: &str) -> Result<ReadingAnswer, Problem> {
    if entry.state == State::Rejected {
        let reason = entry.reason.clone().unwrap_or_default();
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "rejected_by_ledger", reason));
    }
    let minted = entry.submission.surplus().tokens().map_or(0, |tokens| tokens.0);
    Ok(ReadingAnswer {
        status: "success".into(),
        message: "Engineering meter reading processed".into(),
        solana_transaction_id: entry.transaction.clone().unwrap_or_default(),
        energy_tokens_minted: minted.to_string(),
        spl_token_account: token_account.into(),
        validator: validator.into(),
        next_reading_time: entry.submission.interval.next().end(),
        engineering_authority: "validated".into(),
    })
}

fn parsed<T: for<'de> Deserialize<'de>>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body_too_large", rejection.body_text()),
        status => Problem::new(status, "unreadable_body", rejection.body_text()),
    })?;
    serde_json::from_slice(&body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", error.to_string())
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "malformed_json", error.to_string()),
    })
}

async fn patiently<T>(answer: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| {
        let detail = "the ledger is slow: the reading may have been taken; post it again, or ask for its state";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "slow_ledger", detail))
    })
}
