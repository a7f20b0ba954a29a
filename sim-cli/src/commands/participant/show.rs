//! `sim-cli participant show NAME`: the balances of one participant, and of an earlier run its meters, trades and orders.

use {
    super::super::{
        Failure, UsageError,
        balances::Balance,
        minutes, print_json,
        record::{Format, SourceOrCluster, audit},
        values,
    },
    campus_energy_department::{
        audit::{Holding, SettledOrder, holdings},
        text::{Baht, kilowatt_hours, rfc3339},
    },
    campus_energy_report::{reason_name, table},
    campus_energy_sdk::deployment::Addresses,
    clap::Args,
    serde::Serialize,
    std::{collections::VecDeque, path::Path},
};

/// Show one participant: balances; of an earlier run also meters, trades, and the outcome of every order.
#[derive(Clone, Debug, Args)]
pub(super) struct Show {
    /// A name such as faculty_001, a wallet's address, or a seat's number
    #[arg(required = true)]
    name: Option<String>,
    /// Number of the latest orders to show
    #[arg(long, value_name = "COUNT", default_value_t = 12, value_parser = values::number)]
    #[cfg_attr(feature = "network", arg(conflicts_with = "url"))]
    orders: u32,
    #[command(flatten)]
    source: SourceOrCluster,
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
    /// A cluster is asked for accounts alone, and those do not have it.
    #[serde(flatten)]
    history: Option<History>,
}

#[derive(Serialize)]
struct History {
    meters: Vec<String>,
    bought_wh: u64,
    paid: Baht,
    sold_wh: u64,
    earned: Baht,
    orders: Vec<OrderRow>,
}

impl Show {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let (snapshot, addresses) = self.source.accounts()?;
        let all = holdings(&snapshot, &addresses).map_err(Failure::Disagreement)?;
        let holding = self.find(&all)?;
        let history = self.source.directory().map(|directory| self.history(directory, addresses, holding));
        let sheet = Sheet { balance: Balance::of(holding), history: history.transpose()? };
        if self.source.format() == Format::Json {
            print_json(&sheet);
        } else {
            sheet.print(holding);
        }
        Ok(())
    }

    /// What an earlier run's transactions say.
    fn history(&self, directory: &Path, addresses: Addresses, holding: &Holding) -> Result<History, Failure> {
        let most = usize::try_from(self.orders).unwrap_or(usize::MAX);
        let mut orders: VecDeque<OrderRow> = VecDeque::new();
        let mut see = |timestamp, settled: &[SettledOrder]| {
            let own = settled.iter().filter(|order| u32::from(order.seat) == holding.number);
            orders.extend(own.map(|order| OrderRow::of(timestamp, order)));
            let past = orders.len().saturating_sub(most);
            orders.drain(..past);
        };
        let audit = audit(addresses, directory, |closed| see(closed.timestamp, &closed.orders))?;
        if let Some((timestamp, settled)) = audit.market.unfinished() {
            see(timestamp, settled);
        }
        let seat = u16::try_from(holding.number).ok().and_then(|seat| audit.market.seats.get(&seat));
        let seat = seat.copied().unwrap_or_default();
        let meters = audit.meters.iter().filter(|meter| meter.owner == holding.wallet);
        Ok(History {
            meters: meters.map(|meter| meter.id.to_string()).collect(),
            bought_wh: seat.bought,
            paid: Baht(seat.paid),
            sold_wh: seat.sold,
            earned: Baht(seat.earned),
            orders: orders.into(),
        })
    }

    /// Who is asked for.
    #[cfg(not(feature = "network"))]
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
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
        if let Some(history) = self.history.as_ref().filter(|history| !history.meters.is_empty()) {
            println!("Meters: {}", history.meters.join(", "));
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
        if let Some(history) = &self.history {
            println!("Bought: {} kWh for {} baht", kilowatt_hours(history.bought_wh), history.paid);
            println!("Sold: {} kWh for {} baht", kilowatt_hours(history.sold_wh), history.earned);
        }
        println!("Retired: {} kWh, {} receipts", kilowatt_hours(holding.retired), holding.receipts);
        let header = ["interval's end\nUTC", "order", "outcome", "limit,\nprice\nbaht/kWh", "wanted,\ntraded\nkWh"];
        if let Some(history) = self.history {
            println!("{}", table(header, 3, history.orders.into_iter().map(OrderRow::row)));
        }
    }
}
