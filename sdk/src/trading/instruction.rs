//! Instructions of the trading program and their builders.

use {
    crate::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        matching::Direction,
        trading::{
            state::{Asset, BookCapacity, Terms},
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

/// An instruction of the trading program, as its data carry it.
///
/// The auction of an interval trades the energy of that interval. It accepts orders in the 900 s after the end of the interval; then
/// anybody may send Clear, and no order is placed or cancelled until it is done.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum TradingInstruction {
    /// Creates the market of a department: its data, the header of its book, its vaults. Only the upgrade authority of the program may
    /// do it, once for each department. [`Self::Grow`] then gives the book its size.
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
        /// The prices at which the grid sells and buys.
        tariffs: Tariffs,
        /// The number of orders and seats of the book.
        capacity: BookCapacity,
        /// The conditions of trading.
        terms: Terms,
    },
    /// Adds the surplus and deficit of a batch of readings to the data of their interval and updates its reference price.
    ///
    /// 0. `[signer]` The department's oracle
    /// 1. `[writable]` Market
    UpdateMarketData {
        /// The end of the interval, Unix seconds.
        timestamp: i64,
        /// The sum of the surpluses, Wh, of the meters that generated more than they consumed.
        supply: Energy,
        /// The sum of the deficits, Wh, of the other meters.
        demand: Energy,
    },
    /// Extends the account of the book towards its full size, by at most the 10 KiB that the runtime allows an instruction. The book takes
    /// no orders before it has its full size.
    ///
    /// 0. `[writable, signer]` Anybody; pays the rent
    /// 1. `[writable]` Book
    /// 2. `[]` System program
    Grow,
    /// Assigns to a participant the seat with the participant's number.
    ///
    /// 0. `[signer]` The participant's wallet
    /// 1. `[]` Participant
    /// 2. `[writable]` Book
    ClaimSeat,
    /// Moves tokens from a token account of the seat's wallet to the vault, and credits the seat.
    ///
    /// 0. `[signer]` The seat's wallet, owner of the token account
    /// 1. `[writable]` Book
    /// 2. `[writable]` Token account
    /// 3. `[writable]` The mint's vault
    /// 4. `[]` SPL Token program
    Deposit {
        /// The number of the seat.
        seat: u16,
        /// The amount in base units of the token; above 0.
        amount: u64,
    },
    /// Places a limit order and locks the part of the seat's free balance that backs it. The last quarter of a side is reserved for
    /// seats that have no order on that side.
    ///
    /// 0. `[signer]` The seat's wallet
    /// 1. `[writable]` Book
    PlaceOrder {
        /// Whether it buys or sells.
        direction: Direction,
        /// The number of the seat.
        seat: u16,
        /// The limit, base units of money per kWh.
        price: Price,
        /// The energy, Wh.
        energy: Energy,
        /// The end of the last interval in whose auction it takes part, Unix seconds.
        expires: i64,
    },
    /// Cancels an order and frees what backs it. Where its side of the book is full, the order stays for the open auction, which becomes its
    /// last.
    ///
    /// 0. `[signer]` The seat's wallet
    /// 1. `[writable]` Book
    CancelOrder {
        /// Whether it buys or sells.
        direction: Direction,
        /// The number of the seat.
        seat: u16,
        /// The limit of the order, base units of money per kWh.
        price: Price,
        /// The number of the order in the market.
        order: u32,
    },
    /// Clears the oldest auction that has closed and has orders, or continues its clearing. Anybody may send it.
    ///
    /// 0. `[writable]` Market
    /// 1. `[writable]` Book
    Clear {
        /// The number of orders to settle at most. No more than [`MAX_SETTLED`] are settled, so that all outcomes fit the log.
        orders: u16,
    },
    /// Debits a seat and moves the tokens from the vault to a token account.
    ///
    /// 0. `[signer]` The seat's wallet
    /// 1. `[]` Market
    /// 2. `[writable]` Book
    /// 3. `[writable]` Token account, of anybody
    /// 4. `[writable]` The mint's vault
    /// 5. `[]` SPL Token program
    Withdraw {
        /// The number of the seat.
        seat: u16,
        /// The amount in base units of the token; above 0.
        amount: u64,
    },
    /// Pauses orders, deposits and the beginning of clearings, or resumes them. A clearing that has begun continues.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` Book
    SetPaused {
        /// Whether they are refused from now on.
        paused: bool,
    },
}

/// The most compute units that each instruction may consume, by variant in the order of the enum; 0 for one that no transaction
/// calls by itself. PlaceOrder and CancelOrder are those of a full book of 1,024 orders a side; Clear is that of one which settles
/// [`MAX_SETTLED`] orders of such a book. The only place for these numbers: see [`crate::registry::instruction::CEILINGS`].
pub const CEILINGS: [(&str, u32); 10] = [
    ("Initialize", 32_000),
    ("UpdateMarketData", 0),
    ("Grow", 3_000),
    ("ClaimSeat", 1_500),
    ("Deposit", 3_500),
    ("PlaceOrder", 7_000),
    ("CancelOrder", 2_000),
    ("Clear", 300_000),
    ("Withdraw", 3_500),
    ("SetPaused", 1_800),
];
/// The most compute units of a PlaceOrder in a half-full book of 1,024 orders a side.
pub const USUAL_PLACE_ORDER_CEILING: u32 = 3_500;
/// The most compute units of a Clear that has nothing to do.
pub const IDLE_CLEAR_CEILING: u32 = 2_000;
/// The most compute units of a Clear that finds the price of a full book of 1,024 orders a side and settles one order.
pub const FIRST_CLEAR_CEILING: u32 = 150_000;
/// The most compute units of a Clear for each order that it fills, finding the price included.
pub const FILL_CEILING: u32 = 1_000;
/// The most compute units of a Clear that settles [`MAX_SETTLED`] orders of the largest book.
pub const LARGEST_CLEAR_CEILING: u32 = 700_000;

/// The number of orders that one Clear settles at most: their outcomes fit the 10,000 bytes of log that a transaction keeps.
pub const MAX_SETTLED: u16 = 540;

/// A market to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketSettings {
    /// The mint of the money, 6 decimals.
    pub quote_mint: Pubkey,
    /// The prices at which the grid sells and buys.
    pub tariffs: Tariffs,
    /// The number of orders and seats of the book.
    pub capacity: BookCapacity,
    /// The conditions of trading.
    pub terms: Terms,
}

/// Builds [`TradingInstruction::Initialize`].
#[must_use]
pub fn initialize(addresses: &Addresses, payer: &Pubkey, market: &MarketSettings) -> Instruction {
    let &MarketSettings { quote_mint, tariffs, capacity, terms } = market;
    let program = &addresses.programs.trading;
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(program_data(program), false),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new_readonly(addresses.energy_mint, false),
        AccountMeta::new_readonly(quote_mint, false),
        AccountMeta::new(addresses.market, false),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new(addresses.energy_vault, false),
        AccountMeta::new(addresses.quote_vault, false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(program, &TradingInstruction::Initialize { tariffs, capacity, terms }, accounts)
}

/// The supply and demand of a batch of readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketUpdate {
    /// The end of the interval, Unix seconds.
    pub timestamp: i64,
    /// The sum of the surpluses, Wh.
    pub supply: Energy,
    /// The sum of the deficits, Wh.
    pub demand: Energy,
}

/// Builds [`TradingInstruction::UpdateMarketData`], for the oracle program.
#[must_use]
pub fn update_market_data(program: &Pubkey, oracle: &Pubkey, market: &Pubkey, update: MarketUpdate) -> Instruction {
    let (accounts, data) = update_market_data_parts(oracle, market, update);
    Instruction { program_id: *program, accounts: accounts.to_vec(), data: data.to_vec() }
}

/// Returns the accounts and data of [`update_market_data`], which need no heap. Written by hand, as this is the hot path; a test holds the
/// layout to Borsh's.
#[inline(always)]
#[must_use]
pub fn update_market_data_parts(
    oracle: &Pubkey,
    market: &Pubkey,
    MarketUpdate { timestamp, supply, demand }: MarketUpdate,
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

/// Tokens that move between a token account and a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatTransfer {
    /// The number of the seat.
    pub seat: u16,
    /// The asset, which decides the vault.
    pub asset: Asset,
    /// The token account of the asset's mint.
    pub token_account: Pubkey,
    /// The amount in base units of the token.
    pub amount: u64,
}

/// Builds [`TradingInstruction::Deposit`], from a token account of the wallet.
#[must_use]
pub fn deposit(addresses: &Addresses, wallet: &Pubkey, transfer: &SeatTransfer) -> Instruction {
    let &SeatTransfer { seat, asset, token_account, amount } = transfer;
    let accounts = vec![
        AccountMeta::new_readonly(*wallet, true),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new(token_account, false),
        AccountMeta::new(*addresses.vault(asset), false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
    ];
    instruction(&addresses.programs.trading, &TradingInstruction::Deposit { seat, amount }, accounts)
}

fn on_book(addresses: &Addresses, wallet: &Pubkey, data: &TradingInstruction) -> Instruction {
    let accounts = vec![AccountMeta::new_readonly(*wallet, true), AccountMeta::new(addresses.book, false)];
    instruction(&addresses.programs.trading, data, accounts)
}

/// An order to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The number of the seat that places it.
    pub seat: u16,
    /// Whether it buys or sells.
    pub direction: Direction,
    /// The limit, base units of money per kWh.
    pub price: Price,
    /// The energy, Wh.
    pub energy: Energy,
    /// The end of the last interval in whose auction it takes part, Unix seconds.
    pub expires: i64,
}

/// Builds [`TradingInstruction::PlaceOrder`].
#[must_use]
pub fn place_order(addresses: &Addresses, wallet: &Pubkey, order: &NewOrder) -> Instruction {
    let &NewOrder { seat, direction, price, energy, expires } = order;
    on_book(addresses, wallet, &TradingInstruction::PlaceOrder { direction, seat, price, energy, expires })
}

/// An order in the book, as CancelOrder names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderName {
    /// The number of the seat that placed it.
    pub seat: u16,
    /// Whether it buys or sells.
    pub direction: Direction,
    /// The limit, base units of money per kWh.
    pub price: Price,
    /// The number of the order in the market.
    pub order: u32,
}

/// Builds [`TradingInstruction::CancelOrder`].
#[must_use]
pub fn cancel_order(addresses: &Addresses, wallet: &Pubkey, order: &OrderName) -> Instruction {
    let &OrderName { seat, direction, price, order } = order;
    on_book(addresses, wallet, &TradingInstruction::CancelOrder { direction, seat, price, order })
}

/// Builds [`TradingInstruction::Clear`] for at most so many orders.
#[must_use]
pub fn clear(addresses: &Addresses, orders: u16) -> Instruction {
    let accounts = vec![AccountMeta::new(addresses.market, false), AccountMeta::new(addresses.book, false)];
    instruction(&addresses.programs.trading, &TradingInstruction::Clear { orders }, accounts)
}

/// Builds [`TradingInstruction::Withdraw`], to any token account of the asset's mint.
#[must_use]
pub fn withdraw(addresses: &Addresses, wallet: &Pubkey, transfer: &SeatTransfer) -> Instruction {
    let &SeatTransfer { seat, asset, token_account, amount } = transfer;
    let accounts = vec![
        AccountMeta::new_readonly(*wallet, true),
        AccountMeta::new_readonly(addresses.market, false),
        AccountMeta::new(addresses.book, false),
        AccountMeta::new(token_account, false),
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
        let update = MarketUpdate { timestamp: 900, supply: Energy(1), demand: Energy(u64::MAX) };
        let built = update_market_data(&key, &key, &key, update);
        let data = TradingInstruction::UpdateMarketData { timestamp: 900, supply: Energy(1), demand: Energy(u64::MAX) };
        assert_eq!(built.data, borsh::to_vec(&data).unwrap());
        assert_eq!(built.data[0], UPDATE_MARKET_DATA);
    }
}
