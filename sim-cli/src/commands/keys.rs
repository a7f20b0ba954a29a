//! `sim-cli keys`: a department's keys as files, random or those of a local network.

use {
    super::{ConfigurationOptions, Failure},
    campus_energy_department::{KeyName, KeySource, write_keys},
    campus_energy_sdk::token::state::MintMode,
    clap::Args,
    solana_signer::Signer,
    std::path::PathBuf,
};

/// Write a department's keys as files that `--keys` and the Solana CLI take: `authority.json`, `submitter.json`, `quote-mint.json`, the four
/// programs' ids, `participants/` and `meters/`. Without --random they are those of a local network: anyone can derive them from the seed,
/// they guard nothing, and only a cluster on this machine takes them.
#[derive(Clone, Debug, Args)]
pub struct Keys {
    /// Directory for the files, which only their owner can read; without it only the addresses are printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make secret keys from the operating system's randomness; files that are there stay as they are
    #[arg(long, requires = "out", conflicts_with = "seed")]
    random: bool,
    /// Write nothing, and print the addresses of the keys in this directory
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "random", "seed"])]
    keys: Option<PathBuf>,
    #[command(flatten)]
    options: ConfigurationOptions,
}

impl Keys {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let configuration = self.options.load()?;
        // Who takes part and which meters there are is the same on every ledger.
        let names = KeyName::all(&crate::plan::founding(&configuration, true, MintMode::Plain));
        if let Some(directory) = &self.out {
            let written = write_keys(directory, &names, (!self.random).then_some(self.options.seed))?;
            let kept = names.len() - written;
            eprintln!("{}: {written} keys written, {kept} were there", directory.display());
        }
        let source = match self.keys.as_ref().or(self.out.as_ref()) {
            Some(directory) => KeySource::Files(directory.clone()),
            None => KeySource::Seed(self.options.seed),
        };
        // Not those of which there are many.
        for name in names.into_iter().filter(|name| !matches!(name, KeyName::Participant(_) | KeyName::Meter(..))) {
            println!("{name} {}", source.key(name)?.pubkey());
        }
        Ok(())
    }
}
