//! Founding a department where somebody else was first, or came in between: on squatted addresses, and after every interruption.

mod founding_support;

use {
    campus_energy_department::{Founding, FoundingError},
    campus_energy_sdk::{
        SPL_TOKEN,
        deployment::Addresses,
        ledger::{
            Embedded, Ledger, LedgerError,
            programs::EMBEDDED,
            transaction::{Draft, send_all},
        },
        matching::Seat,
        trading::state::{Asset, split},
    },
    campus_energy_tests::{campus::refusal, watched::Watched},
    founding_support::*,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, program_pack::Pack, pubkey::Pubkey, rent::Rent},
    solana_signer::Signer,
    solana_system_interface::instruction::{create_account, transfer},
    spl_associated_token_account_interface::{
        address::get_associated_token_address, instruction::create_associated_token_account_idempotent,
    },
    spl_token_interface::{
        instruction::{AuthorityType, approve, close_account, initialize_mint2, mint_to, set_authority},
        state::Mint,
    },
};

fn set_authority_of(kind: AuthorityType, to: Option<&Pubkey>, by: &Keypair) -> Instruction {
    let mint = keys().quote_mint().pubkey();
    set_authority(&SPL_TOKEN, &mint, to, kind, &by.pubkey(), &[]).expect("an instruction")
}

/// The thief knows the seed, and so the mint's key: makes it first.
fn squat(ledger: &mut Embedded, authority: &Pubkey, freeze: Option<&Pubkey>, decimals: u8) {
    let (thief, mint) = (thief(), keys().quote_mint());
    let rent = Rent::default().minimum_balance(Mint::LEN);
    let create = create_account(&thief.pubkey(), &mint.pubkey(), rent, Mint::LEN as u64, &SPL_TOKEN);
    let initialize = initialize_mint2(&SPL_TOKEN, &mint.pubkey(), authority, freeze, decimals).expect("an instruction");
    done(ledger, &[create, initialize], &[&thief, &mint]);
}

type Squat<'a> = Box<dyn Fn(&mut Embedded) + 'a>;

fn squats<'a>() -> Vec<(&'static str, String, String, Squat<'a>)> {
    let (ours, theirs) = (keys().authority().pubkey(), thief().pubkey());
    let some = |key: Pubkey| format!("Some({key})");
    let create = |length: usize, program: Pubkey| {
        move |ledger: &mut Embedded| {
            let (thief, mint) = (thief(), keys().quote_mint());
            let create = create_account(&thief.pubkey(), &mint.pubkey(), 10_000_000, length as u64, &program);
            done(ledger, &[create], &[&thief, &mint]);
        }
    };
    vec![
        ("mint_authority", some(theirs), some(ours), Box::new(move |ledger| squat(ledger, &theirs, None, 6))),
        (
            "freeze_authority",
            some(theirs),
            "None".into(),
            Box::new(move |ledger| squat(ledger, &ours, Some(&theirs), 6)),
        ),
        ("freeze_authority", some(ours), "None".into(), Box::new(move |ledger| squat(ledger, &ours, Some(&ours), 6))),
        ("decimals", "9".into(), "6".into(), Box::new(move |ledger| squat(ledger, &ours, None, 9))),
        // The thief's money, and only then our mint.
        (
            "supply",
            "1".into(),
            "0".into(),
            Box::new(move |ledger| {
                squat(ledger, &theirs, None, 6);
                let (mint, thief) = (keys().quote_mint().pubkey(), thief());
                let account = get_associated_token_address(&theirs, &mint);
                let create = create_associated_token_account_idempotent(&theirs, &theirs, &mint, &SPL_TOKEN);
                let mint = mint_to(&SPL_TOKEN, &mint, &account, &theirs, &[], 1).expect("an instruction");
                let hand_over = set_authority_of(AuthorityType::MintTokens, Some(&ours), &thief);
                done(ledger, &[create, mint, hand_over], &[&thief]);
            }),
        ),
        // For ever without money.
        (
            "mint_authority",
            "None".into(),
            some(ours),
            Box::new(move |ledger| {
                squat(ledger, &theirs, None, 6);
                done(ledger, &[set_authority_of(AuthorityType::MintTokens, None, &thief())], &[&thief()]);
            }),
        ),
        ("is_initialized", "false".into(), "true".into(), Box::new(create(Mint::LEN, SPL_TOKEN))),
        ("data", "165 bytes".into(), "82 bytes of SPL Token".into(), Box::new(create(165, SPL_TOKEN))),
        ("program", EMBEDDED.token.to_string(), SPL_TOKEN.to_string(), Box::new(create(82, EMBEDDED.token))),
        (
            "program",
            Pubkey::default().to_string(),
            SPL_TOKEN.to_string(),
            Box::new(create(Mint::LEN, Pubkey::default())),
        ),
    ]
}

fn mint_refused(field: &str, found: &str, expected: &str) -> String {
    format!(
        "mint of the campus baht {}: {field} is {found}, expected {expected}; give another key for it with --keys, or set it right with \
         `spl-token authorize` if the mint is yours",
        keys().quote_mint().pubkey()
    )
}

#[test]
fn a_quote_mint_that_a_thief_made_first_is_refused_and_nothing_is_sent() {
    for (field, there, expected, squat) in squats() {
        let mut watched = Watched::new(ledger());
        squat(&mut watched.ledger);
        let text = mint_refused(field, &there, &expected);
        let planned = founder(&plan()).plan(&watched).err().map(|error| error.to_string());
        assert_eq!(planned.as_ref(), Some(&text), "a dry run shows it");
        let before = watched.ledger.state();
        let refused = found(&mut watched).err().map(|error| error.to_string());
        assert_eq!(refused, Some(text));
        assert_eq!((watched.sent, watched.ledger.state() == before), (0, true), "{field}: nothing is sent");
    }
}

#[test]
fn a_thief_who_comes_between_the_look_and_the_transaction_is_found_out() {
    // The first transaction gives lamports; the second one is the mint's.
    let theirs = thief().pubkey();
    let mut watched = Watched::new(ledger());
    watched.interloper = Some((1, Box::new(move |ledger| squat(ledger, &theirs, None, 6))));
    let refused = found(&mut watched).err().map(|error| error.to_string());
    let ours = keys().authority().pubkey();
    assert_eq!(refused, Some(mint_refused("mint_authority", &format!("Some({theirs})"), &format!("Some({ours})"))));
    assert_eq!(watched.sent, 2, "the mint's was refused, and no other came after it");
}

#[test]
fn lamports_that_somebody_sent_to_an_address_make_it_no_account() {
    let (plan, mut untouched) = (plan(), ledger());
    found(&mut untouched).expect("founded");
    let addresses = Addresses::derive(EMBEDDED, plan.prefix);
    let Addresses { department, token_config, energy_mint, oracle, interval_ring, market, book, .. } = addresses;
    let mut all = vec![department, token_config, energy_mint, oracle, interval_ring, market, book];
    all.extend([addresses.energy_vault, addresses.quote_vault, keys().quote_mint().pubkey()]);
    all.extend(plan.meters.iter().map(|meter| addresses.meter(&meter.id)));
    for wallet in (0..PARTICIPANTS).map(|number| keys().participant(number).pubkey()) {
        all.extend([addresses.participant(&wallet), addresses.token_account(&wallet)]);
    }
    all.extend((0..PARTICIPANTS).map(quote_account));
    // Enough to be an account; more than the mint's rent; less than any.
    for lamports in [890_880, 5_000_000] {
        let mut ledger = ledger();
        let gifts: Vec<Draft> = all
            .iter()
            .map(|address| Draft::new(vec![transfer(&thief().pubkey(), address, lamports)], &[&thief()]))
            .collect();
        for result in send_all(&mut ledger, &gifts, &[]).expect("an answer") {
            result.expect("the ledger takes it");
        }
        found(&mut ledger).expect("founded all the same");
        assert_budgets(&ledger);
        let (there, expected) = (ledger.state(), untouched.state());
        for address in &all {
            assert_eq!(there[address].data, expected[address].data, "{address}");
            assert_eq!(there[address].owner, expected[address].owner, "{address}");
        }
    }
}

#[test]
fn a_founding_that_is_interrupted_after_any_transaction_ends_in_the_same_state() {
    let mut whole = Watched::new(ledger());
    found(&mut whole).expect("founded");
    let expected = state(&mut whole.ledger);
    assert_budgets(&whole);
    assert!(whole.sent > 30, "{} transactions", whole.sent);

    for interrupted in 0..whole.sent {
        let mut watched = Watched { at_most: interrupted, ..Watched::new(ledger()) };
        let error = found(&mut watched).err();
        assert_eq!(error, Some(FoundingError::Ledger(Watched::broken_off())), "after {interrupted}");
        watched.at_most = usize::MAX;
        found(&mut watched).unwrap_or_else(|error| panic!("after {interrupted}: {error}"));
        assert!(state(&mut watched.ledger) == expected, "after {interrupted}");
    }

    // Interrupted after each one, again and again.
    let (mut watched, mut foundings) = (Watched::new(ledger()), 0);
    loop {
        (watched.at_most, foundings) = (watched.sent + 1, foundings + 1);
        match found(&mut watched) {
            Err(FoundingError::Ledger(LedgerError::Unreachable(_))) => {}
            Err(error) => panic!("founding {foundings}: {error}"),
            Ok(_) => break,
        }
    }
    assert_eq!(foundings, watched.sent);
    assert!(state(&mut watched.ledger) == expected);

    // And then there is nothing left to do.
    let stages = founder(&plan()).plan(&watched).expect("all as it was founded");
    let missing: Vec<_> =
        stages.iter().map(|stage| (stage.name, stage.missing)).filter(|(_, left)| *left > 0).collect();
    assert_eq!(missing, []);
}

#[test]
fn token_accounts_that_a_stranger_made_cost_nobody_the_budget() {
    let mut whole = Watched::new(ledger());
    found(&mut whole).expect("founded");
    // The stranger comes before any transaction after the mints are there.
    for number in [8, 12, 16, 20] {
        let mut watched = Watched::new(ledger());
        watched.interloper = Some((
            number,
            Box::new(|ledger| {
                let (thief, mint) = (thief(), keys().quote_mint().pubkey());
                let energy = Addresses::derive(EMBEDDED, plan().prefix).energy_mint;
                for wallet in (0..PARTICIPANTS).map(|number| keys().participant(number).pubkey()) {
                    let create = [mint, energy].map(|mint| {
                        create_associated_token_account_idempotent(&thief.pubkey(), &wallet, &mint, &SPL_TOKEN)
                    });
                    done(ledger, &create, &[&thief]);
                }
            }),
        ));
        found(&mut watched).expect("founded");
        assert!(watched.interloper.is_none(), "the stranger was there");
        assert_budgets(&watched);
    }
}

#[test]
fn what_a_participant_does_with_accounts_of_their_own_stops_nobody_and_brings_no_second_budget() {
    let mut ledger = ledger();
    found(&mut ledger).expect("founded");
    let (buyer, seller) = (keys().participant(METERS), keys().participant(0));
    let (by, energy) = (buyer.pubkey(), Addresses::derive(EMBEDDED, plan().prefix));
    // The buyer closes the empty account for money; the seller gives rights in the one for energy away.
    done(&mut ledger, &[close_account(&SPL_TOKEN, &quote_account(METERS), &by, &by, &[]).expect("one")], &[&buyer]);
    let (account, owner, thief) = (energy.token_account(&seller.pubkey()), seller.pubkey(), thief().pubkey());
    let given = [
        approve(&SPL_TOKEN, &account, &thief, &owner, &[], 9).expect("one"),
        set_authority(&SPL_TOKEN, &account, Some(&thief), AuthorityType::CloseAccount, &owner, &[]).expect("one"),
    ];
    done(&mut ledger, &given, &[&seller]);
    ledger.next_slot();
    found(&mut ledger).expect("nothing that the founding gives is at stake");
    assert_eq!(amount(&ledger, &quote_account(METERS)), 0, "the account is there again, and empty");
    assert_budgets(&ledger);
}

/// A second department whose keys come from the same seed has the same mint and the same wallets; their accounts for money are there, and
/// empty, because the first department's budgets are on its seats.
#[test]
fn a_second_department_of_the_same_keys_gets_budgets_of_its_own_once() {
    let second = Founding { prefix: "LAB_".parse().expect("a prefix"), meters: Vec::new(), ..plan() };
    let found_second = |ledger: &mut Watched, shares: bool| {
        founder(&second).sharing_money(shares).found_with_seats(ledger, |_| ()).map(|department| department.addresses)
    };
    let mut whole = Watched::new(ledger());
    found(&mut whole).expect("founded");
    whole.ledger.next_slot();
    let before = whole.sent;
    let refused = found_second(&mut whole, false).err().map(|error| error.to_string());
    assert_eq!(
        refused,
        Some(mint_refused("supply", &BUDGETS.to_string(), "0")),
        "a stranger's money is not told from it"
    );
    assert_eq!(whole.sent, before, "nothing is sent");
    let addresses = found_second(&mut whole, true).expect("founded");
    let transactions = whole.sent - before;
    // Nobody owns a meter of the second one: everybody gets a budget.
    let all = PARTICIPANTS as u64 * BUDGET;
    let budgets_are_right = |ledger: &Watched| {
        assert_eq!(amount(ledger, addresses.vault(Asset::Quote)), all);
        assert_eq!(supply(ledger), BUDGETS + all);
        let mut book = ledger.account(&addresses.book).expect("an answer").expect("a book").data;
        let (_, book) = split(&mut book).expect("a book");
        let seats: Vec<u64> = book.seats.iter().map(Seat::read).map(|seat| seat.quote.free).collect();
        assert_eq!(seats[..PARTICIPANTS], [BUDGET; PARTICIPANTS]);
        assert_eq!(amount(ledger, &quote_account(METERS)), 0);
    };
    budgets_are_right(&whole);
    found_second(&mut whole, true).expect("founded");
    assert_eq!(whole.sent - before, transactions, "the second time nothing is missing");
    budgets_are_right(&whole);
    // Who got money in between deposits it, and gets the rest.
    let mut watched = Watched::new(ledger());
    found(&mut watched).expect("founded");
    watched.ledger.next_slot();
    let (authority, mint) = (keys().authority(), keys().quote_mint().pubkey());
    let some = mint_to(&SPL_TOKEN, &mint, &quote_account(METERS), &authority.pubkey(), &[], BUDGET - 7);
    done(&mut watched.ledger, &[some.expect("an instruction")], &[&authority]);
    found_second(&mut watched, true).expect("founded");
    budgets_are_right(&watched);
}

#[test]
fn money_beyond_the_budgets_is_refused_once_the_market_is_there() {
    let mut watched = Watched::new(ledger());
    found(&mut watched).expect("founded");
    let (authority, mint, account) = (keys().authority(), keys().quote_mint().pubkey(), quote_account(0));
    let mint_one = mint_to(&SPL_TOKEN, &mint, &account, &authority.pubkey(), &[], 1).expect("an instruction");
    done(&mut watched.ledger, &[mint_one], &[&authority]);
    let sent = watched.sent;
    let refused = found(&mut watched).err().map(|error| error.to_string());
    assert_eq!(refused, Some(mint_refused("supply", &(BUDGETS + 1).to_string(), &BUDGETS.to_string())));
    assert_eq!(watched.sent, sent, "nothing is sent");
    assert_eq!(amount(&watched, Addresses::derive(EMBEDDED, plan().prefix).vault(Asset::Quote)), BUDGETS);
}

/// A transaction that a program refused is, sent again, refused as a repetition: what the program said is reported.
#[test]
fn a_refused_founding_says_what_the_program_said() {
    let mut plan = plan();
    plan.limits.array_generation = 0;
    let error = founder(&plan).found_with_seats(&mut ledger(), |_| ()).map(|_| ());
    let Err(FoundingError::Ledger(error)) = error else { panic!("{error:?}") };
    assert_eq!(refusal::<()>(Err(error)), "InvalidLimits");
}
