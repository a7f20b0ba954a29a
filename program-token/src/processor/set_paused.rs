//! SetPaused: pauses or resumes minting and retiring.

use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], paused: bool) -> ProgramResult {
    super::configure(program_id, accounts, |config| config.paused = paused)
}
