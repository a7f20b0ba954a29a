//! What a configuration's department shall be, and an embedded ledger for it.

use {
    super::{Founding, Keys, MarketPlan, MeterPlan},
    crate::simulation::{Configuration, MeterProfile, configuration::MarketSection},
    campus_energy_sdk::{
        ledger::{Embedded, LedgerError, SplToken},
        oracle::state::Limits,
        registry::state::Role,
        token::state::MintMode,
        trading::state::Capacity,
        units::Money,
    },
    solana_signer::Signer,
    std::collections::BTreeSet,
};

/// Room for four orders of each of 256 participants, and twice as many seats.
const CAPACITY: Capacity = Capacity { orders: 1_024, seats: 512 };
/// Lamports for the keys that pay: plenty for a decade of fees on a ledger of one's own.
const LAMPORTS: u64 = 100_000_000_000_000;
/// Lamports for a trader: a decade of an order in every interval and a receipt a day.
const TRADER_LAMPORTS: u64 = 20_000_000_000;

impl Founding {
    /// A configuration's department.
    #[must_use]
    pub fn of(configuration: &Configuration, require_signatures: bool, mint_mode: MintMode) -> Self {
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
        Self {
            prefix: configuration.prefix(),
            limits: limits(configuration),
            require_signatures,
            mint_mode,
            market: market_plan(market, Capacity { seats, orders: CAPACITY.orders.max(seats.min(4_096)) }),
            meters: meters.iter().zip(limits_of_meters).enumerate().map(plan).collect(),
            participants,
        }
    }

    /// A budget for each participant who owns no meter, and so buys.
    pub fn buyers(&self, budget: Money) -> impl Fn(usize) -> Money {
        let owners: BTreeSet<usize> = self.meters.iter().map(|meter| meter.owner).collect();
        move |index| if owners.contains(&index) { Money::ZERO } else { budget }
    }
}

fn market_plan(section: &MarketSection, capacity: Capacity) -> MarketPlan {
    MarketPlan {
        tariffs: section.tariffs(),
        capacity,
        minimum_lot: section.minimum_lot_wh,
        orders_per_seat: section.orders_per_seat,
        fee: section.fee_basis_points,
    }
}

/// Intervals of generation at full capacity whose surplus can be minted in one UTC day: half a day's, far more than the sun
/// gives, and enough for the day before as well where a gateway was away.
const DAILY_INTERVALS: u64 = 48;

/// Nobody can mint more than the array can give, and no meter takes four times its zone's base.
fn limits(configuration: &Configuration) -> Limits {
    let array = configuration.array_limit();
    Limits {
        max_age: 3_600,
        max_skew: 60,
        meter_consumption: configuration.consumption_limit(),
        array_generation: array,
        daily_surplus: u64::from(array) * DAILY_INTERVALS,
    }
}

/// A new embedded ledger on which a seed's keys have lamports.
///
/// # Errors
/// [`LedgerError`].
pub fn embedded_ledger(keys: Keys, participants: usize, spl_token: SplToken) -> Result<Embedded, LedgerError> {
    let mut ledger = Embedded::new(&keys.authority().pubkey(), spl_token)?;
    for key in [keys.authority(), keys.submitter()] {
        ledger.airdrop(&key.pubkey(), LAMPORTS)?;
    }
    for index in 0..participants {
        ledger.airdrop(&keys.participant(index).pubkey(), TRADER_LAMPORTS)?;
    }
    Ok(ledger)
}
