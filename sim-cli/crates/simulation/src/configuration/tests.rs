//! What belongs together is given together; what is doubtful is said; overrides are checked again.

use super::*;

fn parse(text: &str) -> Result<Configuration, String> {
    Configuration::parse("c.yaml", text).map_err(|error| error.to_string())
}

/// The brief's configuration with more keys, which stand on line 19.
fn with(keys: &str) -> Result<Configuration, String> {
    parse(&DEFAULT.replace("  smart_meters:", &format!("  {keys}\n  smart_meters:")))
}

fn warnings(configuration: &Configuration) -> Vec<String> {
    configuration.warnings().iter().map(|warning| warning.key.clone()).collect()
}

#[test]
fn a_site_is_given_whole() {
    for (site, missing) in [
        ("timezone: Europe/Berlin", "latitude, longitude are"),
        ("latitude: 52.5, longitude: 13.4", "timezone is"),
        ("timezone: Europe/Berlin, longitude: 13.4", "latitude is"),
        ("altitude_m: 34", "timezone, latitude, longitude are"),
    ] {
        let error = with(&format!("site: {{{site}}}")).unwrap_err();
        let expected = format!(
            "engineering_department.site: {missing} missing; give a site whole, with timezone, latitude and longitude, or leave it out \
             for Bangkok"
        );
        assert!(error.starts_with("c.yaml:19:") && error.ends_with(&expected), "{error}");
    }
    let berlin = with("site: {timezone: Europe/Berlin, latitude: 52.5, longitude: 13.4, altitude_m: 34}").unwrap();
    assert_eq!(berlin.engineering_department.site.site().altitude, 34.0);
}

#[test]
fn a_calendar_is_a_name_or_a_list() {
    let calendar = |text: &str| with(&format!("calendar: {text}")).map(|own| own.holiday_calendar().clone());
    assert_eq!(calendar("thai"), Ok(HolidaySection::Thai));
    assert_eq!(calendar("\"none\""), Ok(HolidaySection::None));
    let days =
        vec![HolidayDate::Once("2025-12-25".parse().unwrap()), HolidayDate::Yearly(1, 1), HolidayDate::Yearly(2, 29)];
    assert_eq!(calendar("[2025-12-25, 01-01, \"02-29\"]"), Ok(HolidaySection::Days(days)));
    assert_eq!(calendar("[]"), Ok(HolidaySection::Days(Vec::new())));
    for (text, reason) in [
        ("german", "\"german\" is no calendar; give thai, none, or a list of dates such as [2025-12-25, 01-01]"),
        ("[25.12.2025]", "\"25.12.2025\" is no day; give YYYY-MM-DD, or MM-DD for every year"),
        ("[02-30]", "\"02-30\" is no day; give YYYY-MM-DD, or MM-DD for every year"),
    ] {
        let error = calendar(text).unwrap_err();
        assert!(error.starts_with("c.yaml:19:") && error.ends_with(reason), "{error}");
    }
    // Without the key, it is the site's.
    let berlin = with("site: {timezone: Europe/Berlin, latitude: 52.5, longitude: 13.4}").unwrap();
    assert_eq!(*berlin.holiday_calendar(), HolidaySection::None);
    assert_eq!(*parse(DEFAULT).unwrap().holiday_calendar(), HolidaySection::Thai);
}

#[test]
fn what_is_doubtful_is_named() {
    assert_eq!(warnings(&parse(DEFAULT).unwrap()), Vec::<String>::new());
    let deployed = include_str!("../../../../../deploy/engineering-config.yaml");
    assert_eq!(warnings(&parse(deployed).unwrap()), Vec::<String>::new());
    let berlin = "site: {timezone: Europe/Berlin, latitude: 52.5, longitude: 13.4, altitude_m: 34}";
    let climate = ["weather.linke_turbidity", "weather.monthly_temperatures_c", "weather.sky_shares"];
    let expected = |more: &[&str]| [&climate[..], more].concat().into_iter().map(String::from).collect::<Vec<_>>();
    assert_eq!(warnings(&with(berlin).unwrap()), expected(&["calendar", "semester_breaks"]));
    let thai = with(&format!("{berlin}\n  calendar: thai\n  semester_breaks: []")).unwrap();
    assert_eq!(warnings(&thai), expected(&["calendar"]));
    assert_eq!(
        thai.warnings()[3].to_string(),
        "engineering_department.calendar: Thai public holidays in Europe/Berlin; give none, or the site's own days"
    );
    let whole = format!(
        "{berlin}\n  calendar: none\n  semester_breaks: []\n  weather: {{monthly_temperatures_c: [1, 2, 5, 10, 14, 17, 19, 19, 15, 10, 5, 2], \
         sky_shares: [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}], \
         linke_turbidity: [2.3, 2.6, 3.0, 3.2, 3.3, 3.4, 3.5, 3.4, 3.1, 2.8, 2.4, 2.2]}}",
        "[0.2, 0.4, 0.4]"
    );
    assert_eq!(warnings(&with(&whole).unwrap()), Vec::<String>::new());
    // A clock of another place, no altitude.
    let clock = with("site: {timezone: Asia/Bangkok, latitude: 52.5, longitude: 13.4}").unwrap();
    assert_eq!(warnings(&clock)[..2], ["site.timezone", "site.altitude_m"]);
}

#[test]
fn an_array_that_looks_away_from_the_sun_is_named() {
    let facing = |orientation: &str, site: &str| {
        let text = DEFAULT.replace("orientation: \"south_facing\"", orientation);
        warnings(&parse(&text.replace("  smart_meters:", &format!("  {site}\n  smart_meters:"))).unwrap())
    };
    let melbourne = "calendar: none\n  semester_breaks: []\n  weather: {sky: clear, air_temperature_c: 18, linke_turbidity: [3, 3, 3, 3, 3, 3, 3, \
                     3, 3, 3, 3, 3]}\n  site: {timezone: Australia/Melbourne, latitude: -37.8, longitude: 145, altitude_m: 31}";
    let orientation = ["solar_installation.orientation"];
    assert_eq!(facing("orientation: north_facing", "holidays: []"), orientation);
    assert_eq!(facing("orientation: south_facing", melbourne), orientation);
    assert_eq!(facing("azimuth_deg: 10", "holidays: []"), ["solar_installation.azimuth_deg"]);
    for orientation in ["south_facing", "east_facing", "west_facing", "south_east_facing"] {
        assert_eq!(
            facing(&format!("orientation: {orientation}"), "holidays: []"),
            Vec::<String>::new(),
            "{orientation}"
        );
    }
    assert_eq!(facing("orientation: north_facing", melbourne), Vec::<String>::new());
    assert_eq!(facing("inverter_dc_kw: 500kW", "holidays: []"), ["solar_installation.inverter_dc_kw"]);
}

#[test]
fn overrides_are_checked_again() {
    let over = |text: &str, variable: &'static str, value: &'static str| {
        let get = |name: &str| (name == variable).then(|| value.to_string());
        Configuration::parse_with("c.yaml", text, get, |_| ()).map(drop).map_err(|error| error.to_string())
    };
    let shares = DEFAULT
        .replace("count: 15", "count: 15\n    apportioning: static\n    static_shares: {ENG_001: 0.5, ENG_015: 0.5}");
    assert_eq!(
        over(&shares, "ENGINEERING_METERS", "10").unwrap_err(),
        "environment variable ENGINEERING_METERS: \"10\" does not fit engineering_department.smart_meters.static_shares: \"ENG_015\" is \
         no meter of this department"
    );
    let storage = DEFAULT.replace("  smart_meters:", "  storage: {meter: ENG_012}\n  smart_meters:");
    assert_eq!(
        over(&storage, "ENGINEERING_METERS", "10").unwrap_err(),
        "environment variable ENGINEERING_METERS: \"10\" does not fit engineering_department.storage: meter \"ENG_012\" is none of this \
         department"
    );
    let limits = DEFAULT.replace("  smart_meters:", "  limits: {array_generation_kwh: 12.5}\n  smart_meters:");
    let error = over(&limits, "ENGINEERING_SOLAR_CAPACITY", "80 kWp").unwrap_err();
    let expected = "environment variable ENGINEERING_SOLAR_CAPACITY: \"80 kWp\" does not fit \
                    engineering_department.limits.array_generation_kwh: 12.5 is below the 19.2 kWh";
    assert!(error.starts_with(expected), "{error}");
    assert_eq!(over(&limits, "ENGINEERING_SOLAR_CAPACITY", "0"), Ok(()));
    assert_eq!(over(&shares, "ENGINEERING_METERS", "15"), Ok(()));
    // What an override mends is no error; what it does not touch is the file's.
    let few = shares.replace("count: 15", "count: 10");
    let of_file = "c.yaml:22:1: engineering_department.smart_meters.static_shares: \"ENG_015\" is no meter of this department";
    assert_eq!(over(&few, "ENGINEERING_METERS", "15"), Ok(()));
    assert_eq!(over(&few, "ENGINEERING_SOLAR_CAPACITY", "40").unwrap_err(), of_file);
    assert_eq!(parse(&few).unwrap_err(), of_file);
    let hosts = |configuration: &mut Configuration| {
        let meters = &mut configuration.engineering_department.smart_meters;
        meters.apportioning = Policy::Host;
        meters.static_shares.clear();
    };
    Configuration::parse_with("c.yaml", &few, |_| None, hosts).unwrap();
    // Both variables are set before the check, and both are named.
    let both = |meters: &'static str, capacity: &'static str| {
        let get = |name: &str| match name {
            "ENGINEERING_METERS" => Some(meters.to_string()),
            "ENGINEERING_SOLAR_CAPACITY" => Some(capacity.to_string()),
            _ => None,
        };
        Configuration::parse_with("c.yaml", &shares, get, |_| ()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(both("15", "80"), Ok(()));
    assert_eq!(
        both("10", "80").unwrap_err(),
        "environment variables ENGINEERING_SOLAR_CAPACITY, ENGINEERING_METERS: \"80\", \"10\" do not fit \
         engineering_department.smart_meters.static_shares: \"ENG_015\" is no meter of this department"
    );
}

#[test]
fn the_meters_of_a_zone_are_counted() {
    for (zones, count) in [("[a, b, c]", 15), ("[a, b, c, d]", 10), ("[a, b, c, d, e, f, g]", 3), ("[a]", 7)] {
        let mut configuration = parse(DEFAULT).unwrap();
        let meters = &mut configuration.engineering_department.smart_meters;
        let names = zones.trim_matches(['[', ']']).split(", ").map(|name| name.parse::<Zone>().unwrap());
        (meters.count, meters.zones) = (count, names.collect());
        let profiles = configuration.meters();
        for zone in &configuration.engineering_department.smart_meters.zones {
            let counted = profiles.iter().filter(|meter| meter.zone == *zone).count();
            assert_eq!(configuration.meters_of(*zone), counted, "{zone} of {zones}, {count}");
        }
        assert_eq!(configuration.meters_of("z".parse().unwrap()), 0);
    }
}

/// Another group in one of the brief's zones brings its own presence; the brief's group changes nothing.
#[test]
fn users_bring_their_presence() {
    let loads = |keys: &str| with(&format!("zones: {{{keys}}}")).unwrap().zone_loads();
    let brief = parse(DEFAULT).unwrap().zone_loads();
    assert_eq!(loads("classroom: {used_by: [undergraduate_students]}"), brief);
    let presence = |load: &super::super::load::ZoneLoad| (load.people, load.presence_share, load.present_in_breaks);
    assert_eq!(presence(&loads("classroom: {used_by: [faculty]}")[0]), (50, 0.6, 0.85));
    assert_eq!(presence(&loads("classroom: {used_by: []}")[0]), (0, 0.0, 1.0));
    let error = with("zones: {classroom: {used_by: [faculty, graduate_students, faculty]}}").unwrap_err();
    assert!(error.ends_with("engineering_department.zones.classroom.used_by: give faculty once"), "{error}");
    let nobody = parse(&DEFAULT.replace("faculty: 50", "faculty: 0")).unwrap();
    assert_eq!(
        nobody.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["engineering_department.zones.faculty_office.used_by: participants has 0 faculty, so nobody buys for it and the grid alone \
          supplies it; give other groups"]
    );
}

#[test]
fn every_meter_has_an_id() {
    let text = |count: usize| {
        DEFAULT.replace("count: 15", &format!("count: {count}")).replace("\"ENG_\"", "\"FACULTYBUILD_\"")
    };
    assert_eq!(parse(&text(999)).unwrap().meters().len(), 999);
    let error = parse(&text(1_500)).unwrap_err();
    assert_eq!(
        error,
        "c.yaml:20:1: engineering_department.smart_meters.count: 1500 meters: behind the prefix \"FACULTYBUILD_\" an id of 16 characters \
         has room for the numbers 1 to 999; give fewer meters or a shorter prefix"
    );
    assert_eq!(parse(&DEFAULT.replace("count: 15", "count: 100000")).unwrap().meters().len(), 100_000);
}

#[test]
fn there_need_be_no_array_and_no_export_pay() {
    let begin = DEFAULT.find("  solar_installation:").unwrap();
    let end = DEFAULT.find("  participants:").unwrap();
    let without = parse(&format!("{}{}", &DEFAULT[..begin], &DEFAULT[end..])).unwrap();
    let nothing = parse(&DEFAULT.replace("\"50kW\"", "0")).unwrap();
    for configuration in [without, nothing] {
        let solar = &configuration.engineering_department.solar_installation;
        assert_eq!((solar.exists(), configuration.array_limit(), configuration.warnings()), (false, 0, Vec::new()));
    }
    let unpaid = with("market: {feed_in_tariff: 0}").unwrap();
    let tariffs = unpaid.engineering_department.market.tariffs();
    assert_eq!((tariffs.feed_in.0, tariffs.retail.0), (1, 5_798_200));
    let error = with("market: {feed_in_tariff: -1}").unwrap_err();
    assert!(error.ends_with("\"-1\" is not allowed; give baht per kWh, 0 to 1000, with at most 6 decimals"), "{error}");
    let error = parse(&DEFAULT.replace("tilt_angle: 30", "tilt_angle: 30\n    inverter_dc_kw: 0")).unwrap_err();
    assert!(error.contains("inverter_dc_kw: 0 is out of range; give kilowatts above 0"), "{error}");
}

/// The brief's configuration with other zones.
fn campus(zones: &str, sections: &str) -> Result<Configuration, String> {
    let text = DEFAULT.replace("[\"classroom\", \"laboratory\", \"faculty_office\"]", zones);
    parse(&text.replace("  smart_meters:", &format!("  zones: {sections}\n  smart_meters:")))
}

#[test]
fn zones_are_what_the_configuration_names() {
    let dormitory = "dormitory: {base_consumption: 3, peak_hours: \"18:00-24:00\", used_by: [undergraduate_students, graduate_students]}";
    let library = "library_2: {base_consumption: 1.5, peak_hours: \"10:00-20:00\", used_by: []}";
    let own = campus("[dormitory, laboratory, library_2]", &format!("{{{dormitory}, {library}}}")).unwrap();
    assert_eq!(warnings(&own), ["zones.library_2.used_by"]);
    let zones: Vec<String> = own.meters().iter().step_by(5).map(|meter| meter.zone.to_string()).collect();
    assert_eq!(zones, ["dormitory", "laboratory", "library_2"]);
    let users = |name: &str| own.users_of(name.parse().unwrap());
    assert_eq!(users("dormitory"), [UserGroup::UndergraduateStudents, UserGroup::GraduateStudents]);
    assert_eq!((users("laboratory"), users("library_2")), (vec![UserGroup::GraduateStudents], Vec::new()));
    let loads = own.zone_loads();
    let load = |name: &str| *loads.iter().find(|load| load.zone.name() == name).unwrap();
    assert_eq!((load("dormitory").base, load("dormitory").people, load("library_2").people), (3.0, 200, 0));
    assert!(load("laboratory").has_bursts && !load("dormitory").has_bursts);

    let missing = campus("[dormitory]", "{dormitory: {base_consumption: 3}}").unwrap_err();
    assert_eq!(
        missing,
        "c.yaml:19:1: engineering_department.zones.dormitory: dormitory is none of the brief's zones and needs peak_hours; used_by says \
         who uses it"
    );
    let missing = campus("[dormitory]", "{}").unwrap_err();
    assert!(missing.contains("needs base_consumption and peak_hours"), "{missing}");
    for (zones, sections, reason) in [
        ("[Dormitory]", "{}", "\"Dormitory\" is no zone: its name has 1 to 16 characters a-z, 0-9 and '_'"),
        ("[all]", "{}", "\"all\" is no zone: in summaries it is the total of all meters; give another name"),
        ("[classroom]", "{all: {}}", "\"all\" is no zone"),
        ("[a, a]", "{}", "give at least one zone such as classroom, and each once"),
        ("[classroom]", "{seventeen_letters: {}}", "\"seventeen_letters\" is no zone"),
        ("[classroom]", "{classroom: {used_by: [students]}}", "unknown variant `students`"),
        ("[classroom]", "{classroom: {colour: red}}", "unknown field `colour`"),
    ] {
        let error = campus(zones, sections).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
    let many = campus("[a, b, c, d]", "{a: {base_consumption: 1, peak_hours: \"08:00-09:00\", used_by: [faculty]}, laboratory: {}}");
    assert!(many.unwrap_err().contains("zones.b: b is none"));
}

#[test]
fn zones_without_meters_and_sections_without_zones_are_named() {
    let zone = "{base_consumption: 1, peak_hours: \"08:00-09:00\", used_by: [faculty]}";
    let text = DEFAULT
        .replace("[\"classroom\", \"laboratory\", \"faculty_office\"]", "[a, b, c]")
        .replace("count: 15", "count: 2")
        .replace("  smart_meters:", &format!("  zones: {{a: {zone}, b: {zone}, c: {zone}, d: {zone}}}\n  smart_meters:"));
    assert_eq!(warnings(&parse(&text).unwrap()), ["smart_meters.zones", "zones.d"]);
}

/// A zone with a name of its own takes its base in its peak hours, half of it outside, and changes no other zone.
#[test]
fn a_zone_takes_its_base_in_its_peak_hours() {
    let own = campus(
        "[dormitory, laboratory, faculty_office]",
        "{dormitory: {base_consumption: 3, peak_hours: \"18:00-23:00\", used_by: [undergraduate_students]}}",
    );
    let quiet = |mut configuration: Configuration| {
        configuration.engineering_department.noise = NoiseSection { generation: 0.0, consumption: 0.0 };
        let mut simulation = crate::Simulation::new(&configuration, 1, crate::Mode::SeedProfile);
        simulation.intervals("2025-03-20".parse().unwrap(), 1).collect::<Vec<_>>()
    };
    let (day, brief) = (quiet(own.unwrap()), quiet(parse(DEFAULT).unwrap()));
    let of = |slot: usize, meters: std::ops::Range<usize>| -> u32 {
        day[slot].readings[meters].iter().map(|reading| reading.consumed).sum()
    };
    assert_eq!((of(80, 0..5), of(40, 0..5)), (3_000, 1_500));
    for (own, brief) in day.iter().zip(&brief) {
        assert_eq!(
            own.readings[5..].iter().map(|reading| reading.consumed).collect::<Vec<_>>(),
            brief.readings[5..].iter().map(|reading| reading.consumed).collect::<Vec<_>>()
        );
    }
}
