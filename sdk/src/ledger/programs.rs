//! The programs as they were built for the chain, by `scripts/build-programs.sh`.

use {crate::deployment::Programs, solana_program::pubkey::Pubkey};

/// The ELF file of the registry program.
pub const REGISTRY: &[u8] = include_bytes!("../../programs/program_registry.so");
/// The ELF file of the token program.
pub const TOKEN: &[u8] = include_bytes!("../../programs/program_token.so");
/// The ELF file of the oracle program.
pub const ORACLE: &[u8] = include_bytes!("../../programs/program_oracle.so");
/// The ELF file of the trading program.
pub const TRADING: &[u8] = include_bytes!("../../programs/program_trading.so");

/// The ids under which the embedded ledger carries the programs. Nobody holds keys for them, and nobody needs to.
pub const EMBEDDED: Programs = Programs {
    registry: Pubkey::from_str_const("CampusEnergyRegistry11111111111111111111111"),
    token: Pubkey::from_str_const("CampusEnergyToken11111111111111111111111111"),
    oracle: Pubkey::from_str_const("CampusEnergy9rac1e1111111111111111111111111"),
    trading: Pubkey::from_str_const("CampusEnergyTrading111111111111111111111111"),
};
