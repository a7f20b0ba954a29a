//! What the README and the pages say of a real validator, command by command, in their order and from their own text, in one fresh folder:
//! `make validator`. The rest of the README runs in sim-cli/tests/readme.rs.

#[path = "../../sim-cli/tests/readme_support/mod.rs"]
mod readme_support;

use {
    campus_energy_department::Keys,
    campus_energy_sdk::ledger::programs::EMBEDDED,
    readme_support::{Folder, Running, assert_readable, commands, root, short},
    solana_signer::Signer,
    std::{
        fs,
        path::{Path, PathBuf},
        time::{Duration, Instant},
    },
};

/// The README's port, because its own text is run.
const URL: &str = "http://127.0.0.1:8899";
const START: &str = "scripts/start-engineering-validator.sh";

fn page(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    commands(&text).iter().map(|command| short(command)).collect()
}

/// Waits until the validator answers.
fn await_health(folder: &Folder) {
    let began = Instant::now();
    while folder.run(&format!("curl -fsS --max-time 2 {URL}/health")).stdout != "ok" {
        assert!(began.elapsed() < Duration::from_secs(90), "{URL} does not answer");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn succeeds(folder: &Folder, line: &str) -> String {
    let began = Instant::now();
    let done = folder.run(line);
    assert_eq!(done.code, Some(0), "{line}: {}{}", done.stdout, done.stderr);
    assert_readable(line, &done);
    println!("{:6.1} s  {line}", began.elapsed().as_secs_f64());
    done.stdout
}

/// The addresses on which the processes of the validator listen.
fn listening(folder: &Folder) -> Vec<String> {
    let done = folder.run("ss -Hltnp | grep solana-test-val");
    done.stdout.lines().map(|line| line.split_whitespace().nth(3).expect("an address").into()).collect()
}

/// That a founding has nothing left to do.
fn nothing_left(shown: &str) -> bool {
    let transactions = shown.lines().find(|line| line.contains("│ transactions")).expect("a row");
    transactions.split(['│', '┆']).nth(2).is_some_and(|count| count.trim() == "0")
}

#[test]
#[ignore = "starts a validator: make validator"]
fn the_readme_on_a_real_validator() {
    let sim_cli: PathBuf =
        std::env::var_os("SIM_CLI").expect("SIM_CLI names a built sim-cli; make validator does").into();
    let mut folder = Folder::new(&sim_cli);
    folder.set("SIM_CLI", &fs::canonicalize(&sim_cli).expect("it is built").display().to_string());
    folder.set("RUST_LOG", "warn");
    folder.set("ENGINEERING_API_KEY", "a-key-for-this-test");
    folder.set("PATH", &format!("{}:{}", folder.path().join(".bin").display(), tools(&folder)));
    let mut validator: Option<Running> = None;
    let mut ran = 0;
    let readme = page("README.md").into_iter().skip_while(|line| !line.starts_with("scripts/install-validator.sh"));
    for line in readme {
        ran += 1;
        if line.starts_with("scripts/install-validator.sh") {
            succeeds(&folder, &format!("{line} --check"));
        } else if line.starts_with(START) {
            let mut running = folder.start(line.trim_end_matches('&').trim());
            running.await_text(&format!("JSON-RPC: {URL}"), Duration::from_secs(30));
            await_health(&folder);
            validator = Some(running);
        } else {
            succeeds(&folder, &line);
        }
    }
    assert!(ran >= 6, "{ran} commands");
    // Nobody else reaches it.
    let addresses = listening(&folder);
    assert!(addresses.len() >= 3, "{addresses:?}");
    assert!(addresses.iter().all(|address| address.starts_with("127.0.0.1:")), "{addresses:?}");
    // The second start says which one is in the way.
    let second = folder.run(START);
    let says = format!("{START}: ").replace("scripts/", "").replace(".sh", "");
    assert!(
        second.code == Some(2)
            && second.stderr.starts_with(&format!("{says}port 8899 is in use, by a validator that runs already")),
        "{second:?}"
    );
    assert!(second.stderr.contains("engineering-ledger") && second.stderr.lines().count() == 1, "{second:?}");

    assert!(nothing_left(&succeeds(&folder, "sim-cli init --url localhost")), "repeating it is harmless");
    let balances = succeeds(&folder, "sim-cli balances --url localhost");
    assert!(balances.contains("undergraduate_125"), "{balances}");
    assert!(succeeds(&folder, "sim-cli market --url localhost").contains("251 of 512 seats claimed"));
    succeeds(&folder, "sim-cli market --url localhost | head -n 1");

    pages(&folder);
    the_long_way(&folder);
    let done = validator.expect("it was started").end("INT");
    assert!(!done.stderr.contains("panicked"), "{done:?}");
}

/// The command lines of docs/connect-a-cluster.md and docs/operations.md.
fn pages(folder: &Folder) {
    let connect = page("docs/connect-a-cluster.md");
    for line in connect.iter().filter(|line| line.starts_with("sim-cli") && line.contains("--url localhost")) {
        if line.starts_with("sim-cli gateway") {
            let mut running = folder.start(&format!("{line} --listen 0"));
            running.await_text("Listening on http://127.0.0.1:", Duration::from_secs(60));
            assert_eq!(running.end("TERM").code, Some(0), "{line}");
        } else {
            succeeds(folder, line);
        }
    }
    let wallet = Keys::new(42).participant(0).pubkey().to_string();
    let tools = page("docs/operations.md")
        .into_iter()
        .filter(|line| line.starts_with("solana") || line.starts_with("spl-token"));
    let mut seen = 0;
    for line in tools {
        seen += 1;
        if line.contains("logs") {
            let running = folder.start(&line);
            std::thread::sleep(Duration::from_secs(2));
            assert_eq!(running.end("INT").code, Some(130), "{line}");
        } else {
            assert!(!succeeds(folder, &line.replace("WALLET", &wallet)).is_empty(), "{line}");
        }
    }
    assert_eq!(seen, 4);
}

/// The programs are deployed once more, by the same authority to other ids: a second department with the same keys, whose mint of the money and
/// whose wallets are there already. Founding it and repeating that ends well.
fn the_long_way(folder: &Folder) {
    succeeds(folder, "sim-cli keys --out seed-keys");
    let mut configuration = fs::read_to_string(root().join("deploy/engineering-config.yaml")).expect("the example");
    for (name, id) in [
        ("registry", EMBEDDED.registry),
        ("token", EMBEDDED.token),
        ("oracle", EMBEDDED.oracle),
        ("trading", EMBEDDED.trading),
    ] {
        configuration = configuration.replace(&id.to_string(), &Keys::new(42).program(name).pubkey().to_string());
        succeeds(
            folder,
            &format!(
                "solana program deploy --url localhost --use-rpc --keypair seed-keys/authority.json --program-id seed-keys/{name}.json \
                 sdk/programs/program_{name}.so"
            ),
        );
    }
    fs::write(folder.path().join("campus.yaml"), configuration).expect("a file");
    let init = "sim-cli init --url localhost --config campus.yaml";
    assert!(!nothing_left(&succeeds(folder, init)));
    assert!(nothing_left(&succeeds(folder, init)), "the second time nothing is missing");
    succeeds(folder, "sim-cli run --url localhost --config campus.yaml");
    assert!(nothing_left(&succeeds(folder, "sim-cli init --url localhost")), "the first department is as it was");
    let balances = succeeds(folder, "sim-cli balances --url localhost --config campus.yaml");
    assert!(balances.contains("undergraduate_125"), "{balances}");
}

/// The PATH with Solana's command lines in front.
fn tools(folder: &Folder) -> String {
    let found = folder.run("scripts/install-validator.sh --check").stdout;
    let tool = found.lines().find(|path| path.ends_with("/solana")).expect("scripts/install-validator.sh builds them");
    let directory = Path::new(tool).parent().expect("a folder").display().to_string();
    format!("{directory}:{}", std::env::var("PATH").unwrap_or_default())
}
