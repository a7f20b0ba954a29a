//! Watches whether the node in use has new confirmed slots. A node that is cut off from its cluster, or a cluster that is halted,
//! answers every request with what it knew then; only its slots stand still.

use {
    super::endpoints::Endpoints,
    std::{
        sync::{Arc, Mutex, PoisonError},
        time::{Duration, Instant},
    },
    tokio::runtime::Runtime,
};

/// How long no new slot may be confirmed: then another node is used that has newer ones, and where none has, the cluster counts as
/// halted. A slot takes 0.4 s.
pub const STALLED: Duration = Duration::from_secs(8);
/// How often the slot is asked for.
const PERIOD: Duration = Duration::from_secs(1);
/// How long an answer is waited for.
const TIME_LIMIT: Duration = Duration::from_secs(4);

/// Whether slots are confirmed.
#[derive(Default)]
pub(super) struct Progress(Mutex<Option<String>>);

/// What is known of a node's slots.
#[derive(Clone, Copy)]
struct Seen {
    /// The newest one.
    slot: u64,
    /// Since when.
    since: Instant,
    /// Whether it had another one a moment before.
    moves: bool,
    /// When it was asked last.
    looked: Instant,
}

impl Progress {
    /// Watches as long as the runtime lives.
    pub(super) fn start(endpoints: Endpoints, runtime: &Runtime) -> Arc<Self> {
        let progress = Arc::new(Self::default());
        runtime.spawn(progress.clone().run(endpoints));
        progress
    }

    /// Why no slots are confirmed, if none are.
    pub(super) fn halted(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, halted: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = halted;
    }

    async fn run(self: Arc<Self>, endpoints: Endpoints) {
        let in_use = endpoints.in_use();
        let mut nodes: Vec<Option<Seen>> = vec![None; endpoints.len()];
        loop {
            tokio::time::sleep(PERIOD).await;
            let current = *in_use.borrow();
            look(&endpoints, &mut nodes, current).await;
            let Some(own) = nodes[current] else { continue };
            // A node that does not say its slot is another matter: its failures are counted elsewhere.
            if own.since.elapsed() <= STALLED || own.looked.elapsed() > TIME_LIMIT {
                self.set(None);
                continue;
            }
            for other in (0..nodes.len()).filter(|other| *other != current) {
                look(&endpoints, &mut nodes, other).await;
            }
            let is_better = |seen: &Seen| seen.since.elapsed() <= STALLED && (seen.slot > own.slot || seen.moves);
            let better = nodes.iter().position(|node| node.as_ref().is_some_and(is_better));
            if let Some(better) = better {
                endpoints.replace(current, better);
                // It has to move on from here.
                if let Some(seen) = &mut nodes[better] {
                    seen.since = own.since;
                }
                continue;
            }
            let others = if nodes.len() > 1 { "; no other URL has newer ones" } else { "" };
            let (seconds, slot, name) = (own.since.elapsed().as_secs(), own.slot, endpoints.name(current));
            self.set(Some(format!(
                "no new slot was confirmed for {seconds} s: {slot} is the newest of {name}{others}"
            )));
        }
    }
}

/// Asks a node for its newest confirmed slot. A node that does not answer stays as it was.
async fn look(endpoints: &Endpoints, nodes: &mut [Option<Seen>], number: usize) {
    let answer = tokio::time::timeout(TIME_LIMIT, endpoints.confirmed_slot(number)).await;
    let Ok(Ok(Some(slot))) = answer else { return };
    let seen = &mut nodes[number];
    // Another slot, even an earlier one: a ledger that was begun anew, or a balancer with several nodes behind it.
    match seen {
        Some(known) if known.slot == slot => known.looked = Instant::now(),
        known => {
            let moves = known.as_ref().is_some_and(|known| known.looked.elapsed() < STALLED);
            *known = Some(Seen { slot, since: Instant::now(), moves, looked: Instant::now() });
        }
    }
}
