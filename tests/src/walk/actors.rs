//! Who does what: honest and hostile actors choose actions by chance, most of them possible.

use {
    super::{
        PEOPLE,
        market::at,
        model::Model,
        op::{Entry, Fault, Flaw, Op, Person, Signing},
    },
    crate::campus::LIMITS,
    campus_energy_sdk::{
        matching::Direction, oracle::state::Limits, registry::state::MeterStatus, trading::state::Asset,
    },
    rand::{Rng, seq::IndexedRandom},
    rand_chacha::ChaCha8Rng,
};

/// Prices that orders often have, so that they meet.
const PRICES: [u64; 7] = [2_200_000, 2_900_000, 3_400_000, 3_400_001, 4_000_000, 5_000_000, 5_798_200];

/// Chooses by chance.
pub struct Actors {
    /// Chance.
    pub rng: ChaCha8Rng,
}

impl Actors {
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.rng.random_ratio(1, times)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    pub(super) fn anybody(&mut self) -> Person {
        self.below(PEOPLE)
    }

    /// This one, or now and then anybody.
    fn mostly(&mut self, person: Person) -> Person {
        if self.one_in(10) { self.anybody() } else { person }
    }

    pub(super) fn asset(&mut self) -> Asset {
        if self.one_in(2) { Asset::Energy } else { Asset::Quote }
    }

    /// A part of an amount; now and then nothing, more, or far too much.
    fn part(&mut self, amount: u128) -> u64 {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        match self.below(40) {
            0 => 0,
            1 => amount.saturating_add(1),
            2 => u64::MAX,
            3..8 => amount,
            _ if amount > 0 => self.rng.random_range(1..=amount),
            _ => 1,
        }
    }

    /// The end of an interval near now; now and then none, or one far away.
    fn timestamp(&mut self, model: &Model) -> i64 {
        let newest = i64::from(model.open()) * 900;
        match self.below(40) {
            0 => newest + 1,
            1 => -900,
            2 => newest + 900 * self.rng.random_range(1..4),
            3 => newest - 900 * self.rng.random_range(5..200),
            4..24 => newest,
            _ => newest - 900 * self.rng.random_range(0..4),
        }
    }

    /// The next action, and what is wrong with its transaction.
    pub fn choose(&mut self, model: &Model) -> (Op, Fault) {
        let op = self.action(model);
        let fault = if self.one_in(12) { self.fault(&op, model) } else { Fault::None };
        (op, fault)
    }

    fn action(&mut self, model: &Model) -> Op {
        let market = &model.market;
        let is_due = model.open() > market.cleared + 1;
        if market.clearing.is_some() && self.one_in(2) || is_due && !market.paused && self.one_in(4) {
            let orders = self.rng.random_range(0..12);
            return Op::Clear { by: self.anybody(), orders };
        }
        // What is paused is soon resumed, so that the walk goes on.
        let by = model.authority;
        for (paused, resume) in [
            (market.paused, Op::PauseMarket { by, paused: false }),
            (model.paused, Op::PauseRegistry { by, paused: false }),
            (model.token_paused, Op::PauseToken { by, paused: false }),
        ] {
            if paused && self.one_in(20) {
                return resume;
            }
        }
        match self.below(100) {
            0..4 => Op::Time { seconds: self.seconds(model) },
            4..22 => self.submission(model),
            22..50 => self.order(model),
            50..57 => self.cancellation(model),
            57..66 => self.deposit(model),
            66..72 => self.withdrawal(model),
            72..75 => {
                let by = self.anybody();
                Op::Retire { by, energy: self.part(model.wallets[by][0] / 1_000_000), timestamp: self.timestamp(model) }
            }
            75..77 => Op::Clear { by: self.anybody(), orders: self.rng.random_range(0..40) },
            77..81 => self.administration(model),
            81..84 => Op::ClaimSeat { by: self.anybody() },
            84..87 => {
                let (by, asset, to) = (self.anybody(), self.asset(), self.anybody());
                Op::Transfer { by, asset, amount: self.part(model.wallets[by][at(asset)] / 20), to }
            }
            87 => {
                let (by, asset) = (self.anybody(), self.asset());
                Op::Gift { by, asset, amount: self.part(model.wallets[by][at(asset)] / 1_000) }
            }
            88 => {
                let by = self.anybody();
                Op::Burn { by, amount: self.part(model.wallets[by][0] / 20) }
            }
            89 => Op::Lamports { by: self.anybody(), place: self.below(400) },
            90 => Op::RecordDirectly { by: self.anybody() },
            91 => {
                let surplus = (0..self.below(3)).map(|_| self.rng.random_range(0..3)).collect();
                Op::MintDirectly { by: self.anybody(), surplus }
            }
            92 => Op::UpdateMarketDirectly { by: self.anybody(), timestamp: self.timestamp(model) },
            93 => Op::AcceptSubmitter { by: self.mostly_whom(model.pending_submitter) },
            94 => Op::AcceptAuthority { by: self.mostly_whom(model.pending) },
            95..98 => self.founding(model),
            _ => Op::Grow { by: self.anybody(), department: self.below(model.departments.len()) },
        }
    }

    fn mostly_whom(&mut self, person: Option<Person>) -> Person {
        let anybody = self.anybody();
        person.map_or(anybody, |person| self.mostly(person))
    }

    fn seconds(&mut self, model: &Model) -> i64 {
        let to_next = 900 - model.now % 900;
        match self.below(20) {
            0..8 => self.rng.random_range(1..200),
            8..17 => to_next + self.rng.random_range(0..20),
            17 => to_next + 900 * self.rng.random_range(1..5),
            18 => 900 * self.rng.random_range(5..40),
            _ if self.one_in(4) => 900 * self.rng.random_range(90..300),
            _ => self.rng.random_range(1..2_000),
        }
    }

    fn submission(&mut self, model: &Model) -> Op {
        let by = self.mostly(model.submitter);
        let timestamp = self.timestamp(model);
        let mut count = self.rng.random_range(1..=4);
        let signing = match self.below(20) {
            0..10 if !model.require_signatures => Signing::Plain,
            0 => Signing::Plain,
            1 => *[
                Signing::OtherKey,
                Signing::OtherEpoch,
                Signing::OtherDeployment,
                Signing::OtherMeter,
                Signing::Forged,
                Signing::Unverified,
            ]
            .choose(&mut self.rng)
            .unwrap_or(&Signing::Forged),
            _ => Signing::Signed,
        };
        if signing != Signing::Plain {
            count = count.min(2);
        }
        if self.one_in(60) {
            count = 0;
        }
        let fits = |meter: &&usize| {
            let meter = &model.meters[**meter];
            !meter.accepted.contains(&timestamp) && meter.status == MeterStatus::Active
        };
        let all: Vec<usize> = (0..model.meters.len()).collect();
        let fresh: Vec<usize> = all.iter().filter(fits).copied().collect();
        let pool = if fresh.is_empty() || self.one_in(8) { &all } else { &fresh };
        let mut entries = Vec::new();
        let mut chosen: Vec<usize> = pool.choose_multiple(&mut self.rng, count).copied().collect();
        if self.one_in(60) {
            chosen.extend(chosen.first().copied());
        }
        for meter in chosen {
            let limit = model.meters[meter].limit;
            let generated = match self.below(60) {
                0 => limit.saturating_add(1),
                1 => limit,
                2..20 => 0,
                _ => self.rng.random_range(0..=limit),
            };
            let consumed = match self.below(60) {
                0 => model.limits.meter_consumption.saturating_add(1),
                1 => generated.min(model.limits.meter_consumption),
                _ => self.rng.random_range(0..=model.limits.meter_consumption.min(6_000)),
            };
            entries.push(Entry { meter, generated, consumed, estimated: self.one_in(10) });
        }
        Op::Submit { by, timestamp, entries, signing }
    }

    /// Somebody with a seat, mostly their own.
    fn trader(&mut self, model: &Model) -> (Person, u16) {
        let taken = |(index, seat): (usize, &super::market::Seat)| Some((seat.owner?, u16::try_from(index).ok()?));
        let seats: Vec<(Person, u16)> = model.market.seats.iter().enumerate().filter_map(taken).collect();
        let (mut by, mut seat) = seats.choose(&mut self.rng).copied().unwrap_or((0, 0));
        match self.below(40) {
            0 => by = self.anybody(),
            1 => seat = self.rng.random_range(0..20),
            _ => {}
        }
        (by, seat)
    }

    fn order(&mut self, model: &Model) -> Op {
        let (by, seat) = self.trader(model);
        let direction = if self.one_in(2) { Direction::Buy } else { Direction::Sell };
        let price = match self.below(60) {
            0 => 0,
            1 => 1_000_000_001,
            2 => u64::MAX,
            3 => 1_000_000_000,
            4..40 => *PRICES.choose(&mut self.rng).unwrap_or(&1),
            _ => self.rng.random_range(2_000_000..6_000_000),
        };
        let energy = match self.below(60) {
            0 => 0,
            1 => model.market.minimum_lot - 1,
            2 => 1_000_000_001,
            3 => u64::MAX,
            4 => 1_000_000_000,
            5..20 => 1_000,
            _ => self.rng.random_range(model.market.minimum_lot..3_000),
        };
        let next = i64::from(model.market.cleared + 1) * 900;
        let expires = match self.below(60) {
            0 => next + 450,
            1 => next - 900,
            2 => -900,
            3..40 => next,
            _ => next + 900 * self.rng.random_range(0..4),
        };
        Op::Place { by, seat, direction, price, energy, expires }
    }

    fn cancellation(&mut self, model: &Model) -> Op {
        let (mut by, mut seat) = self.trader(model);
        let Some(order) = model.market.orders.choose(&mut self.rng) else {
            return Op::Cancel { by, seat, direction: Direction::Buy, price: 1, order: 0 };
        };
        let (mut price, mut number) = (order.price, order.number);
        match self.below(40) {
            0..4 => {}
            4 => price += 1,
            5 => price += 1 << 32,
            6 => number += 1_000,
            _ => {
                seat = order.seat;
                by = model.market.seats[usize::from(seat)].owner.unwrap_or(by);
            }
        }
        Op::Cancel { by, seat, direction: order.direction, price, order: number }
    }

    fn deposit(&mut self, model: &Model) -> Op {
        let (by, seat) = self.trader(model);
        let asset = self.asset();
        let mut amount = self.part(model.wallets[by][at(asset)]);
        if asset == Asset::Quote && amount < u64::MAX {
            amount /= 8;
        }
        Op::Deposit { by, seat, asset, amount }
    }

    fn withdrawal(&mut self, model: &Model) -> Op {
        let (by, seat) = self.trader(model);
        let asset = self.asset();
        let free = model.market.seats.get(usize::from(seat)).map_or(0, |seat| seat.free[at(asset)]);
        let to = if self.one_in(3) { self.anybody() } else { by };
        Op::Withdraw { by, seat, asset, amount: self.part(free / 2), to }
    }

    fn administration(&mut self, model: &Model) -> Op {
        let by = self.mostly(model.authority);
        let meter = self.below(model.meters.len());
        let whom = if self.one_in(5) { None } else { Some(self.anybody()) };
        let now = |paused: bool, actors: &mut Self| if paused { actors.one_in(8) } else { actors.one_in(3) };
        match self.below(18) {
            0 => Op::Configure { by, limits: self.limits(), require_signatures: self.one_in(4) },
            15 if self.one_in(2) => Op::Configure { by, limits: self.limits(), require_signatures: false },
            1 => Op::ProposeSubmitter { by, whom },
            2 => Op::ProposeAuthority { by, whom },
            3 | 4 => {
                let department = if self.one_in(4) { self.below(model.departments.len()) } else { 0 };
                let by = if department > 0 { self.mostly(model.upgrade_authority) } else { by };
                Op::RegisterParticipant { by, department, whom: self.anybody() }
            }
            5 => {
                let number = if self.one_in(3) { self.below(90) } else { model.meters.len() + 1 };
                let (foreign, limit) = (self.one_in(8), self.rng.random_range(0..20_000));
                Op::RegisterMeter { by, number, foreign, owner: self.anybody(), limit }
            }
            6 | 7 => {
                let status = match self.below(12) {
                    0 if meter >= 3 => MeterStatus::Retired,
                    1..4 => MeterStatus::Suspended,
                    _ => MeterStatus::Active,
                };
                Op::SetMeterStatus { by, meter, status }
            }
            8 => Op::RotateMeterKey { by, meter, key: self.below(1_000) },
            9 | 10 => Op::SetMeterLimit { by, meter, limit: self.rng.random_range(0..30_000) },
            11 | 12 => Op::PauseRegistry { by, paused: now(model.paused, self) },
            13 | 14 => Op::PauseToken { by, paused: now(model.token_paused, self) },
            15 => Op::SetMintMode { by, batch: self.one_in(2) },
            _ => Op::PauseMarket { by, paused: now(model.market.paused, self) },
        }
    }

    fn limits(&mut self) -> Limits {
        let mut limits = LIMITS;
        match self.below(10) {
            0 => limits.max_skew = 900,
            1 => limits.max_age = 85_501,
            2 => limits.daily_surplus = 0,
            3 => limits.daily_surplus = self.rng.random_range(1..300_000),
            4 => limits.array_generation = self.rng.random_range(1..60_000),
            5 => limits.meter_consumption = self.rng.random_range(1..6_000),
            6 => limits.max_age = self.rng.random_range(0..85_500),
            7 => limits.max_skew = self.rng.random_range(0..900),
            _ => {}
        }
        limits
    }

    fn founding(&mut self, model: &Model) -> Op {
        let by = self.mostly(model.upgrade_authority);
        // The newest department is finished before another is begun.
        let newest = model.departments.len() - 1;
        let department = if self.one_in(4) { self.below(newest + 1) } else { newest };
        let stage = model.departments[department].stage;
        let stage = if stage == 4 || stage > 0 && self.one_in(4) { self.below(stage) } else { stage };
        let flaw = match self.below(6) {
            0 => Flaw::Terms,
            1 => Flaw::Nobody,
            2 if stage == 2 => Flaw::Fee,
            _ => Flaw::None,
        };
        Op::Found { by, department, stage, flaw }
    }
}
