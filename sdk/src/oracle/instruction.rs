//! Instructions of the oracle and their builders.

use {
    super::readings::{PlainReading, Readings, SignedReading, verification},
    crate::{
        INSTRUCTIONS_SYSVAR, SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        oracle::state::Limits,
        wire::instruction,
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// An instruction of the oracle, as its data carry it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum OracleInstruction {
    /// Creates the oracle of a department and its ring of intervals. Only the upgrade authority of the program may do it, once for each
    /// department, whose token and market must exist.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[]` Department
    /// 3. `[]` TokenConfig
    /// 4. `[]` Market
    /// 5. `[writable]` Oracle, `["oracle", department]`
    /// 6. `[writable]` IntervalRing, `["intervals", oracle]`
    /// 7. `[]` System program
    Initialize {
        /// The address that submits readings; not the zero address.
        authority: Pubkey,
        /// The limits within which readings are plausible.
        limits: Limits,
        /// Whether every reading must be signed by its meter.
        require_signatures: bool,
    },
    /// Accepts the readings of one interval, all or none: checks them, records them in the registry, mints the surplus and updates the
    /// market's data. A reading of a meter and interval is accepted once.
    ///
    /// 0. `[signer]` The oracle's authority
    /// 1. `[writable]` Oracle
    /// 2. `[writable]` IntervalRing
    /// 3. `[]` Department
    /// 4. `[]` Registry program
    /// 5. `[]` Token program
    /// 6. `[writable]` TokenConfig
    /// 7. `[writable]` Energy mint
    /// 8. `[]` SPL Token program
    /// 9. `[]` Trading program
    /// 10. `[writable]` Market
    /// 11. `[writable]` Meter, one for every reading, in their order
    /// 12. `[writable]` Token account of the meter's owner, one for every reading with a surplus, in their order
    /// 13. `[]` Instructions sysvar, only where the meters sign
    SubmitReadings {
        /// The end of the interval, Unix seconds.
        timestamp: i64,
        /// The readings, in the order of their meters' accounts.
        readings: Readings,
    },
    /// Sets the limits and whether readings must be signed.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` Oracle
    Configure {
        /// The limits from now on.
        limits: Limits,
        /// Whether every reading must be signed by its meter from now on.
        require_signatures: bool,
    },
    /// Proposes another submitter, or withdraws the proposal where the proposed address is zero.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` Oracle
    ProposeAuthority {
        /// The proposed submitter.
        authority: Pubkey,
    },
    /// Makes the proposed submitter the submitter.
    ///
    /// 0. `[signer]` The proposed submitter
    /// 1. `[writable]` Oracle
    AcceptAuthority,
}

/// The first byte of SubmitReadings.
pub const SUBMIT_READINGS: u8 = 1;
/// The number of accounts of SubmitReadings before its meters.
pub const SUBMIT_READINGS_FIXED_ACCOUNTS: usize = 11;
/// The length of SubmitReadings before its records, bytes: kind, timestamp, encoding, count.
pub const SUBMIT_READINGS_HEAD: usize = 1 + 8 + 1 + 4;

/// The most compute units that each instruction may consume, the programs that it calls included, by variant in the order of the enum.
/// SubmitReadings is that of one reading with a surplus: see [`submit_readings_ceiling`]. The only place for these numbers: see
/// [`crate::registry::instruction::CEILINGS`].
pub const CEILINGS: [(&str, u32); 5] = [
    ("Initialize", 16_000),
    ("SubmitReadings", SINGLE_READING_CEILING),
    ("Configure", 2_500),
    ("ProposeAuthority", 2_000),
    ("AcceptAuthority", 2_000),
];
/// The most compute units of a SubmitReadings of one reading.
const SINGLE_READING_CEILING: u32 = 9_000;
/// The most compute units that each further reading may add.
const FURTHER_READING_CEILING: u32 = 1_500;
/// The most compute units that the signature of a reading may add. The verification by the precompile consumes none.
pub const SIGNATURE_CEILING: u32 = 200;
/// SPL Token 3.5, and p-token that is called once for each account, make a SubmitReadings consume at most so many times more.
pub const SINGLE_CALLS_FACTOR: u32 = 4;

/// The most compute units that a SubmitReadings of so many readings, at least one, may consume where the token program mints for all
/// accounts at once ([`crate::token::state::MintMode::Batch`]); [`SINGLE_CALLS_FACTOR`] times that where it does not.
#[must_use]
pub const fn submit_readings_ceiling(readings: u32, signed: bool) -> u32 {
    let signatures = if signed { readings } else { 0 };
    SINGLE_READING_CEILING + FURTHER_READING_CEILING * readings.saturating_sub(1) + SIGNATURE_CEILING * signatures
}

/// Builds [`OracleInstruction::Initialize`].
#[must_use]
pub fn initialize(
    addresses: &Addresses,
    payer: &Pubkey,
    authority: &Pubkey,
    limits: Limits,
    require_signatures: bool,
) -> Instruction {
    let program = &addresses.programs.oracle;
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(program_data(program), false),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new_readonly(addresses.token_config, false),
        AccountMeta::new_readonly(addresses.market, false),
        AccountMeta::new(addresses.oracle, false),
        AccountMeta::new(addresses.interval_ring, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    let data = OracleInstruction::Initialize { authority: *authority, limits, require_signatures };
    instruction(program, &data, accounts)
}

/// The accounts of a meter in a SubmitReadings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterAccounts {
    /// The registry's Meter.
    pub meter: Pubkey,
    /// The token account that receives its surplus.
    pub token_account: Pubkey,
}

/// The readings of one interval, plain or signed.
#[derive(Clone, Debug)]
pub struct IntervalSubmission<'a, R> {
    /// The end of the interval, Unix seconds.
    pub timestamp: i64,
    /// The accounts of the meters.
    pub meters: &'a [MeterAccounts],
    /// A reading of each of these meters, in their order.
    pub readings: Vec<R>,
}

fn submit(
    addresses: &Addresses,
    authority: &Pubkey,
    meters: &[MeterAccounts],
    timestamp: i64,
    readings: Readings,
) -> Instruction {
    let programs = &addresses.programs;
    let mut accounts = vec![
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new(addresses.oracle, false),
        AccountMeta::new(addresses.interval_ring, false),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new_readonly(programs.registry, false),
        AccountMeta::new_readonly(programs.token, false),
        AccountMeta::new(addresses.token_config, false),
        AccountMeta::new(addresses.energy_mint, false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
        AccountMeta::new_readonly(programs.trading, false),
        AccountMeta::new(addresses.market, false),
    ];
    accounts.extend(meters.iter().map(|meter| AccountMeta::new(meter.meter, false)));
    let with_surplus = meters.iter().zip(readings.energies()).filter(|(_, (generated, consumed))| generated > consumed);
    accounts.extend(with_surplus.map(|(meter, _)| AccountMeta::new(meter.token_account, false)));
    if matches!(readings, Readings::Signed(_)) {
        accounts.push(AccountMeta::new_readonly(INSTRUCTIONS_SYSVAR, false));
    }
    instruction(&programs.oracle, &OracleInstruction::SubmitReadings { timestamp, readings }, accounts)
}

/// Builds [`OracleInstruction::SubmitReadings`] for readings that the authority vouches for.
#[must_use]
pub fn submit_readings(
    addresses: &Addresses,
    authority: &Pubkey,
    submission: IntervalSubmission<'_, PlainReading>,
) -> Instruction {
    let IntervalSubmission { timestamp, meters, readings } = submission;
    submit(addresses, authority, meters, timestamp, Readings::Plain(readings))
}

/// Builds [`OracleInstruction::SubmitReadings`] for readings that their meters signed, and the ed25519 verification that goes right
/// before it. `position` is that of SubmitReadings among the instructions of the transaction, so at least 1.
#[must_use]
pub fn submit_signed_readings(
    addresses: &Addresses,
    authority: &Pubkey,
    submission: IntervalSubmission<'_, SignedReading>,
    position: u16,
) -> [Instruction; 2] {
    let IntervalSubmission { timestamp, meters, readings } = submission;
    let verification = verification(readings.len(), position);
    [verification, submit(addresses, authority, meters, timestamp, Readings::Signed(readings))]
}

fn on_oracle(addresses: &Addresses, authority: &Pubkey, data: &OracleInstruction) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new(addresses.oracle, false),
    ];
    instruction(&addresses.programs.oracle, data, accounts)
}

/// Builds [`OracleInstruction::Configure`].
#[must_use]
pub fn configure(addresses: &Addresses, authority: &Pubkey, limits: Limits, require_signatures: bool) -> Instruction {
    on_oracle(addresses, authority, &OracleInstruction::Configure { limits, require_signatures })
}

/// Builds [`OracleInstruction::ProposeAuthority`].
#[must_use]
pub fn propose_authority(addresses: &Addresses, authority: &Pubkey, proposed: &Pubkey) -> Instruction {
    on_oracle(addresses, authority, &OracleInstruction::ProposeAuthority { authority: *proposed })
}

/// Builds [`OracleInstruction::AcceptAuthority`].
#[must_use]
pub fn accept_authority(addresses: &Addresses, proposed: &Pubkey) -> Instruction {
    let accounts = vec![AccountMeta::new_readonly(*proposed, true), AccountMeta::new(addresses.oracle, false)];
    instruction(&addresses.programs.oracle, &OracleInstruction::AcceptAuthority, accounts)
}
