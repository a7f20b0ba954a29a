//! Replays Clear: an auction's price, and the outcomes of its orders.

use {
    super::{TradingReplay, next_auction, next_event},
    campus_energy_sdk::{
        account::Plain,
        event::{AnyEvent, MAX_EVENT_LENGTH},
        matching::{Clearing, Direction, OrderOutcome, Phase},
        trading::{
            error::TradingError,
            event::{MarketCleared, OrdersSettled},
            instruction::MAX_SETTLED,
            state::{Book, ClearingState, IntervalRecord, Market, interval_end},
        },
        units::{Energy, Money, Price},
    },
};

/// Outcomes that fit one event: behind tag, sequence, timestamp, direction and count, 12 bytes each.
const OUTCOMES: usize = (MAX_EVENT_LENGTH - (2 + 8 + 8 + 1 + 4)) / 12;

impl TradingReplay {
    pub(super) fn clear(&mut self, orders: u16, open: u32, events: &mut Vec<AnyEvent>) -> Result<(), String> {
        let fields = Book::FIELDS;
        let mut told: Vec<(Direction, Vec<OrderOutcome>)> = Vec::new();
        let (clearing, cleared) = self.edit(|head, book| {
            let mut clearing = Clearing::from(ClearingState::read(fields.clearing.bytes(head)));
            if clearing.phase == Phase::Idle {
                if open <= next_auction(head) {
                    return Err(TradingError::AlreadyCleared.to_string());
                }
                // The oldest auction that got orders; without new ones the newest.
                let next_order = fields.next_order.get(head);
                let has_orders = fields.first_new_order.get(head) != next_order;
                clearing = Clearing::begin(book, if has_orders { next_auction(head) } else { open.saturating_sub(1) });
                fields.first_new_order.set(head, next_order);
            }
            let terms = fields.terms.get(head);
            let settled =
                clearing.settle(book, terms.fee, terms.treasury, orders.min(MAX_SETTLED), |direction, outcome| {
                    match told.last_mut() {
                        Some((same, outcomes)) if *same == direction && outcomes.len() < OUTCOMES => {
                            outcomes.push(*outcome);
                        }
                        _ => told.push((direction, vec![*outcome])),
                    }
                });
            let timestamp = interval_end(clearing.interval);
            events.extend(told.into_iter().map(|(direction, outcomes)| {
                let sequence = next_event(head);
                AnyEvent::OrdersSettled(OrdersSettled { sequence, timestamp, direction, outcomes })
            }));
            ClearingState::from(clearing).write(fields.clearing.bytes_mut(head));
            let Some(treasury) = settled.treasury else { return Ok((clearing, false)) };
            fields.cleared.set(head, clearing.interval);
            let traded = fields.traded.get(head).0.saturating_add(clearing.energy);
            fields.traded.set(head, Energy(traded));
            events.push(AnyEvent::MarketCleared(MarketCleared {
                sequence: next_event(head),
                timestamp,
                price: Price(clearing.price.into()),
                energy: Energy(clearing.energy),
                treasury: Money(treasury),
            }));
            Ok((clearing, true))
        })?;
        // Since the clearing began, readings of the interval are late.
        Market::FIELDS.cleared.set(&mut self.market, clearing.interval);
        if cleared {
            self.record(&clearing);
        }
        Ok(())
    }

    /// Enters an auction's price into the market's history.
    fn record(&mut self, clearing: &Clearing) {
        let data = &mut self.market[..];
        let slot = &mut data[IntervalRecord::offset(clearing.interval)..];
        let mut record = IntervalRecord::read(slot);
        // The clearing took a day and more: the place is a newer interval's by now.
        if record.interval > clearing.interval {
            return;
        }
        if record.interval < clearing.interval {
            record = IntervalRecord { interval: clearing.interval, ..IntervalRecord::default() };
        }
        record.price = Price(clearing.price.into());
        record.traded = Energy(clearing.energy);
        record.write(slot);
    }
}
