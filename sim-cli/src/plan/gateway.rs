//! What a gateway needs of a configuration.

use {
    super::{agents, founding},
    campus_energy_department::{
        LimitName,
        agents::{Bidding, Setting, StrategyName},
    },
    campus_energy_gateway::{BUDGET, Clock, GivenLimits, Setup},
    campus_energy_sdk::token::state::MintMode,
    campus_energy_simulation::Configuration,
};

/// How a gateway works.
#[derive(Clone, Copy, Debug)]
pub struct GatewayOptions {
    /// Seed of the local keys.
    pub seed: u64,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether the configuration's participants trade, as simulated.
    pub traders: bool,
}

/// What a gateway needs to work for a configuration's department.
#[must_use]
pub fn gateway(configuration: &Configuration, options: GatewayOptions) -> Setup {
    let GatewayOptions { seed, clock, traders } = options;
    let founding = founding(configuration, true, MintMode::Batch);
    let market = &configuration.engineering_department.market;
    let setting = Setting {
        strategy: StrategyName::default(),
        bidding: Bidding::WhenSupplied,
        tariffs: market.tariffs(),
        minimum_lot: market.minimum_lot_wh,
        budget: BUDGET,
        seed,
    };
    Setup {
        agents: traders.then(|| agents(configuration, &founding, &setting)),
        time_zone: configuration.engineering_department.site.timezone,
        founding,
        given_limits: given_limits(configuration),
        seed,
        clock,
    }
}

/// The limits that a configuration gives; those on age and skew do not depend on anything else in it.
fn given_limits(configuration: &Configuration) -> GivenLimits {
    let limits = &configuration.engineering_department.limits;
    let oracle = [
        (LimitName::DailySurplus, limits.daily_surplus_kwh.is_some()),
        (LimitName::ArrayGeneration, limits.array_generation_kwh.is_some()),
        (LimitName::MeterConsumption, limits.meter_consumption_kwh.is_some()),
        (LimitName::MaxAge, true),
        (LimitName::MaxSkew, true),
    ];
    GivenLimits {
        oracle: oracle.into_iter().filter(|(_, given)| *given).map(|(limit, _)| limit).collect(),
        meters: limits.meter_generation_kwh.keys().filter_map(|id| id.parse().ok()).collect(),
    }
}
