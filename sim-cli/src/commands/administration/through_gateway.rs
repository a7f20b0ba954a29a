//! The embedded ledger of a running gateway, for who administers it: read and written over the gateway's REST interface.

use {
    super::super::{Failure, UsageError, runtime},
    campus_energy_gateway::front::http::{
        AccountState, AdministrationAnswer, AdministrationBody, AdministrationState, keys,
    },
    campus_energy_sdk::{
        deployment::Programs,
        identity::Prefix,
        ledger::{Ledger, LedgerError, Receipt, Snapshot, transaction::to_wire},
    },
    reqwest::{StatusCode, Url, header, redirect},
    serde::de::DeserializeOwned,
    serde_json::Value,
    solana_account::Account,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
    std::time::{Duration, Instant},
    tokio::runtime::Runtime,
};

/// How long an answer may take, and how long a request is repeated that nobody answers.
const TIME_LIMIT: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);

/// A gateway's embedded ledger.
pub(in super::super) struct ThroughGateway {
    runtime: Runtime,
    http: reqwest::Client,
    url: Url,
    key: String,
    programs: Programs,
    genesis: Hash,
    time: i64,
    snapshot: Snapshot,
}

impl ThroughGateway {
    /// Asks a gateway for its department.
    pub(super) fn connect(gateway: &str, prefix: Prefix) -> Result<Self, Failure> {
        let address = |why: String| {
            UsageError::options("--gateway", format!("{gateway}: {why}; give an address such as http://127.0.0.1:8080"))
        };
        let mut base = Url::parse(gateway).map_err(|error| address(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(address(format!("{} is not a scheme of a gateway's address", base.scheme())).into());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let url = base.join("api/engineering/administration").map_err(|error| address(error.to_string()))?;
        let keys = keys::from_environment()?;
        let key = keys::first(&keys).to_string();
        if key.is_empty() {
            return Err(UsageError::options("ENGINEERING_API_KEY", "set it to a key of the gateway").into());
        }
        // A redirected post would come as a request to read, without the key.
        let http = reqwest::Client::builder().timeout(TIME_LIMIT).redirect(redirect::Policy::none()).build();
        let http = http.map_err(|error| Failure::Gateway(error.to_string()))?;
        let mut ledger = Self {
            runtime: runtime()?,
            http,
            url,
            key,
            programs: campus_energy_sdk::ledger::programs::EMBEDDED,
            genesis: Hash::default(),
            time: 0,
            snapshot: Snapshot::default(),
        };
        let state = ledger.state().map_err(|error| match error {
            LedgerError::Node { message, .. } | LedgerError::Unreachable(message) => Failure::Gateway(message),
            other => Failure::Ledger(other),
        })?;
        if state.department != prefix.to_string() {
            let why = format!("its department is {}, the configuration's is {prefix}; give --config", state.department);
            return Err(UsageError::options("--gateway", why).into());
        }
        ledger.take(state).map_err(|why| Failure::Gateway(format!("its answer cannot be read: {why}")))?;
        Ok(ledger)
    }

    fn take(&mut self, state: AdministrationState) -> Result<(), String> {
        let id = |name: &str| {
            let id = state.programs.get(name).and_then(|id| id.parse::<Pubkey>().ok());
            id.ok_or_else(|| format!("program {name}"))
        };
        self.programs =
            Programs { registry: id("registry")?, token: id("token")?, oracle: id("oracle")?, trading: id("trading")? };
        self.genesis = state.genesis_hash.parse().map_err(|_| "genesis_hash")?;
        self.time = state.time;
        for account in state.accounts {
            self.snapshot.accounts.insert(address_of(&account.address)?, account_of(account)?);
        }
        Ok(())
    }

    /// The programs' ids.
    pub(super) fn programs(&self) -> Programs {
        self.programs
    }

    /// The ledger's time as it was read, Unix seconds.
    pub(super) fn time(&self) -> i64 {
        self.time
    }

    fn state(&self) -> Result<AdministrationState, LedgerError> {
        self.ask(|| self.http.get(self.url.clone()))
    }

    /// Asks until there is an answer that says something. The same transaction twice is executed once.
    fn ask<T: DeserializeOwned>(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<T, LedgerError> {
        let until = Instant::now() + PATIENCE;
        self.runtime.block_on(async {
            loop {
                let (why, pause) = match request().bearer_auth(&self.key).send().await {
                    Ok(response) => {
                        let status = response.status();
                        if status.is_redirection() {
                            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                            let to = to.unwrap_or("another address");
                            return Err(LedgerError::Unreachable(format!(
                                "{}: it redirects to {to}; give that address",
                                self.url.origin().ascii_serialization()
                            )));
                        }
                        let after = response.headers().get(header::RETRY_AFTER);
                        let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
                        match response.text().await {
                            Ok(text) if status.is_success() => {
                                return serde_json::from_str(&text).map_err(|error| {
                                    LedgerError::Unreachable(format!("{} is no gateway: {error}", self.url))
                                });
                            }
                            Ok(text) => {
                                let refused = refusal(status, &text);
                                if !is_passing(status) {
                                    return Err(refused);
                                }
                                (refused.to_string(), after.map_or(PAUSE, Duration::from_secs))
                            }
                            Err(error) => (error.to_string(), PAUSE),
                        }
                    }
                    // Nobody listens there, or it is no address: that does not heal in seconds.
                    Err(error) if error.is_connect() || error.is_builder() => {
                        return Err(LedgerError::Unreachable(format!("{} does not answer: {error}", self.url)));
                    }
                    Err(error) => (error.to_string(), PAUSE),
                };
                if Instant::now() + pause > until {
                    return Err(LedgerError::Unreachable(format!("{} does not answer: {why}", self.url)));
                }
                tokio::time::sleep(pause).await;
            }
        })
    }
}

fn address_of(text: &str) -> Result<Pubkey, String> {
    text.parse().map_err(|_| format!("address {text}"))
}

fn account_of(AccountState { address, owner, lamports, data }: AccountState) -> Result<Account, String> {
    let data = hex::decode(&data).map_err(|error| format!("account {address}: {error}"))?;
    Ok(Account { lamports, data, owner: address_of(&owner)?, ..Account::default() })
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// A problem document as an error; an expired blockhash is signed anew.
fn refusal(status: StatusCode, text: &str) -> LedgerError {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or_default();
    if code == "blockhash_expired" {
        return LedgerError::Expired;
    }
    let message = match problem["detail"].as_str() {
        Some(detail) => format!("{code}: {detail}"),
        None => format!("{status}, and that is no gateway's answer"),
    };
    LedgerError::Node { code: status.as_u16().into(), message }
}

impl Ledger for ThroughGateway {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        Ok(self.genesis)
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        if let Some(account) = self.snapshot.account(address)? {
            return Ok(Some(account));
        }
        // Whatever else a command asks for is a wallet.
        let state: AdministrationState =
            self.ask(|| self.http.get(self.url.clone()).query(&[("wallet", address.to_string())]))?;
        let name = address.to_string();
        let found = state.accounts.into_iter().find(|account| account.address == name);
        found.map(|account| account_of(account).map_err(LedgerError::Malformed)).transpose()
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        self.snapshot.owned(program, offset, bytes)
    }

    /// Asked for each time: it is another one in each slot.
    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        let blockhash = self.state()?.blockhash;
        blockhash.parse().map_err(|_| LedgerError::Malformed(format!("blockhash {blockhash}")))
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let body = AdministrationBody { transaction: hex::encode(to_wire(&transaction)?) };
        let answer: AdministrationAnswer = self.ask(|| self.http.post(self.url.clone()).json(&body))?;
        let (signature, logs, instructions) = (answer.solana_transaction_id, Vec::new(), Vec::new());
        Ok(Receipt { signature, compute_units: 0, logs, instructions })
    }
}
