//! The cluster as a [`Ledger`].

use {
    super::{ACCOUNTS_AT_ONCE, Cluster, FINALITY, history, readings, sender::Outcome},
    crate::ledger::{Ledger, LedgerError, LedgerReading, Receipt, check_length, compute},
    solana_account::Account,
    solana_commitment_config::CommitmentConfig,
    solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_program::{hash::Hash, instruction::Instruction, pubkey::Pubkey},
    solana_rpc_client_api::{
        config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding},
        filter::{Memcmp, RpcFilterType},
    },
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        ops::RangeInclusive,
        time::{Duration, Instant},
    },
};

impl Ledger for Cluster {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        Ok(self.genesis)
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        Ok(self.accounts(std::slice::from_ref(address))?.pop().flatten())
    }

    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, LedgerError> {
        if let Some(followed) = self.cache.as_ref().and_then(|cache| cache.accounts(addresses)) {
            return Ok(followed);
        }
        let mut all = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(ACCOUNTS_AT_ONCE) {
            all.extend(self.ask(|client| async move {
                Ok(client.get_multiple_accounts_with_commitment(some, CommitmentConfig::confirmed()).await?.value)
            })?);
        }
        Ok(all)
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        let filters =
            (!bytes.is_empty()).then(|| vec![RpcFilterType::Memcmp(Memcmp::new_base58_encoded(offset, bytes))]);
        let account_config = RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64Zstd),
            commitment: Some(CommitmentConfig::confirmed()),
            ..RpcAccountInfoConfig::default()
        };
        let config = RpcProgramAccountsConfig { filters, account_config, ..RpcProgramAccountsConfig::default() };
        let owned = self.ask(|client| {
            let config = config.clone();
            async move { client.get_program_ui_accounts_with_config(program, config).await }
        })?;
        let unread =
            |address| LedgerError::Unusable { address, reason: "the node's encoding of it cannot be decoded".into() };
        let read = |(address, account): (Pubkey, solana_rpc_client_api::response::UiAccount)| {
            account.to_account().map(|account| (address, account)).ok_or_else(|| unread(address))
        };
        let mut all: Vec<_> = owned.into_iter().map(read).collect::<Result<_, _>>()?;
        all.sort_unstable_by_key(|(address, _)| *address);
        Ok(all)
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        let until = Instant::now() + self.policy.patience;
        loop {
            if let Some(hash) = self.blockhashes.newest() {
                return Ok(hash);
            }
            if Instant::now() >= until {
                return Err(LedgerError::Unreachable("there is no blockhash to sign with: no node answers".into()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        self.send_all(vec![transaction]).pop().unwrap_or(Err(LedgerError::Expired))
    }

    /// All are under way at once; they may be executed in any order.
    fn send_all(&mut self, transactions: Vec<VersionedTransaction>) -> Vec<Result<Receipt, LedgerError>> {
        if let Some(error) = transactions.iter().find_map(|transaction| check_length(transaction).err()) {
            return transactions.iter().map(|_| Err(error.clone())).collect();
        }
        let signatures: Vec<Signature> = transactions.iter().map(|transaction| transaction.signatures[0]).collect();
        let outcomes = self.await_outcomes(transactions);
        self.runtime().block_on(async {
            let receipt = |(outcome, signature): (Outcome, Signature)| {
                let client = self.client.clone();
                self.runtime().spawn(async move {
                    outcome?;
                    Ok(history::executed(&client, &signature).await?.receipt())
                })
            };
            let receipts: Vec<_> = outcomes.into_iter().zip(signatures).map(receipt).collect();
            let mut results = Vec::with_capacity(receipts.len());
            for receipt in receipts {
                results.push(receipt.await.unwrap_or_else(|error| Err(LedgerError::Internal(error.to_string()))));
            }
            results
        })
    }

    /// As far as the node remembers transactions and lists them by account.
    fn readings_of(
        &self,
        meters: &[Pubkey],
        intervals: RangeInclusive<i64>,
    ) -> Result<Vec<LedgerReading>, LedgerError> {
        let oracle = self.programs.oracle;
        self.ask(|client| {
            let intervals = intervals.clone();
            async move { readings::readings_of(&client, &oracle, meters, &intervals).await }
        })
    }

    fn await_finality(&self, address: &Pubkey) -> Result<(), LedgerError> {
        let now = self.account(address)?;
        let until = Instant::now() + FINALITY;
        while Instant::now() < until {
            let finalized = self.ask(|client| async move {
                Ok(client.get_account_with_commitment(address, CommitmentConfig::finalized()).await?.value)
            })?;
            if finalized.map(|account| account.data) == now.as_ref().map(|account| account.data.clone()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err(LedgerError::Unfinalized { address: *address, waited: FINALITY.as_secs() })
    }

    fn budget(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        let states = |instruction: &Instruction| instruction.program_id == solana_compute_budget_interface::ID;
        let mut budget = Vec::new();
        if !instructions.iter().any(states) {
            let limit = compute::limit(instructions, &self.programs, self.mint_mode);
            budget.push(ComputeBudgetInstruction::set_compute_unit_limit(limit));
        }
        match self.price(instructions) {
            0 => {}
            price => budget.push(ComputeBudgetInstruction::set_compute_unit_price(price)),
        }
        budget
    }
}
