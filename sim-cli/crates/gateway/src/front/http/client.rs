//! The client: posts readings to a gateway, and posts them again when that is the right reaction.

use {
    super::body::{ReadingAnswer, ReadingBody},
    campus_energy_sdk::reading::DeploymentId,
    rand_chacha::{
        ChaCha8Rng,
        rand_core::{RngCore, SeedableRng},
    },
    reqwest::{StatusCode, Url, header},
    serde_json::Value,
    std::time::{Duration, Instant},
    thiserror::Error,
};

/// The first pause before a reading is posted again; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long an answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Posts to one gateway.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    readings: Url,
    summary: Url,
    key: String,
    patience: Duration,
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
        let base = Url::parse(gateway).map_err(|error| address(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(address(format!("{} is not a scheme of a gateway's address", base.scheme())));
        }
        let path = |path: &str| base.join(path).map_err(|error| address(error.to_string()));
        let readings = path("/api/engineering/meter-reading?wait=confirmed")?;
        let summary = path("/api/engineering/meter-summary")?;
        let http = reqwest::Client::builder().timeout(TIME_LIMIT).build();
        let http = http.map_err(|error| ClientError::Address(error.to_string()))?;
        Ok(Self { http, readings, summary, key: key.into(), patience })
    }

    /// What meters sign for, as the gateway's summary says; asked until there is an answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deployment(&self) -> Result<DeploymentId, ClientError> {
        let started = Instant::now();
        loop {
            let request = self.http.get(self.summary.clone()).bearer_auth(&self.key);
            let why = match request.send().await {
                Ok(response) if response.status().is_success() => {
                    let summary: Value = response.json().await.unwrap_or_default();
                    let deployment = summary["deployment_id"].as_str().and_then(deployment_of);
                    return deployment.ok_or_else(|| refused("no_gateway", "its summary has no deployment_id".into()));
                }
                Ok(response) if response.status().is_client_error() => {
                    let status = response.status();
                    let problem: Value = response.json().await.unwrap_or_default();
                    return Err(refusal(status, &problem, String::new()));
                }
                Ok(response) => response.status().to_string(),
                Err(error) => error.to_string(),
            };
            if started.elapsed() > self.patience {
                return Err(ClientError::GivenUp(why));
            }
            tokio::time::sleep(LONGEST_PAUSE.min(Duration::from_secs(1))).await;
        }
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
            tokio::time::sleep(pause).await;
            retries += 1;
        }
    }

    async fn once(&self, body: &ReadingBody) -> Once {
        let request = self.http.post(self.readings.clone()).bearer_auth(&self.key).json(body);
        let request = request.header("X-Engineering-Authority", "true");
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Once::Again(error.to_string(), None),
        };
        let status = response.status();
        let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let text = match response.text().await {
            Ok(text) => text,
            Err(error) => return Once::Again(error.to_string(), None),
        };
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
        {
            return Once::Again(format!("{status}: {text}"), after.map(Duration::from_secs));
        }
        if status.is_success() {
            return match serde_json::from_str(&text) {
                Ok(answer) => Once::Done(Ok(answer)),
                Err(error) => Once::Done(Err(refused("no_gateway", format!("{status}: {error}")))),
            };
        }
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        Once::Done(Err(refusal(status, &problem, text)))
    }
}

/// 8 bytes from hexadecimal digits.
#[must_use]
pub fn deployment_of(text: &str) -> Option<DeploymentId> {
    hex::FromHex::from_hex(text).ok()
}

fn refusal(status: StatusCode, problem: &Value, text: String) -> ClientError {
    let text_of = |name: &str| problem[name].as_str().map(String::from);
    let code = text_of("code").unwrap_or_else(|| status.as_str().into());
    refused(&code, text_of("detail").unwrap_or(text))
}

enum Once {
    Done(Result<ReadingAnswer, ClientError>),
    Again(String, Option<Duration>),
}

fn refused(code: &str, detail: String) -> ClientError {
    ClientError::Refused { code: code.into(), detail }
}
