//! The charts of a run, as SVG.

mod axes;
pub mod carpet;
pub mod clear_sky_index;
pub mod day_profile;
pub mod forecast;
pub mod load_duration;
mod market;
pub mod meter_surplus;
pub mod months;
pub mod price_volume;
mod ramp;
pub mod storage;
mod style;
mod time_axis;

use {campus_energy_simulation::forecast::Fan, chrono::NaiveDateTime, thiserror::Error};

/// What the pictures show: a run, interval by interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The site's time zone.
    pub time_zone: String,
    /// Local time at which each interval begins.
    pub starts: Vec<NaiveDateTime>,
    /// Mean power of the array, kW.
    pub generation: Vec<f64>,
    /// Mean power that each zone takes, kW.
    pub load: Vec<(String, Vec<f64>)>,
    /// Clearing price, baht per kWh; none where nothing was traded.
    pub price: Vec<Option<f64>>,
    /// Reference price, baht per kWh.
    pub reference: Vec<f64>,
    /// Energy traded, kWh.
    pub volume: Vec<f64>,
    /// What the grid pays, baht per kWh.
    pub feed_in: f64,
    /// What the grid asks, baht per kWh.
    pub retail: f64,
    /// Each meter's surplus.
    pub surplus: Vec<MeterSurplus>,
    /// Clear-sky index of each interval of the day; none at night, or where no sky was simulated.
    pub clear_sky_index: Vec<Option<f64>>,
    /// What was told in the morning of the last day.
    pub fan: Option<Fan>,
    /// What batteries would do, by their size.
    pub storage: Vec<StorageSize>,
}

/// What a battery of a size would do for the building in this run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StorageSize {
    /// kWh.
    pub capacity: f64,
    /// Share of the generation that is used in the building.
    pub self_consumption: f64,
    /// Share of the load that does not come from the grid.
    pub self_sufficiency: f64,
}

/// A meter's surplus over the run.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterSurplus {
    /// The meter.
    pub name: String,
    /// Where it measures.
    pub zone: String,
    /// The sum of its intervals' surpluses, kWh.
    pub kilowatt_hours: f64,
}

impl Series {
    /// Load of all zones in each interval, kW.
    fn total_load(&self) -> Vec<f64> {
        (0..self.starts.len()).map(|at| self.load.iter().map(|(_, load)| value(load, at)).sum()).collect()
    }

    /// Load less generation in each interval, kW.
    fn net_import(&self) -> Vec<f64> {
        let loads = self.total_load().into_iter().enumerate();
        loads.map(|(at, load)| load - value(&self.generation, at)).collect()
    }

    /// Local days that it spans, from the first midnight on.
    #[must_use]
    pub fn days(&self) -> usize {
        self.starts.len().checked_sub(1).map_or(0, |last| self.day(last) + 1)
    }

    /// Which of them an interval belongs to, from 0.
    fn day(&self, interval: usize) -> usize {
        let days = (self.starts[interval].date() - self.starts[0].date()).num_days();
        usize::try_from(days).unwrap_or(0)
    }

    /// Hours from the first interval's midnight to each interval's beginning.
    fn hours(&self) -> Vec<f64> {
        let Some(first) = self.starts.first() else { return Vec::new() };
        let midnight = first.date().and_time(chrono::NaiveTime::MIN);
        self.starts.iter().map(|start| (*start - midnight).as_seconds_f64() / 3_600.0).collect()
    }

    /// The span of its days as text.
    fn span(&self) -> String {
        let Some((first, last)) = self.starts.first().zip(self.starts.last()) else { return "no intervals".into() };
        let [first, last] = [first, last].map(|time| time.format("%-d %b %Y").to_string());
        if first == last { first } else { format!("{first} to {last}") }
    }
}

/// An interval's value; zero where the series ends before it.
fn value(values: &[f64], at: usize) -> f64 {
    values.get(at).copied().unwrap_or(0.0)
}

/// Hours of an interval.
const INTERVAL_HOURS: f64 = 0.25;

/// Why a picture cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the picture cannot be drawn: {0}")]
pub struct ChartError(String);

impl<E: std::error::Error + Send + Sync> From<plotters::drawing::DrawingAreaErrorKind<E>> for ChartError {
    fn from(error: plotters::drawing::DrawingAreaErrorKind<E>) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, TimeDelta};

    /// Days of a plausible campus.
    fn campus(days: i64) -> Series {
        let begin = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap().and_hms_opt(0, 0, 0).unwrap();
        let mut series = Series { time_zone: "Asia/Bangkok".into(), feed_in: 2.2, retail: 5.8, ..Series::default() };
        series.load = ["classroom", "laboratory"].map(|zone| (zone.to_string(), Vec::new())).to_vec();
        for interval in 0..days * 96 {
            series.starts.push(begin + TimeDelta::minutes(15 * interval));
            let hour = (interval % 96) as f64 / 4.0;
            let sun = (42.0 - (hour - 12.0).powi(2)).max(0.0);
            series.generation.push(sun);
            series.load[0].1.push(20.0 + hour);
            series.load[1].1.push(30.0);
            let traded = sun > 0.0;
            series.price.push(traded.then_some(5.0 - sun / 40.0));
            series.reference.push(5.5);
            series.volume.push(if traded { sun / 20.0 } else { 0.0 });
        }
        let meter = |number: u32| MeterSurplus {
            name: format!("ENG_{number:03}"),
            zone: "classroom".into(),
            kilowatt_hours: f64::from(number),
        };
        series.surplus = (0..3).map(meter).collect();
        series.clear_sky_index = series.generation.iter().map(|power| (*power > 0.0).then_some(power / 42.0)).collect();
        let quantiles = (0..60).map(|at| [0.6, 0.8, 1.0, 1.1, 1.2].map(|part| part * f64::from(at))).collect();
        let actual = series.generation[..96].to_vec();
        series.fan = Some(Fan { date: begin.date(), model: "CLIPER", origin: 35, actual, quantiles });
        let size = |size: u32| StorageSize {
            capacity: f64::from(size) * 25.0,
            self_consumption: 0.8 + f64::from(size) * 0.02,
            self_sufficiency: 0.4,
        };
        series.storage = (0..9).map(size).collect();
        series
    }

    type Draw = fn(&Series) -> Result<String, ChartError>;
    const ALL: [Draw; 9] = [
        day_profile::draw,
        price_volume::draw,
        load_duration::draw,
        carpet::draw,
        meter_surplus::draw,
        months::draw,
        clear_sky_index::draw,
        forecast::draw,
        storage::draw,
    ];

    #[test]
    fn runs_of_any_length_are_drawn_and_always_alike() {
        for days in [1, 2, 7, 31, 120, 500] {
            let series = campus(days);
            for draw in ALL {
                let svg = draw(&series).unwrap();
                assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
                assert_eq!(draw(&series).unwrap(), svg);
                assert!(svg.len() < 2_000_000, "{days} days: {} bytes", svg.len());
            }
        }
    }

    /// Nothing at all, and nothing but zeros.
    #[test]
    fn what_is_empty_is_drawn_too() {
        let mut dark = campus(1);
        dark.generation.fill(0.0);
        dark.price.fill(None);
        dark.volume.fill(0.0);
        dark.load.clear();
        dark.surplus.iter_mut().for_each(|meter| meter.kilowatt_hours = 0.0);
        for draw in ALL {
            assert!(draw(&Series::default()).unwrap().contains("</svg>"));
            assert!(draw(&dark).unwrap().contains("</svg>"));
        }
        assert!(price_volume::draw(&dark).unwrap().contains("Nothing was traded"));
    }

    /// What would be a mistake elsewhere must not end a run: the figures are written by then.
    #[test]
    fn series_of_unlike_length_and_wild_values_are_drawn() {
        let mut short = campus(2);
        short.generation.clear();
        short.reference.truncate(5);
        short.volume.clear();
        short.price.truncate(30);
        short.load[0].1.clear();
        let mut wild = campus(20);
        wild.generation[3] = f64::NAN;
        wild.load[1].1[7] = f64::INFINITY;
        wild.reference[4] = f64::NEG_INFINITY;
        wild.price[40] = Some(f64::NAN);
        wild.volume[41] = f64::INFINITY;
        wild.surplus[0].kilowatt_hours = f64::NAN;
        wild.retail = f64::INFINITY;
        wild.clear_sky_index[50] = Some(f64::NAN);
        wild.storage[1].capacity = f64::NAN;
        wild.fan.as_mut().unwrap().quantiles[3][2] = f64::INFINITY;
        let mut backwards = campus(20);
        backwards.starts.reverse();
        let mut single = campus(1);
        single.starts.truncate(1);
        for series in [short, wild, backwards, single] {
            for draw in ALL {
                assert!(draw(&series).unwrap().contains("</svg>"));
            }
        }
    }

    #[test]
    fn axes_have_units() {
        let series = campus(1);
        let texts = [
            &["kW"][..],
            &["baht per kWh", "kWh"],
            &["kW", "%"],
            &["kW", "time of day"],
            &["kWh"],
            &["kWh", "month"],
            &["clear-sky index", "%"],
            &["kW", "time of day"],
            &["kWh", "%"],
        ];
        for (draw, expected) in ALL.into_iter().zip(texts) {
            let svg = draw(&series).unwrap();
            for text in expected {
                assert!(svg.contains(text), "{text}");
            }
        }
    }
}
