//! What the SDK says of nodes that do not serve it, and what it does: it gives up at once where waiting does not help, and otherwise
//! tries again and says why. What stands still counts as halted.

use {
    campus_energy_sdk::ledger::{
        Cluster, Ledger, LedgerError,
        cluster::{Policy, STALLED},
        programs::EMBEDDED,
    },
    campus_energy_tests::node::{Node, Script, http},
    solana_program::pubkey::Pubkey,
    std::{
        io::{Read, Write},
        sync::{Mutex, PoisonError},
        time::{Duration, Instant},
    },
};

/// What was told, by all tests of this file.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn told(url: &str) -> Vec<String> {
    let told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    told.iter().filter(|text| text.contains(url)).cloned().collect()
}

fn connect(urls: &[&str], patience: u64) -> Result<Cluster, LedgerError> {
    let urls: Vec<String> = urls.iter().map(|url| (*url).into()).collect();
    let notice = |text: &str| TOLD.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    let (timeout, patience) = (Duration::from_secs(2), Duration::from_secs(patience));
    Cluster::connect(&urls, EMBEDDED, Policy { timeout, patience, highest_price: 0, subscribe: false, notice })
}

fn failure(urls: &[&str], patience: u64) -> LedgerError {
    connect(urls, patience).err().expect("no cluster")
}

/// A node that answers the first requests with HTTP as it is.
fn answering(answer: &str, times: usize) -> Node {
    Node::start(Script { http: std::iter::repeat_n(answer.to_string(), times).collect(), ..Script::default() })
}

/// A wrong key, a wrong address, a page, another protocol: the reason is said at once, and the URL's secrets are not.
#[test]
fn what_waiting_does_not_mend_ends_at_once() {
    let json = "content-type: application/json\r\n";
    let page = "content-type: text/html\r\n";
    for (answer, reason) in [
        (http("401 Unauthorized", "", ""), "HTTP 401 Unauthorized; it wants a key, or another one"),
        (http("403 Forbidden", page, "<html>no</html>"), "HTTP 403 Forbidden; it wants a key, or another one"),
        (http("404 Not Found", page, "<html>no</html>"), "HTTP 404 Not Found; there is no JSON-RPC at this address"),
        (
            http("200 OK", page, "<html>Welcome</html>"),
            "its answer is no JSON (a web page?): there is no JSON-RPC at this address",
        ),
        (http("200 OK", json, "\"up\""), "its answer is no JSON-RPC"),
        (http("200 OK", json, "{\"status\":\"up\"}"), "its answer is no JSON-RPC"),
    ] {
        let node = answering(&answer, 1_000);
        let started = Instant::now();
        let error = failure(&[&format!("{}/secret?key=secret", node.url)], 30);
        assert_eq!(error, LedgerError::NoNode(format!("{}: {reason}", node.url)));
        assert!(!error.is_transient() && !error.is_verdict());
        assert!(started.elapsed() < Duration::from_secs(5), "{reason}: {:?}", started.elapsed());
    }
    // https to a server that speaks http.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let secure = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut hello, refusal) = ([0; 4_096], http("400 Bad Request", "", ""));
            // Whoever hangs up before is not answered.
            let _ = stream.read(&mut hello).and_then(|_| stream.write_all(refusal.as_bytes()));
        }
    });
    let error = failure(&[&secure], 30);
    let reason = "TLS fails: received corrupt message of type InvalidContentType; does it speak http, not https?";
    assert_eq!(error, LedgerError::NoNode(format!("{secure}: {reason}")));
    // The others are used all the same.
    let node = Node::start(Script::default());
    let closed = answering(&http("401 Unauthorized", "", ""), 1_000);
    connect(&[&closed.url, &node.url], 5).expect("the second node answers");
}

/// A node that is away, or has too much to do, is asked again, and what it said is told, once for each reason.
#[test]
fn what_may_pass_is_tried_again_and_told() {
    let busy = http("502 Bad Gateway", "content-type: text/html\r\n", "<html>no</html>");
    let node = answering(&busy, 3);
    connect(&[&node.url], 20).expect("it answers in the end");
    let told = told(&node.url);
    assert_eq!(told.len(), 1, "{told:?}");
    let expected = format!(
        "waiting for the cluster: the ledger does not answer: {}: HTTP 502 Bad Gateway; trying again",
        node.url
    );
    assert!(told[0].starts_with(&expected), "{told:?}");

    // A request that is told when to come again comes then: the question, and one that runs in the background.
    let node = answering(&http("429 Too Many Requests", "retry-after: 2\r\n", ""), 2);
    let started = Instant::now();
    connect(&[&node.url], 20).expect("it answers in the end");
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
}

/// Where patience ends, the last reason of each URL is said.
#[test]
fn the_last_reason_of_each_url_is_said() {
    let busy = answering(&http("503 Service Unavailable", "", ""), 10_000);
    let error = failure(&[&busy.url, "http://127.0.0.1:1/secret"], 2);
    let reasons =
        format!("{}: HTTP 503 Service Unavailable; http://127.0.0.1:1: Connection refused (os error 111)", busy.url);
    assert_eq!(error, LedgerError::Unreachable(reasons));
    assert!(error.is_transient());
}

fn within(time: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + time;
    while Instant::now() < until {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// A node whose slots stand still answers every request; the cluster says that it is halted until they move again.
#[test]
fn slots_that_stand_still_are_noticed() {
    let node = Node::start(Script::default());
    let cluster = connect(&[&node.url], 5).expect("it answers");
    assert_eq!(cluster.halted(), None);
    let started = Instant::now();
    assert!(within(STALLED * 2, || cluster.halted().is_some()), "never noticed");
    assert!(started.elapsed() >= STALLED, "{:?}", started.elapsed());
    let text = cluster.halted().expect("halted");
    assert!(
        text.starts_with("no new slot was confirmed for ")
            && text.ends_with(&format!("s: 99 is the newest of {}", node.url)),
        "{text}"
    );
    assert_eq!(cluster.trouble(), None, "it answers");
    node.script().slots = [101, 100];
    assert!(within(Duration::from_secs(4), || cluster.halted().is_none()), "it has moved");
}

/// A node that is cut off from its cluster answers with what it knew then: the next URL is used, whose slots move.
#[test]
fn a_node_that_is_cut_off_is_left() {
    let cut_off = Node::start(Script::default());
    let other = Node::start(Script { slots: [120, 119], ..Script::default() });
    let cluster = connect(&[&cut_off.url, &other.url], 5).expect("it answers");
    let moving = other.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(400));
            moving.script().slots.iter_mut().for_each(|slot| *slot += 1);
        }
    });
    let address = Pubkey::new_from_array([4; 32]);
    // As many lamports as its slot's number.
    let slot = || cluster.account(&address).expect("an answer").expect("it exists").lamports;
    assert_eq!(slot(), 99);
    assert!(within(STALLED * 2, || slot() > 119), "the second URL is never used");
    assert!(!within(STALLED + Duration::from_secs(3), || cluster.halted().is_some()), "{:?}", cluster.halted());
    assert!(slot() > 119, "it stays there");
}
