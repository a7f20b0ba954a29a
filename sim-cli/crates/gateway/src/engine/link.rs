//! What the engine needs from a ledger besides sending: slots, and the results of transactions whose answer was lost.

use {
    campus_energy_sdk::ledger::{Cluster, Embedded, Ledger, LedgerError, LedgerReading, Standing},
    solana_account::Account,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::time::Instant,
};

/// What became of a transaction: executed, refused, or [`LedgerError::Expired`].
pub type TransactionResult = Result<(), LedgerError>;

/// What a ledger says of a meter and interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It has been asked, and has not answered yet.
    Asked,
    /// It remembers no transaction that carried a reading of them.
    Missing,
    /// It has accepted this reading.
    Found(LedgerReading),
}

/// What a ledger says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reread {
    /// It has been asked, and has not answered yet.
    Asked,
    /// The account, if it exists.
    Is(Option<Account>),
}

/// A ledger that the gateway settles on.
pub trait Link: Ledger + Send + 'static {
    /// Begins a slot at a time, Unix seconds, with a blockhash of its own. A ledger with a clock of its own does nothing.
    fn begin_slot(&mut self, unix_timestamp: i64);

    /// What became of a transaction; none where the ledger does not know it.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn outcome(&self, signature: &Signature) -> Result<Option<TransactionResult>, LedgerError>;

    /// Whether a transaction with this blockhash can still be executed.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError>;

    /// Carries a transaction a step further; what became of it, or none as long as that is not known. `tried`: it may have reached
    /// the ledger before. `last_valid`: the height of the last block that takes it, where that is known. This one waits for the ledger's answer; it asks for an answer that was lost, and sends a transaction
    /// again as it is while its blockhash lives.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn carry(
        &mut self,
        transaction: &VersionedTransaction,
        tried: bool,
        _last_valid: Option<u64>,
    ) -> Result<Option<TransactionResult>, LedgerError> {
        let signature = transaction.signatures[0];
        if tried {
            if let Some(known) = self.outcome(&signature)? {
                return Ok(Some(known));
            }
            if !self.accepts(transaction.message.recent_blockhash())? {
                return Ok(Some(Err(LedgerError::Expired)));
            }
            // It never arrived, and still can.
        }
        match self.send(transaction.clone()) {
            Ok(_) => Ok(Some(Ok(()))),
            Err(LedgerError::Refused(TransactionError::BlockhashNotFound, _)) => Ok(Some(Err(LedgerError::Expired))),
            Err(LedgerError::Refused(TransactionError::AlreadyProcessed, _)) => {
                Ok(Some(self.outcome(&signature)?.ok_or(LedgerError::NoRecord(signature))?))
            }
            Err(refusal) if refusal.is_verdict() => Ok(Some(Err(refusal))),
            Err(error) => Err(error),
        }
    }

    /// The height of the last block that takes a blockhash, where blocks are counted and that is known.
    fn last_valid(&self, _: &Hash) -> Option<u64> {
        None
    }

    /// An account as the ledger has confirmed it, not older than a moment, however long accounts are kept elsewhere. This one's accounts
    /// are always as they are now.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn account_since(&self, address: &Pubkey, _moment: Instant) -> Result<Reread, LedgerError> {
        self.account(address).map(Reread::Is)
    }

    /// What the ledger has of a meter (its account in the registry) and the interval that ends at a time. This one waits for the
    /// ledger's answer.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn look_up(&self, meter: &Pubkey, timestamp: i64) -> Result<Lookup, LedgerError> {
        let found = self.readings_of(std::slice::from_ref(meter), timestamp..=timestamp)?.pop();
        Ok(found.map_or(Lookup::Missing, Lookup::Found))
    }

    /// How transactions stand, in their order; none as long as the ledger has not answered. This one waits for its answer.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn standings(&self, transactions: &[Signature]) -> Result<Option<Vec<Standing>>, LedgerError> {
        let standing = |transaction| {
            let executed = self.outcome(transaction)? == Some(Ok(()));
            Ok(if executed { Standing::Final } else { Standing::Absent })
        };
        transactions.iter().map(standing).collect::<Result<_, _>>().map(Some)
    }

    /// Why nothing is heard from the ledger, where that does not show in the answers.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Why the ledger confirms nothing new, if it does not: what it answers is old then.
    fn halted(&self) -> Option<String> {
        None
    }

    /// Whether accounts are as they were after a moment.
    fn is_of_after(&self, _: Instant) -> bool {
        true
    }

    /// Keeps these accounts, too, where accounts are kept.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn follow(&mut self, _: &[Pubkey]) -> Result<(), LedgerError> {
        Ok(())
    }

    /// The ledger itself, where it lives in this process: then the journal is all that is left of it after a crash.
    fn embedded(&mut self) -> Option<&mut Embedded> {
        None
    }
}

impl Link for Embedded {
    fn begin_slot(&mut self, unix_timestamp: i64) {
        self.set_time(unix_timestamp);
    }

    fn outcome(&self, signature: &Signature) -> Result<Option<TransactionResult>, LedgerError> {
        Ok(self.outcome(signature))
    }

    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        Ok(self.latest_blockhash()? == *blockhash)
    }

    fn embedded(&mut self) -> Option<&mut Embedded> {
        Some(self)
    }
}

/// Nothing waits for a cluster: its sender sends, asks and sends again in the background.
impl Link for Cluster {
    fn begin_slot(&mut self, _: i64) {}

    fn outcome(&self, signature: &Signature) -> Result<Option<TransactionResult>, LedgerError> {
        Ok(self.outcome(signature))
    }

    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        self.is_valid(blockhash)
    }

    fn carry(
        &mut self,
        transaction: &VersionedTransaction,
        tried: bool,
        last_valid: Option<u64>,
    ) -> Result<Option<TransactionResult>, LedgerError> {
        let signature = transaction.signatures[0];
        let known = Cluster::outcome(self, &signature);
        if known.is_none() && !self.carries(&signature) {
            match tried {
                true => self.resume(transaction.clone(), last_valid),
                false => self.post(transaction.clone(), false),
            }
        }
        Ok(known)
    }

    fn last_valid(&self, blockhash: &Hash) -> Option<u64> {
        Cluster::last_valid(self, blockhash)
    }

    fn account_since(&self, address: &Pubkey, moment: Instant) -> Result<Reread, LedgerError> {
        Cluster::account_since(self, address, moment).map_or(Ok(Reread::Asked), |answer| answer.map(Reread::Is))
    }

    fn look_up(&self, meter: &Pubkey, timestamp: i64) -> Result<Lookup, LedgerError> {
        match Cluster::look_up(self, meter, timestamp) {
            None => Ok(Lookup::Asked),
            Some(answer) => Ok(answer?.map_or(Lookup::Missing, Lookup::Found)),
        }
    }

    fn standings(&self, transactions: &[Signature]) -> Result<Option<Vec<Standing>>, LedgerError> {
        Cluster::standings(self, transactions).transpose()
    }

    fn trouble(&self) -> Option<String> {
        Cluster::trouble(self)
    }

    fn halted(&self) -> Option<String> {
        Cluster::halted(self)
    }

    fn follow(&mut self, addresses: &[Pubkey]) -> Result<(), LedgerError> {
        Cluster::follow(self, addresses)
    }

    fn is_of_after(&self, moment: Instant) -> bool {
        Cluster::is_of_after(self, moment)
    }
}
