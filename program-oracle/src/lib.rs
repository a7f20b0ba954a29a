//! The oracle program: takes readings, checks them, and passes them on to registry, token and trading.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::oracle`.

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
