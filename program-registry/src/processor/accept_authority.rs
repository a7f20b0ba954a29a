//! AcceptAuthority: the second step of a change of authority.

use {
    campus_energy_sdk::{
        onchain::{OwnedAccount, Signer, arity, emit},
        registry::{error::RegistryError, event::AuthorityAccepted, state::Department},
        require,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo]) -> ProgramResult {
    let [proposed, department] = arity(accounts)?;
    let proposed = Signer::load(proposed)?;
    let account = OwnedAccount::<Department>::load_mut(department, program_id)?;
    let mut department = account.read()?;
    let nobody = Pubkey::default();
    let is_proposed = department.pending_authority == *proposed.key() && department.pending_authority != nobody;
    require!(is_proposed, RegistryError::NoPendingAuthority);

    department.authority = *proposed.key();
    department.pending_authority = nobody;
    let sequence = department.next_event;
    department.next_event = sequence.wrapping_add(1);
    account.write(&department)?;
    emit(&AuthorityAccepted { sequence, authority: department.authority })
}
