//! Each account that a founding adopts is held field by field against what it would have made: every byte of the programs' accounts and
//! every field of SPL Token's is changed, one at a time.

use {
    campus_energy_department::{Founder, Founding, FoundingError, Keys, Mismatch, Stage},
    campus_energy_sdk::{
        account::AccountData,
        ledger::{Embedded, Ledger, SplToken},
        matching::order::ORDER_SIZE,
        oracle::state::{IntervalRing, Oracle},
        registry::state::{Department as Registered, Meter, Participant},
        token::state::{MintMode, TokenConfig},
        trading::state::{Book, Market},
        units::Money,
    },
    campus_energy_tests::{
        campus::{Campus, embedded, founding},
        chain::Chain,
        watched::Watched,
    },
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{program_option::COption, program_pack::Pack, pubkey::Pubkey},
    solana_signer::Signer,
    spl_token_interface::state::{Account as TokenAccount, AccountState, Mint},
};

const BUDGET: Money = Money(1_000_000_000);

fn keys() -> Keys {
    Keys::new(1)
}

/// A campus of two meters and three participants; the third one buys.
fn plan() -> Founding {
    let mut plan = founding(3, false, MintMode::Batch);
    plan.meters.truncate(2);
    plan
}

fn founder(plan: &Founding) -> Founder<'_> {
    Founder::new(campus_energy_sdk::ledger::programs::EMBEDDED, keys(), plan).with_budgets(plan.buyers(BUDGET))
}

fn campus(plan: &Founding, with_seats: bool) -> Campus<Embedded> {
    let mut campus = Campus::on(embedded(keys(), SplToken::Batching), keys(), plan);
    if with_seats {
        founder(plan).found_with_seats(&mut campus.chain, |_| ()).expect("the seats are open");
    }
    campus
}

fn looked(founder: &Founder, ledger: &Embedded) -> Result<Vec<Stage>, Box<Mismatch>> {
    match founder.plan(ledger) {
        Ok(stages) => Ok(stages),
        Err(FoundingError::Mismatch(mismatch)) => Err(mismatch),
        Err(other) => panic!("{other}"),
    }
}

/// An account of ours: its fields in order, and those that may differ.
struct Layout {
    address: Pubkey,
    fields: Vec<(&'static str, usize)>,
    may_differ: &'static [&'static str],
    decodes: fn(&[u8]) -> bool,
}

/// The layout of an account of a type; each of its fields has to be listed.
macro_rules! layout {
    ($address:expr, $type:ident { $($field:ident)* } may_differ { $($other:ident)* }) => {{
        let mut fields = vec![("header", 0), $((stringify!($field), $type::FIELDS.$field.offset()),)*
            $((stringify!($other), $type::FIELDS.$other.offset()),)*];
        fields.sort_by_key(|(_, offset)| *offset);
        let _all = |there: &$type| { let $type { header: _, $($field: _,)* $($other: _,)* } = there; };
        Layout {
            address: $address,
            fields,
            may_differ: &[$(stringify!($other)),*],
            decodes: |data| $type::decode(data).is_ok(),
        }
    }};
}

fn layouts(campus: &Campus<Embedded>) -> Vec<Layout> {
    let addresses = campus.addresses();
    let participant = addresses.participant(&keys().participant(1).pubkey());
    let treasury = addresses.participant(&keys().authority().pubkey());
    let meter = addresses.meter(&campus.department.meters[1].id);
    let participants = [participant, treasury]
        .map(|address| layout!(address, Participant { department wallet role index } may_differ {}));
    let mut all = vec![
        layout!(addresses.department, Registered { prefix authority oracle energy_mint deployment participants meters }
            may_differ { pending_authority paused next_event }),
        layout!(addresses.token_config, TokenConfig { department minter mint }
            may_differ { mint_mode paused founded minted retired next_event }),
        layout!(addresses.market, Market { department oracle energy_mint quote_mint tariffs }
            may_differ { cleared timestamp late_supply late_demand history }),
        layout!(addresses.book, Book { market department registry energy_vault quote_vault capacity terms }
            may_differ { paused bids asks next_order first_new_order cleared clearing traded next_event }),
        layout!(addresses.oracle, Oracle { department authority registry_program token_program trading_program
            token_config energy_mint market require_signatures }
            may_differ { pending_authority limits readings generated consumed surplus day day_surplus next_event }),
        layout!(addresses.interval_ring, IntervalRing { oracle } may_differ { intervals }),
        layout!(meter, Meter { department id index zone owner token_account signing_key }
            may_differ { status key_epoch generation_limit newest accepted generated consumed minted readings }),
    ];
    all.extend(participants);
    all
}

#[test]
fn every_byte_of_an_account_of_ours_is_held_against_the_plan() {
    let plan = plan();
    let mut campus = campus(&plan, true);
    let founder = founder(&plan);
    let mut changed = 0;
    for Layout { address, fields, may_differ, decodes } in layouts(&campus) {
        let account = campus.account(&address);
        // Behind a book's header lie orders and seats, while it has not grown fewer.
        let is_book = address == campus.addresses().book;
        let length = if is_book { Book::LENGTH } else { account.data.len() };
        for at in (0..length).filter(|at| *at < 700 || at % 89 == 0) {
            let mut other = account.clone();
            // Counts that rise, and enums that stay one.
            other.data[at] ^= 1;
            let valid = decodes(&other.data);
            campus.chain.put(address, other);
            let &(name, _) = fields.iter().rev().find(|(_, offset)| *offset <= at).expect("a field");
            let field = if valid { name } else { "data" };
            let result = looked(&founder, &campus.chain);
            let context = format!("{address}: byte {at}, {name}");
            if valid && may_differ.contains(&name) {
                assert_eq!(result.err(), None, "{context}");
            } else {
                let mismatch = result.err().unwrap_or_else(|| panic!("{context} may not differ"));
                assert_eq!((mismatch.field, mismatch.address), (field, address), "{context}: {mismatch}");
                assert_ne!(mismatch.found, mismatch.expected, "{context}");
                changed += 1;
            }
        }
        campus.chain.put(address, Account { owner: Pubkey::new_unique(), ..account.clone() });
        let mismatch = looked(&founder, &campus.chain).err().expect("another program's account");
        assert_eq!((mismatch.field, mismatch.address), ("program", address));
        for data in [vec![], account.data[..length - 1].to_vec(), [&account.data[..], &[0]].concat()] {
            campus.chain.put(address, Account { data, ..account.clone() });
            let mismatch = looked(&founder, &campus.chain).err().expect("another length");
            assert_eq!((mismatch.field, mismatch.address), ("data", address));
        }
        campus.chain.put(address, account);
    }
    println!("{changed} changed bytes were refused");
    assert!(looked(&founder, &campus.chain).is_ok(), "all is as it was");
}

/// A text with an address, a field, what is there, what is expected, and what to do.
#[test]
fn a_difference_is_told_in_one_sentence() {
    let plan = plan();
    let mut campus = campus(&plan, true);
    let addresses = campus.addresses();
    let other = Pubkey::new_unique();
    let mut account = campus.account(&addresses.oracle);
    Oracle::FIELDS.authority.set(&mut account.data, other);
    campus.chain.put(addresses.oracle, account);
    let mut watched = Watched::new(campus.chain);
    let refused = founder(&plan).found_with_seats(&mut watched, |_| ()).expect_err("refused");
    let expected = format!(
        "Oracle {}: authority is {other}, expected {}; give the configuration and the keys that the department was founded with, or \
         found another one under another prefix",
        addresses.oracle,
        keys().submitter().pubkey()
    );
    assert_eq!((refused.to_string(), watched.sent), (expected, 0));
}

/// Another configuration, or other keys, than those of the founding.
#[test]
fn another_plan_is_refused_by_the_first_field_that_differs() {
    let (plan, stranger) = (plan(), keys().wallet("stranger", 0));
    let campus = campus(&plan, true);
    let addresses = campus.addresses();
    let refused = |founder: &Founder, expected: (Pubkey, &str)| {
        let mismatch = looked(founder, &campus.chain).err().unwrap_or_else(|| panic!("{} may not differ", expected.1));
        assert_eq!((mismatch.address, mismatch.field), expected, "{mismatch}");
    };
    type Change = fn(&mut Founding);
    let first_meter = addresses.meter(&plan.meters[0].id);
    let second = addresses.participant(&keys().participant(1).pubkey());
    let changes: [(Pubkey, &str, Change); 11] = [
        (addresses.oracle, "require_signatures", |plan| plan.require_signatures = true),
        (addresses.market, "tariffs", |plan| plan.market.tariffs.feed_in.0 += 1),
        (addresses.book, "capacity", |plan| plan.market.capacity.orders += 1),
        (addresses.book, "terms", |plan| plan.market.minimum_lot += 1),
        (addresses.book, "terms", |plan| plan.market.orders_per_seat -= 1),
        (addresses.book, "terms", |plan| plan.market.fee += 1),
        // A participant more: the treasury would have another seat.
        (addresses.book, "terms", |plan| plan.participants.push(plan.participants[0])),
        (second, "role", |plan| plan.participants[1] = campus_energy_sdk::registry::state::Role::Graduate),
        (first_meter, "zone", |plan| plan.meters[0].zone = "workshop".parse().unwrap()),
        (first_meter, "owner", |plan| plan.meters[0].owner = 1),
        (addresses.department, "meters", |plan| plan.meters.truncate(1)),
    ];
    for (address, field, change) in changes {
        let mut other = plan.clone();
        change(&mut other);
        refused(&founder(&other), (address, field));
    }
    let mut fewer = plan.clone();
    fewer.participants.pop();
    refused(&founder(&fewer), (addresses.department, "participants"));
    // Meters in another order have other numbers.
    let mut swapped = plan.clone();
    swapped.meters.swap(0, 1);
    let second_meter = addresses.meter(&plan.meters[1].id);
    refused(&founder(&swapped), (second_meter, "index"));
    // A ledger that can do more than it could at the founding is fine; one that can do less is not.
    let plain = Founding { mint_mode: MintMode::Plain, ..plan.clone() };
    refused(&founder(&plain), (addresses.token_config, "mint_mode"));

    let with = |authority: Keypair| founder(&plan).with_authority(authority, None);
    refused(&with(stranger), (addresses.department, "authority"));
    let founder_of = |seed: u64| Founder::new(addresses.programs, Keys::new(seed), &plan);
    refused(&founder_of(2).with_authority(keys().authority(), None), (addresses.market, "quote_mint"));
}

#[test]
fn every_field_of_mints_and_vaults_is_held_against_the_plan() {
    let plan = plan();
    let mut campus = campus(&plan, true);
    let (founder, addresses, other) = (founder(&plan), campus.addresses(), Pubkey::new_unique());
    let mint_changes: [Change<Mint>; 6] = [
        ("mint_authority", |mint, other| mint.mint_authority = COption::Some(other)),
        ("mint_authority", |mint, _| mint.mint_authority = COption::None),
        ("decimals", |mint, _| mint.decimals += 1),
        ("is_initialized", |mint, _| mint.is_initialized = false),
        ("freeze_authority", |mint, other| mint.freeze_authority = COption::Some(other)),
        ("freeze_authority", |mint, _| mint.freeze_authority = mint.mint_authority),
    ];
    for mint in [addresses.energy_mint, keys().quote_mint().pubkey()] {
        for (field, change) in mint_changes {
            refused_once(&mut campus, &founder, mint, field, |state: &mut Mint| change(state, other));
        }
    }
    for vault in [addresses.energy_vault, addresses.quote_vault] {
        for (field, change) in account_changes() {
            refused_once(&mut campus, &founder, vault, field, |state: &mut TokenAccount| change(state, other));
        }
    }
    assert!(looked(&founder, &campus.chain).is_ok(), "all is as it was");
}

#[test]
fn token_accounts_are_held_against_the_plan_until_the_participant_has_the_seat() {
    let plan = plan();
    let (founder, other) = (founder(&plan), Pubkey::new_unique());
    // All token accounts, and no seat yet.
    let mut campus = campus(&plan, false);
    let mut watched = Watched { at_most: 3, ..Watched::new(campus.chain) };
    let broken = FoundingError::Ledger(Watched::broken_off());
    assert_eq!(founder_of_seats(&plan, &mut watched).err(), Some(broken));
    campus.chain = watched.ledger;
    let mut watched = Watched::new(campus_with_seats(&plan));
    for trader in 0..3 {
        let wallet = keys().participant(trader).pubkey();
        let quote = keys().quote_mint().pubkey();
        let quote = spl_associated_token_account_interface::address::get_associated_token_address(&wallet, &quote);
        for account in [campus.addresses().token_account(&wallet), quote] {
            for (field, change) in account_changes() {
                refused_once(&mut campus, &founder, account, field, |state: &mut TokenAccount| change(state, other));
                // With the seat the account is the participant's own.
                let there = watched.ledger.account(&account).expect("an answer").expect("an account");
                watched.ledger.put(account, changed(&there, |state: &mut TokenAccount| change(state, other)));
                assert_eq!(looked(&founder, &watched.ledger).err(), None, "{field}");
                watched.ledger.put(account, there);
            }
        }
    }
}

fn founder_of_seats(plan: &Founding, ledger: &mut Watched) -> Result<(), FoundingError> {
    founder(plan).found_with_seats(ledger, |_| ()).map(|_| ())
}

fn campus_with_seats(plan: &Founding) -> Embedded {
    campus(plan, true).chain
}

/// A field, and how it is changed; with another key.
type Change<T> = (&'static str, fn(&mut T, Pubkey));

fn account_changes() -> [Change<TokenAccount>; 8] {
    [
        ("state", |account, _| account.state = AccountState::Frozen),
        ("state", |account, _| account.state = AccountState::Uninitialized),
        ("mint", |account, other| account.mint = other),
        ("owner", |account, other| account.owner = other),
        ("delegate", |account, other| account.delegate = COption::Some(other)),
        ("delegated_amount", |account, _| account.delegated_amount = 1),
        ("close_authority", |account, other| account.close_authority = COption::Some(other)),
        ("is_native", |account, _| account.is_native = COption::Some(1)),
    ]
}

fn changed<T: Pack>(account: &Account, change: impl FnOnce(&mut T)) -> Account {
    let mut state = T::unpack_unchecked(&account.data).expect("an account of SPL Token");
    change(&mut state);
    let mut data = vec![0; T::LEN];
    state.pack_into_slice(&mut data);
    Account { data, ..account.clone() }
}

fn refused_once<T: Pack>(
    campus: &mut Campus<Embedded>,
    founder: &Founder,
    address: Pubkey,
    field: &str,
    change: impl FnOnce(&mut T),
) {
    let account = campus.account(&address);
    campus.chain.put(address, changed(&account, change));
    let mismatch = looked(founder, &campus.chain).err().unwrap_or_else(|| panic!("{address}: {field} may not differ"));
    assert_eq!((mismatch.field, mismatch.address), (field, address), "{mismatch}");
    campus.chain.put(address, account);
}

#[test]
fn a_seat_of_somebody_else_and_a_wallet_that_is_none_are_refused() {
    let plan = plan();
    let mut campus = campus(&plan, true);
    let founder = founder(&plan);
    let book = campus.addresses().book;
    let account = campus.account(&book);
    let first = Book::LENGTH + 2 * ORDER_SIZE * usize::from(plan.market.capacity.orders);
    let size = (account.data.len() - first) / usize::from(plan.market.capacity.seats);
    // Three participants, the treasury, and a seat that nobody should have.
    for number in 0..5 {
        let mut other = account.clone();
        other.data[first + number * size] ^= 1;
        campus.chain.put(book, other);
        let mismatch = looked(&founder, &campus.chain).err().expect("somebody else's seat");
        assert_eq!((mismatch.field, mismatch.address), ("wallet", book), "{mismatch}");
        assert_eq!(mismatch.account, format!("seat {number} of the Book"));
    }
    campus.chain.put(book, account);

    let wallet = keys().submitter().pubkey();
    let account = campus.account(&wallet);
    let founder = founder.with_lamports(1, 1);
    for (field, other) in [
        ("program", Account { owner: Pubkey::new_unique(), ..account.clone() }),
        ("data", Account { data: vec![0; 80], ..account.clone() }),
    ] {
        campus.chain.put(wallet, other);
        let mismatch = looked(&founder, &campus.chain).err().expect("no wallet");
        assert_eq!((mismatch.field, mismatch.address), (field, wallet), "{mismatch}");
    }
}

/// Only a table that is active, ours, and begins as ours has to, is used; otherwise another one is made.
#[test]
fn a_lookup_table_that_is_not_ours_is_not_used() {
    let plan = plan();
    let mut campus = campus(&plan, true);
    let founder = founder(&plan);
    let address = campus.department.table.key;
    let (table, all) = (campus.account(&address), campus.department.table.addresses.len());
    let missing = |campus: &Campus<Embedded>| {
        let stages = looked(&founder, &campus.chain).expect("nothing is refused");
        let stage = stages.iter().find(|stage| stage.name == "addresses in the lookup table").expect("the stage");
        stage.missing
    };
    assert_eq!(missing(&campus), 0);
    // Type (u32), the slot of its deactivation, two more fields, the authority behind its tag at 21; addresses from 56.
    for (at, what) in
        [(4, "deactivated"), (21, "without authority"), (22, "another's"), (56, "first"), (56 + 32 * (all - 1), "last")]
    {
        let mut other = table.clone();
        other.data[at] ^= 1;
        campus.chain.put(address, other);
        assert_eq!(missing(&campus), all, "{what}");
    }
    campus.chain.put(address, Account { owner: Pubkey::new_unique(), ..table.clone() });
    assert_eq!(missing(&campus), all, "another program's");
    // Empty, as anybody can make one for our authority: it is filled.
    let mut empty = table.clone();
    empty.data.truncate(56);
    campus.chain.put(address, empty);
    assert_eq!(missing(&campus), all);
    campus.chain.put(address, table);
    assert_eq!(missing(&campus), 0);
}
