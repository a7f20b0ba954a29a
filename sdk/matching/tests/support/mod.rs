//! A market of its own for tests: the bytes, and what has been paid in and out.

#![allow(dead_code)] // each test file uses its part

pub mod reference;

use campus_energy_matching::{
    Clearing, Direction, Order, OrderBook, OrderOutcome, OrderRules, Phase, Placed, Proposal, Queue, Refusal, Seat,
    order::OrderSlot,
    seat::{SeatSlot, Wallet},
    value::{backing, tokens},
};

pub const BUY: Direction = Direction::Buy;
pub const SELL: Direction = Direction::Sell;

/// The wallet of a seat.
pub fn wallet(seat: u16) -> Wallet {
    let mut wallet = [7; 32];
    wallet[..2].copy_from_slice(&seat.to_le_bytes());
    wallet
}

/// A market with `auction` as the next interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    bids: Vec<OrderSlot>,
    asks: Vec<OrderSlot>,
    lengths: [u16; 2],
    pub seats: Vec<SeatSlot>,
    pub auction: u32,
    pub next: u32,
    pub fee: u16,
    pub minimum_lot: u32,
    pub orders_per_seat: u16,
    pub treasury: u16,
    pub clearing: Clearing,
    /// Deposits less withdrawals: energy, money.
    pub vaults: [u64; 2],
}

impl Market {
    /// Seats 0 to `seats` - 1 are claimed; the last is the treasury's.
    pub fn new(orders: usize, seats: u16) -> Self {
        let mut market = Self {
            bids: vec![[0; 24]; orders],
            asks: vec![[0; 24]; orders],
            lengths: [0, 0],
            seats: vec![[0; 80]; seats.into()],
            auction: 100,
            next: 0,
            fee: 0,
            minimum_lot: 1,
            orders_per_seat: u16::MAX,
            treasury: seats - 1,
            clearing: Clearing::default(),
            vaults: [0, 0],
        };
        (0..seats).for_each(|seat| market.book(|book| book.claim(seat, &wallet(seat)).unwrap()));
        market
    }

    /// Lets something happen to the book.
    pub fn book<R>(&mut self, edit: impl FnOnce(&mut OrderBook) -> R) -> R {
        let [bids, asks] = self.lengths;
        let mut book = OrderBook {
            bids: Queue::new(&mut self.bids, bids),
            asks: Queue::new(&mut self.asks, asks),
            seats: &mut self.seats,
        };
        let result = edit(&mut book);
        self.lengths = [book.bids.len(), book.asks.len()].map(|length| u16::try_from(length).unwrap());
        result
    }

    pub fn seat(&self, seat: u16) -> Seat {
        Seat::read(&self.seats[usize::from(seat)])
    }

    pub fn orders(&self, direction: Direction) -> Vec<Order> {
        let (slots, length) = match direction {
            BUY => (&self.bids, self.lengths[0]),
            SELL => (&self.asks, self.lengths[1]),
        };
        slots[..length.into()].iter().map(Order::read).collect()
    }

    /// The bytes that mean something: what lies behind a side's last order does not.
    pub fn bytes(&self) -> (Vec<OrderSlot>, Vec<OrderSlot>, Vec<SeatSlot>) {
        let live = |slots: &[OrderSlot], length: u16| slots[..length.into()].to_vec();
        (live(&self.bids, self.lengths[0]), live(&self.asks, self.lengths[1]), self.seats.clone())
    }

    pub fn deposit(&mut self, seat: u16, energy: u64, quote: u64) -> Result<(), Refusal> {
        self.book(|book| {
            let mut account = book.seat_of(seat, &wallet(seat))?;
            account.energy.deposit(energy)?;
            account.quote.deposit(quote)?;
            book.store(seat, &account);
            Ok(())
        })?;
        self.vaults[0] += energy;
        self.vaults[1] += quote;
        Ok(())
    }

    pub fn withdraw(&mut self, seat: u16, energy: u64, quote: u64) -> Result<(), Refusal> {
        self.book(|book| {
            let mut account = book.seat_of(seat, &wallet(seat))?;
            account.energy.withdraw(energy)?;
            account.quote.withdraw(quote)?;
            book.store(seat, &account);
            Ok(())
        })?;
        self.vaults[0] -= energy;
        self.vaults[1] -= quote;
        Ok(())
    }

    /// Places as the seat's owner an order that takes part until `expires`.
    pub fn place(
        &mut self,
        seat: u16,
        direction: Direction,
        price: u64,
        energy: u64,
        expires: u32,
    ) -> Result<Placed, Refusal> {
        let proposal = Proposal { direction, seat, price, energy, expires };
        self.propose(&wallet(seat), &proposal)
    }

    pub fn propose(&mut self, by: &Wallet, proposal: &Proposal) -> Result<Placed, Refusal> {
        let terms = OrderRules {
            minimum_lot: self.minimum_lot,
            orders_per_seat: self.orders_per_seat,
            auction: self.auction,
            sequence: self.next,
        };
        let placed = self.book(|book| book.place(by, proposal, &terms))?;
        self.next += 1;
        Ok(placed)
    }

    /// Places an order for the next auction, with just the funds that it needs; its number.
    pub fn funded(&mut self, seat: u16, direction: Direction, price: u32, energy: u32) -> u32 {
        match direction {
            BUY => self.deposit(seat, 0, backing(price, energy)).unwrap(),
            SELL => self.deposit(seat, tokens(energy), 0).unwrap(),
        }
        self.place(seat, direction, price.into(), energy.into(), self.auction).unwrap().order.sequence()
    }

    /// Cancels an order as the seat's owner while the auction is open; whether it stays until that is cleared.
    pub fn cancel(&mut self, seat: u16, direction: Direction, key: u64) -> Result<bool, Refusal> {
        let auction = self.auction;
        let cancelled = self.book(|book| book.cancel(&wallet(seat), seat, direction, key, Some(auction)))?;
        Ok(cancelled.at_close)
    }

    pub fn begin(&mut self) {
        let auction = self.auction;
        self.clearing = self.book(|book| Clearing::begin(book, auction));
    }

    /// Settles up to `limit` orders; whether the clearing is over.
    pub fn step(&mut self, limit: u16, outcomes: &mut Vec<(Direction, OrderOutcome)>) -> bool {
        let (mut clearing, fee, treasury) = (self.clearing, self.fee, self.treasury);
        let settled = self.book(|book| {
            clearing.settle(book, fee, treasury, limit, |direction, outcome| outcomes.push((direction, *outcome)))
        });
        self.clearing = clearing;
        let over = settled.treasury.is_some();
        assert_eq!(over, clearing.phase == Phase::Idle);
        self.auction += u32::from(over);
        over
    }

    /// Clears the next auction at once; the outcomes.
    pub fn clear(&mut self) -> Vec<(Direction, OrderOutcome)> {
        let mut outcomes = Vec::new();
        self.begin();
        assert!(self.step(u16::MAX, &mut outcomes));
        outcomes
    }

    /// Invariant 2: what the vaults hold is what seats have, and what is on its way.
    pub fn check_vaults(&self) {
        let seats: Vec<Seat> = self.seats.iter().map(Seat::read).collect();
        let energy: u64 = seats.iter().map(|seat| seat.energy.total()).sum();
        let quote: u64 = seats.iter().map(|seat| seat.quote.total()).sum();
        assert_eq!(energy, self.vaults[0] + self.clearing.energy_in_transit);
        assert_eq!(quote + self.clearing.quote_in_transit, self.vaults[1]);
    }

    /// What is locked backs the open orders, to the unit; the counts are those of the orders.
    pub fn check_locks(&self) {
        let mut expected = vec![([0, 0], [0, 0]); self.seats.len()];
        for order in self.orders(BUY) {
            let (locked, open) = &mut expected[usize::from(order.seat)];
            locked[1] += backing(BUY.price(order.key), order.energy);
            open[0] += 1;
        }
        for order in self.orders(SELL) {
            let (locked, open) = &mut expected[usize::from(order.seat)];
            locked[0] += tokens(order.energy);
            open[1] += 1;
        }
        for (seat, (locked, open)) in self.seats.iter().map(Seat::read).zip(expected) {
            assert_eq!([seat.energy.locked, seat.quote.locked], locked);
            assert_eq!([seat.open_bids, seat.open_asks], open);
        }
    }

    /// Both sides are sorted, and nobody in them would trade with somebody else still.
    pub fn check_uncrossed(&self, interval: u32) {
        let best = |direction: Direction| self.orders(direction).into_iter().find(|order| order.expires >= interval);
        if let (Some(bid), Some(ask)) = (best(BUY), best(SELL)) {
            assert!(BUY.price(bid.key) < SELL.price(ask.key), "{bid:?} {ask:?}");
        }
    }

    pub fn check_sorted(&self) {
        for direction in [BUY, SELL] {
            assert!(self.orders(direction).is_sorted_by_key(|order| order.key));
        }
    }
}
