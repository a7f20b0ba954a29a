//! ProposeAuthority: the first step of a change of authority. There are two, so that no department is given to a mistyped key.

use {
    super::Administered,
    campus_energy_sdk::onchain::arity,
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], proposed: Pubkey) -> ProgramResult {
    let [authority, department] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    administered.department.pending_authority = proposed;
    administered.save()
}
