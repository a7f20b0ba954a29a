//! What the department of a configuration shall be: where simulation and department meet.

#[cfg(feature = "network")]
mod gateway;

#[cfg(feature = "network")]
pub use gateway::{GatewayOptions, gateway};

use {
    campus_energy_department::{
        Founding, MarketPlan, MeterPlan,
        agents::{Agents, Needs, Setting},
    },
    campus_energy_sdk::{
        oracle::state::Limits,
        registry::state::{Role, Zone},
        token::state::MintMode,
        trading::state::BookCapacity,
    },
    campus_energy_simulation::{
        Configuration, MeterProfile,
        configuration::{MarketSection, UserGroup},
    },
};

/// Room for four orders of each of 256 participants, and twice as many seats.
const CAPACITY: BookCapacity = BookCapacity { orders: 1_024, seats: 512 };

/// A configuration's department.
#[must_use]
pub fn founding(configuration: &Configuration, require_signatures: bool, mint_mode: MintMode) -> Founding {
    let mut participants = configuration.roles();
    if participants.is_empty() {
        // Somebody has to own the meters.
        participants.push(Role::Department);
    }
    let meters = configuration.meters();
    let limits_of_meters = configuration.generation_limits(&meters);
    let plan = |(index, (meter, generation_limit)): (usize, (&MeterProfile, u32))| MeterPlan {
        id: meter.id,
        zone: meter.zone,
        owner: index % participants.len(),
        generation_limit,
    };
    let market = &configuration.engineering_department.market;
    let seats = u16::try_from(participants.len() + 1).unwrap_or(u16::MAX).max(CAPACITY.seats);
    Founding {
        prefix: configuration.prefix(),
        limits: limits(configuration),
        require_signatures,
        mint_mode,
        market: market_plan(market, BookCapacity { seats, orders: CAPACITY.orders.max(seats.min(4_096)) }),
        meters: meters.iter().zip(limits_of_meters).enumerate().map(plan).collect(),
        participants,
    }
}

/// The agents of a configuration's department.
#[must_use]
pub fn agents(configuration: &Configuration, plan: &Founding, setting: &Setting) -> Agents {
    let zones: Vec<Zone> = plan.meters.iter().map(|meter| meter.zone).collect();
    let owners: Vec<usize> = plan.meters.iter().map(|meter| meter.owner).collect();
    let users = |zone| configuration.users_of(zone).into_iter().map(UserGroup::role).collect();
    Agents::new(Needs::new(&zones, &owners, &plan.participants, users), setting)
}

fn market_plan(section: &MarketSection, capacity: BookCapacity) -> MarketPlan {
    MarketPlan {
        tariffs: section.tariffs(),
        capacity,
        minimum_lot: section.minimum_lot_wh,
        orders_per_seat: section.orders_per_seat,
        fee: section.fee_basis_points,
    }
}

/// Nobody can mint more than the array can give; what a meter may consume follows the load and its scope. A ledger's limits are above 0:
/// without an array each meter's own limit of 0 Wh holds.
fn limits(configuration: &Configuration) -> Limits {
    Limits {
        max_age: configuration.engineering_department.smart_meters.max_reading_age_s,
        max_skew: 60,
        meter_consumption: configuration.consumption_limit(),
        array_generation: configuration.array_limit().max(1),
        daily_surplus: configuration.daily_surplus_limit().max(1),
    }
}
