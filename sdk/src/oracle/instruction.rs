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

/// What the oracle does.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum OracleInstruction {
    /// Creates a department's oracle and its ring of intervals. Registry, token and market must be there.
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
        /// Who submits readings.
        authority: Pubkey,
        /// What readings are plausible.
        limits: Limits,
        /// Whether every reading must be signed by its meter.
        require_signatures: bool,
    },
    /// Takes one interval's readings, all or none: checks them, records them in the registry, mints the surplus, tells
    /// the market. A (meter, timestamp) pair is accepted once, ever.
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
        /// End of the interval.
        timestamp: i64,
        /// The readings.
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
    /// Proposes another submitter, or withdraws the proposal (the zero address).
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` Oracle
    ProposeAuthority {
        /// Who shall submit readings.
        authority: Pubkey,
    },
    /// Accepts the proposal.
    ///
    /// 0. `[signer]` The proposed submitter
    /// 1. `[writable]` Oracle
    AcceptAuthority,
}

/// The first byte of SubmitReadings.
pub const SUBMIT_READINGS: u8 = 1;
/// The accounts of SubmitReadings before its meters.
pub const SUBMIT_READINGS_FIXED_ACCOUNTS: usize = 11;
/// Bytes of SubmitReadings before its records: kind, timestamp, encoding, count.
pub const SUBMIT_READINGS_HEAD: usize = 1 + 8 + 1 + 4;

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

/// A meter's accounts in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterAccounts {
    /// The registry's Meter.
    pub meter: Pubkey,
    /// The token account that its surplus goes to.
    pub token_account: Pubkey,
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

/// Builds [`OracleInstruction::SubmitReadings`] for readings that the authority vouches for. `meters` in the order of
/// `readings`.
#[must_use]
pub fn submit_readings(
    addresses: &Addresses,
    authority: &Pubkey,
    meters: &[MeterAccounts],
    timestamp: i64,
    readings: Vec<PlainReading>,
) -> Instruction {
    submit(addresses, authority, meters, timestamp, Readings::Plain(readings))
}

/// Builds [`OracleInstruction::SubmitReadings`] for readings that their meters signed, and the ed25519 verification
/// that goes right before it. `position` is that of SubmitReadings among the transaction's instructions, so at least 1.
#[must_use]
pub fn submit_signed_readings(
    addresses: &Addresses,
    authority: &Pubkey,
    meters: &[MeterAccounts],
    timestamp: i64,
    readings: Vec<SignedReading>,
    position: u16,
) -> [Instruction; 2] {
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
