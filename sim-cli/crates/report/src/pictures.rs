//! `report.html` and its charts, from the closed intervals.

use {
    super::{
        OutputError, Summary,
        charts::{self, ChartError, MeterSurplus, Series},
        figure,
        html::{Figure, Page, Table, page},
        key_figures,
        manifest::Manifest,
        output::Output,
        sentence, storage, tampering,
    },
    campus_energy_department::{
        audit::{Audit, ClosedInterval},
        text::kilowatt_hours,
    },
    campus_energy_sdk::{
        reading::Metered,
        registry::state::Zone,
        time::INTERVAL_SECONDS,
        trading::tariffs::Tariffs,
        units::{Energy, Price},
    },
    campus_energy_simulation::forecast::{Fan, Row},
    chrono::{DateTime, NaiveDateTime},
    chrono_tz::Tz,
};

/// kW from the Wh of an interval.
const KILOWATTS: f64 = 3_600.0 / INTERVAL_SECONDS as f64 / 1_000.0;
/// Base units in a baht.
const BAHT: f64 = 1_000_000.0;

/// The data of the charts, collected interval by interval.
#[derive(Clone, Debug)]
pub struct Pictures {
    time_zone: Tz,
    zones: Vec<Zone>,
    series: Series,
    /// The whole building, interval by interval.
    building: Vec<Metered>,
    /// How forecasts of the generation compare.
    skill: Vec<Row>,
}

/// A chart: its file, title and caption, and how it is drawn.
struct Picture {
    file: &'static str,
    title: &'static str,
    caption: &'static str,
    draw: fn(&Series) -> Result<String, ChartError>,
    /// Whether the run has data for this chart.
    shown: fn(&Series) -> bool,
}

/// Days from which on the chart of months is drawn.
const MONTHS: usize = 35;

const PICTURES: [Picture; 9] = [
    Picture {
        file: "day_profile.svg",
        title: "Day profile",
        caption: "Mean power of the array (line) and of the zones (stacked areas). Where the line is above the areas, the array \
                  generates more than the building consumes.",
        draw: charts::day_profile::draw,
        shown: |_| true,
    },
    Picture {
        file: "price_volume.svg",
        title: "Price and volume",
        caption: "Energy and price of the auctions. The reference price follows supply and demand between the grid's \
                  tariffs.",
        draw: charts::price_volume::draw,
        shown: |_| true,
    },
    Picture {
        file: "load_duration.svg",
        title: "Load duration",
        caption: "Share of the time in which the building takes at least this power from the grid, with and without the array.",
        draw: charts::load_duration::draw,
        shown: |_| true,
    },
    Picture {
        file: "carpet.svg",
        title: "Carpet",
        caption: "One column per day, one row per hour: power of the array, and power that the building takes from the grid.",
        draw: charts::carpet::draw,
        shown: |_| true,
    },
    Picture {
        file: "meter_surplus.svg",
        title: "Surplus by meter",
        caption: "Sum of each meter's surplus over the intervals with a surplus. Tokens were minted for it.",
        draw: charts::meter_surplus::draw,
        shown: |_| true,
    },
    Picture {
        file: "months.svg",
        title: "Months",
        caption: "Generation, consumption and traded energy by month. The first and the last month may be incomplete.",
        draw: charts::months::draw,
        shown: |series| series.days() >= MONTHS,
    },
    Picture {
        file: "clear_sky_index.svg",
        title: "Sky",
        caption: "How often the irradiance was which share of a clear sky's, by day. Values above 1 come from reflection at the \
                  edges of clouds.",
        draw: charts::clear_sky_index::draw,
        shown: |series| series.clear_sky_index.iter().any(Option::is_some),
    },
    Picture {
        file: "forecast.svg",
        title: "Forecast",
        caption: "Forecast of the array by climatology and persistence in the morning of the last day, with the error bands of the \
                  same forecast on the days before, and the measured power. The table below compares simple models.",
        draw: charts::forecast::draw,
        shown: |series| series.fan.is_some(),
    },
    Picture {
        file: "storage.svg",
        title: "Battery size",
        caption: "The effect of a battery behind the building's meter in this run: it is charged by the surplus and discharged before \
                  the grid is used, is full in two hours, 95 % efficient each way, and kept between 10 and 90 % of its capacity.",
        draw: charts::storage::draw,
        // Where the building never has a surplus, no battery changes anything.
        shown: |series| series.storage.windows(2).any(|pair| pair[0].self_consumption < pair[1].self_consumption),
    },
];

impl Pictures {
    /// Starts without intervals.
    #[must_use]
    pub fn new(time_zone: Tz, tariffs: &Tariffs) -> Self {
        let series = Series {
            time_zone: time_zone.to_string(),
            feed_in: baht(tariffs.feed_in),
            retail: baht(tariffs.retail),
            ..Series::default()
        };
        Self { time_zone, zones: Vec::new(), series, building: Vec::new(), skill: Vec::new() }
    }

    /// Sets the forecast of the last day, made in the morning, and the comparison of models.
    pub fn forecast(&mut self, fan: Fan, skill: Vec<Row>) {
        self.series.fan = Some(fan);
        self.skill = skill;
    }

    /// Adds an interval, with its clear-sky index by day if a sky was simulated.
    pub fn add(&mut self, audit: &Audit, interval: &ClosedInterval, clear_sky_index: Option<f64>) {
        if interval.readings.is_empty() {
            return;
        }
        if self.zones.is_empty() {
            for zone in audit.meters.iter().map(|meter| meter.zone) {
                if !self.zones.contains(&zone) {
                    self.zones.push(zone);
                    self.series.load.push((zone.name().into(), Vec::new()));
                }
            }
        }
        let sums = interval.sums();
        let sum = |energy: u64| u32::try_from(energy).unwrap_or(u32::MAX);
        let consumed = interval.readings.iter().map(|reading| u64::from(reading.consumed)).sum();
        self.building.push(Metered { generated: sum(sums.generated), consumed: sum(consumed) });
        self.series.clear_sky_index.push(clear_sky_index);
        self.series.starts.push(self.local(interval.timestamp - INTERVAL_SECONDS));
        self.series.generation.push(sums.generated as f64 * KILOWATTS);
        for (zone, (_, load)) in self.zones.iter().zip(&mut self.series.load) {
            let of_zone = interval.readings.iter().filter(|reading| {
                let meter = usize::try_from(reading.meter).ok().and_then(|index| audit.meters.get(index));
                meter.is_some_and(|meter| meter.zone == *zone)
            });
            load.push(of_zone.map(|reading| f64::from(reading.consumed)).sum::<f64>() * KILOWATTS);
        }
        let auction = &interval.auction;
        let tariffs = audit.market.tariffs.unwrap_or(Tariffs { feed_in: Price(0), retail: Price(0) });
        self.series.price.push((auction.traded > 0).then_some(baht(auction.price)));
        self.series.reference.push(baht(tariffs.reference_price(Energy(sums.surplus), Energy(sums.deficit))));
        self.series.volume.push(auction.traded as f64 / 1_000.0);
    }

    fn local(&self, timestamp: i64) -> NaiveDateTime {
        DateTime::from_timestamp(timestamp, 0).unwrap_or_default().with_timezone(&self.time_zone).naive_local()
    }

    /// Writes the charts and the page.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn write(mut self, output: &mut Output, summary: &Summary, manifest: &Manifest) -> Result<(), OutputError> {
        self.series.surplus = summary
            .meters
            .iter()
            .map(|meter| MeterSurplus {
                name: meter.name.clone(),
                zone: meter.zone.clone(),
                kilowatt_hours: meter.surplus_wh as f64 / 1_000.0,
            })
            .collect();
        self.series.storage = storage::sizes(&self.building, self.series.days());
        let mut figures = Vec::with_capacity(PICTURES.len());
        for Picture { file, title, caption, draw, shown } in PICTURES {
            if !shown(&self.series) {
                continue;
            }
            let svg = draw(&self.series).map_err(|error| output.failed(file, &error))?;
            output.write(file, svg.as_bytes())?;
            figures.push(Figure { title: title.into(), caption: caption.into(), svg });
        }
        let document = page(&Page {
            title: "Campus energy".into(),
            subtitle: subtitle(manifest),
            sentence: sentence(summary),
            facts: key_figures(summary),
            tables: [zones(summary)]
                .into_iter()
                .chain(summary.tampering.iter().map(tampering::table::page_table))
                .chain(skill(&self.skill))
                .chain([provenance(manifest, summary)])
                .collect(),
            figures,
        });
        let document = document.map_err(|error| output.failed("report.html", &error))?;
        output.write("report.html", document.as_bytes())
    }
}

/// The names of all charts' files.
pub(crate) fn file_names() -> impl Iterator<Item = &'static str> {
    PICTURES.iter().map(|picture| picture.file)
}

fn baht(price: Price) -> f64 {
    price.0 as f64 / BAHT
}

fn subtitle(manifest: &Manifest) -> String {
    let Manifest { first_day, days, meters, participants, time_zone, .. } = manifest;
    let days = if *days == 1 { "one day".to_string() } else { format!("{days} days") };
    format!("{days} from {first_day} ({time_zone}), {meters} meters, {participants} participants")
}

fn zones(summary: &Summary) -> Table {
    let row = |totals: &super::Totals| {
        let energy = [totals.generated_wh, totals.consumed_wh, totals.surplus_wh].map(kilowatt_hours);
        [vec![totals.name.clone()], energy.to_vec()].concat()
    };
    Table {
        caption: "Energy by zone".into(),
        header: ["zone", "generated kWh", "consumed kWh", "surplus kWh"].map(String::from).to_vec(),
        rows: summary.zones.iter().chain([&summary.total]).map(row).collect(),
    }
}

fn skill(rows: &[Row]) -> Option<Table> {
    let row = |row: &Row| {
        let figures = [row.mae_kw, row.rmse_kw, row.nrmse].map(|value| figure(value, |value| format!("{value:.3}")));
        let ahead = format!("{} min", row.horizon_minutes);
        [vec![row.model.into(), ahead], figures.to_vec(), vec![figure(row.skill, |skill| format!("{skill:+.3}"))]]
            .concat()
    };
    let first = rows.first()?;
    Some(Table {
        caption: format!(
            "Forecasts of the generation by rolling origin, on {} daylight intervals before the last day; nRMSE by {} kW, skill against \
             CLIPER",
            first.forecasts, first.normaliser_kw
        ),
        header: ["model", "ahead", "MAE kW", "RMSE kW", "nRMSE", "skill"].map(String::from).to_vec(),
        rows: rows.iter().map(row).collect(),
    })
}

fn provenance(manifest: &Manifest, summary: &Summary) -> Table {
    let rows = [
        ("seed", manifest.seed.to_string()),
        ("mode", manifest.mode.clone()),
        ("apportioning", manifest.apportioning.clone()),
        ("signing", manifest.signing.clone()),
        ("strategy", manifest.strategy.clone()),
        ("bidding", manifest.bidding.clone()),
        ("load that responds to prices", manifest.response.clone()),
        ("configuration, sha256", manifest.configuration_sha256.clone()),
        ("ledger's state, sha256", summary.ledger.state_sha256.clone()),
    ];
    Table {
        caption: "Inputs of this run; `sim-cli verify` rebuilds its results from the ledger".into(),
        header: ["", ""].map(String::from).to_vec(),
        rows: rows.into_iter().map(|(name, value)| vec![name.into(), value]).collect(),
    }
}
