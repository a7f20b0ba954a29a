//! Limit orders and the slots that hold them.

/// The length of an order's slot, bytes.
pub const ORDER_SIZE: usize = 24;
/// A slot: key (u64), energy, placed, expires (u32 each), seat (u16), two bytes of zero; little endian.
pub type OrderSlot = [u8; ORDER_SIZE];

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "borsh", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub enum Direction {
    /// It buys energy for money: a bid.
    Buy,
    /// It sells energy for money: an ask.
    Sell,
}

impl Direction {
    /// Returns the name in files, tables and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }

    /// Returns the key of an order, by which a side is sorted in ascending order: better prices first, then older orders. It identifies the
    /// order.
    #[inline(always)]
    #[must_use]
    pub const fn key(self, price: u32, sequence: u32) -> u64 {
        let rank = match self {
            Self::Buy => !price,
            Self::Sell => price,
        };
        (rank as u64) << 32 | sequence as u64
    }

    /// Returns the limit price in a key.
    #[inline(always)]
    #[must_use]
    pub const fn price(self, key: u64) -> u32 {
        let [a, b, c, d, ..] = key.to_be_bytes();
        let rank = u32::from_be_bytes([a, b, c, d]);
        match self {
            Self::Buy => !rank,
            Self::Sell => rank,
        }
    }
}

/// A limit order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The price and time priority, see [`Direction::key`].
    pub key: u64,
    /// The energy that is still open, Wh.
    pub energy: u32,
    /// The energy when it was placed, Wh.
    pub placed: u32,
    /// The number of the last interval in whose auction it takes part.
    pub expires: u32,
    /// The number of the seat that placed it.
    pub seat: u16,
}

impl Order {
    /// Returns the number of the order in the market, in the order of placing.
    #[inline(always)]
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        let [.., a, b, c, d] = self.key.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Reads a slot.
    #[inline(always)]
    #[must_use]
    pub fn read(slot: &OrderSlot) -> Self {
        Self {
            key: key(slot),
            energy: word(slot, 8),
            placed: word(slot, 12),
            expires: word(slot, 16),
            seat: seat(slot),
        }
    }

    /// Returns the slot of the order.
    #[inline(always)]
    #[must_use]
    pub fn slot(&self) -> OrderSlot {
        let mut slot = [0; ORDER_SIZE];
        slot[..8].copy_from_slice(&self.key.to_le_bytes());
        slot[8..12].copy_from_slice(&self.energy.to_le_bytes());
        slot[12..16].copy_from_slice(&self.placed.to_le_bytes());
        slot[16..20].copy_from_slice(&self.expires.to_le_bytes());
        slot[20..22].copy_from_slice(&self.seat.to_le_bytes());
        slot
    }
}

/// Returns the key of the order in a slot.
#[inline(always)]
#[must_use]
pub fn key(slot: &OrderSlot) -> u64 {
    let mut own = [0; 8];
    own.copy_from_slice(&slot[..8]);
    u64::from_le_bytes(own)
}

/// Returns the seat of the order in a slot.
#[inline(always)]
#[must_use]
pub fn seat(slot: &OrderSlot) -> u16 {
    u16::from_le_bytes([slot[20], slot[21]])
}

#[inline(always)]
fn word(slot: &OrderSlot, at: usize) -> u32 {
    let mut own = [0; 4];
    own.copy_from_slice(&slot[at..at + 4]);
    u32::from_le_bytes(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_prices_come_first_then_older_orders() {
        let sorted = |direction: Direction, orders: [(u32, u32); 4]| {
            let keys = orders.map(|(price, sequence)| direction.key(price, sequence));
            assert!(keys.is_sorted(), "{direction:?}");
            for ((price, sequence), key) in orders.into_iter().zip(keys) {
                let order = Order { key, energy: 1, placed: 2, expires: 3, seat: 4 };
                assert_eq!((direction.price(key), order.sequence()), (price, sequence));
                assert_eq!(Order::read(&order.slot()), order);
            }
        };
        sorted(Direction::Buy, [(9, 7), (5, 1), (5, 2), (1, 0)]);
        sorted(Direction::Sell, [(1, 9), (5, 1), (5, 2), (9, 0)]);
    }
}
