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

/// A price and what it trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Money base units per kWh.
    pub price: u32,
    /// Wh.
    pub energy: u64,
}

/// Finds the clearing price for sorted sides. Orders that have expired before `interval` take no part.
///
/// # Errors
/// [`Reason::NoCounterparty`] where one side is empty, [`Reason::NoCrossing`] where the best bid is below the best ask.
pub fn cross(bids: &[OrderSlot], asks: &[OrderSlot], interval: u32) -> Result<Crossing, Reason> {
    let mut bids = bids.iter().map(Order::read).filter(|order| order.expires >= interval);
    let mut asks = asks.iter().map(Order::read).filter(|order| order.expires >= interval);
    let (Some(mut bid), Some(mut ask)) = (bids.next(), asks.next()) else { return Err(Reason::NoCounterparty) };
    let mut energy = 0;
    let mut range = None;
    // What is left of the order at which the walk stops, if any is.
    let (unfilled_bid, unfilled_ask) = loop {
        let (most, least) = (Direction::Buy.price(bid.key), Direction::Sell.price(ask.key));
        if most < least {
            break (Some(bid), Some(ask));
        }
        let matched = bid.energy.min(ask.energy);
        energy += u64::from(matched);
        range = Some((least, most));
        bid.energy -= matched;
        ask.energy -= matched;
        let (mut next_bid, mut next_ask) = (Some(bid), Some(ask));
        if bid.energy == 0 {
            next_bid = bids.next();
        }
        if ask.energy == 0 {
            next_ask = asks.next();
        }
        match (next_bid, next_ask) {
            (Some(next_bid), Some(next_ask)) => (bid, ask) = (next_bid, next_ask),
            ended => break ended,
        }
    };
    let (least, most) = range.ok_or(Reason::NoCrossing)?;
    let limit = |direction: Direction| move |order: Order| direction.price(order.key);
    let best_bid = unfilled_bid.map(limit(Direction::Buy));
    let best_ask = unfilled_ask.map(limit(Direction::Sell));

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
        let left_at = |direction: Direction, first: Option<Order>, rest: &mut dyn Iterator<Item = Order>| -> u64 {
            let Some(first) = first else { return 0 };
            let price = direction.price(first.key);
            let equal = rest.take_while(|order| direction.price(order.key) == price);
            u64::from(first.energy) + equal.map(|order| u64::from(order.energy)).sum::<u64>()
        };
        let wanted = left_at(Direction::Buy, unfilled_bid, &mut bids);
        let offered = left_at(Direction::Sell, unfilled_ask, &mut asks);
        if wanted <= offered { highest } else { lowest }
    };
    Ok(Crossing { price, energy })
}
