//! The registry program: departments, participants, meters and their registers.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::registry`.

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
