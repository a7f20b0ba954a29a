//! From nothing to running on a real solana-test-validator, with the real command lines, and a program's upgrade: `make validator`.

use {
    campus_energy_department::{Founder, Keys, Signing, catch_up},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{
            Cluster, Ledger,
            programs::{self, EMBEDDED},
            transaction::send,
        },
        oracle::state::Oracle,
        registry::{self, state::Department as Registered},
        token::state::TokenConfig,
    },
    campus_energy_simulation::IntervalReadings,
    campus_energy_tests::{
        day::{assert_invariants, assert_registers, measured},
        validator::{LAMPORTS, Validator, data, found, run, small_configuration},
    },
    sim_cli::meters::plain_intervals,
    solana_keypair::{Keypair, write_keypair_file},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    std::{
        path::Path,
        process::{Command, Stdio},
        time::{Duration, Instant},
    },
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_string()
}

#[test]
#[ignore = "starts a validator: make validator"]
fn the_long_way_with_the_real_command_lines() {
    let validator = Validator::start(&["--no-programs"]);
    let directory = validator.directory().to_path_buf();
    let keys = Keys::new(42);
    let in_directory = |name: &str| directory.join(name).display().to_string();
    let listed = validator_keys(&directory);
    assert!(listed.contains(&keys.authority().pubkey().to_string()), "{listed}");
    let ids = campus_energy_sdk::deployment::Programs {
        registry: keys.program("registry").pubkey(),
        token: keys.program("token").pubkey(),
        oracle: keys.program("oracle").pubkey(),
        trading: keys.program("trading").pubkey(),
    };
    let (configuration_file, configuration) = small_configuration(&directory, ids);
    let config = configuration_file.display().to_string();
    let authority = keys.authority().pubkey();

    // Nothing is deployed: said by name.
    let init = |more: &[&str]| validator.sim_cli(&[&["init", "--config", &config], more].concat());
    let refused = init(&[]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(text(&refused.stderr).trim(), format!("error: program registry is not deployed at {}", ids.registry));

    validator.solana(&["airdrop", "100", &authority.to_string()]);
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("sdk/programs");
    for name in ["registry", "token", "oracle", "trading"] {
        let started = Instant::now();
        let (key, id) = (in_directory("authority.json"), in_directory(&format!("{name}.json")));
        let file = built.join(format!("program_{name}.so")).display().to_string();
        validator.solana(&["program", "deploy", "--use-rpc", "--keypair", &key, "--program-id", &id, &file]);
        println!("solana program deploy of {name}: {:.1} s", started.elapsed().as_secs_f64());
    }

    // Whoever is not the upgrade authority is refused by the command, and by the program.
    let stranger = Keypair::new();
    write_keypair_file(&stranger, in_directory("stranger.json")).expect("a file");
    let refused = init(&["--keypair", &in_directory("stranger.json")]);
    assert_eq!(refused.status.code(), Some(2));
    let says = text(&refused.stderr);
    assert!(says.contains(&format!("belongs to {authority}; {} may not initialise", stranger.pubkey())), "{says}");
    let mut cluster = validator.cluster(ids);
    cluster.airdrop(&stranger.pubkey(), LAMPORTS).expect("an airdrop");
    let addresses = Addresses::derive(ids, configuration.prefix());
    let genesis = cluster.genesis_hash().expect("known").to_bytes();
    let attempt = registry::instruction::initialize(&addresses, &stranger.pubkey(), &stranger.pubkey(), genesis);
    let error = send(&mut cluster, &[attempt], &[&stranger], &[]).expect_err("refused");
    assert_eq!(error.described().map(|error| error.name), Some("NotUpgradeAuthority"), "{error}");

    // A plan that changes nothing; a founding that is interrupted, goes on, and has nothing left to do.
    let plan = init(&["--dry-run"]);
    assert!(plan.status.success(), "{}", text(&plan.stderr));
    println!("{}", text(&plan.stdout));
    assert_eq!(cluster.account(&addresses.department).expect("an answer"), None);
    let mut interrupted = Command::new(std::env::var_os("SIM_CLI").expect("SIM_CLI"))
        .args(["init", "--config", &config, "--url", &validator.url()])
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    while cluster.account(&addresses.oracle).expect("an answer").is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    interrupted.kill().expect("killed");
    interrupted.wait().expect("it ends");
    let state = Registered::decode(&data(&cluster, &addresses.department)).expect("a department");
    assert!(state.meters < 15, "it was interrupted before its end");
    let founded = init(&[]);
    assert!(founded.status.success(), "{}", text(&founded.stderr));
    println!("{}", text(&founded.stdout));
    let again = text(&init(&[]).stdout);
    let transactions = again.lines().find(|line| line.contains("transactions")).expect("a row").to_string();
    assert!(transactions.contains(" 0 "), "{transactions}");
    let line = "Keys: derived from seed 42, so anyone can compute them; they are for a cluster on this machine alone\n";
    assert!(again.starts_with(line), "{again}");

    // Other keys than those of the founding: the first field that differs is named, and nothing is sent.
    let random = in_directory("random");
    run(std::env::var_os("SIM_CLI").expect("SIM_CLI"), ["keys", "--random", "--out", &random, "--config", &config]);
    let refused = init(&["--keys", &random, "--keypair", &in_directory("authority.json")]);
    assert_eq!(refused.status.code(), Some(2));
    let (market, mint) = (addresses.market, keys.quote_mint().pubkey());
    let says = text(&refused.stderr);
    assert!(says.starts_with(&format!("error: Market {market}: quote_mint is {mint}, expected ")), "{says}");

    // The limits: shown without a key, tried, changed by the authority alone, and noted by init; then as they were.
    let limits = |more: &[&str]| validator.sim_cli(&[&["limits"], more, &["--config", &config]].concat());
    let shown = limits(&["show", "--output", "json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let planned = shown["daily_surplus_wh"].as_u64().expect("a limit").to_string();
    assert_eq!((shown["day_surplus_wh"].as_u64(), shown["meters"].as_array().map(Vec::len)), (Some(0), Some(15)));
    let (key, stranger_key) = (in_directory("authority.json"), in_directory("stranger.json"));
    let refused = limits(&["set", "--daily-surplus", "5", "--keypair", &stranger_key]);
    let says =
        format!("error: the department's authority is {authority}; the key given is that of {}: ", stranger.pubkey());
    assert!(text(&refused.stderr).starts_with(&says), "{}", text(&refused.stderr));
    let daily = || Oracle::decode(&data(&cluster, &addresses.oracle)).expect("an oracle").limits.daily_surplus;
    assert!(limits(&["set", "--daily-surplus", "5", "--keypair", &key, "--dry-run"]).status.success());
    assert_eq!(daily().to_string(), planned, "nothing was sent");
    let changed = limits(&["set", "--daily-surplus", "5", "--keypair", &key]);
    assert!(changed.status.success() && daily() == 5, "{}{}", text(&changed.stdout), text(&changed.stderr));
    let note =
        format!("note: Oracle {}: daily_surplus is 5 Wh, the configuration gives {planned} Wh", addresses.oracle);
    let noted = text(&init(&[]).stderr);
    assert!(noted.contains(&note), "{noted}");
    assert!(limits(&["set", "--daily-surplus", &planned, "--keypair", &key]).status.success());

    // A day, and once more: the second time there is nothing to settle.
    let day = validator.sim_cli(&["run", "--config", &config]);
    println!("{}{}", text(&day.stdout), text(&day.stderr));
    assert!(day.status.success());
    let day = validator.sim_cli(&["run", "--config", &config, "--output", "json"]);
    let day: serde_json::Value = serde_json::from_slice(&day.stdout).expect("JSON");
    assert!(day["settled"].as_u64() <= Some(15), "{day}");
    assert_invariants(&cluster, &addresses);
    // Of a participant the cluster's accounts have the balances.
    let shown = |arguments: &[&str]| -> serde_json::Value {
        let shown = validator.sim_cli(&[arguments, &["--config", &config, "--output", "json"]].concat());
        serde_json::from_slice(&shown.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", text(&shown.stderr)))
    };
    let all = shown(&["balances"]);
    let one = all.as_array().and_then(|all| all.first()).expect("somebody");
    assert_eq!(shown(&["participant", one["name"].as_str().expect("a name")]), *one);

    // Standard tools see what there is, and agree.
    let plan = sim_cli::plan::founding(&configuration, true, cluster.mint_mode());
    let department = Founder::new(ids, keys, &plan).department(&cluster).expect("founded");
    let balance = |address: &Pubkey| cluster.account(address).expect("an answer").map_or(0, |account| account.lamports);
    let shown = validator.solana(&["balance", "--lamports", &department.submitter.to_string()]);
    assert_eq!(shown.trim(), format!("{} lamports", balance(&department.submitter)));
    let shown = validator.solana(&["account", &addresses.department.to_string()]);
    assert!(shown.contains(&format!("Owner: {}", ids.registry)), "{shown}");
    let config_account = TokenConfig::decode(&data(&cluster, &addresses.token_config)).expect("a token config");
    let mint = addresses.energy_mint.to_string();
    let tokens = |units: u64| {
        let text = format!("{}.{:09}", units / 1_000_000_000, units % 1_000_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    let supply = validator.spl_token(&["supply", &mint]);
    assert_eq!(supply.trim(), tokens(config_account.minted.0 - config_account.retired.0));
    let mut seen = 0;
    for meter in &department.meters {
        let owner = keys.participant(meter.owner).pubkey().to_string();
        let amount = spl_token_interface::state::Account::unpack_from(&data(&cluster, &meter.accounts.token_account));
        let accounts = validator.spl_token(&["accounts", "--owner", &owner, &mint, "--output", "json"]);
        let accounts: serde_json::Value = serde_json::from_str(&accounts).expect("JSON");
        assert_eq!(accounts["accounts"][0]["tokenAmount"]["amount"], amount.to_string(), "{accounts}");
        seen += amount;
    }
    println!("spl-token: supply {}, {} of it with the meters' owners", supply.trim(), tokens(seen));
}

#[test]
#[ignore = "starts a validator: make validator"]
fn a_program_is_upgraded_in_place_and_keeps_its_state() {
    let validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let (_, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let keys = Keys::new(42);
    let (_, department, wallets) = found(&mut cluster, &configuration, keys, None);
    let intervals = measured(&configuration, cluster.time().expect("a clock"));
    let (first, second) = intervals.split_at(60);
    let settle = |cluster: &mut Cluster, some: &[IntervalReadings]| {
        let (done, refusal) = catch_up(cluster, &department, &wallets, &plain_intervals(some), Signing::Meters, |_| ())
            .expect("an answer");
        assert_eq!((done.missing, refusal), (some.len() as u64 * 15, None));
    };
    settle(&mut cluster, first);
    let state = |cluster: &Cluster| {
        let Addresses { department: own, token_config, oracle, interval_ring, market, book, .. } = department.addresses;
        let mut all = vec![own, token_config, oracle, interval_ring, market, book];
        all.extend(department.meters.iter().map(|meter| meter.accounts.meter));
        all.iter().map(|address| data(cluster, address)).collect::<Vec<_>>()
    };
    let before = state(&cluster);

    // Another build of each program: one of its texts has changed.
    validator_keys(validator.directory());
    let key = validator.directory().join("authority.json").display().to_string();
    for (name, id, elf) in [
        ("registry", EMBEDDED.registry, programs::REGISTRY),
        ("token", EMBEDDED.token, programs::TOKEN),
        ("oracle", EMBEDDED.oracle, programs::ORACLE),
        ("trading", EMBEDDED.trading, programs::TRADING),
    ] {
        let mut other = elf.to_vec();
        let text = b"program-";
        let at = other.windows(text.len()).position(|window| window == text).expect("a source file's name");
        other[at..at + text.len()].copy_from_slice(b"PROGRAM-");
        let (new, dumped) = (validator.directory().join(format!("{name}.so")), validator.directory().join("dumped.so"));
        std::fs::write(&new, &other).expect("a file");
        let (new, id) = (new.display().to_string(), id.to_string());
        validator.solana(&[
            "program",
            "deploy",
            "--use-rpc",
            "--keypair",
            &key,
            "--upgrade-authority",
            &key,
            "--program-id",
            &id,
            &new,
        ]);
        validator.solana(&["program", "dump", &id, &dumped.display().to_string()]);
        let dumped = std::fs::read(&dumped).expect("a file");
        assert!(
            dumped.starts_with(&other) && dumped[other.len()..].iter().all(|byte| *byte == 0),
            "{name} is the new one"
        );
    }
    // A program that was deployed can be called from the slot after.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(state(&cluster), before, "accounts are as they were");
    settle(&mut cluster, second);
    assert_registers(&cluster, &department, &intervals);
    assert_invariants(&cluster, &department.addresses);
}

fn validator_keys(directory: &Path) -> String {
    run(std::env::var_os("SIM_CLI").expect("SIM_CLI"), ["keys".as_ref(), "--out".as_ref(), directory.as_os_str()])
}

trait Unpack {
    fn unpack_from(data: &[u8]) -> u64;
}

impl Unpack for spl_token_interface::state::Account {
    fn unpack_from(data: &[u8]) -> u64 {
        use solana_program::program_pack::Pack;
        Self::unpack(data).expect("a token account").amount
    }
}
