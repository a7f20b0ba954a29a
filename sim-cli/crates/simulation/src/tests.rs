//! The models against the brief's numbers, and their reproducibility.

use super::{
    calendar::DayKind,
    configuration::{BaseScope, Configuration, ConfigurationError, DEFAULT, NoiseSection},
    *,
};

fn configured(change: impl Fn(&str) -> String) -> Configuration {
    Configuration::parse("test.yaml", &change(DEFAULT)).unwrap()
}

fn quiet() -> Configuration {
    let mut configuration = configured(str::to_string);
    configuration.engineering_department.noise.generation = 0.0;
    configuration.engineering_department.noise.consumption = 0.0;
    configuration
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn day(simulation: &mut Simulation, date: NaiveDate) -> Vec<IntervalReadings> {
    simulation.intervals(date, 1).collect()
}

/// The brief's `test_engineering_solar_generation`.
#[test]
fn noon_generation_is_within_the_seeds_band() {
    let generation = profile::solar_generation_kw(12.0, 50.0);
    assert!((35.0..=42.5).contains(&generation), "{generation}");
}

/// The brief's `test_engineering_consumption_patterns`, and the order of the zones.
#[test]
fn on_monday_at_ten_a_laboratory_takes_more_than_a_classroom_and_that_more_than_an_office() {
    let mut simulation = Simulation::new(&quiet(), 1, Mode::SeedProfile);
    let readings = &day(&mut simulation, date(2024, 11, 4))[40].readings;
    let [classroom, laboratory, office] = [0, 5, 10].map(|meter| readings[meter].consumed);
    assert!(laboratory > classroom && classroom > office && office > 0, "{laboratory} {classroom} {office}");
}

/// Interval means around a row of the table average to it within the curvature of the curve.
#[test]
fn the_daily_table_is_met() {
    let mut simulation = Simulation::new(&quiet(), 1, Mode::SeedProfile);
    let day = day(&mut simulation, date(2024, 11, 1));
    let slots = [24, 36, 48, 60, 72, 84];
    for ((hour, generation, consumption), slot) in profile::DAILY_PATTERN.into_iter().zip(slots) {
        let around =
            |energy: &dyn Fn(&IntervalReadings) -> f64| (energy(&day[slot - 1]) + energy(&day[slot])) / 2.0 / 250.0;
        let array = around(&|interval| interval.array.0 as f64);
        // `around` gives kW; the column has the kWh of the complex in an interval.
        let complex = around(&|interval| interval.readings.iter().map(|r| f64::from(r.consumed)).sum()) / 4.0;
        assert!((array - generation).abs() < 0.6, "{hour}: {array} kW, the table says {generation}");
        assert!((complex - consumption).abs() < 0.3, "{hour}: {complex} kWh, the table says {consumption}");
    }
    assert_eq!(day[0].array, Energy(0), "no sun at midnight");
}

#[test]
fn the_seeds_sample_is_near() {
    // In the brief's sample one meter has the whole array, and takes what `per_meter` gives a meter: with `per_zone` it is
    // 4 / 15 of that.
    let mut configuration = quiet();
    configuration.engineering_department.smart_meters.base_scope = BaseScope::PerMeter;
    configuration.engineering_department.smart_meters.apportioning = configuration::Policy::Host;
    let mut simulation = Simulation::new(&configuration, 1, Mode::SeedProfile);
    let sample = simulation.interval(Interval::ending_at(1_730_448_000).unwrap()).readings[0];
    assert!((6_000..8_000).contains(&sample.generated), "the brief's sample has 6.2 kWh: {sample:?}");
    assert!((3_500..4_700).contains(&sample.consumed), "the brief's sample has 4.1 kWh: {sample:?}");
    configuration.engineering_department.smart_meters.base_scope = BaseScope::PerZone;
    let mut of_a_zone = Simulation::new(&configuration, 1, Mode::SeedProfile);
    let smaller = of_a_zone.interval(Interval::ending_at(1_730_448_000).unwrap()).readings[0];
    assert_eq!(f64::from(smaller.consumed), (f64::from(sample.consumed) * 4.0 / 15.0).round());
}

#[test]
fn weekdays_take_more_than_weekends_and_those_more_than_holidays() {
    let mut simulation = Simulation::new(&quiet(), 1, Mode::SeedProfile);
    let mut total = |date| -> u64 {
        let intervals = day(&mut simulation, date);
        intervals.iter().flat_map(|interval| &interval.readings).map(|reading| u64::from(reading.consumed)).sum()
    };
    let [weekday, weekend, holiday] = [date(2025, 12, 4), date(2025, 12, 6), date(2025, 12, 5)].map(&mut total);
    assert!(weekday > weekend && weekend > holiday && holiday > 0, "{weekday} {weekend} {holiday}");
}

/// Invariant 3, through the whole simulation.
#[test]
fn the_meters_generation_is_the_arrays() {
    for policy in ["host", "zone_hosts", "pro_rata"] {
        let with = |text: &str| text.replace("count: 15", &format!("count: 15\n    apportioning: {policy}"));
        let mut simulation = Simulation::new(&configured(with), 3, Mode::SeedProfile);
        for interval in day(&mut simulation, date(2024, 11, 1)) {
            let sum: u64 = interval.readings.iter().map(|reading| u64::from(reading.generated)).sum();
            assert_eq!(Energy(sum), interval.array, "{policy}");
            assert!(sum <= 10_625, "more than 42.5 kW");
        }
    }
}

#[test]
fn any_interval_alone_is_the_same_and_so_is_every_run() {
    let configuration = configured(str::to_string);
    let run = |seed| {
        Simulation::new(&configuration, seed, Mode::SeedProfile).intervals(date(2024, 11, 1), 3).collect::<Vec<_>>()
    };
    let all = run(42);
    assert_eq!(all.len(), 288);
    assert_eq!(all, run(42));
    assert_ne!(all, run(43));
    for at in [200, 5, 287, 100] {
        let mut fresh = Simulation::new(&configuration, 42, Mode::SeedProfile);
        assert_eq!(fresh.interval(all[at].interval), all[at]);
    }
}

#[test]
fn another_meter_changes_nothing_for_the_others() {
    let laboratories = |count: usize| {
        configured(|text| {
            let zones = text.replace("[\"classroom\", \"laboratory\", \"faculty_office\"]", "[laboratory]");
            zones.replace("count: 15", &format!("count: {count}\n    base_scope: per_meter"))
        })
    };
    let interval = Interval::ending_at(1_730_448_000).unwrap();
    let few = Simulation::new(&laboratories(4), 9, Mode::SeedProfile).interval(interval);
    let more = Simulation::new(&laboratories(5), 9, Mode::SeedProfile).interval(interval);
    assert_eq!(few.readings, more.readings[..4]);
}

/// With `per_zone` the meters of a zone share its load: another meter makes theirs smaller, and the zone's stays as it is.
#[test]
fn a_zones_load_does_not_depend_on_its_meters() {
    let total = |count: usize, date| {
        let with = |text: &str| text.replace("count: 15", &format!("count: {count}"));
        let mut configuration = configured(with);
        configuration.engineering_department.noise = NoiseSection { generation: 0.0, consumption: 0.0 };
        let mut simulation = Simulation::new(&configuration, 1, Mode::SeedProfile);
        let intervals = day(&mut simulation, date);
        intervals.iter().flat_map(|interval| &interval.readings).map(|reading| f64::from(reading.consumed)).sum::<f64>()
    };
    for date in [date(2025, 12, 4), date(2025, 12, 6), date(2025, 12, 5)] {
        let brief = total(15, date);
        for count in [3, 40, 120] {
            // Each meter's energy is rounded to the Wh, and without noise all meters of a zone in the same direction.
            let (own, rounding) = (total(count, date), 0.5 * 96.0 * (count as f64 + 15.0));
            assert!((own - brief).abs() <= rounding, "{count} meters on {date}: {own} Wh, 15 take {brief} Wh");
        }
    }
}

/// The limit of plausible consumption follows the load: no simulated reading is refused, and none is far below it.
#[test]
fn the_limit_of_consumption_follows_the_scope() {
    // 4 x 4.2 kWh, the laboratories' base; with `per_zone` times 4 / 3, divided by the laboratories' meters (1, 5, 13 and 40), and the
    // largest burst, 1.2 kWh, of which more than five laboratories have less.
    for (scope, count, limit) in [
        ("per_meter", 15, 16_800),
        ("per_meter", 120, 16_800),
        ("per_zone", 3, 23_600),
        ("per_zone", 15, 5_680),
        ("per_zone", 40, 2_185),
        ("per_zone", 120, 710),
    ] {
        let configuration =
            configured(|text| text.replace("count: 15", &format!("count: {count}\n    base_scope: {scope}")));
        assert_eq!(configuration.consumption_limit(), limit, "{scope}, {count} meters");
        for mode in [Mode::Physical, Mode::SeedProfile] {
            let mut simulation = Simulation::new(&configuration, 42, mode);
            let intervals = simulation.intervals(date(2025, 3, 3), 26);
            let most = intervals.flat_map(|interval| interval.readings).map(|reading| reading.consumed).max().unwrap();
            assert!(most <= limit && most > limit / 5, "{scope}, {count} meters, {mode:?}: {most} of {limit} Wh");
        }
    }
}

#[test]
fn the_seeds_configuration_loads_unchanged() {
    let configuration = configured(str::to_string);
    assert_eq!(configuration.roles().len(), 250);
    assert_eq!(configuration.meters()[14].id.to_string(), "ENG_015");
    assert_eq!(configuration.meters().iter().filter(|meter| meter.zone == Zone::LABORATORY).count(), 5);
    assert_eq!(configuration.operating_hours(DayKind::Holiday), HourRange::CLOSED);
    assert_eq!(configuration.hash(), configured(str::to_string).hash());
}

/// Bad values: one line each, with file, line, key and what is allowed.
#[test]
fn errors_name_the_file_the_line_the_key_and_what_is_allowed() {
    let error = |from: &str, to: &str| {
        assert!(DEFAULT.contains(from), "{from}");
        Configuration::parse("c.yaml", &DEFAULT.replace(from, to)).unwrap_err().to_string()
    };
    let cases = [
        (
            "\"50kW\"",
            "fifty",
            "c.yaml:8:15: engineering_department.solar_installation.capacity: \"fifty\" is no capacity; give kilowatts such as \"50kW\" or 50",
        ),
        (
            "efficiency: 0.85",
            "efficiency: 1.5",
            "c.yaml:10:17: engineering_department.solar_installation.efficiency: 1.5 is out of range; give a share above 0 and at most 1, such as 0.85",
        ),
        (
            "count: 15",
            "count: 0",
            "c.yaml:20:12: engineering_department.smart_meters.count: \"0\" is no number of meters; give 1 to 100000",
        ),
        (
            "count: 15",
            "count: 15\n    colour: red",
            "c.yaml:21:5: engineering_department.smart_meters.colour: unknown field `colour`, expected one of count, prefix, zones, base_scope, apportioning, static_shares, max_reading_age_s",
        ),
        (
            "weekends: \"08:00-18:00\"",
            "weekends: sometimes",
            "c.yaml:26:15: engineering_department.operational_hours.weekends: \"sometimes\" are no hours; give a range within one day such as \"08:00-18:00\", or \"closed\"",
        ),
        (
            "count: 15",
            "count: 15\n    apportioning: static\n    static_shares: {ENG_001: 0.5, ENG_002: 0.4}",
            "c.yaml:22:1: engineering_department.smart_meters.static_shares: the shares add up to 0.9; they must add up to 1",
        ),
        (
            "  smart_meters:",
            "  site: {latitude: 91}\n  smart_meters:",
            "c.yaml:19:20: engineering_department.site.latitude: 91 is out of range; give degrees north, -90 to 90",
        ),
        (
            "  smart_meters:",
            "  site: {timezone: Asia/Atlantis}\n  smart_meters:",
            "c.yaml:19:20: engineering_department.site.timezone: \"Asia/Atlantis\" is no time zone; give an IANA name such as Asia/Bangkok",
        ),
        (
            "  smart_meters:",
            "  weather: {linke_turbidity: [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]}\n  smart_meters:",
            "c.yaml:19:30: engineering_department.weather.linke_turbidity: 11 values; give 12 Linke values of 1 to 12, from January on",
        ),
        (
            "  smart_meters:",
            "  electric_vehicles: {meter: ENG_016}\n  smart_meters:",
            "c.yaml:19:1: engineering_department.electric_vehicles: meter \"ENG_016\" is none of this department",
        ),
        (
            "  smart_meters:",
            "  storage: {minimum_state: 0.9}\n  smart_meters:",
            "c.yaml:19:1: engineering_department.storage: minimum_state 0.9 must be below maximum_state 0.9",
        ),
        (
            "tilt_angle: 30",
            "tilt_angle: 100",
            "c.yaml:12:17: engineering_department.solar_installation.tilt_angle: 100 is out of range; give degrees from the horizontal, 0 to 90",
        ),
        (
            "  smart_meters:",
            "  market: {feed_in_tariff: 6}\n  smart_meters:",
            "c.yaml:19:1: engineering_department.market.feed_in_tariff: the feed-in tariff 6 must be below the retail tariff 5.7982",
        ),
        (
            "  smart_meters:",
            "  market: {retail_tariff: free}\n  smart_meters:",
            "c.yaml:19:27: engineering_department.market.retail_tariff: \"free\" is not allowed; give baht per kWh above 0, at most 1000, with at most 6 decimals",
        ),
        (
            "  smart_meters:",
            "  market: {minimum_lot_wh: 0}\n  smart_meters:",
            "c.yaml:19:28: engineering_department.market.minimum_lot_wh: \"0\" is no minimum lot in Wh; give 1 to 1000000",
        ),
        (
            "  smart_meters:",
            "  market: {fee_basis_points: 1001}\n  smart_meters:",
            "c.yaml:19:30: engineering_department.market.fee_basis_points: \"1001\" is no fee in basis points; give 0 to 1000",
        ),
        (
            "  smart_meters:",
            "  emissions: {factor_kg_per_kwh: 475}\n  smart_meters:",
            "c.yaml:19:34: engineering_department.emissions.factor_kg_per_kwh: \"475\" is not allowed; give kg per kWh above 0, at most 3, with at most 6 decimals",
        ),
        (
            "faculty: 50",
            "faculty: 1366",
            "c.yaml:15:14: engineering_department.participants.faculty: \"1366\" is no number of participants; give 0 to 1365",
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(error(from, to), expected);
    }
    assert!(
        error("faculty: 50", "faculty: -1").starts_with("c.yaml:15:14: engineering_department.participants.faculty: ")
    );
    let missing = Configuration::load(Some(std::path::Path::new("no/such.yaml"))).unwrap_err();
    assert!(matches!(&missing, ConfigurationError::Unreadable(name, _) if name == "no/such.yaml"), "{missing}");
}

#[test]
fn environment_variables_override_and_are_checked() {
    let apply = |name: &'static str, value: &'static str| {
        let get = |key: &str| (key == name).then(|| value.to_string());
        Configuration::parse_with("c.yaml", DEFAULT, get, |_| ())
    };
    assert_eq!(apply("ENGINEERING_METERS", "3").unwrap().meters().len(), 3);
    assert_eq!(apply("ENGINEERING_SOLAR_CAPACITY", "25.0").unwrap().array_limit(), 6_250);
    apply("SIMULATION_INTERVAL", "900").unwrap();
    let error = apply("SIMULATION_INTERVAL", "60").unwrap_err().to_string();
    assert_eq!(error, "environment variable SIMULATION_INTERVAL: \"60\" is not supported; an interval has 900 seconds");
}

/// Static shares in decimals become exact weights.
#[test]
fn static_shares_split_the_array() {
    let shares = "count: 15\n    apportioning: static\n    static_shares: {ENG_001: 0.7, ENG_011: 0.3}";
    let mut simulation = Simulation::new(&configured(|text| text.replace("count: 15", shares)), 1, Mode::SeedProfile);
    let noon = &day(&mut simulation, date(2024, 11, 1))[48];
    let given: Vec<u64> = noon.readings.iter().map(|reading| reading.generated.into()).collect();
    assert_eq!(given.iter().sum::<u64>(), noon.array.0);
    assert!(given[0].abs_diff(noon.array.0 * 7 / 10) <= 1 && given[0] + given[10] == noon.array.0);
}
