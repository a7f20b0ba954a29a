//! The endpoints for who administers the department on the embedded ledger: what they need to know to sign, and where they send it.

use {
    super::{Authorized, Problem, Service, parsed},
    crate::{
        ingest::{Purpose, patiently},
        rejection::{Code, Rejection},
    },
    axum::{
        Json,
        body::Bytes,
        extract::{
            Query, State as Shared,
            rejection::{BytesRejection, QueryRejection},
        },
        http::StatusCode,
    },
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        deployment::Addresses,
        ledger::{Ledger, LedgerError},
        registry::state::Meter,
        trading::state::Book,
    },
    serde::{Deserialize, Serialize},
    solana_account::Account,
    solana_program::pubkey::Pubkey,
    std::collections::BTreeMap,
    utoipa::{IntoParams, ToSchema},
};

/// What an administrator needs: the accounts of the department, and the blockhash to sign with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AdministrationState {
    /// Prefix of the department's meters' ids.
    pub department: String,
    /// The programs' ids, by name: registry, token, oracle, trading.
    pub programs: BTreeMap<String, String>,
    /// Hash of the ledger's genesis, base58.
    pub genesis_hash: String,
    /// The newest blockhash, base58; a transaction is signed with it, and taken until the ledger begins another slot: 250 ms at least, where
    /// nobody has asked for it in the second before.
    pub blockhash: String,
    /// The ledger's time as the gateway knows it, Unix seconds.
    pub time: i64,
    /// Department, oracle, token configuration, the market's book (its header), participants, meters.
    pub accounts: Vec<AccountState>,
}

/// What is asked for besides.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Besides {
    /// Address of a wallet, base58: if it exists, it is among the accounts, with its lamports.
    wallet: Option<String>,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountState {
    /// Its address, base58.
    pub address: String,
    /// The program that it belongs to, base58.
    pub owner: String,
    /// Its lamports.
    pub lamports: u64,
    /// Its data, hexadecimal.
    pub data: String,
}

/// A transaction of the department's authority.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdministrationBody {
    /// The signed transaction as it goes over the network, hexadecimal: at most 1,232 bytes, `0x` before them or not.
    #[schema(pattern = "^(0x)?([0-9a-fA-F]{2})+$", max_length = 2_466)]
    pub transaction: String,
}

/// The answer to a transaction that has been executed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AdministrationAnswer {
    /// Always `executed`.
    pub status: String,
    /// The transaction's id.
    pub solana_transaction_id: String,
}

/// What an administrator signs by.
///
/// For the embedded ledger alone: a cluster's nodes are asked themselves.
#[utoipa::path(
    get, path = "/api/engineering/administration", tag = "administration", security(("key" = [])), params(Besides),
    responses(
        (status = 200, body = AdministrationState),
        (status = 400, description = "`invalid_address`: `wallet` is no address", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`out_of_scope`: the key is for some meters only", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not_embedded`: the ledger is a cluster", body = Problem, content_type = "application/problem+json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn state(
    Shared(service): Shared<Service>,
    authorized: Authorized,
    besides: Result<Query<Besides>, QueryRejection>,
) -> Result<Json<AdministrationState>, Problem> {
    authorized.whole()?;
    let invalid = |why: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_address", why);
    let Query(Besides { wallet }) = besides.map_err(|rejection| invalid(rejection.body_text()))?;
    let wallet = wallet.map(|text| text.parse::<Pubkey>().map_err(|error| invalid(format!("wallet: {error}"))));
    let wallet = wallet.transpose()?;
    let (site, engine) = (service.view.site.clone(), &service.intake.engine);
    if !site.embedded {
        let text = "this gateway's ledger is a cluster: ask the cluster itself (--url)";
        return Err(Rejection::new(Code::NotEmbedded, text).into());
    }
    let time = engine.time();
    let look = engine.look_to_sign(move |_, ledger| Ok(read(ledger, &site.department.addresses, wallet, time)?));
    Ok(Json(patiently(Purpose::State, look).await?))
}

fn read(
    ledger: &dyn Ledger,
    addresses: &Addresses,
    wallet: Option<Pubkey>,
    time: i64,
) -> Result<AdministrationState, LedgerError> {
    let Addresses { programs, department, oracle, token_config, book, .. } = *addresses;
    let single = [department, oracle, token_config, book];
    let there = single.into_iter().zip(ledger.accounts(&single)?);
    let mut accounts: Vec<(Pubkey, Account)> =
        there.filter_map(|(address, account)| Some((address, account?))).collect();
    // Orders and seats are nobody's business here.
    if let Some((_, account)) = accounts.iter_mut().find(|(address, _)| *address == book) {
        account.data.truncate(Book::LENGTH);
    }
    // Participants name their department at the same place.
    accounts.extend(ledger.owned(&programs.registry, Meter::FIELDS.department.offset(), department.as_ref())?);
    // A wallet belongs to the system program; what belongs to others is not shown.
    if let Some(wallet) = wallet {
        let account = ledger.account(&wallet)?.filter(|account| account.owner == SYSTEM_PROGRAM);
        accounts.extend(account.map(|account| (wallet, account)));
    }
    let state = |(address, account): (Pubkey, Account)| AccountState {
        address: address.to_string(),
        owner: account.owner.to_string(),
        lamports: account.lamports,
        data: hex::encode(account.data),
    };
    let ids = [
        ("registry", programs.registry),
        ("token", programs.token),
        ("oracle", programs.oracle),
        ("trading", programs.trading),
    ];
    Ok(AdministrationState {
        department: addresses.prefix.to_string(),
        programs: ids.into_iter().map(|(name, id)| (name.into(), id.to_string())).collect(),
        genesis_hash: ledger.genesis_hash()?.to_string(),
        blockhash: ledger.latest_blockhash()?.to_string(),
        time,
        accounts: accounts.into_iter().map(state).collect(),
    })
}

/// Administer the department.
///
/// Takes a transaction that the department's authority has signed, and executes it on the embedded ledger, through the journal. The API key
/// must be for the whole department, and alone permits nothing: each instruction must be one that administers this department, and the
/// signature that of its authority. The same transaction again is answered as before and not executed again; post it again after 408, 429,
/// 503 or no answer.
#[utoipa::path(
    post, path = "/api/engineering/administration", tag = "administration", security(("key" = [])),
    request_body = AdministrationBody,
    responses(
        (status = 200, body = AdministrationAnswer),
        (status = 400, description = "`malformed_json`, `unreadable_body`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`out_of_scope`: the key is for some meters only; `not_authority`; `wrong_signature`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`blockhash_expired`: sign anew; `not_embedded`: the ledger is a cluster", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: more than 4 KiB", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_body`, `malformed_transaction`, `not_administrative`, `rejected_by_ledger`", body = Problem, content_type = "application/problem+json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Perhaps executed: post it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post(
    Shared(service): Shared<Service>,
    authorized: Authorized,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<AdministrationAnswer>, Problem> {
    authorized.whole()?;
    let AdministrationBody { transaction } = parsed(body)?;
    let digits = transaction.strip_prefix("0x").unwrap_or(&transaction);
    let wire = hex::decode(digits).map_err(|error| {
        let text = format!("it is not hexadecimal: {error}");
        Rejection::new(Code::MalformedTransaction, text).of("transaction")
    })?;
    let solana_transaction_id = patiently(Purpose::Transaction, service.intake.engine.administer(wire)).await?;
    Ok(Json(AdministrationAnswer { status: "executed".into(), solana_transaction_id }))
}
