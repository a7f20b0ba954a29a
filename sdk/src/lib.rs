//! The contract of the campus energy system: what the programs, the simulator and other campus tools agree on.
//!
//! - [`units`], [`time`], [`identity`], [`reading`]: the quantities, the interval, names, the bytes that a meter signs;
//! - [`registry`], [`token`], [`oracle`], [`trading`]: each program's instructions with builders, accounts, addresses,
//!   errors and events;
//! - [`deployment`]: the addresses of a department's accounts;
//! - `onchain` (feature `onchain`): the checks and calls that the programs share;
//! - `ledger` (feature `ledger`): the `Ledger` trait and the embedded ledger that executes the real programs.
//!
//! The default features bring no RPC, no async runtime and no `AccountInfo`.

#![deny(unsafe_code)]

use solana_program::pubkey::Pubkey;

pub mod account;
pub mod apportion;
pub mod deployment;
pub mod error;
pub mod event;
pub mod identity;
#[cfg(feature = "ledger")]
pub mod ledger;
#[cfg(feature = "onchain")]
pub mod onchain;
pub mod oracle;
pub mod reading;
pub mod registry;
pub mod time;
pub mod token;
pub mod trading;
pub mod units;
pub mod wire;

pub use campus_energy_matching as matching;

/// The id of the system program.
pub const SYSTEM_PROGRAM: Pubkey = solana_system_interface::program::ID;
/// The id of the SPL Token program.
pub const SPL_TOKEN: Pubkey = spl_token_interface::ID;
/// The id of the Associated Token Account program.
pub const ASSOCIATED_TOKEN: Pubkey = spl_associated_token_account_interface::program::ID;
/// The id of the upgradeable loader.
pub const LOADER: Pubkey = Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
/// The id of the ed25519 precompile.
pub const ED25519_PROGRAM: Pubkey = solana_program::ed25519_program::ID;
/// The address of the instructions sysvar.
pub const INSTRUCTIONS_SYSVAR: Pubkey = solana_program::sysvar::instructions::ID;
