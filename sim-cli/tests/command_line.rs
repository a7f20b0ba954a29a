//! The command as people run it: its files, its errors, its exit codes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn sim_cli(arguments: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim-cli")).args(arguments).arg("--out").arg(out).output().expect("sim-cli starts")
}

fn column(csv: &str, name: &str) -> Vec<i64> {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|column| column == name).expect(name);
    lines.map(|line| line.split(',').nth(at).unwrap().parse().expect(line)).collect()
}

/// Without a word: a day of 15 meters, and the supply is 10^6 times the surplus of `readings.csv`.
#[test]
fn a_day_is_settled_and_written() {
    let out = tempfile::tempdir().unwrap();
    let done = sim_cli(&[], out.path());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let screen = String::from_utf8(done.stdout).unwrap();
    for expected in ["ENG_015", "laboratory", "Most surplus: ", "1440 readings of 96 intervals in 96 transactions"] {
        assert!(screen.contains(expected), "{expected}\n{screen}");
    }
    let readings = fs::read_to_string(out.path().join("readings.csv")).unwrap();
    let (net, minted) = (column(&readings, "net_wh"), column(&readings, "minted_base_units"));
    assert_eq!(net.len(), 1_440);
    let surplus: i64 = net.iter().map(|net| (*net).max(0)).sum();
    assert_eq!(minted.iter().sum::<i64>(), surplus * 1_000_000);
    let summary = fs::read_to_string(out.path().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["settlement"]["supply_base_units"], surplus * 1_000_000);
    let intervals = fs::read_to_string(out.path().join("intervals.csv")).unwrap();
    let generated: i64 = column(&readings, "generated_wh").iter().sum();
    assert_eq!(column(&intervals, "array_wh").iter().sum::<i64>(), generated);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let directories: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    for (directory, seed) in directories.iter().zip(["7", "7", "8"]) {
        let arguments = ["run", "--seed", seed, "--signing", "meters", "--apportioning", "zone_hosts"];
        assert!(sim_cli(&arguments, directory.path()).status.success());
    }
    for file in ["readings.csv", "intervals.csv", "summary.json", "manifest.json"] {
        let [first, second, other] = [0, 1, 2].map(|index| fs::read(directories[index].path().join(file)).unwrap());
        assert_eq!(first, second, "{file}");
        assert_ne!(first, other, "{file}");
    }
}

/// One clear line, exit code 2, and nothing written.
#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("bad.yaml");
    let seed = include_str!("../config/engineering-config.yaml");
    fs::write(&config, seed.replace("capacity: \"50kW\"", "capacity: fifty")).unwrap();
    let config = config.display().to_string();
    let out = directory.path().join("out");
    let refused = sim_cli(&["--config", &config], &out);
    let expected = format!(
        "error: {config}:8:15: engineering_department.solar_installation.capacity: \"fifty\" is no capacity; \
         give kilowatts such as \"50kW\" or 50\n"
    );
    assert_eq!((refused.status.code(), String::from_utf8(refused.stderr).unwrap()), (Some(2), expected));
    assert!(!out.exists());

    let missing = sim_cli(&["--config", "no/such.yaml"], &out);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8(missing.stderr).unwrap().starts_with("error: no/such.yaml: "));
    let in_the_way = sim_cli(&[], Path::new(&config));
    assert_eq!(in_the_way.status.code(), Some(2));
    assert!(String::from_utf8(in_the_way.stderr).unwrap().contains("--out takes a directory that can be written"));
    for wrong in [&["--days", "0"][..], &["--date", "2025-02-30"], &["--signing", "nobody"], &["--colour"]] {
        assert_eq!(sim_cli(wrong, &out).status.code(), Some(2), "{wrong:?}");
    }
    assert!(!out.exists());
}
