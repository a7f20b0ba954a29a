//! What a journal belongs to: the department as it was founded. Everything else in the configuration, such as holidays, the weather or
//! the loads, may change between two starts of a gateway. Limits that follow from the configuration's installation and loads stay as the
//! journal has them: the department is founded with those.

use {
    super::{
        Setup,
        journal::{Difference, Identity, JournalError},
    },
    campus_energy_department::{Founding, LimitName, MarketPlan, MeterPlan},
    campus_energy_sdk::{identity::MeterId, reading::DeploymentId, registry::state::Role},
    std::collections::BTreeSet,
    tracing::warn,
};

/// The limits that a configuration gives. The others of its department follow from its installation and loads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenLimits {
    /// Those of the oracle.
    pub oracle: Vec<LimitName>,
    /// The meters whose generation is limited.
    pub meters: BTreeSet<MeterId>,
}

impl GivenLimits {
    /// The names of the limits that are not given.
    fn others(&self, founding: &Founding) -> BTreeSet<String> {
        let oracle = LimitName::ALL.into_iter().filter(|limit| !self.oracle.contains(limit)).map(limit_key);
        let meters = founding.meters.iter().map(|meter| meter.id).filter(|id| !self.meters.contains(id));
        oracle.chain(meters.map(|id| generation_key(&id))).collect()
    }
}

/// The limit on age of every embedded ledger before it could be configured, s.
const FORMER_MAX_AGE: u64 = 3_600;
/// Limits that a warning names, at most.
const NAMED: usize = 8;

/// What the journal of this gateway belongs to. A cluster has the department on it, and `join` has compared it there: only which one
/// it is counts. An embedded ledger is founded anew at every start, and must be founded as before.
pub(super) fn identity(setup: &Setup, cluster: Option<DeploymentId>) -> Identity {
    let named = |(key, value): (&str, String)| (key.to_string(), value);
    if let Some(deployment) = cluster {
        return Identity {
            now: vec![named(("ledger", hex::encode(deployment)))],
            formerly: Vec::new(),
            kept: BTreeSet::new(),
        };
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
    Identity {
        now,
        formerly: vec![(limit_key(max_age), format!("{FORMER_MAX_AGE} {}", max_age.unit()))],
        kept: setup.given_limits.others(&setup.founding),
    }
}

/// Gives a founding the limits that the journal has, so that a replay begins with the same ledger. Warns of those that are lower than
/// what follows from the configuration now.
///
/// # Errors
/// [`JournalError::Foreign`] where the journal's value is no limit.
pub(super) fn keep_limits(founding: &mut Founding, differences: &[Difference]) -> Result<(), JournalError> {
    let mut lower = Vec::new();
    for difference in differences {
        let wrong = || JournalError::Foreign(vec![difference.clone()]);
        let (was, now) = (leading(&difference.was).ok_or_else(wrong)?, leading(&difference.now).ok_or_else(wrong)?);
        if let Some(limit) = LimitName::ALL.into_iter().find(|limit| limit_key(*limit) == difference.key) {
            limit.set(&mut founding.limits, was).map_err(|_| wrong())?;
        } else {
            let meter = founding.meters.iter_mut().find(|meter| generation_key(&meter.id) == difference.key);
            meter.ok_or_else(wrong)?.generation_limit = u32::try_from(was).map_err(|_| wrong())?;
        }
        if was < now {
            lower.push(format!("{} {}, and {} now", difference.key, difference.was, difference.now));
        }
    }
    if !lower.is_empty() {
        let more = match lower.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        lower.truncate(NAMED);
        let named = lower.join("; ") + &more;
        warn!(
            "the ledger was founded with limits below those that follow from the configuration now, and keeps them unless `sim-cli limits \
             set` or `set-meter` has raised them: {named}"
        );
    }
    Ok(())
}

/// The number before a unit.
fn leading(value: &str) -> Option<u64> {
    value.split(' ').next()?.parse().ok()
}

fn limit_key(limit: LimitName) -> String {
    format!("limit {}", limit.name())
}

fn generation_key(meter: &MeterId) -> String {
    format!("generation_limit of meter {meter}")
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
    facts.extend(meters.iter().flat_map(|MeterPlan { id, zone, owner, generation_limit }| {
        [
            (format!("meter {id}"), format!("(zone {}, owner {owner})", zone.name())),
            (generation_key(id), format!("{generation_limit} Wh")),
        ]
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
