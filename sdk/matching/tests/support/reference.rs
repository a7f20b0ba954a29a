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

fn alive(orders: &[Bid], interval: u32) -> Vec<Bid> {
    orders.iter().copied().filter(|order| order.expires >= interval).collect()
}

/// The most energy that any price up to `highest` trades.
fn most_energy(bids: &[Bid], asks: &[Bid], highest: u32) -> u64 {
    (1..=highest).map(|price| Ord::min(wanted(bids, price), offered(asks, price))).max().unwrap_or(0)
}

fn wanted(bids: &[Bid], price: u32) -> u64 {
    bids.iter().filter(|bid| bid.price >= price).map(|bid| u64::from(bid.energy)).sum()
}

fn offered(asks: &[Bid], price: u32) -> u64 {
    asks.iter().filter(|ask| ask.price <= price).map(|ask| u64::from(ask.energy)).sum()
}

/// The prices up to `highest` that remain before the midpoint is taken, ascending.
pub fn remaining_prices(bids: &[Bid], asks: &[Bid], interval: u32, highest: u32) -> Vec<u32> {
    let (bids, asks) = (alive(bids, interval), alive(asks, interval));
    let imbalance =
        |price: u32| i64::try_from(wanted(&bids, price)).unwrap() - i64::try_from(offered(&asks, price)).unwrap();
    let energy = most_energy(&bids, &asks, highest);
    // First the most energy, then the least imbalance.
    let trades = |price: &u32| energy > 0 && Ord::min(wanted(&bids, *price), offered(&asks, *price)) == energy;
    let mut remaining: Vec<u32> = (1..=highest).filter(trades).collect();
    let least = remaining.iter().map(|price| imbalance(*price).abs()).min();
    remaining.retain(|price| Some(imbalance(*price).abs()) == least);
    // Then the market's pressure: demand is left at all of them, or supply is.
    if remaining.iter().all(|price| imbalance(*price) > 0) {
        remaining = remaining.pop().into_iter().collect();
    } else if remaining.iter().all(|price| imbalance(*price) < 0) {
        remaining.truncate(1);
    }
    remaining
}

/// Tries every price up to `highest`.
pub fn auction(bids: &[Bid], asks: &[Bid], interval: u32, highest: u32) -> Verdict {
    let (live_bids, live_asks) = (alive(bids, interval), alive(asks, interval));
    let energy = most_energy(&live_bids, &live_asks, highest);
    // The midpoint of what remains, rounded down.
    let remaining = remaining_prices(bids, asks, interval, highest);
    let price = match (remaining.first(), remaining.last()) {
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
