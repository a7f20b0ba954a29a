//! A simulated day never exceeds the limits that follow from its configuration, whatever the configuration is.

use {
    campus_energy_simulation::{
        Configuration, IntervalReadings, Mode, PriceResponse, Simulation,
        configuration::{DEFAULT, Policy},
    },
    chrono::NaiveDate,
    proptest::prelude::*,
};

/// Keys and values of a configuration.
#[derive(Clone, Debug)]
struct Given {
    text: String,
    seed: u64,
    date: NaiveDate,
    mode: Mode,
    response: u32,
}

/// A place, a clock, and metres above the sea: Bangkok, La Paz, Tromso, Melbourne, the pole.
const SITES: [&str; 5] = [
    "timezone: Asia/Bangkok, latitude: 13.7563, longitude: 100.5018, altitude_m: 2",
    "timezone: America/La_Paz, latitude: -16.5, longitude: -68.15, altitude_m: 3640",
    "timezone: Europe/Oslo, latitude: 69.65, longitude: 18.96, altitude_m: 10",
    "timezone: Australia/Melbourne, latitude: -37.814, longitude: 144.963, altitude_m: 31",
    "timezone: UTC, latitude: 90, longitude: 0, altitude_m: 0",
];

prop_compose! {
    fn solar()(
        capacity in prop_oneof![Just("0".to_string()), Just("0.001kW".into()), Just("0.05MW".into()), (1_u32..500).prop_map(|kw| format!("{kw} kWp"))],
        inverter in prop::option::of(1_u32..500),
        tilt in 0_u32..=90,
        azimuth in 0_u32..=360,
        losses in prop_oneof![Just(0.0), Just(0.14)],
        coefficient in prop_oneof![Just(-0.02), Just(-0.0035), Just(0.0)],
        nominal in prop_oneof![Just(0.96), Just(1.0), Just(0.5)],
    ) -> String {
        let inverter = inverter.map_or(String::new(), |kw| format!(", inverter_dc_kw: {kw}"));
        format!(
            "{{capacity: \"{capacity}\", tilt_angle: {tilt}, azimuth_deg: {azimuth}, losses: {losses}, temperature_coefficient: \
             {coefficient}, inverter_efficiency: {nominal}{inverter}}}"
        )
    }
}

prop_compose! {
    fn zones()(
        bases in [1_u32..20_000, 1_u32..20_000, 1_u32..20_000],
        level in prop_oneof![Just(1.0), Just(0.0), Just(3.5)],
    ) -> String {
        let [classroom, laboratory, office] = bases.map(|wh| f64::from(wh) / 1_000.0);
        format!(
            "  zones: {{classroom: {{base_consumption: {classroom}}}, laboratory: {{base_consumption: {laboratory}}}, \
             faculty_office: {{base_consumption: {office}, peak_hours: \"18:00-24:00\"}}}}\n  load: {{level: {level}}}\n"
        )
    }
}

prop_compose! {
    fn given()(
        solar in solar(),
        zones in zones(),
        site in 0..SITES.len(),
        count in prop_oneof![Just(1_usize), Just(3), Just(15), Just(40)],
        policy in prop_oneof![Just("host"), Just("zone_hosts"), Just("pro_rata"), Just("static")],
        scope in prop_oneof![Just("per_zone"), Just("per_meter")],
        storage in prop::option::of(1_u32..200),
        vehicles in prop::option::of(0_u32..50),
        weather in prop_oneof![Just("{}"), Just("{sky: clear}"), Just("{air_temperature_c: -40}"), Just("{air_temperature_c: 55}")],
        noise in prop_oneof![Just(0.03), Just(0.5), Just(0.0)],
        seed: u64,
        day in 0_u64..3_650,
        physical: bool,
        response in prop_oneof![Just(0_u32), Just(500)],
    ) -> Given {
        let begin = DEFAULT.find("  solar_installation:").unwrap();
        let end = DEFAULT.find("  participants:").unwrap();
        let shares = if policy == "static" { "\n    static_shares: {ENG_001: 1}" } else { "" };
        let meters = format!("count: {count}\n    base_scope: {scope}\n    apportioning: {policy}{shares}");
        let storage = storage.map_or(String::new(), |kw| format!("  storage: {{power_kw: {kw}, capacity_kwh: {kw}}}\n"));
        let vehicles = vehicles.map_or(String::new(), |count| format!("  electric_vehicles: {{count: {count}}}\n"));
        let text = format!(
            "{}  site: {{{}}}\n  solar_installation: {solar}\n  weather: {weather}\n  noise: {{generation: {noise}, consumption: {noise}}}\n\
             {zones}{storage}{vehicles}{}",
            &DEFAULT[..begin],
            SITES[site],
            DEFAULT[end..].replace("count: 15", &meters)
        );
        let date = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(day);
        let mode = if physical { Mode::Physical } else { Mode::SeedProfile };
        Given { text, seed, date, mode, response }
    }
}

/// A day with price response and battery, as a run has it.
fn day(configuration: &Configuration, given: &Given) -> Vec<IntervalReadings> {
    let mut simulation = Simulation::new(configuration, given.seed, given.mode);
    let meters = simulation.meters().to_vec();
    let mut day: Vec<_> = simulation.intervals(given.date, 1).collect();
    let tariffs = configuration.engineering_department.market.tariffs();
    PriceResponse { per_mille: given.response, tariffs, most: configuration.load_limit() }.apply(&meters, &mut day);
    if let Some(mut battery) = configuration.battery() {
        day.iter_mut().for_each(|interval| battery.pass(&mut interval.readings));
    }
    day
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_simulated_day_exceeds_its_limits(given in given()) {
        let configuration = Configuration::parse("random.yaml", &given.text);
        let configuration = configuration.map_err(|error| TestCaseError::fail(format!("{error}\n{}", given.text)))?;
        let meters = configuration.meters();
        let (array, consumption) = (configuration.array_limit(), configuration.consumption_limit());
        let limits = configuration.generation_limits(&meters);
        let (mut surplus, mut consumed) = (0_u64, 0_u64);
        for interval in day(&configuration, &given) {
            prop_assert!(interval.array.0 <= array.into(), "{} of {array} Wh", interval.array.0);
            for (reading, limit) in interval.readings.iter().zip(&limits) {
                prop_assert!(reading.generated <= *limit, "{} of {limit} Wh generated", reading.generated);
                prop_assert!(reading.consumed <= consumption, "{} of {consumption} Wh consumed", reading.consumed);
                surplus += u64::from(reading.generated.saturating_sub(reading.consumed));
                consumed += u64::from(reading.consumed);
            }
        }
        prop_assert!(surplus <= configuration.daily_surplus_limit(), "{surplus} Wh of surplus");
        // The limits are not merely out of reach: a meter's day takes part of what they allow.
        let level = configuration.engineering_department.load.level;
        prop_assert!(level == 0.0 || consumed > 0);
    }
}

fn with(change: impl Fn(&str) -> String) -> Result<Configuration, String> {
    Configuration::parse("c.yaml", &change(DEFAULT)).map_err(|error| error.to_string())
}

fn with_limits(limits: &str) -> Result<Configuration, String> {
    with(|text| text.replace("  smart_meters:", &format!("  limits: {limits}\n  smart_meters:")))
}

/// The configurations of the field reports: each failed a run.
#[test]
fn the_limits_of_the_field_reports() {
    let bases = "  zones: {classroom: {base_consumption: \"1.2\"}, laboratory: {base_consumption: \"1.2\"}, \
                 faculty_office: {base_consumption: \"1.2\"}}\n  smart_meters:";
    let small = with(|text| text.replace("  smart_meters:", bases)).unwrap();
    let mut simulation = Simulation::new(&small, 42, Mode::Physical);
    let all = simulation.intervals("2025-03-03".parse().unwrap(), 26).flat_map(|interval| interval.readings);
    let most = all.map(|reading| reading.consumed).max().unwrap();
    assert!(most <= small.consumption_limit(), "{most} of {}", small.consumption_limit());

    // 60 kW of inverter for 50 kW of modules: 60 x 0.96 / 4.
    let la_paz = with(|text| text.replace("tilt_angle: 30", "tilt_angle: 30\n    inverter_dc_kw: 60")).unwrap();
    assert_eq!(la_paz.array_limit(), 14_400);
    let tiny = with(|text| text.replace("\"50kW\"", "\"0.001kW\"")).unwrap();
    assert_eq!((tiny.array_limit(), tiny.generation_limits(&tiny.meters())[0]), (1, 1));
    let none = with(|text| text.replace("\"50kW\"", "0")).unwrap();
    assert_eq!((none.array_limit(), none.daily_surplus_limit()), (0, 0));
    assert!(none.generation_limits(&none.meters()).iter().all(|limit| *limit == 0));
}

#[test]
fn limits_can_be_given_and_must_leave_room_for_the_simulation() {
    let given = with_limits(
        "{array_generation_kwh: 20, meter_generation_kwh: {ENG_001: 9.5, ENG_002: 1}, meter_consumption_kwh: 8, daily_surplus_kwh: 700}",
    )
    .unwrap();
    let limits = given.generation_limits(&given.meters());
    assert_eq!((given.array_limit(), &limits[..3]), (20_000, &[9_500, 1_000, 0][..]));
    assert_eq!((given.consumption_limit(), given.daily_surplus_limit()), (8_000, 700_000));
    // Readings stay as they are: the limits are the ledger's.
    assert_eq!(
        Simulation::new(&given, 42, Mode::Physical).intervals("2025-03-20".parse().unwrap(), 1).collect::<Vec<_>>(),
        Simulation::new(&with(str::to_string).unwrap(), 42, Mode::Physical)
            .intervals("2025-03-20".parse().unwrap(), 1)
            .collect::<Vec<_>>()
    );
    for (limits, key, reason) in [
        (
            "{array_generation_kwh: 11.9}",
            "array_generation_kwh",
            "11.9 is below the 12 kWh that the array gives at most in an interval; give at least that",
        ),
        (
            "{meter_generation_kwh: {ENG_001: 3.999}}",
            "meter_generation_kwh.ENG_001",
            "3.999 is below the 4 kWh that the meter's part of the array gives at most in an interval; give at least that",
        ),
        ("{meter_generation_kwh: {ENG_016: 4}}", "meter_generation_kwh", "\"ENG_016\" is no meter of this department"),
    ] {
        let expected = format!("c.yaml:19:1: engineering_department.limits.{key}: {reason}");
        assert_eq!(with_limits(limits).unwrap_err(), expected);
    }
    let low = with_limits("{meter_consumption_kwh: 2}").unwrap_err();
    assert!(
        low.starts_with("c.yaml:19:1: engineering_department.limits.meter_consumption_kwh: 2 is below the 5."),
        "{low}"
    );
    let day = with_limits("{daily_surplus_kwh: 100}").unwrap_err();
    assert!(
        day.starts_with("c.yaml:19:1: engineering_department.limits.daily_surplus_kwh: 100 is below the "),
        "{day}"
    );
    let huge = with(|text| {
        text.replace(
            "  smart_meters:",
            "  load: {level: 1000}\n  zones: {laboratory: {base_consumption: 1000}}\n  smart_meters:",
        )
    });
    assert!(huge.unwrap_err().contains("engineering_department.zones: the meters' loads can add up to "));
}

/// A base load is kWh: twice as much gives twice the zone's energy, and nothing changes for the others.
#[test]
fn base_consumption_is_absolute() {
    let energy = |classroom: &str, level: f64| {
        let zones = format!(
            "  zones: {{classroom: {{base_consumption: {classroom}}}}}\n  load: {{level: {level}}}\n  noise: {{generation: 0, consumption: 0}}\n  weather: {{sky: clear}}\n  smart_meters:"
        );
        let configuration = with(|text| text.replace("  smart_meters:", &zones)).unwrap();
        let mut simulation = Simulation::new(&configuration, 1, Mode::Physical);
        let day: Vec<_> = simulation.intervals("2025-03-20".parse().unwrap(), 1).collect();
        [0..5, 5..10, 10..15].map(|zone| {
            let of_zone = |interval: &IntervalReadings| {
                interval.readings[zone.clone()].iter().map(|r| f64::from(r.consumed)).sum::<f64>()
            };
            (day.iter().map(of_zone).sum::<f64>(), of_zone(&day[36]) / 1_000.0)
        })
    };
    let (brief, forty) = (energy("2.5", 1.0), energy("100", 1.0));
    assert!((forty[0].0 / brief[0].0 - 40.0).abs() < 0.05, "{brief:?} {forty:?}");
    assert_eq!(forty[1..], brief[1..]);
    // At 09:00 the level is that of the bases: 2.5 kWh x the shape of the hour, 1.22.
    assert!((brief[0].1 - 2.5 * 1.22).abs() < 0.15, "{brief:?}");
    let half = energy("2.5", 0.5);
    for (half, brief) in half.iter().zip(&brief) {
        assert!((half.0 / brief.0 - 0.5).abs() < 0.01, "{half:?} {brief:?}");
    }
}

/// Static shares override nothing else, and policies all have a limit for every meter.
#[test]
fn every_policy_has_limits_for_all_meters() {
    for policy in [Policy::Host, Policy::ZoneHosts, Policy::ProRata] {
        let mut configuration = with(str::to_string).unwrap();
        configuration.engineering_department.smart_meters.apportioning = policy;
        assert_eq!(configuration.check(), Ok(()));
        assert_eq!(configuration.generation_limits(&configuration.meters()).len(), 15, "{policy:?}");
    }
}
