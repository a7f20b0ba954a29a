//! Compares the ledger's accounts with those that the replayed transactions give, and checks the invariants.

use {
    super::{
        Audit,
        balances::{Finding, Issued, Owed},
        book,
    },
    campus_energy_sdk::{
        SPL_TOKEN,
        account::AccountData,
        deployment::Addresses,
        ledger::Snapshot,
        oracle::state::{IntervalRing, Oracle},
        registry::state::{Department, Meter, Participant},
        token::state::{Retirement, TokenConfig},
        trading::state::{Book, Market},
        units::{Energy, TOKEN_UNITS_PER_WH},
    },
    solana_program::{program_pack::Pack, pubkey::Pubkey},
    spl_token_interface::state::{Account as TokenAccount, Mint},
    std::{collections::BTreeMap, fmt::Debug},
};

/// Holds the accounts against the transactions.
#[must_use]
pub fn check_accounts(audit: &Audit, snapshot: &Snapshot, addresses: &Addresses) -> Vec<Finding> {
    let accounts = Accounts { snapshot, addresses };
    vec![
        people(audit, &accounts),
        registers(audit, &accounts),
        oracle(audit, &accounts),
        minted(audit, &accounts),
        supply(&accounts),
        held(&accounts),
        money(&accounts),
        vault(&accounts, 0),
        vault(&accounts, 1),
        seats(audit, &accounts),
        market(audit, &accounts),
        receipts(audit, &accounts),
    ]
}

struct Accounts<'a> {
    snapshot: &'a Snapshot,
    addresses: &'a Addresses,
}

impl Accounts<'_> {
    fn data(&self, address: &Pubkey) -> Result<&[u8], String> {
        let account = self.snapshot.accounts.get(address);
        account.map(|account| account.data.as_slice()).ok_or_else(|| format!("account {address} is missing"))
    }

    fn read<T: AccountData>(&self, address: &Pubkey) -> Result<T, String> {
        T::decode(self.data(address)?).map_err(|error| format!("account {address}: {error}"))
    }

    fn mint(&self, address: &Pubkey) -> Result<Mint, String> {
        Mint::unpack(self.data(address)?).map_err(|error| format!("mint {address}: {error}"))
    }

    fn token_account(&self, address: &Pubkey) -> Result<TokenAccount, String> {
        TokenAccount::unpack(self.data(address)?).map_err(|error| format!("token account {address}: {error}"))
    }

    /// What all token accounts of a mint hold together.
    fn together(&self, mint: &Pubkey) -> u128 {
        let of_token = self.snapshot.accounts.values().filter(|account| account.owner == SPL_TOKEN);
        let accounts = of_token.filter_map(|account| TokenAccount::unpack(&account.data).ok());
        accounts.filter(|account| account.mint == *mint).map(|account| u128::from(account.amount)).sum()
    }

    /// The accounts of a kind that a program has.
    fn owned<T: AccountData>(&self, program: &Pubkey) -> impl Iterator<Item = T> {
        let owned = self.snapshot.accounts.values().filter(move |account| account.owner == *program);
        owned.filter_map(|account| T::decode(&account.data).ok())
    }
}

/// Returns the first of these fields that is not the same.
macro_rules! differing {
    ($what:expr, $account:expr, $replayed:expr, [$($field:ident),+ $(,)?]) => {
        $(crate::audit::accounts::equal(&$what, stringify!($field), &$account.$field, &$replayed.$field)?;)+
    };
}
pub(super) use differing;

/// Whether a field is the same.
pub(super) fn equal<T: PartialEq + Debug>(
    what: &impl std::fmt::Display,
    field: &str,
    account: &T,
    replayed: &T,
) -> Result<(), String> {
    if account == replayed {
        return Ok(());
    }
    // Energy(5) is 5.
    let plain = |value: &T| {
        let text = format!("{value:?}");
        let inner = text.strip_suffix(')').and_then(|text| text.split_once('('));
        inner.map(|(_, inner)| inner.to_string()).unwrap_or(text)
    };
    let (account, replayed) = (plain(account), plain(replayed));
    Err(format!("{what}, {field}: {account} by the account, {replayed} by the transactions"))
}

pub(super) fn same<T: PartialEq + std::fmt::Display>(what: &str, account: T, replayed: T) -> Result<(), String> {
    if account == replayed {
        Ok(())
    } else {
        Err(format!("{what}: {account} by the accounts, {replayed} by the transactions"))
    }
}

/// The department and who takes part.
fn people(audit: &Audit, accounts: &Accounts) -> Finding {
    let (registry, addresses) = (&audit.replay.registry, accounts.addresses);
    let department: Department = accounts.read(&addresses.department)?;
    let expected = registry.department.as_ref().ok_or("no transaction initialised the department")?;
    differing!(
        "department",
        department,
        expected,
        [
            prefix,
            authority,
            pending_authority,
            oracle,
            energy_mint,
            deployment,
            paused,
            participants,
            meters,
            next_event,
        ]
    );
    for (address, expected) in &registry.participants {
        let participant: Participant = accounts.read(address)?;
        differing!(format!("participant {}", expected.index), participant, expected, [department, wallet, role, index]);
    }
    let own = accounts.owned::<Participant>(&addresses.programs.registry);
    let own = own.filter(|participant| participant.department == addresses.department);
    same("participants", own.count(), registry.participants.len())?;
    Ok(format!("department and {} participants are as they were registered", registry.participants.len()))
}

/// Every meter's registers are the sums of its accepted readings.
fn registers(audit: &Audit, accounts: &Accounts) -> Finding {
    let (registry, addresses) = (&audit.replay.registry, accounts.addresses);
    for (address, expected) in &registry.meters {
        let meter: Meter = accounts.read(address)?;
        differing!(
            expected.id,
            meter,
            expected,
            [
                department,
                id,
                index,
                zone,
                status,
                owner,
                token_account,
                signing_key,
                key_epoch,
                generation_limit,
                generated,
                consumed,
                minted,
                readings,
                newest,
                accepted,
            ]
        );
    }
    let own = accounts.owned::<Meter>(&addresses.programs.registry);
    same("meters", own.filter(|meter| meter.department == addresses.department).count(), registry.meters.len())?;
    Ok(format!("registers of {} meters are the sums of {} readings", audit.meters.len(), audit.sums().readings))
}

/// The oracle's totals, of the last day and of all time.
fn oracle(audit: &Audit, accounts: &Accounts) -> Finding {
    let oracle: Oracle = accounts.read(&accounts.addresses.oracle)?;
    let expected = audit.replay.oracle.state.as_ref().ok_or("no transaction initialised the oracle")?;
    differing!(
        "oracle",
        oracle,
        expected,
        [
            authority,
            pending_authority,
            limits,
            require_signatures,
            readings,
            generated,
            consumed,
            surplus,
            day,
            day_surplus,
            next_event,
        ]
    );
    let ring: IntervalRing = accounts.read(&accounts.addresses.interval_ring)?;
    for (slot, expected) in ring.intervals.iter().zip(&audit.replay.oracle.intervals) {
        let what = format!("oracle's interval until {}", expected.timestamp);
        differing!(what, slot, expected, [timestamp, generated, consumed, surplus, readings]);
    }
    Ok(format!("oracle: its totals are those of {} readings", oracle.readings))
}

/// Invariant 1.
fn minted(audit: &Audit, accounts: &Accounts) -> Finding {
    let config: TokenConfig = accounts.read(&accounts.addresses.token_config)?;
    let expected = audit.replay.token.config.as_ref().ok_or("no transaction initialised the token")?;
    differing!(
        "tokens",
        config,
        expected,
        [department, minter, mint, mint_mode, paused, founded, minted, retired, next_event]
    );
    let surplus = audit.sums().surplus;
    let tokens = u128::from(surplus).saturating_mul(TOKEN_UNITS_PER_WH.into());
    same("tokens minted", u128::from(config.minted.0), tokens)?;
    Ok(format!("invariant 1: {} tokens minted are 10^6 x {surplus} Wh of surplus", config.minted.0))
}

/// Invariant 2, energy.
fn supply(accounts: &Accounts) -> Finding {
    let addresses = accounts.addresses;
    let (config, mint): (TokenConfig, _) =
        (accounts.read(&addresses.token_config)?, accounts.mint(&addresses.energy_mint)?);
    Issued { minted: config.minted.0, retired: config.retired.0, supply: mint.supply }.finding()
}

/// A mint's supply is what its token accounts hold together, as SPL Token keeps it.
fn held(accounts: &Accounts) -> Finding {
    let (mint, together) = (&accounts.addresses.energy_mint, accounts.together(&accounts.addresses.energy_mint));
    let supply = accounts.mint(mint)?.supply;
    if together == u128::from(supply) {
        Ok(format!("invariant 2: all token accounts together hold the {supply}"))
    } else {
        Err(format!("tokens on all accounts together: {together}, of a supply of {supply}"))
    }
}

/// The same of the money.
fn money(accounts: &Accounts) -> Finding {
    let mint = accounts.token_account(&accounts.addresses.quote_vault)?.mint;
    let (together, supply) = (accounts.together(&mint), accounts.mint(&mint)?.supply);
    if together == u128::from(supply) {
        Ok(format!("invariant 2: all accounts for money together hold the {supply} issued"))
    } else {
        Err(format!("money on all accounts together: {together}, of {supply} issued"))
    }
}

/// Invariant 2, a vault: 0 is energy, 1 is money.
fn vault(accounts: &Accounts, place: usize) -> Finding {
    let addresses = accounts.addresses;
    let owed = Owed::by(&mut accounts.data(&addresses.book)?.to_vec())?[place];
    let vault = accounts.token_account([&addresses.energy_vault, &addresses.quote_vault][place])?;
    owed.finding(vault.amount)
}

/// The book with its orders and seats, and invariant 4's sums.
fn seats(audit: &Audit, accounts: &Accounts) -> Finding {
    let data = accounts.data(&accounts.addresses.book)?;
    book::compare(data, &audit.replay.trading.book)?;
    let header = Book::decode(data).map_err(|error| format!("book: {error}"))?;
    let (auctions, traded) = (audit.market.auctions, audit.market.traded);
    same("energy ever traded, Wh", header.traded.0, traded)?;
    let ongoing = audit.market.unfinished().map_or_else(String::new, |(timestamp, orders)| {
        format!("; the clearing of the interval until {timestamp} has settled {} orders and goes on", orders.len())
    });
    Ok(format!(
        "invariant 4: {auctions} auctions at the price their orders give, {traded} Wh bought and sold within limits; \
         {} bids, {} asks and {} seats agree{ongoing}",
        header.bids,
        header.asks,
        audit.market.seats.len()
    ))
}

/// The market's data.
fn market(audit: &Audit, accounts: &Accounts) -> Finding {
    let market: Market = accounts.read(&accounts.addresses.market)?;
    let expected = Market::decode(&audit.replay.trading.market).map_err(|error| format!("market: {error}"))?;
    differing!(
        "market",
        market,
        expected,
        [department, oracle, energy_mint, quote_mint, tariffs, cleared, timestamp, late_supply, late_demand]
    );
    let mut known = 0;
    for (record, expected) in market.history.iter().zip(&expected.history) {
        let what = format!("market's interval {}", expected.interval);
        differing!(what, record, expected, [interval, supply, demand, reference_price, price, traded]);
        known = usize::from(record.interval > 0).saturating_add(known);
    }
    let late = match audit.late {
        0 => String::new(),
        late => format!("; {late} readings were late, of {} surplus", market.late_supply),
    };
    Ok(format!("market data of the last {known} intervals are those of the readings and auctions{late}"))
}

/// Every token retired has its receipt.
fn receipts(audit: &Audit, accounts: &Accounts) -> Finding {
    let addresses = accounts.addresses;
    let all = accounts.owned::<Retirement>(&addresses.programs.token);
    let own = all.filter(|receipt| receipt.token_config == addresses.token_config);
    let receipts: BTreeMap<(Pubkey, i64), Energy> =
        own.map(|receipt| ((receipt.owner, receipt.timestamp), receipt.energy)).collect();
    let expected = &audit.replay.token.receipts;
    for ((owner, timestamp), energy) in expected {
        let name = audit.participants.iter().find(|known| known.wallet == *owner);
        let name = name.map_or_else(|| owner.to_string(), |known| known.name.clone());
        let what = format!("receipt of {name} for the interval until {timestamp}, Wh");
        same(&what, receipts.get(&(*owner, *timestamp)).map_or(0, |energy| energy.0), energy.0)?;
    }
    same("receipts", receipts.len(), expected.len())?;
    let others = match audit.retired_by_others {
        0 => String::new(),
        energy => format!(", {energy} Wh of them by holders who are no participants"),
    };
    Ok(format!("{} receipts are the {} tokens retired{others}", receipts.len(), audit.retired.0))
}
