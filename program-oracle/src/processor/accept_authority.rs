//! AcceptAuthority: the proposed submitter becomes the submitter.

use {
    super::take_event,
    campus_energy_sdk::{
        onchain::{OwnedAccount, Signer, arity, emit},
        oracle::{error::OracleError, event::OracleAuthorityAccepted, state::Oracle},
        require,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo]) -> ProgramResult {
    let [proposed, oracle] = arity(accounts)?;
    let proposed = Signer::load(proposed)?;
    let account = OwnedAccount::<Oracle>::load_mut(oracle, program_id)?;
    let mut oracle = account.read()?;
    let nobody = Pubkey::default();
    let is_proposed = oracle.pending_authority == *proposed.key() && oracle.pending_authority != nobody;
    require!(is_proposed, OracleError::NoPendingAuthority);

    oracle.authority = *proposed.key();
    oracle.pending_authority = nobody;
    let sequence = take_event(&mut oracle);
    account.write(&oracle)?;
    emit(&OracleAuthorityAccepted { sequence, authority: oracle.authority })
}
