//! Transactions and address lookup tables, for any ledger.

use {
    super::{Ledger, LedgerError, Receipt},
    solana_address_lookup_table_interface::{
        instruction::{create_lookup_table, extend_lookup_table},
        program as address_lookup_table,
        state::AddressLookupTable,
    },
    solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_keypair::Keypair,
    solana_message::{AddressLookupTableAccount, VersionedMessage, v0},
    solana_program::{instruction::Instruction, pubkey::Pubkey, sysvar::slot_hashes::ID as SLOT_HASHES},
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
};

/// The number of addresses that one transaction can add to a lookup table.
const ADDRESSES_PER_EXTENSION: usize = 20;
/// The offset of the authority in a lookup table, bytes: behind type (u32), two slots (u64), index (u8) and the tag of an `Option`.
const TABLE_AUTHORITY_AT: usize = 22;

/// The number of times that a transaction is signed which expires.
const TRIES: usize = 3;

/// The most compute units that a transaction can have.
pub const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// Builds the instruction that sets the compute unit limit of a transaction; without it an instruction has 200,000.
#[must_use]
pub fn compute_unit_limit(units: u32) -> Instruction {
    ComputeBudgetInstruction::set_compute_unit_limit(units)
}

/// The instructions of one transaction and its signers, of whom the first pays.
#[derive(Debug)]
pub struct Draft {
    /// The instructions.
    pub instructions: Vec<Instruction>,
    /// The signers, the payer first.
    pub signers: Vec<Keypair>,
}

impl Draft {
    /// Makes a draft of instructions that these sign.
    #[must_use]
    pub fn new(instructions: Vec<Instruction>, signers: &[&Keypair]) -> Self {
        Self { instructions, signers: signers.iter().map(|key| key.insecure_clone()).collect() }
    }
}

/// Signs and sends instructions as one v0 transaction; the first signer pays. One that expires is signed anew.
///
/// # Errors
/// Those of [`Ledger::send`].
pub fn send(
    ledger: &mut impl Ledger,
    instructions: &[Instruction],
    signers: &[&Keypair],
    tables: &[AddressLookupTableAccount],
) -> Result<Receipt, LedgerError> {
    let mut result = Err(LedgerError::Expired);
    for _ in 0..TRIES {
        let transaction = sign(ledger, instructions, signers, tables)?;
        result = ledger.send(transaction);
        if result != Err(LedgerError::Expired) {
            break;
        }
    }
    result
}

/// Signs and sends drafts that do not depend on each other, and returns the result of each in their order. Those that expire are signed
/// anew.
///
/// # Errors
/// [`LedgerError::Unmade`] where one cannot be signed, and those of [`Ledger::latest_blockhash`]: then none was sent.
pub fn send_all(
    ledger: &mut impl Ledger,
    drafts: &[Draft],
    tables: &[AddressLookupTableAccount],
) -> Result<Vec<Result<Receipt, LedgerError>>, LedgerError> {
    let mut results: Vec<_> = drafts.iter().map(|_| Err(LedgerError::Expired)).collect();
    for _ in 0..TRIES {
        let open: Vec<usize> = (0..drafts.len()).filter(|index| results[*index] == Err(LedgerError::Expired)).collect();
        let signed = open.iter().map(|index| {
            let Draft { instructions, signers } = &drafts[*index];
            sign(ledger, instructions, &signers.iter().collect::<Vec<_>>(), tables)
        });
        let signed = signed.collect::<Result<_, _>>()?;
        for (index, result) in open.into_iter().zip(ledger.send_all(signed)) {
            results[index] = result;
        }
    }
    Ok(results)
}

/// Signs instructions as one v0 transaction, with the ledger's newest blockhash; the first signer pays.
///
/// # Errors
/// [`LedgerError::Unmade`], and those of [`Ledger::latest_blockhash`].
pub fn sign(
    ledger: &impl Ledger,
    instructions: &[Instruction],
    signers: &[&Keypair],
    tables: &[AddressLookupTableAccount],
) -> Result<VersionedTransaction, LedgerError> {
    let blockhash = ledger.latest_blockhash()?;
    let payer = signers.first().ok_or_else(|| LedgerError::Unmade("no signer is given, who pays".into()))?.pubkey();
    // Behind the others: the place of a verification among them is written in it.
    let all = [instructions, &ledger.budget(instructions)].concat();
    let message = v0::Message::try_compile(&payer, &all, tables, blockhash)
        .map_err(|error| LedgerError::Unmade(error.to_string()))?;
    VersionedTransaction::try_new(VersionedMessage::V0(message), signers)
        .map_err(|error| LedgerError::Unmade(error.to_string()))
}

/// Encodes a transaction as it is sent over the network.
///
/// # Errors
/// [`LedgerError::Unmade`] where it cannot be encoded.
pub fn to_wire(transaction: &VersionedTransaction) -> Result<Vec<u8>, LedgerError> {
    wincode::serialize(transaction).map_err(|error| LedgerError::Unmade(format!("it cannot be encoded: {error}")))
}

/// Decodes a transaction that was sent over the network.
///
/// # Errors
/// [`LedgerError::NoTransaction`] where the bytes are none, or more than one.
pub fn from_wire(bytes: &[u8]) -> Result<VersionedTransaction, LedgerError> {
    wincode::deserialize_exact(bytes).map_err(|error| LedgerError::NoTransaction(error.to_string()))
}

/// Returns the instructions, by transaction, that make a lookup table with these addresses, and the table. It can be used from the next
/// slot on.
///
/// # Errors
/// [`LedgerError::Missing`] where the ledger has no slot hashes, and those of [`Ledger::account`].
pub fn create_table(
    ledger: &(impl Ledger + ?Sized),
    authority: &Pubkey,
    addresses: &[Pubkey],
) -> Result<(Vec<Vec<Instruction>>, AddressLookupTableAccount), LedgerError> {
    let (create, key) = create_lookup_table(*authority, *authority, recent_slot(ledger)?);
    let table = AddressLookupTableAccount { key, addresses: Vec::new() };
    let mut all = vec![vec![create]];
    all.extend(extend_table(&table, authority, addresses));
    Ok((all, AddressLookupTableAccount { key, addresses: addresses.to_vec() }))
}

/// Returns the instructions, by transaction, that add to a table what it lacks of these addresses, which begin as the table does.
#[must_use]
pub fn extend_table(
    table: &AddressLookupTableAccount,
    authority: &Pubkey,
    addresses: &[Pubkey],
) -> Vec<Vec<Instruction>> {
    let missing = addresses.get(table.addresses.len()..).unwrap_or_default();
    let extend = |some: &[Pubkey]| vec![extend_lookup_table(table.key, *authority, Some(*authority), some.to_vec())];
    missing.chunks(ADDRESSES_PER_EXTENSION).map(extend).collect()
}

/// Finds the lookup table that this authority can extend and that begins with these addresses, or with the first of them: the longest one.
/// A table that goes on behind them belongs to a department to which meters were added.
///
/// # Errors
/// Those of [`Ledger::owned`].
pub fn find_table(
    ledger: &(impl Ledger + ?Sized),
    authority: &Pubkey,
    addresses: &[Pubkey],
) -> Result<Option<AddressLookupTableAccount>, LedgerError> {
    let owned = ledger.owned(&address_lookup_table::ID, TABLE_AUTHORITY_AT, authority.as_ref())?;
    let mut found: Option<AddressLookupTableAccount> = None;
    for (key, account) in owned {
        let Ok(table) = AddressLookupTable::deserialize(&account.data) else { continue };
        let is_ours = table.meta.deactivation_slot == u64::MAX && table.meta.authority == Some(*authority);
        let fits = is_ours && (addresses.starts_with(&table.addresses) || table.addresses.starts_with(addresses));
        if fits && found.as_ref().is_none_or(|found| found.addresses.len() < table.addresses.len()) {
            found = Some(AddressLookupTableAccount { key, addresses: table.addresses.to_vec() });
        }
    }
    Ok(found)
}

/// Finds the longest lookup table that this authority can extend and that has all of these addresses, in any order.
///
/// # Errors
/// Those of [`Ledger::owned`].
pub fn find_table_with(
    ledger: &(impl Ledger + ?Sized),
    authority: &Pubkey,
    addresses: &[Pubkey],
) -> Result<Option<AddressLookupTableAccount>, LedgerError> {
    let owned = ledger.owned(&address_lookup_table::ID, TABLE_AUTHORITY_AT, authority.as_ref())?;
    let tables = owned.into_iter().filter_map(|(key, account)| {
        let table = AddressLookupTable::deserialize(&account.data).ok()?;
        let is_ours = table.meta.deactivation_slot == u64::MAX && table.meta.authority == Some(*authority);
        let has_all = addresses.iter().all(|address| table.addresses.contains(address));
        (is_ours && has_all).then(|| AddressLookupTableAccount { key, addresses: table.addresses.to_vec() })
    });
    Ok(tables.max_by_key(|table| table.addresses.len()))
}

/// Returns the newest slot whose hash the ledger has: the sysvar holds a count (u64), then slot (u64) and hash each.
pub(super) fn recent_slot(ledger: &(impl Ledger + ?Sized)) -> Result<u64, LedgerError> {
    let sysvar = ledger.account(&SLOT_HASHES)?;
    let slot = sysvar.and_then(|account| account.data.get(8..16)?.try_into().ok().map(u64::from_le_bytes));
    slot.ok_or_else(|| LedgerError::Missing { what: "the sysvar of slot hashes".into(), address: SLOT_HASHES })
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::ledger::{Embedded, Snapshot, SplToken},
    };

    /// Nothing of this has to do with a connection.
    #[test]
    fn a_transaction_that_cannot_be_made_read_or_sent_is_not_an_unreachable_ledger() {
        let ledger = Embedded::new(&Pubkey::default(), SplToken::Batching).expect("the programs load");
        let (payer, missing) = (Keypair::new(), Pubkey::new_from_array([7; 32]));
        let instruction = Instruction::new_with_bytes(
            missing,
            &[],
            vec![solana_program::instruction::AccountMeta::new_readonly(missing, true)],
        );
        let unpaid = sign(&ledger, &[], &[], &[]).unwrap_err();
        assert_eq!(unpaid, LedgerError::Unmade("no signer is given, who pays".into()));
        let unsigned = sign(&ledger, &[instruction], &[&payer], &[]).unwrap_err();
        assert_eq!(unsigned, LedgerError::Unmade("not enough signers".into()));
        assert_eq!(sign(&Snapshot::default(), &[], &[&payer], &[]).unwrap_err(), LedgerError::ReadOnly);
        let no_slots = LedgerError::Missing { what: "the sysvar of slot hashes".into(), address: SLOT_HASHES };
        assert_eq!(create_table(&Snapshot::default(), &payer.pubkey(), &[]).unwrap_err(), no_slots);

        let transaction = sign(&ledger, &[], &[&payer], &[]).expect("a transaction");
        let mut wire = to_wire(&transaction).expect("bytes");
        assert_eq!(from_wire(&wire), Ok(transaction));
        wire.push(0);
        assert!(matches!(from_wire(&wire), Err(LedgerError::NoTransaction(_))), "{:?}", from_wire(&wire));
    }
}
