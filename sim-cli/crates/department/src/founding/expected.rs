//! The accounts of a department as a founding creates them: a table for each, with which existing accounts are compared.
//!
//! Fields may differ if the programs count them, or if the department's authority can change them in operation without giving a
//! right away: pausing, suspending a meter, the epoch of its key, the limits of what is plausible, a proposal that has not been
//! accepted yet.
//!
//! Once the founding is complete, which only the founding's authority can have done, what its authority does later is legitimate too:
//! handing the department over, registering more participants and meters. A meter's key may be another one once its epoch has risen.

use {
    super::{
        Founder, FoundingError,
        adopted::{Found, compare},
    },
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        account::AccountData,
        deployment::deployment_id,
        ledger::{Ledger, transaction::find_table},
        matching::seat::Wallet,
        oracle::{
            self,
            state::{IntervalRing, Oracle},
        },
        registry::{
            self,
            state::{Department, Meter, Participant, Role},
        },
        token::{
            self,
            state::{MintMode, TokenConfig},
        },
        trading::{
            self,
            state::{Asset, Book, Market},
        },
        units::{ENERGY_DECIMALS, QUOTE_DECIMALS},
    },
    solana_account::Account,
    solana_program::{program_option::COption, pubkey::Pubkey},
    spl_token_interface::state::{Account as TokenAccount, AccountState, Mint},
};

/// For what only this founding's authorities can have made.
const REMEDY: &str = "give the configuration and the keys that the department was founded with, or found another one under another prefix";
/// For the mint of the money, which anybody can make who has its key.
const MINT_REMEDY: &str =
    "give another key for it with --keys, or set it right with `spl-token authorize` if the mint is yours";
/// For what belongs to a participant.
const OWNER_REMEDY: &str =
    "its owner has to set it right (`spl-token revoke`, `spl-token authorize`) before the founding goes on";

fn none() -> COption<Pubkey> {
    COption::None
}

/// The mint of the campus baht, of which there is at most so much.
pub(super) fn quote_mint(founder: &Founder, account: &Account, at_most: u64) -> Result<(), FoundingError> {
    let found = founder.found_at("mint of the campus baht", founder.quote_mint.pubkey(), account, MINT_REMEDY);
    let there: Mint = found.unpack()?;
    compare!(found, there, Mint {
        is_initialized: true,
        decimals: QUOTE_DECIMALS,
        mint_authority: COption::Some(founder.authority.pubkey()),
        freeze_authority: none(),
        supply: there.supply.min(at_most),
    } may_differ {});
    Ok(())
}

/// The department.
pub(super) fn department(
    founder: &Founder,
    account: &Account,
    ledger: &dyn Ledger,
) -> Result<Department, FoundingError> {
    let (addresses, found) = (&founder.addresses, founder.found_department(account));
    let (address, bump) = registry::address::department(&addresses.programs.registry, &addresses.prefix);
    let there: Department = found.decode(&addresses.programs.registry)?;
    let planned = (founder.wallets.len() + 1, founder.meters.len());
    let has_more = there.participants as usize > planned.0 || there.meters as usize > planned.1;
    // The treasury is the seat of the founding's authority.
    let treasury_is_last = || founder.number_of(ledger, &founder.authority.pubkey());
    let is_complete = (there.authority != founder.authority.pubkey() || has_more) && founder.is_complete(ledger)?;
    compare!(found, there, Department {
        header: Department::header(bump),
        prefix: addresses.prefix,
        authority: if is_complete { there.authority } else { founder.authority.pubkey() },
        oracle: addresses.oracle,
        energy_mint: addresses.energy_mint,
        deployment: deployment_id(&ledger.genesis_hash()?, &address),
    } may_differ { pending_authority, paused, participants, meters, next_event });
    for (field, count, planned, may_have_more) in [
        ("participants", there.participants, planned.0, is_complete && treasury_is_last()? == Some(planned.0 - 1)),
        ("meters", there.meters, planned.1, is_complete),
    ] {
        if count as usize > planned && !may_have_more {
            return Err(found.mismatch(field, count.to_string(), format!("at most {planned}")));
        }
    }
    Ok(there)
}

/// The configuration of the energy token.
pub(super) fn token_config(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let addresses = &founder.addresses;
    let found = founder.found_at("TokenConfig", addresses.token_config, account, REMEDY);
    let (_, bump) = token::address::token_config(&addresses.programs.token, &addresses.department);
    let there: TokenConfig = found.decode(&addresses.programs.token)?;
    // Plain works on every ledger, also on one that can do more since.
    let plain = there.mint_mode == MintMode::Plain;
    compare!(found, there, TokenConfig {
        header: TokenConfig::header(bump),
        department: addresses.department,
        minter: addresses.oracle,
        mint: addresses.energy_mint,
        mint_mode: if plain { MintMode::Plain } else { founder.founding.mint_mode },
    } may_differ { paused, founded, minted, retired, next_event });
    Ok(())
}

/// The energy token's mint.
pub(super) fn energy_mint(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let found = founder.found_at("energy token's mint", founder.addresses.energy_mint, account, REMEDY);
    let there: Mint = found.unpack()?;
    compare!(found, there, Mint {
        is_initialized: true,
        decimals: ENERGY_DECIMALS,
        mint_authority: COption::Some(founder.addresses.token_config),
        freeze_authority: none(),
    } may_differ { supply });
    Ok(())
}

/// The market.
pub(super) fn market(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let addresses = &founder.addresses;
    let found = founder.found_at("Market", addresses.market, account, REMEDY);
    let (_, bump) = trading::address::market(&addresses.programs.trading, &addresses.department);
    let there: Market = found.decode(&addresses.programs.trading)?;
    compare!(found, there, Market {
        header: Market::header(bump),
        department: addresses.department,
        oracle: addresses.oracle,
        energy_mint: addresses.energy_mint,
        quote_mint: founder.quote_mint.pubkey(),
        tariffs: founder.founding.market.tariffs,
    } may_differ { cleared, timestamp, late_supply, late_demand, history });
    Ok(())
}

/// The market's book; its orders and seats come behind the header.
pub(super) fn book(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let (addresses, plan) = (&founder.addresses, &founder.founding.market);
    let found = founder.found_at("Book", addresses.book, account, REMEDY);
    let (_, bump) = trading::address::book(&addresses.programs.trading, &addresses.market);
    let there: Book = found.decode(&addresses.programs.trading)?;
    compare!(found, there, Book {
        header: Book::header(bump),
        market: addresses.market,
        department: addresses.department,
        registry: addresses.programs.registry,
        energy_vault: addresses.energy_vault,
        quote_vault: addresses.quote_vault,
        capacity: plan.capacity,
        terms: plan.terms(founder.wallets.len()),
    } may_differ { paused, bids, asks, next_order, first_new_order, cleared, clearing, traded, next_event });
    let (length, full) = (account.data.len(), plan.capacity.length());
    if length > full {
        return Err(found.mismatch("data", format!("{length} bytes"), format!("at most {full} bytes")));
    }
    Ok(())
}

/// A vault of the market.
pub(super) fn vault(founder: &Founder, asset: Asset, account: &Account) -> Result<(), FoundingError> {
    let (name, mint) = match asset {
        Asset::Energy => ("energy vault", founder.addresses.energy_mint),
        Asset::Quote => ("quote vault", founder.quote_mint.pubkey()),
    };
    let found = founder.found_at(name, *founder.addresses.vault(asset), account, REMEDY);
    holder(&found, &mint, &founder.addresses.market)
}

/// The oracle.
pub(super) fn oracle(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let (addresses, founding) = (&founder.addresses, founder.founding);
    let programs = &addresses.programs;
    let found = founder.found_at("Oracle", addresses.oracle, account, REMEDY);
    let (_, bump) = oracle::address::oracle(&programs.oracle, &addresses.department);
    let there: Oracle = found.decode(&programs.oracle)?;
    compare!(found, there, Oracle {
        header: Oracle::header(bump),
        department: addresses.department,
        authority: founder.submitter,
        registry_program: programs.registry,
        token_program: programs.token,
        trading_program: programs.trading,
        token_config: addresses.token_config,
        energy_mint: addresses.energy_mint,
        market: addresses.market,
        require_signatures: founding.require_signatures,
    } may_differ { pending_authority, limits, readings, generated, consumed, surplus, day, day_surplus, next_event });
    Ok(())
}

/// The oracle's ring of intervals.
pub(super) fn interval_ring(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let addresses = &founder.addresses;
    let found = founder.found_at("IntervalRing", addresses.interval_ring, account, REMEDY);
    let (_, bump) = oracle::address::interval_ring(&addresses.programs.oracle, &addresses.oracle);
    let there: IntervalRing = found.decode(&addresses.programs.oracle)?;
    compare!(found, there, IntervalRing {
        header: IntervalRing::header(bump),
        oracle: addresses.oracle,
    } may_differ { intervals });
    Ok(())
}

/// The participant of a number. There is nothing at its address where another wallet was registered under the number.
pub(super) fn participant(
    founder: &Founder,
    number: usize,
    (wallet, role): (Pubkey, Role),
    account: Option<&Account>,
) -> Result<(), FoundingError> {
    let addresses = &founder.addresses;
    let (program, department) = (addresses.programs.registry, addresses.department);
    let (address, bump) = registry::address::participant(&program, &department, &wallet);
    let nothing = Account::default();
    let name = format!("participant {number} ({wallet})");
    let found = founder.found_at(&name, address, account.unwrap_or(&nothing), REMEDY);
    let there: Participant = found.decode(&program)?;
    compare!(found, there, Participant {
        header: Participant::header(bump),
        department: department,
        wallet: wallet,
        role: role,
        index: u32::try_from(number).unwrap_or(u32::MAX),
    } may_differ {});
    Ok(())
}

/// The meter of a number.
pub(super) fn meter(founder: &Founder, number: usize, account: &Account) -> Result<(), FoundingError> {
    let (addresses, planned) = (&founder.addresses, &founder.meters[number]);
    let (program, department) = (addresses.programs.registry, addresses.department);
    let (address, bump) = registry::address::meter(&program, &department, &planned.id);
    let name = format!("meter {}", planned.id);
    let found = founder.found_at(&name, address, account, REMEDY);
    let there: Meter = found.decode(&program)?;
    compare!(found, there, Meter {
        header: Meter::header(bump),
        department: department,
        id: planned.id,
        index: u32::try_from(number).unwrap_or(u32::MAX),
        zone: founder.founding.meters[number].zone,
        owner: founder.wallets[planned.owner].pubkey(),
        token_account: planned.accounts.token_account,
        // Rotated by the authority since.
        signing_key: if there.key_epoch > 0 { there.signing_key } else { founder.signing_keys[number] },
    } may_differ { status, key_epoch, generation_limit, newest, accepted, generated, consumed, minted, readings });
    Ok(())
}

/// A participant's token account. Held against this only until the participant has what the founding gives: what the owner does with
/// it after that is the owner's business, and stops nobody else.
pub(super) fn token_account(
    founder: &Founder,
    number: usize,
    asset: Asset,
    account: &Account,
) -> Result<(), FoundingError> {
    let holder_of = &founder.holders()[number];
    let (kind, address, mint) = match asset {
        Asset::Energy => ("energy", holder_of.energy, founder.addresses.energy_mint),
        Asset::Quote => ("quote", holder_of.quote, founder.quote_mint.pubkey()),
    };
    let name = format!("{kind} token account of participant {number}");
    let found = founder.found_at(&name, address, account, OWNER_REMEDY);
    holder(&found, &mint, &founder.wallets[number].pubkey())
}

/// A token account that is its owner's alone.
fn holder(found: &Found, mint: &Pubkey, owner: &Pubkey) -> Result<(), FoundingError> {
    let there: TokenAccount = found.unpack()?;
    compare!(found, there, TokenAccount {
        state: AccountState::Initialized,
        mint: *mint,
        owner: *owner,
        delegate: none(),
        delegated_amount: 0,
        close_authority: none(),
        is_native: COption::None,
    } may_differ { amount });
    Ok(())
}

/// The submitter's wallet, which pays for transactions: only an account without a program's data can.
pub(super) fn submitter(founder: &Founder, account: &Account) -> Result<(), FoundingError> {
    let found = founder.found_at("submitter's wallet", founder.submitter, account, "give another submitter's key");
    found.field("program", &account.owner, &SYSTEM_PROGRAM)?;
    found.field("data", &format!("{} bytes", account.data.len()), &"0 bytes".into())
}

/// A seat that is taken. One behind the founding's is that of a participant who was registered later, under the seat's number.
pub(super) fn seat(
    founder: &Founder,
    ledger: &dyn Ledger,
    book: &Account,
    (number, wallet): (usize, &Wallet),
) -> Result<(), FoundingError> {
    let holder = Pubkey::new_from_array(*wallet);
    if number > founder.wallets.len() && founder.number_of(ledger, &holder)? == Some(number) {
        return Ok(());
    }
    let expected = founder.wallets.get(number).unwrap_or(&founder.authority).pubkey();
    let name = format!("seat {number} of the Book");
    let found = founder.found_at(&name, founder.addresses.book, book, REMEDY);
    found.field("wallet", &holder, &expected)
}

impl Founder<'_> {
    /// Whether the department's lookup table is complete, the last thing that the meters' founding makes. Only the founding's authority can
    /// have extended it, and does so in no department that it does not administer.
    fn is_complete(&self, ledger: &dyn Ledger) -> Result<bool, FoundingError> {
        let all = self.table_addresses();
        let table = find_table(ledger, &self.authority.pubkey(), &all)?;
        Ok(table.is_some_and(|table| table.addresses.starts_with(&all)))
    }

    /// A wallet's number among the participants, if it is registered.
    fn number_of(&self, ledger: &dyn Ledger, wallet: &Pubkey) -> Result<Option<usize>, FoundingError> {
        let registry = self.addresses.programs.registry;
        let account = ledger.account(&self.addresses.participant(wallet))?.filter(|account| account.owner == registry);
        let participant = account.and_then(|account| Participant::decode(&account.data).ok());
        Ok(participant.map(|participant| participant.index as usize))
    }

    fn found_at<'b>(&self, name: &str, address: Pubkey, account: &'b Account, remedy: &'static str) -> Found<'b> {
        Found { name: name.into(), address, account, remedy }
    }

    fn found_department<'b>(&self, account: &'b Account) -> Found<'b> {
        let name = format!("department {}", self.addresses.prefix);
        self.found_at(&name, self.addresses.department, account, REMEDY)
    }
}
