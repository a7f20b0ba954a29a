//! The trading program: a department's market.
//!
//! Instructions, accounts, addresses, errors and events are in `campus_energy_sdk::trading`.

#![deny(clippy::arithmetic_side_effects, unsafe_code)]

mod entrypoint;
pub mod processor;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
