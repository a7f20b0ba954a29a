//! Values of options, and what is said of one that is not of the form they want.

use {
    chrono::NaiveDate,
    std::{fmt::Display, str::FromStr},
};

/// A day.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('-');
    let formed = [4, 2, 2].into_iter().all(|count| parts.next().is_some_and(|part| digits(part, count)));
    if !formed || parts.next().is_some() {
        return Err("give a day as YYYY-MM-DD, for example 2025-03-20".into());
    }
    text.parse().map_err(|_| "the calendar has no such day; give one as YYYY-MM-DD, for example 2025-03-20".into())
}

/// What is said of a text that is no whole number. Digits alone are one: no sign.
fn whole<T: FromStr>(text: &str, form: impl Display) -> Result<T, String> {
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| format!("give {form}"))
}

/// A whole number in a range, of something that is said.
fn within<T: FromStr + PartialOrd + Display + Copy>(text: &str, what: &str, first: T, last: T) -> Result<T, String> {
    let form = format!("{what}, a whole number from {first} to {last}");
    whole(text, &form).and_then(|value| match (first..=last).contains(&value) {
        true => Ok(value),
        false => Err(format!("give {form}")),
    })
}

/// Days of a run or a simulation.
pub(super) fn days(text: &str) -> Result<u32, String> {
    within(text, "days", 1, 3_660)
}

/// Days on which forecasts are scored.
pub(super) fn scored_days(text: &str) -> Result<u32, String> {
    within(text, "days", 1, 1_830)
}

/// Days from which forecasts learn.
pub(super) fn training_days(text: &str) -> Result<u32, String> {
    within(text, "days", 28, 1_830)
}

/// Days of signed readings.
pub(super) fn signed_days(text: &str) -> Result<u32, String> {
    within(text, "days", 1, 366)
}

/// A random seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    within(text, "a seed", 0, u64::MAX)
}

/// How many intervals, orders or other things.
pub(super) fn number(text: &str) -> Result<u32, String> {
    within(text, "a number", 0, u32::MAX)
}

/// How much faster than real time.
pub(super) fn speed(text: &str) -> Result<u32, String> {
    within(text, "how many times faster than real time, or 0 for no waiting", 0, u32::MAX)
}

/// Requests a second, at least one.
pub(super) fn rate(text: &str) -> Result<std::num::NonZeroU32, String> {
    whole(text, "readings per second, a whole number from 1 to 4294967295")
}

/// A price of a compute unit.
pub(super) fn micro_lamports(text: &str) -> Result<u64, String> {
    within(text, "micro-lamports", 0, u64::MAX)
}

/// An energy.
pub(super) fn watt_hours(text: &str) -> Result<u64, String> {
    whole(text, "whole watt-hours, for example 250000 for 250 kWh")
}

/// An energy of one interval.
#[cfg(feature = "network")]
pub(super) fn interval_watt_hours(text: &str) -> Result<u32, String> {
    within(text, "watt-hours", 0, u32::MAX)
}

/// A public key or an account's address.
#[cfg(feature = "network")]
pub(super) fn address(text: &str) -> Result<solana_program::pubkey::Pubkey, String> {
    text.parse().map_err(|_| "give an address: 32 bytes as 32 to 44 characters of base58".into())
}

/// A duration.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    whole(text, "whole seconds, for example 3600 for one hour")
}

/// A page of the web.
#[cfg(feature = "network")]
pub(super) fn http_url(text: &str) -> Result<reqwest::Url, String> {
    let url = text.parse::<reqwest::Url>().ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "give a URL such as http://127.0.0.1:8080".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_one_form() {
        assert_eq!(day("2024-02-29"), Ok(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()));
        let form = Err("give a day as YYYY-MM-DD, for example 2025-03-20".to_string());
        for wrong in
            ["20.03.2025", "2025/03/20", "today", "", "2025-3-20", "2025-03-20T00:00", "+2025-03-20", "25-03-20"]
        {
            assert_eq!(day(wrong), form, "{wrong}");
        }
        let none = "the calendar has no such day; give one as YYYY-MM-DD, for example 2025-03-20".to_string();
        assert_eq!((day("2025-02-29"), day("2025-13-01")), (Err(none.clone()), Err(none)));
    }

    #[test]
    fn numbers_say_their_unit_and_range() {
        let days_say = Err("give days, a whole number from 1 to 3660".to_string());
        for wrong in ["1d", "0", "3661", "-1", "1.5", "", "99999999999999999999"] {
            assert_eq!(days(wrong), days_say, "{wrong}");
        }
        assert_eq!((days("1"), days("3660")), (Ok(1), Ok(3_660)));
        assert_eq!(seconds("1h").unwrap_err(), "give whole seconds, for example 3600 for one hour");
        assert_eq!(watt_hours("250kWh").unwrap_err(), "give whole watt-hours, for example 250000 for 250 kWh");
        assert_eq!(rate("0").unwrap_err(), "give readings per second, a whole number from 1 to 4294967295");
    }

    #[test]
    fn a_sign_is_no_digit() {
        for wrong in ["+3", "-3", "+", " 3", "3 ", "1x", "1_000"] {
            assert_eq!(number(wrong).unwrap_err(), "give a number, a whole number from 0 to 4294967295", "{wrong}");
            assert_eq!(rate(wrong).unwrap_err(), "give readings per second, a whole number from 1 to 4294967295");
            assert_eq!(watt_hours(wrong).unwrap_err(), "give whole watt-hours, for example 250000 for 250 kWh");
        }
        assert_eq!((number("0"), number("007"), watt_hours("250000")), (Ok(0), Ok(7), Ok(250_000)));
    }

    #[cfg(feature = "network")]
    #[test]
    fn what_a_meter_is_registered_with_says_its_form() {
        let form = "give watt-hours, a whole number from 0 to 4294967295";
        for wrong in ["+3", "5kWh", "4294967296", ""] {
            assert_eq!(interval_watt_hours(wrong).unwrap_err(), form, "{wrong}");
        }
        assert_eq!(interval_watt_hours("4294967295"), Ok(u32::MAX));
        let form = "give an address: 32 bytes as 32 to 44 characters of base58";
        for wrong in ["ENG_001", "", "0OIl", "111"] {
            assert_eq!(address(wrong).unwrap_err(), form, "{wrong}");
        }
        assert_eq!(address("11111111111111111111111111111111"), Ok(Default::default()));
    }

    #[cfg(feature = "network")]
    #[test]
    fn urls_are_of_the_web() {
        assert_eq!(http_url("http://127.0.0.1:8080/a").unwrap().as_str(), "http://127.0.0.1:8080/a");
        for wrong in ["127.0.0.1:8080", "localhost:8080", "ftp://a.example", "", "http://"] {
            assert_eq!(http_url(wrong), Err("give a URL such as http://127.0.0.1:8080".into()), "{wrong}");
        }
    }
}
