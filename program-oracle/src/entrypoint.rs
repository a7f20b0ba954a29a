//! The entrypoint, for the chain only: natively the programs link into one test binary.

#[cfg(target_os = "solana")]
solana_program::entrypoint_no_alloc!(process_instruction);

#[cfg(target_os = "solana")]
use crate::processor::process_instruction;
