//! `run --inject`: a day on which eleven meters are tampered with in all nine ways, on the real programs.

use {
    serde_json::{Value, json},
    std::{
        fs,
        path::Path,
        process::{Command, Output},
    },
};

fn sim_cli(arguments: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim-cli")).args(arguments).arg("--out").arg(out).output().expect("sim-cli starts")
}

/// A holiday, on which the array gives more than the building takes, and every meter has a share.
const DAY: [&str; 5] = ["run", "--date", "2025-04-14", "--apportioning", "pro_rata"];
const INJECTIONS: &str = "bias:ENG_001:200,scaling:ENG_006:4,drift:ENG_002:40,late:ENG_003:2,duplicate:ENG_004,reordered:ENG_005,\
                          clock-skewed:ENG_007:30,clock-skewed:ENG_008:900,silent:ENG_009:0.25,double-signed:ENG_010:500,scaling:ENG_011:1.005";
const FILES: [&str; 10] = [
    "readings.csv",
    "intervals.csv",
    "market.csv",
    "trades.csv",
    "transactions.ndjson",
    "accounts.ndjson",
    "summary.json",
    "manifest.json",
    "truth.csv",
    "refusals.csv",
];

fn ran(out: &Path, more: &[&str]) -> String {
    let done = sim_cli(&[&DAY[..], more].concat(), out);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn read(out: &Path, name: &str) -> String {
    fs::read_to_string(out.join(name)).unwrap()
}

fn json_of(out: &Path, name: &str) -> Value {
    serde_json::from_str(&read(out, name)).unwrap()
}

/// The named columns of a table.
fn columns(csv: &str, names: &[&str]) -> Vec<Vec<String>> {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let places: Vec<_> = names.iter().map(|name| header.iter().position(|own| own == name).expect(name)).collect();
    lines.map(|line| places.iter().map(|place| line[*place].to_string()).collect()).collect()
}

#[test]
fn a_day_of_all_kinds_is_scored() {
    let [plain, first, second] = [0; 3].map(|_| tempfile::tempdir().unwrap());
    ran(plain.path(), &["--output", "quiet"]);
    let screen = ran(first.path(), &["--inject", INJECTIONS]);
    let printed = ran(second.path(), &["--inject", INJECTIONS, "--output", "json"]);
    let [plain, first, second] = [&plain, &first, &second].map(tempfile::TempDir::path);

    // Without injections no file says anything of them.
    for name in ["truth.csv", "refusals.csv"] {
        assert!(!plain.join(name).exists(), "{name}");
    }
    for name in ["summary.json", "manifest.json"] {
        assert_eq!(json_of(plain, name).get("tampering"), None, "{name}");
    }
    assert!(!read(plain, "report.html").contains("Tampering"));

    // The same again is the same; what was printed is what was written.
    for name in FILES {
        assert_eq!(fs::read(first.join(name)).unwrap(), fs::read(second.join(name)).unwrap(), "{name}");
    }
    let summary = json_of(first, "summary.json");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), summary);

    // The truth is what the ledger has where nobody is tampered with, and what the others have anyway.
    let values = ["meter_id", "interval_start_utc", "interval_end_utc", "generated_wh", "consumed_wh"];
    let honest = columns(&read(plain, "readings.csv"), &values);
    assert_eq!(columns(&read(first, "truth.csv"), &values), honest);
    let of_others =
        |rows: Vec<Vec<String>>| rows.into_iter().filter(|row| row[0].as_str() >= "ENG_012").collect::<Vec<_>>();
    let all = [&values[..], &["net_wh", "import_wh", "export_wh", "minted_base_units"]].concat();
    let [untouched, expected] = [first, plain].map(|out| of_others(columns(&read(out, "readings.csv"), &all)));
    assert_eq!(untouched.len(), 4 * 96);
    assert_eq!(untouched, expected);
    let array = ["interval_end_utc", "array_wh"];
    assert_eq!(columns(&read(first, "intervals.csv"), &array), columns(&read(plain, "intervals.csv"), &array));

    assert_eq!(
        json_of(first, "manifest.json")["tampering"],
        json!({ "injections": INJECTIONS.split(',').collect::<Vec<_>>(), "weights": [] })
    );
    scores(&summary["tampering"]);
    for expected in
        ["clock-skewed:ENG_008:900", "96: FutureReading", "The other 4 meters: 0 readings refused, 0 flagged"]
    {
        assert!(screen.contains(expected), "{expected}\n{screen}");
        assert!(read(first, "report.html").contains(expected), "{expected}");
    }
    assert!(
        screen.contains("ok      truth.csv: 384 of 384 readings of 4 meters that nobody tampered with"),
        "{screen}"
    );
    assert_eq!(documented(), printed_rows(&screen), "docs/simulation.md has the table as it is printed");
    changes_are_found(first);
}

/// The rows of a table that begin with one of the injections, cell by cell.
fn rows(text: &str, separators: [char; 2]) -> Vec<Vec<String>> {
    let cells = |line: &str| line.split(separators).map(|cell| cell.trim().trim_matches('`').to_string()).collect();
    let rows = text.lines().map(|line| cells(line.trim().trim_matches(separators)));
    rows.filter(|cells: &Vec<String>| INJECTIONS.split(',').any(|injection| cells[0] == injection)).collect()
}

fn printed_rows(screen: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('│').split('┆').map(|cell| cell.trim().to_string()).collect::<Vec<_>>();
    let mut lines = screen.lines().skip_while(|line| !line.contains("injection")).skip(2);
    let mut rows = Vec::new();
    // Below each injection stand its nine figures.
    while let Some(injection) = lines.next().filter(|line| line.starts_with('│')) {
        let figures = lines.by_ref().take(9).map(|line| cells(line).pop().unwrap());
        rows.push([cells(injection).swap_remove(0)].into_iter().chain(figures).collect::<Vec<_>>());
    }
    assert_eq!(rows.len(), INJECTIONS.split(',').count(), "{screen}");
    rows
}

fn documented() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/simulation.md");
    rows(&fs::read_to_string(path).unwrap(), ['|', '|'])
}

/// What became of each: tampered, withheld, accepted, minted, flagged, missed; caught, by which error; flagged, by which check.
fn scores(tampering: &Value) {
    for (injection, counts, caught, flagged) in [
        ("bias:ENG_001:200", [96, 0, 96, 96, 96, 0], json!({}), json!({ "share": 96 })),
        // At noon it is more than the meter's limit.
        (
            "scaling:ENG_006:4",
            [48, 0, 40, 36, 48, 0],
            json!({ "ImplausibleGeneration": 8 }),
            json!({ "limit": 8, "missing": 8, "share": 40 }),
        ),
        ("drift:ENG_002:40", [47, 0, 47, 37, 47, 0], json!({}), json!({ "share": 47 })),
        // The run ends before the last two are delivered.
        ("late:ENG_003:2", [96, 2, 94, 37, 96, 0], json!({}), json!({ "late": 94, "missing": 2 })),
        ("duplicate:ENG_004", [96, 0, 0, 0, 96, 0], json!({ "AlreadyAccepted": 96 }), json!({ "repeated": 96 })),
        ("reordered:ENG_005", [48, 0, 48, 18, 48, 0], json!({}), json!({ "late": 48, "order": 48 })),
        (
            "clock-skewed:ENG_007:30",
            [96, 0, 0, 0, 96, 0],
            json!({ "MisalignedTimestamp": 96 }),
            json!({ "missing": 96, "timestamp": 96 }),
        ),
        (
            "clock-skewed:ENG_008:900",
            [96, 0, 0, 0, 96, 0],
            json!({ "FutureReading": 96 }),
            json!({ "missing": 96, "timestamp": 96 }),
        ),
        ("silent:ENG_009:0.25", [30, 30, 0, 0, 30, 0], json!({}), json!({ "missing": 30 })),
        // Of two values the first one counts, whichever it is.
        (
            "double-signed:ENG_010:500",
            [96, 0, 47, 47, 96, 0],
            json!({ "AlreadyAccepted": 49 }),
            json!({ "contradiction": 96, "share": 47 }),
        ),
        // Half a percent is within a meter's accuracy: nobody notices.
        ("scaling:ENG_011:1.005", [35, 0, 35, 35, 0, 35], json!({}), json!({})),
    ] {
        let score = of(tampering, injection);
        let names = ["tampered", "withheld", "accepted", "minted", "flagged", "missed"];
        assert_eq!(names.map(|name| score[name].clone()), counts.map(Value::from), "{injection}");
        assert_eq!((&score["caught"], &score["flagged_by"]), (&caught, &flagged), "{injection}");
    }
    // Wh too much in the ledger's readings, tokens too much for them; Wh without a reading, tokens not minted for them.
    for (injection, [excess, minted, lost, unminted]) in [
        ("bias:ENG_001:200", [200 * 96, 14_384, 0, 0]),
        ("scaling:ENG_006:4", [51_180, 50_355, 6_958, 5_401]),
        ("drift:ENG_002:40", [2_190, 2_115, 0, 0]),
        ("late:ENG_003:2", [0; 4]),
        ("duplicate:ENG_004", [0; 4]),
        ("reordered:ENG_005", [0; 4]),
        ("clock-skewed:ENG_007:30", [0, 0, 24_597, 16_369]),
        ("silent:ENG_009:0.25", [0, 0, 6_805, 4_279]),
        ("double-signed:ENG_010:500", [500 * 47, 18_107, 0, 0]),
        ("scaling:ENG_011:1.005", [45, 45, 0, 0]),
    ] {
        let score = of(tampering, injection);
        let names = ["excess_wh", "excess_base_units", "lost_wh", "lost_base_units"];
        let expected = [excess, minted * 1_000_000_i64, lost, unminted * 1_000_000];
        assert_eq!(names.map(|name| score[name].clone()), expected.map(Value::from), "{injection}");
    }
    let doubled = of(tampering, "double-signed:ENG_010:500");
    assert_eq!(doubled["honest_refused"], json!({ "AlreadyAccepted": 47 }), "the honest ones came second");
    assert_eq!(tampering["injections"].as_array().map(Vec::len), Some(11));
    assert_eq!(tampering["other_meters"], json!({ "meters": 4, "refused": {}, "flagged_by": {} }));
}

fn of<'a>(tampering: &'a Value, injection: &str) -> &'a Value {
    tampering["injections"].as_array().unwrap().iter().find(|own| own["injection"] == injection).expect(injection)
}

/// What is changed in a file is not what the rest says.
fn changes_are_found(out: &Path) {
    let verify = || {
        let done = sim_cli(&["verify"], out);
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, screen) = verify();
    assert_eq!(code, Some(0), "{screen}");
    type Change = fn(&str) -> String;
    let changes: [(&str, &str, Change); 5] = [
        // The array gave more than the meters measured.
        ("intervals.csv", "intervals.csv: line 50 ", |text| {
            let mut lines: Vec<_> = text.lines().map(String::from).collect();
            let cells: Vec<_> = lines[49].split(',').map(String::from).collect();
            lines[49] = lines[49].replacen(&format!(",{},", cells[2]), &format!(",{}1,", cells[2]), 1);
            lines.join("\n") + "\n"
        }),
        // A meter that nobody tampered with has measured something else.
        ("truth.csv", "truth.csv: ENG_015, the interval until ", |text| {
            let at = text.find("ENG_015").unwrap();
            let end = at + text[at..].find('\n').unwrap();
            format!("{}9{}", &text[..end], &text[end..])
        }),
        ("truth.csv", "summary.json: tampering.injections[", |text| {
            let at = text.rfind("ENG_009").unwrap();
            let end = at + text[at..].find('\n').unwrap();
            format!("{}9{}", &text[..end], &text[end..])
        }),
        ("refusals.csv", "summary.json: tampering.injections[", |text| text.replacen("AlreadyAccepted", "Paused", 1)),
        ("summary.json", "summary.json: tampering.injections[0].missed", |text| {
            text.replacen("\"missed\": 0", "\"missed\": 1", 1)
        }),
    ];
    for (file, expected, change) in changes {
        let path = out.join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(&text)).unwrap();
        let (code, screen) = verify();
        assert_eq!(code, Some(1), "{file}: {screen}");
        assert!(screen.contains(&format!("FAILED  {expected}")), "{file}: {screen}");
        fs::write(&path, text).unwrap();
    }
    fs::remove_file(out.join("truth.csv")).unwrap();
    assert_eq!(verify().0, Some(2), "the manifest says that there is a truth");
}

#[test]
fn what_is_wrong_is_told_in_a_line() {
    let out = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (
            &["--inject", "bais:ENG_001"][..],
            "error: invalid value 'bais:ENG_001' for '--inject <KIND:METER[:AMOUNT]>': \"bais\" is no kind of tampering; give one of \
             bias, scaling, drift, late, duplicate, reordered, clock-skewed, silent, double-signed",
        ),
        (
            &["--inject", "bias:ENG_001,late:ENG_002:0"],
            "error: invalid value 'late:ENG_002:0' for '--inject <KIND:METER[:AMOUNT]>': \"0\" is no amount of late; give whole intervals \
             of 1 to 96, such as 2",
        ),
        (
            &["--inject", "bias:ENG_016"],
            "error: --inject bias:ENG_016:200: there is no meter ENG_016; give one of ENG_001 to ENG_015",
        ),
        (
            &["--inject", "bias:ENG_001", "--inject", "late:ENG_001"],
            "error: --inject late:ENG_001:2: ENG_001 has bias:ENG_001:200 already; give one injection for each meter",
        ),
        #[cfg(feature = "network")]
        (
            &["--inject", "bias:ENG_001", "--gateway", "http://127.0.0.1:1"],
            "error: --inject: meters are tampered with on the embedded ledger only; leave --gateway and --url out",
        ),
    ] {
        let done = sim_cli(arguments, out.path());
        let text = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{text}");
        assert!(text.lines().any(|line| line == expected), "{text}");
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "nothing was written");
}
