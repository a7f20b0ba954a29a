//! How transactions are confirmed on a real solana-test-validator, by subscription and without: `make validator`.

use {
    campus_energy_sdk::ledger::{
        Cluster,
        cluster::{Policy, Statistics},
        programs::EMBEDDED,
        transaction::sign,
    },
    campus_energy_tests::validator::{LAMPORTS, Line, Validator},
    solana_keypair::Keypair,
    solana_signer::Signer,
    solana_system_interface::instruction::transfer,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        sync::atomic::{AtomicU64, Ordering},
        time::{Duration, Instant},
    },
};

/// Makes each transfer another transaction.
static AMOUNT: AtomicU64 = AtomicU64::new(1);

fn connect(url: &str, subscribe: bool) -> Cluster {
    let policy = Policy { patience: Duration::from_secs(60), subscribe, ..Policy::default() };
    Cluster::connect(&[url.into()], EMBEDDED, policy).expect("the validator answers")
}

fn draw(cluster: &Cluster, payer: &Keypair) -> VersionedTransaction {
    let instruction = transfer(&payer.pubkey(), &payer.pubkey(), AMOUNT.fetch_add(1, Ordering::Relaxed));
    sign(cluster, &[instruction], &[payer], &[]).expect("signed")
}

/// Waits until all that is under way is confirmed: so many, of which these are the times, ms.
fn await_all(cluster: &Cluster, count: usize) -> Vec<f64> {
    let until = Instant::now() + Duration::from_secs(60);
    while cluster.under_way() > 0 {
        assert!(Instant::now() < until, "{} are under way: {:?}", cluster.under_way(), cluster.trouble());
        std::thread::sleep(Duration::from_millis(1));
    }
    let statistics = cluster.statistics();
    assert_eq!((statistics.refused, statistics.expired), (0, 0));
    statistics.confirmations.iter().rev().take(count).map(|time| time.as_secs_f64() * 1_000.0).collect()
}

/// So many transfers, all under way at once.
fn transfer_all(cluster: &Cluster, payer: &Keypair, count: usize) -> Vec<f64> {
    for _ in 0..count {
        cluster.post(draw(cluster, payer), false);
    }
    await_all(cluster, count)
}

/// How many slots it has been told of, and how many requests it has made.
fn counts(cluster: &Cluster) -> (u64, u64) {
    let Statistics { told, asked, .. } = cluster.statistics();
    (told, asked)
}

/// The same, while something is done.
fn meanwhile(cluster: &Cluster, work: impl FnOnce()) -> (u64, u64) {
    let before = counts(cluster);
    work();
    let after = counts(cluster);
    (after.0 - before.0, after.1 - before.1)
}

fn at(times: &mut [f64], per_cent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * per_cent / 100).min(times.len() - 1)]
}

#[test]
#[ignore = "starts a validator: make validator"]
fn the_websocket_tells_earlier_and_can_be_done_without() {
    let validator = Validator::start(&["--no-programs"]);
    let payer = Keypair::new();
    validator.cluster(EMBEDDED).airdrop(&payer.pubkey(), LAMPORTS).expect("an airdrop");
    let ways =
        [("with the subscription", connect(&validator.url(), true)), ("without", connect(&validator.url(), false))];
    for (_, cluster) in ways.iter().rev() {
        println!("the first: {:.0?} ms", transfer_all(cluster, &payer, 3));
    }

    // One at a time: the same transaction is watched in both ways, and sent by either first in turns.
    let before = [counts(&ways[0].1), counts(&ways[1].1)];
    let (mut times, mut earlier) = ([Vec::new(), Vec::new()], Vec::new());
    for round in 0..60 {
        // Not always at the same place in a slot.
        std::thread::sleep(Duration::from_millis(round * 137 % 400));
        let transaction = draw(&ways[1].1, &payer);
        let first = usize::from(round % 2 == 1);
        for way in [first, 1 - first] {
            ways[way].1.post(transaction.clone(), way != first);
        }
        let [with, without] = [0, 1].map(|way: usize| await_all(&ways[way].1, 1)[0]);
        times[0].push(with);
        times[1].push(without);
        earlier.push(without - with);
    }
    let mut requests = Vec::new();
    for (((way, cluster), times), before) in ways.iter().zip(&mut times).zip(before) {
        let (told, asked) = counts(cluster);
        let (told, asked) = (told - before.0, asked - before.1);
        let (median, last) = (at(times, 50), at(times, 99));
        println!("60 one at a time, {way}: median {median:.0} ms, p99 {last:.0} ms, {asked} requests, {told} slots");
        requests.push(asked);
        assert_eq!(told >= 50, *way != "without", "{told} slots");
    }
    assert!(requests[0] * 2 < requests[1], "{requests:?}");
    let mean = earlier.iter().sum::<f64>() / earlier.len() as f64;
    println!("so much earlier with it: median {:.1} ms, mean {mean:.1} ms", at(&mut earlier, 50));

    // Many at once, in turns.
    let mut all = [(); 2].map(|()| (Vec::new(), 0, 0));
    for round in 0..5 {
        std::thread::sleep(Duration::from_millis(round * 137 % 400));
        for ((_, cluster), (times, told, asked)) in ways.iter().zip(&mut all) {
            let more = meanwhile(cluster, || times.extend(transfer_all(cluster, &payer, 500)));
            (*told, *asked) = (*told + more.0, *asked + more.1);
        }
    }
    for ((way, _), (times, told, asked)) in ways.iter().zip(&mut all) {
        let (median, last) = (at(times, 50), at(times, 99));
        println!("500 at once, {way}: median {median:.0} ms, p99 {last:.0} ms, {asked} requests, {told} slots");
    }
    let [(_, told, _), (_, untold, _)] = all;
    assert!(told > 0 && untold == 0, "{told}, {untold} slots");
    drop(ways);

    // Only the JSON-RPC can be reached.
    let line = Line::to(validator.port());
    let cluster = connect(&line.url(), true);
    let (told, asked) = meanwhile(&cluster, || drop(transfer_all(&cluster, &payer, 5)));
    assert!(told == 0 && asked > 5, "{told} slots, {asked} requests");

    // The WebSocket is cut, and comes back.
    let [rpc, websocket] = Line::pair(validator.port());
    let cluster = connect(&rpc.url(), true);
    let one_by_one =
        |count: usize| meanwhile(&cluster, || (0..count).for_each(|_| drop(transfer_all(&cluster, &payer, 1))));
    assert!(one_by_one(4).0 > 0, "it is told");
    websocket.set_cut(true);
    // What came before the cut.
    one_by_one(1);
    let (told, asked) = one_by_one(4);
    assert!(told == 0 && asked > 12, "{told} slots, {asked} requests");
    websocket.set_cut(false);
    let until = Instant::now() + Duration::from_secs(60);
    while one_by_one(1).0 == 0 {
        assert!(Instant::now() < until, "it is told again");
    }
}
