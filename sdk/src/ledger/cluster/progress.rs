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
    /// The highest one.
    slot: u64,
    /// Since when.
    since: Instant,
    /// Whether it had a lower one a moment before.
    moves: bool,
    /// When it answered last.
    looked: Instant,
    /// The first of the slots below that it has told of since, without that one in between, and when.
    lower: Option<(u64, Instant)>,
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
            let Some(own) = nodes[current] else {
                self.set(None);
                continue;
            };
            // A node that does not say its slot for long is another matter: its failures are counted elsewhere.
            if own.since.elapsed() <= STALLED || own.looked.elapsed() > STALLED {
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
    note(&mut nodes[number], slot, Instant::now());
}

/// Notes a node's answer. Only a slot above all before is progress: behind a balancer, several nodes that all stand still answer in turn.
fn note(seen: &mut Option<Seen>, slot: u64, now: Instant) {
    let since = |then: Instant| now.saturating_duration_since(then);
    let Some(known) = seen.as_mut().filter(|known| slot <= known.slot) else {
        let moves = seen.as_ref().is_some_and(|known| since(known.looked) < STALLED);
        *seen = Some(Seen { slot, since: now, moves, looked: now, lower: None });
        return;
    };
    known.looked = now;
    if slot == known.slot {
        known.lower = None;
        return;
    }
    // A ledger that was begun anew has rising slots below the former ones, and these no more.
    let (first, begun) = *known.lower.get_or_insert((slot, now));
    if slot > first && since(begun) > STALLED {
        *known = Seen { slot, since: now, moves: true, looked: now, lower: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of a node that answers these slots, one a second.
    fn after(slots: impl IntoIterator<Item = u64>) -> (Seen, Instant) {
        let (mut seen, mut now) = (None, Instant::now());
        for slot in slots {
            now += PERIOD;
            note(&mut seen, slot, now);
        }
        (seen.expect("it has answered"), now)
    }

    fn stands_for((seen, now): (Seen, Instant)) -> u64 {
        now.duration_since(seen.since).as_secs()
    }

    #[test]
    fn only_a_slot_above_all_before_is_progress() {
        assert_eq!(stands_for(after([100, 102, 104])), 0);
        assert_eq!(stands_for(after([100, 104, 104, 104])), 2);
        // Two nodes behind a balancer that stand still, and one of them for long.
        assert_eq!(stands_for(after([100, 103].into_iter().cycle().take(40))), 38);
        assert_eq!(stands_for(after([103].into_iter().chain(vec![100; 30]))), 30);
        // Two that go on, one behind the other.
        assert!(stands_for(after((0..40).map(|second| 100 + 2 * second - 3 * (second % 2)))) <= 2);
    }

    #[test]
    fn a_ledger_that_was_begun_anew_is_progress_after_a_while() {
        let anew = |seconds: u64| after([1_000_000].into_iter().chain((0..seconds).map(|second| 5 + 2 * second)));
        let while_ = STALLED.as_secs() + 1;
        assert_eq!(stands_for(anew(while_)), while_);
        let (seen, now) = anew(while_ + 1);
        assert_eq!((stands_for((seen, now)), seen.slot, seen.moves), (0, 5 + 2 * while_, true));
        assert_eq!(stands_for(anew(while_ + 20)), 0);
    }
}
