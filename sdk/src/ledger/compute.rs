//! The compute units that instructions may consume: the ceilings that stand beside each program's instructions, and the limits of
//! transactions that follow from them.

use {
    super::transaction::MAX_COMPUTE_UNITS,
    crate::{
        ASSOCIATED_TOKEN, SPL_TOKEN,
        deployment::Programs,
        oracle::{
            instruction::{self as oracle, SINGLE_CALLS_FACTOR, SUBMIT_READINGS_HEAD, submit_readings_ceiling},
            readings::MAX_READINGS,
        },
        registry::instruction as registry,
        token::{instruction as token, state::MintMode},
        trading::instruction as trading,
    },
    solana_address_lookup_table_interface::program as address_lookup_table,
    solana_program::instruction::Instruction,
};

/// The ceilings of every program, by variant in the order of their numbers on the wire.
pub const CEILINGS: [(&str, &[(&str, u32)]); 4] = [
    ("registry", &registry::CEILINGS),
    ("token", &token::CEILINGS),
    ("oracle", &oracle::CEILINGS),
    ("trading", &trading::CEILINGS),
];

/// The factor for an instruction that creates accounts: the program searches for their addresses, which takes more or fewer tries.
const SEARCHING: u32 = 2;
/// The variants that create accounts.
const CREATE: [&str; 4] = ["Initialize", "RegisterParticipant", "RegisterMeter", "Retire"];
/// The most compute units of creating an associated token account, as measured, where its address is found early.
const ASSOCIATED: u32 = 40_000;
/// The most compute units of an instruction of SPL Token.
const TOKEN: u32 = 5_000;
/// The most compute units of an instruction of the lookup tables' program, which is bytecode on a cluster.
const LOOKUP_TABLE: u32 = 40_000;
/// The most compute units of an instruction of a built-in program.
const BUILT_IN: u32 = 3_000;
/// The compute units of an instruction of the compute budget program; a transaction has two: they state limit and price.
const BUDGET: u32 = 150;
/// The limit of an instruction whose variant is unknown, as of a later version: the runtime's default.
const UNKNOWN: u32 = 200_000;

/// Returns the ceiling of an instruction by the names of its program and variant.
#[must_use]
pub fn ceiling(program: &str, variant: &str) -> Option<u32> {
    let (_, variants) = CEILINGS.iter().find(|(name, _)| *name == program)?;
    variants.iter().find(|(name, _)| *name == variant).map(|(_, units)| *units)
}

/// Returns the compute unit limit of a transaction of these instructions, and of the two that state limit and price.
#[must_use]
pub fn limit(instructions: &[Instruction], programs: &Programs, mint_mode: MintMode) -> u32 {
    let own: u32 = instructions.iter().map(|instruction| units(instruction, programs, mint_mode)).sum();
    (own + 2 * BUDGET).min(MAX_COMPUTE_UNITS)
}

fn units(instruction: &Instruction, programs: &Programs, mint_mode: MintMode) -> u32 {
    let Programs { registry, token, oracle, trading } = programs;
    let program = instruction.program_id;
    let Some(number) = [registry, token, oracle, trading].iter().position(|id| **id == program) else {
        return match program {
            ASSOCIATED_TOKEN => ASSOCIATED,
            SPL_TOKEN => TOKEN,
            address_lookup_table::ID => LOOKUP_TABLE,
            _ => BUILT_IN,
        };
    };
    let (name, variants) = CEILINGS[number];
    let variant = instruction.data.first().and_then(|tag| variants.get(usize::from(*tag)));
    let Some((variant, units)) = variant else { return UNKNOWN };
    if (name, *variant) == ("oracle", "SubmitReadings") {
        let factor = if mint_mode == MintMode::Batch { 1 } else { SINGLE_CALLS_FACTOR };
        // Signed, and one reading more than it carries: room for what the measured submissions did not meet.
        return submit_readings_ceiling(readings(instruction).saturating_add(1), true).saturating_mul(factor);
    }
    if CREATE.contains(variant) { units * SEARCHING } else { *units }
}

/// Returns the number of readings that a SubmitReadings carries, at most those of a batch: the count is the last of its head, u32.
fn readings(submission: &Instruction) -> u32 {
    let count = submission.data.get(SUBMIT_READINGS_HEAD - 4..SUBMIT_READINGS_HEAD);
    let count = count.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    // No more are accepted, whatever the data say.
    count.min(u32::try_from(MAX_READINGS).unwrap_or(u32::MAX))
}
