//! What any holder of tokens, any trader and any stranger can do leaves the audit without a failure: it tells what differs, by how
//! much, and why.

use {
    campus_energy_department::{DepartmentKeys, Founder, Founding, MarketPlan, record::Recording},
    campus_energy_sdk::{
        SPL_TOKEN,
        matching::Direction,
        oracle::instruction::{self as of_oracle, IntervalSubmission, submit_readings},
        registry::{
            self,
            state::{MeterStatus, Role},
        },
        token::{instruction::retire, state::MintMode},
        trading::{
            instruction as build,
            state::{Asset, BookCapacity},
        },
        units::Energy,
    },
    campus_energy_tests::{
        audited::{Audited, holding, says},
        campus::{Campus, LIMITS, MARKET, SAMPLE, founding, plain, refusal},
    },
    solana_keypair::Keypair,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    solana_system_interface::instruction::transfer as pay,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
    spl_token_interface::instruction::{AuthorityType, approve, burn, close_account, set_authority, transfer},
};

const ENERGY: Asset = Asset::Energy;
const QUOTE: Asset = Asset::Quote;
const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;

/// Three traders, of whom the first has 10 kWh on the seat.
fn open() -> Audited {
    let mut audited = Audited::new(&founding(3, false, MintMode::Batch));
    audited.campus.open_market(SAMPLE, &[10_000, 0, 0]);
    audited
}

/// Creates a wallet's energy token account.
fn open_account(campus: &mut Campus<Recording>, wallet: &Keypair) -> Pubkey {
    let payer = wallet.pubkey();
    let create =
        create_associated_token_account_idempotent(&payer, &payer, &campus.addresses().energy_mint, &SPL_TOKEN);
    campus.send(create, &[wallet]).unwrap();
    campus.token_account(&payer, ENERGY)
}

#[test]
fn a_holder_burns() {
    let mut audited = open();
    says(&mut audited, "invariant 2: supply 10000000000 is 10000000000 minted less 0 retired\n");
    audited.campus.withdraw(0, ENERGY, 5_000_000_000).unwrap();
    let (owner, mint) = (audited.campus.keys.participant(0), audited.campus.mint(ENERGY));
    let account = audited.campus.traders_account(0, ENERGY);
    let own = burn(&SPL_TOKEN, &account, &mint, &owner.pubkey(), &[], 1).unwrap();
    audited.campus.send(own, &[&owner]).unwrap();
    says(
        &mut audited,
        "invariant 2: supply 9999999999 is 10000000000 minted less 0 retired, \
         less 1 that owners burned by themselves, without a receipt\n",
    );
    // And money.
    audited.campus.withdraw(1, QUOTE, 7).unwrap();
    let (owner, mint) = (audited.campus.keys.participant(1), audited.campus.mint(QUOTE));
    let account = audited.campus.traders_account(1, QUOTE);
    let own = burn(&SPL_TOKEN, &account, &mint, &owner.pubkey(), &[], 7).unwrap();
    audited.campus.send(own, &[&owner]).unwrap();
    says(&mut audited, "invariant 2: all accounts for money together hold the 2999999993 issued");
}

#[test]
fn somebody_gives_to_the_vaults() {
    let mut audited = open();
    for (trader, asset, amount) in [(0, ENERGY, 3), (1, QUOTE, 2)] {
        audited.campus.withdraw(trader, asset, 100).unwrap();
        let owner = audited.campus.keys.participant(trader);
        let (from, vault) = (audited.campus.traders_account(trader, asset), *audited.campus.addresses().vault(asset));
        let give = transfer(&SPL_TOKEN, &from, &vault, &owner.pubkey(), &[], amount).unwrap();
        audited.campus.send(give, &[&owner]).unwrap();
    }
    says(
        &mut audited,
        "invariant 2: the energy vault's 9999999903 are the seats' 9999999900, \
         and 3 that somebody gave to the vault without a deposit\n\
         invariant 2: the quote vault's 2999999902 are the seats' 2999999900, \
         and 2 that somebody gave to the vault without a deposit\n",
    );
}

/// Somebody clears one order and goes away, also between the sides.
#[test]
fn a_clearing_is_left_unfinished() {
    let mut audited = open();
    for (trader, energy) in [(1, 4_000), (2, 2_000)] {
        audited.campus.place(trader, BUY, 3_000_000, energy, SAMPLE).unwrap();
    }
    audited.campus.place(0, SELL, 3_000_000, 5_000, SAMPLE).unwrap();
    audited.campus.chain_time(SAMPLE + 905);
    audited.campus.clear(1).unwrap();
    says(
        &mut audited,
        "invariant 2: the energy vault's 10000000000 are the seats' 14000000000, \
         less 4000000000 in transit that buyers have already and sellers still have\n\
         invariant 2: the quote vault's 3000000000 are the seats' 2988000000 \
         and 12000000 in transit that buyers have paid and sellers have not got\n",
    );
    says(&mut audited, "the clearing of the interval until 1730448000 has settled 1 orders and goes on");
    let audit = audited.audit();
    let (timestamp, settled) = audit.market.unfinished().unwrap();
    assert_eq!((timestamp, settled.len(), settled[0].filled, settled[0].value.0), (SAMPLE, 1, 4_000, 12_000_000));
    audited.campus.clear(1).unwrap();
    says(&mut audited, "less 5000000000 in transit");
    audited.campus.clear(1).unwrap();
    says(&mut audited, "the energy vault's 10000000000 are the seats' 10000000000\n");
    let mut audit = audited.audit();
    assert_eq!(audit.market.unfinished(), None);
    let outcomes: Vec<_> = audit.take_closed()[0].orders.iter().map(|order| (order.seat, order.filled)).collect();
    assert_eq!(outcomes, [(1, 4_000), (2, 1_000), (0, 5_000)]);
}

/// Whoever sends Clear can send it twice in one transaction.
#[test]
fn two_clearings_in_one_transaction() {
    let mut audited = open();
    audited.campus.place(1, BUY, 3_000_000, 4_000, SAMPLE).unwrap();
    audited.campus.place(0, SELL, 3_000_000, 5_000, SAMPLE + 900).unwrap();
    audited.campus.chain_time(SAMPLE + 905);
    let (addresses, stranger) = (audited.campus.addresses(), audited.campus.keys.wallet("stranger", 0));
    audited.campus.send_all(&[build::clear(&addresses, 1), build::clear(&addresses, 1)], &[&stranger]).unwrap();
    says(&mut audited, "invariant 4: 1 auctions at the price their orders give, 4000 Wh bought and sold");
    let closed = audited.audit().take_closed();
    let outcomes: Vec<_> = closed[0].orders.iter().map(|order| (order.seat, order.filled)).collect();
    assert_eq!(outcomes, [(1, 4_000), (0, 4_000)]);
}

/// Another department uses the same programs, and the same people take part in it.
#[test]
fn another_department_has_receipts_seats_and_readings() {
    let mut audited = open();
    let law = Founding { prefix: "LAW_".parse().unwrap(), ..founding(2, false, MintMode::Batch) };
    let named = law.meters.iter().enumerate().map(|(index, meter)| {
        let id = format!("LAW_{:03}", index + 1).parse().unwrap();
        campus_energy_department::MeterPlan { id, ..*meter }
    });
    let law = Founding { meters: named.collect(), ..law };
    let keys = audited.campus.keys;
    let quote_mint = keys.wallet("another mint", 0);
    let others_keys = DepartmentKeys { quote_mint, ..DepartmentKeys::of_seed(keys, &law) };
    let founder = Founder::with_keys(audited.campus.addresses().programs, others_keys, &law);
    let other = founder.found_with_seats(&mut audited.campus.chain, |_| ()).unwrap();
    let (submitter, owner) = (keys.submitter(), keys.participant(0));
    audited.campus.chain_time(SAMPLE + 905);
    let accounts: Vec<_> = other.meters.iter().map(|meter| meter.accounts).collect();
    let readings = plain(&[(2_000, 0), (0, 1)]);
    let submission = IntervalSubmission { timestamp: SAMPLE, meters: &accounts, readings };
    let submit = submit_readings(&other.addresses, &submitter.pubkey(), submission);
    audited.campus.send(submit, &[&submitter]).unwrap();
    let retired = retire(&other.addresses, &owner.pubkey(), Energy(500), SAMPLE + 900);
    audited.campus.send(retired, &[&owner]).unwrap();
    let account = other.addresses.token_account(&owner.pubkey());
    let transfer = build::SeatTransfer { seat: 0, asset: ENERGY, token_account: account, amount: 1_000_000_000 };
    audited.campus.send(build::deposit(&other.addresses, &owner.pubkey(), &transfer), &[&owner]).unwrap();

    says(&mut audited, "0 receipts are the 0 tokens retired");
    assert_eq!((holding(&mut audited, 0).receipts, holding(&mut audited, 0).retired), (0, 0));
    audited.campus.withdraw(0, ENERGY, 1_000_000_000).unwrap();
    let retired = retire(&audited.campus.addresses(), &owner.pubkey(), Energy(300), SAMPLE + 900);
    audited.campus.send(retired, &[&owner]).unwrap();
    says(&mut audited, "1 receipts are the 300000000 tokens retired");
    assert_eq!((holding(&mut audited, 0).receipts, holding(&mut audited, 0).retired), (1, 300));
    // The other department's own audit, of the same transactions.
    let mut audit = campus_energy_department::audit::Audit::new(other.addresses);
    audited.record().iter().for_each(|transaction| audit.apply(transaction).unwrap());
    let snapshot = audited.snapshot();
    let findings = campus_energy_department::audit::check_accounts(&audit, &snapshot, &other.addresses);
    let wrong: Vec<_> = findings.iter().filter_map(|finding| finding.as_ref().err()).collect();
    assert_eq!(wrong, Vec::<&String>::new());
    assert_eq!((audit.retired.0, audit.sums().surplus), (500_000_000, 2_000));
}

/// A transfer makes anybody a holder, who can retire for as many intervals as there are.
#[test]
fn a_stranger_retires() {
    let mut audited = open();
    let (owner, stranger) = (audited.campus.keys.participant(0), audited.campus.keys.wallet("stranger", 0));
    let account = open_account(&mut audited.campus, &stranger);
    let addresses = audited.campus.addresses();
    // A withdrawal may go to anybody's account.
    let transfer = build::SeatTransfer { seat: 0, asset: ENERGY, token_account: account, amount: 3_000_000_000 };
    let withdraw = build::withdraw(&addresses, &owner.pubkey(), &transfer);
    audited.campus.send(withdraw, &[&owner]).unwrap();
    audited.campus.chain_time(SAMPLE + 1_805);
    for (energy, timestamp) in [(1_000, SAMPLE + 900), (500, SAMPLE + 1_800)] {
        let retired = retire(&addresses, &stranger.pubkey(), Energy(energy), timestamp);
        audited.campus.send(retired, &[&stranger]).unwrap();
    }
    says(
        &mut audited,
        "2 receipts are the 1500000000 tokens retired, 1500 Wh of them by holders who are no participants",
    );
    audited.campus.withdraw(0, ENERGY, 2_000_000_000).unwrap();
    for timestamp in [SAMPLE + 900, SAMPLE + 1_800] {
        let retired = retire(&addresses, &owner.pubkey(), Energy(1_000), timestamp);
        audited.campus.send(retired, &[&owner]).unwrap();
    }
    says(&mut audited, "4 receipts are the 3500000000 tokens retired, 1500 Wh of them");
    assert_eq!((holding(&mut audited, 0).receipts, holding(&mut audited, 0).retired), (2, 2_000));
}

/// Accounts are delegated, given away, and closed.
#[test]
fn token_accounts_are_their_owners() {
    let mut audited = open();
    let (first, second) = (audited.campus.keys.participant(0), audited.campus.keys.participant(1));
    let stranger = audited.campus.keys.wallet("stranger", 0);
    audited.campus.withdraw(0, ENERGY, 5_000_000_000).unwrap();
    assert_eq!(holding(&mut audited, 0).energy, 5_000_000_000);
    let account = audited.campus.traders_account(0, ENERGY);
    let delegated = approve(&SPL_TOKEN, &account, &stranger.pubkey(), &first.pubkey(), &[], 1_000).unwrap();
    audited.campus.send(delegated, &[&first]).unwrap();
    says(&mut audited, "supply 10000000000 is 10000000000 minted");
    let to = Some(stranger.pubkey());
    let given = set_authority(&SPL_TOKEN, &account, to.as_ref(), AuthorityType::AccountOwner, &first.pubkey(), &[]);
    audited.campus.send(given.unwrap(), &[&first]).unwrap();
    says(&mut audited, "supply 10000000000 is 10000000000 minted");
    assert_eq!(holding(&mut audited, 0).energy, 0, "it is the stranger's now");
    let closed = audited.campus.traders_account(1, ENERGY);
    let close = close_account(&SPL_TOKEN, &closed, &second.pubkey(), &second.pubkey(), &[]).unwrap();
    audited.campus.send(close, &[&second]).unwrap();
    assert!(audited.campus.data(&closed).is_empty());
    says(&mut audited, "supply 10000000000 is 10000000000 minted");
    assert_eq!(holding(&mut audited, 1).energy, 0);

    // Frozen, as the mint of another money could have it.
    let mut snapshot = audited.snapshot();
    let frozen = audited.campus.traders_account(1, QUOTE);
    let state = &mut snapshot.accounts.get_mut(&frozen).unwrap().data[108];
    assert_eq!(std::mem::replace(state, 2), 1, "it was initialised");
    assert_eq!(audited.wrong(&snapshot), Vec::<String>::new());
}

#[test]
fn lamports_come_to_every_account() {
    let mut audited = open();
    let (addresses, stranger) = (audited.campus.addresses(), audited.campus.keys.wallet("stranger", 0));
    let meter = audited.campus.department.meters[0].accounts.meter;
    let participant = addresses.participant(&audited.campus.keys.participant(0).pubkey());
    let [config, mint, vault] = [addresses.token_config, addresses.energy_mint, addresses.energy_vault];
    let all = [addresses.department, participant, meter, config, mint, addresses.oracle, addresses.market];
    for to in all.into_iter().chain([addresses.book, vault, addresses.quote_vault, addresses.interval_ring]) {
        audited.campus.send(pay(&stranger.pubkey(), &to, 1), &[&stranger]).unwrap();
    }
    says(&mut audited, "0 bids, 0 asks and 4 seats agree");
}

/// Readings that come while their interval's auction is being cleared, and after it.
#[test]
fn readings_are_late() {
    let mut audited = Audited::new(&founding(6, false, MintMode::Batch));
    audited.campus.open_market(SAMPLE, &[10_000, 0, 0]);
    audited.campus.place(1, BUY, 3_000_000, 4_000, SAMPLE).unwrap();
    audited.campus.place(0, SELL, 3_000_000, 5_000, SAMPLE).unwrap();
    audited.campus.chain_time(SAMPLE + 905);
    let submit = |audited: &mut Audited, meter: usize, timestamp: i64, surplus: u32| {
        let accounts = audited.campus.department.meters[meter].accounts;
        let (addresses, submitter) = (audited.campus.addresses(), audited.campus.keys.submitter());
        let readings = plain(&[(surplus, 0)]);
        let submission = IntervalSubmission { timestamp, meters: &[accounts], readings };
        audited.campus.send(submit_readings(&addresses, &submitter.pubkey(), submission), &[&submitter]).unwrap();
    };
    // The auction is closed, but nobody has begun to clear it.
    submit(&mut audited, 3, SAMPLE, 1_000);
    says(&mut audited, "are those of the readings and auctions\n");
    // Before the market existed there was no auction.
    submit(&mut audited, 3, SAMPLE - 900, 100);
    says(&mut audited, "; 1 readings were late, of 0.100 kWh surplus");
    audited.campus.clear(1).unwrap();
    submit(&mut audited, 4, SAMPLE, 20);
    says(&mut audited, "; 2 readings were late, of 0.120 kWh surplus");
    audited.campus.clear(1).unwrap();
    submit(&mut audited, 5, SAMPLE, 3);
    says(&mut audited, "; 3 readings were late, of 0.123 kWh surplus");
    let closed = audited.audit().take_closed();
    assert_eq!((closed.len(), closed[0].readings.len()), (1, 4), "those that were in time");
    assert_eq!(audited.audit().sums().readings, 7, "all are counted");
}

/// A pause over several intervals, with an order for the auction before it.
#[test]
fn the_market_is_paused_over_intervals() {
    let mut audited = open();
    audited.campus.place(1, BUY, 3_000_000, 4_000, SAMPLE + 2_700).unwrap();
    audited.campus.pause(true).unwrap();
    says(&mut audited, "1 bids, 0 asks");
    for (end, surplus) in [(SAMPLE + 900, 1_000), (SAMPLE + 1_800, 500), (SAMPLE + 2_700, 250)] {
        audited.campus.chain_time(end + 5);
        audited.campus.submit(end, &[(surplus, 0), (0, 0), (0, 0)]).unwrap();
    }
    audited.campus.pause(false).unwrap();
    says(&mut audited, "1 bids, 0 asks");
    // The auction with the order, then the newest that has closed; the one between is never held.
    audited.campus.clear(100).unwrap();
    audited.campus.clear(100).unwrap();
    assert_eq!(refusal(audited.campus.clear(100)), "AlreadyCleared");
    says(&mut audited, "invariant 4: 2 auctions");
    let closed = audited.audit().take_closed();
    let reported: Vec<_> = closed.iter().map(|interval| (interval.timestamp, interval.readings.len())).collect();
    assert_eq!(reported, [(SAMPLE, 3), (SAMPLE + 900, 3), (SAMPLE + 1_800, 3)]);
    let orders: Vec<_> = closed.iter().map(|interval| interval.orders.len()).collect();
    assert_eq!(orders, [1, 0, 1]);
}

/// On a full side, a cancelled order stays for the next auction.
#[test]
fn an_order_is_cancelled_at_the_close() {
    let market = MarketPlan { capacity: BookCapacity { orders: 2, seats: 8 }, ..MARKET };
    let mut audited = Audited::new(&Founding { market, ..founding(3, false, MintMode::Batch) });
    audited.campus.open_market(SAMPLE, &[10_000, 0, 0]);
    audited.campus.place(1, BUY, 3_000_000, 4_000, SAMPLE + 900).unwrap();
    audited.campus.place(2, BUY, 2_900_000, 4_000, SAMPLE + 900).unwrap();
    audited.campus.cancel(1, BUY, 3_000_000, 0).unwrap();
    says(&mut audited, "2 bids, 0 asks");
    audited.campus.chain_time(SAMPLE + 905);
    audited.campus.clear(100).unwrap();
    says(&mut audited, "1 bids, 0 asks");
    audited.campus.cancel(2, BUY, 2_900_000, 1).unwrap();
    says(&mut audited, "0 bids, 0 asks");
    assert_eq!(audited.audit().market.withdrawn, 2);
}

/// The treasury's seat earns before somebody claims it.
#[test]
fn a_seat_has_funds_before_it_is_claimed() {
    let plan = Founding { market: MarketPlan { fee: 100, ..MARKET }, ..founding(2, false, MintMode::Batch) };
    let mut audited = Audited::new(&plan);
    let (keys, addresses) = (audited.campus.keys, audited.campus.addresses());
    audited.campus.submit(SAMPLE, &[(2_000, 0), (0, 0)]).unwrap();
    let authority = keys.authority();
    let buyer = keys.participant(1).pubkey();
    let quote_mint = audited.campus.department.quote_mint;
    let payer = authority.pubkey();
    let create = create_associated_token_account_idempotent(&payer, &buyer, &quote_mint, &SPL_TOKEN);
    let money = audited.campus.traders_account(1, QUOTE);
    let mint = spl_token_interface::instruction::mint_to(&SPL_TOKEN, &quote_mint, &money, &payer, &[], 10_000_000);
    audited.campus.send_all(&[create, mint.unwrap()], &[&authority]).unwrap();
    for trader in 0..2 {
        let wallet = keys.participant(trader);
        audited.campus.send(build::claim_seat(&addresses, &wallet.pubkey()), &[&wallet]).unwrap();
    }
    audited.campus.deposit(0, ENERGY, 2_000_000_000).unwrap();
    audited.campus.deposit(1, QUOTE, 10_000_000).unwrap();
    audited.campus.place(0, SELL, 3_000_000, 2_000, SAMPLE).unwrap();
    audited.campus.place(1, BUY, 3_000_000, 2_000, SAMPLE).unwrap();
    audited.campus.chain_time(SAMPLE + 905);
    audited.campus.clear(10).unwrap();
    assert_eq!((audited.campus.treasury().wallet, audited.campus.treasury().quote.free), ([0; 32], 60_000));
    says(&mut audited, "the quote vault's 10000000 are the seats' 10000000\n");
    audited.campus.send(build::claim_seat(&addresses, &payer), &[&authority]).unwrap();
    says(&mut audited, "the quote vault's 10000000 are the seats' 10000000\n");
    assert_eq!(audited.audit().market.seats[&2].quote, 60_000);
}

/// What the authority administers changes accounts, and the audit follows.
#[test]
fn the_department_is_administered() {
    let mut audited = open();
    let (keys, addresses) = (audited.campus.keys, audited.campus.addresses());
    let (authority, stranger) = (keys.authority(), keys.wallet("stranger", 0));
    let (by, to, id) = (authority.pubkey(), stranger.pubkey(), audited.campus.department.meters[0].id);
    let guest = keys.wallet("newcomer", 0);
    for instruction in [
        registry::instruction::rotate_meter_key(&addresses, &by, &id, &to),
        registry::instruction::set_meter_limit(&addresses, &by, &id, 11_000),
        registry::instruction::set_meter_status(&addresses, &by, &id, MeterStatus::Suspended),
        registry::instruction::register_participant(&addresses, &by, &guest.pubkey(), Role::Graduate),
        registry::instruction::set_paused(&addresses, &by, true),
        registry::instruction::propose_authority(&addresses, &by, &to),
        of_oracle::propose_authority(&addresses, &by, &to),
        of_oracle::configure(&addresses, &by, LIMITS, true),
        campus_energy_sdk::token::instruction::set_mint_mode(&addresses, &by, MintMode::Plain),
        campus_energy_sdk::token::instruction::set_paused(&addresses, &by, true),
    ] {
        audited.campus.send(instruction, &[&authority]).unwrap();
    }
    says(&mut audited, "department and 5 participants are as they were registered");
    for instruction in
        [registry::instruction::accept_authority(&addresses, &to), of_oracle::accept_authority(&addresses, &to)]
    {
        audited.campus.send(instruction, &[&stranger]).unwrap();
    }
    audited.campus.send(build::claim_seat(&addresses, &guest.pubkey()), &[&guest]).unwrap();
    says(&mut audited, "5 seats agree");
}
