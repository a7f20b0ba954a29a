//! Where a department is that is administered: on a cluster, or on the embedded ledger of a running gateway.

use {
    super::{
        super::{ConfigurationOptions, Failure, cluster::ClusterOptions, record::Format},
        through_gateway::ThroughGateway,
    },
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::{Cluster, Ledger, LedgerError, Receipt},
    },
    campus_energy_simulation::Configuration,
    clap::Args,
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{hash::Hash, instruction::Instruction, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
};

/// Where the department is.
#[derive(Clone, Debug, Args)]
pub(in super::super) struct DepartmentPlace {
    /// Address of a running gateway whose embedded ledger it is; the API key is the first one for the whole department
    /// in ENGINEERING_API_KEY, or in the file that ENGINEERING_API_KEY_FILE names
    #[arg(long, value_name = "URL", conflicts_with_all = ["url", "solana_config"])]
    gateway: Option<String>,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    options: ConfigurationOptions,
    /// Format of the standard output
    #[arg(long, value_enum, default_value_t = Format::Display)]
    pub(super) output: Format,
}

/// A department's ledger, and the key of who changes it.
pub(in super::super) struct OpenedDepartment {
    pub(in super::super) configuration: Configuration,
    pub(in super::super) addresses: Addresses,
    pub(in super::super) ledger: Target,
    /// Where something is signed.
    pub(in super::super) key: Option<Keypair>,
}

/// A ledger that is administered.
pub(in super::super) enum Target {
    /// A cluster.
    Cluster(Box<Cluster>),
    /// The embedded ledger of a gateway.
    Gateway(Box<ThroughGateway>),
}

impl DepartmentPlace {
    /// Connects; with the authority's key where something is signed.
    pub(in super::super) fn open(&self, signs: bool) -> Result<OpenedDepartment, Failure> {
        let configuration = self.options.load()?;
        configuration.check_for_a_ledger()?;
        if let Some(gateway) = &self.gateway {
            let key = signs.then(|| self.cluster.authority_of_embedded(self.options.seed)).transpose()?;
            let ledger = ThroughGateway::connect(gateway, configuration.prefix())?;
            let addresses = Addresses::derive(ledger.programs(), configuration.prefix());
            return Ok(OpenedDepartment { configuration, addresses, ledger: Target::Gateway(Box::new(ledger)), key });
        }
        let (cluster, key) =
            self.cluster.administer(&configuration, self.options.config.as_deref(), self.options.seed, signs)?;
        let addresses = Addresses::derive(cluster.programs(), configuration.prefix());
        Ok(OpenedDepartment { configuration, addresses, ledger: Target::Cluster(Box::new(cluster)), key })
    }
}

impl Target {
    /// The ledger's time, Unix seconds.
    pub(in super::super) fn time(&self) -> Result<i64, LedgerError> {
        match self {
            Self::Cluster(cluster) => cluster.time(),
            Self::Gateway(gateway) => Ok(gateway.time()),
        }
    }

    /// Whether nobody can give lamports but by a transaction of the authority.
    pub(in super::super) fn is_embedded(&self) -> bool {
        matches!(self, Self::Gateway(_))
    }

    /// What has gone wrong, in the words of who said so.
    pub(in super::super) fn failure(&self, error: LedgerError) -> Failure {
        match (self, error) {
            (Self::Gateway(_), LedgerError::Node { message, .. } | LedgerError::Unreachable(message)) => {
                Failure::Gateway(message)
            }
            (_, LedgerError::Expired) if self.is_embedded() => Failure::Gateway(
                "the ledger has begun another slot again and again before the transaction came; try again".into(),
            ),
            (_, error) => Failure::Ledger(error),
        }
    }

    fn ledger(&self) -> &dyn Ledger {
        match self {
            Self::Cluster(cluster) => &**cluster,
            Self::Gateway(gateway) => &**gateway,
        }
    }
}

impl Ledger for Target {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        self.ledger().genesis_hash()
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        self.ledger().account(address)
    }

    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, LedgerError> {
        self.ledger().accounts(addresses)
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        self.ledger().owned(program, offset, bytes)
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        self.ledger().latest_blockhash()
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        match self {
            Self::Cluster(cluster) => cluster.send(transaction),
            Self::Gateway(gateway) => gateway.send(transaction),
        }
    }

    fn budget(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        self.ledger().budget(instructions)
    }
}
