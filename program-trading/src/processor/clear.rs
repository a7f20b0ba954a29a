//! Clear: prices the oldest closed auction that has orders at once, and settles it order by order. Anybody may send it; nobody can stop
//! it.

use {
    super::book::{edit, is_due, next_auction, next_event, open_auction},
    campus_energy_sdk::{
        account::Plain,
        error::AccountError,
        event::{Event, MAX_EVENT_LENGTH},
        matching::{Clearing, Direction, OrderOutcome, Phase},
        onchain::{OwnedAccount, arity, emit},
        require,
        trading::{
            error::TradingError,
            event::{MarketCleared, OrdersSettled},
            instruction::MAX_SETTLED,
            state::{Book, ClearingState, IntervalRecord, Market, interval_end},
        },
        units::{Energy, Money, Price},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, log::sol_log_data, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], orders: u16) -> ProgramResult {
    let [market, book] = arity(accounts)?;
    let market = OwnedAccount::<Market>::load_mut(market, program_id)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    require!(orders > 0, TradingError::NoOrders);

    let fields = Book::FIELDS;
    let cleared = edit(&book, |head, book| {
        require!(fields.market.is(head, market.key()), AccountError::WrongDepartment);
        require!(!fields.paused.is_set(head), TradingError::Paused);
        let mut clearing = Clearing::from(ClearingState::read(fields.clearing.bytes(head)));
        if clearing.phase == Phase::Idle {
            let open = open_auction()?;
            require!(is_due(head, open), TradingError::AlreadyCleared);
            // Without new orders, nothing can be traded until the newest closed auction: those of before do not cross.
            let next_order = fields.next_order.get(head);
            let has_orders = fields.first_new_order.get(head) != next_order;
            clearing = Clearing::begin(book, if has_orders { next_auction(head) } else { open.saturating_sub(1) });
            fields.first_new_order.set(head, next_order);
            // From now on, readings of the interval are late.
            Market::FIELDS.cleared.set(&mut market.data_mut(), clearing.interval);
        }
        let terms = fields.terms.get(head);
        let mut report = Report::new(interval_end(clearing.interval), fields.next_event.get(head));
        let limit = orders.min(MAX_SETTLED);
        let settled = clearing.settle(book, terms.fee, terms.treasury, limit, |direction, outcome| {
            report.tell(direction, outcome);
        });
        fields.next_event.set(head, report.finish());
        ClearingState::from(clearing).write(fields.clearing.bytes_mut(head));
        let Some(treasury) = settled.treasury else { return Ok(None) };

        fields.cleared.set(head, clearing.interval);
        // A u64 of Wh lasts for as long as the Earth.
        let traded = fields.traded.get(head).0.saturating_add(clearing.energy);
        fields.traded.set(head, Energy(traded));
        record(&market, &clearing);
        Ok(Some(MarketCleared {
            sequence: next_event(head),
            timestamp: interval_end(clearing.interval),
            price: Price(clearing.price.into()),
            energy: Energy(clearing.energy),
            treasury: Money(treasury),
        }))
    })?;
    match cleared {
        Some(event) => emit(&event),
        None => Ok(()),
    }
}

/// Writes the price of the auction into the market's history.
fn record(market: &OwnedAccount<Market>, clearing: &Clearing) {
    let mut data = market.data_mut();
    let at = IntervalRecord::offset(clearing.interval);
    let mut record = IntervalRecord::read(&data[at..]);
    // The clearing took a day and more: the place is a newer interval's by now.
    if record.interval > clearing.interval {
        return;
    }
    if record.interval < clearing.interval {
        record = IntervalRecord { interval: clearing.interval, ..IntervalRecord::default() };
    }
    record.price = Price(clearing.price.into());
    record.traded = Energy(clearing.energy);
    record.write(&mut data[at..]);
}

/// The writer of outcomes to the log, as many in one [`OrdersSettled`] as it holds. Written by hand: this is the hot path;
/// the layout is Borsh's, as a test of the events shows.
struct Report {
    buffer: Vec<u8>,
    timestamp: i64,
    sequence: u64,
    direction: Direction,
    count: u32,
}

/// The offset of the count, bytes: behind tag, sequence, timestamp and direction. The outcomes follow it.
const COUNT_AT: usize = 2 + 8 + 8 + 1;
const OUTCOME: usize = 4 + 2 + 4 + 1 + 1;

impl Report {
    fn new(timestamp: i64, sequence: u64) -> Self {
        let buffer = Vec::with_capacity(MAX_EVENT_LENGTH);
        Self { buffer, timestamp, sequence, direction: Direction::Buy, count: 0 }
    }

    #[inline(always)]
    fn tell(&mut self, direction: Direction, outcome: &OrderOutcome) {
        if direction != self.direction || self.buffer.len().saturating_add(OUTCOME) > MAX_EVENT_LENGTH {
            self.send();
        }
        if self.buffer.is_empty() {
            self.begin(direction);
        }
        let mut bytes = [0; OUTCOME];
        bytes[..4].copy_from_slice(&outcome.sequence.to_le_bytes());
        bytes[4..6].copy_from_slice(&outcome.seat.to_le_bytes());
        bytes[6..10].copy_from_slice(&outcome.filled.to_le_bytes());
        bytes[10] = outcome.reason as u8;
        bytes[11] = u8::from(outcome.left);
        self.buffer.extend_from_slice(&bytes);
        self.count = self.count.saturating_add(1);
    }

    #[cold]
    fn begin(&mut self, direction: Direction) {
        self.direction = direction;
        self.buffer.extend_from_slice(&OrdersSettled::TAG.to_le_bytes());
        self.buffer.extend_from_slice(&self.sequence.to_le_bytes());
        self.buffer.extend_from_slice(&self.timestamp.to_le_bytes());
        self.buffer.push(direction as u8);
        self.buffer.extend_from_slice(&[0; 4]);
    }

    #[cold]
    fn send(&mut self) {
        if self.count > 0 {
            self.buffer[COUNT_AT..COUNT_AT + 4].copy_from_slice(&self.count.to_le_bytes());
            sol_log_data(&[&self.buffer]);
            self.buffer.clear();
            self.count = 0;
            self.sequence = self.sequence.wrapping_add(1);
        }
    }

    /// Writes what is left, and returns the sequence number of the next event.
    fn finish(mut self) -> u64 {
        self.send();
        self.sequence
    }
}
