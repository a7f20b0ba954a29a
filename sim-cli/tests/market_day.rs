//! One market day: `run` on the embedded ledger, the cluster's path and the gateway with traders live through the same one.

#![cfg(feature = "network")]

use {
    campus_energy_department::{
        Department, Founder, Founding, Keys, MarketDay, MarketWallets, Sending, SettlementError, Signing, Wallets,
        agents::{Agents, Bidding, Setting, StrategyName},
        audit::{Auction, Audit, SettledOrder},
        catch_up, embedded_ledger,
        record::{Recording, Transaction, read_transactions},
    },
    campus_energy_gateway::{self as gateway, Clock, Ingest, Link, Submission},
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::{Embedded, Ledger, LedgerError, Receipt, Relay, SplToken, programs::EMBEDDED, transaction::send},
        matching::Direction,
        reading::Metered,
        registry::state::Role,
        time::Interval,
        token::state::MintMode,
        trading::instruction::{NewOrder, clear, place_order},
        units::{Energy, Money, Price},
    },
    campus_energy_simulation::{Configuration, IntervalReadings, Mode, Simulation},
    chrono::NaiveDate,
    sim_cli::{
        meters::{Meters, plain_intervals},
        plan::{self, GatewayOptions},
    },
    solana_keypair::Keypair,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_signature::Signature,
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
    std::{collections::BTreeMap, path::Path, process::Command, sync::Arc},
    tokio::task::JoinSet,
};

const SEED: u64 = 42;
const BUDGET: Money = Money(200_000_000);

fn configuration() -> Configuration {
    Configuration::load(None).unwrap()
}

/// The design day's intervals, and the first of the day after: then the day's last auction is over.
fn intervals() -> Vec<IntervalReadings> {
    let date = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap();
    Simulation::new(&configuration(), SEED, Mode::Physical).intervals(date, 2).take(97).collect()
}

fn agents(plan: &Founding, strategy: StrategyName) -> Agents {
    let market = &configuration().engineering_department.market;
    let setting = Setting {
        strategy,
        bidding: Bidding::WhenSupplied,
        tariffs: market.tariffs(),
        minimum_lot: market.minimum_lot_wh,
        budget: BUDGET,
        seed: SEED,
    };
    plan::agents(&configuration(), plan, &setting)
}

fn market_day(plan: &Founding, strategy: StrategyName, sending: Sending) -> MarketDay {
    MarketDay::new(agents(plan, strategy), configuration().engineering_department.site.timezone, sending)
}

fn found(plan: &Founding, time: i64, budget: impl Fn(usize) -> Money) -> (Recording, Department) {
    let keys = Keys::new(SEED);
    let mut ledger = Recording::new(embedded_ledger(keys, plan.participants.len(), SplToken::Batching).unwrap());
    ledger.set_time(time);
    let founder = Founder::new(EMBEDDED, keys, plan).with_budgets(budget);
    let department = founder.found_with_seats(&mut ledger, |_| ()).unwrap();
    ledger.ledger().next_slot();
    (ledger, department)
}

/// What people did on a ledger, replayed from the executed instructions.
#[derive(Debug, PartialEq)]
struct Day {
    /// Every auction with orders: the end of its interval, its price and energy, and what became of each order, by number.
    auctions: Vec<(i64, Auction, Vec<SettledOrder>)>,
    /// Wh retired, by owner and the day's last interval.
    receipts: BTreeMap<(Pubkey, i64), Energy>,
    /// Wh bought and sold, money paid and earned, and tokens left, by seat.
    seats: BTreeMap<u16, [u64; 5]>,
}

fn replay(transactions: impl IntoIterator<Item = Transaction>) -> Day {
    let mut audit = Audit::new(Addresses::derive(EMBEDDED, configuration().prefix()));
    transactions.into_iter().for_each(|transaction| audit.apply(&transaction).unwrap());
    let closed = audit.take_closed().into_iter().filter(|closed| !closed.orders.is_empty());
    let seat = |(number, seat): (&u16, &campus_energy_department::audit::AuditedSeat)| {
        (*number, [seat.bought, seat.sold, seat.paid, seat.earned, seat.energy])
    };
    Day {
        auctions: closed.map(|closed| (closed.timestamp, closed.auction, closed.orders)).collect(),
        receipts: audit.replay.token.receipts.clone(),
        seats: audit.market.seats.iter().map(seat).collect(),
    }
}

/// By the command, on the embedded ledger.
fn by_run(strategy: &str, out: &Path) -> Day {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
    command.args(["run", "--date", "2025-03-20", "--seed", "42", "--output", "quiet", "--strategy", strategy]);
    let done = command.arg("--out").arg(out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    replay(read_transactions(out).unwrap().map(Result::unwrap))
}

/// As on a cluster: what the ledger lacks is settled, then the interval is traded, all orders at once.
fn by_cluster(strategy: StrategyName, intervals: &[IntervalReadings]) -> Day {
    let plan = plan::founding(&configuration(), true, MintMode::Batch);
    let begin = intervals[0].interval.start();
    let (mut ledger, department) = found(&plan, begin, plan.buyers(BUDGET));
    let keys = Wallets::of_seed(Keys::new(42), &plan);
    let (mut market, wallets) = (market_day(&plan, strategy, Sending::Together), MarketWallets::of(&keys));
    let (mut learned, mut ended) = (Vec::new(), Vec::new());
    for interval in intervals {
        let end = interval.interval;
        ledger.set_time(end.end() + 5);
        let one = plain_intervals(std::slice::from_ref(interval));
        let (done, refusal) = catch_up(&mut ledger, &department, &keys, &one, Signing::Meters, |_| ()).unwrap();
        assert_eq!((done.missing, refusal), (15, None));
        let (closed, traded) = market.interval(&mut ledger, &department, &wallets, end, &interval.readings).unwrap();
        assert_eq!((closed.refusal, traded.refused), (None, 0));
        learned.extend(closed.outcomes);
        ended.extend(closed.day.map(|day| (day.last.end(), day.settled > 0, day.refused)));
    }
    // The first auction that is cleared is that of the midnight of the founding.
    assert_eq!(ended, [(begin, false, 0), (begin + 86_400, true, 0)]);
    let day = replay(ledger.take());
    let settled: Vec<SettledOrder> = day.auctions.iter().flat_map(|(.., orders)| orders).copied().collect();
    assert_eq!(learned, settled, "what the agents learned is what the executed instructions say");
    day
}

/// The gateway's embedded ledger, with a record.
struct Recorded {
    ledger: Embedded,
    time: i64,
    done: Vec<Transaction>,
}

impl Relay for Recorded {
    type Target = Embedded;

    fn target(&self) -> &Embedded {
        &self.ledger
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let receipt = self.ledger.send(transaction)?;
        let Receipt { signature, compute_units, instructions, .. } = receipt.clone();
        self.done.push(Transaction { timestamp: self.time, signature, compute_units, instructions });
        Ok(receipt)
    }
}

impl Link for Recorded {
    fn begin_slot(&mut self, unix_timestamp: i64) {
        self.time = unix_timestamp;
        self.ledger.set_time(unix_timestamp);
    }

    fn outcome(&self, signature: &Signature) -> Result<Option<Result<(), LedgerError>>, LedgerError> {
        Ok(self.ledger.outcome(signature))
    }

    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        Ok(self.ledger.latest_blockhash()? == *blockhash)
    }

    fn embedded(&mut self) -> Option<&mut Embedded> {
        Some(&mut self.ledger)
    }
}

/// By a gateway whose clock are the readings, each interval's posted at once.
async fn by_gateway(strategy: StrategyName, intervals: &[IntervalReadings]) -> Day {
    let directory = tempfile::tempdir().unwrap();
    let options = GatewayOptions { seed: SEED, clock: Clock::Readings, traders: true };
    let mut setup = plan::gateway(&configuration(), options);
    setup.agents = Some(agents(&setup.founding, strategy));
    // The same founding, for its record.
    let (mut founded, _) = found(&setup.founding, 0, setup.founding.buyers(gateway::BUDGET));
    let link = |ledger| Recorded { ledger, time: 0, done: Vec::new() };
    let gateway::Gateway { mut engine, intake, .. } = gateway::open_on(directory.path(), setup, link).unwrap();
    let engine = std::thread::spawn(move || {
        engine.run();
        std::mem::take(&mut engine.ledger().done)
    });
    let meters = Meters::new(&configuration(), SEED, None);
    let intake = Arc::new(intake);
    for interval in intervals {
        let mut posted = JoinSet::new();
        for submission in meters.interval(interval).collect::<Vec<Submission>>() {
            let intake = intake.clone();
            posted.spawn(async move { intake.take(submission, true).await.map(|taken| taken.entry.state) });
        }
        for state in posted.join_all().await {
            assert_eq!(state.unwrap(), gateway::State::Confirmed);
        }
    }
    drop(intake);
    replay(founded.take().into_iter().chain(engine.join().unwrap()))
}

/// The same orders, prices and receipts in all three.
async fn is_the_same_day(strategy: StrategyName, name: &str) -> Day {
    let (out, intervals) = (tempfile::tempdir().unwrap(), intervals());
    let run = by_run(name, out.path());
    let midnight = intervals[95].interval.end();
    let traded: Vec<_> = run.auctions.iter().filter(|(_, auction, _)| auction.traded > 0).collect();
    assert!(traded.len() >= 12 && run.receipts.len() > 12, "{} auctions", traded.len());
    assert!(run.receipts.keys().all(|(_, last)| *last == midnight), "{:?}", run.receipts);
    let bought: u64 = run.seats.values().map(|[bought, ..]| bought).sum();
    assert_eq!(run.receipts.values().map(|energy| energy.0).sum::<u64>(), bought, "what was bought is retired");
    assert!(run.seats.values().all(|[.., tokens]| *tokens == 0), "nothing stays on a seat");

    let same = |other: &Day, path: &str| {
        for (own, others) in run.auctions.iter().zip(&other.auctions) {
            assert_eq!(own, others, "{name}, {path}");
        }
        assert!(run == *other, "{name}, {path}: auctions, receipts and seats");
    };
    same(&by_cluster(strategy, &intervals), "on a cluster");
    same(&by_gateway(strategy, &intervals).await, "by a gateway");
    run
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adaptive_agents_live_through_the_same_day_on_every_path() {
    is_the_same_day(StrategyName::Adaptive, "adaptive").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_agents_live_through_the_same_day_on_every_path() {
    is_the_same_day(StrategyName::ZeroIntelligence, "zero_intelligence").await;
}

/// Sends an order of somebody whom no agent acts for.
fn of_others(
    ledger: &mut Recording,
    (department, keys): (&Department, &Wallets),
    seat: usize,
    wanted: (Direction, u64, u64, i64),
) -> bool {
    let (direction, price, energy, expires) = wanted;
    let wallet: &Keypair = &keys.participants[seat];
    let number = u16::try_from(seat).unwrap();
    let order = place_order(
        &department.addresses,
        &wallet.pubkey(),
        &NewOrder { seat: number, direction, price: Price(price), energy: Energy(energy), expires },
    );
    send(ledger, &[order], &[wallet], &[]).is_ok()
}

/// Others trade, too, with orders for several auctions, and sometimes they clear, at once or begin to: the agents learn what became of
/// their own orders, as the executed instructions say. One of them has no money: its orders are refused, and the day goes on.
#[test]
fn agents_learn_their_own_outcomes_among_the_orders_of_others() {
    let mut plan = plan::founding(&configuration(), true, MintMode::Batch);
    let first = plan.participants.len();
    plan.participants.extend([Role::Department; 3]);
    // A buyer: meters are owned by the first 15.
    let poor = first - 1;
    let noon: Vec<_> = intervals().into_iter().skip(40).take(16).collect();
    let budget = |index| if index < 15 || index == poor { Money::ZERO } else { BUDGET };
    let (mut ledger, department) = found(&plan, noon[0].interval.start(), budget);
    let mut market = market_day(&plan, StrategyName::Adaptive, Sending::InOrder);
    let keys = Wallets::of_seed(Keys::new(42), &plan);
    let wallets = MarketWallets::of(&keys);
    let (mut learned, mut refused, mut sold) = (Vec::new(), 0, 0);
    for (number, IntervalReadings { interval, readings, .. }) in (0_u64..).zip(&noon) {
        let (interval, end): (Interval, i64) = (*interval, interval.end());
        ledger.set_time(end + 1);
        let mut cleared_by_others = |orders: u16| {
            let clearing = clear(&department.addresses, orders);
            send(&mut ledger, &[clearing], &[&keys.participants[first]], &[]).is_ok()
        };
        match number % 3 {
            // A few orders: the clearing is not over.
            1 => assert!(cleared_by_others(4)),
            2 => assert!((1..=100).rev().filter(|orders| cleared_by_others(*orders)).count() > 0),
            _ => {}
        }
        ledger.set_time(end + 5);
        let one = [(interval, campus_energy_department::plain(readings))];
        catch_up(&mut ledger, &department, &keys, &one, Signing::Meters, |_| ()).unwrap();
        let closed = market.close(&mut ledger, &department, &wallets, interval).unwrap();
        assert_eq!(closed.refusal, None);
        learned.extend(closed.outcomes);
        let others = [
            // Better than every agent's; what it has bought, it offers in the next auction.
            match number % 2 {
                0 => (0, (Direction::Buy, 5_800_000, 60, end)),
                _ => (0, (Direction::Buy, 2_000_000, 60, end)),
            },
            (1, (Direction::Buy, 5_799_000, 100 + number, end + 3 * 900)),
        ];
        for (seat, wanted) in others {
            assert!(of_others(&mut ledger, (&department, &keys), first + seat, wanted));
        }
        refused += market.place(&mut ledger, &department, &wallets, interval, readings).unwrap().refused;
        // If it has bought anything.
        if number % 2 == 1 {
            sold +=
                u32::from(of_others(&mut ledger, (&department, &keys), first, (Direction::Sell, 4_000_000, 30, end)));
        }
    }
    let day = replay(ledger.take());
    // The last auction is open.
    let settled = day.auctions.iter().flat_map(|(.., orders)| orders);
    let (own, others): (Vec<SettledOrder>, Vec<SettledOrder>) =
        settled.partition(|order| usize::from(order.seat) < first);
    assert_eq!(learned, own);
    let filled = |orders: &[SettledOrder]| orders.iter().filter(|order| order.filled > 0).count();
    assert!(filled(&own) > 5 && filled(&others) > 5 && sold > 0, "{} {} {sold}", filled(&own), filled(&others));
    let reasons = own.iter().map(|order| order.reason as u8).collect::<std::collections::BTreeSet<_>>();
    assert!(reasons.len() > 2, "{reasons:?}");
    assert!(refused > 0 && own.iter().all(|order| usize::from(order.seat) != poor), "{refused} refused");
}

/// A ledger that does not answer stops the day; when it answers again, the day goes on, and nothing is forgotten.
#[test]
fn a_silent_ledger_stops_the_day_and_nothing_is_lost() {
    let plan = plan::founding(&configuration(), true, MintMode::Batch);
    let noon: Vec<_> = intervals().into_iter().skip(45).take(2).collect();
    let (ledger, department) = found(&plan, noon[0].interval.start(), plan.buyers(BUDGET));
    let mut ledger = Cut { ledger, left: usize::MAX };
    let mut market = market_day(&plan, StrategyName::Adaptive, Sending::InOrder);
    let keys = Wallets::of_seed(Keys::new(42), &plan);
    let wallets = MarketWallets::of(&keys);
    let settle = |ledger: &mut Cut, interval: &IntervalReadings| -> Interval {
        ledger.ledger.set_time(interval.interval.end() + 5);
        let one = plain_intervals(std::slice::from_ref(interval));
        catch_up(ledger, &department, &keys, &one, Signing::Meters, |_| ()).unwrap();
        interval.interval
    };
    let readings: [&[Metered]; 2] = [&noon[0].readings, &noon[1].readings];
    let end = settle(&mut ledger, &noon[0]);
    // The clearing, and five orders.
    ledger.left = 6;
    let silent = Err(SettlementError::Ledger(LedgerError::Unreachable("cut".into())));
    assert_eq!(market.interval(&mut ledger, &department, &wallets, end, readings[0]), silent);
    ledger.left = usize::MAX;
    let end = settle(&mut ledger, &noon[1]);
    ledger.left = 0;
    assert_eq!(market.close(&mut ledger, &department, &wallets, end), Err(LedgerError::Unreachable("cut".into())));
    ledger.left = usize::MAX;
    let closed = market.close(&mut ledger, &department, &wallets, end).unwrap();
    assert_eq!((closed.outcomes.len(), closed.refusal), (5, None), "the five that were placed");
    let day = replay(ledger.ledger.take());
    assert_eq!(day.auctions[0].2, closed.outcomes);
}

/// A ledger that executes so many transactions, and no longer answers then.
struct Cut {
    ledger: Recording,
    left: usize,
}

impl Relay for Cut {
    type Target = Recording;

    fn target(&self) -> &Recording {
        &self.ledger
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| LedgerError::Unreachable("cut".into()))?;
        self.ledger.send(transaction)
    }
}
