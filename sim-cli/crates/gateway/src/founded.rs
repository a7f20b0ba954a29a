//! What a journal belongs to: the department as it was founded. Everything else in the configuration, such as holidays, the weather or
//! the loads, may change between two starts of a gateway.

use {
    super::{Setup, journal::Identity},
    campus_energy_department::{Founding, LimitName, MarketPlan, MeterPlan},
    campus_energy_sdk::{reading::DeploymentId, registry::state::Role},
};

/// The limit on age of every embedded ledger before it could be configured, s.
const FORMER_MAX_AGE: u64 = 3_600;

/// What the journal of this gateway belongs to. A cluster has the department on it, and `join` has compared it there: only which one
/// it is counts. An embedded ledger is founded anew at every start, and must be founded as before.
pub(super) fn identity(setup: &Setup, cluster: Option<DeploymentId>) -> Identity {
    let named = |(key, value): (&str, String)| (key.to_string(), value);
    if let Some(deployment) = cluster {
        return Identity { now: vec![named(("ledger", hex::encode(deployment)))], formerly: Vec::new() };
    }
    let mut now: Vec<_> = [
        ("ledger", "embedded".into()),
        ("seed", setup.seed.to_string()),
        ("traders", setup.agents.is_some().to_string()),
    ]
    .map(named)
    .into();
    now.extend(facts(&setup.founding));
    let max_age = LimitName::MaxAge;
    Identity { now, formerly: vec![(limit_key(max_age), format!("{FORMER_MAX_AGE} {}", max_age.unit()))] }
}

fn limit_key(limit: LimitName) -> String {
    format!("limit {}", limit.name())
}

/// Everything of a founding that is on the ledger, as names and values.
fn facts(founding: &Founding) -> Vec<(String, String)> {
    let Founding { prefix, limits, require_signatures, mint_mode, market, participants, meters } = founding;
    let MarketPlan { tariffs, capacity, minimum_lot, orders_per_seat, fee } = market;
    let mut facts: Vec<(String, String)> = [
        ("prefix", prefix.to_string()),
        ("require_signatures", require_signatures.to_string()),
        ("mint_mode", format!("{mint_mode:?}").to_lowercase()),
        ("participants", roles(participants)),
        ("market feed_in_tariff", format!("{} baht/kWh", decimal(tariffs.feed_in.0))),
        ("market retail_tariff", format!("{} baht/kWh", decimal(tariffs.retail.0))),
        ("market orders_per_side", capacity.orders.to_string()),
        ("market seats", capacity.seats.to_string()),
        ("market minimum_lot_wh", format!("{minimum_lot} Wh")),
        ("market orders_per_seat", orders_per_seat.to_string()),
        ("market fee_basis_points", fee.to_string()),
        ("meters", meters.len().to_string()),
    ]
    .map(|(key, value)| (key.to_string(), value))
    .into();
    facts.extend(LimitName::ALL.map(|limit| (limit_key(limit), format!("{} {}", limit.of(limits), limit.unit()))));
    facts.extend(meters.iter().map(|MeterPlan { id, zone, owner, generation_limit }| {
        let zone = zone.name();
        (format!("meter {id}"), format!("(zone {zone}, owner {owner}, generation_limit {generation_limit} Wh)"))
    }));
    facts
}

/// Base units of the quote mint as baht.
fn decimal(base_units: u64) -> rust_decimal::Decimal {
    rust_decimal::Decimal::from_i128_with_scale(base_units.into(), 6).normalize()
}

/// Roles in their order, each with how many follow each other.
fn roles(participants: &[Role]) -> String {
    let runs = participants.chunk_by(|first, second| first == second);
    let named = runs.map(|run| format!("{} {}", run.len(), format!("{:?}", run[0]).to_lowercase()));
    format!("({})", named.collect::<Vec<_>>().join(", "))
}
