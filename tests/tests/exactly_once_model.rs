//! The model of exactly-once, checked exhaustively for small bounds: journal, sender and ledger with crashes, forks and expiring
//! blockhashes. And that it can fail: with a rule of the code switched off the checker finds a counterexample. docs/exactly-once.md
//! explains it; `make model` checks larger bounds.

use {
    campus_energy_tests::model::{
        Bounds, Burial, CONFIRMED, CONFIRMED_AT_LAST, EXPIRED, ExactlyOnce, FINITE, NEVER_FORGOTTEN, NOTED, ONCE,
        REJECTED_AT_LAST, Rules, State,
    },
    stateright::{Checker, HasDiscoveries, Model},
    std::{collections::HashMap, time::Instant},
};

const NONE: Bounds = Bounds::NONE;
const ALL: Rules = Rules::ALL;

/// Visits every state, prints how many there are, and fails with the steps to one in which a property does not hold, or where a state
/// that must be reached is not.
fn check(name: &str, bounds: Bounds, rules: Rules) {
    let started = Instant::now();
    let model = ExactlyOnce { bounds, rules };
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{name}: {states} states, at most {depth} steps, {:.1} s", started.elapsed().as_secs_f32());
    checker.assert_properties();
    assert!(checker.is_done(), "{name}: not every state was visited");
}

/// Fails unless the checker finds these properties violated, and prints the steps to the first.
fn refute(name: &str, bounds: Bounds, rules: Rules, violated: &[&'static str]) {
    let wanted = HasDiscoveries::AllOf(violated.iter().copied().collect());
    let checker = ExactlyOnce { bounds, rules }.checker().threads(2).finish_when(wanted).spawn_bfs().join();
    for property in violated {
        let path = checker.discovery(property).unwrap_or_else(|| panic!("{name}: \"{property}\" still holds"));
        let steps: Vec<String> = path.into_actions().iter().map(|action| format!("{action:?}")).collect();
        println!("{name}: not \"{property}\" after {}", steps.join(", "));
    }
}

#[test]
fn crashes_lost_copies_and_expiring_blockhashes() {
    check("two readings, no fault", Bounds { readings: 2, ..NONE }, ALL);
    let bounds = Bounds { readings: 2, crashes: 2, losses: 1, blockhashes: 1, ..NONE };
    check("two readings, two crashes, a lost copy", bounds, ALL);
    let bounds = Bounds { readings: 2, crashes: 1, blockhashes: 2, ..NONE };
    check("two readings, a crash, three blockhashes", bounds, ALL);
}

#[test]
fn forks_drop_what_was_confirmed() {
    let bounds = Bounds { crashes: 2, forks: 1, blockhashes: 2, ..NONE };
    check("a fork, two crashes, three blockhashes", bounds, ALL);
    check("two readings, a fork", Bounds { readings: 2, forks: 1, blockhashes: 1, ..NONE }, ALL);
    check("two forks", Bounds { forks: 2, blockhashes: 2, ..NONE }, ALL);
    let bounds = Bounds { crashes: 1, forks: 1, blockhashes: 1, ..NONE };
    check("a fork and a crash, and the link holds", bounds, Rules { fork_breaks_link: false, ..ALL });
    check("a fork and a crash, and nobody looks at the bitmaps", bounds, Rules { finds_lost: false, ..ALL });
}

#[test]
fn another_submitter_may_be_first() {
    let foreign = Bounds { foreign: 1, ..NONE };
    check("another submitter, a fork, a crash", Bounds { forks: 1, crashes: 1, blockhashes: 1, ..foreign }, ALL);
    check("another submitter, corrected values", Bounds { posts: 1, crashes: 1, blockhashes: 1, ..foreign }, ALL);
    check("another submitter, two readings", Bounds { readings: 2, crashes: 1, ..foreign }, ALL);
    let rules = Rules { fork_breaks_link: false, ..ALL };
    check("another submitter, a fork, and the link holds", Bounds { forks: 1, blockhashes: 1, ..foreign }, rules);
}

#[test]
fn what_the_ledger_does_not_take() {
    check("a pause, a fork, a crash", Bounds { pauses: 1, forks: 1, crashes: 1, ..NONE }, ALL);
    check("readings grow too old", Bounds { ages: 1, forks: 1, crashes: 1, blockhashes: 1, ..NONE }, ALL);
    check("a node does not answer", Bounds { timeouts: 1, pauses: 1, forks: 1, ..NONE }, ALL);
    check(
        "the same, with another submitter",
        Bounds { timeouts: 1, foreign: 1, forks: 1, blockhashes: 1, ..NONE },
        ALL,
    );
}

/// Without forks and other submitters nothing is executed twice even on a ledger that would: the journal and the sender see to it.
/// With forks the meters' bitmaps are needed: see below.
#[test]
fn journal_and_courier_alone_send_nothing_twice() {
    let rules = Rules { bitmap: false, ..ALL };
    let bounds = Bounds { crashes: 2, losses: 1, blockhashes: 2, posts: 1, ..NONE };
    check("no bitmap: two crashes, a lost copy, three blockhashes", bounds, rules);
    check("no bitmap: a pause and a crash", Bounds { crashes: 1, pauses: 1, blockhashes: 1, ..NONE }, rules);
}

#[test]
fn each_rule_is_needed() {
    let crash = Bounds { crashes: 1, ..NONE };
    let fork = Bounds { forks: 1, blockhashes: 1, ..NONE };
    let foreign = Bounds { foreign: 1, ..NONE };
    let rules = Rules { accepted_before_answered: false, ..ALL };
    refute("answered before it is in the journal", crash, rules, &[NEVER_FORGOTTEN]);
    let rules = Rules { noted_before_sent: false, ..ALL };
    refute("sent before it is in the journal", crash, rules, &[NOTED]);
    let rules = Rules { noted_before_sent: false, bitmap: false, ..ALL };
    refute("the same without bitmaps", crash, rules, &[ONCE]);
    let rules = Rules { asked_after_restart: false, ..ALL };
    refute("signed anew after a restart", crash, rules, &[EXPIRED]);
    let rules = Rules { known_stays: false, bitmap: false, ..ALL };
    refute("posted again is taken again, without bitmaps", Bounds { posts: 1, ..NONE }, rules, &[ONCE]);
    let rules = Rules { known_skips_preflight: false, bitmap: false, ..ALL };
    refute("a preflight refuses what is under way, without bitmaps", Bounds { pauses: 1, ..crash }, rules, &[ONCE]);
    let expiring = Bounds { blockhashes: 2, ..NONE };
    let rules = Rules { burial: Burial::Confirmed, ..ALL };
    refute("expired as soon as the confirmed chain says so", Bounds { forks: 1, ..expiring }, rules, &[EXPIRED]);
    let rules = Rules { burial: Burial::Unasked, ..ALL };
    refute("expired without a look at the history", expiring, rules, &[EXPIRED]);
    let rules = Rules { history_not_behind: false, ..ALL };
    refute("a node that is behind says what the history has", Bounds { behind: 1, ..expiring }, rules, &[EXPIRED]);
    let rules = Rules { timeout_skips_preflight: false, bitmap: false, ..ALL };
    let bounds = Bounds { timeouts: 1, pauses: 1, ..NONE };
    refute("a preflight refuses what another node has taken, without bitmaps", bounds, rules, &[ONCE]);
    let rules = Rules { alone: false, ..ALL };
    refute("refused together, sent together", Bounds { readings: 2, ..foreign }, rules, &[FINITE]);
    let rules = Rules { proves: false, ..ALL };
    refute("AlreadyAccepted counts as confirmed", foreign, rules, &[CONFIRMED, CONFIRMED_AT_LAST]);
    let rules = Rules { proves_values: false, ..ALL };
    refute("the values are not compared", foreign, rules, &[CONFIRMED, CONFIRMED_AT_LAST]);
    let rules = Rules { asks_standings: false, ..ALL };
    refute("nobody asks whether what was confirmed still is", fork, rules, &[CONFIRMED_AT_LAST]);
    let rules = Rules { asks_standings: false, fork_breaks_link: false, ..ALL };
    refute("the same, and the link holds", fork, rules, &[CONFIRMED_AT_LAST]);
    let rules = Rules { bitmap: false, ..ALL };
    refute("the ledger takes an interval twice", fork, rules, &[ONCE]);
    let rules = Rules { contradicted_until_final: false, ..ALL };
    refute("nobody asks whether a conflict still is", Bounds { foreign: 1, ..fork }, rules, &[REJECTED_AT_LAST]);
    let rules = Rules { rejects_by_later: false, ..ALL };
    refute("too old, and executed a moment before", Bounds { ages: 1, ..fork }, rules, &[REJECTED_AT_LAST]);
}

/// Behind a balancer the node that says what the history has is not the one that told the height.
#[test]
fn a_node_that_is_behind_is_not_believed() {
    let behind = Bounds { behind: 1, blockhashes: 2, ..NONE };
    check("a node that is behind, a crash", Bounds { crashes: 1, ..behind }, ALL);
    check("a node that is behind, a fork", Bounds { forks: 1, ..behind }, ALL);
}

/// That everything is settled when the faults stop is checked in the states in which nothing else is left to do. Those are reached
/// whatever happens, since no state comes again.
#[test]
fn no_state_comes_again() {
    for bounds in [
        Bounds { crashes: 1, forks: 1, foreign: 1, ..NONE },
        Bounds { crashes: 1, losses: 1, blockhashes: 2, pauses: 1, ..NONE },
        Bounds { readings: 2, foreign: 1, posts: 1, ..NONE },
    ] {
        let model = ExactlyOnce { bounds, rules: ALL };
        let (states, again) = search(&model);
        println!("{states} states, none of them again");
        assert_eq!(again, None);
    }
}

/// Depth first: how many states there are, and a state from which steps lead back to it.
fn search(model: &ExactlyOnce) -> (usize, Option<State>) {
    // Whether a state is on the way to the one that is looked at.
    let mut seen: HashMap<State, bool> = HashMap::new();
    let mut open: Vec<(State, Vec<State>)> = Vec::new();
    let visit = |state: State, seen: &mut HashMap<State, bool>, open: &mut Vec<(State, Vec<State>)>| {
        seen.insert(state.clone(), true);
        let next = model.next_states(&state);
        open.push((state, next));
    };
    for state in model.init_states() {
        visit(state, &mut seen, &mut open);
    }
    while let Some((state, next)) = open.last_mut() {
        match next.pop() {
            None => {
                seen.insert(state.clone(), false);
                open.pop();
            }
            Some(next) => match seen.get(&next) {
                Some(true) => return (seen.len(), Some(next)),
                Some(false) => {}
                None => visit(next, &mut seen, &mut open),
            },
        }
    }
    (seen.len(), None)
}

#[test]
#[ignore = "some minutes: make model"]
fn larger_bounds() {
    let two = Bounds { readings: 2, ..NONE };
    let foreign = Bounds { foreign: 1, ..NONE };
    check("two readings, two crashes, a fork", Bounds { crashes: 2, forks: 1, blockhashes: 1, ..two }, ALL);
    check(
        "two readings, a crash, a fork, three blockhashes",
        Bounds { crashes: 1, forks: 1, blockhashes: 2, ..two },
        ALL,
    );
    check("two readings, another submitter, a fork, a crash", Bounds { foreign: 1, forks: 1, crashes: 1, ..two }, ALL);
    check(
        "two readings, another submitter, a pause, a crash",
        Bounds { foreign: 1, pauses: 1, crashes: 1, ..two },
        ALL,
    );
    check("two forks, a crash, a lost copy", Bounds { forks: 2, crashes: 1, losses: 1, blockhashes: 2, ..NONE }, ALL);
    check(
        "another submitter, corrected, two forks, a crash",
        Bounds { posts: 1, forks: 2, crashes: 1, ..foreign },
        ALL,
    );
    let bounds = Bounds { posts: 1, forks: 1, crashes: 1, blockhashes: 1, timeouts: 1, ..foreign };
    check("another submitter, corrected, a fork, a crash, a node that does not answer", bounds, ALL);
    let bounds = Bounds { forks: 1, crashes: 1, ages: 1, pauses: 1, posts: 1, ..foreign };
    check("another submitter, corrected, a fork, a crash, a pause, too old", bounds, ALL);
    let rules = Rules { fork_breaks_link: false, ..ALL };
    let bounds = Bounds { forks: 2, crashes: 1, blockhashes: 1, ..foreign };
    check("another submitter, two forks, a crash, and the link holds", bounds, rules);
}
