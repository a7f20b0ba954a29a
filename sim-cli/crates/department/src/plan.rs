//! What a department shall be: the plan that a founding carries out and that keys are made for.

use {
    campus_energy_sdk::{
        identity::{MeterId, Prefix},
        oracle::state::Limits,
        registry::state::{Role, Zone},
        token::state::MintMode,
        trading::{
            state::{Capacity, Terms},
            tariffs::Tariffs,
        },
        units::Money,
    },
    std::collections::BTreeSet,
};

/// What a department shall be.
#[derive(Clone, Debug)]
pub struct Founding {
    /// What its meters' ids begin with.
    pub prefix: Prefix,
    /// What readings are plausible.
    pub limits: Limits,
    /// Whether meters must sign.
    pub require_signatures: bool,
    /// How the ledger's SPL Token mints for many.
    pub mint_mode: MintMode,
    /// What its market shall be.
    pub market: MarketPlan,
    /// Who takes part, in order. The department itself comes after them.
    pub participants: Vec<Role>,
    /// What meters there are, in order.
    pub meters: Vec<MeterPlan>,
}

impl Founding {
    /// A budget for each participant who owns no meter, and so buys.
    pub fn buyers(&self, budget: Money) -> impl Fn(usize) -> Money {
        let owners: BTreeSet<usize> = self.meters.iter().map(|meter| meter.owner).collect();
        move |index| if owners.contains(&index) { Money::ZERO } else { budget }
    }
}

/// A meter to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterPlan {
    /// Its name.
    pub id: MeterId,
    /// Where it measures.
    pub zone: Zone,
    /// Its owner's number among the participants.
    pub owner: usize,
    /// The most that it can generate in one interval, Wh.
    pub generation_limit: u32,
}

/// What a market shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketPlan {
    /// What the grid asks and pays.
    pub tariffs: Tariffs,
    /// How many orders and seats it has.
    pub capacity: Capacity,
    /// The least energy of an order, Wh.
    pub minimum_lot: u32,
    /// Orders that a seat can have in the book.
    pub orders_per_seat: u16,
    /// What a seller pays of the value, basis points.
    pub fee: u16,
}

impl MarketPlan {
    /// Its terms; the treasury is the seat after the participants'.
    #[must_use]
    pub fn terms(&self, participants: usize) -> Terms {
        let treasury = u16::try_from(participants).unwrap_or(u16::MAX);
        Terms { minimum_lot: self.minimum_lot, orders_per_seat: self.orders_per_seat, fee: self.fee, treasury }
    }
}
