//! Readings, and the bytes that a meter signs.

use {
    crate::identity::{MeterId, NAME_LENGTH},
    borsh::{BorshDeserialize, BorshSerialize},
};

/// The first eight bytes of every signed reading.
pub const READING_TAG: [u8; 8] = *b"CENERGY1";
/// The length of the message of a signed reading, bytes.
pub const READING_LENGTH: usize = 56;

/// Identifies one department on one chain, so that a signature is valid for it alone: the first bytes of sha256(genesis hash, department address).
pub type DeploymentId = [u8; 8];

/// How a reading was obtained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Quality {
    /// The meter read it from its register.
    #[default]
    Measured = 0,
    /// The meter or the gateway estimated it.
    Estimated = 1,
}

impl Quality {
    /// Returns the quality of a code; `None` where there is none.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Measured),
            1 => Some(Self::Estimated),
            _ => None,
        }
    }
}

/// The energies that one meter counted in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Metered {
    /// The energy generated, Wh.
    pub generated: u32,
    /// The energy consumed, Wh.
    pub consumed: u32,
}

/// A reading of one meter and interval, as the meter signs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The department on the chain that this reading is meant for.
    pub deployment: DeploymentId,
    /// The id of the meter.
    pub meter: MeterId,
    /// The end of the interval, Unix seconds.
    pub timestamp: i64,
    /// The energy generated in the interval, Wh.
    pub generated: u32,
    /// The energy consumed in the interval, Wh.
    pub consumed: u32,
    /// The epoch of the key that signs: it rises by one with every new key.
    pub key_epoch: u32,
    /// Whether it was measured or estimated.
    pub quality: Quality,
}

impl Reading {
    /// Returns the 56 bytes that are signed, little endian: tag, deployment, meter, timestamp, generated, consumed, key epoch,
    /// quality.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; READING_LENGTH] {
        let mut bytes = [0; READING_LENGTH];
        bytes[..8].copy_from_slice(&READING_TAG);
        bytes[8..16].copy_from_slice(&self.deployment);
        bytes[16..32].copy_from_slice(&self.meter.0);
        bytes[32..40].copy_from_slice(&self.timestamp.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.generated.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.consumed.to_le_bytes());
        bytes[48..52].copy_from_slice(&self.key_epoch.to_le_bytes());
        bytes[52..].copy_from_slice(&(self.quality as u32).to_le_bytes());
        bytes
    }

    /// Reads the 56 bytes; `None` where the tag or the quality is unknown.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; READING_LENGTH]) -> Option<Self> {
        if bytes[..8] != READING_TAG {
            return None;
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Some(Self {
            deployment: bytes[8..16].try_into().ok()?,
            meter: MeterId(bytes[16..16 + NAME_LENGTH].try_into().ok()?),
            timestamp: i64::from_le_bytes(bytes[32..40].try_into().ok()?),
            generated: word(40),
            consumed: word(44),
            key_epoch: word(48),
            quality: Quality::from_code(word(52))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout is fixed: meters outside this repository sign it.
    #[test]
    fn golden_bytes() {
        let reading = Reading {
            deployment: *b"deploy!!",
            meter: "ENG_001".parse().unwrap(),
            timestamp: 1_730_448_000,
            generated: 6_200,
            consumed: 4_100,
            key_epoch: 7,
            quality: Quality::Estimated,
        };
        let bytes = reading.to_bytes();
        let mut expected = b"CENERGY1deploy!!ENG_001\0\0\0\0\0\0\0\0\0".to_vec();
        expected
            .extend([0x80, 0x8a, 0x24, 0x67, 0, 0, 0, 0, 0x38, 0x18, 0, 0, 0x04, 0x10, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(bytes.as_slice(), expected);
        assert_eq!(Reading::from_bytes(&bytes), Some(reading));
    }

    #[test]
    fn a_wrong_tag_or_quality_is_no_reading() {
        let reading = Reading {
            deployment: [1; 8],
            meter: MeterId([2; 16]),
            timestamp: 900,
            generated: 0,
            consumed: u32::MAX,
            key_epoch: 0,
            quality: Quality::Measured,
        };
        for (at, value) in [(0, b'X'), (7, b'2'), (52, 2), (55, 1)] {
            let mut bytes = reading.to_bytes();
            bytes[at] = value;
            assert_eq!(Reading::from_bytes(&bytes), None, "byte {at}");
        }
    }
}
