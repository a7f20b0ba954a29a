//! The allowed values of the configuration, and the errors for other values.

use {
    super::{ConfigurationError, MeterProfile, Policy, SmartMeters, ZoneName},
    campus_energy_sdk::{
        identity::Prefix,
        oracle::state::GREATEST_MAX_AGE,
        trading::state::{MAX_FEE, MAX_MINIMUM_LOT},
    },
    rust_decimal::{Decimal, prelude::ToPrimitive},
    serde::{Deserialize, Deserializer, de::Error},
    std::{collections::BTreeMap, ops::RangeInclusive},
};

/// How many meters a department can have: their accounts fill one lookup table of 256.
pub(super) const METERS: RangeInclusive<usize> = 1..=100_000;
/// Shares are counted in parts of this.
const SHARE_PARTS: u64 = 1_000_000_000_000;

/// An error of the parser as one line: file, line, column, key, and what is allowed.
pub(super) fn explained(name: &str, key: &str, error: &serde_saphyr::Error) -> ConfigurationError {
    let text = error.without_snippet().to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    let key = if key == "." { "the document" } else { key };
    ConfigurationError::Invalid(name.into(), line, column, key.into(), reason.into())
}

/// The line on which a key first stands.
pub(super) fn line_of(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().position(|line| line.trim_start().starts_with(key))?;
    u64::try_from(line + 1).ok()
}

fn number<'de, D: Deserializer<'de>>(deserializer: D, allowed: &str) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.trim().parse().map_err(|_| D::Error::custom(format!("{text:?} is no number; give {allowed}")))
}

pub(super) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let allowed = "a share above 0 and at most 1, such as 0.85";
    let value = number(deserializer, allowed)?;
    let valid = value > 0.0 && value <= 1.0;
    if valid { Ok(value) } else { Err(D::Error::custom(format!("{value} is out of range; give {allowed}"))) }
}

pub(super) fn deviation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let allowed = "a standard deviation of 0 to 0.5";
    let value = number(deserializer, allowed)?;
    let valid = (0.0..=0.5).contains(&value);
    if valid { Ok(value) } else { Err(D::Error::custom(format!("{value} is out of range; give {allowed}"))) }
}

/// A finite number within a range.
fn within<'de, D: Deserializer<'de>>(
    deserializer: D,
    range: RangeInclusive<f64>,
    allowed: &str,
) -> Result<f64, D::Error> {
    let value = number(deserializer, allowed)?;
    let valid = range.contains(&value);
    if valid { Ok(value) } else { Err(D::Error::custom(format!("{value} is out of range; give {allowed}"))) }
}

pub(super) fn latitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, -90.0..=90.0, "degrees north, -90 to 90")
}

pub(super) fn longitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, -180.0..=180.0, "degrees east, -180 to 180")
}

pub(super) fn altitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, -500.0..=9_000.0, "metres above the sea, -500 to 9000")
}

pub(super) fn tilt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0..=90.0, "degrees from the horizontal, 0 to 90")
}

pub(super) fn azimuth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 0.0..=360.0, "degrees clockwise from north, 0 to 360").map(Some)
}

pub(super) fn losses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0..=0.99, "a share of 0 to 0.99, such as 0.14")
}

pub(super) fn temperature_coefficient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, -0.02..=0.0, "a change per degree of -0.02 to 0, such as -0.0035")
}

pub(super) fn storage_capacity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.1..=100_000.0, "kWh, 0.1 to 100000")
}

pub(super) fn storage_power<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.1..=10_000.0, "kW, 0.1 to 10000")
}

pub(super) fn state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0..=0.99, "a share of 0 to 0.99, such as 0.1")
}

pub(super) fn albedo<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0..=1.0, "a share of 0 to 1, such as 0.25")
}

pub(super) fn air_temperature<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, -60.0..=60.0, "degrees Celsius, -60 to 60").map(Some)
}

pub(super) fn wind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0..=60.0, "metres per second, 0 to 60")
}

pub(super) fn turbidity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 12], D::Error> {
    const ALLOWED: &str = "12 Linke values of 1 to 12, from January on";
    let values = Vec::<f64>::deserialize(deserializer)?;
    let count = values.len();
    let months: [f64; 12] =
        values.try_into().map_err(|_| D::Error::custom(format!("{count} values; give {ALLOWED}")))?;
    match months.iter().find(|value| !(1.0..=12.0).contains(*value)) {
        Some(wrong) => Err(D::Error::custom(format!("{wrong} is out of range; give {ALLOWED}"))),
        None => Ok(months),
    }
}

pub(super) fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<chrono_tz::Tz, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("{text:?} is no time zone; give an IANA name such as Asia/Bangkok")))
}

fn decimal<'de, D: Deserializer<'de>>(
    deserializer: D,
    most: u32,
    scale: u32,
    allowed: &str,
) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    let value: Option<Decimal> = text.trim().parse().ok();
    let valid = |value: &Decimal| *value > Decimal::ZERO && *value <= Decimal::from(most) && value.scale() <= scale;
    value.filter(valid).ok_or_else(|| D::Error::custom(format!("{text:?} is not allowed; give {allowed}")))
}

pub(super) fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    decimal(deserializer, 1_000, 6, "baht per kWh above 0, at most 1000, with at most 6 decimals")
}

pub(super) fn emission_factor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    decimal(deserializer, 3, 6, "kg per kWh above 0, at most 3, with at most 6 decimals")
}

fn whole<'de, D: Deserializer<'de>, T: TryFrom<u32>>(
    deserializer: D,
    range: RangeInclusive<u32>,
    what: &str,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let value =
        text.trim().parse().ok().filter(|value| range.contains(value)).and_then(|value| T::try_from(value).ok());
    let (least, most) = range.into_inner();
    value.ok_or_else(|| D::Error::custom(format!("{text:?} is no {what}; give {least} to {most}")))
}

/// An interval's length at least: an earlier limit would refuse what comes a little late.
pub(super) fn reading_age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(deserializer, 900..=GREATEST_MAX_AGE, "age of a reading in seconds")
}

pub(super) fn minimum_lot<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(deserializer, 1..=MAX_MINIMUM_LOT, "minimum lot in Wh")
}

pub(super) fn orders_per_seat<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    whole(deserializer, 1..=u16::MAX.into(), "number of orders")
}

pub(super) fn vehicles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    whole(deserializer, 0..=1_000, "number of vehicles")
}

pub(super) fn fee<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    whole(deserializer, 0..=MAX_FEE.into(), "fee in basis points")
}

/// All three roles and the department fit the seats that a market can have.
pub(super) fn participants<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    whole(deserializer, 0..=1_365, "number of participants")
}

pub(super) fn energy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let value: Option<Decimal> = text.trim().parse().ok();
    let valid = value.is_some_and(|value| value > Decimal::ZERO && value <= Decimal::from(1_000) && value.scale() <= 3);
    let reason = || format!("{text:?} is no energy; give kWh above 0, at most 1000, with at most 3 decimals");
    if valid { Ok(value) } else { Err(D::Error::custom(reason())) }
}

pub(super) fn meter_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let text = String::deserialize(deserializer)?;
    let count = text.trim().parse().ok().filter(|count| METERS.contains(count));
    count.ok_or_else(|| D::Error::custom(format!("{text:?} is no number of meters; give 1 to 100000")))
}

pub(super) fn prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<Prefix>() {
        // Three digits follow.
        Ok(prefix) if prefix.length() <= 13 => Ok(text),
        Ok(_) => Err(D::Error::custom(format!("{text:?} is too long; a prefix has at most 13 characters"))),
        Err(error) => Err(D::Error::custom(error)),
    }
}

pub(super) fn zones<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ZoneName>, D::Error> {
    let zones = Vec::<ZoneName>::deserialize(deserializer)?;
    let mut distinct = zones.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if zones.is_empty() || distinct.len() < zones.len() {
        return Err(D::Error::custom("give each zone once, and at least one of classroom, laboratory, faculty_office"));
    }
    Ok(zones)
}

pub(super) fn shares<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Decimal>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let parse = |(meter, text): (String, String)| {
        let share = text.trim().parse::<Decimal>().ok().filter(|share| (Decimal::ZERO..=Decimal::ONE).contains(share));
        let wrong = || D::Error::custom(format!("{meter}: {text:?} is no share; give 0 to 1"));
        share.map(|share| (meter.clone(), share)).ok_or_else(wrong)
    };
    texts.into_iter().map(parse).collect()
}

/// Whether the static shares fit the meters and add up.
pub(super) fn static_shares(section: &SmartMeters, meters: &[MeterProfile]) -> Result<(), String> {
    let shares = &section.static_shares;
    if section.apportioning != Policy::Static {
        let unused = "is only used with smart_meters.apportioning: static";
        return if shares.is_empty() { Ok(()) } else { Err(unused.into()) };
    }
    if let Some(unknown) = shares.keys().find(|name| !meters.iter().any(|meter| meter.id.to_string() == **name)) {
        return Err(format!("{unknown:?} is no meter of this department"));
    }
    let sum: Decimal = shares.values().sum();
    if sum == Decimal::ONE { Ok(()) } else { Err(format!("the shares add up to {sum}; they must add up to 1")) }
}

/// Shares as integer weights.
pub(super) fn weights(shares: &BTreeMap<String, Decimal>, meters: &[MeterProfile]) -> Vec<u64> {
    let weight = |meter: &MeterProfile| {
        let share = shares.get(&meter.id.to_string()).copied().unwrap_or_default();
        (share * Decimal::from(SHARE_PARTS)).to_u64().unwrap_or(0)
    };
    meters.iter().map(weight).collect()
}
