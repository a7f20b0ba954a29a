//! Who administers a gateway's embedded ledger, or attacks it: transactions signed with a blockhash that was asked for.

use {
    super::{Gateway, KEY_OF_ALL},
    campus_energy_department::Keys,
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{
            Ledger, LedgerError, Receipt,
            programs::EMBEDDED,
            transaction::{sign, to_wire},
        },
        registry::state::{Department, Meter},
    },
    serde_json::{Value, json},
    solana_account::Account,
    solana_keypair::Keypair,
    solana_message::AddressLookupTableAccount,
    solana_program::{
        hash::Hash,
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
    solana_transaction::versioned::VersionedTransaction,
};

pub const ADMINISTRATION: &str = "/api/engineering/administration";

/// A ledger that knows a blockhash alone.
struct At(Hash);

impl Ledger for At {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        Err(LedgerError::ReadOnly)
    }

    fn account(&self, _: &Pubkey) -> Result<Option<Account>, LedgerError> {
        Err(LedgerError::ReadOnly)
    }

    fn owned(&self, _: &Pubkey, _: usize, _: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        Err(LedgerError::ReadOnly)
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        Ok(self.0)
    }

    fn send(&mut self, _: VersionedTransaction) -> Result<Receipt, LedgerError> {
        Err(LedgerError::ReadOnly)
    }
}

pub fn addresses() -> Addresses {
    Addresses::derive(EMBEDDED, "ENG_".parse().unwrap())
}

pub fn authority() -> Keypair {
    Keys::new(42).authority()
}

/// A transfer of the system program.
pub fn transfer(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    let data = [&[2, 0, 0, 0][..], &lamports.to_le_bytes()].concat();
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)];
    Instruction { program_id: campus_energy_sdk::SYSTEM_PROGRAM, accounts, data }
}

pub fn body(transaction: &VersionedTransaction) -> Value {
    json!({ "transaction": hex::encode(to_wire(transaction).unwrap()) })
}

impl Gateway {
    /// The state of the department, as who administers it is told.
    pub async fn administration(&self) -> Value {
        let (status, state) = self.send("GET", ADMINISTRATION, KEY_OF_ALL, "").await;
        assert_eq!(status, 200, "{state}");
        state
    }

    /// An account of that state.
    pub async fn decoded<T: AccountData>(&self, address: &Pubkey) -> T {
        let state = self.administration().await;
        let accounts = state["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["address"] == json!(address.to_string()));
        let data = account.expect("the account")["data"].as_str().unwrap();
        T::decode(&hex::decode(data).unwrap()).unwrap()
    }

    pub async fn department(&self) -> Department {
        self.decoded(&addresses().department).await
    }

    pub async fn meter(&self, id: &str) -> Meter {
        self.decoded(&addresses().meter(&id.parse().unwrap())).await
    }

    /// Instructions signed with the newest blockhash.
    pub async fn sign(&self, instructions: &[Instruction], signers: &[&Keypair]) -> VersionedTransaction {
        self.sign_with(instructions, signers, &[]).await
    }

    pub async fn sign_with(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        tables: &[AddressLookupTableAccount],
    ) -> VersionedTransaction {
        let blockhash = self.administration().await["blockhash"].as_str().unwrap().parse().unwrap();
        sign(&At(blockhash), instructions, signers, tables).unwrap()
    }

    /// Signs and posts.
    pub async fn administer(&self, instructions: &[Instruction], signers: &[&Keypair]) -> (u16, Value) {
        let transaction = self.sign(instructions, signers).await;
        self.post(ADMINISTRATION, &body(&transaction)).await
    }
}
