//! The encoding of instructions.

use {
    crate::error::AccountError,
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// Builds an instruction with Borsh data.
pub(crate) fn instruction(program: &Pubkey, data: &impl BorshSerialize, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction::new_with_borsh(*program, data, accounts)
}

/// Returns the Borsh form of a length. What we send is bounded by the transaction size, far below the limit.
pub(crate) fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Decodes an instruction; every byte must belong to it.
///
/// # Errors
/// [`AccountError::MalformedInstruction`] for truncated, trailing or unknown bytes.
pub fn decode_instruction<T: BorshDeserialize>(data: &[u8]) -> Result<T, AccountError> {
    T::try_from_slice(data).map_err(|_| AccountError::MalformedInstruction)
}
