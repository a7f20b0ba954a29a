//! Timestamps as front ends receive them. A wrong one is answered with what it looks like and the right value.

use {
    super::energy::shown,
    crate::rejection::{Code, Rejection},
    campus_energy_sdk::time::{INTERVAL_SECONDS, Interval, newest_end},
    chrono::{DateTime, NaiveDate, NaiveDateTime},
    serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, Unexpected},
    },
    serde_json::value::RawValue,
    std::fmt,
};

/// The last timestamp that is taken: the begin of the year 2100.
pub const LATEST: i64 = 4_102_444_800;
/// The first second of the year 2000: what is meant as a timestamp of a meter is later.
const EARLIEST: i64 = 946_684_800;

/// Forms of local times.
const FORMS: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
];

/// A timestamp as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timestamp {
    /// A number, with its digits.
    Number(String),
    /// A text.
    Text(String),
}

impl Timestamp {
    /// Of Unix seconds.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        Self::Number(seconds.to_string())
    }

    /// Of a column of a file or an option, where a number has no quotes.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let text = text.trim();
        let number = text.parse::<f64>().is_ok_and(f64::is_finite);
        if number { Self::Number(text.into()) } else { Self::Text(text.into()) }
    }

    /// The interval that ends at it.
    ///
    /// # Errors
    /// [`Code::MisalignedTimestamp`] and [`Code::InvalidTimestamp`].
    pub fn interval(&self) -> Result<Interval, Rejection> {
        let result = match self {
            Self::Number(digits) => {
                digits.parse().map_or_else(|_| Err(Wrong::invalid(of_fraction(digits))), of_seconds)
            }
            Self::Text(text) => Err(Wrong::invalid(of_date(text))),
        };
        result.map_err(|Wrong { code, text }| Rejection::new(code, text).of("timestamp"))
    }
}

/// The interval that ends at a timestamp as a person writes it.
///
/// # Errors
/// A text that says what the timestamp looks like, and the right value.
pub fn interval_of(text: &str) -> Result<Interval, String> {
    Timestamp::of_text(text).interval().map_err(|rejection| rejection.text)
}

struct Wrong {
    code: Code,
    text: String,
}

impl Wrong {
    fn invalid(text: String) -> Self {
        Self { code: Code::InvalidTimestamp, text }
    }
}

fn of_seconds(seconds: i64) -> Result<Interval, Wrong> {
    let unit = scaled(seconds as f64).filter(|(_, power)| *power > 0);
    if let Some((unit, power)) = unit {
        let right = right(seconds / 10_i64.pow(power));
        return Err(Wrong::invalid(format!("{seconds} looks like {unit}; send Unix seconds: {right}")));
    }
    if seconds > LATEST {
        let text = format!("{seconds} is after the year 2099: send Unix seconds, at most {LATEST}");
        return Err(Wrong::invalid(text));
    }
    Interval::ending_at(seconds).ok_or_else(|| {
        let ends = neighbours(seconds).map(|ends| format!("; {ends}")).unwrap_or_default();
        let text = format!(
            "{seconds} is not a positive multiple of {INTERVAL_SECONDS}: the timestamp is the end of the interval, in Unix seconds{ends}"
        );
        Wrong { code: Code::MisalignedTimestamp, text }
    })
}

fn of_fraction(digits: &str) -> String {
    let value: f64 = digits.parse().unwrap_or(f64::NAN);
    let whole = "is not written as a whole number; send Unix seconds as an integer";
    match scaled(value) {
        Some((unit, power)) => {
            // Beyond 2^53 it has no fraction anyway.
            #[allow(clippy::cast_possible_truncation)]
            let seconds = (value / 10_f64.powi(power.cast_signed())).floor() as i64;
            let looks = if power > 0 { format!("looks like {unit} and ") } else { String::new() };
            format!("{} {looks}{whole}: {}", shown(digits), right(seconds))
        }
        None => format!("{} {whole}, such as 1730448000", shown(digits)),
    }
}

fn of_date(text: &str) -> String {
    let quoted = shown(text);
    let is =
        |what: &str, seconds: i64| format!("\"{quoted}\" is {what}; send Unix seconds as a number: {}", right(seconds));
    let naive = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
    if let Some(seconds) = text.trim().parse::<f64>().ok().filter(|seconds| seconds.is_finite()) {
        return match scaled(seconds) {
            #[allow(clippy::cast_possible_truncation)]
            Some((unit, power)) => {
                is(&format!("a text of {unit}"), (seconds / 10_f64.powi(power.cast_signed())).floor() as i64)
            }
            None => format!("\"{quoted}\" is a text; send Unix seconds as a number, such as 1730448000"),
        };
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return is("a date and time as text", time.timestamp());
    }
    for form in ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f %:z", "%Y-%m-%dT%H:%M:%S%.f%z"] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return is("a date and time as text", time.timestamp());
        }
    }
    if let Some(time) = FORMS.iter().find_map(naive) {
        return is("a date and time as text without a time zone (read as UTC here)", time.and_utc().timestamp());
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    if let Some(time) = date {
        return is("a date without a time (its begin in UTC is meant here)", time.and_utc().timestamp());
    }
    format!("\"{quoted}\" is no timestamp; send the end of the interval in Unix seconds, such as 1730448000")
}

/// What a number looks like: seconds or a smaller unit since 1970, each of which is 10^-power seconds.
fn scaled(value: f64) -> Option<(&'static str, u32)> {
    let units: [(&str, u32); 4] = [("seconds", 0), ("milliseconds", 3), ("microseconds", 6), ("nanoseconds", 9)];
    let range = EARLIEST as f64..LATEST as f64;
    units.into_iter().find(|(_, power)| range.contains(&(value / 10_f64.powi(power.cast_signed()))))
}

/// The right timestamp, where the interval ends at this second.
fn right(seconds: i64) -> String {
    match neighbours(seconds) {
        Some(ends) => format!("{seconds} would be the second, and {ends}"),
        None => seconds.to_string(),
    }
}

/// The ends of the intervals around a second that is none.
fn neighbours(seconds: i64) -> Option<String> {
    let earlier = newest_end(seconds.max(0));
    (seconds >= INTERVAL_SECONDS && earlier != seconds)
        .then(|| format!("the intervals next to it end at {earlier} and {}", earlier + INTERVAL_SECONDS))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Number(text) | Self::Text(text)) = self;
        f.write_str(text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Of JSON only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let what = match raw.get().as_bytes()[0] {
            b'-' | b'0'..=b'9' => return Ok(Self::Number(raw.get().into())),
            b'"' => return serde_json::from_str(raw.get()).map(Self::Text).map_err(D::Error::custom),
            b'{' => Unexpected::Map,
            b'[' => Unexpected::Seq,
            b'n' => Unexpected::Unit,
            first => Unexpected::Bool(first == b't'),
        };
        Err(D::Error::invalid_type(what, &"Unix seconds as a JSON number"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(digits) => match digits.parse::<i64>() {
                Ok(seconds) => serializer.serialize_i64(seconds),
                Err(_) => {
                    RawValue::from_string(digits.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer)
                }
            },
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> Result<i64, (Code, String)> {
        let timestamp: Timestamp = serde_json::from_str(json).unwrap();
        timestamp.interval().map(Interval::end).map_err(|rejection| (rejection.code, rejection.text))
    }

    #[test]
    fn a_wrong_timestamp_is_told_the_right_value() {
        assert_eq!(told("1730448000"), Ok(1_730_448_000));
        assert_eq!(told("900"), Ok(900));
        let invalid =
            |json: &str, text: &str| assert_eq!(told(json), Err((Code::InvalidTimestamp, text.into())), "{json}");
        let ends = "the intervals next to it end at 1730448000 and 1730448900";
        invalid("1730448000000", "1730448000000 looks like milliseconds; send Unix seconds: 1730448000");
        invalid(
            "1730448123456",
            &format!(
                "1730448123456 looks like milliseconds; send Unix seconds: 1730448123 would be the second, and {ends}"
            ),
        );
        invalid("1730448000000000", "1730448000000000 looks like microseconds; send Unix seconds: 1730448000");
        invalid("1730448000000000000", "1730448000000000000 looks like nanoseconds; send Unix seconds: 1730448000");
        let whole = "is not written as a whole number; send Unix seconds as an integer";
        invalid("1730448000.0", &format!("1730448000.0 {whole}: 1730448000"));
        invalid("1.730448e9", &format!("1.730448e9 {whole}: 1730448000"));
        invalid("1730448000.25", &format!("1730448000.25 {whole}: 1730448000"));
        invalid("1730448000123.5", &format!("1730448000123.5 looks like milliseconds and {whole}: 1730448000"));
        invalid("0.5", &format!("0.5 {whole}, such as 1730448000"));
        invalid("1e400", &format!("1e400 {whole}, such as 1730448000"));
        let text = "a date and time as text; send Unix seconds as a number: 1730448000";
        for date in [
            "2024-11-01T08:00:00Z",
            "2024-11-01T15:00:00+07:00",
            "2024-11-01T08:00:00.000Z",
            "2024-11-01 08:00:00+00:00",
            "2024-11-01T15:00:00+0700",
            "Fri, 01 Nov 2024 08:00:00 GMT",
        ] {
            invalid(&format!("{date:?}"), &format!("{date:?} is {text}"));
        }
        let local = "a date and time as text without a time zone (read as UTC here)";
        for date in ["2024-11-01T08:00:00", "2024-11-01 08:00:00", "2024-11-01 08:00", "01.11.2024 08:00"] {
            invalid(&format!("{date:?}"), &format!("{date:?} is {local}; send Unix seconds as a number: 1730448000"));
        }
        invalid(
            "\"2024-11-01\"",
            "\"2024-11-01\" is a date without a time (its begin in UTC is meant here); send Unix seconds as a number: 1730419200",
        );
        invalid("\"1730448000\"", "\"1730448000\" is a text of seconds; send Unix seconds as a number: 1730448000");
        invalid(
            "\"noon\"",
            "\"noon\" is no timestamp; send the end of the interval in Unix seconds, such as 1730448000",
        );
        invalid("4102445700", "4102445700 is after the year 2099: send Unix seconds, at most 4102444800");
        let misaligned = |json: &str, more: &str| {
            let text = format!(
                "{json} is not a positive multiple of 900: the timestamp is the end of the interval, in Unix seconds{more}"
            );
            assert_eq!(told(json), Err((Code::MisalignedTimestamp, text)));
        };
        misaligned("1730448001", &format!("; {ends}"));
        misaligned("0", "");
        misaligned("-900", "");
    }

    #[test]
    fn a_column_holds_a_number_without_quotes() {
        assert_eq!(interval_of(" 1730448000 ").map(Interval::end), Ok(1_730_448_000));
        assert_eq!(
            interval_of("1.730448E+09"),
            Err("1.730448E+09 is not written as a whole number; send Unix seconds as an integer: 1730448000".into())
        );
        assert_eq!(
            interval_of("2024-11-01T08:00:00Z"),
            Err("\"2024-11-01T08:00:00Z\" is a date and time as text; send Unix seconds as a number: 1730448000".into())
        );
        assert_eq!(
            interval_of(""),
            Err("\"\" is no timestamp; send the end of the interval in Unix seconds, such as 1730448000".into())
        );
    }
}
