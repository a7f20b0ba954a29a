//! Settlement: readings that wait in the journal go into transactions, these to the ledger, and the results back to the waiting
//! requests.

use {
    super::{
        Concluded, DELAY, Engine, EngineError, Event, Link, Settings,
        hold::Cause,
        proof::Refused,
        refusal::{Meaning, name},
    },
    crate::journal::{Entry, Fate},
    campus_energy_department::SIGNED_READINGS_PER_TRANSACTION,
    campus_energy_sdk::{
        identity::MeterId,
        ledger::{
            LedgerError, MAX_TRANSACTION_BYTES,
            transaction::{sign, to_wire},
        },
        oracle::{
            instruction::{IntervalSubmission, MeterAccounts, submit_signed_readings},
            readings::SignedReading,
        },
        registry::state::MeterStatus,
    },
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
    std::{collections::BTreeMap, sync::atomic::Ordering, time::Instant},
};

impl<L: Link> Engine<L> {
    pub(super) fn settle(&mut self) -> Result<(), EngineError> {
        if self.steady.lasts() {
            return Ok(());
        }
        if self.carrier.pending() > 0 {
            self.deliver()?;
        }
        let due = self.holds.due();
        self.alone.extend(&due);
        self.waiting.extend(due);
        // Twice: what was refused together is sent again, each for itself.
        for _ in 0..2 {
            if self.waiting.is_empty() {
                break;
            }
            let ids: Vec<i64> = self.waiting.iter().copied().collect();
            let mut intervals: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
            for entry in self.carrier.journal().entries(&ids)? {
                intervals.entry(entry.submission.interval.end()).or_default().push(entry);
            }
            for (end, entries) in intervals {
                self.submit(end, entries)?;
            }
        }
        if let Some(traders) = &mut self.settings.traders {
            let now = self.settings.clock.time().unwrap_or(self.carrier.time());
            if traders.act(&mut self.carrier, &self.settings.department, &self.settings.submitter, now)? {
                let _ = self.shared.events.send(Event::Changed);
            }
        }
        Ok(self.carrier.keep()?)
    }

    /// Sends an interval's readings, in one slot.
    fn submit(&mut self, end: i64, entries: Vec<Entry>) -> Result<(), EngineError> {
        let register = self.settings.register.clone();
        let (known, unknown): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| register.meter(&entry.submission.meter).is_some());
        for Entry { id, submission, .. } in unknown {
            let text = format!("{} is not on the ledger", submission.meter);
            self.hold(submission.meter, id, Cause { name: "meter_missing".into(), text, limit: false })?;
        }
        let known = self.end_rotated(known)?;
        let is_suspended = |entry: &Entry| {
            register.meter(&entry.submission.meter).is_some_and(|known| known.status == MeterStatus::Suspended)
        };
        let (suspended, known): (Vec<_>, Vec<_>) = known.into_iter().partition(is_suspended);
        for Entry { id, submission, .. } in suspended {
            let text = format!("{} is suspended: its readings wait until its authority resumes it", submission.meter);
            self.hold(submission.meter, id, Cause { name: "meter_suspended".into(), text, limit: false })?;
        }
        if known.is_empty() {
            return Ok(());
        }
        self.carrier.begin_slot(self.settings.clock.time().unwrap_or(end + DELAY))?;
        self.shared.ledger_time.store(self.carrier.time(), Ordering::Relaxed);
        let (alone, together): (Vec<_>, Vec<_>) = known.into_iter().partition(|entry| self.alone.contains(&entry.id));
        let mut transactions = Vec::new();
        let mut batches: Vec<&[Entry]> = together.chunks(SIGNED_READINGS_PER_TRANSACTION).collect();
        batches.extend(alone.chunks(1));
        batches.reverse();
        while let Some(some) = batches.pop() {
            let (transaction, carried) = self.sign(end, some)?;
            // Meters that are not in the lookup table, since they came later, need more room.
            if some.len() > 1 && to_wire(&transaction)?.len() > MAX_TRANSACTION_BYTES {
                let (first, second) = some.split_at(some.len() / 2);
                batches.extend([second, first]);
                continue;
            }
            // The same readings with the same blockhash are the transaction of before: they wait for another blockhash, a second at most.
            if !self.carrier.has_noted(&transaction)? {
                transactions.push((transaction, carried));
            }
        }
        if transactions.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = transactions.iter().flat_map(|(_, ids): &(_, Vec<i64>)| ids).copied().collect();
        self.carrier.note(transactions)?;
        ids.iter().for_each(|id| {
            self.waiting.remove(id);
        });
        self.tell(&ids, false)?;
        self.deliver()
    }

    /// Takes out the readings that are signed with another key than their meter has now: no transaction can carry them. Those of an
    /// earlier key are rejected, once it is proven that no earlier transaction has carried them; their meters' others need not wait.
    fn end_rotated(&mut self, entries: Vec<Entry>) -> Result<Vec<Entry>, EngineError> {
        let register = self.settings.register.clone();
        let mut current = Vec::with_capacity(entries.len());
        for entry in entries {
            let (meter, own) = (entry.submission.meter, entry.submission.key_epoch);
            match register.meter(&meter).map(|known| known.key_epoch) {
                Some(epoch) if own < epoch => {
                    self.waiting.remove(&entry.id);
                    self.proofs.refused(&entry, Refused::rotated(&meter, own, epoch));
                    self.release(&[entry.id])?;
                }
                // The register was checked when the reading came: a node that is behind has answered since.
                Some(epoch) if own > epoch => {
                    let text = format!("{meter} has a key of epoch {epoch}, the reading one of epoch {own}");
                    self.hold(meter, entry.id, Cause { name: "key_epoch_ahead".into(), text, limit: false })?;
                }
                _ => current.push(entry),
            }
        }
        Ok(current)
    }

    pub(super) fn deliver(&mut self) -> Result<(), EngineError> {
        let (concluded, result) = self.carrier.deliver();
        for Concluded { readings, outcome, refusal } in &concluded {
            match (refusal, &readings[..]) {
                (Some(refusal), &[id]) if Meaning::of(refusal).is_passing() => {
                    let limit = Meaning::of(refusal) == Meaning::Limit;
                    let cause = Cause { name: name(refusal), text: refusal.to_string(), limit };
                    for entry in self.carrier.journal().entries(&[id])? {
                        self.hold(entry.submission.meter, id, cause.clone())?;
                    }
                }
                _ if outcome.again => {
                    self.waiting.extend(readings);
                    if outcome.fate == Fate::Refused {
                        self.alone.extend(readings);
                    }
                }
                _ if outcome.unproven => {
                    let refused = refusal.as_ref().and_then(Refused::of);
                    for entry in self.carrier.journal().entries(readings)? {
                        match &refused {
                            Some(refused) => self.proofs.refused(&entry, refused.clone()),
                            None => self.proofs.ask(&entry),
                        }
                    }
                    self.release(readings)?;
                }
                _ => {
                    self.tell(readings, true)?;
                    self.release(readings)?;
                }
            }
        }
        if !concluded.is_empty() {
            let _ = self.shared.events.send(Event::Changed);
            // Accounts that were read before say nothing of these.
            self.doubt = self.doubt.map(|_| Instant::now());
        }
        result
    }

    /// Has a reading wait that the ledger does not take for now; whoever waits for it is told.
    fn hold(&mut self, meter: MeterId, id: i64, cause: Cause) -> Result<(), EngineError> {
        self.carrier.journal_mut().explain(&[(id, &cause.text)])?;
        self.waiting.remove(&id);
        self.alone.remove(&id);
        self.holds.refused(meter, id, cause);
        self.answer(&[id])
    }

    /// These readings' meters are taken again: what they have besides need not wait.
    fn release(&mut self, readings: &[i64]) -> Result<(), EngineError> {
        readings.iter().for_each(|id| {
            self.alone.remove(id);
        });
        if self.holds.readings() > 0 {
            for entry in self.carrier.journal().entries(readings)? {
                self.waiting.extend(self.holds.release(&entry.submission.meter));
            }
        }
        Ok(())
    }

    /// Answers those who wait for new readings of held meters, with the reason.
    pub(super) fn join(&mut self, held: &[(i64, MeterId)]) -> Result<(), EngineError> {
        held.iter().for_each(|(id, meter)| self.holds.join(meter, *id));
        let reason = |(id, meter): &(i64, MeterId)| Some((*id, &self.holds.cause(meter)?.text[..]));
        let reasons: Vec<_> = held.iter().filter_map(reason).collect();
        self.carrier.journal_mut().explain(&reasons)?;
        let ids: Vec<i64> = held.iter().map(|(id, _)| *id).collect();
        self.answer(&ids)
    }

    /// A transaction that carries an interval's readings of known meters, and which it carries.
    fn sign(&self, timestamp: i64, entries: &[Entry]) -> Result<(VersionedTransaction, Vec<i64>), LedgerError> {
        let Settings { department, register, .. } = &self.settings;
        let (mut accounts, mut signed, mut carried) = (Vec::new(), Vec::new(), Vec::new());
        for Entry { id, submission, .. } in entries {
            let Some(known) = register.meter(&submission.meter) else { continue };
            carried.push(*id);
            accounts.push(MeterAccounts { meter: known.account, token_account: known.token_account });
            signed.push(SignedReading {
                message: register.message(submission),
                signature: submission.signature,
                signing_key: known.signing_key.to_bytes(),
            });
        }
        let submitter = &self.settings.submitter;
        let instructions = submit_signed_readings(
            &department.addresses,
            &submitter.pubkey(),
            IntervalSubmission { timestamp, meters: &accounts, readings: signed },
            1,
        );
        let transaction = sign(&self.carrier, &instructions, &[submitter], std::slice::from_ref(&department.table))?;
        Ok((transaction, carried))
    }
}
