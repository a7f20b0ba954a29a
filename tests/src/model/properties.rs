//! What must hold in every state, and what must be reached in some.

use {
    super::{
        Answer, Bounds, Commitment, ExactlyOnce, Fate, READINGS, ReadingState, State,
        ledger::{Block, MEASURED, OTHER, acceptances, status, takes},
        state::{Row, place},
    },
    stateright::{Model, Property},
};

/// A reading is on the ledger at most once, whatever the fork.
pub const ONCE: &str = "a meter's interval is minted at most once";
/// Nothing is sent that the journal does not have.
pub const NOTED: &str = "what was sent is in the journal";
/// What was answered with 200 or 202 is in the journal, until the ledger has refused it.
pub const NEVER_FORGOTTEN: &str = "an acknowledged reading is never forgotten";
/// A reading that is called confirmed was confirmed on the ledger at some time, with these values.
pub const CONFIRMED: &str = "what is called confirmed was on the ledger";
/// Where a reading is rejected as conflicting, the ledger had other values at some time, and they were confirmed.
pub const CONFLICTING: &str = "where a conflict is reported, the ledger had other values";
/// A reading is not signed anew without an end.
pub const FINITE: &str = "a reading is signed anew finitely often";
/// What the sender calls expired is never executed.
pub const EXPIRED: &str = "what is called expired is never executed";
/// When nothing is left to do, every posted reading is answered and settled.
pub const SETTLED: &str = "every reading is settled when the faults stop";
/// When nothing is left to do, the finalized ledger has the values of each reading that is called confirmed.
pub const CONFIRMED_AT_LAST: &str = "what is called confirmed is on the finalized ledger when the faults stop";
/// When nothing is left to do, the finalized ledger does not have the values of a reading that is called rejected, and has others where a
/// conflict is the reason.
pub const REJECTED_AT_LAST: &str = "what is called rejected is not on the finalized ledger when the faults stop";

/// Transactions that the gateway signs at most, within the bounds that are checked.
const ATTEMPTS: usize = 12;

type Sometimes = (&'static str, fn(&Bounds) -> bool, fn(&ExactlyOnce, &State) -> bool);

/// Each with the bounds that it needs.
const SOMETIMES: [Sometimes; 17] = [
    ("a reading is confirmed", |_| true, |_, state| rows(state).any(|(_, row)| row.state == ReadingState::Confirmed)),
    (
        "a crash between journal and transaction",
        |bounds| bounds.crashes > 0,
        |_, state| state.gateway.is_none() && state.attempts.is_empty() && rows(state).next().is_some(),
    ),
    (
        "a crash while a transaction is under way",
        |bounds| bounds.crashes > 0,
        |_, state| state.gateway.is_none() && state.ledger.copies != 0,
    ),
    (
        "a crash after a transaction was executed, before the journal knows",
        |bounds| bounds.crashes > 0,
        |_, state| {
            state.gateway.is_none()
                && attempts(state).any(|(attempt, status)| attempt.fate == Fate::Sent && status == Some(Ok(())))
        },
    ),
    (
        "an expired transaction is signed anew and confirmed",
        |bounds| bounds.blockhashes > 1,
        |_, state| {
            attempts(state).any(|(attempt, _)| attempt.fate == Fate::Dropped)
                && rows(state).any(|(_, row)| row.state == ReadingState::Confirmed)
        },
    ),
    (
        "a transaction that the confirmed chain does not take waits for the finalized one",
        |bounds| bounds.forks > 0 && bounds.blockhashes > 1,
        |model, state| {
            let dead = |hash| !takes(state.ledger.chain(Commitment::Confirmed), hash) && !model.can_bury(state, hash);
            (0..=state.ledger.newest).any(|hash| ExactlyOnce::open_with(state, hash).next().is_some() && dead(hash))
        },
    ),
    (
        "a reading that a fork dropped is opened again",
        |bounds| bounds.forks > 0,
        |_, state| attempts(state).any(|(attempt, _)| attempt.fate == Fate::Reopened),
    ),
    (
        "a transaction that a fork dropped is executed again",
        |bounds| bounds.forks > 0,
        |_, state| attempts(state).any(|(attempt, status)| attempt.fate == Fate::Reopened && status == Some(Ok(()))),
    ),
    (
        "AlreadyAccepted, since an own transaction came back",
        |bounds| bounds.forks > 0 && bounds.blockhashes > 0,
        |_, state| {
            let refused = |(attempt, _): (&super::Attempt, _)| attempt.fate == Fate::Refused;
            rows(state).any(|(_, row)| row.state == ReadingState::Confirmed)
                && attempts(state).any(refused)
                && attempts(state).any(|(attempt, status)| attempt.fate == Fate::Reopened && status == Some(Ok(())))
        },
    ),
    (
        "another submitter was first with the same values",
        |bounds| bounds.foreign > 0,
        |_, state| {
            rows(state).any(|(reading, row)| {
                row.state == ReadingState::Confirmed && foreign(state, reading) == Some(row.values)
            })
        },
    ),
    (
        "another submitter was first with other values",
        |bounds| bounds.foreign > 0,
        |_, state| rows(state).any(|(_, row)| row.is_contradicted()),
    ),
    (
        "an acknowledged reading is rejected later",
        |bounds| bounds.foreign > 0,
        |_, state| {
            rows(state).any(|(reading, row)| {
                row.state == ReadingState::Rejected && state.answers[reading][place(row.values)] == Answer::Acknowledged
            })
        },
    ),
    (
        "rejected values are corrected",
        |bounds| bounds.foreign > 0 && bounds.posts > 0,
        |_, state| {
            rows(state).any(|(reading, row)| {
                row.state == ReadingState::Confirmed && row.values == OTHER && state.given_up[reading][place(MEASURED)]
            })
        },
    ),
    (
        "other values are refused with 409",
        |bounds| bounds.posts > 0,
        |_, state| state.answers.iter().flatten().any(|answer| *answer == Answer::Conflict),
    ),
    (
        "readings that were refused together are confirmed each by itself",
        |bounds| bounds.readings > 1 && bounds.foreign > 0,
        |_, state| {
            attempts(state).any(|(attempt, _)| attempt.fate == Fate::Refused && !attempt.wire.contains(&0))
                && rows(state).any(|(_, row)| row.is_contradicted())
                && rows(state).any(|(_, row)| row.state == ReadingState::Confirmed)
        },
    ),
    (
        "what waits has the signature of an earlier transaction",
        |bounds| bounds.forks > 0,
        |model, state| model.can_note(state) == Some(false),
    ),
    (
        "a reading is kept while the department is paused",
        |bounds| bounds.pauses > 0,
        |_, state| state.gateway.as_ref().is_some_and(|gateway| gateway.held.contains(&true)),
    ),
];

pub(super) fn all(bounds: &Bounds) -> Vec<Property<ExactlyOnce>> {
    let mut all = vec![
        Property::always(ONCE, |_, state: &State| {
            (0..READINGS).all(|reading| acceptances(&state.ledger.blocks, &state.attempts, reading).count() <= 1)
        }),
        Property::always(NOTED, |_, state: &State| {
            let gone = |(number, attempt): (u8, &super::Attempt)| {
                attempt.noted || !state.ledger.holds(number) && status(&state.ledger.blocks, number).is_none()
            };
            (0..).zip(&state.attempts).all(gone)
        }),
        Property::always(NEVER_FORGOTTEN, |_, state: &State| {
            let places = (0..READINGS).flat_map(|reading| [(reading, MEASURED), (reading, OTHER)]);
            let kept = |(reading, values): (usize, u8)| {
                state.answers[reading][place(values)] != Answer::Acknowledged
                    || state.given_up[reading][place(values)]
                    || state.rows[reading].is_some_and(|row| row.values == values)
                    || state.gateway.as_ref().is_some_and(|gateway| gateway.unwritten[reading] == values)
            };
            places.into_iter().all(kept)
        }),
        Property::always(CONFIRMED, |_, state: &State| {
            rows(state)
                .all(|(reading, row)| row.state != ReadingState::Confirmed || state.carried[reading][place(row.values)])
        }),
        Property::always(CONFLICTING, |_, state: &State| {
            let conflicts = |(reading, row): (usize, Row)| {
                !row.is_contradicted() || state.carried[reading][place(OTHER + MEASURED - row.values)]
            };
            rows(state).all(conflicts)
        }),
        Property::always(FINITE, |_, state: &State| state.attempts.len() <= ATTEMPTS),
        Property::always(EXPIRED, |_, state: &State| {
            attempts(state).all(|(attempt, status)| attempt.fate != Fate::Dropped || status.is_none())
        }),
        Property::always(SETTLED, |model: &ExactlyOnce, state: &State| {
            let settled = |reading: usize| {
                state.rows[reading]
                    .is_some_and(|row| matches!(row.state, ReadingState::Confirmed | ReadingState::Rejected))
                    && state.answers[reading][place(MEASURED)] != Answer::None
            };
            (0..model.bounds.readings).all(settled) || !is_quiet(model, state)
        }),
        Property::always(CONFIRMED_AT_LAST, |model: &ExactlyOnce, state: &State| {
            let there = |(reading, row): (usize, Row)| {
                row.state != ReadingState::Confirmed || state.record(Commitment::Finalized, reading) == Some(row.values)
            };
            rows(state).all(there) || !is_quiet(model, state)
        }),
        Property::always(REJECTED_AT_LAST, |model: &ExactlyOnce, state: &State| {
            let away = |(reading, row): (usize, Row)| match state.record(Commitment::Finalized, reading) {
                Some(record) => record != row.values || row.state != ReadingState::Rejected,
                None => !row.is_contradicted(),
            };
            rows(state).all(away) || !is_quiet(model, state)
        }),
    ];
    let reached = SOMETIMES.iter().filter(|(_, needs, _)| needs(bounds));
    all.extend(reached.map(|(name, _, condition)| Property::sometimes(name, *condition)));
    all
}

/// Whether nothing is left to do but faults.
pub(super) fn is_quiet(model: &ExactlyOnce, state: &State) -> bool {
    let mut actions = Vec::new();
    model.actions(state, &mut actions);
    actions.iter().all(|action| action.is_fault())
}

fn rows(state: &State) -> impl Iterator<Item = (usize, Row)> + '_ {
    state.rows.iter().enumerate().filter_map(|(reading, row)| Some((reading, (*row)?)))
}

type Status = Option<Result<(), super::Refusal>>;

/// The gateway's transactions, each with what the newest block says of it.
fn attempts(state: &State) -> impl Iterator<Item = (&super::Attempt, Status)> + '_ {
    (0..).zip(&state.attempts).map(|(number, attempt)| (attempt, status(&state.ledger.blocks, number)))
}

/// The values that another submitter has put on the ledger.
fn foreign(state: &State, reading: usize) -> Option<u8> {
    state.ledger.blocks.iter().find_map(|block| match *block {
        Block::Foreign(other, values) if usize::from(other) == reading => Some(values),
        _ => None,
    })
}
