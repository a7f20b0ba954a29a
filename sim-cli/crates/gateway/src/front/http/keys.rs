//! Who may post, and how often: API keys, each for all meters or for some.

use {
    super::Problem,
    axum::http::StatusCode,
    campus_energy_sdk::identity::MeterId,
    governor::{
        DefaultDirectRateLimiter, Quota, RateLimiter,
        clock::{Clock, DefaultClock},
    },
    sha2::{Digest, Sha256},
    std::{num::NonZeroU32, path::PathBuf, sync::Arc},
    subtle::ConstantTimeEq,
    thiserror::Error,
};

/// Readings and other requests a second that a key is good for, unless another number is given.
pub const RATE: NonZeroU32 = NonZeroU32::new(5_000).unwrap();
/// Characters of a key, at least.
const SHORTEST: usize = 8;

/// Keys of a gateway. Only their hashes are kept.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Vec<ApiKey>);

#[derive(Clone, Debug)]
struct ApiKey {
    hash: [u8; 32],
    scope: Scope,
}

/// What a request may do.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The meters it is for; none: all.
    meters: Option<Vec<MeterId>>,
    limiter: Arc<DefaultDirectRateLimiter>,
}

impl Scope {
    /// Whether readings of a meter may be posted.
    #[must_use]
    pub fn allows(&self, meter: &MeterId) -> bool {
        self.meters.as_ref().is_none_or(|meters| meters.contains(meter))
    }

    /// Whether it is for the whole department.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.meters.is_none()
    }

    /// Counts so many readings or requests against the key's rate.
    ///
    /// # Errors
    /// 429, with the seconds after which they may come.
    pub fn count(&self, number: u32) -> Result<(), Problem> {
        let Some(number) = NonZeroU32::new(number) else { return Ok(()) };
        let limited = |detail: String| Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        match self.limiter.check_n(number) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(limited("this key's rate is exceeded".into()).after(wait.as_secs() + 1))
            }
            // More than it is ever good for: to wait would not help.
            Err(most) => {
                let detail = format!("{number} readings at once; this key is good for {most}: send fewer together");
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch_size", detail))
            }
        }
    }
}

/// Why keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// No key is given.
    #[error("no key: set ENGINEERING_API_KEY, for example to the output of `openssl rand -hex 24`")]
    None,
    /// A file that cannot be read.
    #[error("ENGINEERING_API_KEY_FILE: {0}: {1}")]
    File(PathBuf, String),
    /// A key is too short.
    #[error("ENGINEERING_API_KEY: key {0} has fewer than {SHORTEST} characters")]
    Short(usize),
    /// An unknown meter's name.
    #[error("ENGINEERING_API_KEY: key {0}: {1}")]
    Meter(usize, String),
}

/// The keys' text: of the environment variable, or of the file that another one names.
///
/// # Errors
/// [`KeysError`].
pub fn from_environment() -> Result<String, KeysError> {
    let Some(path) = std::env::var_os("ENGINEERING_API_KEY_FILE") else {
        return Ok(std::env::var("ENGINEERING_API_KEY").unwrap_or_default());
    };
    let text = std::fs::read_to_string(&path);
    let path = PathBuf::from(path);
    text.map(|text| text.trim().into()).map_err(|error| KeysError::File(path, error.to_string()))
}

/// The entries of the keys' text: separated by `;` or lines.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty())
}

/// A key and the meters that it is for, as one entry has them. A key may contain `=`, as base64 does at its end. So meters begin after the
/// last `=` and have a `_`, a comma or a space; no base64 key has one of these after a `=`.
fn scoped(entry: &str) -> (&str, Option<&str>) {
    match entry.rsplit_once('=') {
        Some((key, meters)) if meters.contains(|sign: char| matches!(sign, '_' | ',') || sign.is_whitespace()) => {
            (key, Some(meters))
        }
        _ => (entry, None),
    }
}

/// The first key of the keys' text that is for the whole department; where each has meters, the first one, without them; empty where there
/// is none.
#[must_use]
pub fn first(text: &str) -> &str {
    let whole = entries(text).map(scoped).find(|(_, meters)| meters.is_none());
    whole.or_else(|| entries(text).next().map(scoped)).map_or("", |(key, _)| key)
}

/// Numbers, from 1, of the keys that are for the whole department and whose part after the last `=` is no padding of base64: perhaps it was
/// to be a list of meters.
#[must_use]
pub fn doubtful(text: &str) -> Vec<usize> {
    let is_doubtful = |entry: &str| scoped(entry).1.is_none() && entry.contains('=') && !is_padded(entry);
    entries(text).enumerate().filter(|(_, entry)| is_doubtful(entry)).map(|(number, _)| number + 1).collect()
}

/// Whether a text is base64 with its padding.
fn is_padded(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |digit: u8| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/' | b'-' | b'_');
    text.len().is_multiple_of(4) && matches!(text.len() - digits.len(), 1 | 2) && digits.bytes().all(is_digit)
}

impl ApiKeys {
    /// Reads `KEY` or `KEY=ENG_001,ENG_002`, several of them separated by `;` or lines; each is good for so many readings a second.
    ///
    /// # Errors
    /// [`KeysError`]; it never shows a key.
    pub fn parse(text: &str, rate: NonZeroU32) -> Result<Self, KeysError> {
        let mut keys = Vec::new();
        for (number, entry) in entries(text).enumerate() {
            let (key, meters) = scoped(entry);
            if key.len() < SHORTEST {
                return Err(KeysError::Short(number + 1));
            }
            let meters = meters.map(|meters| {
                let name = |name: &str| {
                    name.trim().parse::<MeterId>().map_err(|error| KeysError::Meter(number + 1, error.to_string()))
                };
                meters.split(',').map(name).collect::<Result<Vec<_>, _>>()
            });
            let limiter = Arc::new(RateLimiter::direct(Quota::per_second(rate)));
            let scope = Scope { meters: meters.transpose()?, limiter };
            keys.push(ApiKey { hash: Sha256::digest(key).into(), scope });
        }
        if keys.is_empty() { Err(KeysError::None) } else { Ok(Self(keys)) }
    }

    /// What the holder of a key may do. Every key is compared, in constant time: hashes, so that lengths do not show either.
    #[must_use]
    pub fn scope(&self, key: &str) -> Option<Scope> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        let mut found = None;
        for known in &self.0 {
            if bool::from(known.hash.ct_eq(&hash)) {
                found = Some(known.scope.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_a_scope() {
        let keys = ApiKeys::parse("first-key; second-key=ENG_001, ENG_002", RATE).unwrap();
        let meter = |name: &str| name.parse::<MeterId>().unwrap();
        assert!(keys.scope("first-key").unwrap().allows(&meter("ENG_015")));
        let second = keys.scope("second-key").unwrap();
        assert!(second.allows(&meter("ENG_002")) && !second.allows(&meter("ENG_003")));
        for wrong in ["", "first-ke", "first-key ", "second-key=ENG_001, ENG_002"] {
            assert!(keys.scope(wrong).is_none());
        }
    }

    /// `openssl rand -base64 32` ends with `=`, and `-base64 16` with `==`.
    #[test]
    fn a_key_may_contain_the_sign_that_begins_its_meters() {
        let meter = |name: &str| name.parse::<MeterId>().unwrap();
        for key in ["c2VjcmV0LWtleQ==", "c2VjcmV0LWtleTE=", "=c2VjcmV0", "user=secret", "long-enough"] {
            let all = ApiKeys::parse(key, RATE).unwrap();
            assert!(all.scope(key).unwrap().is_whole(), "{key}");
            assert!(all.scope(key.trim_end_matches('=')).is_some() != key.ends_with('='), "{key}");
            let some = ApiKeys::parse(&format!("other-key;{key}=ENG_001, ENG_002"), RATE).unwrap();
            let scope = some.scope(key).unwrap();
            assert!(scope.allows(&meter("ENG_002")) && !scope.allows(&meter("ENG_003")), "{key}");
            assert_eq!((first(key), first(&format!(" \n{key}=ENG_001"))), (key, key));
            assert_eq!(
                first(&format!("other-key=ENG_001;{key}\nthird-key")),
                key,
                "the first for the whole department"
            );
        }
        assert_eq!(first(" ; \n"), "");
    }

    #[test]
    fn a_key_whose_meters_may_be_mistyped_is_told() {
        for mistyped in
            ["first-key=ENG001", "first-key=", "first-key=ENG-001", "user=secret", "=c2VjcmV0", "c2VjcmV0==="]
        {
            assert_eq!(doubtful(&format!("other-key;{mistyped}")), [2], "{mistyped}");
        }
        for plain in ["first-key", "first-key=ENG_001", "c2VjcmV0LWtleQ==", "c2VjcmV0LWtleTE="] {
            assert_eq!(doubtful(plain), [0; 0], "{plain}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_without_showing_it() {
        assert_eq!(ApiKeys::parse(" ; ", RATE).unwrap_err(), KeysError::None);
        assert_eq!(ApiKeys::parse("long-enough;short", RATE).unwrap_err(), KeysError::Short(2));
        let error = ApiKeys::parse("long-enough=ENG 1", RATE).unwrap_err().to_string();
        assert!(error.starts_with("ENGINEERING_API_KEY: key 1: ") && !error.contains("long-enough"), "{error}");
    }

    #[test]
    fn a_key_is_good_for_so_many_at_once() {
        let keys = ApiKeys::parse("first-key;second-key", NonZeroU32::new(10).unwrap()).unwrap();
        let scope = keys.scope("first-key").unwrap();
        scope.count(10).unwrap();
        let problem = scope.count(1).unwrap_err();
        assert_eq!((problem.status, problem.code, problem.retry_after), (429, "rate_limited", Some(1)));
        let problem = scope.count(11).unwrap_err();
        assert_eq!((problem.status, problem.code, problem.retry_after), (422, "batch_size", None));
        let detail = problem.detail;
        assert!(detail.starts_with("11 readings at once; this key is good for "), "{detail}");
        keys.scope("second-key").unwrap().count(10).unwrap();
    }
}
