//! Checks whether the ledger still has the readings that it had confirmed: after a broken connection, and repeatedly until a
//! transaction is final.

use {
    super::{Engine, EngineError, Link, State},
    crate::journal::Entry,
    campus_energy_sdk::{
        account::AccountData,
        ledger::{Ledger, Standing},
        registry::state::{Meter, WINDOW_INTERVALS, accept},
    },
    solana_program::pubkey::Pubkey,
    solana_signature::Signature,
    std::time::{Duration, Instant},
    tracing::warn,
};

/// How often transactions that were confirmed are asked for until they are final.
const PERIOD: Duration = Duration::from_secs(30);
/// Readings whose transactions are asked for at once.
const AT_ONCE: usize = 2_048;

/// What is asked about transactions.
pub(super) struct Standings {
    /// When it is asked next.
    until: Instant,
    asked: Vec<Asked>,
    /// Whether there are more than those that are asked about.
    more: bool,
}

/// A reading that is confirmed or contradicted, with its settlement and the transaction that carried what the ledger has.
struct Asked {
    id: i64,
    settled: i64,
    transaction: Option<Signature>,
}

impl Default for Standings {
    fn default() -> Self {
        Self { until: Instant::now(), asked: Vec::new(), more: false }
    }
}

impl<L: Link> Engine<L> {
    /// Holds what the journal calls confirmed against a ledger that is another process: a ledger that lost its last blocks gets their
    /// readings again, and where it has other values since, that is noticed.
    pub(super) fn reconcile(&mut self) -> Result<(), EngineError> {
        if self.carrier.link().embedded().is_some() {
            self.doubt = None;
            return Ok(());
        }
        // Not by what was read while nothing was heard of it.
        if let Some(doubt) = self.doubt
            && self.carrier.link().is_of_after(doubt)
        {
            self.find_lost()?;
            self.doubt = None;
            self.standings = Standings::default();
        }
        if self.doubt.is_none() {
            self.ask_standings()?;
        }
        Ok(())
    }

    /// Sends again what is not in the meters' accounts.
    fn find_lost(&mut self) -> Result<(), EngineError> {
        let meters = self.settings.register.meters();
        let accounts: Vec<Pubkey> = meters.iter().map(|(_, known)| known.account).collect();
        let accounts = self.carrier.accounts(&accounts)?;
        let mut lost = Vec::new();
        for ((meter, _), account) in meters.iter().zip(accounts) {
            let Some(state) = account.and_then(|account| Meter::decode(&account.data).ok()) else { continue };
            for entry in self.carrier.journal().newest_of(meter, WINDOW_INTERVALS)? {
                if is_there(&entry) && accept(state.newest, state.accepted, entry.submission.interval.end()).is_ok() {
                    lost.push(entry.id);
                }
            }
        }
        if !lost.is_empty() {
            warn!(readings = lost.len(), "the ledger has lost readings that it had confirmed; they are sent again");
            self.send_again(&lost)?;
            self.count_conflicts()?;
        }
        Ok(())
    }

    /// Asks how the transactions stand by which readings were confirmed or contradicted and that are not known to be final. A meter's
    /// account says that it has an interval, not that it is by the same transaction still: a fork that drops another submitter's may let
    /// an own one through that was sent before.
    fn ask_standings(&mut self) -> Result<(), EngineError> {
        if self.standings.until > Instant::now() {
            return Ok(());
        }
        let known = self.carrier.journal().final_settlement()?;
        if self.standings.asked.is_empty() {
            let last = self.carrier.journal().last_settlement()?;
            let entries = self.carrier.journal().settled_after(known, AT_ONCE)?;
            let settled = entries.iter().filter(|entry| is_there(entry));
            self.standings.asked = settled
                .filter_map(|entry| {
                    let transaction = match entry.state {
                        State::Confirmed => &entry.transaction,
                        _ => &entry.ledger_transaction,
                    };
                    let transaction = transaction.as_ref().and_then(|transaction| transaction.parse().ok());
                    Some(Asked { id: entry.id, settled: entry.settled?, transaction })
                })
                .collect();
            self.standings.more = entries.len() == AT_ONCE;
            if self.standings.asked.is_empty() {
                let seen = entries.last().filter(|_| self.standings.more).map_or(Some(last), |entry| entry.settled);
                return self.standings_known(known, seen.unwrap_or(known));
            }
        }
        let mut transactions: Vec<Signature> =
            self.standings.asked.iter().filter_map(|asked| asked.transaction).collect();
        transactions.sort_unstable();
        transactions.dedup();
        let standings = match self.carrier.link().standings(&transactions) {
            Ok(None) => return Ok(()),
            Ok(Some(standings)) => standings,
            // A node without a history, for example: what was confirmed still is.
            Err(error) => {
                tracing::debug!(%error, "nobody says how transactions stand");
                return self.standings_known(known, known);
            }
        };
        let of = |transaction: &Option<Signature>| {
            let place = transaction.as_ref().and_then(|own| transactions.binary_search(own).ok());
            place.and_then(|place| standings.get(place).copied()).unwrap_or(Standing::Absent)
        };
        let (mut seen, mut open) = (known, false);
        for asked in std::mem::take(&mut self.standings.asked) {
            let standing = of(&asked.transaction);
            if standing == Standing::Absent {
                let entries = self.carrier.journal().entries(&[asked.id])?;
                // Unless it was opened or accepted again since, or settled by another transaction.
                entries.iter().filter(|entry| is_there(entry) && entry.settled == Some(asked.settled)).for_each(
                    |entry| {
                        self.proofs.ask(entry);
                    },
                );
            }
            open |= standing != Standing::Final;
            if !open {
                seen = asked.settled;
            }
        }
        self.standings_known(known, seen)
    }

    /// Keeps how far settled readings are final, and asks again later.
    fn standings_known(&mut self, before: i64, now: i64) -> Result<(), EngineError> {
        if now > before {
            self.carrier.journal().set_final_settlement(now)?;
        }
        let at_once = self.standings.more && now > before;
        self.standings = Standings::default();
        if !at_once {
            self.standings.until += PERIOD;
        }
        Ok(())
    }
}

/// Whether a transaction on the ledger has settled a reading: it carried the reading's values, or others.
fn is_there(entry: &Entry) -> bool {
    entry.state == State::Confirmed || entry.is_contradicted()
}
