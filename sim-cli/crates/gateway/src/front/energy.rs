//! Energies as front ends receive them: the decimal digits that were sent, in kWh, read exactly. No binary fraction comes between.
//! Clients calculate with binary fractions, so what they send may differ from a whole number of Wh by a rounding error.

use {
    crate::rejection::{Code, Rejection},
    rust_decimal::Decimal,
    serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, Unexpected},
    },
    serde_json::{Number, value::RawValue},
    std::{borrow::Cow, fmt, str::FromStr},
};

/// Characters of a value that a message repeats, at most.
const SHOWN: usize = 40;
/// Digits of a number of Wh: a `u32` has ten.
const WHOLE_DIGITS: usize = 18;

/// A JSON number as the digits that were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits(String);

/// A number of kWh in Wh: the whole ones, and the decimals of the rest without the zeros at their end.
struct WattHours {
    negative: bool,
    whole: i64,
    rest: String,
}

impl Digits {
    /// kWh, from Wh.
    #[must_use]
    pub fn of_watt_hours(watt_hours: i64) -> Self {
        Self(Decimal::new(watt_hours, 3).normalize().to_string())
    }

    /// The number in Wh; none where it has too many digits.
    fn split(&self) -> Option<WattHours> {
        let (negative, text) = self.0.strip_prefix('-').map_or((false, &self.0[..]), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(WattHours { negative: false, whole: 0, rest: String::new() });
        }
        let exponent: i64 = match exponent.parse() {
            Ok(exponent) => exponent,
            // Less than any Wh.
            Err(_) if exponent.starts_with('-') => i64::MIN,
            Err(_) => return None,
        };
        // The decimal point stands after so many digits; before the first one where it is negative.
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
        let point = exponent.saturating_add(3).saturating_add(length(digits) - length(fraction));
        let (whole, rest) = match usize::try_from(point) {
            Ok(point) if point > WHOLE_DIGITS => return None,
            Ok(point) => {
                let (whole, rest) = digits.split_at(point.min(digits.len()));
                (format!("{whole:0<point$}"), rest.to_string())
            }
            // More zeros than the tolerance has decide nothing.
            Err(_) => {
                let zeros = usize::try_from(point.unsigned_abs()).unwrap_or(usize::MAX).min(WHOLE_DIGITS);
                (String::new(), "0".repeat(zeros) + digits)
            }
        };
        let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        Some(WattHours { negative, whole, rest: rest.trim_end_matches('0').into() })
    }

    /// Whether the number is within half a Wh of a number of Wh.
    #[must_use]
    pub fn is_about(&self, watt_hours: i64) -> bool {
        let Some(WattHours { negative, whole, rest }) = self.split() else { return false };
        let expected = if negative { watt_hours.checked_neg() } else { Some(watt_hours) };
        // Decimals after the point are compared as texts.
        (expected == Some(whole) && *rest <= *"5") || (expected == whole.checked_add(1) && *rest >= *"5")
    }

    /// The number as it was sent, its beginning where it is long.
    fn shown(&self) -> Cow<'_, str> {
        shown(&self.0)
    }

    /// An energy in Wh: the nearest whole number, which must be within 0.000001 kWh.
    ///
    /// # Errors
    /// A rejection that names the field and what is allowed.
    pub fn watt_hours(&self, field: &'static str) -> Result<u32, Rejection> {
        let rejected = |text: String| Err(Rejection::new(Code::InvalidEnergy, text).of(field));
        let range = || rejected(format!("{} kWh is not between 0 and 4294967.295", self.shown()));
        let Some(WattHours { negative, whole, rest }) = self.split() else { return range() };
        // 0.000001 kWh are 0.001 Wh.
        let nearest = match &*rest {
            rest if rest <= "001" => whole,
            rest if rest >= "999" => whole.saturating_add(1),
            _ if negative => return range(),
            _ => {
                let [below, above] = [whole, whole.saturating_add(1)].map(Self::of_watt_hours);
                return rejected(format!(
                    "{} kWh is between {below} and {above}: the resolution is 0.001 kWh (1 Wh), and only what is within \
                     0.000001 kWh of a whole Wh is rounded",
                    self.shown()
                ));
            }
        };
        match u32::try_from(nearest) {
            Ok(nearest) if nearest == 0 || !negative => Ok(nearest),
            _ => range(),
        }
    }
}

/// The beginning of a value that was sent, for a message.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text.into(),
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get() == text);
        let is_number = is_json && text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if is_number {
            return Ok(Self(text.into()));
        }
        let with_point = text.replacen(',', ".", 1);
        match with_point != text && with_point.parse::<Self>().is_ok() {
            true => Err(format!("{:?} has a decimal comma; write {with_point}", shown(text))),
            false => Err(format!("{:?} is no number", shown(text))),
        }
    }
}

impl<'de> Deserialize<'de> for Digits {
    /// Of JSON only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let what = match raw.get().as_bytes()[0] {
            b'-' | b'0'..=b'9' => return Ok(Self(raw.get().into())),
            b'"' => Unexpected::Other("string"),
            b'{' => Unexpected::Map,
            b'[' => Unexpected::Seq,
            b'n' => Unexpected::Unit,
            first => Unexpected::Bool(first == b't'),
        };
        Err(D::Error::invalid_type(what, &"a JSON number"))
    }
}

impl Serialize for Digits {
    /// As an ordinary number, for CSV too, where that has the same digits; otherwise for JSON only.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<Number>() {
            Ok(number) if number.to_string() == self.0 => number.serialize(serializer),
            _ => RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer),
        }
    }
}

/// kWh as a person writes them, in Wh.
///
/// # Errors
/// A text that says which values are allowed.
pub fn watt_hours_of(text: &str) -> Result<u32, String> {
    let energy: Digits = text.parse().map_err(|error| format!("{error}; give kWh such as 6.2"))?;
    energy.watt_hours("").map_err(|rejection| rejection.text)
}

/// kWh with three decimals at most, as a JSON number.
#[must_use]
pub fn kilowatt_hours(watt_hours: i64) -> Number {
    Digits::of_watt_hours(watt_hours).0.parse().unwrap_or_else(|_| Number::from(0))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        rand_chacha::{
            ChaCha8Rng,
            rand_core::{RngCore, SeedableRng},
        },
    };

    fn energy(text: &str) -> Result<u32, String> {
        text.parse::<Digits>().unwrap().watt_hours("energy_consumed").map_err(|rejection| rejection.text)
    }

    #[test]
    fn what_is_within_a_thousandth_of_a_watt_hour_is_rounded() {
        for (text, expected) in [
            ("4.1", 4_100),
            ("41e-1", 4_100),
            ("0.041e+2", 4_100),
            ("4.1000000000000005", 4_100),
            ("4.0999999999999996", 4_100),
            ("4.100001", 4_100),
            ("4.099999", 4_100),
            ("4.10000000000000000000000000000000001", 4_100),
            ("0", 0),
            ("-0.0", 0),
            ("-1.1102230246251565e-16", 0),
            ("0.000001", 0),
            ("0.000999", 1),
            ("0.9999999999999999", 1_000),
            ("1e-400", 0),
            ("1e-99999999999999999999", 0),
            ("0e99999999999999999999", 0),
            ("4294967.2950000001", u32::MAX),
            ("4.294967295e6", u32::MAX),
        ] {
            assert_eq!(energy(text), Ok(expected), "{text}");
        }
        let finer = |text: &str, below: &str, above: &str| {
            format!(
                "{text} kWh is between {below} and {above}: the resolution is 0.001 kWh (1 Wh), and only what is within 0.000001 kWh of a \
                 whole Wh is rounded"
            )
        };
        for (text, below, above) in [
            ("4.1000010000000001", "4.1", "4.101"),
            ("4.1005", "4.1", "4.101"),
            ("4.0999989", "4.099", "4.1"),
            ("0.0000011", "0", "0.001"),
        ] {
            assert_eq!(energy(text), Err(finer(text, below, above)));
        }
        for text in ["-0.001", "-4.1", "-0.0005", "4294967.296", "1e300", "7e28", "1e99999999999999999999"] {
            assert_eq!(energy(text), Err(format!("{text} kWh is not between 0 and 4294967.295")));
        }
        let long = format!("1{}", "0".repeat(60));
        assert_eq!(energy(&long), Err(format!("1{}... kWh is not between 0 and 4294967.295", "0".repeat(39))));
        assert_eq!(watt_hours_of("6,2"), Err("\"6,2\" has a decimal comma; write 6.2; give kWh such as 6.2".into()));
        assert_eq!(watt_hours_of("6.2.1"), Err("\"6.2.1\" is no number; give kWh such as 6.2".into()));
    }

    #[test]
    fn half_a_watt_hour_decides_about_the_net_energy() {
        for (text, watt_hours, expected) in [
            ("2.1000000000000005", 2_100, true),
            ("2.1005", 2_100, true),
            ("2.10050000001", 2_100, false),
            ("2.0995", 2_100, true),
            ("2.09949", 2_100, false),
            ("-2.1004", -2_100, true),
            ("-2.1006", -2_100, false),
            ("-2.0996", -2_100, true),
            ("-0.0004", 0, true),
            ("0.0005", 0, true),
            ("0.0006", 0, false),
            ("-0.0006", 0, false),
            ("0", 1, false),
            ("2.1", -2_100, false),
            ("1e300", 2_100, false),
        ] {
            assert_eq!(text.parse::<Digits>().unwrap().is_about(watt_hours), expected, "{text} {watt_hours}");
        }
    }

    /// Python and JavaScript print the shortest digits that give the binary fraction again, as Rust does, with an exponent or not.
    #[test]
    fn what_clients_calculate_in_binary_fractions_is_taken() {
        let mut random = ChaCha8Rng::seed_from_u64(17);
        let mut below = |limit: u32| random.next_u32() % limit;
        let mut inexact = 0;
        for _ in 0..20_000 {
            // Registers, whose difference is the energy; quarters of an hour at a power; parts that are added up.
            let (register, generated, consumed) = (below(100_000_000), below(20_000), below(20_000));
            let kwh = |watt_hours: u32| f64::from(watt_hours) / 1_000.0;
            let advance = kwh(register + generated) - kwh(register);
            let power = kwh(consumed) * 4.0 / 0.25 / 4.0 * 0.25;
            let parts: f64 = (0..10).map(|_| kwh(consumed) / 10.0).sum();
            for (number, expected) in [(advance, generated), (power, consumed), (parts, consumed)] {
                for text in [format!("{number}"), format!("{number:e}"), serde_json::to_string(&number).unwrap()] {
                    assert_eq!(energy(&text), Ok(expected), "{text}");
                }
            }
            let net = advance - parts;
            inexact += u32::from(net != f64::from(generated) / 1_000.0 - kwh(consumed));
            for text in [format!("{net}"), format!("{net:e}"), serde_json::to_string(&net).unwrap()] {
                let difference = i64::from(generated) - i64::from(consumed);
                assert!(text.parse::<Digits>().unwrap().is_about(difference), "{text} {difference}");
            }
        }
        assert!(inexact > 10_000, "{inexact}");
    }
}
