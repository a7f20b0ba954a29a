//! The command as a process: pipes that close, signals, full disks, addresses to listen on, options that mean nothing together.

#![cfg(feature = "network")]

mod readme_support;

use {
    readme_support::{Folder, assert_readable},
    std::{
        fs,
        path::Path,
        time::{Duration, Instant},
    },
};

fn folder() -> Folder {
    Folder::new(Path::new(env!("CARGO_BIN_EXE_sim-cli")))
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().to_string()).collect();
    names.sort();
    names
}

/// Waits until a command has begun so many temporary files.
fn begun(directory: &Path, count: usize) {
    let began = Instant::now();
    while names(directory).iter().filter(|name| name.starts_with(".tmp")).count() < count {
        assert!(began.elapsed() < Duration::from_secs(120), "{:?}", names(directory));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_leaves_no_temporary_file_and_the_usual_exit_code() {
    for (line, files) in [("sim-cli run --days 60 --out new", 5), ("sim-cli simulate --days 3660 --out new", 2)] {
        for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
            let folder = folder();
            let running = folder.start(line);
            begun(&folder.path().join("new"), files);
            let done = running.end(signal);
            assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{line}: {done:?}");
            assert_readable(line, &done);
            assert_eq!(names(&folder.path().join("new")), [""; 0], "{line}, SIG{signal}");
        }
    }
}

/// What was there before a run that is interrupted is there after it.
#[test]
fn a_signal_leaves_an_earlier_run_as_it_was() {
    let folder = folder();
    let out = folder.path().join("out");
    assert_eq!(folder.run("sim-cli run --output quiet").code, Some(0));
    let before: Vec<_> = names(&out).iter().map(|name| fs::read(out.join(name)).unwrap()).collect();
    let running = folder.start("sim-cli run --days 60");
    begun(&out, 5);
    assert_eq!(running.end("TERM").code, Some(143));
    let after: Vec<_> = names(&out).iter().map(|name| fs::read(out.join(name)).unwrap()).collect();
    assert!(before == after && !before.is_empty(), "{:?}", names(&out));

    // Of other commands the run is safe too, and of a run in the files of another command.
    let taken = folder.run("sim-cli simulate --out out");
    let says = "error: out has the files of a run (manifest.json); give another directory with --out\n";
    assert_eq!((taken.code, taken.stderr.as_str()), (Some(2), says));
    assert_eq!(folder.run("sim-cli simulate").code, Some(0));
    let files = ["array.csv", "readings.csv", "simulation.json"];
    assert_eq!(names(&folder.path().join("simulation")), files);
    let taken = folder.run("sim-cli run --out simulation");
    let says =
        "error: simulation has the files of `sim-cli simulate` (simulation.json); give another directory with --out";
    assert_eq!((taken.code, taken.stderr.lines().last()), (Some(2), Some(says)));
    // The same days in another format are beside them, other days replace them.
    assert_eq!(folder.run("sim-cli simulate --format ndjson").code, Some(0));
    assert_eq!(names(&folder.path().join("simulation")).len(), 5);
    assert_eq!(folder.run("sim-cli simulate --date 2025-03-21").code, Some(0));
    assert_eq!(names(&folder.path().join("simulation")), files);
    let verified = folder.run("sim-cli verify");
    assert_eq!((verified.code, verified.stdout.contains("FAILED")), (Some(0), false), "{verified:?}");
}

/// A job in the background of a script ignores Ctrl-C, and `nohup` the end of the terminal.
#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let folder = folder();
    let running = folder.start("bash -c 'trap \"\" INT HUP; exec sim-cli simulate --days 3660 --out new'");
    begun(&folder.path().join("new"), 2);
    for signal in ["INT", "HUP"] {
        running.signal(signal);
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(names(&folder.path().join("new")).len(), 2, "it goes on");
    assert_eq!(running.end("TERM").code, Some(143));
    assert_eq!(names(&folder.path().join("new")), [""; 0]);
}

/// Whoever closes the pipe does not want the rest; a command that does something does it to its end.
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let folder = folder();
    for (line, expected) in [
        ("sim-cli sign --date 2025-03-20 --days 3 | head -n 1", 0),
        ("sim-cli sign --meter ENG_001 --timestamp 900 --generated 1 --consumed 1 | true", 0),
        ("sim-cli keys --random --out keys | true", 0),
        ("sim-cli run --output json | head -n 1", 0),
        ("sim-cli run --out other 2>&1 | true", 0),
        ("sim-cli nonsense 2>&1 | true", 2),
        ("sim-cli verify --out nowhere 2>&1 | true", 2),
        ("sim-cli limits 2>&1 | true", 2),
    ] {
        let done = folder.run(&format!("{line}; printf ' %s' \"${{PIPESTATUS[0]}}\""));
        assert!(done.stdout.ends_with(&format!(" {expected}")), "{line}: {done:?}");
        let said =
            done.stderr.lines().filter(|line| !line.starts_with("Embedded ledger: ") && !line.contains("keys written"));
        assert_eq!(said.collect::<Vec<_>>(), [""; 0], "{line}");
    }
    assert_eq!(names(&folder.path().join("keys/meters")).len(), 15);
    assert_eq!(folder.run("sim-cli verify --out other").code, Some(0));
    let full = folder.run("sim-cli keys >/dev/full");
    assert!(full.code == Some(1) && full.stderr.starts_with("error: stdout: No space left"), "{full:?}");
}

#[test]
fn the_gateway_listens_where_people_say() {
    let mut folder = folder();
    folder.set("ENGINEERING_API_KEY", "c2VjcmV0LWtleQ==");
    for (given, host) in [
        ("localhost:0", "127.0.0.1"),
        (":0", "127.0.0.1"),
        ("0", "127.0.0.1"),
        ("[::1]:0", "[::1]"),
        ("0.0.0.0:0", "127.0.0.1"),
    ] {
        if given.starts_with("[::1]") && std::net::TcpListener::bind("[::1]:0").is_err() {
            println!("NOT RUN: --listen [::1]:0, this machine has no IPv6");
            continue;
        }
        let mut running = folder.start(&format!("sim-cli gateway --listen {given}"));
        running.await_text("Listening on http://", Duration::from_secs(60));
        let printed = running.printed();
        let port = printed.trim().strip_prefix(&format!("Listening on http://{host}:")).expect(&printed);
        let url = format!("http://{host}:{port}/api/engineering/meter-summary");
        let answer = folder.run(&format!(
            "curl -gsS -o /dev/null -w '%{{http_code}}' -H 'Authorization: Bearer c2VjcmV0LWtleQ==' {url}"
        ));
        assert_eq!(answer.stdout, "200", "{given}: {answer:?}");
        assert_eq!(running.end("TERM").code, Some(0), "{given}");
    }
}

/// One line each, which names the option and what is allowed, and exit code 2.
#[test]
fn wrong_arguments_are_one_line() {
    let folder = folder();
    for (line, expected) in [
        ("run --auctions 4", "--auctions: it is for a cluster; give --url too, or leave it out"),
        ("run --speed 2", "--speed: it is for --gateway; leave it out"),
        (
            "run --date 20.03.2025",
            "invalid value '20.03.2025' for '--date <YYYY-MM-DD>': give a day as YYYY-MM-DD, for example 2025-03-20",
        ),
        ("run --days 1w", "invalid value '1w' for '--days <DAYS>': give days, a whole number from 1 to 3660"),
        (
            "run --gateway 127.0.0.1:8080",
            "invalid value '127.0.0.1:8080' for '--gateway <URL>': give a URL such as http://127.0.0.1:8080",
        ),
        (
            "gateway --listen localhost",
            "invalid value 'localhost' for '--listen <ADDRESS>': give ADDRESS:PORT such as 127.0.0.1:8080, localhost:8080 or \
             [::1]:8080, or a port of 0 to 65535 alone",
        ),
        (
            "sign --meter ENG_001",
            "the following required arguments were not provided: --timestamp <SECONDS> --generated <KWH> --consumed <KWH>",
        ),
        ("sign", "the following required arguments were not provided: <--meter <ID>|--date <YYYY-MM-DD>>"),
        ("balances --url localhost --out out", "the argument '--url <URL>' cannot be used with '--out <DIR>'"),
        (
            "participant faculty_011 --orders 3 --url localhost",
            "the argument '--orders <COUNT>' cannot be used with '--url <URL>'",
        ),
        (
            "sign --meter ENG_001 --timestamp 900 --generated 1 --consumed 1 --key-epoch +3",
            "invalid value '+3' for '--key-epoch <NUMBER>': give a number, a whole number from 0 to 4294967295",
        ),
        ("run --out", "a value is required for '--out <DIR>' but none was supplied"),
        (
            "limits set --max-age 1h --url localhost",
            "invalid value '1h' for '--max-age <S>': give whole seconds, for example 3600 for one hour",
        ),
        ("runn", "unrecognized subcommand 'runn'; tip: a similar subcommand exists: 'run'"),
        (
            "verify",
            "out/manifest.json: No such file or directory (os error 2); `sim-cli run --out DIR` writes such a directory, and --out DIR \
             names it",
        ),
    ] {
        let done = folder.run(&format!("sim-cli {line}"));
        assert_eq!((done.code, done.stderr), (Some(2), format!("error: {expected}\n")), "{line}");
    }
    assert_eq!(names(&folder.path().join("out")), [""; 0]);
}
