//! `sim-cli participant show NAME`: the balances, trades and orders of one participant.

use {
    super::super::{
        Failure, UsageError,
        balances::Balance,
        minutes, print_json,
        record::{Format, Run, Source},
    },
    campus_energy_department::{
        audit::{Holding, SettledOrder, holdings},
        text::{Baht, kilowatt_hours, rfc3339},
    },
    campus_energy_report::{reason_name, table},
    clap::Args,
    serde::Serialize,
    std::collections::VecDeque,
};

/// Show one participant: balances, meters, trades, and the outcome of every order.
#[derive(Clone, Debug, Args)]
pub(super) struct Show {
    /// A name such as faculty_001, a wallet's address, or a seat's number
    #[arg(required = true)]
    name: Option<String>,
    /// Number of the latest orders to show
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    orders: usize,
    #[command(flatten)]
    source: Source,
}

/// What became of an order. Energy in Wh, money in baht, prices in baht per kWh.
#[derive(Serialize)]
struct OrderRow {
    interval_end_utc: String,
    order: u32,
    direction: &'static str,
    limit_price: Baht,
    price: Baht,
    wanted_wh: u32,
    traded_wh: u32,
    value: Baht,
    outcome: &'static str,
}

#[derive(Serialize)]
struct Sheet {
    #[serde(flatten)]
    balance: Balance,
    meters: Vec<String>,
    bought_wh: u64,
    paid: Baht,
    sold_wh: u64,
    earned: Baht,
    orders: Vec<OrderRow>,
}

impl Show {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let run = Run::open(&self.source.out)?;
        let all = holdings(&run.snapshot, &run.addresses).map_err(Failure::Disagreement)?;
        let holding = self.find(&all)?;
        let mut orders: VecDeque<OrderRow> = VecDeque::new();
        let mut see = |timestamp, settled: &[SettledOrder]| {
            let own = settled.iter().filter(|order| u32::from(order.seat) == holding.number);
            orders.extend(own.map(|order| OrderRow::of(timestamp, order)));
            let past = orders.len().saturating_sub(self.orders);
            orders.drain(..past);
        };
        let audit = run.audit(&self.source.out, |closed| see(closed.timestamp, &closed.orders))?;
        if let Some((timestamp, settled)) = audit.market.unfinished() {
            see(timestamp, settled);
        }
        let seat = u16::try_from(holding.number).ok().and_then(|seat| audit.market.seats.get(&seat));
        let seat = seat.copied().unwrap_or_default();
        let meters = audit.meters.iter().filter(|meter| meter.owner == holding.wallet);
        let sheet = Sheet {
            balance: Balance::of(holding),
            meters: meters.map(|meter| meter.id.to_string()).collect(),
            bought_wh: seat.bought,
            paid: Baht(seat.paid),
            sold_wh: seat.sold,
            earned: Baht(seat.earned),
            orders: orders.into(),
        };
        if self.source.output == Format::Json {
            print_json(&sheet);
        } else {
            sheet.print(holding);
        }
        Ok(())
    }

    fn find<'a>(&self, all: &'a [Holding]) -> Result<&'a Holding, Failure> {
        let given = self.name.as_deref().unwrap_or_default();
        let known = |holding: &&Holding| {
            holding.name == given || holding.wallet.to_string() == given || holding.number.to_string() == given
        };
        let names = || {
            let last = |role: &str| all.iter().rev().find(|holding| holding.name.starts_with(role));
            let lasts = ["faculty", "graduate", "undergraduate", "department"].into_iter().filter_map(last);
            lasts.map(|holding| holding.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        all.iter().find(known).ok_or_else(|| UsageError::NoParticipant { given: given.into(), last: names() }.into())
    }
}

impl OrderRow {
    fn of(timestamp: i64, order: &SettledOrder) -> Self {
        Self {
            interval_end_utc: rfc3339(timestamp),
            order: order.order,
            direction: order.direction.name(),
            limit_price: Baht(order.limit.0),
            price: Baht(order.price.0),
            wanted_wh: order.wanted,
            traded_wh: order.filled,
            value: Baht(order.value.0),
            outcome: reason_name(order.reason),
        }
    }

    fn row(self) -> [String; 5] {
        [
            minutes(&self.interval_end_utc),
            format!("{} {}", self.direction, self.order),
            self.outcome.into(),
            format!("{}\n{}", self.limit_price, self.price),
            format!("{}\n{}", kilowatt_hours(self.wanted_wh.into()), kilowatt_hours(self.traded_wh.into())),
        ]
    }
}

impl Sheet {
    fn print(self, holding: &Holding) {
        println!("{}: seat {}\nWallet: {}", holding.name, holding.number, holding.wallet);
        if !self.meters.is_empty() {
            println!("Meters: {}", self.meters.join(", "));
        }
        let seat = holding.seat.unwrap_or(campus_energy_sdk::matching::Seat::claimed_by([0; 32]));
        let tokens = |amount| campus_energy_sdk::units::TokenAmount(amount).to_string();
        let rows = [
            ["tokens".into(), tokens(holding.energy), tokens(seat.energy.free), tokens(seat.energy.locked)],
            [
                "baht".into(),
                Baht(holding.quote).to_string(),
                Baht(seat.quote.free).to_string(),
                Baht(seat.quote.locked).to_string(),
            ],
        ];
        println!("{}", table(["", "wallet", "seat, free", "seat, locked"], 1, rows));
        println!("Bought: {} kWh for {} baht", kilowatt_hours(self.bought_wh), self.paid);
        println!("Sold: {} kWh for {} baht", kilowatt_hours(self.sold_wh), self.earned);
        println!("Retired: {} kWh, {} receipts", kilowatt_hours(holding.retired), holding.receipts);
        let header = ["interval's end\nUTC", "order", "outcome", "limit,\nprice\nbaht/kWh", "wanted,\ntraded\nkWh"];
        println!("{}", table(header, 3, self.orders.into_iter().map(OrderRow::row)));
    }
}
