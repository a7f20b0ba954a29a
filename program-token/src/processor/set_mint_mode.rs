//! SetMintMode: sets how the program mints, after the cluster's SPL Token program has changed.

use {
    campus_energy_sdk::token::state::MintMode,
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], mint_mode: MintMode) -> ProgramResult {
    super::configure(program_id, accounts, |config| config.mint_mode = mint_mode)
}
