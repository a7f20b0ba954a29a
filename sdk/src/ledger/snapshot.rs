//! The accounts of a ledger at one moment, which can be read; it takes no transactions.

use {
    super::{Embedded, Ledger, LedgerError, Receipt},
    crate::{SPL_TOKEN, deployment::Programs},
    solana_account::{Account, ReadableAccount},
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
    std::collections::BTreeMap,
};

/// The accounts of a ledger at one moment, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The accounts, in the order of their addresses.
    pub accounts: BTreeMap<Pubkey, Account>,
}

impl Snapshot {
    /// Takes the accounts of an embedded ledger that belong to our programs and to SPL Token: a deployment's whole state.
    #[must_use]
    pub fn of(ledger: &Embedded) -> Self {
        let Programs { registry, token, oracle, trading } = ledger.programs();
        let owners = [registry, token, oracle, trading, SPL_TOKEN];
        let all = ledger.accounts().filter(|(_, account)| owners.contains(account.owner()));
        Self { accounts: all.map(|(address, account)| (*address, account.clone().into())).collect() }
    }

    /// Returns the sha256 of every account's address, owner, lamports, length and data: the same state, the same hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut digest = Hash::default();
        for (address, account) in &self.accounts {
            let (lamports, length) = (account.lamports.to_le_bytes(), (account.data.len() as u64).to_le_bytes());
            let parts: [&[u8]; 6] =
                [digest.as_ref(), address.as_ref(), account.owner.as_ref(), &lamports, &length, &account.data];
            digest = Hash::new_from_array(solana_sha256_hasher::hashv(&parts).to_bytes());
        }
        digest
    }
}

impl Ledger for Snapshot {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        Ok(Hash::default())
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        Ok(self.accounts.get(address).cloned())
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        let owned = self.accounts.iter().filter(|(_, account)| {
            account.owner == *program && account.data.get(offset..offset + bytes.len()) == Some(bytes)
        });
        Ok(owned.map(|(address, account)| (*address, account.clone())).collect())
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        Err(LedgerError::ReadOnly)
    }

    fn send(&mut self, _: VersionedTransaction) -> Result<Receipt, LedgerError> {
        Err(LedgerError::ReadOnly)
    }
}
