//! The price that trades the most energy.
//!
//! Walking down both sides from the best order, energy is matched as long as the bid is not below the ask. What has been
//! matched then is the most that any one price can trade, and the prices that trade it are those from the last matched
//! ask to the last matched bid. The midpoint of that range, rounded down, is the clearing price.

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
            match bids.next() {
                Some(next) => bid = next,
                None => break,
            }
        }
        if ask.energy == 0 {
            match asks.next() {
                Some(next) => ask = next,
                None => break,
            }
        }
    }
    let (least, most) = range.ok_or(Reason::NoCrossing)?;
    Ok(Crossing { price: least + (most - least) / 2, energy })
}
