//! RegisterParticipant: registers a participant.

use {
    super::{Administered, take_index},
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        account::AccountData,
        error::AccountError,
        onchain::{arity, create_pda, emit, program},
        registry::{
            address::PARTICIPANT_SEED,
            event::ParticipantRegistered,
            state::{Participant, Role},
        },
        require,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], wallet: Pubkey, role: Role) -> ProgramResult {
    let [authority, department, participant, system_program] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    require!(administered.authority.info.is_writable, AccountError::NotWritable);
    program(system_program, &SYSTEM_PROGRAM)?;

    let index = take_index(&mut administered.department.participants)?;
    let sequence = administered.next_event();
    administered.save()?;
    let seeds = [PARTICIPANT_SEED, department.key.as_ref(), wallet.as_ref()];
    create_pda(participant, &administered.authority, program_id, seeds, |bump| Participant {
        header: Participant::header(bump),
        department: *department.key,
        wallet,
        role,
        index,
    })?;
    emit(&ParticipantRegistered { sequence, wallet, role, index })
}
