//! The seat of a trader: its free and locked balances of both tokens.

use crate::{error::Refusal, order::Direction};

/// The length of a seat's slot, bytes.
pub const SEAT_SIZE: usize = 80;
/// A slot: wallet (32), free and locked energy, free and locked quote (u64 each), open bids and asks (u16 each), bounds
/// of their prices (u32 each), four bytes of zero; little endian.
pub type SeatSlot = [u8; SEAT_SIZE];
/// The address of a trader's wallet; all zeros where nobody has claimed the seat.
pub type Wallet = [u8; 32];

/// The balance of a seat in base units of one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The part that can be withdrawn or back new orders.
    pub free: u64,
    /// The part that backs open orders.
    pub locked: u64,
}

impl Balance {
    /// Returns the sum of both parts.
    ///
    /// # Panics
    /// Never: a vault holds both, and its balance has 64 bits.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.free + self.locked
    }

    pub(crate) fn lock(&mut self, amount: u64) -> Result<(), Refusal> {
        self.free = self.free.checked_sub(amount).ok_or(Refusal::InsufficientFunds)?;
        self.locked += amount;
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn unlock(&mut self, amount: u64) {
        self.locked -= amount;
        self.free += amount;
    }

    /// Adds a deposit to the free part.
    ///
    /// # Errors
    /// [`Refusal::Overflow`].
    pub fn deposit(&mut self, amount: u64) -> Result<(), Refusal> {
        let total = self.free.checked_add(self.locked).and_then(|total| total.checked_add(amount));
        total.ok_or(Refusal::Overflow)?;
        self.free += amount;
        Ok(())
    }

    /// Takes a withdrawal from the free part.
    ///
    /// # Errors
    /// [`Refusal::InsufficientFunds`].
    pub fn withdraw(&mut self, amount: u64) -> Result<(), Refusal> {
        self.free = self.free.checked_sub(amount).ok_or(Refusal::InsufficientFunds)?;
        Ok(())
    }
}

/// A seat of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The address of the wallet that has claimed it.
    pub wallet: Wallet,
    /// The balance of energy tokens.
    pub energy: Balance,
    /// The balance of money.
    pub quote: Balance,
    /// The number of its bids in the book.
    pub open_bids: u16,
    /// The number of its asks in the book.
    pub open_asks: u16,
    /// A bound: no open bid is higher. Meaningless where there is none.
    pub highest_bid: u32,
    /// A bound: no open ask is lower. Meaningless where there is none.
    pub lowest_ask: u32,
}

impl Seat {
    /// Returns the seat of a wallet that has not deposited yet.
    #[must_use]
    pub fn claimed_by(wallet: Wallet) -> Self {
        Self {
            wallet,
            energy: Balance::default(),
            quote: Balance::default(),
            open_bids: 0,
            open_asks: 0,
            highest_bid: 0,
            lowest_ask: 0,
        }
    }

    /// Returns whether nobody has claimed the seat in a slot.
    #[must_use]
    pub fn is_vacant(slot: &SeatSlot) -> bool {
        wallet(slot) == &[0; 32]
    }

    /// Returns the number of its orders in the book.
    #[inline(always)]
    #[must_use]
    pub fn open_orders(&self) -> u32 {
        u32::from(self.open_bids) + u32::from(self.open_asks)
    }

    /// Returns the number of its orders on one side of the book.
    #[inline(always)]
    #[must_use]
    pub fn open(&self, direction: Direction) -> u16 {
        match direction {
            Direction::Buy => self.open_bids,
            Direction::Sell => self.open_asks,
        }
    }

    /// Reads a slot.
    #[inline(always)]
    #[must_use]
    pub fn read(slot: &SeatSlot) -> Self {
        Self {
            wallet: *wallet(slot),
            energy: Balance { free: long(slot, 32), locked: long(slot, 40) },
            quote: Balance { free: long(slot, 48), locked: long(slot, 56) },
            open_bids: u16::from_le_bytes([slot[64], slot[65]]),
            open_asks: u16::from_le_bytes([slot[66], slot[67]]),
            highest_bid: u32::from_le_bytes([slot[68], slot[69], slot[70], slot[71]]),
            lowest_ask: u32::from_le_bytes([slot[72], slot[73], slot[74], slot[75]]),
        }
    }

    /// Writes all but the wallet, which a claim alone sets.
    #[inline(always)]
    pub fn write(&self, slot: &mut SeatSlot) {
        slot[32..40].copy_from_slice(&self.energy.free.to_le_bytes());
        slot[40..48].copy_from_slice(&self.energy.locked.to_le_bytes());
        slot[48..56].copy_from_slice(&self.quote.free.to_le_bytes());
        slot[56..64].copy_from_slice(&self.quote.locked.to_le_bytes());
        slot[64..66].copy_from_slice(&self.open_bids.to_le_bytes());
        slot[66..68].copy_from_slice(&self.open_asks.to_le_bytes());
        slot[68..72].copy_from_slice(&self.highest_bid.to_le_bytes());
        slot[72..76].copy_from_slice(&self.lowest_ask.to_le_bytes());
    }

    /// Counts a new order and extends the bound.
    pub(crate) fn opened(&mut self, direction: Direction, price: u32) {
        match direction {
            Direction::Buy => {
                self.highest_bid = if self.open_bids == 0 { price } else { self.highest_bid.max(price) };
                self.open_bids += 1;
            }
            Direction::Sell => {
                self.lowest_ask = if self.open_asks == 0 { price } else { self.lowest_ask.min(price) };
                self.open_asks += 1;
            }
        }
    }

    /// Removes an order from the count.
    #[inline(always)]
    pub(crate) fn closed(&mut self, direction: Direction) {
        match direction {
            Direction::Buy => self.open_bids -= 1,
            Direction::Sell => self.open_asks -= 1,
        }
    }

    /// Returns whether an order of this seat on the other side may cross a new one at this price: never false where one does.
    pub(crate) fn may_cross(&self, direction: Direction, price: u32) -> bool {
        match direction {
            Direction::Buy => self.open_asks > 0 && price >= self.lowest_ask,
            Direction::Sell => self.open_bids > 0 && price <= self.highest_bid,
        }
    }

    /// Tightens the bound after a look at the book has shown that nothing crosses at this price.
    pub(crate) fn does_not_cross(&mut self, direction: Direction, price: u32) {
        match direction {
            Direction::Buy => self.lowest_ask = price + 1,
            Direction::Sell => self.highest_bid = price - 1,
        }
    }
}

/// The wallet of the seat in a slot.
#[inline(always)]
#[must_use]
pub fn wallet(slot: &SeatSlot) -> &Wallet {
    match slot.first_chunk() {
        Some(wallet) => wallet,
        None => &[0; 32], // a slot is longer
    }
}

#[inline(always)]
fn long(slot: &SeatSlot, at: usize) -> u64 {
    let mut own = [0; 8];
    own.copy_from_slice(&slot[at..at + 8]);
    u64::from_le_bytes(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_survives_its_slot() {
        let seat = Seat {
            wallet: [7; 32],
            energy: Balance { free: 1, locked: 2 },
            quote: Balance { free: 3, locked: u64::MAX },
            open_bids: 5,
            open_asks: 6,
            highest_bid: 7,
            lowest_ask: 8,
        };
        let mut slot = [0; SEAT_SIZE];
        assert!(Seat::is_vacant(&slot));
        slot[..32].copy_from_slice(&seat.wallet);
        seat.write(&mut slot);
        assert_eq!(Seat::read(&slot), seat);
        assert!(!Seat::is_vacant(&slot));
    }

    #[test]
    fn a_balance_is_never_overdrawn_nor_overflows() {
        let mut balance = Balance { free: 5, locked: 1 };
        assert_eq!(balance.withdraw(6), Err(Refusal::InsufficientFunds));
        assert_eq!(balance.lock(6), Err(Refusal::InsufficientFunds));
        assert_eq!(balance.deposit(u64::MAX - 5), Err(Refusal::Overflow));
        assert_eq!(balance, Balance { free: 5, locked: 1 });
        assert_eq!(balance.deposit(u64::MAX - 6), Ok(()));
        assert_eq!(balance.total(), u64::MAX);
    }
}
