//! Instructions of the registry and their builders.

use {
    crate::{
        SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        identity::{MeterId, Prefix},
        registry::state::{MeterStatus, Role, Zone},
        wire::instruction,
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// What the registry does.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum RegistryInstruction {
    /// Creates a department.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[writable]` Department, `["department", prefix]`
    /// 3. `[]` System program
    Initialize {
        /// What its meters' ids begin with, like `ENG_`.
        prefix: Prefix,
        /// Who administers it.
        authority: Pubkey,
        /// The oracle's address.
        oracle: Pubkey,
        /// The mint of its energy token.
        energy_mint: Pubkey,
        /// The cluster's genesis hash, for the deployment id that meters sign.
        genesis_hash: [u8; 32],
    },
    /// Registers a participant.
    ///
    /// 0. `[writable, signer]` The department's authority; pays the rent
    /// 1. `[writable]` Department
    /// 2. `[writable]` Participant, `["participant", department, wallet]`
    /// 3. `[]` System program
    RegisterParticipant {
        /// The participant's wallet.
        wallet: Pubkey,
        /// What they are.
        role: Role,
    },
    /// Registers a meter.
    ///
    /// 0. `[writable, signer]` The department's authority; pays the rent
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter, `["meter", department, id]`
    /// 3. `[]` Participant who owns the meter
    /// 4. `[]` The owner's associated token account for the energy mint; it must exist
    /// 5. `[]` System program
    RegisterMeter {
        /// The meter's id, like `ENG_001`.
        id: MeterId,
        /// The name of the zone where it measures, like `laboratory`; refused unless it is [valid](Zone::is_valid).
        zone: Zone,
        /// The ed25519 key it signs with.
        signing_key: Pubkey,
        /// The bump of the token account's address, so that it need not be searched.
        token_account_bump: u8,
        /// The most that it can generate in one interval, Wh: its share of the installation. 0 for one that only consumes.
        generation_limit: u32,
    },
    /// Sets whether a meter's readings are taken.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter
    SetMeterStatus {
        /// The new status.
        status: MeterStatus,
    },
    /// Gives a meter another signing key; the key epoch rises by one.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter
    RotateMeterKey {
        /// The new key.
        signing_key: Pubkey,
    },
    /// Proposes another authority, or withdraws the proposal (the zero address).
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    ProposeAuthority {
        /// Who shall be the authority.
        authority: Pubkey,
    },
    /// Accepts the proposal.
    ///
    /// 0. `[signer]` The proposed authority
    /// 1. `[writable]` Department
    AcceptAuthority,
    /// Refuses readings, or takes them again.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    SetPaused {
        /// Whether readings are refused.
        paused: bool,
    },
    /// Enters one interval's readings into the meters' registers.
    ///
    /// 0. `[signer]` The department's oracle
    /// 1. `[]` Department
    /// 2. `[writable]` Meter, one for every reading, in their order
    RecordReadings {
        /// End of the interval.
        timestamp: i64,
        /// What the meters counted.
        readings: Vec<Counted>,
    },
    /// Sets the most that a meter can generate in one interval, where the installation changes.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter
    SetMeterLimit {
        /// Wh; 0 for a meter that only consumes.
        generation_limit: u32,
    },
}

/// What a meter counted in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Counted {
    /// Energy generated, Wh.
    pub generated: u32,
    /// Energy consumed, Wh.
    pub consumed: u32,
}

impl Counted {
    /// Bytes of one.
    pub const SIZE: usize = 8;
}

/// Builds [`RegistryInstruction::Initialize`].
#[must_use]
pub fn initialize(addresses: &Addresses, payer: &Pubkey, authority: &Pubkey, genesis_hash: [u8; 32]) -> Instruction {
    let program = &addresses.programs.registry;
    let data = RegistryInstruction::Initialize {
        prefix: addresses.prefix,
        authority: *authority,
        oracle: addresses.oracle,
        energy_mint: addresses.energy_mint,
        genesis_hash,
    };
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(program_data(program), false),
        AccountMeta::new(addresses.department, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(program, &data, accounts)
}

/// Builds [`RegistryInstruction::RegisterParticipant`].
#[must_use]
pub fn register_participant(addresses: &Addresses, authority: &Pubkey, wallet: &Pubkey, role: Role) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*authority, true),
        AccountMeta::new(addresses.department, false),
        AccountMeta::new(addresses.participant(wallet), false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    let data = RegistryInstruction::RegisterParticipant { wallet: *wallet, role };
    instruction(&addresses.programs.registry, &data, accounts)
}

/// Builds [`RegistryInstruction::RegisterMeter`]. The owner's associated token account must exist.
#[must_use]
pub fn register_meter(
    addresses: &Addresses,
    authority: &Pubkey,
    owner: &Pubkey,
    id: MeterId,
    zone: Zone,
    signing_key: &Pubkey,
    generation_limit: u32,
) -> Instruction {
    let (token_account, token_account_bump) = addresses.token_account_and_bump(owner);
    let accounts = vec![
        AccountMeta::new(*authority, true),
        AccountMeta::new(addresses.department, false),
        AccountMeta::new(addresses.meter(&id), false),
        AccountMeta::new_readonly(addresses.participant(owner), false),
        AccountMeta::new_readonly(token_account, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    let signing_key = *signing_key;
    let data = RegistryInstruction::RegisterMeter { id, zone, signing_key, token_account_bump, generation_limit };
    instruction(&addresses.programs.registry, &data, accounts)
}

fn on_meter(addresses: &Addresses, authority: &Pubkey, id: &MeterId, data: &RegistryInstruction) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new(addresses.department, false),
        AccountMeta::new(addresses.meter(id), false),
    ];
    instruction(&addresses.programs.registry, data, accounts)
}

/// Builds [`RegistryInstruction::SetMeterStatus`].
#[must_use]
pub fn set_meter_status(addresses: &Addresses, authority: &Pubkey, id: &MeterId, status: MeterStatus) -> Instruction {
    on_meter(addresses, authority, id, &RegistryInstruction::SetMeterStatus { status })
}

/// Builds [`RegistryInstruction::SetMeterLimit`].
#[must_use]
pub fn set_meter_limit(addresses: &Addresses, authority: &Pubkey, id: &MeterId, generation_limit: u32) -> Instruction {
    on_meter(addresses, authority, id, &RegistryInstruction::SetMeterLimit { generation_limit })
}

/// Builds [`RegistryInstruction::RotateMeterKey`].
#[must_use]
pub fn rotate_meter_key(addresses: &Addresses, authority: &Pubkey, id: &MeterId, signing_key: &Pubkey) -> Instruction {
    on_meter(addresses, authority, id, &RegistryInstruction::RotateMeterKey { signing_key: *signing_key })
}

fn on_department(addresses: &Addresses, signer: &Pubkey, data: &RegistryInstruction) -> Instruction {
    let accounts = vec![AccountMeta::new_readonly(*signer, true), AccountMeta::new(addresses.department, false)];
    instruction(&addresses.programs.registry, data, accounts)
}

/// Builds [`RegistryInstruction::ProposeAuthority`].
#[must_use]
pub fn propose_authority(addresses: &Addresses, authority: &Pubkey, proposed: &Pubkey) -> Instruction {
    on_department(addresses, authority, &RegistryInstruction::ProposeAuthority { authority: *proposed })
}

/// Builds [`RegistryInstruction::AcceptAuthority`].
#[must_use]
pub fn accept_authority(addresses: &Addresses, proposed: &Pubkey) -> Instruction {
    on_department(addresses, proposed, &RegistryInstruction::AcceptAuthority)
}

/// Builds [`RegistryInstruction::SetPaused`].
#[must_use]
pub fn set_paused(addresses: &Addresses, authority: &Pubkey, paused: bool) -> Instruction {
    on_department(addresses, authority, &RegistryInstruction::SetPaused { paused })
}

/// Builds [`RegistryInstruction::RecordReadings`], for the oracle program. `meters` in the order of `readings`.
#[must_use]
pub fn record_readings<'a>(
    program: &Pubkey,
    oracle: &Pubkey,
    department: &Pubkey,
    meters: impl ExactSizeIterator<Item = &'a Pubkey>,
    timestamp: i64,
    readings: &[Counted],
) -> Instruction {
    let mut accounts = Vec::with_capacity(2 + meters.len());
    accounts.push(AccountMeta::new_readonly(*oracle, true));
    accounts.push(AccountMeta::new_readonly(*department, false));
    accounts.extend(meters.map(|meter| AccountMeta::new(*meter, false)));
    // By hand: this is the hot path. The layout is Borsh's, as a test shows.
    let mut data = Vec::with_capacity(RECORD_READINGS_HEAD + readings.len() * Counted::SIZE);
    data.push(RECORD_READINGS);
    data.extend_from_slice(&timestamp.to_le_bytes());
    data.extend_from_slice(&crate::wire::count(readings.len()));
    for reading in readings {
        let (generated, consumed) = (u64::from(reading.generated), u64::from(reading.consumed));
        data.extend_from_slice(&(generated | consumed << 32).to_le_bytes());
    }
    Instruction { program_id: *program, accounts, data }
}

/// The first byte of RecordReadings.
pub const RECORD_READINGS: u8 = 8;
/// Bytes of RecordReadings before its readings: kind, timestamp, count.
pub const RECORD_READINGS_HEAD: usize = 1 + 8 + 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_readings_by_hand_is_borsh() {
        let readings = vec![Counted { generated: 1, consumed: 2 }, Counted { generated: u32::MAX, consumed: 0 }];
        let key = Pubkey::new_from_array([7; 32]);
        let built = record_readings(&key, &key, &key, [key, key].iter(), 900, &readings);
        let data = RegistryInstruction::RecordReadings { timestamp: 900, readings };
        assert_eq!(built.data, borsh::to_vec(&data).unwrap());
        assert_eq!(built.data[0], RECORD_READINGS);
    }
}
