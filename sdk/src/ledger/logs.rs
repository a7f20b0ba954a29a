//! The decoding of events from the log of a transaction.
//!
//! The runtime keeps 10,000 bytes of it. The first line that does not fit is replaced by `Log truncated`; after that, shorter lines
//! are still appended and longer ones are missing, so that nothing behind this line says anything: a transaction's sender can choose
//! which lines are missing. What must be known for certain is worked out from the executed instructions instead
//! ([`ExecutedInstruction`]).

use {
    super::ExecutedInstruction,
    crate::{
        deployment::{Addresses, Programs},
        event::AnyEvent,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    solana_program::pubkey::Pubkey,
};

/// The runtime's line in place of the first that does not fit.
const TRUNCATED: &str = "Log truncated";
/// Programs that the runtime executes itself: no line tells of them. ed25519, secp256k1, secp256r1.
const SILENT: [Pubkey; 3] = [
    crate::ED25519_PROGRAM,
    Pubkey::from_str_const("KeccakSecp256k11111111111111111111111111111"),
    Pubkey::from_str_const("Secp256r1SigVerify1111111111111111111111111"),
];

/// The events of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The events, in order, up to where the log is cut; none of a transaction that failed.
    pub events: Vec<Logged>,
    /// Whether the log has all events. It has not where it is cut, or is not a whole transaction's.
    pub complete: bool,
}

/// An event, and the invocation that logged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The number of the program's invocation in the transaction, from 0: the executed instructions have this order, without those that
    /// the runtime executes itself.
    pub invocation: usize,
    /// The event.
    pub event: AnyEvent,
}

/// An invocation of a program.
struct Frame<'a> {
    program: &'a str,
    number: usize,
}

/// Decodes the events in a transaction's log lines. A line counts only where the runtime's own lines say that the program of that
/// kind of event was running: anybody can log anything.
#[must_use]
pub fn decode_logs<'a>(logs: impl IntoIterator<Item = &'a str>, programs: &Programs) -> Decoded {
    let numbered = [programs.registry, programs.token, programs.oracle, programs.trading].map(|id| id.to_string());
    let mut running: Vec<Frame> = Vec::new();
    let mut decoded = Decoded::default();
    let mut invocations = 0;
    for line in logs {
        if line == TRUNCATED {
            return decoded;
        }
        let Some(rest) = line.strip_prefix("Program ") else { continue };
        if let Some(data) = rest.strip_prefix("data: ") {
            let Some(frame) = running.last() else { return decoded };
            let bytes = BASE64_STANDARD.decode(data).unwrap_or_default();
            // The high byte of the tag is the program's number, from 1.
            let number = bytes.get(1).map_or(0, |byte| usize::from(*byte));
            let program = number.checked_sub(1).and_then(|index| numbered.get(index));
            if program.is_some_and(|program| program == frame.program)
                && let Some(event) = AnyEvent::decode(&bytes)
            {
                decoded.events.push(Logged { invocation: frame.number, event });
            }
            continue;
        }
        let Some((program, what)) = rest.split_once(' ').filter(|(program, _)| is_address(program)) else { continue };
        if let Some(depth) = what.strip_prefix("invoke [").and_then(|depth| depth.strip_suffix(']')) {
            running.push(Frame { program, number: invocations });
            invocations += 1;
            if depth.parse() != Ok(running.len()) {
                return decoded;
            }
        } else if what == "success" || what.starts_with("failed: ") {
            if running.pop().is_none_or(|frame| frame.program != program) {
                return decoded;
            }
            if what != "success" {
                // Whatever fails in a transaction undoes all of it.
                return Decoded { events: Vec::new(), complete: true };
            }
        }
    }
    decoded.complete = running.is_empty();
    decoded
}

/// Programs' own lines have `log:`, `data:` or `return:` there.
fn is_address(text: &str) -> bool {
    (32..=44).contains(&text.len()) && text.parse::<Pubkey>().is_ok()
}

impl Decoded {
    /// Returns the events of one department: those that instructions on its accounts logged. `instructions` are all that the transaction
    /// executed.
    #[must_use]
    pub fn of_department(self, instructions: &[ExecutedInstruction], addresses: &Addresses) -> Vec<AnyEvent> {
        let telling: Vec<_> =
            instructions.iter().filter(|instruction| !SILENT.contains(&instruction.program)).collect();
        let own = |logged: &Logged| telling.get(logged.invocation).is_some_and(|by| by.is_of(addresses));
        self.events.into_iter().filter(own).map(|logged| logged.event).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ledger::programs::EMBEDDED, trading::event::MarketPaused};

    const SYSTEM: &str = "11111111111111111111111111111111";
    const LIMIT: usize = 10_000;

    /// The runtime's log collector.
    #[derive(Default)]
    struct Collector {
        lines: Vec<String>,
        bytes: usize,
        warned: bool,
    }

    impl Collector {
        fn log(&mut self, line: String) {
            if self.bytes + line.len() < LIMIT {
                self.bytes += line.len();
                self.lines.push(line);
            } else if !self.warned {
                self.warned = true;
                self.lines.push(TRUNCATED.into());
            }
        }

        fn all(&mut self, lines: impl IntoIterator<Item = String>) {
            lines.into_iter().for_each(|line| self.log(line));
        }

        fn decoded(&self) -> Decoded {
            decode_logs(self.lines.iter().map(String::as_str), &EMBEDDED)
        }
    }

    fn event(sequence: u64) -> AnyEvent {
        AnyEvent::MarketPaused(MarketPaused { sequence, paused: true })
    }

    fn data(sequence: u64) -> String {
        format!("Program data: {}", BASE64_STANDARD.encode(event(sequence).encode()))
    }

    fn trading(what: &str) -> String {
        format!("Program {} {what}", EMBEDDED.trading)
    }

    fn hostile(what: &str) -> String {
        format!("Program {} {what}", Pubkey::new_from_array([9; 32]))
    }

    fn sequences(decoded: &Decoded) -> Vec<(usize, u64)> {
        let sequence = |logged: &Logged| match &logged.event {
            AnyEvent::MarketPaused(event) => (logged.invocation, event.sequence),
            other => panic!("{other:?}"),
        };
        decoded.events.iter().map(sequence).collect()
    }

    #[test]
    fn frames_say_whose_a_line_is() {
        let mut log = Collector::default();
        log.all([format!("Program {SYSTEM} invoke [1]"), format!("Program {SYSTEM} success")]);
        log.all([hostile("invoke [1]"), data(1), trading("invoke [2]"), data(2)]);
        log.all([trading("consumed 1 of 2 compute units"), trading("success"), data(3), hostile("success")]);
        log.all([trading("invoke [1]"), format!("Program return: {} AA==", EMBEDDED.trading), data(4)]);
        log.all([trading("success")]);
        assert_eq!(sequences(&log.decoded()), [(2, 2), (3, 4)]);
        assert!(log.decoded().complete);
    }

    /// A called program that logs what looks like an end does not end its caller's frame, nor its own.
    #[test]
    fn a_programs_own_words_end_no_frame() {
        let words = ["success", "failed: custom program error: 0x1", "invoke [2]", "Log truncated"];
        for word in words.map(String::from).into_iter().chain([trading("success"), trading("invoke [2]")]) {
            let mut log = Collector::default();
            log.all([trading("invoke [1]"), hostile("invoke [2]"), format!("Program log: {word}"), data(1)]);
            log.all([hostile("success"), data(2), trading("success")]);
            assert_eq!((sequences(&log.decoded()), log.decoded().complete), (vec![(0, 2)], true), "{word}");
        }
    }

    /// The log is filled so far that our program's end no longer fits, but a shorter data line of the attacker's does.
    #[test]
    fn a_filled_log_forges_nothing() {
        let mut log = Collector::default();
        log.log(hostile("invoke [1]"));
        let ours = [trading("invoke [2]"), data(1), trading("success")];
        let room = ours[..2].iter().map(String::len).sum::<usize>() + data(2).len() + 1;
        assert!(data(2).len() < ours[2].len());
        log.log(format!("Program log: {}", "x".repeat(LIMIT - log.bytes - "Program log: ".len() - room)));
        log.all(ours);
        log.all([data(2), hostile("success")]);
        assert_eq!(log.lines[log.lines.len() - 2..], [TRUNCATED.to_string(), data(2)], "the forgery is in the log");
        assert_eq!((sequences(&log.decoded()), log.decoded().complete), (vec![(1, 1)], false));
    }

    #[test]
    fn what_does_not_balance_is_incomplete() {
        let whole = [trading("invoke [1]"), data(1), trading("success")];
        let decode = |lines: &[String]| {
            let decoded = decode_logs(lines.iter().map(String::as_str), &EMBEDDED);
            (sequences(&decoded), decoded.complete)
        };
        assert_eq!(decode(&whole), (vec![(0, 1)], true));
        assert_eq!(decode(&[]), (vec![], true));
        assert_eq!(decode(&whole[..2]), (vec![(0, 1)], false));
        assert_eq!(decode(&whole[1..]), (vec![], false), "data of nobody");
        assert_eq!(decode(&whole[2..]), (vec![], false));
        let [invoke, _, success] = whole.clone();
        assert_eq!(decode(&[invoke.clone(), hostile("success"), data(1), success.clone()]), (vec![], false));
        for depth in ["0", "2", "-1", "x", ""] {
            assert_eq!(decode(&[trading(&format!("invoke [{depth}]")), data(1), success.clone()]), (vec![], false));
        }
        let failed = [invoke, data(1), trading("failed: custom program error: 0x189c")];
        assert_eq!(decode(&failed), (vec![], true), "what failed has not happened");
        assert_eq!(decode(&failed[1..]), (vec![], false));
    }
}
