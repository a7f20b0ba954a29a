//! `sim-cli keys`: the keys of a local network as files, for the Solana CLI.

use {
    super::Failure, crate::settlement::Keys as Derived, clap::Args, solana_keypair::write_keypair_file,
    solana_signer::Signer, std::path::PathBuf,
};

/// Write the keys of a local network as files that the Solana CLI takes. Anybody can derive them from the seed: they guard nothing.
#[derive(Clone, Debug, Args)]
pub struct Keys {
    /// Directory for the files; without it only the addresses are printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of the local keys
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

impl Keys {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let keys = Derived::new(self.seed);
        let programs = ["registry", "token", "oracle", "trading"].map(|name| (name, keys.program(name)));
        let all = [("authority", keys.authority()), ("submitter", keys.submitter())].into_iter().chain(programs);
        for (name, key) in all {
            println!("{name} {}", key.pubkey());
            let Some(directory) = &self.out else { continue };
            let path = directory.join(format!("{name}.json"));
            write_keypair_file(&key, &path)
                .map_err(|error| Failure::Unknown(format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }
}
