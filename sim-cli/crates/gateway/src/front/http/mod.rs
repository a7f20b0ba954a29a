//! The REST interface, its description, and the dashboard.

mod administration;
pub mod body;
pub mod client;
pub mod keys;
mod live;
mod page;
mod problem;
mod reading;
mod schema;
pub mod server;
mod state;
mod view;

pub use {
    administration::{AccountState, AdministrationAnswer, AdministrationBody, AdministrationState},
    keys::ApiKeys,
    problem::Problem,
};

use {
    crate::{Intake, Site, watch::Alerts},
    axum::{
        Router,
        body::Bytes,
        extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Request, rejection::BytesRejection},
        http::{HeaderValue, StatusCode, header, request::Parts},
        middleware::{Next, from_fn_with_state},
        response::{IntoResponse, Response},
    },
    keys::Scope,
    serde::Deserialize,
    std::{
        sync::Arc,
        time::{Duration, Instant},
    },
    tokio::sync::watch,
    utoipa::{
        Modify, OpenApi,
        openapi::{
            OpenApi as Description,
            security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        },
    },
    utoipa_axum::{router::OpenApiRouter, routes},
    utoipa_swagger_ui::{Config, SwaggerUi},
    view::View,
};

/// Bytes of a posted reading, and of a batch, at most.
const READING_LIMIT: usize = 16 * 1_024;
const BATCH_LIMIT: usize = 1_024 * 1_024;
/// Bytes of a posted transaction of the authority: 1,232 in hexadecimal, and the JSON around them.
const ADMINISTRATION_LIMIT: usize = 4 * 1_024;
/// How long a request may take, unless another time is given.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// What the handlers share.
#[derive(Clone)]
pub struct Service {
    /// The intake, which checks and stores readings.
    pub intake: Intake,
    /// The API keys, with the meters and rates of each.
    pub keys: Arc<ApiKeys>,
    /// Reads what the endpoints show.
    view: View,
    /// The alerts that are not over.
    pub alerts: Alerts,
    /// What the answers call who runs the ledger.
    pub validator: Arc<str>,
    /// How long a request may take, its body's arrival included.
    pub time_limit: Duration,
    /// Whether the server stops: streams end then.
    pub stopping: Arc<watch::Sender<bool>>,
}

impl Service {
    /// What the REST interface of a gateway works with.
    #[must_use]
    pub fn new(intake: &Intake, site: &Site, keys: ApiKeys) -> Self {
        Self {
            intake: intake.clone(),
            keys: Arc::new(keys),
            view: View::new(site.clone(), intake.register.clone()),
            alerts: Alerts::default(),
            validator: "engineering_department".into(),
            time_limit: TIME_LIMIT,
            stopping: Arc::default(),
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Campus energy gateway",
        description = "Takes signed readings of smart meters into a durable journal and settles them on a Solana ledger."
    ),
    modifiers(&BearerKey)
)]
struct Api;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, api: &mut Description) {
        let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        api.components.get_or_insert_default().add_security_scheme("key", bearer);
    }
}

/// Every path of the gateway, and their description.
fn described(service: &Service) -> (Router<Service>, Description) {
    let limited = |limit: usize| DefaultBodyLimit::max(limit);
    let one = OpenApiRouter::new().routes(routes!(reading::post_reading)).layer(limited(READING_LIMIT));
    let many = OpenApiRouter::new().routes(routes!(reading::post_readings)).layer(limited(BATCH_LIMIT));
    let administered = OpenApiRouter::new().routes(routes!(administration::post)).layer(limited(ADMINISTRATION_LIMIT));
    let (router, description) = OpenApiRouter::with_openapi(Api::openapi())
        .merge(one)
        .merge(many)
        .merge(administered)
        .routes(routes!(administration::state))
        .routes(routes!(reading::get_reading))
        .routes(routes!(state::meter_summary))
        .routes(routes!(state::intervals))
        .routes(routes!(state::market))
        .routes(routes!(state::metrics))
        .routes(routes!(state::healthz))
        .routes(routes!(state::readyz))
        .routes(routes!(live::events))
        .split_for_parts();
    (router.layer(from_fn_with_state(service.clone(), watched)), description)
}

/// Every path of the gateway.
pub fn router(service: Service) -> Router {
    let (router, description) = described(&service);
    router
        // Relative, so that it is found under the path prefix of a proxy too.
        .merge(SwaggerUi::new("/docs").url("/openapi.json", description).config(Config::new(["../openapi.json"])))
        .route("/", axum::routing::get(page::dashboard))
        .fallback(async || {
            Problem::new(StatusCode::NOT_FOUND, "unknown_path", "this path does not exist; /docs/ lists the paths")
        })
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong_method",
                "this path does not accept this method; /docs/ lists the methods",
            )
        })
        .with_state(service)
}

/// Counts requests, ends those that take too long, and has no proxy keep an answer.
async fn watched(
    axum::extract::State(service): axum::extract::State<Service>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let (started, method) = (Instant::now(), request.method().clone());
    let mut answer = tokio::time::timeout(service.time_limit, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("the request took more than {} s", service.time_limit.as_secs_f64());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail).into_response()
    });
    let route = format!("{method} {}", path.as_ref().map_or("", MatchedPath::as_str));
    service.intake.metrics.answered(&route, answer.status().as_u16(), started.elapsed());
    answer.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// A request with a key of the gateway.
struct Authorized(Scope);

impl FromRequestParts<Service> for Authorized {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = value.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let scope = key.and_then(|(_, key)| service.keys.scope(key.trim())).ok_or_else(|| {
            let detail = "send Authorization: Bearer KEY with a key of this gateway";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        })?;
        // The brief's header: it grants nothing, but its value must be valid.
        let authority = parts.headers.get("x-engineering-authority").map(|value| value.as_bytes());
        if !matches!(authority, None | Some(b"true")) {
            let detail = "X-Engineering-Authority must be true or absent";
            return Err(
                Problem::new(StatusCode::BAD_REQUEST, "invalid_authority", detail).of("X-Engineering-Authority")
            );
        }
        Ok(Self(scope))
    }
}

impl Authorized {
    /// Counts one request of somebody who may see the whole department.
    fn whole(&self) -> Result<(), Problem> {
        if !self.0.is_whole() {
            let detail = "this key is valid for some meters only; this request needs a key for the whole department";
            return Err(Problem::new(StatusCode::FORBIDDEN, "out_of_scope", detail));
        }
        self.0.count(1)
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body_too_large", rejection.body_text()),
        status => Problem::new(status, "unreadable_body", rejection.body_text()),
    })?;
    let malformed =
        |error: &serde_json::Error| Problem::new(StatusCode::BAD_REQUEST, "malformed_json", error.to_string());
    let mut json = serde_json::Deserializer::from_slice(&body);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner().classify() {
        serde_json::error::Category::Data => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", error.inner().to_string());
            match error.path().to_string() {
                // The body as a whole.
                path if path == "." => problem,
                path => problem.of(path),
            }
        }
        _ => malformed(error.inner()),
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(parsed)
}
