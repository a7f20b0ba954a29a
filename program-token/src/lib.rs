//! The token program: mints energy tokens for surplus and retires them against consumption.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::token`.

#![deny(clippy::arithmetic_side_effects, unsafe_code)]

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
