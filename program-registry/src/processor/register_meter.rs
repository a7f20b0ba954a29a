//! RegisterMeter: a participant's meter begins to count.

use {
    super::{Administered, take_index},
    campus_energy_sdk::{
        ASSOCIATED_TOKEN, SPL_TOKEN, SYSTEM_PROGRAM,
        account::AccountData,
        error::AccountError,
        identity::MeterId,
        onchain::{OwnedAccount, arity, create_pda, emit, program},
        registry::{
            address::METER_SEED,
            error::RegistryError,
            event::MeterRegistered,
            state::{Meter, MeterStatus, Participant, Zone},
        },
        require,
        units::{Energy, TokenAmount},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

/// The instruction's data.
pub(super) struct Plan {
    pub(super) id: MeterId,
    pub(super) zone: Zone,
    pub(super) signing_key: Pubkey,
    pub(super) token_account_bump: u8,
    pub(super) generation_limit: u32,
}

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], plan: &Plan) -> ProgramResult {
    let &Plan { id, zone, signing_key, token_account_bump, generation_limit } = plan;
    let [authority, department, meter, owner, token_account, system_program] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    require!(administered.authority.info.is_writable, AccountError::NotWritable);
    let participant = OwnedAccount::<Participant>::load(owner, program_id)?;
    require!(Participant::FIELDS.department.is(&participant.data(), department.key), RegistryError::NotParticipant,);
    program(system_program, &SYSTEM_PROGRAM)?;
    require!(id.belongs_to(&administered.department.prefix), RegistryError::InvalidMeterId);
    require!(zone.is_valid(), RegistryError::InvalidZone);

    let index = take_index(&mut administered.department.meters)?;
    let sequence = administered.next_event();
    administered.save()?;
    let owner = participant.get(&Participant::FIELDS.wallet);
    check_token_account(token_account, owner, &administered.department.energy_mint, token_account_bump)?;
    let seeds = [METER_SEED, department.key.as_ref(), &id.0];
    create_pda(meter, &administered.authority, program_id, seeds, |bump| Meter {
        header: Meter::header(bump),
        department: *department.key,
        id,
        index,
        zone,
        status: MeterStatus::Active,
        owner,
        token_account: *token_account.key,
        signing_key,
        key_epoch: 0,
        generation_limit,
        newest: 0,
        accepted: 0,
        generated: Energy::ZERO,
        consumed: Energy::ZERO,
        minted: TokenAmount::ZERO,
        readings: 0,
    })?;
    emit(&MeterRegistered { sequence, id, owner, zone, index })
}

/// The owner's associated token account. With a wrong bump the address is one that only the Associated Token Account
/// program could make a token account of, and it makes none but the canonical: that the account exists is the proof.
fn check_token_account(info: &AccountInfo, owner: Pubkey, mint: &Pubkey, bump: u8) -> ProgramResult {
    let seeds = [owner.as_ref(), SPL_TOKEN.as_ref(), mint.as_ref()];
    let address = Pubkey::derive_address(&seeds, Some(bump), &ASSOCIATED_TOKEN);
    require!(info.key == &address && info.owner == &SPL_TOKEN, RegistryError::WrongTokenAccount);
    Ok(())
}
