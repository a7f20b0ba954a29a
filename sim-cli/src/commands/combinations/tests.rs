use {super::*, crate::commands::Arguments, clap::CommandFactory, std::collections::BTreeSet};

/// An address.
const ADDRESS: &str = "11111111111111111111111111111111";

/// Every option that a rule or a test names, with a value that its command takes.
const VALUES: [(&str, &str); 37] = [
    ("apportioning", "host"),
    ("auctions", "0"),
    ("authority", ADDRESS),
    ("bidding", "always"),
    ("clock", "system"),
    ("config", "a.yaml"),
    ("consumed", "1"),
    ("data", "a"),
    ("date", "2025-03-20"),
    ("days", "1"),
    ("dry_run", ""),
    ("gateway", "http://127.0.0.1:1"),
    ("generated", "1"),
    ("inject", "duplicate:ENG_001"),
    ("keypair", "a.json"),
    ("keys", "a"),
    ("ledger", "rpc"),
    ("listen", "0"),
    ("max_priority_fee", "1"),
    ("meter", "ENG_001"),
    ("mode", "physical"),
    ("out", "a"),
    ("output", "json"),
    ("rate", "1"),
    ("response", "0"),
    ("seed", "1"),
    ("signing", "meters"),
    ("solana_config", "a.yml"),
    ("speed", "1"),
    ("spl_token", "legacy"),
    ("strategy", "adaptive"),
    ("submitter", "a.json"),
    ("timestamp", "900"),
    ("traders", ""),
    ("upgrade_authority", "a.json"),
    ("url", "localhost"),
    ("webhook", "http://127.0.0.1:1"),
];

fn written(option: &str) -> Vec<String> {
    let (_, value) = VALUES.iter().find(|(name, _)| *name == option).unwrap_or_else(|| panic!("{option}"));
    let name = format!("--{}", option.replace('_', "-"));
    if value.is_empty() { vec![name] } else { vec![name, (*value).into()] }
}

fn checked(command: &str, given: &[&str]) -> Result<(), String> {
    let needed: &[&str] = match command.strip_prefix("oracle ").unwrap_or(command) {
        "ingest" => &["a.csv"],
        "limits set" => &["--max-age", "900"],
        "limits set-meter" => &["ENG_001", "--generation", "1"],
        "meter register" => &[
            "ENG_016",
            "--zone",
            "laboratory",
            "--owner",
            "faculty_001",
            "--signing-key",
            ADDRESS,
            "--generation-limit",
            "0",
        ],
        "meter rotate" => &["ENG_001", "--signing-key", ADDRESS],
        "meter suspend" | "meter resume" | "meter retire" => &["ENG_001"],
        "participant register" => &[ADDRESS, "--role", "faculty"],
        "authority propose" => &[ADDRESS],
        _ => &[],
    };
    let words = command.split(' ').chain(needed.iter().copied());
    let mut line: Vec<String> = ["sim-cli"].into_iter().chain(words).map(String::from).collect();
    line.extend(given.iter().flat_map(|option| written(option)));
    let matches = Arguments::command().try_get_matches_from(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    check(&matches).map_err(|error| error.to_string())
}

/// The names of all options of a command.
fn options(command: &str) -> BTreeSet<String> {
    let program = Arguments::command();
    let mut known = &program;
    for name in command.split(' ') {
        known = known.find_subcommand(name).unwrap_or_else(|| panic!("{command}"));
    }
    known.get_arguments().map(|argument| argument.get_id().to_string()).collect()
}

/// Options that lead a command to where a rule applies.
fn leading(when: When) -> &'static [&'static str] {
    match when {
        When::Always | When::Embedded => &[],
        When::Cluster => &["url"],
        When::Gateway => &["gateway"],
        When::With("meter") => &["meter", "timestamp", "generated", "consumed", "keys"],
        When::With("authority") => &["url", "authority"],
        When::With(other) => panic!("{other}"),
    }
}

#[test]
fn every_rule_refuses_each_of_its_options_in_one_line() {
    let mut seen = 0;
    for rule in &RULES {
        for command in rule.commands {
            let known = options(command);
            for option in rule.options.iter().filter(|option| known.contains(**option)) {
                let given = [leading(rule.when), &[*option]].concat();
                let expected = format!("--{}: {}", option.replace('_', "-"), rule.reason);
                assert_eq!(checked(command, &given), Err(expected), "{command} {given:?}");
                assert!(!rule.reason.contains('\n'));
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

/// The names of all commands under a command that have none under them, each with the words that lead to it.
fn leaves(command: &clap::Command, words: &str) -> Vec<String> {
    let under = command.get_subcommands().filter(|under| under.get_name() != "help");
    let below = |under: &clap::Command| leaves(under, format!("{words} {}", under.get_name()).trim());
    let mut all: Vec<String> = under.flat_map(below).collect();
    if all.is_empty() {
        all.push(words.into());
    }
    all
}

/// The commands that have the options of a cluster and its keys.
fn with_cluster_options() -> BTreeSet<String> {
    let of_cluster = ["ledger", "keypair", "solana_config", "max_priority_fee"];
    let all = leaves(&Arguments::command(), "").into_iter();
    all.filter(|leaf| of_cluster.iter().all(|option| options(leaf).contains(*option))).collect()
}

/// The options of a command of the administration that no other one has.
fn own(command: &str) -> &'static [&'static str] {
    match command {
        "limits set" => &["daily_surplus", "array_generation", "meter_consumption", "max_age", "max_skew", "dry_run"],
        "limits set-meter" => &["meter", "generation", "dry_run"],
        "meter register" => &["meter", "zone", "owner", "signing_key", "generation_limit", "dry_run"],
        "meter rotate" => &["meter", "signing_key", "dry_run"],
        "meter suspend" | "meter resume" | "meter retire" => &["meter", "dry_run"],
        "participant register" => &["wallet", "role", "dry_run"],
        "pause" | "resume" => &["part", "dry_run"],
        "authority propose" => &["address", "withdraw", "of", "dry_run"],
        "authority accept" => &["of", "dry_run"],
        _ => &[],
    }
}

/// Where a command works, and the options that it uses there.
type Used = (String, When, Vec<&'static str>);

fn used() -> Vec<Used> {
    let everywhere: &[&str] = &["config", "seed"];
    let simulated: &[&str] = &["mode", "apportioning", "response", "output"];
    let served: &[&str] = &["data", "clock", "listen", "rate", "webhook"];
    let reached: &[&str] = &["url", "ledger", "solana_config", "keys", "max_priority_fee"];
    // They lead elsewhere.
    let leads: &[&str] = &["url", "ledger", "solana_config"];
    let of_run: &[&str] = &["date", "days", "out", "signing", "strategy", "bidding", "spl_token", "inject", "gateway"];
    let on_cluster: &[&str] = &["strategy", "bidding", "keypair", "authority", "auctions", "gateway"];
    let table: [(&str, When, &[&[&str]]); 8] = [
        ("run", When::Embedded, &[everywhere, simulated, of_run, leads]),
        ("run", When::Gateway, &[everywhere, simulated, &["gateway", "speed", "date", "days", "keys"]]),
        ("run", When::Cluster, &[everywhere, simulated, reached, on_cluster]),
        ("gateway", When::Embedded, &[everywhere, served, &["traders"], leads]),
        ("gateway", When::Cluster, &[everywhere, served, reached, &["keypair", "authority", "submitter"]]),
        ("ingest", When::Embedded, &[everywhere, &["file", "data", "clock", "traders"], leads]),
        (
            "ingest",
            When::Cluster,
            &[everywhere, &["file", "data", "clock"], reached, &["keypair", "authority", "submitter"]],
        ),
        ("init", When::Cluster, &[everywhere, reached, &["keypair", "upgrade_authority", "dry_run"]]),
    ];
    let mut all: Vec<Used> =
        table.into_iter().map(|(command, when, options)| (command.into(), when, options.concat())).collect();
    // The parser itself refuses --gateway with --url or --solana-config.
    let (shown, sent): (&[&str], &[&str]) = (&["gateway", "output"], &["keypair", "keys"]);
    for command in SHOWING {
        all.push(((*command).into(), When::Cluster, [everywhere, shown, leads].concat()));
        all.push(((*command).into(), When::Gateway, [everywhere, shown, &["url", "solana_config"]].concat()));
    }
    for command in SENDING {
        let always = [everywhere, shown, sent, own(command)].concat();
        all.push(((*command).into(), When::Cluster, [&always[..], leads, &["max_priority_fee"]].concat()));
        all.push(((*command).into(), When::Gateway, [&always[..], &["url", "solana_config"]].concat()));
    }
    let limits: Vec<Used> = all.iter().filter(|(command, ..)| command.starts_with("limits ")).cloned().collect();
    all.extend(limits.into_iter().map(|(command, when, options)| (format!("oracle {command}"), when, options)));
    all
}

/// Whatever is not refused is used: an option that is new has to be in one of the two tables, and so has a command that is new.
#[test]
fn every_option_of_a_command_is_used_or_refused_wherever_the_command_works() {
    let mut walked = BTreeSet::new();
    for (command, when, used) in used() {
        let plain = command.strip_prefix("oracle ").unwrap_or(&command);
        let applies = |rule: &&Rule| rule.commands.contains(&plain) && [when, When::Always].contains(&rule.when);
        let refused: BTreeSet<&str> = RULES.iter().filter(applies).flat_map(|rule| rule.options).copied().collect();
        let used: BTreeSet<&str> = used.into_iter().collect();
        let known = options(&command);
        let all: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        let of_command: BTreeSet<&str> = refused.intersection(&all).copied().collect();
        let named: BTreeSet<&str> = used.union(&of_command).copied().collect();
        assert_eq!(named, all, "{command} {when:?}");
        assert!(used.is_disjoint(&of_command), "{command} {when:?}");
        let leads = ["file", "gateway", "url", "ledger", "solana_config"];
        for option in used.iter().filter(|option| !leads.contains(*option) && !own(plain).contains(*option)) {
            let lead = leading(when).iter().copied().filter(|other| other != option);
            let given: Vec<&str> = lead.chain([*option]).collect();
            assert_eq!(checked(&command, &given), Ok(()), "{command} {given:?}");
        }
        walked.insert(command);
    }
    assert_eq!(walked, with_cluster_options());
}

/// As the documentation writes them.
#[test]
fn options_of_the_administration_that_would_be_ignored_are_refused() {
    let said = |line: &str| crate::commands::accepts(line.split(' ')).unwrap_err();
    let unsigned = "this command signs nothing; leave it out";
    let by_keypair = "this command signs with the authority's key; give that with --keypair";
    let rotate = format!("sim-cli meter rotate ENG_001 --signing-key {ADDRESS}");
    for (line, expected) in [
        ("sim-cli oracle limits show --url localhost --keypair /nonexistent".into(), format!("--keypair: {unsigned}")),
        ("sim-cli meter list --keypair x".into(), format!("--keypair: {unsigned}")),
        ("sim-cli participant list --url localhost --keys x".into(), format!("--keys: {unsigned}")),
        (format!("sim-cli authority show --authority {ADDRESS}"), format!("--authority: {unsigned}")),
        (format!("{rotate} --upgrade-authority x"), format!("--upgrade-authority: {by_keypair}")),
        (
            "sim-cli pause --gateway http://127.0.0.1:1 --max-priority-fee 1".into(),
            "--max-priority-fee: a gateway's own ledger has no fees; leave it out".into(),
        ),
        (
            "sim-cli resume --gateway http://127.0.0.1:1 --url localhost".into(),
            "error: the argument '--gateway <URL>' cannot be used with '--url <URL>'".into(),
        ),
        (
            "sim-cli authority show --gateway http://127.0.0.1:1 --ledger rpc".into(),
            "--ledger: a gateway's own ledger is the embedded one; leave it out".into(),
        ),
    ] {
        assert_eq!(said(&line), expected, "{line}");
    }
}

#[test]
fn what_is_written_is_told_from_what_is_a_default() {
    for (command, given) in [
        ("run", &[][..]),
        ("run", &["url"]),
        ("run", &["gateway"]),
        ("init", &["url", "keypair"]),
        ("gateway", &["url"]),
    ] {
        assert_eq!(checked(command, given), Ok(()), "{command} {given:?}");
    }
    // Without a command it is `run`.
    let matches = Arguments::command().try_get_matches_from(["sim-cli", "--auctions", "4"]).unwrap();
    let expected = "--auctions: it is for a cluster; give --url too, or leave it out";
    assert_eq!(check(&matches).unwrap_err().to_string(), expected);
}
