//! The clearing price, by the rule of exchanges' call auctions.
//!
//! Of all prices, those remain that
//! 1. trade the most energy;
//! 2. of these, leave the least imbalance: the difference between what bids want and what asks offer at the price;
//! 3. of these, follow the market's pressure: the highest price where demand is left, the lowest where supply is left.
//!
//! The midpoint of what remains, rounded down, is the clearing price. Every order whose limit is strictly better than the
//! price is filled, so the price is never worse for an unfilled order than its limit.
//!
//! The matched energy and the best unfilled order of each side decide it. Walking down both sides from the best order, energy
//! is matched as long as the bid is not below the ask. The prices from the last matched ask to the last matched bid trade
//! the most. Within them the imbalance is zero above the best unfilled bid and below the best unfilled ask; it grows with
//! every unfilled order that is passed.

use crate::{
    clearing::Reason,
    order::{Direction, Order, OrderSlot},
};

/// A clearing price and the energy that it trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The price, base units of money per kWh.
    pub price: u32,
    /// The energy, Wh.
    pub energy: u64,
}

/// Finds the clearing price for sorted sides. Orders that have expired before `interval` take no part.
///
/// # Errors
/// [`Reason::NoCounterparty`] where one side is empty, [`Reason::NoCrossing`] where the best bid is below the best ask.
pub fn cross(bids: &[OrderSlot], asks: &[OrderSlot], interval: u32) -> Result<Crossing, Reason> {
    let mut live_bids = bids.iter().map(Order::read).filter(|order| order.expires >= interval);
    let mut live_asks = asks.iter().map(Order::read).filter(|order| order.expires >= interval);
    let (Some(mut bid), Some(mut ask)) = (live_bids.next(), live_asks.next()) else {
        return Err(Reason::NoCounterparty);
    };
    let mut energy = 0;
    let mut range = None;
    loop {
        let (most, least) = (Direction::Buy.price(bid.key), Direction::Sell.price(ask.key));
        if most < least {
            break;
        }
        let matched = bid.energy.min(ask.energy);
        energy += u64::from(matched);
        range = Some((least, most));
        bid.energy -= matched;
        ask.energy -= matched;
        if bid.energy == 0 {
            match live_bids.next() {
                Some(next) => bid = next,
                None => {
                    if ask.energy == 0 {
                        ask = live_asks.next().unwrap_or(ask);
                    }
                    break;
                }
            }
        }
        if ask.energy == 0 {
            match live_asks.next() {
                Some(next) => ask = next,
                None => break,
            }
        }
    }
    let (least, most) = range.ok_or(Reason::NoCrossing)?;
    // The walk has stopped at the best unfilled orders. One without energy stands for none.
    let best_bid = (bid.energy > 0).then(|| Direction::Buy.price(bid.key));
    let best_ask = (ask.energy > 0).then(|| Direction::Sell.price(ask.key));

    // The prices without imbalance: above the best unfilled bid, below the best unfilled ask. Both fit: MAX_PRICE is 10^9.
    let lowest = best_bid.map_or(least, |bid| least.max(bid + 1));
    let highest = best_ask.map_or(most, |ask| most.min(ask - 1));
    let price = if lowest <= highest {
        lowest + (highest - lowest) / 2
    } else if best_bid == Some(most) {
        most
    } else if best_ask == Some(least) {
        least
    } else {
        // The best unfilled orders are one unit apart: what is left at their prices is the imbalance at each.
        let wanted = total(bids, interval, |key| Direction::Buy.price(key) >= highest) - energy;
        let offered = total(asks, interval, |key| Direction::Sell.price(key) <= lowest) - energy;
        if wanted <= offered { highest } else { lowest }
    };
    Ok(Crossing { price, energy })
}

/// Returns the sum of the energies, Wh, of the orders whose keys have a price that is good enough.
#[cold]
#[inline(never)]
fn total(slots: &[OrderSlot], interval: u32, is_good: impl Fn(u64) -> bool) -> u64 {
    let orders = slots.iter().map(Order::read).filter(|order| order.expires >= interval && is_good(order.key));
    orders.map(|order| u64::from(order.energy)).sum()
}
