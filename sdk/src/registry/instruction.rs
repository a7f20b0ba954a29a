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

/// An instruction of the registry, as its data carry it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum RegistryInstruction {
    /// Creates a department. Only the upgrade authority of the program may do it, and once for each prefix.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[writable]` Department, `["department", prefix]`
    /// 3. `[]` System program
    Initialize {
        /// The prefix that the ids of its meters begin with, like `ENG_`.
        prefix: Prefix,
        /// The address that administers it; not the zero address.
        authority: Pubkey,
        /// The address of the oracle, the only signer of RecordReadings.
        oracle: Pubkey,
        /// The address of the mint of its energy token.
        energy_mint: Pubkey,
        /// The genesis hash of the cluster; the deployment id that meters sign is derived from it.
        genesis_hash: [u8; 32],
    },
    /// Registers a participant under the next number. A wallet can be registered once.
    ///
    /// 0. `[writable, signer]` The department's authority; pays the rent
    /// 1. `[writable]` Department
    /// 2. `[writable]` Participant, `["participant", department, wallet]`
    /// 3. `[]` System program
    RegisterParticipant {
        /// The address of the participant's wallet.
        wallet: Pubkey,
        /// The participant's role.
        role: Role,
    },
    /// Registers a meter under the next number. An id can be registered once.
    ///
    /// 0. `[writable, signer]` The department's authority; pays the rent
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter, `["meter", department, id]`
    /// 3. `[]` Participant who owns the meter
    /// 4. `[]` The owner's associated token account for the energy mint; it must exist
    /// 5. `[]` System program
    RegisterMeter {
        /// The meter's id, like `ENG_001`; it must begin with the department's prefix.
        id: MeterId,
        /// The name of the zone where it measures, like `laboratory`; refused unless it is [valid](Zone::is_valid).
        zone: Zone,
        /// The public ed25519 key of the meter, which verifies its readings.
        signing_key: Pubkey,
        /// The bump of the token account's address, so that the program need not search for it.
        token_account_bump: u8,
        /// The most energy that the meter can generate in one interval, Wh: its share of the installation. 0 for a meter that only
        /// consumes.
        generation_limit: u32,
    },
    /// Sets whether readings of a meter are accepted. A retired meter stays retired.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter
    SetMeterStatus {
        /// The status from now on.
        status: MeterStatus,
    },
    /// Replaces the signing key of a meter; its key epoch rises by one, so that readings signed with the old key are refused.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter
    RotateMeterKey {
        /// The new public ed25519 key.
        signing_key: Pubkey,
    },
    /// Proposes another authority of the department, or withdraws the proposal where the proposed address is zero.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    ProposeAuthority {
        /// The proposed authority.
        authority: Pubkey,
    },
    /// Makes the proposed authority the authority of the department.
    ///
    /// 0. `[signer]` The proposed authority
    /// 1. `[writable]` Department
    AcceptAuthority,
    /// Pauses the department, so that readings are refused, or resumes it.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    SetPaused {
        /// Whether readings are refused from now on.
        paused: bool,
    },
    /// Adds the readings of one interval to the registers of their meters, all or none.
    ///
    /// 0. `[signer]` The department's oracle
    /// 1. `[]` Department
    /// 2. `[writable]` Meter, one for every reading, in their order
    RecordReadings {
        /// The end of the interval, Unix seconds.
        timestamp: i64,
        /// The energies that the meters counted, in the order of their accounts.
        readings: Vec<Counted>,
    },
    /// Sets the most energy that a meter can generate in one interval, for a change of the installation.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[writable]` Department
    /// 2. `[writable]` Meter
    SetMeterLimit {
        /// The limit in Wh; 0 for a meter that only consumes.
        generation_limit: u32,
    },
}

/// The most compute units that each instruction may consume, by variant in the order of the enum; 0 for one that no transaction
/// calls by itself. This table and the constants beside it are the only place for these numbers: the test `compute_units` holds the
/// measured programs to them, and `ledger::compute` derives the limit of a transaction from them. The programs do not carry them.
pub const CEILINGS: [(&str, u32); 10] = [
    ("Initialize", 12_000),
    ("RegisterParticipant", 6_500),
    ("RegisterMeter", 6_500),
    ("SetMeterStatus", 2_500),
    ("RotateMeterKey", 2_500),
    ("ProposeAuthority", 1_500),
    ("AcceptAuthority", 1_800),
    ("SetPaused", 1_800),
    ("RecordReadings", 0),
    ("SetMeterLimit", 2_500),
];
/// The most compute units of a RegisterMeter whose address takes many tries: the dearest of 64 ids.
pub const UNLUCKY_REGISTER_METER_CEILING: u32 = 10_000;

/// The energies that a meter counted in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Counted {
    /// Energy generated, Wh.
    pub generated: u32,
    /// Energy consumed, Wh.
    pub consumed: u32,
}

impl Counted {
    /// Length in the data of an instruction, bytes.
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

/// A meter to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterRegistration {
    /// The meter's id.
    pub id: MeterId,
    /// The zone where it measures.
    pub zone: Zone,
    /// The wallet of its owner, a registered participant whose associated token account exists.
    pub owner: Pubkey,
    /// The public ed25519 key that verifies its readings.
    pub signing_key: Pubkey,
    /// The most energy that it can generate in one interval, Wh.
    pub generation_limit: u32,
}

/// Builds [`RegistryInstruction::RegisterMeter`].
#[must_use]
pub fn register_meter(addresses: &Addresses, authority: &Pubkey, meter: &MeterRegistration) -> Instruction {
    let &MeterRegistration { id, zone, ref owner, signing_key, generation_limit } = meter;
    let (token_account, token_account_bump) = addresses.token_account_and_bump(owner);
    let accounts = vec![
        AccountMeta::new(*authority, true),
        AccountMeta::new(addresses.department, false),
        AccountMeta::new(addresses.meter(&id), false),
        AccountMeta::new_readonly(addresses.participant(owner), false),
        AccountMeta::new_readonly(token_account, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
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

/// The accounts of RecordReadings before its meters, and the program.
#[derive(Clone, Copy, Debug)]
pub struct RecordingAccounts<'a> {
    /// The registry program.
    pub program: &'a Pubkey,
    /// The department's oracle, which signs.
    pub oracle: &'a Pubkey,
    /// The department.
    pub department: &'a Pubkey,
}

/// Builds [`RegistryInstruction::RecordReadings`], for the oracle program. `meters` are in the order of `readings`.
#[must_use]
pub fn record_readings<'a>(
    RecordingAccounts { program, oracle, department }: RecordingAccounts<'_>,
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
/// The length of RecordReadings before its readings, bytes: kind, timestamp, count.
pub const RECORD_READINGS_HEAD: usize = 1 + 8 + 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_readings_by_hand_is_borsh() {
        let readings = vec![Counted { generated: 1, consumed: 2 }, Counted { generated: u32::MAX, consumed: 0 }];
        let key = Pubkey::new_from_array([7; 32]);
        let accounts = RecordingAccounts { program: &key, oracle: &key, department: &key };
        let built = record_readings(accounts, [key, key].iter(), 900, &readings);
        let data = RegistryInstruction::RecordReadings { timestamp: 900, readings };
        assert_eq!(built.data, borsh::to_vec(&data).unwrap());
        assert_eq!(built.data[0], RECORD_READINGS);
    }
}
