//! The endpoints for readings: posting one or many, and asking for the state of one.

use {
    super::{
        Authorized, Problem, Service,
        body::{KEPT, ReadingAnswer, ReadingBody},
        keys::Scope,
        parsed,
        view::ReadingState,
    },
    crate::{
        front::timestamp::interval_of,
        ingest::{Ingest, Purpose, Taken, patiently},
        journal::State,
        rejection::Rejection,
    },
    axum::{
        Json,
        body::Bytes,
        extract::{
            Path, Query, State as Shared,
            rejection::{BytesRejection, PathRejection, QueryRejection},
        },
        http::StatusCode,
    },
    campus_energy_sdk::{identity::MeterId, time::Interval},
    serde::{Deserialize, Serialize},
    std::collections::VecDeque,
    utoipa::{IntoParams, ToSchema},
};

/// Readings of a batch, at most.
const BATCH: usize = 1_000;

/// How long a posted reading's answer waits.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wait {
    /// Left out: until the reading is durable and in a signed transaction. `confirmed`: until that has been executed.
    #[param(schema_with = confirmed)]
    wait: Option<String>,
}

fn confirmed() -> utoipa::openapi::Object {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(["confirmed"]))
        .build()
}

fn waits(wait: Result<Query<Wait>, QueryRejection>) -> Result<bool, Problem> {
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_wait", detail).of("wait");
    let wait = wait.map_err(|rejection| wrong(rejection.body_text()))?;
    match wait.0.wait.as_deref() {
        None => Ok(false),
        Some("confirmed") => Ok(true),
        Some(other) => Err(wrong(format!("wait={other} is not allowed; use wait=confirmed, or leave it out"))),
    }
}

/// Accept a reading.
///
/// When the answer comes, the reading is on the disk and in a signed transaction. The same reading again gets the same answer. 409 with
/// the code `ledger_conflict`: the ledger has other values for the meter and the interval, and `detail` says which, in which transaction.
#[utoipa::path(
    post, path = "/api/engineering/meter-reading", tag = "readings", security(("key" = [])),
    params(Wait, ("X-Engineering-Authority" = Option<String>, Header, pattern = "^true$", description = "The brief's header; it grants nothing")),
    request_body = ReadingBody,
    responses(
        (status = 200, body = ReadingAnswer),
        (status = 202, body = ReadingAnswer, description = "On the disk; the ledger does not take it now, or has a reading of the interval whose values nobody says: `message` says which. It is sent, or asked for, again"),
        (status = "4XX", description = "Not taken, `code` says why; after 408 perhaps taken, and after 408 and 429 to be posted again", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Perhaps taken: post it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_reading(
    Shared(service): Shared<Service>,
    Authorized(scope): Authorized,
    wait: Result<Query<Wait>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ReadingAnswer>), Problem> {
    scope.count(1)?;
    let confirmed = waits(wait)?;
    let body: ReadingBody = parsed(body)?;
    let answer = service.post(&scope, &body, confirmed).await?;
    let status = if answer.is_kept() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(answer)))
}

/// What became of a reading of a batch.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum BatchItem {
    /// The reading was accepted.
    Answer(ReadingAnswer),
    /// The reading was rejected.
    Problem(Problem),
}

/// Take up to 1,000 readings, each for itself.
///
/// The readings may be in any order. The answers are in theirs; the status is 207 where one of them is a problem.
#[utoipa::path(
    post, path = "/api/engineering/meter-readings", tag = "readings", security(("key" = [])),
    params(Wait),
    request_body = Vec<ReadingBody>,
    responses(
        (status = 200, body = Vec<ReadingAnswer>),
        (status = 207, body = Vec<BatchItem>),
        (status = "4XX", description = "None was taken, `code` says why; after 408 perhaps some, and after 408 and 429 to be posted again", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Perhaps some were taken: post them again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_readings(
    Shared(service): Shared<Service>,
    Authorized(scope): Authorized,
    wait: Result<Query<Wait>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Vec<BatchItem>>), Problem> {
    let confirmed = waits(wait)?;
    let bodies: Vec<ReadingBody> = parsed(body)?;
    if bodies.is_empty() || bodies.len() > BATCH {
        let detail = format!("{} readings; a batch has 1 to {BATCH}", bodies.len());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch_size", detail));
    }
    scope.count(u32::try_from(bodies.len()).unwrap_or(u32::MAX))?;
    let outcomes = service.post_all(&scope, bodies, confirmed).await?;
    let has_problem = outcomes.iter().any(|outcome| matches!(outcome, BatchItem::Problem(_)));
    Ok((if has_problem { StatusCode::MULTI_STATUS } else { StatusCode::OK }, Json(outcomes)))
}

/// What has become of a reading.
#[utoipa::path(
    get, path = "/api/engineering/meter-reading/{meter}/{timestamp}", tag = "readings", security(("key" = [])),
    params(
        ("meter" = String, Path, example = "ENG_001"),
        ("timestamp" = i64, Path, description = "End of the interval, Unix seconds", example = 1_730_448_000),
    ),
    responses(
        (status = 200, body = ReadingState),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_reading(
    Shared(service): Shared<Service>,
    Authorized(scope): Authorized,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<ReadingState>, Problem> {
    scope.count(1)?;
    let unknown = |detail: String| Problem::new(StatusCode::NOT_FOUND, "unknown_reading", detail);
    let Path((meter, timestamp)) = path.map_err(|rejection| unknown(rejection.body_text()))?;
    let wrong = |why: String| unknown(format!("this is not the address of a reading, METER/UNIX_SECONDS: {why}"));
    let id: MeterId = meter.parse().map_err(|error| wrong(format!("{error}")))?;
    let end = interval_of(&timestamp).map_err(wrong)?.end();
    allow(&scope, &id)?;
    let entry = patiently(Purpose::State, service.intake.engine.find(id, end)).await?;
    let entry = entry.ok_or_else(|| unknown(format!("no reading of {meter} for the interval that ends at {end}")))?;
    Ok(Json((&entry).into()))
}

fn allow(scope: &Scope, meter: &MeterId) -> Result<(), Problem> {
    if scope.allows(meter) {
        return Ok(());
    }
    let detail = format!("this key is not valid for {meter}");
    Err(Problem::new(StatusCode::FORBIDDEN, "out_of_scope", detail).of("meter_id"))
}

impl Service {
    async fn post(&self, scope: &Scope, body: &ReadingBody, confirmed: bool) -> Result<ReadingAnswer, Problem> {
        let submission = body.submission()?;
        allow(scope, &submission.meter)?;
        answer(&self.intake.take(submission, confirmed).await?, &self.validator)
    }

    /// Posts readings in any order; the outcomes are in theirs. The old ones go first: where the readings are the clock, the newest
    /// would make them too old. What is no further apart than that goes at once, so that it is gathered into the same transactions.
    async fn post_all(
        &self,
        scope: &Scope,
        bodies: Vec<ReadingBody>,
        confirmed: bool,
    ) -> Result<Vec<BatchItem>, Problem> {
        let end = |body: &ReadingBody| body.timestamp.interval().map_or(0, Interval::end);
        let mut waiting: VecDeque<(usize, i64, ReadingBody)> =
            bodies.into_iter().enumerate().map(|(place, body)| (place, end(&body), body)).collect();
        waiting.make_contiguous().sort_by_key(|(_, end, _)| *end);
        let (mut outcomes, mut tasks) = (Vec::with_capacity(waiting.len()), Vec::new());
        while let Some(&(_, oldest, _)) = waiting.front() {
            let last = oldest.saturating_add(self.intake.any_order());
            let count = waiting.partition_point(|(_, end, _)| *end <= last);
            tasks.extend(waiting.drain(..count).map(|(place, _, body)| {
                let (service, scope) = (self.clone(), scope.clone());
                (place, tokio::spawn(async move { service.post(&scope, &body, confirmed).await }))
            }));
            for (place, task) in tasks.drain(..) {
                let outcome = match task.await {
                    Ok(Ok(answer)) => BatchItem::Answer(answer),
                    Ok(Err(problem)) => BatchItem::Problem(problem),
                    Err(_) => {
                        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "a task failed"));
                    }
                };
                outcomes.push((place, outcome));
            }
        }
        outcomes.sort_by_key(|(place, _)| *place);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }
}

fn answer(Taken { entry, meter }: &Taken, validator: &str) -> Result<ReadingAnswer, Problem> {
    if let Some(rejection) = Rejection::of_rejected(entry) {
        return Err(rejection.into());
    }
    let (status, message) = match (entry.state, &entry.reason) {
        (State::Journaled, Some(why)) => (KEPT, format!("Kept, and sent again later: {why}")),
        _ => ("success", "Engineering meter reading processed".into()),
    };
    let minted = match status {
        KEPT => 0,
        _ => entry.submission.surplus().tokens().map_or(0, |tokens| tokens.0),
    };
    Ok(ReadingAnswer {
        status: status.into(),
        message,
        solana_transaction_id: entry.transaction.clone().unwrap_or_default(),
        energy_tokens_minted: minted.to_string(),
        spl_token_account: meter.token_account.to_string(),
        validator: validator.into(),
        next_reading_time: entry.submission.interval.next().end(),
        engineering_authority: "validated".into(),
    })
}
