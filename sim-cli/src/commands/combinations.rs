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
const OWN_FEES: &str = "a gateway's own ledger has no fees; leave it out";
const OWN_LEDGER: &str = "a gateway's own ledger is the embedded one; leave it out";
const EMBEDDED_ONLY: &str = "it is for the embedded ledger; leave it or --url out";

/// The commands that show a department's administration and sign nothing.
const SHOWING: &[&str] = &["limits show", "meter list", "participant list", "authority show"];
/// Those that change it, and sign with the key of --keypair.
const SENDING: &[&str] = &[
    "limits set",
    "limits set-meter",
    "meter register",
    "meter rotate",
    "meter suspend",
    "meter resume",
    "meter retire",
    "participant register",
    "pause",
    "resume",
    "authority propose",
    "authority accept",
];

/// All of them. The first one that applies is said. `oracle limits` is `limits`.
pub(super) const RULES: [Rule; 22] = [
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
    Rule { commands: SENDING, when: When::Always, options: &["authority", "upgrade_authority"], reason: BY_KEYPAIR },
    Rule {
        commands: SHOWING,
        when: When::Always,
        options: &["keypair", "authority", "keys", "upgrade_authority", "max_priority_fee"],
        reason: UNSIGNED,
    },
    Rule { commands: SENDING, when: When::Gateway, options: &["ledger"], reason: OWN_LEDGER },
    Rule { commands: SHOWING, when: When::Gateway, options: &["ledger"], reason: OWN_LEDGER },
    Rule { commands: SENDING, when: When::Gateway, options: &["max_priority_fee"], reason: OWN_FEES },
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
    let command = command.strip_prefix("oracle ").unwrap_or(&command);
    let applies = |when: When| match when {
        When::Always => true,
        When::Gateway => is_given(leaf, "gateway"),
        When::Cluster => !is_given(leaf, "gateway") && on_cluster(leaf),
        When::Embedded => !is_given(leaf, "gateway") && !on_cluster(leaf),
        // A reading's own signature comes from a key: a seed's, unless there are files.
        When::With("meter") => is_given(leaf, "meter") && is_given(leaf, "keys"),
        When::With(option) => is_given(leaf, option),
    };
    for rule in RULES.iter().filter(|rule| rule.commands.contains(&command) && applies(rule.when)) {
        if let Some(option) = rule.options.iter().find(|option| is_given(leaf, option)) {
            return Err(UsageError::Meaningless { option: option.replace('_', "-"), reason: rule.reason });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
