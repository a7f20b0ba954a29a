//! Word of confirmed slots, by the WebSocket of the node in use: it says when statuses are worth asking for. One subscription serves any
//! number of transactions. Where there is none, the time says it.

use {
    solana_pubsub_client::nonblocking::pubsub_client::PubsubClient,
    solana_rpc_client_api::response::SlotUpdate,
    std::{
        sync::{
            Arc, Mutex, PoisonError,
            atomic::{AtomicBool, AtomicU64, Ordering},
        },
        time::{Duration, Instant},
    },
    tokio::{
        runtime::Runtime,
        sync::{Notify, watch},
        time::{sleep, timeout},
    },
    tokio_stream::StreamExt,
    url::Url,
};

/// How often statuses are asked for without a subscription, and how soon again after its word: behind a balancer the node that is asked
/// may be a little behind the one that told.
const POLL: Duration = Duration::from_millis(40);
/// And with one, besides its word: what it did not tell of.
const SAFETY: Duration = Duration::from_millis(400);
/// How long a request is followed by none, however much word comes: a node that catches up confirms many slots at once.
const GAP: Duration = Duration::from_millis(5);
/// How long nothing at all may come of it: a slot makes several updates, and takes 0.4 s.
const SILENCE: Duration = Duration::from_secs(4);
/// How long it is kept when there is nothing to ask for.
const LINGER: Duration = Duration::from_secs(60);
/// How long the next attempt waits after a failure, at first and at last.
const FIRST_REST: Duration = Duration::from_millis(200);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// When to ask for statuses.
pub(super) struct Subscription {
    alive: watch::Sender<bool>,
    confirmed: Notify,
    wanted: Notify,
    /// When statuses were asked for last.
    asked: Mutex<Option<Instant>>,
    told: AtomicU64,
    /// Whether the last request followed its word.
    just_told: AtomicBool,
}

impl Subscription {
    /// A subscription by the nodes with these URLs, of which one is in use. Without the latter there is none.
    pub(super) fn start(
        urls: &[String],
        in_use: Option<watch::Receiver<usize>>,
        patience: Duration,
        runtime: &Runtime,
    ) -> Arc<Self> {
        let subscription = Arc::new(Self {
            alive: watch::Sender::new(false),
            confirmed: Notify::new(),
            wanted: Notify::new(),
            asked: Mutex::default(),
            told: AtomicU64::new(0),
            just_told: AtomicBool::new(false),
        });
        if let Some(in_use) = in_use {
            let urls = urls.iter().map(|url| websocket_url(url)).collect();
            runtime.spawn(subscription.clone().run(urls, in_use, patience));
        }
        subscription
    }

    /// Returns when it is time to ask again.
    pub(super) async fn next(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.wanted.notify_one();
        let mut alive = self.alive.subscribe();
        let span = self.span(*alive.borrow_and_update());
        let due = async {
            tokio::select! {
                () = sleep(span) => {}
                () = self.confirmed.notified() => self.just_told.store(true, Ordering::Relaxed),
                _ = alive.changed() => {}
            }
        };
        tokio::join!(due, sleep(GAP));
    }

    /// How long is waited for its word.
    fn span(&self, alive: bool) -> Duration {
        let just_told = self.just_told.swap(false, Ordering::Relaxed);
        if alive && !just_told { SAFETY } else { POLL }
    }

    /// How many confirmed slots it has told of.
    pub(super) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    fn is_wanted(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|asked| asked.elapsed() < LINGER)
    }

    async fn run(self: Arc<Self>, urls: Vec<Option<Url>>, mut in_use: watch::Receiver<usize>, patience: Duration) {
        let mut failures = 0;
        loop {
            while !self.is_wanted() {
                self.wanted.notified().await;
            }
            let url = urls.get(*in_use.borrow_and_update()).cloned().flatten();
            let before = self.told();
            if let Some(url) = url {
                tokio::select! {
                    () = self.listen(&url, patience) => {}
                    moved = in_use.changed() => if moved.is_err() { return },
                }
                self.alive.send_replace(false);
            }
            failures = if self.told() > before { 0 } else { failures + 1 };
            tokio::select! {
                () = sleep(rest(failures)) => {}
                moved = in_use.changed() => {
                    if moved.is_err() {
                        return;
                    }
                    failures = 0;
                    // Nodes that take turns do not make it turn with them.
                    sleep(rest(failures)).await;
                }
            }
        }
    }

    /// Listens to a node until it fails, falls silent, or is not wanted any more.
    async fn listen(&self, url: &Url, patience: Duration) {
        let Ok(Ok(client)) = timeout(patience, PubsubClient::new(url.as_str())).await else { return };
        let Ok(Ok((mut updates, _))) = timeout(patience, client.slot_updates_subscribe()).await else { return };
        while let Ok(Some(update)) = timeout(SILENCE, updates.next()).await {
            if let SlotUpdate::OptimisticConfirmation { .. } = update {
                self.told.fetch_add(1, Ordering::Relaxed);
                self.alive.send_if_modified(|alive| !std::mem::replace(alive, true));
                self.confirmed.notify_one();
                if !self.is_wanted() {
                    return;
                }
            }
        }
    }
}

/// Doubles with each failure; with jitter, so that those who lost the same node do not come back to it at once.
fn rest(failures: u32) -> Duration {
    FIRST_REST.saturating_mul(1 << failures.min(10)).min(LONGEST_REST).mul_f64(0.5 + fastrand::f64())
}

/// Where a node's WebSocket is, as Solana's own tools derive it: one port above the JSON-RPC's, or at the same address where the URL
/// names no port.
fn websocket_url(url: &str) -> Option<Url> {
    let mut url: Url = url.parse().ok()?;
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return None,
    };
    url.set_scheme(scheme).ok()?;
    if let Some(port) = url.port() {
        url.set_port(Some(port.checked_add(1)?)).ok()?;
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nodes_websocket_is_where_solanas_tools_look_for_it() {
        for (rpc, websocket) in [
            ("http://api.devnet.solana.com", Some("ws://api.devnet.solana.com/")),
            ("https://api.devnet.solana.com", Some("wss://api.devnet.solana.com/")),
            ("http://example.com:8899", Some("ws://example.com:8900/")),
            ("https://example.com:1234/key?more=1", Some("wss://example.com:1235/key?more=1")),
            ("http://[::1]:8899", Some("ws://[::1]:8900/")),
            ("http://example.com:65535", None),
            ("ftp://example.com", None),
            ("garbage", None),
        ] {
            assert_eq!(websocket_url(rpc).as_ref().map(Url::as_str), websocket, "{rpc}");
        }
    }

    fn subscription() -> (Runtime, Arc<Subscription>) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let subscription = Subscription::start(&[], None, Duration::ZERO, &runtime);
        (runtime, subscription)
    }

    #[test]
    fn where_there_is_no_websocket_the_time_says_when_to_ask() {
        let (runtime, subscription) = subscription();
        assert_eq!(subscription.span(false), POLL);
        let started = Instant::now();
        runtime.block_on(subscription.next());
        assert!(started.elapsed() >= POLL);
    }

    #[test]
    fn whoever_hangs_up_or_says_nothing_is_left() {
        let (runtime, subscription) = subscription();
        let deaf = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let rude = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let ports = [&deaf, &rude].map(|listener| listener.local_addr().expect("an address").port());
        std::thread::spawn(move || rude.incoming().for_each(drop));
        for url in ports.iter().flat_map(|port| ["ws", "wss"].map(|scheme| format!("{scheme}://127.0.0.1:{port}"))) {
            let url: Url = url.parse().expect("a URL");
            runtime.block_on(subscription.listen(&url, Duration::from_millis(100)));
        }
        assert!(subscription.told() == 0 && !*subscription.alive.borrow());
    }

    #[test]
    fn many_confirmed_slots_are_no_reason_to_ask_without_a_break() {
        let (runtime, subscription) = subscription();
        subscription.alive.send_replace(true);
        let started = Instant::now();
        for _ in 0..10 {
            subscription.confirmed.notify_one();
            runtime.block_on(subscription.next());
        }
        assert!(started.elapsed() >= GAP * 10);
        // The second look, and the safety net.
        assert_eq!([subscription.span(true), subscription.span(true)], [POLL, SAFETY]);
    }
}
