//! The instructions that a transaction executed, as the ledger itself records them: unlike the log, nobody can cut them short.

use {
    super::LedgerError,
    crate::{
        deployment::Addresses, oracle::instruction::SUBMIT_READINGS, token::instruction::MINT_FOR_SURPLUS,
        trading::instruction::UPDATE_MARKET_DATA,
    },
    solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction},
    solana_program::pubkey::Pubkey,
    std::borrow::Cow,
};

/// An instruction of a transaction that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedInstruction {
    /// The id of the program.
    pub program: Pubkey,
    /// The addresses of its accounts, in order.
    pub accounts: Vec<Pubkey>,
    /// The data of the instruction.
    pub data: Vec<u8>,
    /// The stack height: 1 where the transaction itself has it, 2 where such an instruction called it, and so on.
    pub stack_height: u32,
}

/// The first bytes of instructions, each the number of its variant; a test goes through all of them.
const INITIALIZE: u8 = 0;
const RETIRE: u8 = 2;
const ACCEPT_AUTHORITY: u8 = 4;
const CLAIM_SEAT: u8 = 3;
const WITHDRAW: u8 = 8;
const SET_PAUSED: u8 = 9;

impl ExecutedInstruction {
    /// Returns whether it is an instruction of one of our programs on this department. As the program executed it, the account is the
    /// department's own: the programs check each.
    #[must_use]
    pub fn is_of(&self, addresses: &Addresses) -> bool {
        let (programs, kind) = (&addresses.programs, self.data.first().copied());
        let Some(kind) = kind else { return false };
        let (place, account) = if self.program == programs.registry {
            (if kind == INITIALIZE { 2 } else { 1 }, addresses.department)
        } else if self.program == programs.token {
            let place = match kind {
                INITIALIZE => 3,
                MINT_FOR_SURPLUS | RETIRE => 1,
                _ => 2,
            };
            (place, addresses.token_config)
        } else if self.program == programs.oracle {
            let place = match kind {
                INITIALIZE => 5,
                SUBMIT_READINGS | ACCEPT_AUTHORITY => 1,
                _ => 2,
            };
            (place, addresses.oracle)
        } else if self.program == programs.trading {
            match kind {
                INITIALIZE => (5, addresses.market),
                UPDATE_MARKET_DATA => (1, addresses.market),
                CLAIM_SEAT | WITHDRAW | SET_PAUSED => (2, addresses.book),
                _ => (1, addresses.book),
            }
        } else {
            return false;
        };
        self.accounts.get(place) == Some(&account)
    }
}

/// Returns the addresses that a message takes from lookup tables: of all of them the writable ones, then the others. `table` gives a lookup
/// table's addresses. None where a table is unknown or too short.
pub(super) fn loaded<'a>(
    message: &VersionedMessage,
    table: impl Fn(&Pubkey) -> Option<Cow<'a, [Pubkey]>>,
) -> Option<Vec<Pubkey>> {
    let (mut writable, mut readonly) = (Vec::new(), Vec::new());
    for lookup in message.address_table_lookups().unwrap_or_default() {
        let addresses = table(&lookup.account_key)?;
        for (indices, keys) in [(&lookup.writable_indexes, &mut writable), (&lookup.readonly_indexes, &mut readonly)] {
            for index in indices {
                keys.push(*addresses.get(usize::from(*index))?);
            }
        }
    }
    writable.append(&mut readonly);
    Some(writable)
}

/// An instruction that another one called, and its stack height.
pub(super) type Inner = (CompiledInstruction, u32);

/// Returns the instructions of a message in the order in which they began: each one of the message, then those that it called. `loaded` are the
/// addresses from lookup tables, the writable ones first; `inner` what each of the message's instructions called.
///
/// # Errors
/// [`LedgerError::Malformed`] where an instruction names an account that the transaction does not have.
pub(super) fn in_order(
    message: &VersionedMessage,
    loaded: &[Pubkey],
    mut inner: Vec<Vec<Inner>>,
) -> Result<Vec<ExecutedInstruction>, LedgerError> {
    let keys = [message.static_account_keys(), loaded].concat();
    let key = |index: u8| {
        let missing = || {
            let count = keys.len();
            LedgerError::Malformed(format!(
                "an instruction names account {index}; its transaction has {count} accounts"
            ))
        };
        keys.get(usize::from(index)).copied().ok_or_else(missing)
    };
    let resolve = |instruction: &CompiledInstruction, stack_height| {
        Ok(ExecutedInstruction {
            program: key(instruction.program_id_index)?,
            accounts: instruction.accounts.iter().map(|index| key(*index)).collect::<Result<_, _>>()?,
            data: instruction.data.clone(),
            stack_height,
        })
    };
    let mut all = Vec::with_capacity(message.instructions().len());
    for (index, instruction) in message.instructions().iter().enumerate() {
        all.push(resolve(instruction, 1)?);
        let called = inner.get_mut(index).map(std::mem::take).unwrap_or_default();
        for (instruction, stack_height) in &called {
            all.push(resolve(instruction, *stack_height)?);
        }
    }
    Ok(all)
}
