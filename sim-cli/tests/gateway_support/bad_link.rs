//! A ledger behind a bad link, with somebody else's hand on it.

use {
    super::{BEGIN, Gateway},
    campus_energy_gateway::Link,
    campus_energy_sdk::ledger::{Embedded, Ledger, LedgerError, Receipt, Relay, transaction::sign},
    rand_chacha::{
        ChaCha8Rng,
        rand_core::{RngCore, SeedableRng},
    },
    serde_json::Value,
    solana_keypair::Keypair,
    solana_program::{hash::Hash, instruction::Instruction},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        sync::{
            Arc, Mutex,
            atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
        },
        time::Duration,
    },
};

/// What a bad link has done.
#[derive(Default)]
pub struct Deeds {
    pub dropped: AtomicUsize,
    pub unanswered: AtomicUsize,
    pub doubled: AtomicUsize,
    pub slow: AtomicUsize,
    pub expired: AtomicUsize,
    /// Nothing goes through.
    pub cut: AtomicBool,
    /// Why it confirms nothing new, though it answers.
    pub halted: Mutex<Option<String>>,
    /// How much the ledger's clock is ahead of what it is told, seconds.
    pub ahead: AtomicI64,
    /// What somebody else has the ledger do, in the next slot.
    pub foreign: Mutex<Vec<(Instruction, Keypair)>>,
}

/// A link that loses transactions, loses answers, sends twice, takes its time, and forgets blockhashes.
pub struct BadLink {
    ledger: Embedded,
    random: ChaCha8Rng,
    deeds: Arc<Deeds>,
    forgotten: Option<Hash>,
}

fn lost() -> LedgerError {
    LedgerError::Unreachable("the line is bad".into())
}

impl Relay for BadLink {
    type Target = Embedded;

    fn target(&self) -> &Embedded {
        &self.ledger
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let count = |deed: &AtomicUsize| deed.fetch_add(1, Ordering::Relaxed);
        if self.deeds.cut.load(Ordering::Relaxed) {
            return Err(lost());
        }
        match self.random.next_u32() % 8 {
            0 => {
                count(&self.deeds.dropped);
                Err(lost())
            }
            1 => {
                count(&self.deeds.unanswered);
                let _ = self.ledger.send(transaction);
                Err(lost())
            }
            2 => {
                count(&self.deeds.doubled);
                let _ = self.ledger.send(transaction.clone());
                self.ledger.send(transaction)
            }
            3 => {
                count(&self.deeds.slow);
                std::thread::sleep(Duration::from_millis(30));
                self.ledger.send(transaction)
            }
            4 => {
                count(&self.deeds.expired);
                self.forgotten = Some(*transaction.message.recent_blockhash());
                Err(lost())
            }
            _ => self.ledger.send(transaction),
        }
    }
}

impl Link for BadLink {
    fn begin_slot(&mut self, unix_timestamp: i64) {
        self.ledger.set_time(unix_timestamp + self.deeds.ahead.load(Ordering::Relaxed));
        for (instruction, signer) in self.deeds.foreign.lock().unwrap().drain(..) {
            let transaction = sign(&self.ledger, &[instruction], &[&signer], &[]).unwrap();
            self.ledger.send(transaction).unwrap();
        }
    }

    fn outcome(&self, signature: &Signature) -> Result<Option<Result<(), LedgerError>>, LedgerError> {
        if self.deeds.cut.load(Ordering::Relaxed) { Err(lost()) } else { Ok(self.ledger.outcome(signature)) }
    }

    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        Ok(self.forgotten != Some(*blockhash) && self.ledger.latest_blockhash()? == *blockhash)
    }

    fn halted(&self) -> Option<String> {
        self.deeds.halted.lock().unwrap().clone()
    }

    fn embedded(&mut self) -> Option<&mut Embedded> {
        Some(&mut self.ledger)
    }
}

pub fn bad_link(deeds: &Arc<Deeds>) -> impl FnOnce(Embedded) -> BadLink {
    let (random, deeds) = (ChaCha8Rng::seed_from_u64(11), deeds.clone());
    move |ledger| BadLink { ledger, random, deeds, forgotten: None }
}

pub fn interval(gateway: &Gateway, number: i64) -> Value {
    (1..=15).map(|meter| gateway.signed(meter, BEGIN + 900 * number, if meter == 1 { 3_000 } else { 0 }, 500)).collect()
}
