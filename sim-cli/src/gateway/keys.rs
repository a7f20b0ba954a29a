//! Who may post: bearer keys, each for all meters or for some.

use {
    campus_energy_sdk::identity::MeterId,
    sha2::{Digest, Sha256},
    subtle::ConstantTimeEq,
    thiserror::Error,
};

/// Characters of a key, at least.
const SHORTEST: usize = 8;

/// Keys of a gateway. Only their hashes are kept.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Vec<ApiKey>);

#[derive(Clone, Debug)]
struct ApiKey {
    hash: [u8; 32],
    /// The meters it is for; none: all.
    meters: Option<Vec<MeterId>>,
}

/// What a request may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Option<Vec<MeterId>>);

impl Scope {
    /// Whether readings of a meter may be posted.
    #[must_use]
    pub fn allows(&self, meter: &MeterId) -> bool {
        self.0.as_ref().is_none_or(|meters| meters.contains(meter))
    }
}

/// Why keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// None.
    #[error("no key: set ENGINEERING_API_KEY, for example to the output of `openssl rand -hex 24`")]
    None,
    /// A short one.
    #[error("ENGINEERING_API_KEY: key {0} has fewer than {SHORTEST} characters")]
    Short(usize),
    /// An unknown meter's name.
    #[error("ENGINEERING_API_KEY: key {0}: {1}")]
    Meter(usize, String),
}

impl ApiKeys {
    /// Reads `KEY` or `KEY=ENG_001,ENG_002`, several of them separated by `;`.
    ///
    /// # Errors
    /// [`KeysError`]; it never shows a key.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut keys = Vec::new();
        for (number, entry) in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let (key, meters) = match entry.split_once('=') {
                Some((key, meters)) => (key, Some(meters)),
                None => (entry, None),
            };
            if key.len() < SHORTEST {
                return Err(KeysError::Short(number + 1));
            }
            let meters = meters.map(|meters| {
                let name = |name: &str| {
                    name.trim().parse::<MeterId>().map_err(|error| KeysError::Meter(number + 1, error.to_string()))
                };
                meters.split(',').map(name).collect::<Result<Vec<_>, _>>()
            });
            keys.push(ApiKey { hash: Sha256::digest(key).into(), meters: meters.transpose()? });
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
                found = Some(Scope(known.meters.clone()));
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
        let keys = ApiKeys::parse("first-key; second-key=ENG_001, ENG_002").unwrap();
        let meter = |name: &str| name.parse::<MeterId>().unwrap();
        assert!(keys.scope("first-key").unwrap().allows(&meter("ENG_015")));
        let second = keys.scope("second-key").unwrap();
        assert!(second.allows(&meter("ENG_002")) && !second.allows(&meter("ENG_003")));
        for wrong in ["", "first-ke", "first-key ", "second-key=ENG_001, ENG_002"] {
            assert_eq!(keys.scope(wrong), None);
        }
    }

    #[test]
    fn what_is_no_key_is_said_without_showing_it() {
        assert_eq!(ApiKeys::parse(" ; ").unwrap_err(), KeysError::None);
        assert_eq!(ApiKeys::parse("long-enough;short").unwrap_err(), KeysError::Short(2));
        let error = ApiKeys::parse("long-enough=ENG 1").unwrap_err().to_string();
        assert!(error.starts_with("ENGINEERING_API_KEY: key 1: ") && !error.contains("long-enough"), "{error}");
    }
}
