//! `semester_breaks`: periods without lectures.

use {
    chrono::{Datelike, NaiveDate},
    serde::{Deserialize, Serialize},
};

/// Breaks, every year again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Semesters(Vec<Break>);

/// A break such as `"05-20..08-04"`, both days included; it may begin in one year and end in the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Break {
    from: (u32, u32),
    to: (u32, u32),
}

/// Those of Thai universities that follow the ASEAN calendar, rounded.
impl Default for Semesters {
    fn default() -> Self {
        Self(vec![Break { from: (5, 20), to: (8, 4) }, Break { from: (12, 20), to: (1, 5) }])
    }
}

impl Semesters {
    /// Whether a day has no lectures.
    #[must_use]
    pub fn is_break(&self, date: NaiveDate) -> bool {
        let day = (date.month(), date.day());
        self.0.iter().any(|own| {
            if own.from <= own.to { own.from <= day && day <= own.to } else { own.from <= day || day <= own.to }
        })
    }
}

impl TryFrom<String> for Break {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let day = |text: &str| {
            let (month, day) = text.trim().split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // Of a leap year, which has every day.
            NaiveDate::from_ymd_opt(2024, month, day).map(|_| (month, day))
        };
        let both = text.split_once("..").and_then(|(from, to)| Some(Self { from: day(from)?, to: day(to)? }));
        both.ok_or_else(|| {
            format!("{text:?} is no break; give month and day of its first and last day such as \"05-20..08-04\"")
        })
    }
}

impl From<Break> for String {
    fn from(own: Break) -> Self {
        format!("{:02}-{:02}..{:02}-{:02}", own.from.0, own.from.1, own.to.0, own.to.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_come_every_year_and_may_cross_it() {
        let away = |text: &str| Semesters::default().is_break(text.parse().unwrap());
        for day in ["2025-05-20", "2030-08-04", "2025-12-31", "2026-01-05"] {
            assert!(away(day), "{day}");
        }
        for day in ["2025-03-20", "2025-08-05", "2025-12-19", "2026-01-06"] {
            assert!(!away(day), "{day}");
        }
        for wrong in ["", "02-30..03-01", "05-20", "20..21"] {
            assert!(Break::try_from(wrong.to_string()).unwrap_err().contains("such as"), "{wrong}");
        }
    }
}
