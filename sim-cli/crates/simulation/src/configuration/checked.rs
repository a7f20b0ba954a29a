//! The allowed values of the configuration, and the errors for other values.

use {
    super::{ConfigurationError, MeterProfile, Policy, SmartMeters, ZoneSection},
    crate::values::Capacity,
    campus_energy_sdk::{
        identity::{NAME_LENGTH, NameError, Prefix},
        oracle::state::GREATEST_MAX_AGE,
        registry::state::Zone,
        trading::state::{MAX_FEE, MAX_MINIMUM_LOT},
    },
    rust_decimal::Decimal,
    serde::{Deserialize, Deserializer, de::Error},
    std::{collections::BTreeMap, ops::RangeInclusive},
};

/// How many meters can be simulated. A department on a ledger takes fewer: see [`super::LEDGER_METERS`].
pub(super) const METERS: RangeInclusive<usize> = 1..=100_000;

/// An error of the parser as one line: file, line, column, key, and what is allowed.
pub(super) fn explained(name: &str, key: &str, error: &serde_saphyr::Error) -> ConfigurationError {
    let text = error.without_snippet().to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    let key = if key == "." { "the document" } else { key };
    ConfigurationError::Invalid(name.into(), line, column, key.into(), reason.into())
}

/// The line of a key, by its path: that of the deepest part which stands at the beginning of a line, below those before it.
pub(super) fn line_of(text: &str, path: &str) -> u64 {
    let mut found = 0;
    for part in path.split('.') {
        let stands = |line: &str| line.trim_start().strip_prefix(part).is_some_and(|rest| rest.starts_with(':'));
        let Some(place) = text.lines().skip(found).position(stands) else { break };
        found += place + 1;
    }
    found.max(1) as u64
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

/// A battery counts in parts in a thousand: less than one of them would be none.
pub(super) fn storage_efficiency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.01..=1.0, "a share of 0.01 to 1, such as 0.95")
}

/// The power of the inverter: an array has one.
pub(super) fn inverter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Capacity>, D::Error> {
    let capacity = Capacity::deserialize(deserializer)?;
    if capacity == Capacity::ZERO {
        return Err(D::Error::custom(
            "0 is out of range; give kilowatts above 0, or leave it out: it is then the capacity",
        ));
    }
    Ok(Some(capacity))
}

/// How much of the usual load there is.
pub(super) fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0..=1_000.0, "a factor of 0 to 1000; 1 is the load of the brief's table")
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

pub(super) fn latitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, -90.0..=90.0, "degrees north, -90 to 90").map(Some)
}

pub(super) fn longitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, -180.0..=180.0, "degrees east, -180 to 180").map(Some)
}

pub(super) fn altitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, -500.0..=9_000.0, "metres above the sea, -500 to 9000").map(Some)
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

pub(super) fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<chrono_tz::Tz>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map(Some)
        .map_err(|_| D::Error::custom(format!("{text:?} is no time zone; give an IANA name such as Asia/Bangkok")))
}

fn decimal<'de, D: Deserializer<'de>>(
    deserializer: D,
    least: Decimal,
    most: u32,
    allowed: &str,
) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    let value: Option<Decimal> = text.trim().parse().ok();
    let valid = |value: &Decimal| *value >= least && *value <= Decimal::from(most) && value.scale() <= 6;
    value.filter(valid).ok_or_else(|| D::Error::custom(format!("{text:?} is not allowed; give {allowed}")))
}

/// The least number with six decimals that is above 0.
const LEAST: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// What the grid pays: nothing where it pays nothing.
pub(super) fn feed_in_tariff<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    decimal(deserializer, Decimal::ZERO, 1_000, "baht per kWh, 0 to 1000, with at most 6 decimals")
}

pub(super) fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    decimal(deserializer, LEAST, 1_000, "baht per kWh above 0, at most 1000, with at most 6 decimals")
}

pub(super) fn emission_factor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    decimal(deserializer, LEAST, 3, "kg per kWh above 0, at most 3, with at most 6 decimals")
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

/// A zone by its name.
fn zone(name: &str) -> Result<Zone, String> {
    if name == "all" {
        return Err("\"all\" is no zone: in summaries it is the total of all meters; give another name".into());
    }
    name.parse().map_err(|error: NameError| error.to_string())
}

/// Sections by the names of zones.
pub(super) fn zone_sections<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, ZoneSection>, D::Error> {
    let sections = BTreeMap::<String, ZoneSection>::deserialize(deserializer)?;
    match sections.keys().find_map(|name| zone(name).err()) {
        Some(error) => Err(D::Error::custom(error)),
        None => Ok(sections),
    }
}

pub(super) fn zones<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Zone>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let zones = names.iter().map(|name| zone(name)).collect::<Result<Vec<_>, _>>();
    let zones = zones.map_err(D::Error::custom)?;
    let mut distinct = zones.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if zones.is_empty() || distinct.len() < zones.len() {
        return Err(D::Error::custom("give at least one zone such as classroom, and each once"));
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

/// Whether every meter's number leaves room for the prefix in an id.
pub(super) fn meter_ids(section: &SmartMeters) -> Result<(), String> {
    let SmartMeters { count, prefix, .. } = section;
    let digits = NAME_LENGTH - prefix.len().min(NAME_LENGTH);
    let most = 10_usize.checked_pow(u32::try_from(digits).unwrap_or(u32::MAX)).map_or(usize::MAX, |next| next - 1);
    if *count <= most {
        return Ok(());
    }
    Err(format!(
        "{count} meters: behind the prefix {prefix:?} an id of {NAME_LENGTH} characters has room for the numbers 1 to {most}; give fewer \
         meters or a shorter prefix"
    ))
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

/// Twelve numbers within a range, from January on.
fn months<'de, D: Deserializer<'de>>(
    deserializer: D,
    range: RangeInclusive<f64>,
    allowed: &str,
) -> Result<[f64; 12], D::Error> {
    let values = Vec::<f64>::deserialize(deserializer)?;
    let count = values.len();
    let months: [f64; 12] =
        values.try_into().map_err(|_| D::Error::custom(format!("{count} values; give {allowed}")))?;
    match months.iter().find(|value| !range.contains(*value)) {
        Some(wrong) => Err(D::Error::custom(format!("{wrong} is out of range; give {allowed}"))),
        None => Ok(months),
    }
}

pub(super) fn turbidity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 12], D::Error> {
    months(deserializer, 1.0..=12.0, "12 Linke values of 1 to 12, from January on")
}

pub(super) fn monthly_temperatures<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[f64; 12]>, D::Error> {
    months(deserializer, -60.0..=60.0, "12 temperatures of -60 to 60 degrees Celsius, from January on").map(Some)
}

pub(super) fn sky_shares<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[[f64; 3]; 12]>, D::Error> {
    const ALLOWED: &str = "12 lists of three shares, clear, broken and overcast, which add up to 1, from January on";
    let months = Vec::<Vec<f64>>::deserialize(deserializer)?;
    let (count, mut all) = (months.len(), [[0.0; 3]; 12]);
    if count != all.len() {
        return Err(D::Error::custom(format!("{count} lists; give {ALLOWED}")));
    }
    for (month, (own, given)) in all.iter_mut().zip(months).enumerate() {
        let valid = |shares: &[f64; 3]| {
            shares.iter().all(|share| (0.0..=1.0).contains(share)) && (shares.iter().sum::<f64>() - 1.0).abs() < 1e-6
        };
        let shares = <[f64; 3]>::try_from(given).ok().filter(valid);
        *own = shares.ok_or_else(|| D::Error::custom(format!("list {} is none; give {ALLOWED}", month + 1)))?;
    }
    Ok(Some(all))
}

fn limit<'de, D: Deserializer<'de>>(deserializer: D, most: u32) -> Result<Option<Decimal>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let allowed = format!("kWh above 0, at most {most}, with at most 3 decimals");
    parse_limit(&text, most).map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is no limit; give {allowed}")))
}

fn parse_limit(text: &str, most: u32) -> Option<Decimal> {
    let value: Option<Decimal> = text.trim().parse().ok();
    value.filter(|value| *value > Decimal::ZERO && *value <= Decimal::from(most) && value.scale() <= 3)
}

/// What 32 bits of Wh hold, kWh.
const GREATEST_INTERVAL: u32 = u32::MAX / 1_000;
/// The greatest limit of a day, kWh.
const GREATEST_DAY: u32 = 1_000_000_000;

pub(super) fn interval_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    limit(deserializer, GREATEST_INTERVAL)
}

pub(super) fn daily_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    limit(deserializer, GREATEST_DAY)
}

pub(super) fn meter_limits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Decimal>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let parse = |(meter, text): (String, String)| {
        let wrong = format!(
            "{meter}: {text:?} is no limit; give kWh above 0, at most {GREATEST_INTERVAL}, with at most 3 decimals"
        );
        parse_limit(&text, GREATEST_INTERVAL).map(|limit| (meter, limit)).ok_or_else(|| D::Error::custom(wrong))
    };
    texts.into_iter().map(parse).collect()
}
