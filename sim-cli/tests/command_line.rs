//! The command as people run it: its files, its errors, its exit codes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

#[cfg(feature = "parquet")]
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};

fn sim_cli(arguments: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim-cli")).args(arguments).arg("--out").arg(out).output().expect("sim-cli starts")
}

/// The exit code, and what is said.
fn refused(arguments: &[&str], out: &Path) -> (Option<i32>, String) {
    let output = sim_cli(arguments, out);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

const FILES: [&str; 8] = [
    "readings.csv",
    "intervals.csv",
    "market.csv",
    "trades.csv",
    "transactions.ndjson",
    "accounts.ndjson",
    "summary.json",
    "manifest.json",
];

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
    for expected in [
        "ENG_015",
        "laboratory",
        "Most surplus: ",
        "1440 readings of 96 intervals in 288 transactions",
        "self-sufficiency",
        "The array made 204 kWh in one day: ",
        "; the building took 612 kWh, 31 % of it from the array.",
        "0.4750 kg/kWh, TGO, Scope 2, 2026",
        "ok      invariant 1",
    ] {
        assert!(screen.contains(expected), "{expected}\n{screen}");
    }
    let readings = fs::read_to_string(out.path().join("readings.csv")).unwrap();
    let (net, minted) = (column(&readings, "net_wh"), column(&readings, "minted_base_units"));
    assert_eq!(net.len(), 1_440);
    let surplus: i64 = net.iter().map(|net| (*net).max(0)).sum();
    assert_eq!(minted.iter().sum::<i64>(), surplus * 1_000_000);
    let summary = fs::read_to_string(out.path().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["ledger"]["minted_base_units"], surplus * 1_000_000);
    // The brief's zones: `base_scope: per_zone`.
    assert_eq!(
        (&summary["total"]["generated_wh"], &summary["total"]["consumed_wh"]),
        (&204_308.into(), &611_970.into())
    );
    assert_eq!(surplus, 112_874);
    let traded: i64 = column(&fs::read_to_string(out.path().join("market.csv")).unwrap(), "traded_wh").iter().sum();
    assert!(traded > 0 && traded <= surplus);
    assert_eq!(summary["ledger"]["retired_base_units"], traded * 1_000_000, "buyers retire what they buy");
    let trades = fs::read_to_string(out.path().join("trades.csv")).unwrap();
    assert_eq!(column(&trades, "traded_wh").iter().sum::<i64>(), 2 * traded, "each Wh is bought and sold");
    let intervals = fs::read_to_string(out.path().join("intervals.csv")).unwrap();
    let generated: i64 = column(&readings, "generated_wh").iter().sum();
    assert_eq!(column(&intervals, "array_wh").iter().sum::<i64>(), generated);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let directories: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    for (directory, seed) in directories.iter().zip(["7", "7", "8"]) {
        let arguments = ["run", "--seed", seed, "--signing", "submitter", "--output", "quiet"];
        assert!(sim_cli(&arguments, directory.path()).status.success());
    }
    for file in FILES {
        let [first, second, other] = [0, 1, 2].map(|index| fs::read(directories[index].path().join(file)).unwrap());
        assert_eq!(first, second, "{file}");
        assert_ne!(first, other, "{file}");
    }
}

/// What is changed in any file of a run does not agree with the rest.
#[test]
fn verify_finds_every_difference() {
    let out = tempfile::tempdir().unwrap();
    assert!(sim_cli(&["--output", "quiet"], out.path()).status.success());
    let verify = || {
        let done = sim_cli(&["verify"], out.path());
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, screen) = verify();
    assert_eq!(code, Some(0));
    assert!(!screen.contains("FAILED") && screen.contains("State hash: "), "{screen}");

    // One of the transactions in which something was retired is dropped; a balance in an account is raised.
    let without = |text: &str, line: usize| {
        let mut lines: Vec<_> = text.lines().collect();
        lines.remove(line);
        lines.join("\n") + "\n"
    };
    let last = |text: &str| text.lines().count() - 1;
    type Change<'a> = dyn Fn(&str) -> String + 'a;
    let read = |file: &str| fs::read_to_string(out.path().join(file)).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    let (traded, accounts) = (&summary["market"]["traded_wh"], read("accounts.ndjson").lines().count());
    let raised = format!("summary.json: market.traded_wh is 1{traded}, the ledger says {traded}");
    let fewer = format!("summary.json: ledger.accounts is {accounts}, the ledger says {}, and 1 more", accounts - 1);
    let unretired =
        ["tokens, retired: ", "book, next_event: ", "receipts: ", "summary.json: ledger.burned_base_units is 0, "];
    // What each line that tells of a failure begins with, or all of it.
    let changes: [(&str, &[&str], &Change); 8] = [
        ("summary.json", &[&raised], &|text| text.replace("\"traded_wh\": ", "\"traded_wh\": 1")),
        ("trades.csv", &["trades.csv: line 2 is not what"], &|text| text.replacen(",buy,", ",sell,", 1)),
        ("market.csv", &["market.csv: it goes on after the ledger's last line 97"], &|text| format!("{text}more\n")),
        ("intervals.csv", &["intervals.csv: line 97 is not what the ledger says"], &|text| without(text, 96)),
        ("readings.csv", &["readings.csv: line 30 is not what the ledger says"], &|text| without(text, 29)),
        ("transactions.ndjson", &unretired, &|text| without(text, last(text))),
        // The ed25519 instructions of five readings verify four.
        ("transactions.ndjson", &["signatures: transaction "], &|text| {
            text.replace(":[],\"data\":\"BQ", ":[],\"data\":\"BA")
        }),
        ("accounts.ndjson", &[&fewer], &|text| without(text, 5)),
    ];
    for (file, expected, change) in changes {
        let path = out.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(&text)).unwrap();
        let (code, screen) = verify();
        assert_eq!(code, Some(1), "{file}: {screen}");
        let failed: Vec<&str> = screen.lines().filter_map(|line| line.strip_prefix("FAILED  ")).collect();
        assert_eq!(failed.len(), expected.len(), "{file}: {screen}");
        for (failed, expected) in failed.iter().zip(expected) {
            assert!(failed.starts_with(expected), "{file}: {expected}\n{screen}");
        }
        fs::write(&path, text).unwrap();
    }
    fs::write(out.path().join("accounts.ndjson"), "{}\n").unwrap();
    assert_eq!(verify().0, Some(2), "what is no account is no record");
}

#[test]
fn market_balances_and_participants_are_shown_as_tables_and_json() {
    let out = tempfile::tempdir().unwrap();
    assert!(sim_cli(&["--output", "quiet"], out.path()).status.success());
    let shown = |arguments: &[&str]| {
        let done = sim_cli(arguments, out.path());
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&shown(&[arguments, &["--output", "json"]].concat())).unwrap()
    };
    let market = json(&["market", "--all"]);
    assert_eq!((market["seats_claimed"].as_u64(), market["intervals"].as_array().unwrap().len()), (Some(251), 96));
    let balances = json(&["balances"]);
    let balances = balances.as_array().unwrap();
    assert_eq!((balances.len(), &balances[250]["name"]), (251, &"department_001".into()));
    let retired: u64 = balances.iter().map(|balance| balance["retired_wh"].as_u64().unwrap()).sum();
    assert_eq!(Some(retired), market["traded_wh"].as_u64());
    let seller = json(&["participant", "faculty_011"]);
    assert_eq!(seller["meters"][0], "ENG_011");
    assert!(seller["sold_wh"].as_u64() > Some(0));
    assert_eq!(json(&["participant", seller["wallet"].as_str().unwrap()]), seller);
    assert!(shown(&["market"]).contains("reference"));
    assert!(shown(&["balances"]).contains("undergraduate_125"));
    let buyer = shown(&["participant", "undergraduate_080", "--orders", "100"]);
    // On two lines, for 80 columns.
    assert!(buyer.contains("not filled: the limit did ┆") && buyer.contains("not meet the price        ┆"), "{buyer}");
    let expected =
        "error: invalid value '1x' for '--orders <COUNT>': give a number, a whole number from 0 to 4294967295\n";
    let orders = |count: &str| refused(&["participant", "faculty_011", "--orders", count], out.path());
    assert_eq!(orders("1x"), (Some(2), expected.into()));
    assert_eq!(orders("+3"), (Some(2), expected.replace("1x", "+3")));
    let (code, says) = refused(&["participant", "nobody"], out.path());
    assert_eq!(code, Some(2));
    assert!(says.starts_with("error: \"nobody\" is no participant; give a name"), "{says}");
}

#[test]
fn forecasts_are_scored_and_days_simulated_without_a_ledger() {
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_sim-cli")).args(arguments).output().expect("sim-cli starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    };
    let rows: serde_json::Value =
        serde_json::from_slice(&run(&["forecast", "--training", "28", "--days", "14", "--output", "json"])).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 27);
    for row in rows {
        let (model, skill) = (row["model"].as_str().unwrap(), row["skill"].as_f64().unwrap());
        assert!(row["rmse_kw"].as_f64() > Some(0.0) && row["forecasts"].as_u64() > Some(100), "{row}");
        assert!(model != "CLIPER" || skill == 0.0, "{row}");
    }
    let out = tempfile::tempdir().unwrap();
    let directory = out.path().display().to_string();
    run(&["simulate", "--date", "2025-03-20", "--days", "2", "--out", &directory]);
    let array = fs::read_to_string(out.path().join("array.csv")).unwrap();
    let header = "interval_start_utc,interval_end_utc,zenith_deg,azimuth_deg,ghi_w_m2,poa_w_m2,cell_temperature_c,array_kw,array_kwh";
    assert_eq!((array.lines().next(), array.lines().count()), (Some(header), 1 + 192));
    let readings = fs::read_to_string(out.path().join("readings.csv")).unwrap();
    assert_eq!(readings.lines().count(), 1 + 192 * 15);
    let kwh = |line: &str| line.rsplit(',').next().unwrap().parse::<f64>().unwrap();
    let energy: f64 = array.lines().skip(1).map(kwh).sum();
    let generated: i64 = column(&readings, "generated_wh").iter().sum();
    // Each interval is rounded to a Wh.
    assert!((energy * 1_000.0 - generated as f64).abs() < 96.0, "{energy} kWh, {generated} Wh");
}

/// Nothing is created for a format that the build does not write.
#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_how_to_get_it() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let expected = "error: --format: this build writes no Parquet; build it with `cargo build --release --locked -p sim-cli`, or choose csv \
                    or ndjson\n";
    assert_eq!(refused(&["simulate", "--format", "parquet"], &out), (Some(2), expected.into()));
    assert!(!out.exists());
}

/// The same rows in every format; the same bytes whatever the cores.
#[cfg(feature = "parquet")]
#[test]
fn formats_agree_and_cores_do_not_matter() {
    let simulate = |meters: &str, cores: &str, format: &str| {
        let out = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        command.env("ENGINEERING_METERS", meters).env("RAYON_NUM_THREADS", cores);
        let done = command.args(["simulate", "--format", format, "--out"]).arg(out.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        ["array", "readings"].map(|name| fs::read(out.path().join(format!("{name}.{format}"))).unwrap())
    };
    let csv = simulate("300", "1", "csv");
    assert!(csv == simulate("300", "3", "csv"));
    let ndjson = simulate("300", "2", "ndjson");
    let parquet = simulate("300", "2", "parquet");
    for (((csv, ndjson), parquet), rows) in csv.into_iter().zip(ndjson).zip(parquet).zip([96, 96 * 300]) {
        let objects = String::from_utf8(ndjson).unwrap();
        let objects = objects.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let parquet = SerializedFileReader::new(bytes::Bytes::from(parquet)).unwrap();
        let mut count = 0_usize;
        let mut reader = csv::Reader::from_reader(&csv[..]);
        let names: Vec<String> = reader.headers().unwrap().iter().map(String::from).collect();
        for ((csv, object), row) in reader.records().zip(objects).zip(parquet.get_row_iter(None).unwrap()) {
            let (csv, row) = (csv.unwrap(), row.unwrap());
            for ((name, text), (column, field)) in names.iter().zip(&csv).zip(row.get_column_iter()) {
                assert_eq!(name, column);
                let value = &object[name];
                match field {
                    Field::Str(told) => assert!(text == told && value == told),
                    Field::TimestampMicros(told) => {
                        let unix = chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp();
                        assert!(*told == unix * 1_000_000 && value == text);
                    }
                    Field::Long(told) => assert!(text.parse() == Ok(*told) && value.as_i64() == Some(*told)),
                    Field::Double(told) => {
                        let rounded: f64 = text.parse().unwrap();
                        assert!((told - rounded).abs() < 0.000_51 && value.as_f64() == Some(rounded), "{name}");
                    }
                    other => panic!("{name}: {other}"),
                }
            }
            count += 1;
        }
        assert_eq!(count, rows);
        assert_eq!(parquet.metadata().file_metadata().num_rows(), i64::try_from(count).unwrap());
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
    let expected = format!(
        "error: {config}:8:15: engineering_department.solar_installation.capacity: \"fifty\" is no capacity; \
         give kilowatts such as \"50kW\" or 50\n"
    );
    assert_eq!(refused(&["--config", &config], &out), (Some(2), expected));
    assert!(!out.exists());

    let many = directory.path().join("many.yaml");
    fs::write(&many, seed.replace("count: 15", "count: 121")).unwrap();
    let expected =
        "error: 121 meters: a department's lookup table has room for 120; only `simulate` and `forecast` take more\n";
    assert_eq!(refused(&["--config", &many.display().to_string()], &out), (Some(2), expected.into()));

    let expected =
        "error: no/such.yaml: No such file or directory (os error 2); give an existing YAML file with --config\n";
    assert_eq!(refused(&["--config", "no/such.yaml"], &out), (Some(2), expected.into()));
    let (code, says) = refused(&[], Path::new(&config));
    let expected = format!("error: {config}: File exists (os error 17); --out takes a directory that can be written\n");
    assert_eq!((code, says.ends_with(&expected)), (Some(2), true), "{says}");
    for (wrong, expected) in [
        (
            &["--days", "0"][..],
            "error: invalid value '0' for '--days <DAYS>': give days, a whole number from 1 to 3660",
        ),
        (
            &["--response", "0.6"],
            "error: invalid value '0.6' for '--response <SHARE>': give a share of 0 to 0.5 with at most 3 decimals",
        ),
        (
            &["--strategy", "clever"],
            "error: invalid value 'clever' for '--strategy <STRATEGY>' [possible values: zero_intelligence, adaptive, none]",
        ),
        (
            &["--date", "2025-02-30"],
            "error: invalid value '2025-02-30' for '--date <YYYY-MM-DD>': the calendar has no such day; give one as YYYY-MM-DD, for \
             example 2025-03-20",
        ),
        (
            &["--signing", "nobody"],
            "error: invalid value 'nobody' for '--signing <SIGNING>' [possible values: meters, submitter]",
        ),
        (&["--colour"], "error: unexpected argument '--colour' found"),
    ] {
        let (code, says) = refused(wrong, &out);
        assert_eq!((code, says), (Some(2), format!("{expected}\n")));
    }
    assert!(!out.exists());
}
