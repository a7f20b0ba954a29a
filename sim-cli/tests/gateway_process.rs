//! The gateway as people run it: a process, with a disk that can be full, a service manager that stops it, and clients.

#![cfg(feature = "network")]

mod gateway_support;

use {
    gateway_support::process::{self, KEY, Process, command, through},
    serde_json::Value,
    std::{
        fs,
        io::{Read, Write},
        net::TcpStream,
        path::Path,
        process::{Command, Output, Stdio},
        time::{Duration, Instant},
    },
};

const READING: &str = "/api/engineering/meter-reading";
/// 2025-03-20 00:15 in Bangkok.
const FIRST: i64 = 1_742_403_600 + 900;

fn sim_cli(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim-cli"))
        .args(arguments)
        .env("ENGINEERING_API_KEY", KEY)
        .output()
        .expect("sim-cli runs")
}

fn text(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn signed(meter: &str, number: i64) -> String {
    let timestamp = (FIRST + 900 * number).to_string();
    let generated = if meter == "ENG_001" { "1.2" } else { "0" };
    let output =
        sim_cli(&["sign", "--meter", meter, "--timestamp", &timestamp, "--generated", generated, "--consumed", "0.4"]);
    assert!(output.status.success(), "{output:?}");
    text(&output).1
}

/// A reading that was acknowledged has been synced: at least one sync lies between its post and its answer.
#[test]
fn each_acknowledgement_follows_a_sync() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        assert!(std::env::var("CAMPUS_ENERGY_TOOLS").as_deref() != Ok("required"), "strace is not installed");
        println!("NOT RUN: strace is not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let mut strace = Command::new("strace");
    // -D: the gateway is the test's own child, and strace ends with it.
    strace.args(["-D", "-f", "-e", "trace=fsync,fdatasync", "-o"]).arg(&trace).arg(env!("CARGO_BIN_EXE_sim-cli"));
    let gateway = Process::start(through(strace, directory.path())).expect("it starts");
    // A call of another thread between a call's begin and end splits its line in two.
    let syncs = || fs::read_to_string(&trace).unwrap().lines().filter(|line| line.contains("sync(")).count();
    let before = syncs();
    let mut last = before;
    for number in 0..20 {
        let (status, answer) = gateway.request("POST", READING, &signed("ENG_001", number)).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        let now = syncs();
        assert!(now > last, "reading {number} was acknowledged without a sync");
        last = now;
    }
    println!("20 readings, {} syncs", last - before);
    gateway.kill();
}

/// A full disk: nothing is acknowledged that is not stored, the gateway says so, and goes on when there is room again.
#[test]
fn a_full_disk_is_survived() {
    let directory = tempfile::tempdir().unwrap();
    // No file can become longer than so many blocks of 1,024 bytes; a write beyond fails as on a full disk.
    let mut shell = Command::new("bash");
    let script = "trap '' XFSZ; ulimit -S -f 1400; exec \"$0\" \"$@\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_sim-cli")]);
    let gateway = Process::start(through(shell, directory.path())).expect("it starts");
    let mut taken = Vec::new();
    let mut refused = None;
    // A checkpoint of the journal may make a little room again after a refusal: that is used up, too.
    for number in 0..400 {
        let (status, answer) = gateway.request("POST", READING, &signed("ENG_001", number)).expect("an answer");
        if status == 200 {
            taken.push(number);
            continue;
        }
        assert!(status == 503 && !taken.is_empty(), "{status} {answer}");
        let (status, answer) = gateway.request("GET", "/readyz", "").expect("an answer");
        if status == 503 {
            assert!(answer.contains("not_ready"), "{answer}");
            refused = Some(number);
            break;
        }
    }
    let number = refused.expect("the limit is reached, and said");
    let (status, _) = gateway.request("GET", &format!("{READING}/ENG_001/{FIRST}"), "").expect("an answer");
    assert_eq!(status, 200, "what is stored is still read");
    // Room again, without a restart.
    let limit = ["--fsize=unlimited".to_string(), format!("--pid={}", gateway.child.id())];
    assert!(Command::new("prlimit").args(limit).status().expect("prlimit").success());
    let ready = Instant::now();
    while gateway.request("GET", "/readyz", "").is_none_or(|(status, _)| status != 200) {
        assert!(ready.elapsed() < Duration::from_secs(20), "it never is ready again");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (status, answer) = gateway.request("POST", READING, &signed("ENG_001", number)).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    taken.push(number);
    let confirmed = |gateway: &Process| {
        let (_, summary) = gateway.request("GET", "/api/engineering/meter-summary", "").expect("an answer");
        let summary: Value = serde_json::from_str(&summary).expect("JSON");
        (summary["totals"]["readings"].as_u64(), summary["readings"]["confirmed"].as_u64())
    };
    let count = Some(taken.len() as u64);
    assert_eq!(confirmed(&gateway), (count, count));
    gateway.kill();
    let again = Process::start(command(directory.path())).expect("it starts");
    assert_eq!(confirmed(&again), (count, count));
    again.kill();
    println!("{} readings before the disk was full", taken.len() - 1);
}

/// SIGTERM ends it in order, though somebody listens to events and somebody sends a head that never ends. Who says nothing is hung up.
#[test]
fn it_stops_when_told() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Process::start(command(directory.path())).expect("it starts");
    let mut listener = TcpStream::connect(&gateway.address).unwrap();
    write!(listener, "GET /events HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\n\r\n").unwrap();
    let mut head = [0; 12];
    listener.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let mut silent = TcpStream::connect(&gateway.address).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(silent.read(&mut [0]).expect("hung up"), 0);
    let mut slow = TcpStream::connect(&gateway.address).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").unwrap();
    // Too many headers, and a head that is too long.
    for header in ["x: y\r\n".repeat(100), format!("x: {}\r\n", "y".repeat(200_000))] {
        let mut stream = TcpStream::connect(&gateway.address).unwrap();
        // It may hang up before all is sent; what is over the limit by less than one read's length may pass.
        let _ = write!(stream, "GET /healthz HTTP/1.1\r\nhost: gateway\r\n{header}\r\n");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let (status, _) = gateway.request("POST", READING, &signed("ENG_003", 0)).expect("an answer");
    assert_eq!(status, 200);
    let (mut events, mut part) = (String::new(), [0; 1_024]);
    while !events.contains("event: reading") {
        let count = listener.read(&mut part).unwrap();
        assert!(count > 0, "{events}");
        events.push_str(&String::from_utf8_lossy(&part[..count]));
    }
    assert_eq!(gateway.terminate(), Some(0));
    listener.read_to_string(&mut events).unwrap();
    // Not cut: the stream's last chunk is the empty one.
    assert!(events.ends_with("\r\n0\r\n\r\n"), "{events}");
    let log = rusqlite::Connection::open(directory.path().join("journal.sqlite")).unwrap();
    let confirmed: i64 =
        log.query_row("SELECT count(*) FROM reading WHERE state = 'confirmed'", [], |row| row.get(0)).unwrap();
    assert_eq!(confirmed, 1);
}

/// An engine that fails takes the process with it: whoever runs it starts it again, and what was stored is settled.
#[test]
fn it_ends_when_its_engine_fails() {
    let directory = tempfile::tempdir().unwrap();
    let mut failing = command(directory.path());
    failing.env("CAMPUS_ENERGY_CRASH_AT", "panic:after_accept").stderr(Stdio::piped());
    let mut gateway = Process::start(failing).expect("it starts");
    let (status, answer) = gateway.request("POST", READING, &signed("ENG_001", 0)).unwrap_or((503, "stopped".into()));
    assert!(status == 503 && answer.contains("stopped"), "{status} {answer}");
    assert_eq!(gateway.child.wait().unwrap().code(), Some(1));
    let mut log = String::new();
    gateway.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("the engine failed; stopping") && log.contains("crash.rs"), "{log}");
    let gateway = Process::start(command(directory.path())).expect("it starts");
    let (_, state) = gateway.request("GET", &format!("{READING}/ENG_001/{FIRST}"), "").expect("an answer");
    assert!(state.contains("\"confirmed\""), "{state}");
    gateway.kill();
}

/// Connections over the limit are closed; when others have ended, new ones are served.
#[test]
fn there_are_so_many_connections_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Process::start(command(directory.path())).expect("it starts");
    let healthy = || gateway.request("GET", "/healthz", "").is_some_and(|(status, _)| status == 200);
    // A stream of events each: they do not end by themselves.
    let mut open = Vec::new();
    for _ in 0..campus_energy_gateway::front::http::server::CONNECTIONS {
        let mut stream = TcpStream::connect(&gateway.address).unwrap();
        write!(stream, "GET /events HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\n\r\n").unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        open.push(stream);
    }
    assert!(!healthy(), "one too many");
    drop(open);
    let waiting = Instant::now();
    while !healthy() {
        assert!(waiting.elapsed() < Duration::from_secs(60), "it never is served again");
        std::thread::sleep(Duration::from_millis(50));
    }
    gateway.kill();
}

/// A day through the gateway: its meters begin before it answers, it is killed in between, and they get rid of all their readings.
#[test]
fn a_simulated_day_arrives_though_the_gateway_comes_late_and_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    // A port that is free now: the gateway will have it.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let url = format!("http://{address}");
    let run = std::thread::spawn(move || {
        sim_cli(&["run", "--gateway", &url, "--date", "2025-03-20", "--speed", "0", "--output", "json"])
    });
    std::thread::sleep(Duration::from_millis(400));
    let start = || {
        let mut gateway = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        gateway.args(["gateway", "--listen", &address, "--clock", "readings", "--data"]).arg(directory.path());
        gateway.env("ENGINEERING_API_KEY", KEY).stdout(Stdio::piped()).stderr(Stdio::null());
        Process::start(gateway).expect("it starts")
    };
    let gateway = start();
    let confirmed = |gateway: &Process| {
        let (_, summary) = gateway.request("GET", "/api/engineering/meter-summary", "").unwrap();
        serde_json::from_str::<Value>(&summary).unwrap()["readings"]["confirmed"].as_u64()
    };
    while confirmed(&gateway) < Some(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(confirmed(&gateway) < Some(1_400), "the day is over before the gateway is killed");
    gateway.kill();
    let gateway = start();
    let (code, totals, error) = text(&run.join().unwrap());
    assert_eq!(code, 0, "{totals} {error}");
    let totals: Value = serde_json::from_str(&totals).unwrap();
    assert_eq!((totals["confirmed"].as_u64(), totals["refused"].as_u64()), (Some(1_440), Some(0)), "{totals}");
    assert!(totals["retries"].as_u64() > Some(0), "{totals}");
    let (_, summary) = gateway.request("GET", "/api/engineering/meter-summary", "").unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["energy_token_supply"], totals["energy_tokens_minted"]);
    // A wrong key is refused at once, with the reason.
    let output = Command::new(env!("CARGO_BIN_EXE_sim-cli"))
        .args(["run", "--gateway", &format!("http://{address}"), "--date", "2025-03-21", "--speed", "0"])
        .env("ENGINEERING_API_KEY", "another-key")
        .output()
        .unwrap();
    let (code, _, error) = text(&output);
    assert!(code == 1 && error.contains("unauthorized: send Authorization"), "{code} {error}");
    gateway.kill();
}

/// A CSV file of signed readings: taken once however often it is given; what is wrong is named by its line.
#[test]
fn a_file_of_readings_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (code, day, _) = text(&sim_cli(&["sign", "--date", "2025-03-20"]));
    assert_eq!((code, day.lines().count()), (0, 1 + 1_440));
    let file = directory.path().join("day.csv");
    let ingest = |lines: &str| {
        fs::write(&file, lines).unwrap();
        let data = directory.path().join("data");
        let arguments = ["ingest", path(&file), "--clock", "readings", "--data", path(&data)];
        text(&sim_cli(&arguments))
    };
    for _ in 0..2 {
        let (code, out, error) = ingest(&day);
        assert_eq!((code, out.trim()), (0, "1440 rows, 1440 confirmed, 0 refused"), "{error}");
    }
    // The header, and the day's last interval of the last four meters.
    let mut lines: Vec<String> = day.lines().take(1).chain(day.lines().skip(1_437)).map(String::from).collect();
    lines[2] = lines[2].replacen("ENG_013", "ENG_014", 1);
    lines[3] = "# a comment\n\nENG_014,soon".into();
    let mut fields: Vec<String> = lines[4].split(',').map(String::from).collect();
    fields[3] = "0.31205".into();
    lines[4] = fields.join(",");
    let (code, out, error) = ingest(&(lines.join("\n") + "\n"));
    assert_eq!((code, out.trim()), (3, "4 rows, 1 confirmed, 3 refused"), "{error}");
    let end = FIRST + 95 * 900;
    assert!(error.contains(&format!("line 3: ENG_014 {end}: wrong_signature: ")), "{error}");
    assert!(error.contains("line 6: invalid_row: the row has 2 columns, the header 10"), "{error}");
    let expected = format!("line 7: ENG_015 {end}: invalid_energy: 0.31205 kWh is between 0.312 and 0.313: ");
    assert!(error.contains(&expected), "{error}");
    let (code, out, error) = ingest(&day.replace(',', ";"));
    let separated = "line 1: the columns are separated by ';'; separate them by commas";
    assert!(code == 2 && out.is_empty() && error.contains(separated) && error.lines().count() == 1, "{code} {error}");
    let gateway = Process::start(command(&directory.path().join("data"))).expect("it starts");
    assert!(process::request(&gateway.address, "GET", "/readyz", "").is_some_and(|(status, _)| status == 200));
    gateway.kill();
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a name")
}
