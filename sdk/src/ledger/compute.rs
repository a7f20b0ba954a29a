//! What instructions may cost, in compute units: the ceilings that the test suite holds the measured programs to, and the
//! transaction limits that follow from them.

use {
    super::transaction::MAX_COMPUTE_UNITS,
    crate::{
        ASSOCIATED_TOKEN, SPL_TOKEN, deployment::Programs, oracle::instruction::SUBMIT_READINGS_HEAD,
        token::state::MintMode,
    },
    solana_address_lookup_table_interface::program as address_lookup_table,
    solana_program::instruction::Instruction,
};

/// Every instruction's ceiling, by program and variant, in the order of their numbers on the wire. SubmitReadings is that of one
/// meter, Clear that of a full book of 1,024 orders a side; what no transaction calls by itself has none.
pub const CEILINGS: [(&str, &[(&str, u32)]); 4] = [
    (
        "registry",
        &[
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
        ],
    ),
    (
        "token",
        &[
            ("Initialize", 15_000),
            ("MintForSurplus", 0),
            ("Retire", 7_500),
            ("SetPaused", 1_800),
            ("SetMintMode", 1_800),
        ],
    ),
    (
        "oracle",
        &[
            ("Initialize", 16_000),
            ("SubmitReadings", 9_000),
            ("Configure", 2_500),
            ("ProposeAuthority", 2_000),
            ("AcceptAuthority", 2_000),
        ],
    ),
    (
        "trading",
        &[
            ("Initialize", 32_000),
            ("UpdateMarketData", 0),
            ("Grow", 3_000),
            ("ClaimSeat", 1_500),
            ("Deposit", 3_500),
            ("PlaceOrder", 7_000),
            ("CancelOrder", 1_500),
            ("Clear", 300_000),
            ("Withdraw", 3_500),
            ("SetPaused", 1_800),
        ],
    ),
];

/// What each further reading of a SubmitReadings may add, and each signature.
pub const FURTHER_READING: u32 = 1_500;
/// What a signature of a reading may add.
pub const SIGNATURE: u32 = 150;
/// SPL Token 3.5, or p-token called once for each account, costs that much more.
const SINGLE_CALLS: u32 = 4;
/// An instruction that creates accounts searches for their addresses, which is a matter of luck.
const SEARCHING: u32 = 2;
/// Their variants.
const CREATE: [&str; 4] = ["Initialize", "RegisterParticipant", "RegisterMeter", "Retire"];
/// Creating an associated token account, as measured, with luck; an instruction of SPL Token; one of the lookup tables' program, which is
/// bytecode on a cluster; one of a built-in program.
const ASSOCIATED: u32 = 40_000;
const TOKEN: u32 = 5_000;
const LOOKUP_TABLE: u32 = 40_000;
const BUILT_IN: u32 = 3_000;

/// The ceiling of an instruction.
#[must_use]
pub fn ceiling(program: &str, variant: &str) -> Option<u32> {
    let (_, variants) = CEILINGS.iter().find(|(name, _)| *name == program)?;
    variants.iter().find(|(name, _)| *name == variant).map(|(_, units)| *units)
}

/// What a transaction of these instructions, and of the two that state limit and price, may consume at most.
#[must_use]
pub fn limit(instructions: &[Instruction], programs: &Programs, mint_mode: MintMode) -> u32 {
    let own: u32 = instructions.iter().map(|instruction| units(instruction, programs, mint_mode)).sum();
    (own + 2 * 150).min(MAX_COMPUTE_UNITS)
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
    // A variant of a later version: what one instruction has without a limit.
    let Some((variant, units)) = variant else { return 200_000 };
    if (name, *variant) == ("oracle", "SubmitReadings") {
        let modes = if mint_mode == MintMode::Batch { 1 } else { SINGLE_CALLS };
        return (units + (FURTHER_READING + SIGNATURE) * readings(instruction)) * modes;
    }
    if CREATE.contains(variant) { units * SEARCHING } else { *units }
}

/// How many readings a SubmitReadings carries: the count is the last of its head, u32.
fn readings(submission: &Instruction) -> u32 {
    let count = submission.data.get(SUBMIT_READINGS_HEAD - 4..SUBMIT_READINGS_HEAD);
    count.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}
