//! Initialize: creates a department.

use {
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        account::AccountData,
        deployment::deployment_id,
        identity::Prefix,
        onchain::{Signer, arity, create_pda, emit, program, upgrade_authority},
        registry::{address::DEPARTMENT_SEED, error::RegistryError, event::DepartmentInitialized, state::Department},
        require,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, hash::Hash, pubkey::Pubkey},
};

pub(super) fn process(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    prefix: Prefix,
    authority: Pubkey,
    oracle: Pubkey,
    energy_mint: Pubkey,
    genesis_hash: [u8; 32],
) -> ProgramResult {
    let [payer, program_data, department, system_program] = arity(accounts)?;
    let payer = Signer::payer(payer)?;
    upgrade_authority(program_id, program_data, &payer)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    require!(prefix.length() > 0, RegistryError::InvalidPrefix);
    require!(authority != Pubkey::default(), RegistryError::InvalidAuthority);

    let deployment = deployment_id(&Hash::new_from_array(genesis_hash), department.key);
    create_pda(department, &payer, program_id, [DEPARTMENT_SEED, &prefix.0], |bump| Department {
        header: Department::header(bump),
        prefix,
        authority,
        pending_authority: Pubkey::default(),
        oracle,
        energy_mint,
        deployment,
        paused: false,
        participants: 0,
        meters: 0,
        next_event: 0,
    })?;
    emit(&DepartmentInitialized { prefix, authority, deployment })
}
