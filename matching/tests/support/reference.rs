//! The auction once more, slowly and another way: every price is tried. It shares nothing with the crate but its types.

use campus_energy_matching::{Direction, Reason};

/// An order as the reference sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    pub sequence: u32,
    pub seat: u16,
    pub price: u32,
    pub energy: u32,
    pub expires: u32,
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    pub sequence: u32,
    pub filled: u32,
    pub reason: Reason,
}

/// What becomes of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub price: u32,
    pub energy: u64,
    pub bids: Vec<Fate>,
    pub asks: Vec<Fate>,
}

/// Tries every price up to `highest`.
pub fn auction(bids: &[Bid], asks: &[Bid], interval: u32, highest: u32) -> Verdict {
    let alive =
        |orders: &[Bid]| -> Vec<Bid> { orders.iter().copied().filter(|order| order.expires >= interval).collect() };
    let (live_bids, live_asks) = (alive(bids), alive(asks));
    let wanted = |price: u32| live_bids.iter().filter(|bid| bid.price >= price).map(|bid| u64::from(bid.energy)).sum();
    let offered = |price: u32| live_asks.iter().filter(|ask| ask.price <= price).map(|ask| u64::from(ask.energy)).sum();
    let volume = |price: u32| -> u64 { Ord::min(wanted(price), offered(price)) };
    let energy = (1..=highest).map(volume).max().unwrap_or(0);
    let best: Vec<u32> = (1..=highest).filter(|price| energy > 0 && volume(*price) == energy).collect();
    // The midpoint of the feasible prices, rounded down.
    let price = match (best.first(), best.last()) {
        (Some(least), Some(most)) => u32::try_from((u64::from(*least) + u64::from(*most)) / 2).unwrap(),
        _ => 0,
    };
    let counterparty = !live_bids.is_empty() && !live_asks.is_empty();
    let fates = |orders: &[Bid], direction: Direction| -> Vec<Fate> {
        let mut sorted = orders.to_vec();
        sorted.sort_by_key(|order| {
            let rank = match direction {
                Direction::Buy => i64::from(highest) - i64::from(order.price),
                Direction::Sell => i64::from(order.price),
            };
            (rank, order.sequence)
        });
        let mut left = energy;
        let mut fate = |order: &Bid| {
            let Bid { sequence, .. } = *order;
            if order.expires < interval {
                return Fate { sequence, filled: 0, reason: Reason::Expired };
            }
            let filled = u64::from(order.energy).min(left);
            left -= filled;
            let meets = match direction {
                Direction::Buy => order.price >= price,
                Direction::Sell => order.price <= price,
            };
            let reason = if filled == u64::from(order.energy) {
                Reason::Filled
            } else if filled > 0 {
                Reason::FilledInPart
            } else if !counterparty {
                Reason::NoCounterparty
            } else if energy == 0 {
                Reason::NoCrossing
            } else if meets {
                Reason::Rationed
            } else {
                Reason::OutsidePrice
            };
            Fate { sequence, filled: u32::try_from(filled).unwrap(), reason }
        };
        sorted.iter().map(&mut fate).collect()
    };
    Verdict { price, energy, bids: fates(bids, Direction::Buy), asks: fates(asks, Direction::Sell) }
}
