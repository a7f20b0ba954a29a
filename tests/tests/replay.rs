//! What the audit works out from executed instructions is what the programs did: the same events one to one, in order, as complete
//! logs have; the same accounts; and the same report whatever becomes of the log.

use {
    campus_energy_department::{
        Department, Founder, Founding, Keys, MarketDay, MarketPlan, MarketWallets, Sending, Signing, Wallets,
        agents::{Bidding, Setting, StrategyName},
        audit::{Audit, ClosedInterval, Replay, check_accounts},
        embedded_ledger, plain, prepare,
        record::{Recording, Transaction},
        settle,
    },
    campus_energy_sdk::{
        deployment::{Addresses, Programs},
        event::AnyEvent,
        ledger::{Embedded, Ledger, LedgerError, Receipt, Relay, Snapshot, SplToken, logs::decode_logs},
        matching::Direction,
        time::Interval,
        token::state::MintMode,
        trading::{
            instruction as build,
            state::{Asset, BookCapacity},
        },
        units::{Energy, Money},
    },
    campus_energy_simulation::{Configuration, Mode, Simulation},
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, embedded, founding},
        cases::cases,
        chain::Chain,
    },
    chrono::NaiveDate,
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
    std::mem::take,
};

/// A ledger whose transactions are recorded, and held against what their logs tell.
struct Telling {
    ledger: Recording,
    time: i64,
    replay: Replay,
    audit: Audit,
    /// Events that the log told and the replay gave.
    told: Vec<AnyEvent>,
    /// Transactions whose log was cut.
    cut: u64,
}

impl Telling {
    fn new(ledger: Embedded, addresses: Addresses) -> Self {
        let (replay, audit) = (Replay::new(addresses), Audit::new(addresses));
        Self { ledger: Recording::new(ledger), time: 0, replay, audit, told: Vec::new(), cut: 0 }
    }
}

impl Relay for Telling {
    type Target = Recording;

    fn target(&self) -> &Recording {
        &self.ledger
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let receipt = self.ledger.send(transaction)?;
        let replayed = self.replay.transaction(self.time, &receipt.instructions);
        let replayed = replayed.unwrap_or_else(|wrong| panic!("{wrong}: {:?}", receipt.logs));
        let logs = receipt.logs.iter().map(String::as_str);
        let decoded = decode_logs(logs, &self.ledger.programs());
        let complete = decoded.complete;
        let told = decoded.of_department(&receipt.instructions, self.replay.addresses());
        if complete {
            assert_eq!(told, replayed, "{:?}", receipt.logs);
            self.told.extend(told);
        } else {
            assert_eq!(told, replayed[..told.len()], "up to where it is cut: {:?}", receipt.logs);
            self.cut += 1;
        }
        let Receipt { signature, compute_units, instructions, .. } = receipt.clone();
        let transaction = Transaction { timestamp: self.time, signature, compute_units, instructions };
        self.audit.apply(&transaction).unwrap();
        Ok(receipt)
    }
}

impl Chain for Telling {
    fn programs(&self) -> Programs {
        self.ledger.programs()
    }

    fn set_time(&mut self, unix_timestamp: i64) {
        self.time = unix_timestamp;
        self.ledger.set_time(unix_timestamp);
    }

    fn next_slot(&mut self) {
        self.ledger.ledger().next_slot();
    }

    fn put(&mut self, address: Pubkey, account: Account) {
        self.ledger.ledger().put(address, account);
    }
}

/// What a record comes to.
struct Outcome {
    transactions: Vec<Transaction>,
    closed: Vec<ClosedInterval>,
    findings: Vec<String>,
}

fn outcome(ledger: &mut Recording, addresses: &Addresses) -> Outcome {
    let (transactions, snapshot) = (ledger.take(), Snapshot::of(ledger.ledger()));
    let mut audit = Audit::new(*addresses);
    transactions.iter().for_each(|transaction| audit.apply(transaction).unwrap());
    let findings: Result<_, String> = check_accounts(&audit, &snapshot, addresses).into_iter().collect();
    Outcome { transactions, closed: audit.take_closed(), findings: findings.unwrap() }
}

/// The default configuration's day, as `sim-cli run` lives through it.
fn live(ledger: &mut Telling) -> Department {
    let configuration = Configuration::load(None).unwrap();
    let date = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap();
    let mut simulation = Simulation::new(&configuration, 42, Mode::Physical);
    let plan = sim_cli::plan::founding(&configuration, true, MintMode::Batch);
    let budget = Money(200_000_000);
    ledger.set_time(simulation.midnight(date));
    let founder = Founder::new(ledger.programs(), Keys::new(42), &plan).with_budgets(plan.buyers(budget));
    let department = founder.found_with_seats(ledger, |_| ()).unwrap();
    ledger.next_slot();
    let wallets = Wallets::of_seed(Keys::new(42), &plan);
    let market = &configuration.engineering_department.market;
    let setting = Setting {
        strategy: StrategyName::default(),
        bidding: Bidding::WhenSupplied,
        tariffs: market.tariffs(),
        minimum_lot: market.minimum_lot_wh,
        budget,
        seed: 42,
    };
    let agents = sim_cli::plan::agents(&configuration, &plan, &setting);
    let zone = configuration.engineering_department.site.timezone;
    let mut market = MarketDay::new(agents, zone, Sending::InOrder);
    let traders = MarketWallets::of(&wallets);
    let mut next = None;
    for interval in simulation.intervals(date, 1).collect::<Vec<_>>() {
        let end = interval.interval;
        Chain::set_time(ledger, end.end() + 1);
        market.close(ledger, &department, &traders, end).unwrap();
        ledger.set_time(end.end() + 5);
        let transactions = prepare(&department, &wallets.meters, end, &plain(&interval.readings), Signing::Meters);
        settle(ledger, &department, &wallets.submitter, &transactions).unwrap();
        let traded = market.place(ledger, &department, &traders, end, &interval.readings).unwrap();
        assert_eq!(traded.refused, 0);
        next = Some(end.next());
    }
    let next: Interval = next.unwrap();
    Chain::set_time(ledger, next.end() + 1);
    let closed = market.close(ledger, &department, &traders, next).unwrap();
    assert!(closed.day.is_some_and(|day| day.last.next() == next), "{closed:?}");
    department
}

/// A whole day: every event of its complete logs, and nothing else. The same day without any log: the same record, and so the same
/// report, which is made from it.
#[test]
fn a_days_events_are_replayed_and_its_logs_do_not_matter() {
    let plan = sim_cli::plan::founding(&Configuration::load(None).unwrap(), true, MintMode::Batch);
    let ledger = || embedded_ledger(Keys::new(42), plan.participants.len(), SplToken::Batching).unwrap();
    let programs = ledger().programs();
    let mut telling = Telling::new(ledger(), Addresses::derive(programs, plan.prefix));
    let department = live(&mut telling);
    assert_eq!(telling.cut, 0);
    let count = |kind: fn(&AnyEvent) -> bool| telling.told.iter().filter(|event| kind(event)).count();
    assert_eq!(count(|event| matches!(event, AnyEvent::MarketCleared(_))), 97);
    assert_eq!(count(|event| matches!(event, AnyEvent::ReadingsAccepted(_))), 288);
    assert!(count(|event| matches!(event, AnyEvent::OrderPlaced(_))) > 3_000);
    assert!(count(|event| matches!(event, AnyEvent::OrdersSettled(_))) > 50);
    assert!(count(|event| matches!(event, AnyEvent::EnergyRetired(_))) > 40);
    let complete = outcome(&mut telling.ledger, &department.addresses);

    let mut silent = ledger();
    let svm = silent.svm();
    *svm = take(svm).with_log_bytes_limit(Some(0));
    let mut silent = Telling::new(silent, department.addresses);
    live(&mut silent);
    assert_eq!((silent.told.len(), silent.cut > 4_000), (0, true));
    let silent = outcome(&mut silent.ledger, &department.addresses);
    assert_eq!(silent.transactions.len(), complete.transactions.len());
    for (silent, complete) in silent.transactions.iter().zip(&complete.transactions) {
        assert_eq!(silent, complete);
    }
    assert_eq!(silent.closed.len(), 97);
    assert!(silent.closed == complete.closed, "every interval, auction and outcome");
    assert_eq!(silent.findings, complete.findings);
}

/// The memo program, which everybody can call: with nothing to say it logs some 220 bytes.
const MEMO: Pubkey = Pubkey::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// Whoever sends Clear fills the log before: the outcomes are missing in it, and nowhere else.
#[test]
fn a_filled_log_hides_no_outcome() {
    let keys = Keys::new(1);
    let plan = founding(3, false, MintMode::Batch);
    let ledger = embedded(keys, SplToken::Batching);
    let addresses = Addresses::derive(ledger.programs(), plan.prefix);
    let mut campus = Campus::on(Telling::new(ledger, addresses), keys, &plan);
    campus.open_market(SAMPLE, &[10_000, 0, 0]);
    campus.place(1, Direction::Buy, 3_000_000, 4_000, SAMPLE).unwrap();
    campus.place(0, Direction::Sell, 3_000_000, 5_000, SAMPLE).unwrap();
    campus.chain_time(SAMPLE + 905);
    let stranger = keys.wallet("stranger", 0);
    let memo = Instruction { program_id: MEMO, accounts: Vec::new(), data: Vec::new() };
    let mut instructions = vec![memo; 45];
    instructions.push(build::clear(&addresses, 100));
    let receipt = campus.send_all(&instructions, &[&stranger]).unwrap();
    let decoded = decode_logs(receipt.logs.iter().map(String::as_str), &addresses.programs);
    assert_eq!((decoded.events.len(), decoded.complete, campus.chain.cut), (0, false, 1));
    let outcome = outcome(&mut campus.chain.ledger, &addresses);
    let orders: Vec<_> = outcome.closed[0].orders.iter().map(|order| (order.seat, order.filled)).collect();
    assert_eq!(orders, [(1, 4_000), (0, 4_000)]);
}

/// Every instruction of every program says which department it works on, and is replayed.
#[test]
fn every_instruction_names_its_department() {
    let keys = Keys::new(1);
    let plan = founding(2, false, MintMode::Batch);
    let ledger = embedded(keys, SplToken::Batching);
    let addresses = Addresses::derive(ledger.programs(), plan.prefix);
    let mut campus = Campus::on(Telling::new(ledger, addresses), keys, &plan);
    let all = cases(&mut campus);
    let departments = ["ENG_", "LAW_", "ART_", "MED_", "SCI_"];
    let departments = departments.map(|prefix| Addresses::derive(addresses.programs, prefix.parse().unwrap()));
    let mut names = Vec::new();
    for case in all {
        let Instruction { program_id, accounts, data } = case.instruction.clone();
        let accounts: Vec<Pubkey> = accounts.into_iter().map(|meta| meta.pubkey).collect();
        let executed =
            campus_energy_sdk::ledger::ExecutedInstruction { program: program_id, accounts, data, stack_height: 1 };
        let of: Vec<usize> = (0..5).filter(|index| executed.is_of(&departments[*index])).collect();
        let expected = match (case.program, case.variant) {
            ("registry", "Initialize") => 1,
            ("token", "Initialize") => 2,
            ("trading", "Initialize") => 3,
            ("oracle", "Initialize") | ("trading", "Grow") => 4,
            _ => 0,
        };
        assert_eq!(of, [expected], "{} {}", case.program, case.variant);
        names.push((case.program, case.variant));
    }
    assert!(names.len() >= 30, "{names:?}");
}

/// One transaction works on two departments: each event is of the one whose accounts its instruction has.
#[test]
fn events_are_of_the_department_whose_accounts_they_are_about() {
    let keys = Keys::new(1);
    let mut campus = Campus::on(embedded(keys, SplToken::Batching), keys, &founding(1, false, MintMode::Batch));
    let other = campus.begin_department("LAW_", 4, MARKET);
    let (own, authority) = (campus.addresses(), keys.authority());
    let by = authority.pubkey();
    let pauses = [(&other, true), (&own, false), (&own, true)]
        .map(|(addresses, paused)| campus_energy_sdk::registry::instruction::set_paused(addresses, &by, paused));
    let receipt = campus.send_all(&pauses, &[&authority]).unwrap();
    let told = |addresses: &Addresses| -> Vec<bool> {
        let decoded = decode_logs(receipt.logs.iter().map(String::as_str), &own.programs);
        let events = decoded.of_department(&receipt.instructions, addresses);
        let paused = |event: AnyEvent| match event {
            AnyEvent::DepartmentPaused(event) => event.paused,
            other => panic!("{other:?}"),
        };
        events.into_iter().map(paused).collect()
    };
    assert_eq!((told(&own), told(&other)), (vec![false, true], vec![true]));
}

const TRADERS: usize = 5;

/// What traders and strangers do at random on a small book: full sides, evictions, refusals, pauses, unfinished clearings.
fn walk(seed: u64, seen: &mut [usize; 10]) {
    let keys = Keys::new(1);
    let capacity = BookCapacity { orders: 8, seats: 16 };
    let market = MarketPlan { capacity, minimum_lot: 1, orders_per_seat: 4, fee: 25, ..MARKET };
    let plan = Founding { market, ..founding(TRADERS, false, MintMode::Batch) };
    let ledger = embedded(keys, SplToken::Batching);
    let addresses = Addresses::derive(ledger.programs(), plan.prefix);
    let mut campus = Campus::on(Telling::new(ledger, addresses), keys, &plan);
    campus.open_market(SAMPLE, &[9_000; TRADERS]);
    let opened = campus.chain.told.len();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut now = SAMPLE + 5;
    for _ in 0..120 {
        let (trader, buy) = (random.random_range(0..TRADERS), random.random::<bool>());
        let direction = if buy { Direction::Buy } else { Direction::Sell };
        // What is refused changes nothing, and is not recorded.
        let _ = match random.random_range(0..40) {
            0..20 => {
                let newest = now - now.rem_euclid(900);
                let price = random.random_range(1..12) * [1, 100, 300_000][random.random_range(0..3)];
                let expires = newest + 900 * random.random_range(0..3);
                campus.place(trader, direction, price, random.random_range(1..400), expires)
            }
            20..26 => {
                let orders = campus.orders(direction);
                let Some(order) = orders.get(random.random_range(0..8)) else { continue };
                let price = direction.price(order.key).into();
                campus.cancel(order.seat.into(), direction, price, order.sequence())
            }
            26..34 => campus.clear(random.random_range(1..7)),
            34..36 => {
                now += 900 * if random.random_range(0..6) == 0 { 3 } else { 1 };
                campus.chain_time(now);
                let readings = [(); TRADERS].map(|()| (random.random_range(0..9_000), random.random_range(0..9_000)));
                campus.submit(now - now.rem_euclid(900) - 900 * random.random_range(0..3), &readings)
            }
            36 => campus.pause(random.random_range(0..3) == 0),
            37 => campus.deposit(trader, Asset::Energy, random.random_range(1..1_000_000_000)),
            38 => {
                campus.withdraw(trader, if buy { Asset::Quote } else { Asset::Energy }, random.random_range(1..9_999))
            }
            _ => {
                let (owner, addresses) = (keys.participant(trader), campus.addresses());
                let timestamp = now - now.rem_euclid(900);
                let energy = Energy(random.random_range(1..9));
                let retire =
                    campus_energy_sdk::token::instruction::retire(&addresses, &owner.pubkey(), energy, timestamp);
                campus.send(retire, &[&owner])
            }
        };
    }
    for event in &campus.chain.told[opened..] {
        let place = match event {
            AnyEvent::OrderPlaced(_) => 0,
            AnyEvent::OrderCancelled(_) => 1,
            AnyEvent::OrderEvicted(_) => 2,
            AnyEvent::OrdersSettled(_) => 3,
            AnyEvent::MarketCleared(event) if event.energy > Energy::ZERO => 4,
            AnyEvent::EnergyRetired(_) => 5,
            AnyEvent::ReadingsAccepted(_) => 6,
            AnyEvent::FundsDeposited(_) => 7,
            AnyEvent::FundsWithdrawn(_) => 8,
            AnyEvent::MarketPaused(_) => 9,
            _ => continue,
        };
        seen[place] += 1;
    }
    let outcome = outcome(&mut campus.chain.ledger, &addresses);
    assert!(outcome.findings.iter().any(|finding| finding.contains("invariant 4")), "{seed}");
}

#[test]
fn random_walks_are_replayed() {
    let mut seen = [0; 10];
    for seed in 0..12 {
        println!("seed {seed}");
        walk(seed, &mut seen);
    }
    assert!(seen.iter().all(|count| *count >= 5), "{seen:?}");
}

/// The payer of a test need not be a trader.
#[test]
fn instructions_called_by_others_are_in_order() {
    let keys = Keys::new(1);
    let plan = founding(3, false, MintMode::Batch);
    let mut campus = Campus::on(embedded(keys, SplToken::Batching), keys, &plan);
    let receipt = campus.submit_signed(SAMPLE, campus.signed(SAMPLE, &[(2_000, 0), (3_000, 1), (0, 1)])).unwrap();
    let programs = campus.addresses().programs;
    let told: Vec<_> = receipt.instructions.iter().map(|executed| (executed.program, executed.stack_height)).collect();
    let expected = [
        (campus_energy_sdk::ED25519_PROGRAM, 1),
        (programs.oracle, 1),
        (programs.registry, 2),
        (programs.token, 2),
        (campus_energy_sdk::SPL_TOKEN, 3),
        (programs.trading, 2),
    ];
    assert_eq!(told, expected);
    // Meters and token accounts came from the lookup table.
    let (accounts, submitted) = (campus.meter_accounts(3), &receipt.instructions[1].accounts);
    assert_eq!(submitted[11..14], [accounts[0].meter, accounts[1].meter, accounts[2].meter]);
    assert_eq!(submitted[14..16], [accounts[0].token_account, accounts[1].token_account]);
    let signer: &Keypair = &keys.submitter();
    assert_eq!(submitted[0], signer.pubkey());
}
