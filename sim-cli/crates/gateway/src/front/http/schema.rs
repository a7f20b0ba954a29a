//! The core's types in the description of the REST interface. These types are never constructed; a test compares their fields
//! with what is serialized.

#![allow(dead_code)]

use {std::collections::BTreeMap, utoipa::ToSchema};

/// How the journal and the ledger are.
#[derive(ToSchema)]
pub(super) struct Health {
    /// What is wrong with the journal, if something is.
    journal: Option<String>,
    /// What is wrong with the ledger, if something is.
    ledger: Option<String>,
    /// Whether it answers and confirms nothing new: it is halted, or its nodes are cut off from it.
    halted: bool,
    /// What is wrong with this machine's clock, if something is.
    clock: Option<String>,
    /// Which meters' readings the ledger does not take for now, by the name of the reason.
    held: BTreeMap<String, Held>,
    /// Of which meters the ledger has other values than they have reported, for one interval or several.
    conflicts: BTreeMap<String, Conflict>,
    /// Readings of which it is being asked whether the ledger has them with their values.
    unproven: usize,
    /// Readings that are in the journal and in no transaction.
    waiting: usize,
    /// Transactions of which it is not known what became of them.
    pending: usize,
}

/// Meters whose readings wait for one reason.
#[derive(ToSchema)]
pub(super) struct Held {
    /// The reason in words.
    text: String,
    /// Ids of the meters.
    meters: Vec<String>,
    /// Whether the reason is a limit of the department that is reached, which people are to look into.
    limit: bool,
}

/// What the ledger has otherwise than a meter has reported.
#[derive(ToSchema)]
pub(super) struct Conflict {
    /// Intervals of the last seven days of which the ledger has other values.
    intervals: i64,
    /// The newest of them in words, with both values.
    text: String,
}

/// Something that people should know, or its end.
#[derive(ToSchema)]
pub(super) struct Alert {
    /// What is the matter.
    kind: Kind,
    /// With which meter, or part of the gateway.
    subject: String,
    /// Since when, Unix seconds.
    since: i64,
    /// Whether it is over.
    resolved: bool,
    /// The alert as text.
    text: String,
}

/// What is the matter.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A meter has not reported for two intervals.
    MeterSilent,
    /// The ledger refused a meter's reading.
    ReadingRejected,
    /// The ledger does not answer.
    LedgerUnreachable,
    /// The ledger answers and confirms nothing new.
    LedgerHalted,
    /// The journal cannot be written.
    JournalUnwritable,
    /// The ledger does not take some meters' readings for now, or does not say whether it has them; the subject is the reason.
    ReadingsHeld,
    /// A limit of the department is reached, and some meters' readings wait; the subject is the limit.
    LimitReached,
    /// The ledger has other values for a meter's interval than the meter has reported.
    TwoTruths,
    /// This machine's clock has gone back.
    ClockBehind,
}

/// What has become of a reading.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum State {
    /// It is in the journal, and waits for a transaction, or for word of what the ledger has of its interval.
    Journaled,
    /// A transaction carries it.
    Submitted,
    /// A transaction that carried its values has been executed.
    Confirmed,
    /// The ledger refused it, or has other values for its meter and interval.
    Rejected,
}

/// The market. Energy in Wh, prices in baht per kWh.
#[derive(ToSchema)]
pub(super) struct MarketSheet {
    market: String,
    book: String,
    #[schema(example = "2.200000")]
    feed_in_tariff: String,
    #[schema(example = "5.798200")]
    retail_tariff: String,
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
    intervals: Vec<Auction>,
}

/// An order in the book.
#[derive(ToSchema)]
pub(super) struct OpenOrder {
    direction: String,
    order: u32,
    seat: u16,
    #[schema(example = "3.500000")]
    limit_price: String,
    wanted_wh: u32,
    expires_utc: String,
}

/// A cleared auction.
#[derive(ToSchema)]
pub(super) struct Auction {
    interval_end_utc: String,
    supply_wh: u64,
    demand_wh: u64,
    #[schema(example = "3.500000")]
    reference_price: String,
    /// None where nothing was traded.
    #[schema(example = "3.500000")]
    price: Option<String>,
    traded_wh: u64,
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{engine, journal, watch},
        campus_energy_department::{market_sheet, text},
        serde::Serialize,
        serde_json::Value,
        std::collections::BTreeSet,
        utoipa::PartialSchema,
    };

    fn described<T: PartialSchema>(part: &str) -> BTreeSet<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        match &schema[part] {
            Value::Object(fields) => fields.keys().cloned().collect(),
            Value::Array(names) => names.iter().map(|name| name.as_str().unwrap().to_string()).collect(),
            other => panic!("{part} is {other}"),
        }
    }

    fn serialized(value: &impl Serialize) -> BTreeSet<String> {
        serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect()
    }

    fn name(value: &impl Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().into()
    }

    #[test]
    fn fields_are_described_as_they_are_serialized() {
        let text = String::new;
        assert_eq!(described::<Health>("properties"), serialized(&engine::Health::default()));
        let held = engine::Held { text: text(), meters: Vec::new(), limit: false };
        assert_eq!(described::<Held>("properties"), serialized(&held));
        assert_eq!(described::<Conflict>("properties"), serialized(&engine::Conflict { intervals: 1, text: text() }));
        let kind = watch::Kind::TwoTruths;
        let alert = watch::Alert { kind, subject: text(), since: 0, resolved: false, text: text() };
        assert_eq!(described::<Alert>("properties"), serialized(&alert));
        let baht = text::Baht(1);
        let order = market_sheet::OpenOrder {
            direction: "buy",
            order: 1,
            seat: 1,
            limit_price: baht,
            wanted_wh: 1,
            expires_utc: text(),
        };
        assert_eq!(described::<OpenOrder>("properties"), serialized(&order));
        let auction = market_sheet::Auction {
            interval_end_utc: text(),
            supply_wh: 1,
            demand_wh: 1,
            reference_price: baht,
            price: None,
            traded_wh: 0,
        };
        assert_eq!(described::<Auction>("properties"), serialized(&auction));
        let sheet = market_sheet::MarketSheet {
            market: text(),
            book: text(),
            feed_in_tariff: baht,
            retail_tariff: baht,
            minimum_lot_wh: 1,
            orders_per_seat: 1,
            fee_basis_points: 0,
            paused: false,
            orders_per_side: 1,
            seats: 1,
            seats_claimed: 1,
            cleared_until_utc: text(),
            traded_wh: 1,
            late_supply_wh: 0,
            late_demand_wh: 0,
            orders: vec![order],
            intervals: vec![auction],
        };
        assert_eq!(described::<MarketSheet>("properties"), serialized(&sheet));
    }

    #[test]
    fn names_are_described_as_they_are_serialized() {
        use {journal::State as Of, watch::Kind::*};
        let states = [Of::Journaled, Of::Submitted, Of::Confirmed, Of::Rejected].map(|state| name(&state));
        assert_eq!(described::<State>("enum"), states.into());
        let kinds = [
            MeterSilent,
            ReadingRejected,
            LedgerUnreachable,
            LedgerHalted,
            JournalUnwritable,
            ReadingsHeld,
            LimitReached,
            TwoTruths,
            ClockBehind,
        ];
        assert_eq!(described::<Kind>("enum"), kinds.map(|kind| name(&kind)).into());
    }
}
