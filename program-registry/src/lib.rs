//! The registry program: departments, participants, meters and their registers.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::registry`.

#![deny(clippy::arithmetic_side_effects, unsafe_code)]

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
