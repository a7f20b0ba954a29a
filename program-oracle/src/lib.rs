//! The oracle program: takes readings, checks them, and passes them on to registry, token and trading.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::oracle`.

#![deny(clippy::arithmetic_side_effects, unsafe_code)]

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
