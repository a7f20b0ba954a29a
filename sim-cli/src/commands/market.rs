//! `sim-cli market`: the market's rules, its order book, and its last auctions.

use {
    super::{
        Failure, minutes, print_json,
        record::{Format, SourceOrCluster},
    },
    campus_energy_department::{
        market_sheet::{Auction, MarketSheet, OpenOrder},
        text::kilowatt_hours,
    },
    campus_energy_report::table,
    clap::Args,
    solana_program::pubkey::Pubkey,
};

/// Show the market: its rules, its order book, its last day of auctions.
#[derive(Clone, Debug, Args)]
pub struct Market {
    /// Also show the intervals without supply
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    source: SourceOrCluster,
}

impl Market {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let (snapshot, addresses) = self.source.accounts()?;
        let data = |address: &Pubkey| snapshot.accounts.get(address).map(|account| account.data.clone());
        let sheet = MarketSheet::read(&addresses, data, self.all).map_err(Failure::Disagreement)?;
        if self.source.format() == Format::Json {
            print_json(&sheet);
        } else {
            print(&sheet);
        }
        Ok(())
    }
}

/// Prints the market as tables.
fn print(sheet: &MarketSheet) {
    println!("Market {}\nBook   {}", sheet.market, sheet.book);
    println!("The grid pays {} and asks {} baht per kWh", sheet.feed_in_tariff, sheet.retail_tariff);
    println!(
        "Orders of at least {} Wh, {} for each seat, fee {} basis points{}",
        sheet.minimum_lot_wh,
        sheet.orders_per_seat,
        sheet.fee_basis_points,
        if sheet.paused { "; paused" } else { "" }
    );
    println!(
        "Room for {} orders a side; {} of {} seats claimed",
        sheet.orders_per_side, sheet.seats_claimed, sheet.seats
    );
    println!("Traded: {} kWh; cleared until {}", kilowatt_hours(sheet.traded_wh), sheet.cleared_until_utc);
    let header =
        ["interval's end\nUTC", "supply\nkWh", "demand\nkWh", "reference\nbaht/kWh", "price\nbaht/kWh", "traded\nkWh"];
    println!("{}", table(header, 1, sheet.intervals.iter().map(auction_row)));
    if sheet.orders.is_empty() {
        println!("No orders in the book");
        return;
    }
    let header = ["order", "expires, UTC", "seat", "limit\nbaht/kWh", "wanted\nkWh"];
    println!("{}", table(header, 2, sheet.orders.iter().map(order_row)));
}

fn order_row(order: &OpenOrder) -> [String; 5] {
    [
        format!("{} {}", order.direction, order.order),
        minutes(&order.expires_utc),
        order.seat.to_string(),
        order.limit_price.to_string(),
        kilowatt_hours(order.wanted_wh.into()),
    ]
}

fn auction_row(auction: &Auction) -> [String; 6] {
    [
        minutes(&auction.interval_end_utc),
        kilowatt_hours(auction.supply_wh),
        kilowatt_hours(auction.demand_wh),
        auction.reference_price.to_string(),
        auction.price.map_or_else(|| "-".into(), |price| price.to_string()),
        kilowatt_hours(auction.traded_wh),
    ]
}
