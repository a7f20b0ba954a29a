//! The balances of every participant, from the ledger's accounts alone.

use {
    super::{participant_name, sums::add},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Ledger, LedgerError, Snapshot},
        matching::Seat,
        registry::state::{Participant, Role},
        token::state::Retirement,
        trading::state::{Market, split},
    },
    solana_program::{program_pack::Pack, pubkey::Pubkey},
    spl_associated_token_account_interface::address::get_associated_token_address,
    spl_token_interface::state::Account as TokenAccount,
    std::collections::BTreeMap,
};

/// What a participant has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// `faculty_001` and so on.
    pub name: String,
    /// Role of the participant.
    pub role: Role,
    /// Address of the wallet.
    pub wallet: Pubkey,
    /// Number of the seat.
    pub number: u32,
    /// Token base units in their token account.
    pub energy: u64,
    /// Money base units in their token account.
    pub quote: u64,
    /// The seat, if it has been claimed.
    pub seat: Option<Seat>,
    /// Wh retired.
    pub retired: u64,
    /// Retirement receipts.
    pub receipts: u64,
}

/// Where an account of ours has its first address, the department's or the token configuration's: behind kind, version and bump.
const ADDRESS_AT: usize = 3;

/// The accounts of a department that [`holdings`] and the market's sheet need, read from any ledger, one after the other.
///
/// # Errors
/// Those of the ledger.
pub fn snapshot_of(ledger: &dyn Ledger, addresses: &Addresses) -> Result<Snapshot, LedgerError> {
    let mut snapshot = Snapshot::default();
    let Addresses { programs, department, token_config, market, book, .. } = addresses;
    for (program, address) in [(programs.registry, department), (programs.token, token_config)] {
        snapshot.accounts.extend(ledger.owned(&program, ADDRESS_AT, address.as_ref())?);
    }
    let participants: Vec<Participant> = of_program(&snapshot, &programs.registry);
    let mut named = vec![*market, *book];
    let market = ledger.account(market)?;
    if let Some(data) = market.map(|market| market.data).filter(|data| Market::decode(data).is_ok()) {
        let quote_mint = Market::FIELDS.quote_mint.get(&data);
        named.extend(participants.iter().flat_map(|participant| {
            let wallet = &participant.wallet;
            [addresses.token_account(wallet), get_associated_token_address(wallet, &quote_mint)]
        }));
    }
    let there = ledger.accounts(&named)?;
    snapshot.accounts.extend(named.into_iter().zip(there).filter_map(|(address, account)| Some((address, account?))));
    Ok(snapshot)
}

/// What every participant of a department has, by number.
///
/// # Errors
/// What is missing or malformed on the ledger, or adds up to more than 64 bits.
pub fn holdings(snapshot: &Snapshot, addresses: &Addresses) -> Result<Vec<Holding>, String> {
    let data = |address: &Pubkey| {
        let account = snapshot.accounts.get(address);
        account.map(|account| account.data.clone()).ok_or_else(|| format!("account {address} is missing"))
    };
    let quote_mint = Market::FIELDS.quote_mint.get(&data(&addresses.market)?);
    let mut book = data(&addresses.book)?;
    let (_, book) = split(&mut book).map_err(|error| format!("the book: {error}"))?;
    let mut participants: Vec<Participant> = of_program(snapshot, &addresses.programs.registry);
    participants.retain(|participant| participant.department == addresses.department);
    participants.sort_by_key(|participant| participant.index);
    let mut receipts: BTreeMap<Pubkey, (u64, u64)> = BTreeMap::new();
    for receipt in of_program::<Retirement>(snapshot, &addresses.programs.token) {
        if receipt.token_config == addresses.token_config {
            let (energy, count) = receipts.entry(receipt.owner).or_default();
            let of = receipt.owner;
            add(&format!("receipts of {of}, Wh"), energy, receipt.energy.0)?;
            *count = count.saturating_add(1);
        }
    }
    // A token account can be closed, and given away.
    let balance = |wallet: &Pubkey, address: Pubkey| {
        let account = snapshot.accounts.get(&address).and_then(|account| TokenAccount::unpack(&account.data).ok());
        account.filter(|account| account.owner == *wallet).map_or(0, |account| account.amount)
    };
    let mut all: Vec<Holding> = Vec::with_capacity(participants.len());
    for Participant { wallet, role, index, .. } in participants {
        let (retired, receipts) = receipts.get(&wallet).copied().unwrap_or_default();
        let seat = usize::try_from(index).ok().and_then(|index| book.seats.get(index)).map(Seat::read);
        all.push(Holding {
            name: participant_name(role, all.iter().filter(|known| known.role == role).count()),
            role,
            wallet,
            number: index,
            energy: balance(&wallet, addresses.token_account(&wallet)),
            quote: balance(&wallet, get_associated_token_address(&wallet, &quote_mint)),
            seat: seat.filter(|seat| seat.wallet == wallet.to_bytes()),
            retired,
            receipts,
        });
    }
    Ok(all)
}

fn of_program<T: AccountData>(snapshot: &Snapshot, program: &Pubkey) -> Vec<T> {
    let owned = snapshot.accounts.values().filter(|account| account.owner == *program);
    owned.filter_map(|account| T::decode(&account.data).ok()).collect()
}
