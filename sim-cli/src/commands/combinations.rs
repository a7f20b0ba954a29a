//! Options that mean nothing together: an option that would be ignored is refused, with what it is for.

use {
    super::{UsageError, cluster::LedgerName},
    clap::{ArgMatches, parser::ValueSource},
};

/// When options mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Always: the command has them with other commands' options.
    Always,
    /// On the embedded ledger.
    Embedded,
    /// On a cluster.
    Cluster,
    /// With --gateway.
    Gateway,
    /// Where another option is given too.
    With(&'static str),
}

/// Options of commands, named as in the code, that mean nothing, and why.
pub(super) struct Rule {
    pub(super) commands: &'static [&'static str],
    pub(super) when: When,
    pub(super) options: &'static [&'static str],
    pub(super) reason: &'static str,
}

const FOR_A_CLUSTER: &str = "it is for a cluster; give --url too, or leave it out";
const ONLY_INIT: &str = "only init signs with the upgrade authority's key; leave it out";
const BY_KEYPAIR: &str = "this command signs with the authority's key; give that with --keypair";
const UNSIGNED: &str = "this command signs nothing; leave it out";
const SETTLED_ELSEWHERE: &str = "the gateway settles the readings, and nothing is traded or written here; leave it out";
const EMBEDDED_ONLY: &str = "it is for the embedded ledger; leave it or --url out";

/// All of them. The first one that applies is said.
pub(super) const RULES: [Rule; 19] = [
    Rule {
        commands: &["run"],
        when: When::Gateway,
        options: &["url", "ledger", "solana_config"],
        reason: "give either --gateway or a cluster; the gateway has its own --url",
    },
    Rule { commands: &["run"], when: When::Gateway, options: &["inject"], reason: INJECT },
    Rule {
        commands: &["run"],
        when: When::Gateway,
        options: &["out", "signing", "strategy", "bidding", "spl_token"],
        reason: SETTLED_ELSEWHERE,
    },
    Rule {
        commands: &["run"],
        when: When::Gateway,
        options: &["keypair", "authority", "upgrade_authority", "max_priority_fee", "auctions"],
        reason: FOR_A_CLUSTER_ALONE,
    },
    Rule {
        commands: &["run"],
        when: When::Cluster,
        options: &["date", "days"],
        reason: "a cluster has a clock of its own: the intervals that have just ended are settled; see --auctions",
    },
    Rule { commands: &["run"], when: When::Cluster, options: &["inject"], reason: INJECT },
    Rule { commands: &["run"], when: When::Cluster, options: &["spl_token", "out"], reason: EMBEDDED_ONLY },
    Rule {
        commands: &["run"],
        when: When::Cluster,
        options: &["signing"],
        reason: "on a cluster each meter signs; leave it out",
    },
    Rule {
        commands: &["run"],
        when: When::Cluster,
        options: &["speed"],
        reason: "it is for --gateway; a cluster has a clock of its own",
    },
    Rule { commands: &["run"], when: When::Embedded, options: &["speed"], reason: "it is for --gateway; leave it out" },
    Rule {
        commands: &["run", "gateway", "ingest"],
        when: When::Embedded,
        options: &["keys", "submitter"],
        reason: "it is for a cluster; the embedded ledger's keys are those of --seed",
    },
    Rule {
        commands: &["run", "gateway", "ingest"],
        when: When::Embedded,
        options: &["keypair", "authority", "upgrade_authority", "max_priority_fee", "auctions"],
        reason: FOR_A_CLUSTER,
    },
    Rule {
        commands: &["run", "gateway", "ingest"],
        when: When::Cluster,
        options: &["upgrade_authority"],
        reason: ONLY_INIT,
    },
    Rule {
        commands: &["gateway", "ingest"],
        when: When::Cluster,
        options: &["traders"],
        reason: "it is for the embedded ledger; on a cluster the participants trade by run --url",
    },
    Rule {
        commands: &["run", "gateway", "ingest"],
        when: When::With("authority"),
        options: &["keypair"],
        reason: "--authority names the same; give one of them",
    },
    Rule { commands: &["init"], when: When::Always, options: &["authority"], reason: BY_KEYPAIR },
    Rule {
        commands: &["limits set", "limits set-meter"],
        when: When::Always,
        options: &["authority", "upgrade_authority"],
        reason: BY_KEYPAIR,
    },
    Rule {
        commands: &["limits show"],
        when: When::Always,
        options: &["keypair", "authority", "keys", "upgrade_authority", "max_priority_fee"],
        reason: UNSIGNED,
    },
    Rule {
        commands: &["sign"],
        when: When::With("meter"),
        options: &["seed"],
        reason: "with --meter and --keys nothing is random; leave it out",
    },
];

const INJECT: &str = "meters are tampered with on the embedded ledger only; leave --gateway and --url out";
const FOR_A_CLUSTER_ALONE: &str = "it is for a cluster, and the gateway has its own --url; leave it out";

/// Whether an option is written on the command line; the environment is left to the commands.
fn is_given(matches: &ArgMatches, option: &str) -> bool {
    matches.try_contains_id(option).is_ok() && matches.value_source(option) == Some(ValueSource::CommandLine)
}

/// Whether the options lead to a cluster.
fn on_cluster(matches: &ArgMatches) -> bool {
    let ledger = matches.try_get_one::<LedgerName>("ledger").ok().flatten();
    match ledger {
        Some(ledger) => *ledger == LedgerName::Rpc,
        None => is_given(matches, "url") || is_given(matches, "solana_config"),
    }
}

/// Fails where an option of a command would be ignored.
pub(super) fn check(matches: &ArgMatches) -> Result<(), UsageError> {
    let (mut names, mut leaf) = (Vec::new(), matches);
    while let Some((name, inner)) = leaf.subcommand() {
        names.push(name);
        leaf = inner;
    }
    let command = if names.is_empty() { "run".into() } else { names.join(" ") };
    let applies = |when: When| match when {
        When::Always => true,
        When::Gateway => is_given(leaf, "gateway"),
        When::Cluster => !is_given(leaf, "gateway") && on_cluster(leaf),
        When::Embedded => !is_given(leaf, "gateway") && !on_cluster(leaf),
        // A reading's own signature comes from a key: a seed's, unless there are files.
        When::With("meter") => is_given(leaf, "meter") && is_given(leaf, "keys"),
        When::With(option) => is_given(leaf, option),
    };
    for rule in RULES.iter().filter(|rule| rule.commands.contains(&command.as_str()) && applies(rule.when)) {
        if let Some(option) = rule.options.iter().find(|option| is_given(leaf, option)) {
            return Err(UsageError::Meaningless { option: option.replace('_', "-"), reason: rule.reason });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use {super::*, crate::commands::Arguments, clap::CommandFactory, std::collections::BTreeSet};

    /// Every option that a rule or a test names, with a value that its command takes.
    const VALUES: [(&str, &str); 37] = [
        ("apportioning", "host"),
        ("auctions", "0"),
        ("authority", "11111111111111111111111111111111"),
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
        let needed: &[&str] = match command {
            "ingest" => &["a.csv"],
            "limits set" => &["--max-age", "900"],
            "limits set-meter" => &["ENG_001", "--generation", "1"],
            _ => &[],
        };
        let words = command.split(' ').chain(needed.iter().copied());
        let mut line: Vec<String> = ["sim-cli"].into_iter().chain(words).map(String::from).collect();
        line.extend(given.iter().flat_map(|option| written(option)));
        let matches =
            Arguments::command().try_get_matches_from(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
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

    /// Whatever is not refused is used: an option that is new has to be in one of the two tables.
    #[test]
    fn every_option_of_a_command_is_used_or_refused_wherever_the_command_works() {
        let everywhere = ["config", "seed"];
        let simulated = ["mode", "apportioning", "response", "output"];
        let served = ["data", "clock", "listen", "rate", "webhook"];
        let reached = ["url", "ledger", "solana_config", "keys", "max_priority_fee"];
        let table: [(&str, When, &[&[&str]]); 7] = [
            (
                "run",
                When::Embedded,
                &[
                    &everywhere,
                    &simulated,
                    &["date", "days", "out", "signing", "strategy", "bidding", "spl_token", "inject"],
                    // They lead elsewhere.
                    &["gateway", "url", "ledger", "solana_config"],
                ],
            ),
            ("run", When::Gateway, &[&everywhere, &simulated, &["gateway", "speed", "date", "days", "keys"]]),
            (
                "run",
                When::Cluster,
                &[
                    &everywhere,
                    &simulated,
                    &reached,
                    &["strategy", "bidding", "keypair", "authority", "auctions", "gateway"],
                ],
            ),
            ("gateway", When::Embedded, &[&everywhere, &served, &["traders", "url", "ledger", "solana_config"]]),
            ("gateway", When::Cluster, &[&everywhere, &served, &reached, &["keypair", "authority", "submitter"]]),
            (
                "ingest",
                When::Embedded,
                &[&everywhere, &["file", "data", "clock", "traders", "url", "ledger", "solana_config"]],
            ),
            (
                "ingest",
                When::Cluster,
                &[&everywhere, &["file", "data", "clock"], &reached, &["keypair", "authority", "submitter"]],
            ),
        ];
        for (command, when, used) in table {
            let refused = RULES.iter().filter(|rule| rule.commands.contains(&command) && rule.when == when);
            let refused: BTreeSet<&str> = refused.flat_map(|rule| rule.options).copied().collect();
            let used: BTreeSet<&str> = used.iter().flat_map(|some| some.iter()).copied().collect();
            let known = options(command);
            let all: BTreeSet<&str> = known.iter().map(String::as_str).collect();
            let of_command: BTreeSet<&str> = refused.intersection(&all).copied().collect();
            let named: BTreeSet<&str> = used.union(&of_command).copied().collect();
            assert_eq!(named, all, "{command} {when:?}");
            assert!(used.is_disjoint(&of_command), "{command} {when:?}");
            for option in
                used.iter().filter(|option| !["file", "gateway", "url", "ledger", "solana_config"].contains(option))
            {
                let lead = leading(when);
                let given: Vec<&str> = lead.iter().copied().filter(|other| other != option).chain([*option]).collect();
                assert_eq!(checked(command, &given), Ok(()), "{command} {given:?}");
            }
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
}
