//! The token program: mints energy tokens for surplus and retires them against consumption.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::token`.

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
