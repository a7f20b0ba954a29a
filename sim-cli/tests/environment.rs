//! The environment overrides the configuration in every command that reads one.

#![cfg(feature = "network")]

use std::process::Command;

#[test]
fn every_command_reads_the_environment() {
    let out = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 10] = [
        &["run"],
        &["simulate"],
        &["forecast"],
        &["init", "--url", "http://127.0.0.1:1"],
        &["keys"],
        &["limits", "show", "--url", "http://127.0.0.1:1"],
        &["gateway", "--listen", "127.0.0.1:0"],
        &["ingest", "readings.csv"],
        &["sign", "--date", "2025-03-20"],
        &["run", "--gateway", "http://127.0.0.1:1"],
    ];
    let expected =
        "error: environment variable ENGINEERING_METERS: \"many\" is no number of meters; give 1 to 100000\n";
    for command in commands {
        let mut process = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        let process = process.args(command).current_dir(out.path());
        let process =
            process.env("ENGINEERING_METERS", "many").env("ENGINEERING_API_KEY", "0123456789abcdef0123456789abcdef");
        // `ingest` opens its file first.
        std::fs::write(out.path().join("readings.csv"), "").unwrap();
        let done = process.output().expect("sim-cli starts");
        let text = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), text.as_str()), (Some(2), expected), "{command:?}");
    }
}
