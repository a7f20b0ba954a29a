//! The matching core of the campus energy market: a frequent batch auction at one price.
//!
//! - [`order`], [`queue`]: limit orders in sorted fixed-stride slots, best price first, then oldest;
//! - [`seat`]: the free and locked balances of a trader;
//! - [`book`]: placing and cancelling, with the funds that back an order;
//! - [`crossing`]: the price that trades the most energy;
//! - [`clearing`]: settling that price, order by order, resumable at any order.
//!
//! It works on the market account's own bytes, knows no Solana type and allocates nothing. Integers only.
//!
//! | quantity | unit |
//! |---|---|
//! | energy of an order | Wh |
//! | price | money base units (10^-6 baht) per kWh |
//! | a seat's energy | token base units, 10^6 for a Wh |
//! | a seat's quote | money base units |
//! | interval | number of 900 s intervals ended since 1970 |

#![no_std]
#![forbid(unsafe_code)]

pub mod book;
pub mod clearing;
pub mod crossing;
pub mod error;
pub mod order;
pub mod queue;
pub mod seat;
pub mod value;

pub use {
    book::{Cancelled, OrderBook, OrderRules, Placed, Proposal},
    clearing::{Clearing, OrderOutcome, Phase, Reason, Settled},
    crossing::{Crossing, cross},
    error::Refusal,
    order::{Direction, Order},
    queue::Queue,
    seat::{Balance, Seat},
};
