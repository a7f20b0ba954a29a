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
/// programs' ids, `participants/` and `meters/`; and `public.json` with their public parts, which is all that a gateway's host needs
/// besides `submitter.json`. Without --random they are those of a local network: anyone can derive them from the random seed, so they
/// protect nothing and are accepted on a cluster of this machine only.
#[derive(Clone, Debug, Args)]
pub struct Keys {
    /// Directory for the files, which only their owner can read; without it, only the addresses are printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Create secret keys from the operating system's randomness; existing files are not changed
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
        let founding = crate::plan::founding(&configuration, true, MintMode::Plain);
        let names = KeyName::all(&founding);
        if let Some(directory) = &self.out {
            let written = write_keys(directory, &names, (!self.random).then_some(self.options.seed))?;
            let source = KeySource::Files(directory.clone());
            source.department(&founding, None)?.public().write(directory, &founding)?;
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
