//! Whole runs of configurations that people in the field have: each once ended without a result.

use std::{
    path::Path,
    process::{Command, Output},
};

const BRIEF: &str = include_str!("../config/engineering-config.yaml");

fn sim_cli(directory: &Path, configuration: &str, arguments: &[&str]) -> Output {
    let file = directory.join("config.yaml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
    command.current_dir(directory).args(arguments).arg("--config").arg(file);
    for variable in ["SIMULATION_INTERVAL", "ENGINEERING_SOLAR_CAPACITY", "ENGINEERING_METERS"] {
        command.env_remove(variable);
    }
    command.output().unwrap()
}

/// Runs a day; its table and its summary.
fn run(name: &str, configuration: &str, more: &[&str]) -> (String, serde_json::Value) {
    let directory = tempfile::tempdir().unwrap();
    let arguments = [&["run", "--signing", "submitter", "--out", "out"], more].concat();
    let output = sim_cli(directory.path(), configuration, &arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{name}: {err}\n{out}");
    assert!(!out.contains("NaN") && !out.contains("inf"), "{name}: {out}");
    let mut table = out.lines().filter(|line| line.starts_with(['│', '┌', '╞', '└']));
    assert!(table.all(|line| line.chars().count() <= 80), "{name}: {out}");
    let summary = std::fs::read(directory.path().join("out/summary.json")).unwrap();
    (out, serde_json::from_slice(&summary).unwrap())
}

/// Without `solar_installation`.
fn without_array() -> String {
    let (begin, end) = (BRIEF.find("  solar_installation:").unwrap(), BRIEF.find("  participants:").unwrap());
    format!("{}{}", &BRIEF[..begin], &BRIEF[end..])
}

#[test]
fn a_campus_without_an_array() {
    let (out, summary) = run("no-array", &without_array(), &[]);
    assert!(
        out.contains("The array made nothing in one day; the building took 612 kWh, all of it from the grid."),
        "{out}"
    );
    assert!(out.lines().any(|line| line.contains("self-consumption") && line.contains(" - ")), "{out}");
    assert_eq!(
        (&summary["energy"]["self_consumption"], &summary["market"]["price_mean"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(summary["total"]["generated_wh"], 0);
}

#[test]
fn an_array_of_one_watt() {
    let (_, summary) = run("tiny", &BRIEF.replace("\"50kW\"", "\"0.001kW\""), &[]);
    assert!(summary["total"]["generated_wh"].as_u64().unwrap() <= 12, "{summary}");
}

#[test]
fn a_grid_that_pays_nothing() {
    let text = BRIEF
        .replace("\"50kW\"", "50 kWp")
        .replace("  smart_meters:", "  market: {feed_in_tariff: 0}\n  smart_meters:");
    let (out, summary) = run("unpaid", &text, &[]);
    assert!(out.contains("sold between neighbours"), "{out}");
    assert!(summary["market"]["traded_wh"].as_u64().unwrap() > 50_000);
}

#[test]
fn a_larger_inverter_under_a_clear_sky_in_la_paz() {
    let text = BRIEF.replace("\"50kW\"", "\"0.05MW\"").replace("tilt_angle: 30", "tilt_angle: 10\n    inverter_dc_kw: 60").replace(
        "  smart_meters:",
        "  site: {timezone: America/La_Paz, latitude: -16.5, longitude: -68.15, altitude_m: 3640}\n  weather: {sky: clear, \
         air_temperature_c: 0}\n  smart_meters:",
    );
    let (_, summary) = run("la-paz", &text, &["--apportioning", "host", "--date", "2025-12-21"]);
    assert!(summary["total"]["generated_wh"].as_u64().unwrap() > 300_000, "{summary}");
}

#[test]
fn base_loads_of_1_2_kwh() {
    let zones = "  zones: {classroom: {base_consumption: \"1.2\"}, laboratory: {base_consumption: \"1.2\"}, faculty_office: \
                 {base_consumption: \"1.2\"}}\n  smart_meters:";
    run("bases", &BRIEF.replace("  smart_meters:", zones), &["--days", "2"]);
}

/// Six zones of its own, one of them used by nobody, and a name of 16 characters.
#[test]
fn a_campus_with_zones_of_its_own() {
    let zones = "  zones:\n    dormitory: {base_consumption: 3, peak_hours: \"18:00-24:00\", used_by: [undergraduate_students]}\n    \
                 canteen: {base_consumption: 2, peak_hours: \"11:00-14:00\", used_by: [faculty, graduate_students]}\n    \
                 pump: {base_consumption: 0.5, peak_hours: closed}\n    \
                 sixteen_letters0: {base_consumption: 1, peak_hours: \"08:00-18:00\", used_by: [faculty], bursts: true}\n    \
                 library: {base_consumption: 1, peak_hours: \"09:00-21:00\", used_by: [graduate_students]}\n  smart_meters:";
    let text = BRIEF
        .replace(
            "[\"classroom\", \"laboratory\", \"faculty_office\"]",
            "[dormitory, canteen, pump, sixteen_letters0, library, laboratory]",
        )
        .replace("  smart_meters:", zones);
    let (out, summary) = run("campus", &text, &[]);
    let names: Vec<_> =
        summary["zones"].as_array().unwrap().iter().map(|zone| zone["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dormitory", "canteen", "pump", "sixteen_letters0", "library", "laboratory"]);
    assert!(summary["market"]["traded_wh"].as_u64().unwrap() > 10_000, "{out}");
}

#[test]
fn days_out_of_range_are_one_line_and_write_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for (command, days, options) in [
        ("run", "1", "--date, --days"),
        ("simulate", "1", "--date, --days"),
        ("sign", "1", "--date, --days"),
        ("forecast", "146", "--date, --training, --days"),
    ] {
        for date in ["1969-12-31", "1970-02-01", "9999-12-31"] {
            let output = sim_cli(directory.path(), BRIEF, &[command, "--date", date]);
            let expected = format!(
                "error: {options}: {days} days from {date} are out of range; days from 1971-01-01 to 2099-12-31 can be simulated\n"
            );
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                (output.status.code(), error.lines().last().unwrap_or_default()),
                (Some(2), expected.trim_end()),
                "{command}"
            );
        }
    }
    assert!(!directory.path().join("out").exists());
}

/// In Tromso's polar night there is nothing to learn a sky from.
#[test]
fn a_forecast_in_the_polar_night() {
    let directory = tempfile::tempdir().unwrap();
    let site = "  site: {timezone: Europe/Oslo, latitude: 69.65, longitude: 18.96, altitude_m: 10}\n  smart_meters:";
    let text = BRIEF.replace("  smart_meters:", site);
    let arguments = ["forecast", "--date", "2024-11-25", "--training", "28", "--days", "14"];
    let table = sim_cli(directory.path(), &text, &arguments);
    let (out, err) = (String::from_utf8(table.stdout).unwrap(), String::from_utf8(table.stderr).unwrap());
    assert!(table.status.success(), "{err}");
    assert!(err.contains("Too little daylight to learn from: "), "{err}");
    assert!(!out.contains("NaN") && !out.contains("inf"), "{out}");
    let generation =
        out.lines().skip_while(|line| !line.contains("generation")).take_while(|line| !line.contains("load"));
    let rows: Vec<&str> = generation.filter(|line| line.starts_with("│ 1") || line.starts_with("│ 6")).collect();
    let is_without_figures = |row: &&str| row.trim_end_matches([' ', '│']).ends_with('-');
    assert!(rows.len() == 12 && rows.iter().all(is_without_figures), "{out}");
    let json = sim_cli(directory.path(), &text, &[&arguments[..], &["--output", "json"]].concat());
    let rows: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    for row in rows.as_array().unwrap() {
        let dark = row["what"] == "generation";
        assert_eq!((row["skill"].is_null(), row["mae_kw"].is_null()), (dark, dark), "{row}");
    }
}
