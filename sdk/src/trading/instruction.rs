//! Instructions of the trading program and their builders.

use {
    crate::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        matching::Direction,
        trading::{
            state::{Asset, Capacity, Terms},
            tariffs::Tariffs,
        },
        units::{Energy, Price},
        wire::instruction,
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// What the trading program does.
///
/// The auction of an interval sells that interval's energy. It is open for orders in the 900 s after the interval's end;
/// then anybody may send Clear, and until it is done no order is placed or cancelled.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum TradingInstruction {
    /// Creates a department's market: its data, its book's header, its vaults. The book needs [`Self::Grow`] then.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[]` Department
    /// 3. `[]` Energy mint
    /// 4. `[]` Mint of the money, 6 decimals
    /// 5. `[writable]` Market, `["market", department]`
    /// 6. `[writable]` Book, `["book", market]`
    /// 7. `[writable]` Energy vault, `["vault", market, 0]`
    /// 8. `[writable]` Quote vault, `["vault", market, 1]`
    /// 9. `[]` SPL Token program
    /// 10. `[]` System program
    Initialize {
        /// What the grid asks and pays.
        tariffs: Tariffs,
        /// How many orders and seats it has.
        capacity: Capacity,
        /// What it asks of traders.
        terms: Terms,
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
    /// Brings the book nearer to its full size, by the 10 KiB that the runtime allows an instruction.
    ///
    /// 0. `[writable, signer]` Anybody; pays the rent
    /// 1. `[writable]` Book
    /// 2. `[]` System program
    Grow,
    /// Gives a participant their seat, which has the participant's number.
    ///
    /// 0. `[signer]` The participant's wallet
    /// 1. `[]` Participant
    /// 2. `[writable]` Book
    ClaimSeat,
    /// Moves tokens from a token account to a seat.
    ///
    /// 0. `[signer]` The seat's wallet, owner of the token account
    /// 1. `[writable]` Book
    /// 2. `[writable]` Token account
    /// 3. `[writable]` The mint's vault
    /// 4. `[]` SPL Token program
    Deposit {
        /// The seat.
        seat: u16,
        /// Base units.
        amount: u64,
    },
    /// Places a limit order, backed by the seat's free balance. The last quarter of a side is kept for seats that have no order
    /// there.
    ///
    /// 0. `[signer]` The seat's wallet
    /// 1. `[writable]` Book
    PlaceOrder {
        /// Buy or sell.
        direction: Direction,
        /// The seat.
        seat: u16,
        /// Limit.
        price: Price,
        /// How much.
        energy: Energy,
        /// End of the last interval in whose auction it takes part.
        expires: i64,
    },
    /// Takes an order back. Where its side of the book is full, the order stays for the open auction, which becomes its last.
    ///
    /// 0. `[signer]` The seat's wallet
    /// 1. `[writable]` Book
    CancelOrder {
        /// Buy or sell.
        direction: Direction,
        /// The seat.
        seat: u16,
        /// Its limit.
        price: Price,
        /// Its number.
        order: u32,
    },
    /// Clears the oldest auction that has closed and got orders, or goes on with it. Anybody may send it.
    ///
    /// 0. `[writable]` Market
    /// 1. `[writable]` Book
    Clear {
        /// How many orders to settle, at most; more than [`MAX_SETTLED`] are not, so that all outcomes fit the log.
        orders: u16,
    },
    /// Moves tokens from a seat to a token account.
    ///
    /// 0. `[signer]` The seat's wallet
    /// 1. `[]` Market
    /// 2. `[writable]` Book
    /// 3. `[writable]` Token account, of anybody
    /// 4. `[writable]` The mint's vault
    /// 5. `[]` SPL Token program
    Withdraw {
        /// The seat.
        seat: u16,
        /// Base units.
        amount: u64,
    },
    /// Refuses orders, deposits and clearings, or allows them again. A clearing that has begun cannot be stopped.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` Book
    SetPaused {
        /// Whether they are refused.
        paused: bool,
    },
}

/// Orders that one Clear settles, at most: their outcomes fit the 10,000 bytes of log that a transaction keeps.
pub const MAX_SETTLED: u16 = 540;

/// Builds [`TradingInstruction::Initialize`].
#[must_use]
pub fn initialize(
    addresses: &Addresses,
    payer: &Pubkey,
    quote_mint: &Pubkey,
    tariffs: Tariffs,
    capacity: Capacity,
    terms: Terms,
) -> Instruction {
    let program = &addresses.programs.trading;
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(program_data(program), false),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new_readonly(addresses.energy_mint, false),
        AccountMeta::new_readonly(*quote_mint, false),
        AccountMeta::new(addresses.market, false),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new(addresses.energy_vault, false),
        AccountMeta::new(addresses.quote_vault, false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(program, &TradingInstruction::Initialize { tariffs, capacity, terms }, accounts)
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
    let (accounts, data) = update_market_data_parts(oracle, market, timestamp, supply, demand);
    Instruction { program_id: *program, accounts: accounts.to_vec(), data: data.to_vec() }
}

/// The accounts and data of [`update_market_data`], which need no heap. By hand: this is the hot path. The layout is
/// Borsh's, as a test shows.
#[inline(always)]
#[must_use]
pub fn update_market_data_parts(
    oracle: &Pubkey,
    market: &Pubkey,
    timestamp: i64,
    supply: Energy,
    demand: Energy,
) -> ([AccountMeta; 2], [u8; 25]) {
    let mut data = [0; 25];
    data[0] = UPDATE_MARKET_DATA;
    data[1..9].copy_from_slice(&timestamp.to_le_bytes());
    data[9..17].copy_from_slice(&supply.0.to_le_bytes());
    data[17..].copy_from_slice(&demand.0.to_le_bytes());
    ([AccountMeta::new_readonly(*oracle, true), AccountMeta::new(*market, false)], data)
}

/// The first byte of UpdateMarketData.
pub const UPDATE_MARKET_DATA: u8 = 1;

/// Builds [`TradingInstruction::Grow`].
#[must_use]
pub fn grow(addresses: &Addresses, payer: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(&addresses.programs.trading, &TradingInstruction::Grow, accounts)
}

/// Builds [`TradingInstruction::ClaimSeat`].
#[must_use]
pub fn claim_seat(addresses: &Addresses, wallet: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*wallet, true),
        AccountMeta::new_readonly(addresses.participant(wallet), false),
        AccountMeta::new(addresses.book, false),
    ];
    instruction(&addresses.programs.trading, &TradingInstruction::ClaimSeat, accounts)
}

/// Builds [`TradingInstruction::Deposit`], from `token_account` of the wallet.
#[must_use]
pub fn deposit(
    addresses: &Addresses,
    wallet: &Pubkey,
    seat: u16,
    asset: Asset,
    token_account: &Pubkey,
    amount: u64,
) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*wallet, true),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new(*token_account, false),
        AccountMeta::new(*addresses.vault(asset), false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
    ];
    instruction(&addresses.programs.trading, &TradingInstruction::Deposit { seat, amount }, accounts)
}

fn on_book(addresses: &Addresses, wallet: &Pubkey, data: &TradingInstruction) -> Instruction {
    let accounts = vec![AccountMeta::new_readonly(*wallet, true), AccountMeta::new(addresses.book, false)];
    instruction(&addresses.programs.trading, data, accounts)
}

/// Builds [`TradingInstruction::PlaceOrder`].
#[must_use]
pub fn place_order(
    addresses: &Addresses,
    wallet: &Pubkey,
    seat: u16,
    direction: Direction,
    price: Price,
    energy: Energy,
    expires: i64,
) -> Instruction {
    on_book(addresses, wallet, &TradingInstruction::PlaceOrder { direction, seat, price, energy, expires })
}

/// Builds [`TradingInstruction::CancelOrder`].
#[must_use]
pub fn cancel_order(
    addresses: &Addresses,
    wallet: &Pubkey,
    seat: u16,
    direction: Direction,
    price: Price,
    order: u32,
) -> Instruction {
    on_book(addresses, wallet, &TradingInstruction::CancelOrder { direction, seat, price, order })
}

/// Builds [`TradingInstruction::Clear`].
#[must_use]
pub fn clear(addresses: &Addresses, orders: u16) -> Instruction {
    let accounts = vec![AccountMeta::new(addresses.market, false), AccountMeta::new(addresses.book, false)];
    instruction(&addresses.programs.trading, &TradingInstruction::Clear { orders }, accounts)
}

/// Builds [`TradingInstruction::Withdraw`], to any token account of the asset's mint.
#[must_use]
pub fn withdraw(
    addresses: &Addresses,
    wallet: &Pubkey,
    seat: u16,
    asset: Asset,
    token_account: &Pubkey,
    amount: u64,
) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*wallet, true),
        AccountMeta::new_readonly(addresses.market, false),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new(*token_account, false),
        AccountMeta::new(*addresses.vault(asset), false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
    ];
    instruction(&addresses.programs.trading, &TradingInstruction::Withdraw { seat, amount }, accounts)
}

/// Builds [`TradingInstruction::SetPaused`].
#[must_use]
pub fn set_paused(addresses: &Addresses, authority: &Pubkey, paused: bool) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new(addresses.book, false),
    ];
    instruction(&addresses.programs.trading, &TradingInstruction::SetPaused { paused }, accounts)
}

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
