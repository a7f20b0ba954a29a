//! The oracle program: checks readings and passes them on to the registry, token and trading programs.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::oracle`.

#![deny(clippy::arithmetic_side_effects, unsafe_code)]

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
