//! Names of departments, meters and zones: 16 bytes of ASCII, zero padded.

use {
    borsh::{BorshDeserialize, BorshSerialize},
    core::{fmt, str::FromStr},
    thiserror::Error,
};

/// Bytes of a name on chain; of a meter id in the signed message too.
pub const NAME_LENGTH: usize = 16;

/// Why a text is no name.
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
    /// A zone's name must follow the rule of [`Zone`].
    #[error(
        "{0:?} is no zone: its name has 1 to 16 characters a-z, 0-9 and '_', and begins and ends with a letter or digit, like \
         \"faculty_office\""
    )]
    Zone(String),
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

/// Where a meter measures: the name of a part of the campus, for example `laboratory`.
///
/// A name has 1 to 16 characters `a-z`, `0-9` and `_`, and begins and ends with a letter or digit; zeros follow it up to 16 bytes.
/// So a name has exactly one form on the ledger, and it is a file's or a JSON key's without quoting. Parse one with [`FromStr`];
/// bytes that come from elsewhere are checked with [`Zone::is_valid`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Zone(pub [u8; NAME_LENGTH]);

impl Zone {
    /// The brief's lecture halls.
    pub const CLASSROOM: Self = Self(*b"classroom\0\0\0\0\0\0\0");
    /// The brief's research laboratories.
    pub const LABORATORY: Self = Self(*b"laboratory\0\0\0\0\0\0");
    /// The brief's faculty offices.
    pub const FACULTY_OFFICE: Self = Self(*b"faculty_office\0\0");

    /// Whether the bytes are a name by the rule above, padded with zeros.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let Some(length) = self.0.iter().rposition(|byte| *byte != 0).map(|last| last + 1) else { return false };
        let name = &self.0[..length];
        name.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            && name[0] != b'_'
            && name[length - 1] != b'_'
    }

    /// The name as text, as it stands in files, tables and answers. Bytes that are not [valid](Self::is_valid) give `?`.
    #[must_use]
    pub fn name(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(NAME_LENGTH);
        core::str::from_utf8(&self.0[..length]).ok().filter(|_| self.is_valid()).unwrap_or("?")
    }
}

impl FromStr for Zone {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        padded(text).ok().map(Self).filter(Self::is_valid).ok_or_else(|| NameError::Zone(text.into()))
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
shown_as_text!(Prefix MeterId Zone);

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

    #[test]
    fn a_zone_is_a_name_of_its_own_form() {
        let briefs = [Zone::CLASSROOM, Zone::LABORATORY, Zone::FACULTY_OFFICE];
        for (zone, name) in briefs.iter().zip(["classroom", "laboratory", "faculty_office"]) {
            assert_eq!((name.parse::<Zone>().unwrap(), zone.name(), zone.to_string().as_str()), (*zone, name, name));
        }
        for name in ["a", "2nd_floor", "x__y", "0", "sixteen_letters_"] {
            let expected = if name.ends_with('_') { Err(NameError::Zone(name.into())) } else { Ok(name.to_string()) };
            assert_eq!(name.parse::<Zone>().map(|zone| zone.to_string()), expected);
        }
        assert_eq!("sixteen_letters0".parse::<Zone>().unwrap().name(), "sixteen_letters0");
        let long = "seventeen_letters";
        for bad in ["", "_", "_a", "a_", "Lab", "a b", "a-b", "a\0b", "caf\u{e9}", long] {
            assert_eq!(bad.parse::<Zone>(), Err(NameError::Zone(bad.into())));
        }
        let text = NameError::Zone(long.into()).to_string();
        assert!(text.starts_with("\"seventeen_letters\" is no zone: its name has 1 to 16 characters a-z,"), "{text}");
        assert!(Zone::CLASSROOM < Zone::FACULTY_OFFICE && Zone::FACULTY_OFFICE < Zone::LABORATORY, "by name");

        let mut hidden = Zone::CLASSROOM;
        hidden.0[15] = b'x';
        let bytes = [hidden, Zone([0; NAME_LENGTH]), Zone([0xff; NAME_LENGTH]), Zone(*b"\0classroom\0\0\0\0\0\0")];
        for zone in bytes {
            assert!(!zone.is_valid() && zone.name() == "?", "{zone:?}");
        }
    }
}
