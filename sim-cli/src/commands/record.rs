//! What the commands that show an earlier run share: its directory and the output format.

use {
    super::Failure,
    campus_energy_department::{
        audit::{Audit, ClosedInterval},
        record::{RecordError, read_accounts, read_transactions},
    },
    campus_energy_report::Manifest,
    campus_energy_sdk::{
        deployment::Addresses,
        identity::Prefix,
        ledger::{Snapshot, programs::EMBEDDED},
    },
    clap::{Args, ValueEnum},
    std::{
        fs,
        path::{Path, PathBuf},
    },
};

#[cfg(feature = "network")]
use {
    super::cluster,
    campus_energy_department::{FoundingError, audit::snapshot_of},
    campus_energy_sdk::ledger::Ledger,
    campus_energy_simulation::Configuration,
};

/// Where the ledger is, and how it is shown.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// Directory of an earlier run
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(super) out: PathBuf,
    /// Format of the standard output
    #[arg(long, value_enum, default_value_t = Format::Display)]
    pub(super) output: Format,
}

/// A run's directory or a cluster, and how it is shown.
#[derive(Clone, Debug, Args)]
pub struct SourceOrCluster {
    #[command(flatten)]
    source: Source,
    /// Show the department on this cluster instead: the URL of its JSON-RPC, or localhost, devnet, testnet
    #[cfg(feature = "network")]
    #[arg(short, long, value_name = "URL", conflicts_with = "out")]
    url: Option<String>,
    /// With --url: configuration file with the department's prefix and its programs
    #[cfg(feature = "network")]
    #[arg(long, value_name = "FILE", requires = "url")]
    config: Option<PathBuf>,
}

impl SourceOrCluster {
    pub(super) fn format(&self) -> Format {
        self.source.output
    }

    /// The directory of the earlier run, where it is none of a cluster.
    pub(super) fn directory(&self) -> Option<&Path> {
        #[cfg(feature = "network")]
        if self.url.is_some() {
            return None;
        }
        Some(&self.source.out)
    }

    /// The accounts, and where the department's are.
    pub(super) fn accounts(&self) -> Result<(Snapshot, Addresses), Failure> {
        #[cfg(feature = "network")]
        if let Some(url) = &self.url {
            return self.of_cluster(url);
        }
        let Run { snapshot, addresses, .. } = Run::open(&self.source.out)?;
        Ok((snapshot, addresses))
    }

    #[cfg(feature = "network")]
    fn of_cluster(&self, url: &str) -> Result<(Snapshot, Addresses), Failure> {
        let configuration = Configuration::load(self.config.as_deref())?;
        let cluster = cluster::look(url, &configuration, self.config.as_deref())?;
        let addresses = Addresses::derive(cluster.programs(), configuration.prefix());
        if cluster.account(&addresses.market)?.is_none() {
            return Err(FoundingError::Unfounded.into());
        }
        Ok((snapshot_of(&cluster, &addresses)?, addresses))
    }
}

/// How it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables
    Display,
    /// JSON
    Json,
}

/// An earlier run.
pub(super) struct Run {
    pub(super) manifest: Manifest,
    pub(super) addresses: Addresses,
    pub(super) snapshot: Snapshot,
}

impl Run {
    /// Opens its directory.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join("manifest.json");
        let text = fs::read(&path).map_err(|error| RecordError::unreadable(&path, &error))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| RecordError::unreadable(&path, &error))?;
        let prefix: Prefix = manifest.prefix.parse().map_err(|error| RecordError::unreadable(&path, &error))?;
        let (addresses, snapshot) = (Addresses::derive(EMBEDDED, prefix), read_accounts(directory)?);
        Ok(Self { manifest, addresses, snapshot })
    }
}

/// Goes through all transactions of an earlier run; `see` is shown every interval.
pub(super) fn audit(
    addresses: Addresses,
    directory: &Path,
    mut see: impl FnMut(&ClosedInterval),
) -> Result<Audit, Failure> {
    let mut audit = Audit::new(addresses);
    for transaction in read_transactions(directory)? {
        audit.apply(&transaction?)?;
        audit.take_closed().iter().for_each(&mut see);
    }
    Ok(audit)
}
