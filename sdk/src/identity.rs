//! Names of departments and meters: 16 bytes of ASCII, zero padded.

use {
    borsh::{BorshDeserialize, BorshSerialize},
    core::{fmt, str::FromStr},
    thiserror::Error,
};

/// Bytes of a meter id or prefix on chain and in the signed message.
pub const NAME_LENGTH: usize = 16;

/// Why a text is no meter id or prefix.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Empty, or longer than 16 bytes.
    #[error("{0:?} has {1} bytes; a meter id or prefix has 1 to 16")]
    Length(String, usize),
    /// Something else than A-Z, a-z, 0-9, `_` and `-`.
    #[error("{0:?} has a character other than A-Z, a-z, 0-9, '_' and '-'")]
    Character(String),
    /// A prefix must end with its only `_`; a meter id must have one inside.
    #[error("{0:?} lacks its '_': a prefix is like \"ENG_\", a meter id like \"ENG_001\"")]
    Underscore(String),
}

fn padded(text: &str) -> Result<[u8; NAME_LENGTH], NameError> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > NAME_LENGTH {
        return Err(NameError::Length(text.into(), bytes.len()));
    }
    if !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return Err(NameError::Character(text.into()));
    }
    let mut name = [0; NAME_LENGTH];
    name[..bytes.len()].copy_from_slice(bytes);
    Ok(name)
}

fn unpadded(name: &[u8; NAME_LENGTH]) -> std::borrow::Cow<'_, str> {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(NAME_LENGTH);
    String::from_utf8_lossy(&name[..end])
}

/// A department's prefix: `ENG_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Prefix(pub [u8; NAME_LENGTH]);

/// A meter's id: `ENG_001`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct MeterId(pub [u8; NAME_LENGTH]);

impl Prefix {
    /// The length of the text, its closing `_` included; 0 where the bytes are no prefix.
    #[must_use]
    pub fn length(&self) -> usize {
        let length = self.0.iter().position(|byte| *byte == b'_').map_or(0, |at| at + 1);
        let name = self.0[..length].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let padding = self.0[length..].iter().all(|byte| *byte == 0);
        if length > 1 && name && padding { length } else { 0 }
    }
}

impl MeterId {
    /// Whether the id is the prefix followed by at least one letter or digit, then zeros.
    #[must_use]
    pub fn belongs_to(&self, prefix: &Prefix) -> bool {
        let Some(length) = prefix.0.iter().position(|byte| *byte == b'_').map(|at| at + 1) else { return false };
        let (own, rest) = self.0.split_at(length);
        if own != &prefix.0[..length] || length < 2 {
            return false;
        }
        // Letters and digits, at least one, then zeros.
        let mut ended = false;
        for &byte in rest {
            if byte != 0 && (ended || !byte.is_ascii_alphanumeric()) {
                return false;
            }
            ended |= byte == 0;
        }
        rest.first().is_some_and(|byte| *byte != 0)
    }
}

impl FromStr for Prefix {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let prefix = Self(padded(text)?);
        if prefix.length() == text.len() { Ok(prefix) } else { Err(NameError::Underscore(text.into())) }
    }
}

impl FromStr for MeterId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = padded(text)?;
        match text.find('_') {
            Some(at) if at > 0 && at + 1 < text.len() => Ok(Self(name)),
            _ => Err(NameError::Underscore(text.into())),
        }
    }
}

macro_rules! shown_as_text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&unpadded(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), unpadded(&self.0))
            }
        }
    )*};
}
shown_as_text!(Prefix MeterId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_and_print() {
        assert_eq!("ENG_001".parse::<MeterId>().unwrap().to_string(), "ENG_001");
        assert_eq!("ENG_".parse::<Prefix>().unwrap().length(), 4);
        for bad in ["", "ENG", "_001", "ENG_", "ENG_0001234567890"] {
            assert!(bad.parse::<MeterId>().is_err_and(|error| error.to_string().contains(bad)), "{bad}");
        }
        for bad in ["", "ENG", "_", "EN G_", "ENG_0", "A_B_"] {
            assert!(bad.parse::<Prefix>().is_err_and(|error| error.to_string().contains(bad)), "{bad}");
        }
    }

    #[test]
    fn a_meter_belongs_to_the_prefix_it_starts_with() {
        let prefix: Prefix = "ENG_".parse().unwrap();
        assert!("ENG_001".parse::<MeterId>().unwrap().belongs_to(&prefix));
        for other in ["SCI_001", "ENGX_001", "ENG2_1"] {
            assert!(!other.parse::<MeterId>().unwrap().belongs_to(&prefix), "{other}");
        }
        let mut hidden = "ENG_001".parse::<MeterId>().unwrap();
        hidden.0[12] = b'x';
        assert!(!hidden.belongs_to(&prefix), "bytes behind the padding");
        assert!(!MeterId([0; 16]).belongs_to(&Prefix([0; 16])), "an empty prefix owns nothing");
    }
}
