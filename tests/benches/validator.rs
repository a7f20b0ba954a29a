//! What a real solana-test-validator takes, and what it costs: `make bench-validator`. One validator, one run; validator, gateway and load
//! share this machine. `VALIDATOR_SECONDS` is how long each sustained load lasts.

use {
    campus_energy_department::{
        Department, Founder, Founding, Keys, MarketWallets, Signing, Wallets, agents::Wish, backlog, open_intervals,
        order,
    },
    campus_energy_gateway::{Clock, open_cluster},
    campus_energy_sdk::{
        ledger::{
            Cluster, Ledger,
            programs::EMBEDDED,
            transaction::{Draft, sign},
        },
        matching::Direction,
        oracle::{readings::PlainReading, state::GREATEST_MAX_AGE},
        reading::Quality,
        time::Interval,
        trading::{
            instruction::{SeatTransfer, withdraw},
            state::Asset,
        },
        units::Price,
    },
    campus_energy_simulation::Configuration,
    campus_energy_tests::{
        load::{at, load, print, request, serve},
        validator::{LAMPORTS, Validator, found},
    },
    sim_cli::meters::Meters,
    sim_cli::plan::GatewayOptions,
    solana_message::AddressLookupTableAccount,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    spl_associated_token_account_interface::address::get_associated_token_address,
    std::time::{Duration, Instant},
};

const KEY: &str = "a-key-for-benchmarks";
/// Transactions that are under way at most, in the sustained loads.
const WINDOW: usize = 768;
/// Departments of 120 meters that report side by side.
const DEPARTMENTS: u8 = 12;

/// A ledger's intervals that are open now.
fn intervals(cluster: &Cluster) -> Vec<Interval> {
    let span = open_intervals(cluster.time().expect("a clock"), GREATEST_MAX_AGE);
    span.step_by(900).filter_map(Interval::ending_at).collect()
}

fn balance(cluster: &Cluster, address: &Pubkey) -> u64 {
    cluster.account(address).expect("an answer").map_or(0, |account| account.lamports)
}

fn sol(lamports: u64) -> String {
    format!("{:.6}", lamports as f64 / 1e9)
}

/// What became of a load.
struct Pumped {
    executed: u64,
    failed: u64,
    resent: u64,
    seconds: f64,
    times: Vec<f64>,
}

/// Sends transactions, some hundred under way at a time, until there are no more or the time is over.
fn pump(
    cluster: &Cluster,
    mut drafts: impl Iterator<Item = Draft>,
    tables: &[AddressLookupTableAccount],
    most: Duration,
) -> Pumped {
    let (before, started) = (cluster.statistics(), Instant::now());
    let mut sent = 0;
    while started.elapsed() < most {
        if cluster.under_way() >= WINDOW {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        let Some(Draft { instructions, signers }) = drafts.next() else { break };
        let signers: Vec<_> = signers.iter().collect();
        cluster.post(sign(cluster, &instructions, &signers, tables).expect("signed"), false);
        sent += 1;
    }
    while cluster.under_way() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (after, seconds) = (cluster.statistics(), started.elapsed().as_secs_f64());
    let executed = after.executed - before.executed;
    let own = usize::try_from(executed).unwrap_or(usize::MAX).min(after.confirmations.len());
    let mut times: Vec<f64> =
        after.confirmations.iter().rev().take(own).map(|time| time.as_secs_f64() * 1_000.0).collect();
    times.sort_by(f64::total_cmp);
    Pumped { executed, failed: sent - executed, resent: after.resent - before.resent, seconds, times }
}

fn print_pumped(what: &str, readings: u64, pumped: &Pumped) {
    let Pumped { executed, failed, resent, seconds, times } = pumped;
    let rate = |count: u64| count as f64 / seconds;
    println!(
        "| {what} | {executed} | {failed} | {resent} | {seconds:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
        rate(*executed),
        rate(readings),
        at(times, 500),
        at(times, 990)
    );
}

/// The gateway: posts to answers, posts to confirmations.
fn through_the_gateway(configuration: &Configuration, plan: &Founding, department: Department, url: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let cluster = Cluster::connect(&[url.into()], EMBEDDED, Default::default()).expect("the validator answers");
    let all = intervals(&cluster);
    let meters = Meters::new(configuration, 42, Some(department.deployment));
    let options = GatewayOptions { seed: 42, clock: Clock::System, traders: false };
    let setup = sim_cli::plan::gateway(configuration, options);
    let gateway = open_cluster(directory.path(), &setup, (cluster, department), Keys::new(42).submitter());
    let address = serve(gateway.expect("a gateway"), KEY);
    let requests = |intervals: &[Interval], query: &str| -> Vec<Vec<u8>> {
        let pairs = intervals.iter().flat_map(|interval| plan.meters.iter().map(move |meter| (interval, meter.id)));
        let bodies = pairs.map(|(interval, id)| meters.sign(&id, 0, *interval, [50, 20]).expect("a meter").body());
        let path = format!("/api/engineering/meter-reading{query}");
        bodies.map(|body| request(&path, KEY, &serde_json::to_string(&body).expect("JSON"))).collect()
    };
    let mut slowest = Vec::new();
    for interval in &all[..30] {
        let (times, _) = load(address, &requests(std::slice::from_ref(interval), "?wait=confirmed"), 15, None);
        slowest.push(*times.last().expect("fifteen"));
    }
    slowest.sort_by(f64::total_cmp);
    println!(
        "| through the gateway | readings | a second | median ms | p99 ms | largest ms |\n|---|---:|---:|---:|---:|---:|"
    );
    print("15 readings of an interval at once, from the post until the last is confirmed", &slowest, f64::INFINITY);
    let (times, seconds) = load(address, &requests(&all[30..90], ""), 32, Some(100.0));
    print("answered when durable and signed, open loop of 100 a second", &times, seconds);
    // What is under way belongs to this part.
    std::thread::sleep(Duration::from_secs(3));
}

/// Everybody with money withdraws some of it, again and again; then everybody places an order.
fn people(cluster: &Cluster, department: &Department, wallets: &Wallets, most: Duration) {
    let participants = &wallets.participants;
    let buyers = 15..participants.len();
    // Another amount each time: a ledger executes the same transaction once.
    let withdrawals =
        (1_u64..).flat_map(|amount| buyers.clone().map(move |index| (amount, index))).map(|(amount, index)| {
            let wallet = &participants[index];
            let (owner, seat) = (wallet.pubkey(), u16::try_from(index).expect("a seat"));
            let account = get_associated_token_address(&owner, &department.quote_mint);
            Draft::new(
                vec![withdraw(
                    &department.addresses,
                    &owner,
                    &SeatTransfer { seat, asset: Asset::Quote, token_account: account, amount },
                )],
                &[wallet],
            )
        });
    print_pumped("235 people withdraw", 0, &pump(cluster, withdrawals, &[], most));

    let owners: Vec<Pubkey> = buyers.clone().map(|index| participants[index].pubkey()).collect();
    let all = || owners.iter().map(|wallet| balance(cluster, wallet)).sum::<u64>();
    let now = cluster.time().expect("a clock");
    let interval = Interval::ending_at(now - now.rem_euclid(900) + 900).expect("an interval");
    let orders = buyers.map(|index| {
        let (seat, direction) = (u16::try_from(index).expect("a seat"), Direction::Buy);
        let wish = Wish { seat, direction, price: Price(3_000_000), energy: 100 };
        order(department, &MarketWallets::of(wallets), interval, &wish).expect("a seat")
    });
    let before = all();
    let pumped = pump(cluster, orders, &[], Duration::MAX);
    print_pumped("235 people place an order each", 0, &pumped);
    println!("(paid: {:.0} lamports an order)", (before - all()) as f64 / pumped.executed.max(1) as f64);
}

/// Twelve departments of 120 meters, founded side by side.
fn grow(
    validator: &Validator,
    configuration: &Configuration,
    keys: Keys,
    first: char,
    signing: Signing,
) -> Vec<(Department, Wallets)> {
    let found = |index: u8| {
        let mut large = configuration.clone();
        let letter = char::from(u8::try_from(first).expect("a letter") + index);
        large.engineering_department.smart_meters.prefix = format!("{letter}{letter}_");
        large.engineering_department.smart_meters.count = 120;
        let people = &mut large.engineering_department.participants;
        (people.faculty, people.graduate_students, people.undergraduate_students) = (4, 0, 0);
        let mut cluster = validator.cluster(EMBEDDED);
        let mut plan = sim_cli::plan::founding(&large, signing == Signing::Meters, cluster.mint_mode());
        plan.limits.max_age = GREATEST_MAX_AGE;
        // An authority of its own: a lookup table's address is made of that and the slot.
        let own = Keys::new(u64::from(u32::from(letter)));
        cluster.airdrop(&own.authority().pubkey(), LAMPORTS).expect("an airdrop");
        let founder = Founder::new(EMBEDDED, own, &plan);
        let founder =
            founder.with_authority(own.authority(), Some(keys.authority())).with_lamports(300_000_000, 10_000_000);
        (founder.found(&mut cluster, |_| ()).expect("founded"), Wallets::of_seed(own, &plan))
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..DEPARTMENTS).map(|index| scope.spawn(move || found(index))).collect();
        threads.into_iter().map(|thread| thread.join().expect("founded")).collect()
    })
}

/// A day of readings of all these departments, by turns.
fn readings(cluster: &Cluster, departments: &[(Department, Wallets)], signing: Signing, what: &str) {
    let reading = PlainReading { generated: 50, consumed: 20, quality: Quality::Measured };
    let intervals: Vec<_> = intervals(cluster).into_iter().map(|interval| (interval, vec![reading; 120])).collect();
    let (mut drafts, mut tables, mut readings) = (Vec::new(), Vec::new(), 0);
    for (department, wallets) in departments {
        let (own, count) = backlog(cluster, department, wallets, &intervals, signing).expect("accounts");
        readings += count;
        drafts.push(own.into_iter());
        tables.push(department.table.clone());
    }
    let mut turn = 0;
    let by_turns = std::iter::from_fn(|| {
        for _ in 0..drafts.len() {
            turn = (turn + 1) % drafts.len();
            if let Some(draft) = drafts[turn].next() {
                return Some(draft);
            }
        }
        None
    });
    let payers: Vec<Pubkey> = departments.iter().map(|(department, _)| department.submitter).collect();
    let all = || payers.iter().map(|payer| balance(cluster, payer)).sum::<u64>();
    let before = all();
    let pumped = pump(cluster, by_turns, &tables, Duration::MAX);
    let settled = readings * pumped.executed / (pumped.executed + pumped.failed).max(1);
    print_pumped(what, settled, &pumped);
    println!("(paid: {:.0} lamports a reading)", (before - all()) as f64 / settled as f64);
}

fn main() {
    let seconds = std::env::var("VALIDATOR_SECONDS").ok().map_or(60, |text| text.parse().expect("seconds"));
    let most = Duration::from_secs(seconds);
    let validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let configuration = Configuration::load(None).expect("the built-in configuration");
    let keys = Keys::new(42);

    let started = Instant::now();
    let (plan, department, wallets) = found(&mut cluster, &configuration, keys, None);
    let founding = started.elapsed().as_secs_f64();
    let transactions = cluster.statistics().executed;
    println!(
        "Founding of {} meters, {} participants, seats and market: {transactions} transactions, {founding:.0} s, {} SOL of them {} for fees\n",
        plan.meters.len(),
        plan.participants.len(),
        sol(LAMPORTS - balance(&cluster, &keys.authority().pubkey())),
        sol(transactions * 5_000)
    );

    // One transaction at a time.
    let payer = wallets.submitter.insecure_clone();
    let mut times = Vec::new();
    for number in 0..50 {
        let transfer = solana_system_interface::instruction::transfer(&payer.pubkey(), &payer.pubkey(), number);
        let transaction = sign(&cluster, &[transfer], &[&payer], &[]).expect("signed");
        let (signature, started) = (transaction.signatures[0], Instant::now());
        cluster.post(transaction, false);
        while cluster.outcome(&signature).is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "| one transaction at a time | transactions | a second | median ms | p99 ms | largest ms |\n|---|---:|---:|---:|---:|---:|"
    );
    print("confirmed, with preflight", &times, times.iter().sum::<f64>() / 1_000.0);
    println!();

    through_the_gateway(
        &configuration,
        &plan,
        Founder::new(EMBEDDED, keys, &plan).department(&cluster).expect("founded"),
        &validator.url(),
    );
    println!();

    println!(
        "| sustained | transactions | failed | sent again | s | transactions a second | readings a second | median ms | p99 ms |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    );
    people(&cluster, &department, &wallets, most);
    for (first, signing, what) in [
        ('A', Signing::Meters, "readings that meters sign, 5 a transaction"),
        ('N', Signing::Submitter, "readings that the submitter vouches for, 24 a transaction"),
    ] {
        let departments = grow(&validator, &configuration, keys, first, signing);
        readings(&cluster, &departments, signing, what);
    }
    println!();

    let rent = |address: &Pubkey| balance(&cluster, address);
    let (meter, wallet) = (&department.meters[0], wallets.participants[20].pubkey());
    println!("| cost | lamports |\n|---|---:|");
    println!("| rent of a meter | {} |", rent(&meter.accounts.meter));
    println!("| rent of a participant | {} |", rent(&department.addresses.participant(&wallet)));
    println!("| rent of a token account | {} |", rent(&meter.accounts.token_account));
    println!("| rent of the book, 1,024 orders a side and 512 seats | {} |", rent(&department.addresses.book));
    println!("| rent of the other accounts of a department | {} |", {
        let a = department.addresses;
        [
            a.department,
            a.token_config,
            a.energy_mint,
            a.oracle,
            a.interval_ring,
            a.market,
            a.energy_vault,
            a.quote_vault,
        ]
        .iter()
        .map(rent)
        .sum::<u64>()
    });
    println!("| rent of the lookup table of 15 meters | {} |", rent(&department.table.key));
}
