//! `sim-cli init`: founds the department on a cluster, or resumes its founding.

use {
    super::{ConfigurationOptions, Failure, UsageError, cluster::ClusterOptions},
    campus_energy_department::KeySource,
    campus_energy_report as report,
    campus_energy_sdk::ledger::{Cluster, Ledger},
    clap::Args,
    indicatif::{ProgressBar, ProgressStyle},
    solana_program::pubkey::Pubkey,
};

/// Lamports that a founding takes at most, with rent for everything.
const NEEDED: u64 = 12_000_000_000;
/// Of them, those for the programs' accounts, which the upgrade authority pays.
const NEEDED_FOR_PROGRAMS: u64 = 200_000_000;
/// What a local cluster's faucet is asked for.
const AIRDROP: u64 = 100_000_000_000;

/// Found the department on a cluster: its accounts, mints, participants, meters, market and lookup table. Existing accounts are kept if they
/// are field by field what the founding would create; otherwise nothing is sent. Limits may differ and are reported. An interrupted founding is
/// resumed.
#[derive(Clone, Debug, Args)]
pub struct Init {
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Print what would be created, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    options: ConfigurationOptions,
}

impl Init {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let configuration = self.options.load()?;
        configuration.check_for_a_ledger()?;
        self.cluster.refuse_embedded()?;
        let mut site = self.cluster.open(&configuration, self.options.config.as_deref(), self.options.seed)?;
        println!("{}", keys_line(&site.source));
        let (authority, upgrade_authority) = (site.founder().authority(), site.founder().upgrade_authority());
        let addresses = *site.founder().addresses();
        let founded = site.cluster.account(&addresses.department)?.is_some();
        if !founded {
            site.founder().check_upgrade_authority(&site.cluster)?;
        }
        let plan = site.founder().plan(&site.cluster)?;
        site.founder().notices(&site.cluster)?.iter().for_each(|notice| eprintln!("{notice}"));
        if self.dry_run {
            let rows = plan.iter().map(|stage| {
                let there = stage.all - stage.missing;
                [stage.name.into(), there.to_string(), stage.missing.to_string(), stage.drafts.len().to_string()]
            });
            println!("{}", report::table(["to be made", "there", "missing", "transactions"], 3, rows));
            return Ok(());
        }
        let transactions: u64 = plan.iter().map(|stage| stage.drafts.len() as u64).sum();
        if transactions > 0 {
            fund(&site.cluster, &authority, NEEDED)?;
            if upgrade_authority != authority && !founded {
                fund(&site.cluster, &upgrade_authority, NEEDED_FOR_PROGRAMS)?;
            }
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} transactions, {msg}");
        let progress =
            ProgressBar::new(transactions).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let before = lamports(&site.cluster, &authority)?;
        let (cluster, founder) = site.split();
        let department = founder.found_with_seats(cluster, |stage| {
            progress.inc(stage.drafts.len() as u64);
            progress.set_message(stage.name);
        })?;
        progress.finish_and_clear();
        let spent = before.saturating_sub(lamports(&site.cluster, &authority)?);
        let rows = [
            ["department".into(), addresses.department.to_string()],
            ["authority".into(), authority.to_string()],
            ["energy token mint".into(), addresses.energy_mint.to_string()],
            ["money mint".into(), department.quote_mint.to_string()],
            ["market".into(), addresses.market.to_string()],
            ["lookup table".into(), department.table.key.to_string()],
            ["meters".into(), department.meters.len().to_string()],
            ["participants".into(), (site.founding.participants.len() + 1).to_string()],
            ["transactions".into(), transactions.to_string()],
            ["spent by the authority, SOL".into(), format!("{:.6}", spent as f64 / 1e9)],
        ];
        println!("{}", report::table(["department", ""], 1, rows));
        Ok(())
    }
}

fn keys_line(source: &KeySource) -> String {
    match source {
        KeySource::Seed(seed) => {
            format!(
                "Keys: derived from seed {seed}, so anyone can compute them; they are for a cluster on this machine alone"
            )
        }
        KeySource::Files(directory) => format!("Keys: read from {}", directory.display()),
    }
}

/// Lamports from the faucet, where the authority has too few and there is one.
fn fund(cluster: &Cluster, authority: &Pubkey, needed: u64) -> Result<(), Failure> {
    if lamports(cluster, authority)? >= needed {
        return Ok(());
    }
    cluster.airdrop(authority, AIRDROP).map_err(|error| {
        let (wallet, needed) = (*authority, (needed as f64 / 1e9).to_string());
        UsageError::Unfunded { wallet, needed, reason: error.to_string() }.into()
    })
}

fn lamports(cluster: &Cluster, address: &Pubkey) -> Result<u64, Failure> {
    Ok(cluster.account(address)?.map_or(0, |account| account.lamports))
}
