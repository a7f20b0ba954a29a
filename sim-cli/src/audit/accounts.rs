//! The ledger's accounts against what the events say: the invariants, and every register.

use {
    super::Audit,
    campus_energy_sdk::{
        SPL_TOKEN,
        account::AccountData,
        deployment::Addresses,
        ledger::Snapshot,
        matching,
        registry::state::Meter,
        time::Interval,
        token::state::{Retirement, TokenConfig},
        trading::state::{Book, IntervalRecord, Market, split},
        units::{Energy, TOKEN_UNITS_PER_WH},
    },
    solana_program::{program_pack::Pack, pubkey::Pubkey},
    spl_token_interface::state::{Account as TokenAccount, Mint},
};

/// What a check has found: what agrees, or what does not.
pub type Finding = Result<String, String>;

/// Holds the accounts against the events.
#[must_use]
pub fn check_accounts(audit: &Audit, snapshot: &Snapshot, addresses: &Addresses) -> Vec<Finding> {
    let accounts = Accounts { snapshot, addresses };
    vec![
        registers(audit, &accounts),
        minted(audit, &accounts),
        supply(audit, &accounts),
        money(audit, &accounts),
        seats(audit, &accounts),
        history(audit, &accounts),
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

    fn balance(&self, address: &Pubkey) -> Result<u64, String> {
        let account = TokenAccount::unpack(self.data(address)?);
        account.map(|account| account.amount).map_err(|error| format!("token account {address}: {error}"))
    }

    /// What all token accounts of a mint hold together.
    fn held(&self, mint: &Pubkey) -> u64 {
        let of_token = self.snapshot.accounts.values().filter(|account| account.owner == SPL_TOKEN);
        let accounts = of_token.filter_map(|account| TokenAccount::unpack(&account.data).ok());
        accounts.filter(|account| account.mint == *mint).map(|account| account.amount).sum()
    }
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, ledger: T, events: T) -> Result<(), String> {
    if ledger == events { Ok(()) } else { Err(format!("{what}: {ledger} by the accounts, {events} by the events")) }
}

/// Every meter's registers are the sums of its accepted readings.
fn registers(audit: &Audit, accounts: &Accounts) -> Finding {
    for meter in &audit.meters {
        let account: Meter = accounts.read(&accounts.addresses.meter(&meter.id))?;
        let (id, sums) = (meter.id, &meter.sums);
        same(&format!("{id} generated, Wh"), account.generated.0, sums.generated)?;
        same(&format!("{id} consumed, Wh"), account.consumed.0, sums.consumed)?;
        same(&format!("{id} minted"), account.minted.0, sums.surplus * TOKEN_UNITS_PER_WH)?;
        same(&format!("{id} readings"), account.readings, sums.readings)?;
    }
    Ok(format!("registers of {} meters are the sums of {} readings", audit.meters.len(), audit.sums().readings))
}

/// Invariant 1.
fn minted(audit: &Audit, accounts: &Accounts) -> Finding {
    let config: TokenConfig = accounts.read(&accounts.addresses.token_config)?;
    let surplus = audit.sums().surplus;
    same("tokens minted", config.minted.0, surplus * TOKEN_UNITS_PER_WH)?;
    Ok(format!("invariant 1: {} tokens minted are 10^6 x {surplus} Wh of surplus", config.minted.0))
}

/// Invariant 2, energy: supply, holdings and the vault.
fn supply(audit: &Audit, accounts: &Accounts) -> Finding {
    let addresses = accounts.addresses;
    let (config, mint): (TokenConfig, _) =
        (accounts.read(&addresses.token_config)?, accounts.mint(&addresses.energy_mint)?);
    same("tokens retired", config.retired.0, audit.retired.0)?;
    same("supply", mint.supply, config.minted.0 - config.retired.0)?;
    same("token accounts together", accounts.held(&addresses.energy_mint), mint.supply)?;
    let seats = audit.market.seats.values().map(|seat| seat.energy).sum();
    same("energy vault", accounts.balance(&addresses.energy_vault)?, seats)?;
    Ok(format!(
        "invariant 2: supply {} is minted less {} retired; the vault's {seats} are the seats'",
        mint.supply, config.retired.0
    ))
}

/// Invariant 2, money.
fn money(audit: &Audit, accounts: &Accounts) -> Finding {
    let vault = accounts.data(&accounts.addresses.quote_vault)?;
    let vault = TokenAccount::unpack(vault).map_err(|error| format!("quote vault: {error}"))?;
    let mint = accounts.mint(&vault.mint)?;
    same("money in token accounts together", accounts.held(&vault.mint), mint.supply)?;
    let seats = audit.market.seats.values().map(|seat| seat.quote).sum();
    same("quote vault", vault.amount, seats)?;
    Ok(format!("invariant 2: the quote vault's {seats} are the seats', of {} issued", mint.supply))
}

/// Every seat, and invariant 4's sums.
fn seats(audit: &Audit, accounts: &Accounts) -> Finding {
    let mut data = accounts.data(&accounts.addresses.book)?.to_vec();
    let (traded, phase) = (Book::FIELDS.traded.get(&data).0, Book::FIELDS.clearing.bytes(&data)[0]);
    same("energy ever traded, Wh", traded, audit.market.traded)?;
    same("phase of the clearing", phase, 0)?;
    let (_, book) = split(&mut data).map_err(|error| format!("book: {error}"))?;
    let [bids, asks] = audit.market.open_orders();
    same("open bids", book.bids.len(), bids)?;
    same("open asks", book.asks.len(), asks)?;
    for (number, slot) in book.seats.iter().enumerate() {
        let seat = matching::Seat::read(slot);
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        let expected = audit.market.seats.get(&number).copied().unwrap_or_default();
        same(&format!("seat {number}, energy"), seat.energy.total(), expected.energy)?;
        same(&format!("seat {number}, money"), seat.quote.total(), expected.quote)?;
        if (seat.open_bids, seat.open_asks) == (0, 0) {
            same(&format!("seat {number}, locked"), seat.energy.locked + seat.quote.locked, 0)?;
        }
    }
    let auctions = audit.market.auctions;
    Ok(format!(
        "invariant 4: {auctions} auctions at the price their orders give, {traded} Wh bought and sold within limits, {} seats agree",
        audit.market.seats.len()
    ))
}

/// The market's data of the last intervals.
fn history(audit: &Audit, accounts: &Accounts) -> Finding {
    let market = accounts.data(&accounts.addresses.market)?;
    let tariffs = Market::FIELDS.tariffs.get(market);
    for recent in &audit.recent {
        let interval = Interval::ending_at(recent.timestamp).ok_or("an auction of no interval")?;
        let what = |name: &str| format!("{name} of the interval until {}", recent.timestamp);
        let record = IntervalRecord::of(market, interval).ok_or_else(|| what("the market has no record"))?;
        same(&what("supply, Wh,"), record.supply.0, recent.supply)?;
        same(&what("demand, Wh,"), record.demand.0, recent.demand)?;
        same(&what("price"), record.price.0, recent.price.0)?;
        same(&what("energy traded, Wh,"), record.traded.0, recent.traded)?;
        if recent.supply + recent.demand > 0 {
            let reference = tariffs.reference_price(Energy(recent.supply), Energy(recent.demand));
            same(&what("reference price"), record.reference_price.0, reference.0)?;
        }
    }
    Ok(format!("market data of the last {} intervals are those of the readings and auctions", audit.recent.len()))
}

/// Every token retired has its receipt.
fn receipts(audit: &Audit, accounts: &Accounts) -> Finding {
    let program = accounts.addresses.programs.token;
    let owned = accounts.snapshot.accounts.values().filter(|account| account.owner == program);
    let receipts: Vec<Retirement> = owned.filter_map(|account| Retirement::decode(&account.data).ok()).collect();
    for participant in &audit.participants {
        let own = receipts.iter().filter(|receipt| receipt.owner == participant.wallet);
        same(
            &format!("{} retired, Wh", participant.name),
            own.map(|receipt| receipt.energy.0).sum(),
            participant.retired,
        )?;
    }
    same(
        "retired, Wh",
        receipts.iter().map(|receipt| receipt.energy.0).sum::<u64>() * TOKEN_UNITS_PER_WH,
        audit.retired.0,
    )?;
    Ok(format!("{} receipts are the {} tokens retired", receipts.len(), audit.retired.0))
}
