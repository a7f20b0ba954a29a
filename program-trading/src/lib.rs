//! The trading program: a department's market.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::trading`.

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
