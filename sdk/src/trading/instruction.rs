//! Instructions of the trading program and their builders.

use {
    crate::{
        SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        trading::state::Tariffs,
        units::Energy,
        wire::instruction,
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// What the trading program does.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum TradingInstruction {
    /// Creates a department's market.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[]` Department
    /// 3. `[writable]` Market, `["market", department]`
    /// 4. `[]` System program
    Initialize {
        /// What the grid asks and pays.
        tariffs: Tariffs,
    },
    /// Adds a batch's surplus and deficit to the market's data and prices the interval.
    ///
    /// 0. `[signer]` The department's oracle
    /// 1. `[writable]` Market
    UpdateMarketData {
        /// End of the interval.
        timestamp: i64,
        /// Surplus of the meters that had one.
        supply: Energy,
        /// Deficit of the others.
        demand: Energy,
    },
}

/// Builds [`TradingInstruction::Initialize`].
#[must_use]
pub fn initialize(addresses: &Addresses, payer: &Pubkey, tariffs: Tariffs) -> Instruction {
    let program = &addresses.programs.trading;
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(program_data(program), false),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new(addresses.market, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(program, &TradingInstruction::Initialize { tariffs }, accounts)
}

/// Builds [`TradingInstruction::UpdateMarketData`], for the oracle program.
#[must_use]
pub fn update_market_data(
    program: &Pubkey,
    oracle: &Pubkey,
    market: &Pubkey,
    timestamp: i64,
    supply: Energy,
    demand: Energy,
) -> Instruction {
    let accounts = vec![AccountMeta::new_readonly(*oracle, true), AccountMeta::new(*market, false)];
    // By hand: this is the hot path. The layout is Borsh's, as a test shows.
    let mut data = Vec::with_capacity(25);
    data.push(UPDATE_MARKET_DATA);
    data.extend_from_slice(&timestamp.to_le_bytes());
    data.extend_from_slice(&supply.0.to_le_bytes());
    data.extend_from_slice(&demand.0.to_le_bytes());
    Instruction { program_id: *program, accounts, data }
}

/// The first byte of UpdateMarketData.
pub const UPDATE_MARKET_DATA: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn update_market_data_by_hand_is_borsh() {
        let key = Pubkey::new_from_array([7; 32]);
        let built = update_market_data(&key, &key, &key, 900, Energy(1), Energy(u64::MAX));
        let data = TradingInstruction::UpdateMarketData { timestamp: 900, supply: Energy(1), demand: Energy(u64::MAX) };
        assert_eq!(built.data, borsh::to_vec(&data).unwrap());
        assert_eq!(built.data[0], UPDATE_MARKET_DATA);
    }
}
