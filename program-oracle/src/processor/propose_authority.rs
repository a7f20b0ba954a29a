//! ProposeAuthority: the department proposes another submitter, also when the present one's key is lost.

use {
    super::administered,
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], proposed: Pubkey) -> ProgramResult {
    let (account, mut oracle) = administered(program_id, accounts)?;
    oracle.pending_authority = proposed;
    account.write(&oracle)
}
