//! Founding a market in program-test: its money, its book's growth, its seats, its pause.

use {
    campus_energy_department::MarketPlan,
    campus_energy_sdk::{
        SPL_TOKEN,
        matching::{Direction, Seat},
        registry::{self, state::Role},
        trading::{
            instruction as build,
            state::{Asset, Book, BookCapacity},
        },
        units::{Energy, Price},
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, TARIFFS, refusal},
        chain::Chain,
        native::Native,
    },
    solana_account::Account,
    solana_program::{instruction::Instruction, program_pack::Pack, pubkey::Pubkey},
    solana_signer::Signer,
    spl_token_interface::state::Mint,
};

fn register(campus: &mut Campus<Native>, wallet: &Pubkey) {
    let authority = campus.keys.authority();
    let addresses = campus.addresses();
    let register =
        registry::instruction::register_participant(&addresses, &authority.pubkey(), wallet, Role::Undergraduate);
    campus.send(register, &[&authority]).unwrap();
}

#[test]
fn a_participants_seat_has_their_number_and_is_claimed_once() {
    let mut campus = Campus::native(3);
    let (wallet, addresses) = (campus.keys.participant(2), campus.addresses());
    let claim = build::claim_seat(&addresses, &wallet.pubkey());
    campus.send(claim.clone(), &[&wallet]).unwrap();
    assert_eq!(campus.seat(2), Seat::claimed_by(wallet.pubkey().to_bytes()));
    assert_eq!(campus.seat(0), Seat::claimed_by([0; 32]));
    assert_eq!(refusal(campus.send(claim, &[&wallet])), "SeatTaken");
}

#[test]
fn only_a_participant_of_the_department_has_a_seat() {
    let mut campus = Campus::native(3);
    let (stranger, wallet, authority, addresses) =
        (campus.keys.wallet("stranger", 0), campus.keys.participant(1), campus.keys.authority(), campus.addresses());
    let claim = build::claim_seat(&addresses, &stranger.pubkey());
    assert_eq!(refusal(campus.send(claim.clone(), &[&stranger])), "Missing");
    let mut with = |participant| {
        let mut claim = claim.clone();
        claim.accounts[1].pubkey = participant;
        refusal(campus.send(claim, &[&stranger]))
    };
    assert_eq!(with(addresses.participant(&wallet.pubkey())), "NotParticipant");
    assert_eq!(with(addresses.department), "WrongLength");
    assert_eq!(with(addresses.market), "WrongOwner");
    // A participant, but of another department.
    let other = campus.begin_department("SCI_", 3, MARKET);
    let there =
        registry::instruction::register_participant(&other, &authority.pubkey(), &stranger.pubkey(), Role::Faculty);
    campus.send(there, &[&authority]).unwrap();
    let mut foreign = claim;
    foreign.accounts[1].pubkey = other.participant(&stranger.pubkey());
    assert_eq!(refusal(campus.send(foreign, &[&stranger])), "WrongDepartment");
    assert_eq!(campus.seats(), vec![Seat::claimed_by([0; 32]); 32]);
}

#[test]
fn a_participant_beyond_the_seats_has_none() {
    let mut campus = Campus::native(1);
    // With the department and these there are 32 of them, and the newcomer.
    for index in 0..30 {
        let wallet = campus.keys.wallet("guest", index).pubkey();
        register(&mut campus, &wallet);
    }
    let newcomer = campus.keys.wallet("newcomer", 0);
    register(&mut campus, &newcomer.pubkey());
    let claim = build::claim_seat(&campus.addresses(), &newcomer.pubkey());
    assert_eq!(refusal(campus.send(claim, &[&newcomer])), "UnknownSeat");
}

#[test]
fn nothing_happens_on_a_book_before_it_has_grown() {
    let mut campus = Campus::native(1);
    let (authority, payer) = (campus.keys.authority(), campus.keys.wallet("stranger", 0));
    let plan = MarketPlan { capacity: BookCapacity { orders: 200, seats: 120 }, ..MARKET };
    let other = campus.begin_department("SCI_", 3, plan);
    let (wallet, by) = (payer.pubkey(), authority.pubkey());
    let seat = registry::instruction::register_participant(&other, &by, &wallet, Role::Faculty);
    campus.send(seat, &[&authority]).unwrap();
    let account = campus.token_account(&wallet, Asset::Quote);
    campus.put_tokens(account, &wallet, Asset::Quote, 1_000);
    let grow = build::grow(&other, &wallet);
    let everything = |on_authority: bool| -> Vec<Instruction> {
        if on_authority {
            return vec![build::set_paused(&other, &by, true)];
        }
        vec![
            build::claim_seat(&other, &wallet),
            build::deposit(
                &other,
                &wallet,
                &build::SeatTransfer { seat: 0, asset: Asset::Quote, token_account: account, amount: 1 },
            ),
            build::place_order(
                &other,
                &wallet,
                &build::NewOrder {
                    seat: 0,
                    direction: Direction::Buy,
                    price: Price(1),
                    energy: Energy(10),
                    expires: SAMPLE,
                },
            ),
            build::cancel_order(
                &other,
                &wallet,
                &build::OrderName { seat: 0, direction: Direction::Buy, price: Price(1), order: 0 },
            ),
            build::clear(&other, 1),
            build::withdraw(
                &other,
                &wallet,
                &build::SeatTransfer { seat: 0, asset: Asset::Quote, token_account: account, amount: 1 },
            ),
        ]
    };
    // 19,200 bytes behind the header: two steps of 10,240 each.
    for length in [Book::LENGTH, Book::LENGTH + 10_240] {
        assert_eq!(campus.data(&other.book).len(), length);
        for (on_authority, signer) in [(false, &payer), (true, &authority)] {
            for instruction in everything(on_authority) {
                assert_eq!(refusal(campus.send(instruction, &[signer])), "NotGrown");
            }
        }
        campus.send(grow.clone(), &[&payer]).unwrap();
    }
    assert_eq!(campus.data(&other.book).len(), plan.capacity.length());
    assert_eq!(refusal(campus.send(grow, &[&payer])), "FullyGrown");
    campus.send(build::claim_seat(&other, &wallet), &[&payer]).unwrap();
}

#[test]
fn a_full_book_grows_no_further() {
    let mut campus = Campus::native(1);
    let (stranger, addresses) = (campus.keys.wallet("stranger", 0), campus.addresses());
    let before = campus.market_state();
    assert_eq!(refusal(campus.send(build::grow(&addresses, &stranger.pubkey()), &[&stranger])), "FullyGrown");
    assert_eq!(campus.market_state(), before);
    assert_eq!(before[1].len(), MARKET.capacity.length());
}

#[test]
fn the_money_is_an_spl_mint_of_six_decimals() {
    let mut campus = Campus::native(1);
    let authority = campus.keys.authority();
    let other = campus.begin_department("SCI_", 2, MARKET);
    let wrong = Pubkey::new_unique();
    let mint = |campus: &Campus<Native>, decimals, is_initialized| {
        let mut account: Account = campus.account(&campus.department.quote_mint);
        let state = Mint { decimals, is_initialized, ..Mint::default() };
        state.pack_into_slice(&mut account.data);
        account
    };
    let mut wanted = Vec::new();
    for (decimals, is_initialized) in [(5, true), (7, true), (9, true), (0, true), (6, false)] {
        wanted.push(mint(&campus, decimals, is_initialized));
    }
    let good = mint(&campus, 6, true);
    wanted.push(Account { owner: campus.addresses().programs.token, ..good.clone() });
    wanted.push(Account { data: good.data[..81].to_vec(), ..good.clone() });
    let initialize = |quote_mint: &Pubkey| {
        build::initialize(
            &other,
            &authority.pubkey(),
            &build::MarketSettings {
                quote_mint: *quote_mint,
                tariffs: TARIFFS,
                capacity: MARKET.capacity,
                terms: MARKET.terms(0),
            },
        )
    };
    for account in wanted {
        let text = format!("{account:?}");
        campus.chain.put(wrong, account);
        assert_eq!(refusal(campus.send(initialize(&wrong), &[&authority])), "WrongMint", "{text}");
    }
    for wrong in [other.energy_mint, other.department, Pubkey::new_unique(), SPL_TOKEN] {
        assert_eq!(refusal(campus.send(initialize(&wrong), &[&authority])), "WrongMint");
    }
    let mut foreign = initialize(&campus.department.quote_mint);
    foreign.accounts[3].pubkey = campus.addresses().energy_mint;
    assert_eq!(refusal(campus.send(foreign, &[&authority])), "WrongAddress");
    campus.send(initialize(&campus.department.quote_mint), &[&authority]).unwrap();
}

/// Anybody can send lamports to an address; that must not keep a market from being founded there.
#[test]
fn prefunded_addresses_do_not_block_a_market() {
    let mut campus = Campus::native(1);
    let authority = campus.keys.authority();
    let other = campus.begin_department("SCI_", 2, MARKET);
    for address in [other.market, other.book, other.energy_vault, other.quote_vault] {
        campus.chain.put(address, Account { lamports: 890_880, ..Account::default() });
    }
    let quote_mint = campus.department.quote_mint;
    let initialize = build::initialize(
        &other,
        &authority.pubkey(),
        &build::MarketSettings { quote_mint, tariffs: TARIFFS, capacity: MARKET.capacity, terms: MARKET.terms(0) },
    );
    campus.send(initialize, &[&authority]).unwrap();
    campus.send(build::grow(&other, &authority.pubkey()), &[&authority]).unwrap();
    let book: Book = campus.read(&other.book);
    assert_eq!((book.market, book.capacity), (other.market, MARKET.capacity));
}

#[test]
fn only_the_departments_authority_pauses_and_never_a_clearing() {
    let mut campus = Campus::native(2);
    campus.open_market(SAMPLE, &[10_000]);
    let (stranger, authority, addresses) =
        (campus.keys.wallet("stranger", 0), campus.keys.authority(), campus.addresses());
    let pause = |by: &Pubkey| build::set_paused(&addresses, by, true);
    assert_eq!(refusal(campus.send(pause(&stranger.pubkey()), &[&stranger])), "NotDepartmentAuthority");
    let mut foreign = pause(&authority.pubkey());
    foreign.accounts[1].pubkey = campus.begin_department("SCI_", 1, MARKET).department;
    assert_eq!(refusal(campus.send(foreign, &[&authority])), "WrongDepartment");

    campus.place(0, Direction::Sell, 3_000_000, 100, SAMPLE).unwrap();
    campus.place(1, Direction::Buy, 3_000_000, 100, SAMPLE).unwrap();
    campus.chain_time(SAMPLE + 905);
    campus.clear(1).unwrap();
    assert_eq!(refusal(campus.pause(true)), "ClearingInProgress");
    assert_eq!(refusal(campus.pause(false)), "ClearingInProgress");
    campus.clear(1).unwrap();
    campus.pause(true).unwrap();
    assert!(campus.book().paused);
    campus.pause(true).unwrap();
    campus.pause(false).unwrap();
    assert!(!campus.book().paused);
}

/// What the treasury has earned before anybody sat there is the department's.
#[test]
fn the_treasury_earns_before_its_seat_is_claimed() {
    let mut campus = Campus::native(1);
    let addresses = campus.addresses();
    let mut account = campus.account(&addresses.book);
    let (_, book) = campus_energy_sdk::trading::state::split(&mut account.data).unwrap();
    let mut treasury = Seat::read(&book.seats[1]);
    treasury.quote.free = 77;
    treasury.write(&mut book.seats[1]);
    campus.chain.put(addresses.book, account);
    let authority = campus.keys.authority();
    campus.send(build::claim_seat(&addresses, &authority.pubkey()), &[&authority]).unwrap();
    assert_eq!((campus.treasury().wallet, campus.treasury().quote.free), (authority.pubkey().to_bytes(), 77));
}
