//! After the ledger was away: does it still have what it had confirmed?

use {
    super::{Engine, EngineError, Link, State},
    campus_energy_sdk::{
        account::AccountData,
        ledger::Ledger,
        registry::state::{Meter, WINDOW_INTERVALS, accept},
    },
    solana_program::pubkey::Pubkey,
    tracing::warn,
};

impl<L: Link> Engine<L> {
    /// Holds what the journal calls confirmed against the meters' accounts, where the ledger is another process: a ledger that
    /// lost its last blocks gets their readings again.
    pub(super) fn reconcile(&mut self) -> Result<(), EngineError> {
        let Some(doubt) = self.doubt else { return Ok(()) };
        // Not by what was read while nothing was heard of it.
        if self.carrier.link().embedded().is_none() && !self.carrier.link().is_of_after(doubt) {
            return Ok(());
        }
        if self.carrier.link().embedded().is_some() {
            self.doubt = None;
            return Ok(());
        }
        let accounts: Vec<Pubkey> = self.settings.department.meters.iter().map(|meter| meter.accounts.meter).collect();
        let accounts = self.carrier.accounts(&accounts)?;
        let mut lost = Vec::new();
        for (meter, account) in self.settings.department.meters.iter().zip(accounts) {
            let Some(state) = account.and_then(|account| Meter::decode(&account.data).ok()) else { continue };
            for entry in self.carrier.journal().newest_of(&meter.id, WINDOW_INTERVALS)? {
                let accepts = accept(state.newest, state.accepted, entry.submission.interval.end()).is_ok();
                if entry.state == State::Confirmed && accepts {
                    // Each for itself: a ledger that has one after all refuses that one only.
                    self.alone.insert(entry.id);
                    lost.push(entry.id);
                }
            }
        }
        if !lost.is_empty() {
            warn!(readings = lost.len(), "the ledger has lost readings that it had confirmed; they are sent again");
            self.carrier.journal_mut().reopen(&lost)?;
            self.waiting.extend(lost);
        }
        self.doubt = None;
        Ok(())
    }
}
