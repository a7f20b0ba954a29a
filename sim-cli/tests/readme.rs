//! Every command of the README, in its order and from its own text, in one fresh folder, as a reader runs them. Those of its block on a
//! validator run in tests/tests/validator_readme.rs. With SIM_CLI another binary is run than that of the tests, for example a release build.

#![cfg(feature = "network")]

mod readme_support;

use {
    clap::CommandFactory,
    readme_support::{Done, Folder, assert_readable, commands, root, short},
    std::{
        collections::BTreeSet,
        fs,
        net::TcpListener,
        path::PathBuf,
        time::{Duration, Instant},
    },
};

/// How a command of the README is run that does not simply run to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Not at all, for a reason.
    Not(&'static str),
    /// In tests/tests/validator_readme.rs.
    OnAValidator,
    /// It stays while the next ones run, and is ended by SIGTERM at the end.
    Stays,
    /// It would take until midnight: it is interrupted (Ctrl-C) once the gateway has readings of it.
    Interrupted,
    /// It sets a variable for the next ones.
    Exports,
}

/// By what a command begins with. Each one has to be used.
const OTHERS: [(&str, How); 10] = [
    ("cargo test --workspace --locked", How::Not("it runs this test")),
    ("export ENGINEERING_API_KEY=", How::Exports),
    ("sim-cli gateway", How::Stays),
    ("sim-cli run --gateway", How::Interrupted),
    ("scripts/install-validator.sh", How::Not("it builds a validator, half an hour")),
    ("scripts/start-engineering-validator.sh", How::OnAValidator),
    ("sim-cli init", How::OnAValidator),
    ("sim-cli run --url", How::OnAValidator),
    ("sim-cli limits show --url", How::OnAValidator),
    ("sim-cli meter list --url", How::OnAValidator),
];

/// What stands for an address in a page.
const ADDRESS: &str = "11111111111111111111111111111111";

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md")
}

fn sim_cli() -> PathBuf {
    std::env::var_os("SIM_CLI").map_or_else(|| env!("CARGO_BIN_EXE_sim-cli").into(), PathBuf::from)
}

/// The gateway's port: the README's, unless something else has it on this machine.
fn port() -> u16 {
    let free = |port| TcpListener::bind(("127.0.0.1", port)).and_then(|listener| listener.local_addr());
    free(8_080).or_else(|_| free(0)).expect("a port").port()
}

#[test]
fn every_command_of_the_readme_runs_in_its_order() {
    let (mut folder, port) = (Folder::new(&sim_cli()), port());
    let (mut used, mut staying, mut ran) = (BTreeSet::new(), Vec::new(), 0);
    for command in commands(&readme()) {
        let mut line = short(&command);
        let how = OTHERS.iter().find(|(begin, _)| line.starts_with(begin));
        used.extend(how.map(|(begin, _)| *begin));
        if port != 8_080 {
            line = line.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
            line = line.replace("sim-cli gateway", &format!("sim-cli gateway --listen {port}"));
        }
        let began = Instant::now();
        match how.map(|(_, how)| *how) {
            Some(How::Not(_) | How::OnAValidator) => continue,
            Some(How::Exports) => {
                let (name, value) = line.trim_start_matches("export ").split_once('=').expect("a variable");
                let value = folder.run(&format!("printf %s {value}"));
                assert!(value.code == Some(0) && value.stdout.len() >= 32, "{line}: {value:?}");
                folder.set(name, &value.stdout);
            }
            Some(How::Stays) => {
                let mut running = folder.start(line.trim_end_matches('&').trim());
                running.await_text("Listening on http://", Duration::from_secs(120));
                staying.push((line.clone(), running));
            }
            Some(How::Interrupted) => {
                let running = folder.start(&line);
                await_readings(&folder, port);
                let done = running.end("INT");
                assert_eq!(done.code, Some(130), "{line}: {done:?}");
                assert_readable(&line, &done);
            }
            None => {
                let done = folder.run(&line);
                assert_eq!(done.code, Some(0), "{line}: {}{}", done.stdout, done.stderr);
                assert!(!done.stdout.is_empty(), "{line}");
                assert_readable(&line, &done);
                // What a gateway answers is no exit code of curl's.
                let answered = !line.contains("curl") || done.stdout.contains("\"status\":\"success\"");
                assert!(answered, "{line}: {}", done.stdout);
                into_head(&folder, &line);
            }
        }
        ran += 1;
        println!("{:6.1} s  {line}", began.elapsed().as_secs_f64());
    }
    for (line, running) in staying {
        let done = running.end("TERM");
        assert_eq!(done.code, Some(0), "{line}: {}", done.stderr);
    }
    assert_eq!(used.len(), OTHERS.len(), "{OTHERS:?} has commands that the README has not: {used:?}");
    assert!(ran >= 13, "{ran} commands");
    assert_eq!(temporary(&folder), Vec::<PathBuf>::new());
}

/// Waits until the gateway has stored readings of all 15 meters. Those of the last interval are posted at once; only in the first quarter of
/// an hour of the site's day has none of today ended.
fn await_readings(folder: &Folder, port: u16) {
    let began = Instant::now();
    let summary = format!(
        "curl -s -H \"Authorization: Bearer $ENGINEERING_API_KEY\" http://127.0.0.1:{port}/api/engineering/meter-summary"
    );
    loop {
        let done = folder.run(&summary);
        let answer: serde_json::Value = serde_json::from_str(&done.stdout).unwrap_or_default();
        let states = answer["readings"].as_object().into_iter().flatten();
        let stored: u64 =
            states.filter(|(state, _)| *state != "rejected").filter_map(|(_, count)| count.as_u64()).sum();
        if stored >= 15 {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(960), "no readings are posted: {done:?}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Once more, for whoever reads the first line alone. The seven days of `run` are left out: they take minutes, and the same command is piped
/// with one day. What posts is not done twice.
fn into_head(folder: &Folder, line: &str) {
    if line.starts_with("sim-cli run --date") || line.contains("curl") {
        return;
    }
    let done = folder.run(&format!("set -o pipefail; {line} | head -n 1"));
    assert_readable(line, &done);
    assert_eq!(
        (done.code, done.stdout.lines().count(), done.stderr.contains("error")),
        (Some(0), 1, false),
        "{line}: {done:?}"
    );
}

/// Files that a command has left with a temporary name.
fn temporary(folder: &Folder) -> Vec<PathBuf> {
    let mut left = Vec::new();
    for directory in ["", "out", "simulation", "gateway", "keys"] {
        let entries = fs::read_dir(folder.path().join(directory));
        let paths = entries.into_iter().flatten().map(|entry| entry.expect("an entry").path());
        left.extend(
            paths.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".tmp"))),
        );
    }
    left
}

/// The other pages' commands name options and values that there are, and none that mean nothing together.
#[test]
fn every_command_of_the_pages_is_one_that_the_program_takes() {
    let mut seen = 0;
    let docs = fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("an entry").path());
    for page in docs.chain(["README.md", "SECURITY.md", "deploy/README.md"].map(|name| root().join(name))) {
        let Some(text) = fs::read_to_string(&page).ok().filter(|_| page.extension().is_some_and(|name| name == "md"))
        else {
            continue;
        };
        let text = text.replace("cargo run --release -p sim-cli --", "sim-cli");
        for command in commands(&text).iter().map(|command| short(command)) {
            let Some(own) = command.strip_prefix("sim-cli").filter(|rest| rest.is_empty() || rest.starts_with(' '))
            else {
                continue;
            };
            let end = own.find(" &").or_else(|| own.find(" |")).unwrap_or(own.len());
            // What the shell would put in.
            let own =
                own[..end].replace("$(($(date +%s) / 900 * 900 - 900))", "900").replace("URL", "http://127.0.0.1:1");
            let own = own.replace("WALLET", ADDRESS).replace("ADDRESS", ADDRESS);
            let arguments = ["sim-cli"].into_iter().chain(own.split_whitespace());
            let taken = sim_cli::commands::accepts(arguments);
            assert_eq!(taken, Ok(()), "{}: {command}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn commands_are_found_as_a_reader_finds_them() {
    let page = "Text, `sim-cli x`.\n\n    sim-cli run --out out   # a comment\n    sim-cli sign --a |\n        curl -d 'a#b' x\n\nText\n\
                ```mermaid\ngraph LR\n```\n```sh\nscripts/a.sh \\\n  --b\n```\n    cargo run --release --locked -p sim-cli -- help\n";
    let found = commands(page);
    let expected = [
        "sim-cli run --out out",
        "sim-cli sign --a | curl -d 'a#b' x",
        "scripts/a.sh --b",
        "cargo run --release --locked -p sim-cli -- help",
    ];
    assert_eq!(found, expected);
    assert_eq!(
        (short(&found[3]), short("cargo run --release --locked -p sim-cli")),
        ("sim-cli help".into(), "sim-cli".into())
    );
}

/// Help of every command, also for whoever reads its first line alone.
#[test]
fn help_is_printed_for_every_command_and_into_head() {
    let folder = Folder::new(&sim_cli());
    let program = sim_cli::commands::Arguments::command();
    let mut names: Vec<String> = program.get_subcommands().map(|command| command.get_name().into()).collect();
    names.push(String::new());
    for name in names {
        let line = format!("sim-cli {name} --help");
        let whole = folder.run(&line);
        assert!(whole.code == Some(0) && whole.stdout.contains("Usage: sim-cli"), "{line}: {whole:?}");
        let Done { code, stdout, stderr } = folder.run(&format!("set -o pipefail; {line} | head -n 1"));
        assert_eq!(
            (code, stdout.lines().next(), stderr.as_str()),
            (Some(0), whole.stdout.lines().next(), ""),
            "{line}"
        );
        assert_eq!(folder.run(&format!("sim-cli help {name}")).stdout, whole.stdout, "{name}");
    }
}
