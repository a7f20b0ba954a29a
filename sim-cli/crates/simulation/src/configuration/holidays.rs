//! `calendar`: the public holidays of the site.

use {
    crate::calendar::Holidays,
    chrono::{Datelike, NaiveDate},
    serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, SeqAccess, Visitor},
    },
    std::fmt,
};

/// `calendar`: `thai`, `none`, or a list of dates such as `2025-12-25`, or `12-25` for every year. Without it the Thai holidays for a
/// site on Bangkok time, and none elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolidaySection {
    /// Thailand's on fixed dates, moved on from weekends.
    Thai,
    /// No public holiday.
    None,
    /// These days.
    Days(Vec<HolidayDate>),
}

/// A day of one year, or of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolidayDate {
    /// Once.
    Once(NaiveDate),
    /// Month and day, every year.
    Yearly(u32, u32),
}

impl HolidaySection {
    /// The days of this calendar and further ones.
    #[must_use]
    pub fn with(&self, more: &[NaiveDate]) -> Holidays {
        let once = more.iter().copied().collect();
        let mut all = Holidays { thai: *self == Self::Thai, once, ..Holidays::default() };
        if let Self::Days(days) = self {
            for day in days {
                match *day {
                    HolidayDate::Once(date) => drop(all.once.insert(date)),
                    HolidayDate::Yearly(month, day) => drop(all.yearly.insert((month, day))),
                }
            }
        }
        all
    }
}

impl HolidayDate {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(date) = text.parse() {
            return Some(Self::Once(date));
        }
        // Of a leap year, which has every day.
        let date: NaiveDate = format!("2024-{text}").parse().ok()?;
        (text.len() == 5).then(|| Self::Yearly(date.month(), date.day()))
    }
}

impl fmt::Display for HolidayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(date) => date.fmt(f),
            Self::Yearly(month, day) => write!(f, "{month:02}-{day:02}"),
        }
    }
}

impl Serialize for HolidaySection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Thai => serializer.serialize_str("thai"),
            Self::None => serializer.serialize_str("none"),
            Self::Days(days) => serializer.collect_seq(days.iter().map(ToString::to_string)),
        }
    }
}

impl<'de> Deserialize<'de> for HolidaySection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Given;

        impl<'de> Visitor<'de> for Given {
            type Value = HolidaySection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("thai, none, or a list of dates such as [2025-12-25, 01-01]")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<HolidaySection, E> {
                match text.trim() {
                    "thai" => Ok(HolidaySection::Thai),
                    "none" => Ok(HolidaySection::None),
                    _ => Err(E::custom(format!(
                        "{text:?} is no calendar; give thai, none, or a list of dates such as [2025-12-25, 01-01]"
                    ))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<HolidaySection, A::Error> {
                let mut days = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    days.push(HolidayDate::parse(&text).ok_or_else(|| {
                        A::Error::custom(format!("{text:?} is no day; give YYYY-MM-DD, or MM-DD for every year"))
                    })?);
                }
                Ok(HolidaySection::Days(days))
            }
        }

        deserializer.deserialize_any(Given)
    }
}
