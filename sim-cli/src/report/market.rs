//! The market as people and programs read it: its terms, its book, its last auctions.

use {
    super::{Money, direction_name, kilowatt_hours, rfc3339, table},
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
#[derive(Serialize, utoipa::ToSchema)]
pub struct MarketSheet {
    market: String,
    book: String,
    feed_in_tariff: Money,
    retail_tariff: Money,
    minimum_lot_wh: u32,
    orders_per_seat: u16,
    fee_basis_points: u16,
    paused: bool,
    orders_per_side: u16,
    seats: u16,
    seats_claimed: usize,
    cleared_until_utc: String,
    traded_wh: u64,
    late_supply_wh: u64,
    late_demand_wh: u64,
    orders: Vec<OpenOrder>,
    intervals: Vec<AuctionRow>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OpenOrder {
    direction: &'static str,
    order: u32,
    seat: u16,
    limit_price: Money,
    wanted_wh: u32,
    expires_utc: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct AuctionRow {
    interval_end_utc: String,
    supply_wh: u64,
    demand_wh: u64,
    reference_price: Money,
    /// None where nothing was traded.
    price: Option<Money>,
    traded_wh: u64,
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
            feed_in_tariff: Money(tariffs.feed_in.0),
            retail_tariff: Money(tariffs.retail.0),
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
            intervals: records.iter().map(AuctionRow::of).collect(),
        })
    }

    /// Prints it as tables.
    pub fn print(self) {
        println!("Market {}, book {}", self.market, self.book);
        println!("The grid pays {} and asks {} baht per kWh", self.feed_in_tariff, self.retail_tariff);
        println!(
            "Orders of at least {} Wh, {} for each seat, fee {} basis points{}",
            self.minimum_lot_wh,
            self.orders_per_seat,
            self.fee_basis_points,
            if self.paused { "; paused" } else { "" }
        );
        println!(
            "Room for {} orders a side; {} of {} seats claimed",
            self.orders_per_side, self.seats_claimed, self.seats
        );
        println!("Traded: {} kWh; cleared until {}", kilowatt_hours(self.traded_wh), self.cleared_until_utc);
        let header = ["interval's end", "supply kWh", "demand kWh", "reference price", "price", "traded kWh"];
        println!("{}", table(header, 1, self.intervals.into_iter().map(AuctionRow::row)));
        if self.orders.is_empty() {
            println!("No orders in the book");
            return;
        }
        let header = ["order", "expires", "seat", "limit baht/kWh", "wanted kWh"];
        println!("{}", table(header, 2, self.orders.into_iter().map(OpenOrder::row)));
    }
}

impl OpenOrder {
    fn of(direction: Direction, order: &Order) -> Self {
        Self {
            direction: direction_name(direction),
            order: order.sequence(),
            seat: order.seat,
            limit_price: Money(direction.price(order.key).into()),
            wanted_wh: order.energy,
            expires_utc: rfc3339(interval_end(order.expires)),
        }
    }

    fn row(self) -> [String; 5] {
        [
            format!("{} {}", self.direction, self.order),
            self.expires_utc,
            self.seat.to_string(),
            self.limit_price.to_string(),
            kilowatt_hours(self.wanted_wh.into()),
        ]
    }
}

impl AuctionRow {
    fn of(record: &IntervalRecord) -> Self {
        Self {
            interval_end_utc: rfc3339(interval_end(record.interval)),
            supply_wh: record.supply.0,
            demand_wh: record.demand.0,
            reference_price: Money(record.reference_price.0),
            price: (record.traded.0 > 0).then_some(Money(record.price.0)),
            traded_wh: record.traded.0,
        }
    }

    fn row(self) -> [String; 6] {
        [
            self.interval_end_utc,
            kilowatt_hours(self.supply_wh),
            kilowatt_hours(self.demand_wh),
            self.reference_price.to_string(),
            self.price.map_or_else(|| "-".into(), |price| price.to_string()),
            kilowatt_hours(self.traded_wh),
        ]
    }
}
