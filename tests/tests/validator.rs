//! The whole system on a real solana-test-validator, with the real command lines: `make validator`.

use {
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{
            Cluster, Embedded, Ledger, LedgerError, SplToken,
            programs::{self, EMBEDDED},
            transaction::{Draft, send, send_all},
        },
        oracle::readings::PlainReading,
        reading::Quality,
        registry::{
            self,
            state::{Department as Registered, Meter, MeterStatus},
        },
        time::Interval,
        token::state::{MintMode, TokenConfig},
    },
    campus_energy_tests::validator::{BUDGET, LAMPORTS, Line, Validator, data, found, run, small_configuration},
    sim_cli::{
        agents::{Agents, Bidding, Needs, Setting, StrategyName},
        audit::check_ledger,
        gateway::{
            Meters,
            client::{Client, Posted},
        },
        settlement::{
            Department, Founder, Founding, Keys, Signing, catch_up, clear_closed, embedded_ledger, open_intervals,
            prepare, trade,
        },
        simulation::{Configuration, IntervalReadings, Mode, Simulation},
    },
    solana_keypair::{Keypair, write_keypair_file},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    std::{
        path::Path,
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    },
    tokio::task::JoinSet,
};

/// The intervals that a ledger takes at a time, as a configuration's meters measure them.
fn measured(configuration: &Configuration, now: i64) -> Vec<IntervalReadings> {
    let span = open_intervals(now);
    let zone = configuration.engineering_department.site.timezone;
    let date = |end: i64| {
        let before = chrono::DateTime::from_timestamp(end - 1, 0).expect("a time");
        before.with_timezone(&zone).date_naive()
    };
    let first = date(*span.start());
    let days = (date(*span.end()) - first).num_days() + 1;
    let mut simulation = Simulation::new(configuration, 42, Mode::Physical);
    let all = simulation.intervals(first, u32::try_from(days).expect("days"));
    all.filter(|interval| span.contains(&interval.interval.end())).collect()
}

fn agents(configuration: &Configuration, plan: &Founding) -> Agents {
    let market = &configuration.engineering_department.market;
    let owners: Vec<usize> = plan.meters.iter().map(|meter| meter.owner).collect();
    let setting = Setting {
        strategy: StrategyName::default(),
        bidding: Bidding::Always,
        tariffs: market.tariffs(),
        minimum_lot: market.minimum_lot_wh,
        budget: BUDGET,
        seed: 42,
    };
    Agents::new(Needs::new(&configuration.meters(), &owners, &plan.participants), &setting)
}

fn assert_invariants(ledger: &dyn Ledger, addresses: &Addresses) {
    for finding in check_ledger(ledger, addresses).expect("accounts") {
        println!("{}", finding.unwrap_or_else(|differs| panic!("{differs}")));
    }
}

/// Every meter's registers are the sums of these intervals, each once.
fn assert_registers(ledger: &dyn Ledger, department: &Department, intervals: &[IntervalReadings]) {
    for (index, meter) in department.meters.iter().enumerate() {
        let state = Meter::decode(&data(ledger, &meter.accounts.meter)).expect("a meter");
        let sum = |of: fn(u32, u32) -> u32| -> u64 {
            let own = intervals.iter().map(|interval| interval.readings[index]);
            own.map(|reading| u64::from(of(reading.generated, reading.consumed))).sum()
        };
        let expected =
            [sum(|generated, _| generated), sum(|_, consumed| consumed), sum(u32::saturating_sub) * 1_000_000];
        assert_eq!([state.generated.0, state.consumed.0, state.minted.0], expected, "{}", meter.id);
        assert_eq!(state.readings, intervals.len() as u64, "{}", meter.id);
    }
}

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

    // A day, and once more: the second time there is nothing to settle.
    let day = validator.sim_cli(&["run", "--config", &config]);
    println!("{}{}", text(&day.stdout), text(&day.stderr));
    assert!(day.status.success());
    let day = validator.sim_cli(&["run", "--config", &config, "--output", "json"]);
    let day: serde_json::Value = serde_json::from_slice(&day.stdout).expect("JSON");
    assert!(day["settled"].as_u64() <= Some(15), "{day}");
    assert_invariants(&cluster, &addresses);

    // Standard tools see what there is, and agree.
    let plan = Founding::of(&configuration, true, cluster.mint_mode());
    let department = Founder::new(ids, keys, &plan).department(&cluster).expect("founded");
    let balance = |address: &Pubkey| cluster.account(address).expect("an answer").map_or(0, |account| account.lamports);
    let shown = validator.solana(&["balance", "--lamports", &department.submitter.pubkey().to_string()]);
    assert_eq!(shown.trim(), format!("{} lamports", balance(&department.submitter.pubkey())));
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
        let owner = department.participants[meter.owner].pubkey().to_string();
        let amount = spl_token_interface::state::Account::unpack_from(&data(&cluster, &meter.accounts.token_account));
        let accounts = validator.spl_token(&["accounts", "--owner", &owner, &mint, "--output", "json"]);
        let accounts: serde_json::Value = serde_json::from_str(&accounts).expect("JSON");
        assert_eq!(accounts["accounts"][0]["tokenAmount"]["amount"], amount.to_string(), "{accounts}");
        seen += amount;
    }
    println!("spl-token: supply {}, {} of it with the meters' owners", supply.trim(), tokens(seen));
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

#[test]
#[ignore = "starts a validator: make validator"]
fn the_same_scenario_gives_the_same_balances_on_both_ledgers() {
    let validator = Validator::start_before_the_end_of_an_interval(&[], 110);
    let mut cluster = validator.cluster(EMBEDDED);
    let (_, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let keys = Keys::new(42);
    let (plan, department) = found(&mut cluster, &configuration, keys, None);

    let spl_token = if cluster.mint_mode() == MintMode::Batch { SplToken::Batching } else { SplToken::Legacy };
    println!("the cluster's SPL Token: {spl_token:?}");
    let mut embedded = embedded_ledger(keys, plan.participants.len(), spl_token).expect("the programs load");
    let now = cluster.time().expect("a clock");
    embedded.set_time(now);
    let founder = Founder::new(EMBEDDED, keys, &plan).with_budgets(plan.buyers(BUDGET));
    let twin = founder.found_with_seats(&mut embedded, |_| ()).expect("founded");
    embedded.next_slot();
    assert_ne!(twin.deployment, department.deployment, "a signature for one is none for the other");

    let intervals = measured(&configuration, now);
    assert_eq!(intervals.len(), 95);
    let (mut on_cluster, mut in_process) = (agents(&configuration, &plan), agents(&configuration, &plan));
    let (done, refusal) =
        catch_up(&mut cluster, &department, &intervals, Signing::Meters, |_| ()).expect("the cluster answers");
    assert_eq!((done.missing, done.refused, refusal), (95 * 15, 0, None));
    catch_up(&mut embedded, &twin, &intervals, Signing::Meters, |_| ()).expect("it answers");
    let newest = intervals.last().expect("some");
    let traded = trade(&mut cluster, &department, &mut on_cluster, newest, true).expect("the cluster answers");
    assert_eq!(traded, trade(&mut embedded, &twin, &mut in_process, newest, true).expect("it answers"));
    assert!(traded.placed > 0 && traded.refused == 0, "{traded:?}");
    compare(&cluster, &embedded, &department, &plan);

    // The auction closes with the next interval.
    let close = newest.interval.end() + 900 + 2;
    println!("{} s until the auction is closed", close - cluster.time().expect("a clock"));
    while cluster.time().expect("a clock") < close {
        std::thread::sleep(Duration::from_millis(500));
    }
    embedded.set_time(close);
    clear_closed(&mut cluster, &department).expect("cleared");
    clear_closed(&mut embedded, &twin).expect("cleared");
    compare(&cluster, &embedded, &department, &plan);
    assert_registers(&cluster, &department, &intervals);
    assert_invariants(&cluster, &department.addresses);
}

/// Meters, tokens, market, seats and vaults are the same, byte for byte.
fn compare(cluster: &Cluster, embedded: &Embedded, department: &Department, plan: &Founding) {
    let Addresses { token_config, energy_mint, energy_vault, quote_vault, market, book, interval_ring, .. } =
        department.addresses;
    let mut all = vec![token_config, energy_mint, energy_vault, quote_vault, market, book, interval_ring];
    all.extend(department.meters.iter().flat_map(|meter| [meter.accounts.meter, meter.accounts.token_account]));
    for wallet in &department.participants {
        let owner = wallet.pubkey();
        all.push(department.addresses.participant(&owner));
        all.push(department.addresses.token_account(&owner));
    }
    for address in &all {
        assert_eq!(data(cluster, address), data(embedded, address), "account {address}");
    }
    println!(
        "{} accounts of {} participants and the market are the same, byte for byte",
        all.len(),
        plan.participants.len()
    );
}

/// `sim-cli gateway` on a cluster, as a process.
struct Gateway(Child);

impl Gateway {
    fn start(urls: &str, port: u16, directory: &Path, configuration: &Path) -> Self {
        let mut command = Command::new(std::env::var_os("SIM_CLI").expect("SIM_CLI"));
        command.args(["gateway", "--url", urls, "--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--data").arg(directory.join("gateway")).arg("--config").arg(configuration);
        command.env("ENGINEERING_API_KEY", KEY).env("RUST_LOG", "warn").stdout(Stdio::null());
        Self(command.spawn().expect("it starts"))
    }

    fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("it ends");
    }
}

const KEY: &str = "a-key-for-tests";

#[test]
#[ignore = "starts a validator: make validator"]
fn nothing_acknowledged_is_lost_whatever_is_killed_or_cut() {
    let mut validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let (file, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let (_, department) = found(&mut cluster, &configuration, Keys::new(42), None);
    let intervals = measured(&configuration, cluster.time().expect("a clock"));
    drop(cluster);

    // The first URL is a line that can be cut; the second is the validator itself.
    let line = Line::to(validator.port());
    let (urls, port) = (format!("{},{}", line.url(), validator.url()), validator.port() + 20);
    let directory = validator.directory().to_path_buf();
    let mut gateway = Some(Gateway::start(&urls, port, &directory, &file));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = Client::new(&format!("http://127.0.0.1:{port}"), KEY, Duration::from_secs(300)).expect("an address");
    let deployment = runtime.block_on(client.deployment()).expect("the gateway answers");
    assert_eq!(deployment, department.deployment);

    // All meters post, interval by interval, while things go wrong.
    let meters = Meters::new(&configuration, 42, Some(deployment));
    let bodies: Vec<Vec<_>> =
        intervals.iter().map(|interval| meters.interval(interval).map(|reading| reading.body()).collect()).collect();
    let posting = runtime.spawn({
        let (client, bodies) = (client.clone(), bodies.clone());
        async move {
            let mut posts: JoinSet<Posted> = JoinSet::new();
            for body in bodies.into_iter().flat_map(|interval| {
                // The last of an interval is followed by a pause.
                let last = interval.len() - 1;
                interval.into_iter().enumerate().map(move |(index, body)| (body, index == last))
            }) {
                let client = client.clone();
                posts.spawn(async move { client.post(&body.0).await });
                if body.1 {
                    tokio::time::sleep(Duration::from_millis(350)).await;
                }
            }
            posts.join_all().await
        }
    });
    let pause = |seconds| std::thread::sleep(Duration::from_secs(seconds));
    pause(4);
    println!("cut one of two lines");
    line.set_cut(true);
    pause(3);
    line.set_cut(false);
    println!("stop the validator for 4 s");
    validator.signal("STOP");
    pause(4);
    validator.signal("CONT");
    pause(3);
    println!("kill -9 the validator");
    validator.kill();
    pause(2);
    validator.resume();
    pause(3);
    println!("kill -9 the gateway");
    gateway.take().expect("it runs").kill();
    pause(1);
    gateway = Some(Gateway::start(&urls, port, &directory, &file));
    pause(3);
    println!("kill -9 both");
    validator.kill();
    gateway.take().expect("it runs").kill();
    validator.resume();
    gateway = Some(Gateway::start(&urls, port, &directory, &file));

    let posted = runtime.block_on(posting).expect("posted");
    let refusals: Vec<_> = posted.iter().filter_map(|posted| posted.answer.as_ref().err()).collect();
    assert!(refusals.is_empty(), "{refusals:?}");
    let retries: u32 = posted.iter().map(|posted| posted.retries).sum();
    println!("{} readings acknowledged, {retries} posted again", posted.len());
    assert_eq!(posted.len(), intervals.len() * 15);
    assert!(retries > 0, "something went wrong");

    // Each once more, through the gateway: the same answers. And past it: refused by name.
    let again = runtime.block_on(async {
        let mut posts: JoinSet<Posted> = JoinSet::new();
        for body in bodies.into_iter().flatten() {
            let client = client.clone();
            posts.spawn(async move { client.post(&body).await });
        }
        posts.join_all().await
    });
    let ids = |posted: &[Posted]| {
        let mut ids: Vec<_> =
            posted.iter().map(|posted| posted.answer.as_ref().expect("taken").energy_tokens_minted.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&again), ids(&posted));
    let mut cluster = validator.cluster(EMBEDDED);
    let plain: Vec<PlainReading> = sim_cli::settlement::plain(&intervals[40]);
    let duplicate = &prepare(&department, intervals[40].interval, &plain, Signing::Meters)[0];
    let table = std::slice::from_ref(&department.table);
    let error = send(&mut cluster, duplicate, &[&department.submitter], table).expect_err("refused");
    assert_eq!(error.described().map(|error| error.name), Some("AlreadyAccepted"), "{error}");
    assert!(error.to_string().contains("has been accepted before"), "{error}");

    assert_registers(&cluster, &department, &intervals);
    assert_invariants(&cluster, &department.addresses);
    gateway.take().expect("it runs").kill();
}

#[test]
#[ignore = "starts a validator: make validator"]
fn a_program_is_upgraded_in_place_and_keeps_its_state() {
    let validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let (_, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let keys = Keys::new(42);
    let (_, department) = found(&mut cluster, &configuration, keys, None);
    let intervals = measured(&configuration, cluster.time().expect("a clock"));
    let (first, second) = intervals.split_at(60);
    let settle = |cluster: &mut Cluster, some: &[IntervalReadings]| {
        let (done, refusal) = catch_up(cluster, &department, some, Signing::Meters, |_| ()).expect("an answer");
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
    assert_eq!(state(&cluster), before, "accounts are as they were");
    settle(&mut cluster, second);
    assert_registers(&cluster, &department, &intervals);
    assert_invariants(&cluster, &department.addresses);
}

#[test]
#[ignore = "starts a validator: make validator"]
fn two_departments_on_one_cluster_do_not_touch_each_other() {
    let validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let (_, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let (mut of_science, keys) = (configuration.clone(), [Keys::new(42), Keys::new(43)]);
    of_science.engineering_department.smart_meters.prefix = "SCI_".into();
    of_science.engineering_department.smart_meters.count = 6;
    let (_, engineering) = found(&mut cluster, &configuration, keys[0], None);
    // The programs' upgrade authority founds it, for another authority.
    let (_, science) = found(&mut cluster, &of_science, keys[1], Some(keys[0].authority()));
    assert_ne!(science.addresses.department, engineering.addresses.department);
    let registered = Registered::decode(&data(&cluster, &science.addresses.department)).expect("a department");
    assert_eq!(registered.authority, keys[1].authority().pubkey());
    assert_ne!(science.deployment, engineering.deployment);

    let now = cluster.time().expect("a clock");
    let (own, others) = (measured(&configuration, now), measured(&of_science, now));
    let settle = |cluster: &mut Cluster, department: &Department, intervals: &[IntervalReadings]| {
        let (done, refusal) = catch_up(cluster, department, intervals, Signing::Meters, |_| ()).expect("an answer");
        assert_eq!((done.refused, refusal), (0, None));
    };
    settle(&mut cluster, &engineering, &own[..20]);
    let snapshot = |cluster: &Cluster| {
        let Addresses { department, token_config, energy_mint, oracle, interval_ring, market, book, .. } =
            engineering.addresses;
        let mut all = vec![department, token_config, energy_mint, oracle, interval_ring, market, book];
        all.extend(engineering.meters.iter().flat_map(|meter| [meter.accounts.meter, meter.accounts.token_account]));
        all.iter().map(|address| data(cluster, address)).collect::<Vec<_>>()
    };
    let before = snapshot(&cluster);
    settle(&mut cluster, &science, &others[..20]);
    assert_eq!(snapshot(&cluster), before, "readings of one are nothing to the other");

    // Neither's authority, submitter or meters do anything in the other.
    let refused = |cluster: &mut Cluster, what: &str, draft: Draft, expected: &str| {
        let tables = [engineering.table.clone(), science.table.clone()];
        let result = send_all(cluster, &[draft], &tables).expect("an answer").pop().expect("one");
        let error = result.expect_err(what);
        assert!(matches!(error, LedgerError::Refused(..)), "{what}: {error}");
        assert_eq!(error.described().map(|error| error.name), Some(expected), "{what}: {error}");
        println!("{what}: {error}");
    };
    let (theirs, ours) = (keys[1].authority(), keys[0].authority());
    let pause = registry::instruction::set_paused(&engineering.addresses, &theirs.pubkey(), true);
    refused(&mut cluster, "another's authority pauses", Draft::new(vec![pause], &[&theirs]), "NotDepartmentAuthority");
    let meter = engineering.meters[0].id;
    let suspend = registry::instruction::set_meter_status(
        &engineering.addresses,
        &theirs.pubkey(),
        &meter,
        MeterStatus::Suspended,
    );
    refused(
        &mut cluster,
        "another's authority suspends a meter",
        Draft::new(vec![suspend], &[&theirs]),
        "NotDepartmentAuthority",
    );
    let pause = registry::instruction::set_paused(&science.addresses, &ours.pubkey(), true);
    refused(
        &mut cluster,
        "the programs' upgrade authority pauses",
        Draft::new(vec![pause], &[&ours]),
        "NotDepartmentAuthority",
    );
    let reading = PlainReading { generated: 5, consumed: 1, quality: Quality::Measured };
    let interval = Interval::ending_at(own[30].interval.end()).expect("aligned");
    // Two meters of one department, submitted to another by a submitter.
    let submission = |meters: &Department, to: &Department, by: &Keypair| {
        let meters = meters.meters.iter().take(2).map(copy_of).collect();
        let to = Department {
            addresses: to.addresses,
            authority: ours.insecure_clone(),
            submitter: by.insecure_clone(),
            deployment: to.deployment,
            meters,
            participants: Vec::new(),
            quote_mint: to.quote_mint,
            table: to.table.clone(),
        };
        Draft::new(prepare(&to, interval, &[reading; 2], Signing::Meters).concat(), &[by])
    };
    let by_another = submission(&engineering, &engineering, &science.submitter);
    refused(&mut cluster, "another's submitter submits", by_another, "NotSubmitter");
    let of_another = submission(&science, &engineering, &engineering.submitter);
    refused(&mut cluster, "another's meters are submitted", of_another, "WrongMeter");
    assert_eq!(snapshot(&cluster), before);
    settle(&mut cluster, &engineering, &own[20..]);
    settle(&mut cluster, &science, &others[20..]);
    for (department, intervals) in [(&engineering, &own), (&science, &others)] {
        assert_registers(&cluster, department, intervals);
        assert_invariants(&cluster, &department.addresses);
    }
}

fn copy_of(meter: &sim_cli::settlement::Meter) -> sim_cli::settlement::Meter {
    sim_cli::settlement::Meter { id: meter.id, owner: meter.owner, accounts: meter.accounts, key: meter.key.clone() }
}
