//! The market for display, as text and JSON: its rules, its order book, its last auctions.

use {
    crate::text::{Baht, rfc3339},
    campus_energy_sdk::{
        account::Plain,
        deployment::Addresses,
        matching::{Direction, Order, Seat},
        trading::state::{Book, HISTORY, IntervalRecord, Market, interval_end, split},
    },
    serde::Serialize,
    solana_program::pubkey::Pubkey,
};

/// The market. Energy in Wh, prices in baht per kWh.
#[derive(Clone, Debug, Serialize)]
pub struct MarketSheet {
    /// The market's account.
    pub market: String,
    /// The book's account.
    pub book: String,
    /// What the grid pays.
    pub feed_in_tariff: Baht,
    /// What the grid asks.
    pub retail_tariff: Baht,
    /// The least energy of an order.
    pub minimum_lot_wh: u32,
    /// Orders that a seat can have in the book.
    pub orders_per_seat: u16,
    /// What a seller pays of the value.
    pub fee_basis_points: u16,
    /// Whether orders are refused.
    pub paused: bool,
    /// Room of each side.
    pub orders_per_side: u16,
    /// Number of seats in the book.
    pub seats: u16,
    /// Seats that have an owner.
    pub seats_claimed: usize,
    /// End of the last interval whose auction has been cleared.
    pub cleared_until_utc: String,
    /// Energy traded since the founding.
    pub traded_wh: u64,
    /// Supply that came after its auction.
    pub late_supply_wh: u64,
    /// Demand that came after its auction.
    pub late_demand_wh: u64,
    /// The orders in the book, bids first, best first.
    pub orders: Vec<OpenOrder>,
    /// The last auctions, oldest first.
    pub intervals: Vec<Auction>,
}

/// An order in the book.
#[derive(Clone, Debug, Serialize)]
pub struct OpenOrder {
    /// `buy` or `sell`.
    pub direction: &'static str,
    /// Number of the order.
    pub order: u32,
    /// Number of the seat.
    pub seat: u16,
    /// Limit price, baht per kWh.
    pub limit_price: Baht,
    /// Energy that is not filled yet.
    pub wanted_wh: u32,
    /// When it expires.
    pub expires_utc: String,
}

/// A cleared auction.
#[derive(Clone, Debug, Serialize)]
pub struct Auction {
    /// End of the interval whose energy was traded.
    pub interval_end_utc: String,
    /// Energy that the interval's readings offered.
    pub supply_wh: u64,
    /// Energy that they wanted.
    pub demand_wh: u64,
    /// The price that supply and demand alone give.
    pub reference_price: Baht,
    /// None where nothing was traded.
    pub price: Option<Baht>,
    /// Energy traded since the founding.
    pub traded_wh: u64,
}

impl MarketSheet {
    /// Reads it from accounts; with `all`, also the intervals without supply.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn read(addresses: &Addresses, data: impl Fn(&Pubkey) -> Option<Vec<u8>>, all: bool) -> Result<Self, String> {
        let data = |address: &Pubkey| data(address).ok_or_else(|| format!("account {address} is missing"));
        let (market, mut book) = (data(&addresses.market)?, data(&addresses.book)?);
        let (fields, of_book) = (Market::FIELDS, Book::FIELDS);
        let (tariffs, terms, capacity) =
            (fields.tariffs.get(&market), of_book.terms.get(&book), of_book.capacity.get(&book));
        let (paused, traded) = (of_book.paused.is_set(&book), of_book.traded.get(&book).0);
        let (_, core) = split(&mut book).map_err(|error| format!("the book: {error}"))?;
        let open =
            |direction: Direction| core.side(direction).iter().map(move |order| OpenOrder::of(direction, &order));
        let mut records: Vec<IntervalRecord> = (0..HISTORY)
            .map(|number| IntervalRecord::read(&market[IntervalRecord::offset(number)..]))
            .filter(|record| record.interval > 0 && (all || record.supply.0 + record.traded.0 > 0))
            .collect();
        records.sort_by_key(|record| record.interval);
        Ok(Self {
            market: addresses.market.to_string(),
            book: addresses.book.to_string(),
            feed_in_tariff: Baht(tariffs.feed_in.0),
            retail_tariff: Baht(tariffs.retail.0),
            minimum_lot_wh: terms.minimum_lot,
            orders_per_seat: terms.orders_per_seat,
            fee_basis_points: terms.fee,
            paused,
            orders_per_side: capacity.orders,
            seats: capacity.seats,
            seats_claimed: core.seats.iter().filter(|slot| !Seat::is_vacant(slot)).count(),
            cleared_until_utc: rfc3339(interval_end(fields.cleared.get(&market))),
            traded_wh: traded,
            late_supply_wh: fields.late_supply.get(&market).0,
            late_demand_wh: fields.late_demand.get(&market).0,
            orders: open(Direction::Buy).chain(open(Direction::Sell)).collect(),
            intervals: records.iter().map(Auction::of).collect(),
        })
    }
}

impl OpenOrder {
    fn of(direction: Direction, order: &Order) -> Self {
        Self {
            direction: direction.name(),
            order: order.sequence(),
            seat: order.seat,
            limit_price: Baht(direction.price(order.key).into()),
            wanted_wh: order.energy,
            expires_utc: rfc3339(interval_end(order.expires)),
        }
    }
}

impl Auction {
    fn of(record: &IntervalRecord) -> Self {
        Self {
            interval_end_utc: rfc3339(interval_end(record.interval)),
            supply_wh: record.supply.0,
            demand_wh: record.demand.0,
            reference_price: Baht(record.reference_price.0),
            price: (record.traded.0 > 0).then_some(Baht(record.price.0)),
            traded_wh: record.traded.0,
        }
    }
}
