//! The client: posts readings to a gateway, and posts them again when that is the right reaction.

use {
    super::body::{ReadingAnswer, ReadingBody},
    campus_energy_sdk::{ledger::cluster::Failure, reading::DeploymentId},
    rand_chacha::{
        ChaCha8Rng,
        rand_core::{RngCore, SeedableRng},
    },
    reqwest::{Response, StatusCode, Url, header, redirect},
    serde_json::Value,
    std::{
        sync::{Arc, Mutex, PoisonError},
        time::{Duration, Instant},
    },
    thiserror::Error,
};

/// The first pause before a reading is posted again; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long an answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// What is asked for, in messages.
const SERVICE: &str = "gateway";

/// Posts to one gateway.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    readings: Url,
    summary: Url,
    key: String,
    patience: Duration,
    notice: fn(&str),
    /// The last reason that was told.
    told: Arc<Mutex<Option<String>>>,
}

/// What became of a reading.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The gateway's answer, or why there is none.
    pub answer: Result<ReadingAnswer, ClientError>,
    /// How often it was posted again.
    pub retries: u32,
    /// From the first post to the answer.
    pub duration: Duration,
}

/// Why a reading was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClientError {
    /// The gateway refuses it.
    #[error("{code}: {detail}")]
    Refused {
        /// The stable name of the failure.
        code: String,
        /// The problem as text.
        detail: String,
    },
    /// No answer that says anything, for as long as one waits.
    #[error("given up: {0}")]
    GivenUp(String),
    /// This is no gateway's address.
    #[error("{0}")]
    Address(String),
}

impl Client {
    /// A client of a gateway at an address, which posts a reading again for so long.
    ///
    /// # Errors
    /// [`ClientError::Address`].
    pub fn new(gateway: &str, key: &str, patience: Duration) -> Result<Self, ClientError> {
        let address =
            |error: String| ClientError::Address(format!("{gateway}: {error}; give one such as http://127.0.0.1:8080"));
        let mut base = Url::parse(gateway).map_err(|error| address(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(address(format!("{} is not a scheme of a gateway's address", base.scheme())));
        }
        // A proxy may have the gateway under a path.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let path = |path: &str| base.join(path).map_err(|error| address(error.to_string()));
        let readings = path("api/engineering/meter-reading?wait=confirmed")?;
        let summary = path("api/engineering/meter-summary")?;
        // A redirected post would come as a request to read, without the key.
        let http = reqwest::Client::builder().timeout(TIME_LIMIT).redirect(redirect::Policy::none()).build();
        let http = http.map_err(|error| ClientError::Address(error.to_string()))?;
        Ok(Self { http, readings, summary, key: key.into(), patience, notice: |_| (), told: Arc::default() })
    }

    /// The same, which tells why it waits, once for each reason.
    #[must_use]
    pub fn with_notice(self, notice: fn(&str)) -> Self {
        Self { notice, ..self }
    }

    fn tell(&self, why: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_deref() != Some(why) {
            *told = Some(why.into());
            let seconds = self.patience.as_secs();
            (self.notice)(&format!("waiting for the gateway: {why}; trying again for up to {seconds} s"));
        }
    }

    /// What meters sign for, as the gateway's summary says; asked until there is an answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deployment(&self) -> Result<DeploymentId, ClientError> {
        let started = Instant::now();
        loop {
            let request = self.http.get(self.summary.clone()).bearer_auth(&self.key);
            let (why, wait) = match answer(request.send().await).await? {
                Answer::Given(status, text) if status.is_success() => {
                    let summary: Value = serde_json::from_str(&text).map_err(|_| {
                        self.address("its answer is no JSON (a web page?): there is no gateway at this address")
                    })?;
                    let deployment = summary["deployment_id"].as_str().and_then(deployment_of);
                    return deployment.ok_or_else(|| refused("no_gateway", "its summary has no deployment_id".into()));
                }
                Answer::Given(status, text) => return Err(refusal(status, &text)),
                Answer::Lost(Failure { reason, lasts: true }) => return Err(self.address(&reason)),
                Answer::Lost(Failure { reason, .. }) => (reason, None),
                Answer::Later(why, wait) => (why, wait),
            };
            let pause = LONGEST_PAUSE.min(Duration::from_secs(1)).max(wait.unwrap_or_default());
            if started.elapsed() + pause > self.patience {
                return Err(ClientError::GivenUp(why));
            }
            self.tell(&why);
            tokio::time::sleep(pause).await;
        }
    }

    fn address(&self, reason: &str) -> ClientError {
        ClientError::Address(format!("{}: {reason}", self.summary.origin().ascii_serialization()))
    }

    /// Posts a reading until the gateway has taken or refused it. The same reading twice is harmless: the gateway answers as before.
    pub async fn post(&self, body: &ReadingBody) -> Posted {
        let started = Instant::now();
        // Meters that were turned away together come back one by one.
        let mut random =
            ChaCha8Rng::seed_from_u64(body.meter_id.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)));
        let mut retries = 0;
        loop {
            let (why, wait) = match self.once(body).await {
                Once::Done(answer) => return Posted { answer, retries, duration: started.elapsed() },
                Once::Again(why, wait) => (why, wait),
            };
            let pause = (FIRST_PAUSE * 2_u32.saturating_pow(retries.min(16))).min(LONGEST_PAUSE);
            let pause = pause / 2 + pause.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX)) / 2;
            let pause = pause.max(wait.unwrap_or_default());
            if started.elapsed() + pause > self.patience {
                let answer = Err(ClientError::GivenUp(why));
                return Posted { answer, retries, duration: started.elapsed() };
            }
            self.tell(&why);
            tokio::time::sleep(pause).await;
            retries += 1;
        }
    }

    async fn once(&self, body: &ReadingBody) -> Once {
        let request = self.http.post(self.readings.clone()).bearer_auth(&self.key).json(body);
        let request = request.header("X-Engineering-Authority", "true");
        match answer(request.send().await).await {
            Err(refused) => Once::Done(Err(refused)),
            // It has answered before: waiting may help.
            Ok(Answer::Lost(Failure { reason, .. })) => Once::Again(reason, None),
            Ok(Answer::Later(why, wait)) => Once::Again(why, wait),
            Ok(Answer::Given(status, text)) if status.is_success() => match serde_json::from_str(&text) {
                Ok(answer) => Once::Done(Ok(answer)),
                Err(error) => Once::Done(Err(refused("no_gateway", format!("{status}: {error}")))),
            },
            Ok(Answer::Given(status, text)) => Once::Done(Err(refusal(status, &text))),
        }
    }
}

/// What came of a request.
enum Answer {
    /// An answer that settles it.
    Given(StatusCode, String),
    /// The same request may fare better later, not before so long.
    Later(String, Option<Duration>),
    /// No answer.
    Lost(Failure),
}

/// Reads an answer.
///
/// # Errors
/// [`ClientError::Address`] of a redirect.
async fn answer(sent: Result<Response, reqwest::Error>) -> Result<Answer, ClientError> {
    let lost = |error: &reqwest::Error| Answer::Lost(Failure::of_transport(error, error.is_timeout(), SERVICE));
    let response = match sent {
        Ok(response) => response,
        Err(error) => return Ok(lost(&error)),
    };
    let (status, header) = (response.status(), |name| response.headers().get(name)?.to_str().ok());
    if status.is_redirection() {
        let to = header(header::LOCATION).unwrap_or("another address");
        return Err(ClientError::Address(format!(
            "{}: it redirects to {to}; give that address",
            response.url().origin().ascii_serialization()
        )));
    }
    let after = header(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let text = match response.text().await {
        Ok(text) => text,
        Err(error) => return Ok(lost(&error)),
    };
    let later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
    if later || status.is_server_error() {
        return Ok(Answer::Later(reason(status, &text), after));
    }
    Ok(Answer::Given(status, text))
}

/// Why a status is no success: what the gateway says, or what the status means where something else answers.
fn reason(status: StatusCode, text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    match problem["detail"].as_str() {
        Some(detail) => format!("HTTP {status}: {detail}"),
        None => Failure::of_status(status.as_u16(), &status.to_string(), SERVICE).reason,
    }
}

/// 8 bytes from hexadecimal digits.
#[must_use]
pub fn deployment_of(text: &str) -> Option<DeploymentId> {
    hex::FromHex::from_hex(text).ok()
}

fn refusal(status: StatusCode, text: &str) -> ClientError {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    match (problem["code"].as_str(), problem["detail"].as_str()) {
        (Some(code), Some(detail)) => refused(code, detail.into()),
        _ => refused("no_gateway", reason(status, text)),
    }
}

enum Once {
    Done(Result<ReadingAnswer, ClientError>),
    Again(String, Option<Duration>),
}

fn refused(code: &str, detail: String) -> ClientError {
    ClientError::Refused { code: code.into(), detail }
}
