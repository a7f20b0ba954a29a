//! Configure: sets the limits, and whether readings must be signed.

use {
    super::{administered, take_event},
    campus_energy_sdk::{
        onchain::emit,
        oracle::{error::OracleError, event::OracleConfigured, state::Limits},
        require,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    limits: Limits,
    require_signatures: bool,
) -> ProgramResult {
    let (account, mut oracle) = administered(program_id, accounts)?;
    require!(limits.are_valid(), OracleError::InvalidLimits);
    oracle.limits = limits;
    oracle.require_signatures = require_signatures;
    let sequence = take_event(&mut oracle);
    account.write(&oracle)?;
    emit(&OracleConfigured { sequence, limits, require_signatures })
}
