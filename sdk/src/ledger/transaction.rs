//! Transactions and address lookup tables, for any ledger.

use {
    super::{Ledger, LedgerError, Receipt},
    solana_address_lookup_table_interface::instruction::{create_lookup_table, extend_lookup_table},
    solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_keypair::Keypair,
    solana_message::{AddressLookupTableAccount, VersionedMessage, v0},
    solana_program::{instruction::Instruction, pubkey::Pubkey, sysvar::slot_hashes::ID as SLOT_HASHES},
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
};

/// Addresses that one transaction can add to a lookup table.
const ADDRESSES_PER_EXTENSION: usize = 20;

/// The most compute units that a transaction can have.
pub const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// Sets a transaction's compute unit limit; without it an instruction has 200,000.
#[must_use]
pub fn compute_unit_limit(units: u32) -> Instruction {
    ComputeBudgetInstruction::set_compute_unit_limit(units)
}

/// Signs and sends instructions as one v0 transaction; the first signer pays.
///
/// # Errors
/// Those of [`Ledger::send`].
pub fn send(
    ledger: &mut impl Ledger,
    instructions: &[Instruction],
    signers: &[&Keypair],
    tables: &[AddressLookupTableAccount],
) -> Result<Receipt, LedgerError> {
    let transaction = sign(ledger, instructions, signers, tables)?;
    ledger.send(transaction)
}

/// Signs instructions as one v0 transaction, with the ledger's newest blockhash; the first signer pays.
///
/// # Errors
/// [`LedgerError::Unreachable`].
pub fn sign(
    ledger: &impl Ledger,
    instructions: &[Instruction],
    signers: &[&Keypair],
    tables: &[AddressLookupTableAccount],
) -> Result<VersionedTransaction, LedgerError> {
    let blockhash = ledger.latest_blockhash()?;
    let unsendable = |error: String| LedgerError::Unreachable(format!("the transaction cannot be made: {error}"));
    let payer = signers.first().ok_or_else(|| unsendable("nobody pays".into()))?.pubkey();
    let message = v0::Message::try_compile(&payer, instructions, tables, blockhash)
        .map_err(|error| unsendable(error.to_string()))?;
    VersionedTransaction::try_new(VersionedMessage::V0(message), signers).map_err(|error| unsendable(error.to_string()))
}

/// A transaction as it goes over the network.
///
/// # Errors
/// [`LedgerError::Unreachable`] where it cannot be written.
pub fn to_wire(transaction: &VersionedTransaction) -> Result<Vec<u8>, LedgerError> {
    wincode::serialize(transaction)
        .map_err(|error| LedgerError::Unreachable(format!("the transaction cannot be written: {error}")))
}

/// The transaction that came over the network.
///
/// # Errors
/// [`LedgerError::Unreachable`] where these bytes are none.
pub fn from_wire(bytes: &[u8]) -> Result<VersionedTransaction, LedgerError> {
    wincode::deserialize(bytes)
        .map_err(|error| LedgerError::Unreachable(format!("these bytes are no transaction: {error}")))
}

/// Creates a lookup table with these addresses. It can be used from the next slot on.
///
/// # Errors
/// Those of [`Ledger::send`].
pub fn create_table(
    ledger: &mut impl Ledger,
    authority: &Keypair,
    addresses: &[Pubkey],
) -> Result<AddressLookupTableAccount, LedgerError> {
    let recent_slot = recent_slot(ledger)?;
    let (create, key) = create_lookup_table(authority.pubkey(), authority.pubkey(), recent_slot);
    send(ledger, &[create], &[authority], &[])?;
    for some in addresses.chunks(ADDRESSES_PER_EXTENSION) {
        let payer = Some(authority.pubkey());
        let extend = extend_lookup_table(key, authority.pubkey(), payer, some.to_vec());
        send(ledger, &[extend], &[authority], &[])?;
    }
    Ok(AddressLookupTableAccount { key, addresses: addresses.to_vec() })
}

/// The newest slot that the ledger remembers the hash of: the sysvar holds a count (u64), then slot (u64) and hash each.
fn recent_slot(ledger: &impl Ledger) -> Result<u64, LedgerError> {
    let sysvar = ledger.account(&SLOT_HASHES)?;
    let slot = sysvar.and_then(|account| account.data.get(8..16)?.try_into().ok().map(u64::from_le_bytes));
    slot.ok_or_else(|| LedgerError::Unreachable("the ledger has no slot hashes".into()))
}
