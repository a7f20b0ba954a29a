//! The options of all commands that can use a cluster: its URL and the keys, with the Solana CLI's names and defaults.

use {
    super::{
        Failure, UsageError,
        key_policy::{others_reach, refuse_seed},
        values,
    },
    campus_energy_department::{Department, DepartmentKeys, Founder, Founding, KeyName, KeySource, Wallets},
    campus_energy_gateway::BUDGET,
    campus_energy_sdk::{
        deployment::Programs,
        ledger::{Cluster, Ledger, cluster::Policy, programs::EMBEDDED},
    },
    campus_energy_simulation::Configuration,
    clap::{Args, ValueEnum},
    serde::Deserialize,
    solana_keypair::{Keypair, read_keypair, read_keypair_file},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    std::{
        io::stdin,
        path::{Path, PathBuf},
    },
};

/// Lamports that the authority gives the submitter, and every participant: some 400,000 and 4,000 transactions.
const SUBMITTER_LAMPORTS: u64 = 2_000_000_000;
const PARTICIPANT_LAMPORTS: u64 = 20_000_000;

/// Where the programs are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LedgerName {
    /// The embedded ledger in this process
    Embedded,
    /// A Solana cluster, over its JSON-RPC
    Rpc,
}

/// A cluster and a key.
#[derive(Clone, Debug, Args)]
pub struct ClusterOptions {
    /// The ledger that executes the programs [default: rpc if --url is given, otherwise embedded]
    #[arg(long, value_enum)]
    ledger: Option<LedgerName>,
    /// The cluster: the URL of its JSON-RPC, or localhost, devnet, testnet or their first letter; several, separated by commas, are
    /// tried in turn [default: SOLANA_RPC_URL, ENGINEERING_VALIDATOR_URL, then the Solana CLI's configuration]
    #[arg(short, long, value_name = "URL")]
    pub url: Option<String>,
    /// Key of the department's authority: a file, or - for stdin [default: the Solana CLI's key if the cluster comes from its
    /// configuration; otherwise ENGINEERING_WALLET_PATH, then authority.json of --keys, then the key of the random seed]
    #[arg(short, long, value_name = "FILE")]
    keypair: Option<PathBuf>,
    /// Address of the department's authority, for commands that sign nothing with its key [default: ENGINEERING_AUTHORITY_PUBKEY,
    /// then the address in public.json of --keys, then that of the random seed]
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    authority: Option<Pubkey>,
    /// Directory of the department's other keys, as `sim-cli keys --random --out DIR` writes them [default: keys derived from the
    /// random seed; anyone can compute them, so they are accepted on a cluster of this machine only]
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Key of the programs' upgrade authority, which alone may found a department [default: the key of --keypair]
    #[arg(long, value_name = "FILE")]
    upgrade_authority: Option<PathBuf>,
    /// Highest price of a compute unit, micro-lamports; the price paid is lower if others pay less
    #[arg(long, value_name = "PRICE", default_value_t = Policy::default().highest_price, value_parser = values::micro_lamports)]
    max_priority_fee: u64,
    /// Configuration file of the Solana CLI [default: ~/.config/solana/cli/config.yml]
    #[arg(short = 'C', long, value_name = "FILE")]
    solana_config: Option<PathBuf>,
}

/// The Solana CLI's configuration, as far as it is of use here.
#[derive(Debug, Deserialize)]
struct SolanaConfiguration {
    json_rpc_url: String,
    keypair_path: String,
}

/// A cluster's URLs, and the key that is given with them.
type Urls = (Vec<String>, Option<PathBuf>);

/// A founded department on a cluster, for those who work for it: nothing is signed with its authority's key, which stays away.
pub(super) struct Joined {
    pub(super) cluster: Cluster,
    pub(super) founding: Founding,
    pub(super) department: Department,
    pub(super) submitter: Keypair,
    source: KeySource,
    /// Why keys must be secret, if they must.
    others_reach: Option<String>,
    seed: u64,
}

/// A department that is planned for a cluster.
pub(super) struct Site {
    pub(super) cluster: Cluster,
    pub(super) founding: Founding,
    pub(super) source: KeySource,
    keys: DepartmentKeys,
    upgrade_authority: Option<Keypair>,
}

impl ClusterOptions {
    /// Connects, and plans a configuration's department there.
    pub(super) fn open(&self, configuration: &Configuration, file: Option<&Path>, seed: u64) -> Result<Site, Failure> {
        let (urls, default_key) = self.urls()?.ok_or(UsageError::NoCluster)?;
        let source = self.key_source(seed);
        // Before the cluster is asked for anything; once more when it has shown its genesis.
        refuse_seed(&source, others_reach(&urls, None).as_ref())?;
        let authority = self.authority(default_key, &source)?;
        let upgrade_authority = self.upgrade_authority.as_deref().map(keypair).transpose()?;
        let cluster = self.connect(&urls, configuration, file)?;
        let others_reach = others_reach(&urls, Some(&cluster.genesis_hash()?));
        refuse_seed(&source, others_reach.as_ref())?;
        let founding = planned(configuration, &cluster);
        let keys = source.department(&founding, Some(authority))?;
        if others_reach.is_some() {
            keys.refuse_public(&founding, seed)?;
            upgrade_authority.iter().try_for_each(|key| KeyName::Authority.refuse_public(key, seed))?;
        }
        Ok(Site { cluster, founding, source, keys, upgrade_authority })
    }

    /// Connects, and opens a configuration's department, which must have been founded, and be field by field what was founded. The
    /// submitter's key is the only one that is read; of the others the public parts do.
    pub(super) fn join(
        &self,
        configuration: &Configuration,
        file: Option<&Path>,
        seed: u64,
        submitter: Option<&Path>,
    ) -> Result<Joined, Failure> {
        let (urls, default_key) = self.urls()?.ok_or(UsageError::NoCluster)?;
        let source = self.key_source(seed);
        refuse_seed(&source, others_reach(&urls, None).as_ref())?;
        let submitter = submitter.map_or_else(|| Ok(source.key(KeyName::Submitter)?), keypair)?;
        let cluster = self.connect(&urls, configuration, file)?;
        let others_reach = others_reach(&urls, Some(&cluster.genesis_hash()?));
        refuse_seed(&source, others_reach.as_ref())?;
        if others_reach.is_some() {
            KeyName::Submitter.refuse_public(&submitter, seed)?;
        }
        let founding = planned(configuration, &cluster);
        let mut keys = source.public(&founding)?;
        keys.submitter = submitter.pubkey();
        keys.authority = self.authority_address(default_key)?.unwrap_or(keys.authority);
        let founder = Founder::of_public(cluster.programs(), &keys, &founding)
            .with_budgets(founding.buyers(BUDGET))
            .sharing_money(is_of_seed(&source));
        let department = founder.open(&cluster)?;
        Ok(Joined { cluster, founding, department, submitter, source, others_reach, seed })
    }

    /// The address of the department's authority, if it is given. Of a key's file the address is taken, and the key is not kept.
    fn authority_address(&self, default_key: Option<PathBuf>) -> Result<Option<Pubkey>, Failure> {
        if self.authority.is_some() {
            return Ok(self.authority);
        }
        if let Some(path) = self.authority_file(default_key) {
            return expected_authority(keypair(&path)?.pubkey()).map(Some);
        }
        Ok(std::env::var("ENGINEERING_AUTHORITY_PUBKEY").ok().and_then(|text| text.parse().ok()))
    }

    /// The file of the authority's key, if one is named.
    fn authority_file(&self, default_key: Option<PathBuf>) -> Option<PathBuf> {
        let wallet = || std::env::var_os("ENGINEERING_WALLET_PATH").map(PathBuf::from);
        self.keypair.clone().or(default_key).or_else(wallet)
    }

    /// Connects for the department's administration, with the authority's key where something is signed. No other key is read.
    pub(super) fn administer(
        &self,
        configuration: &Configuration,
        file: Option<&Path>,
        seed: u64,
        signs: bool,
    ) -> Result<(Cluster, Option<Keypair>), Failure> {
        let named = self.ledger != Some(LedgerName::Embedded);
        let (urls, default_key) = self.urls()?.filter(|_| named).ok_or(UsageError::EmbeddedLedger)?;
        let authority = signs.then(|| self.authority(default_key, &self.key_source(seed))).transpose()?;
        let refuse_public = |others_reach: Option<String>| match (&authority, others_reach) {
            (Some(key), Some(_)) => KeyName::Authority.refuse_public(key, seed),
            _ => Ok(()),
        };
        refuse_public(others_reach(&urls, None))?;
        let cluster = self.connect(&urls, configuration, file)?;
        refuse_public(others_reach(&urls, Some(&cluster.genesis_hash()?)))?;
        Ok((cluster, authority))
    }

    fn connect(&self, urls: &[String], configuration: &Configuration, file: Option<&Path>) -> Result<Cluster, Failure> {
        let policy = Policy { highest_price: self.max_priority_fee, ..Policy::default() };
        connect(urls, configuration, file, policy)
    }

    /// The key of the department's authority.
    fn authority(&self, default_key: Option<PathBuf>, source: &KeySource) -> Result<Keypair, Failure> {
        let authority = match self.authority_file(default_key) {
            Some(path) => keypair(&path)?,
            None => source.key(KeyName::Authority)?,
        };
        expected_authority(authority.pubkey())?;
        Ok(authority)
    }

    /// The key of the authority of a gateway's embedded ledger: a file's, or that of the seed by which it was founded.
    pub(super) fn authority_of_embedded(&self, seed: u64) -> Result<Keypair, Failure> {
        if self.ledger == Some(LedgerName::Rpc) {
            return Err(
                UsageError::options("--ledger rpc, --gateway", "a gateway's own ledger is the embedded one").into()
            );
        }
        self.authority(None, &self.key_source(seed))
    }

    /// Where the keys come from.
    pub(super) fn key_source(&self, seed: u64) -> KeySource {
        self.keys.clone().map_or(KeySource::Seed(seed), KeySource::Files)
    }

    /// Fails where the embedded ledger is asked for.
    pub(super) fn refuse_embedded(&self) -> Result<(), Failure> {
        match self.ledger {
            Some(LedgerName::Embedded) => {
                Err(UsageError::options("--ledger embedded", "each run founds its embedded ledger by itself").into())
            }
            _ => Ok(()),
        }
    }

    /// Whether a cluster is asked for.
    pub(super) fn is_given(&self) -> Result<bool, Failure> {
        let named = self.url.is_some() || self.solana_config.is_some();
        match self.ledger {
            Some(LedgerName::Embedded) if named => Err(UsageError::options(
                "--ledger embedded, --url",
                "the embedded ledger has no URL; leave one of them out",
            )
            .into()),
            ledger => Ok(ledger.map_or(named, |ledger| ledger == LedgerName::Rpc)),
        }
    }

    /// The URLs; with those of the Solana CLI comes its key. None where no cluster is named anywhere.
    fn urls(&self) -> Result<Option<Urls>, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|_| self.solana_config.is_none());
        let from_environment = || variable("SOLANA_RPC_URL").or_else(|| variable("ENGINEERING_VALIDATOR_URL"));
        if let Some(urls) = self.url.clone().or_else(from_environment) {
            return Ok(Some((urls.split(',').map(|url| url_of(url.trim())).collect(), None)));
        }
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config/solana/cli/config.yml"));
        let Some(path) = self.solana_config.clone().or(home) else { return Ok(None) };
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
        let parsed: SolanaConfiguration =
            serde_saphyr::from_str(&text).map_err(|error| UsageError::file(&path, &error))?;
        Ok(Some((vec![url_of(&parsed.json_rpc_url)], Some(parsed.keypair_path.into()))))
    }
}

impl Joined {
    /// The keys of those who measure and trade, for a run that does both.
    pub(super) fn wallets(&self) -> Result<Wallets, Failure> {
        let wallets = self.source.wallets(&self.founding, Some(self.submitter.insecure_clone()))?;
        if self.others_reach.is_some() {
            wallets.refuse_public(&self.founding, self.seed)?;
        }
        Ok(wallets)
    }
}

/// Connects to look at accounts; no key is read.
pub(super) fn look(urls: &str, configuration: &Configuration, file: Option<&Path>) -> Result<Cluster, Failure> {
    let urls: Vec<String> = urls.split(',').map(|url| url_of(url.trim())).collect();
    connect(&urls, configuration, file, Policy::default())
}

/// Connects; what the cluster is waited for is said on stderr.
fn connect(
    urls: &[String],
    configuration: &Configuration,
    file: Option<&Path>,
    policy: Policy,
) -> Result<Cluster, Failure> {
    let policy = Policy { notice: |text| eprintln!("{text}"), ..policy };
    Ok(Cluster::connect(urls, programs(configuration, file)?, policy)?)
}

/// A configuration's department as a cluster gets it.
fn planned(configuration: &Configuration, cluster: &Cluster) -> Founding {
    crate::plan::founding(configuration, true, cluster.mint_mode())
}

/// Fails where ENGINEERING_AUTHORITY_PUBKEY is another address than that of the authority's key.
fn expected_authority(authority: Pubkey) -> Result<Pubkey, Failure> {
    // The brief's example is no address, and says nothing.
    let expected = std::env::var("ENGINEERING_AUTHORITY_PUBKEY").ok().and_then(|text| text.parse::<Pubkey>().ok());
    match expected.filter(|expected| *expected != authority) {
        Some(expected) => Err(UsageError::OtherAuthority { expected, given: authority }.into()),
        None => Ok(authority),
    }
}

impl Site {
    /// Who founds the department, with everything that a real ledger needs.
    pub(super) fn founder(&self) -> Founder<'_> {
        founder(self.cluster.programs(), &self.keys, &self.founding, self.upgrade_authority.as_ref())
            .sharing_money(is_of_seed(&self.source))
    }

    /// The same, beside the cluster to found it on.
    pub(super) fn split(&mut self) -> (&mut Cluster, Founder<'_>) {
        let Self { cluster, founding, source, keys, upgrade_authority } = self;
        let founder = founder(cluster.programs(), keys, founding, upgrade_authority.as_ref());
        (cluster, founder.sharing_money(is_of_seed(source)))
    }
}

/// Whether the keys are those of a seed: then all departments on the cluster have one mint of the money.
fn is_of_seed(source: &KeySource) -> bool {
    matches!(source, KeySource::Seed(_))
}

fn founder<'a>(
    programs: Programs,
    keys: &DepartmentKeys,
    founding: &'a Founding,
    upgrade_authority: Option<&Keypair>,
) -> Founder<'a> {
    Founder::with_keys(programs, keys.copy(), founding)
        .with_authority(keys.authority.insecure_clone(), upgrade_authority.map(Keypair::insecure_clone))
        .with_budgets(founding.buyers(BUDGET))
        .with_lamports(SUBMITTER_LAMPORTS, PARTICIPANT_LAMPORTS)
}

/// The URL of the Solana CLI's names for clusters.
fn url_of(name: &str) -> String {
    match name {
        "l" | "localhost" => "http://localhost:8899".into(),
        "d" | "devnet" => "https://api.devnet.solana.com".into(),
        "t" | "testnet" => "https://api.testnet.solana.com".into(),
        "m" | "mainnet-beta" => "https://api.mainnet-beta.solana.com".into(),
        url => url.into(),
    }
}

fn keypair(path: &Path) -> Result<Keypair, Failure> {
    let text = path.display().to_string();
    if text == "-" || text == "stdin:" {
        return Ok(read_keypair(&mut stdin().lock()).map_err(|error| UsageError::named(&"stdin", &error))?);
    }
    if let Some(kind) = ["usb:", "prompt:", "ASK"].iter().find(|kind| text.starts_with(**kind)) {
        return Err(UsageError::named(kind, &"such keys are not supported; give a file").into());
    }
    Ok(read_keypair_file(path).map_err(|error| UsageError::named(&text, &error))?)
}

/// The programs' ids: those of the configuration file; without one, those that scripts/start-engineering-validator.sh deploys to.
pub(super) fn programs(configuration: &Configuration, file: Option<&Path>) -> Result<Programs, Failure> {
    let Some(file) = file else { return Ok(EMBEDDED) };
    let id = |name: &str| {
        let addresses = configuration.addresses();
        let found = addresses.iter().find(|(key, _)| key.ends_with(&format!("programs.{name}")));
        let (key, text) = found.copied().unwrap_or_default();
        text.parse::<Pubkey>().map_err(|_| {
            let reason = format!("{key}: {text:?} is no address; give the id of the deployed program");
            UsageError::file(file, &reason)
        })
    };
    Ok(Programs {
        registry: id("registry")?,
        token: id("energy_token")?,
        oracle: id("oracle")?,
        trading: id("trading")?,
    })
}
