//! An injection as it is written: `KIND:METER[:AMOUNT]`.

use {
    crate::HourRange,
    campus_energy_sdk::identity::MeterId,
    rust_decimal::{Decimal, prelude::ToPrimitive},
    std::{fmt, ops::RangeInclusive, str::FromStr},
};

/// How a meter is tampered with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// So many Wh are added to the generation of each reading; it does not fall below 0.
    Bias(i32),
    /// The generation is multiplied by so many thousandths.
    Scaling(u32),
    /// The generation is multiplied by a factor that begins at 1 and grows by so many thousandths of a percent a day.
    Drift(i32),
    /// Each reading is delivered so many intervals later.
    Late(u16),
    /// Each signed reading is delivered twice.
    Duplicate,
    /// Of each two intervals the later one is delivered first, both at its end.
    Reordered,
    /// The reading names a time so many seconds later than its interval's end.
    ClockSkewed(i32),
    /// Some readings are never delivered.
    Silent(Silence),
    /// A second reading of each interval is signed and delivered, with so many Wh more generation; which of the two comes first
    /// is random.
    DoubleSigned(u32),
}

/// Which readings a silent meter withholds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Silence {
    /// Each with a probability of so many thousandths.
    Share(u16),
    /// Those of the intervals that begin between two local times.
    Hours(HourRange),
}

/// A meter that is tampered with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Injection {
    /// How.
    pub kind: Kind,
    /// Which.
    pub meter: MeterId,
}

/// A kind's name, what amounts it takes and which one it has without; neither where it takes none.
struct Form {
    name: &'static str,
    amount: Option<[&'static str; 2]>,
}

const fn form(name: &'static str, amount: Option<[&'static str; 2]>) -> Form {
    Form { name, amount }
}

const FORMS: [Form; 9] = [
    form("bias", Some(["whole Wh of -10000 to 10000 but not 0, such as 200", "200"])),
    form("scaling", Some(["a factor of 0 to 10 but not 1, with at most 3 decimals, such as 1.5", "1.5"])),
    form("drift", Some(["percent a day of -100 to 100 but not 0, with at most 3 decimals, such as 20", "20"])),
    form("late", Some(["whole intervals of 1 to 96, such as 2", "2"])),
    form("duplicate", None),
    form("reordered", None),
    form(
        "clock-skewed",
        Some(["whole seconds of -86400 to 86400 but not 0, such as 30, or 900 for an interval", "30"]),
    ),
    form(
        "silent",
        Some([
            "a share above 0 and at most 1 with at most 3 decimals, such as 0.25, or local times such as 10:00-14:00",
            "0.25",
        ]),
    ),
    form("double-signed", Some(["whole Wh of 1 to 10000, such as 500", "500"])),
];

impl FromStr for Injection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let (name, meter, amount) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let Some(Form { name, amount: form }) = FORMS.iter().find(|form| form.name == name) else {
            let names = FORMS.map(|form| form.name).join(", ");
            return Err(format!("{name:?} is no kind of tampering; give one of {names}"));
        };
        let Some(meter) = meter else {
            return Err(format!("{text:?} names no meter; give KIND:METER[:AMOUNT], such as {name}:ENG_001"));
        };
        let meter: MeterId =
            meter.parse().map_err(|error: campus_energy_sdk::identity::NameError| error.to_string())?;
        let kind = match (form, amount) {
            (None, None) => without_amount(name),
            (None, Some(amount)) => return Err(format!("{amount:?} is too much: {name} takes no amount")),
            (Some([allowed, default]), amount) => {
                let amount = amount.unwrap_or(default);
                let kind = with_amount(name, amount);
                Some(kind.ok_or_else(|| format!("{amount:?} is no amount of {name}; give {allowed}"))?)
            }
        };
        // Every form is one or the other.
        kind.map(|kind| Self { kind, meter }).ok_or_else(|| format!("{name:?} is no kind of tampering"))
    }
}

fn without_amount(name: &str) -> Option<Kind> {
    match name {
        "duplicate" => Some(Kind::Duplicate),
        "reordered" => Some(Kind::Reordered),
        _ => None,
    }
}

fn with_amount(name: &str, amount: &str) -> Option<Kind> {
    match name {
        "bias" => whole(amount, -10_000..=10_000).map(Kind::Bias),
        "scaling" => thousandths(amount, 0..=10_000)
            .filter(|factor| *factor != 1_000)
            .and_then(|factor| u32::try_from(factor).ok())
            .map(Kind::Scaling),
        "drift" => thousandths(amount, -100_000..=100_000).filter(|percent| *percent != 0).map(Kind::Drift),
        "late" => whole(amount, 1..=96).map(Kind::Late),
        "clock-skewed" => whole(amount, -86_400..=86_400).map(Kind::ClockSkewed),
        "silent" => silence(amount).map(Kind::Silent),
        "double-signed" => whole(amount, 1..=10_000).map(Kind::DoubleSigned),
        _ => None,
    }
}

/// A whole number of a range that is not 0.
fn whole<T: TryFrom<i32>>(text: &str, range: RangeInclusive<i32>) -> Option<T> {
    let value = text.parse().ok().filter(|value| *value != 0 && range.contains(value))?;
    T::try_from(value).ok()
}

/// Thousandths of a number with at most three decimals.
fn thousandths(text: &str, range: RangeInclusive<i32>) -> Option<i32> {
    let parts = text.parse::<Decimal>().ok()?.checked_mul(Decimal::ONE_THOUSAND)?;
    let parts = if parts.fract().is_zero() { parts.to_i32()? } else { return None };
    range.contains(&parts).then_some(parts)
}

fn silence(text: &str) -> Option<Silence> {
    if text.contains(':') {
        return HourRange::try_from(text.to_string()).ok().map(Silence::Hours);
    }
    let share = thousandths(text, 1..=1_000)?;
    u16::try_from(share).ok().map(Silence::Share)
}

impl Kind {
    /// Name of the kind, as in `KIND:METER`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bias(_) => "bias",
            Self::Scaling(_) => "scaling",
            Self::Drift(_) => "drift",
            Self::Late(_) => "late",
            Self::Duplicate => "duplicate",
            Self::Reordered => "reordered",
            Self::ClockSkewed(_) => "clock-skewed",
            Self::Silent(_) => "silent",
            Self::DoubleSigned(_) => "double-signed",
        }
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.meter)?;
        let decimal = |parts: i64| Decimal::new(parts, 3).normalize();
        match self.kind {
            Kind::Bias(energy) => write!(f, ":{energy}"),
            Kind::Scaling(parts) => write!(f, ":{}", decimal(parts.into())),
            Kind::Drift(parts) => write!(f, ":{}", decimal(parts.into())),
            Kind::Late(intervals) => write!(f, ":{intervals}"),
            Kind::Duplicate | Kind::Reordered => Ok(()),
            Kind::ClockSkewed(seconds) => write!(f, ":{seconds}"),
            Kind::Silent(Silence::Share(parts)) => write!(f, ":{}", decimal(parts.into())),
            Kind::Silent(Silence::Hours(hours)) => write!(f, ":{hours}"),
            Kind::DoubleSigned(energy) => write!(f, ":{energy}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Injection, String> {
        text.parse()
    }

    #[test]
    fn every_kind_is_read_and_written_the_same() {
        for (text, kind, written) in [
            ("bias:ENG_001:-20", Kind::Bias(-20), "bias:ENG_001:-20"),
            ("bias:ENG_001", Kind::Bias(200), "bias:ENG_001:200"),
            ("scaling:ENG_001:0", Kind::Scaling(0), "scaling:ENG_001:0"),
            ("scaling:ENG_001", Kind::Scaling(1_500), "scaling:ENG_001:1.5"),
            ("drift:ENG_001:0.250", Kind::Drift(250), "drift:ENG_001:0.25"),
            ("drift:ENG_001", Kind::Drift(20_000), "drift:ENG_001:20"),
            ("late:ENG_001:96", Kind::Late(96), "late:ENG_001:96"),
            ("late:ENG_001", Kind::Late(2), "late:ENG_001:2"),
            ("duplicate:ENG_001", Kind::Duplicate, "duplicate:ENG_001"),
            ("reordered:ENG_001", Kind::Reordered, "reordered:ENG_001"),
            ("clock-skewed:ENG_001:-900", Kind::ClockSkewed(-900), "clock-skewed:ENG_001:-900"),
            ("clock-skewed:ENG_001", Kind::ClockSkewed(30), "clock-skewed:ENG_001:30"),
            ("silent:ENG_001:1", Kind::Silent(Silence::Share(1_000)), "silent:ENG_001:1"),
            ("silent:ENG_001", Kind::Silent(Silence::Share(250)), "silent:ENG_001:0.25"),
            (
                "silent:ENG_001:10:00-14:30",
                Kind::Silent(Silence::Hours(HourRange::new(10.0, 14.5))),
                "silent:ENG_001:10:00-14:30",
            ),
            ("double-signed:ENG_001", Kind::DoubleSigned(500), "double-signed:ENG_001:500"),
        ] {
            let injection = parsed(text).unwrap();
            assert_eq!((injection.kind, injection.meter), (kind, "ENG_001".parse().unwrap()), "{text}");
            assert_eq!(injection.to_string(), written);
            assert_eq!(parsed(written), Ok(injection));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_allowed() {
        for (text, expected) in [
            (
                "bais:ENG_001",
                "\"bais\" is no kind of tampering; give one of bias, scaling, drift, late, duplicate, reordered, clock-skewed, \
                 silent, double-signed",
            ),
            ("late", "\"late\" names no meter; give KIND:METER[:AMOUNT], such as late:ENG_001"),
            ("late:", "\"\" has 0 bytes; a meter id or prefix has 1 to 16"),
            ("late:ENG001", "\"ENG001\" lacks its '_': a prefix is like \"ENG_\", a meter id like \"ENG_001\""),
            ("duplicate:ENG_001:2", "\"2\" is too much: duplicate takes no amount"),
            ("reordered:ENG_001:", "\"\" is too much: reordered takes no amount"),
        ] {
            assert_eq!(parsed(text), Err(expected.into()), "{text}");
        }
        let allowed = |kind: &str| FORMS.iter().find(|form| form.name == kind).unwrap().amount.unwrap()[0];
        for (kind, amounts) in [
            ("bias", &["0", "10001", "-10001", "1.5", "much", ""][..]),
            ("scaling", &["1", "-0.1", "10.001", "1.0001", "1,5", ""]),
            ("drift", &["0", "100.001", "-100.001", "0.0001", "1%", ""]),
            ("late", &["0", "97", "-1", "1.5", ""]),
            ("clock-skewed", &["0", "86401", "-86401", "30s", ""]),
            ("silent", &["0", "1.001", "-1", "14:00-10:00", "10:00", "closed", ""]),
            ("double-signed", &["0", "10001", "-1", "0.5", ""]),
        ] {
            for amount in amounts {
                let expected = format!("{amount:?} is no amount of {kind}; give {}", allowed(kind));
                assert_eq!(parsed(&format!("{kind}:ENG_001:{amount}")), Err(expected));
            }
        }
    }
}
