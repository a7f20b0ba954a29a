//! The reference: what the system is and what each action does, as docs/market.md says it.

use {
    super::{
        market::{Market, Order, at},
        op::{Entry, Op, Person},
    },
    campus_energy_sdk::{oracle::state::Limits, registry::state::MeterStatus, trading::state::Asset},
    std::collections::{BTreeMap, BTreeSet},
};

/// Base units of a Wh.
pub(super) const WH: u128 = 1_000_000;

/// A meter.
#[derive(Clone, Debug)]
pub struct Meter {
    /// The number in its id.
    pub number: usize,
    /// Whose it is.
    pub owner: Person,
    /// Whether its readings are taken.
    pub status: MeterStatus,
    /// The number of its signing key.
    pub key: usize,
    /// Rises with every new key.
    pub epoch: u32,
    /// Wh in an interval.
    pub limit: u32,
    /// Intervals accepted.
    pub accepted: BTreeSet<i64>,
    /// Energy generated, Wh.
    pub generated: u64,
    /// Energy consumed, Wh.
    pub consumed: u64,
    /// Surplus, Wh.
    pub surplus: u64,
}

/// Totals of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Energy generated, Wh.
    pub generated: u64,
    /// Energy consumed, Wh.
    pub consumed: u64,
    /// Surplus, Wh.
    pub surplus: u64,
    /// Readings.
    pub readings: u64,
}

/// A department: 0 is the walk's own.
#[derive(Clone, Debug)]
pub struct Department {
    /// Programs whose accounts are there: registry, token, trading, oracle.
    pub stage: usize,
    /// Bytes of its book.
    pub book: usize,
    /// Its participants in their order.
    pub participants: Vec<Person>,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct Model {
    /// The ledger's clock.
    pub now: i64,
    /// Who may initialise departments.
    pub upgrade_authority: Person,
    /// Who administers the department.
    pub authority: Person,
    /// Who has been proposed.
    pub pending: Option<Person>,
    /// Whether readings are refused.
    pub paused: bool,
    /// The departments.
    pub departments: Vec<Department>,
    /// The own department's meters.
    pub meters: Vec<Meter>,
    /// Whether minting and retiring are refused.
    pub token_paused: bool,
    /// Whether the ledger's SPL Token cannot mint for many in one call.
    pub legacy: bool,
    /// Whether many are minted for in one call.
    pub batch: bool,
    /// Base units minted, retired, and burned outside Retire.
    pub minted: u128,
    /// See [`Model::minted`].
    pub retired: u128,
    /// See [`Model::minted`].
    pub burned: u128,
    /// Receipts, Wh.
    pub receipts: BTreeMap<(Person, i64), u64>,
    /// The first interval that there can be receipts for.
    pub founded: i64,
    /// Everybody's tokens and money.
    pub wallets: Vec<[u128; 2]>,
    /// Who submits readings.
    pub submitter: Person,
    /// Who has been proposed.
    pub pending_submitter: Option<Person>,
    /// What is plausible.
    pub limits: Limits,
    /// Whether readings must be signed.
    pub require_signatures: bool,
    /// Each interval's totals.
    pub intervals: BTreeMap<i64, Totals>,
    /// The day of the last surplus, and the surplus accepted on it.
    pub day: (i64, u64),
    /// The market.
    pub market: Market,
    /// Bytes of a book when it begins, when it is whole, and by which it grows.
    pub book_lengths: (usize, [usize; 2], usize),
}

impl Model {
    /// The newest interval that has ended: its auction is open.
    #[must_use]
    pub fn open(&self) -> u32 {
        u32::try_from(self.now / 900).expect("a time of now")
    }

    /// The bytes of a department's whole book.
    #[must_use]
    pub fn whole_book(&self, department: usize) -> usize {
        self.book_lengths.1[usize::from(department > 0)]
    }

    /// The order that a Place asks for.
    pub(super) fn order(&self, op: &Op) -> Order {
        let Op::Place { seat, direction, price, energy, expires, .. } = *op else { unreachable!("only for Place") };
        let expires = u32::try_from(expires / 900).unwrap_or(0);
        Order { direction, number: self.market.next_order, seat, price, energy, expires }
    }

    /// Does what nothing is wrong with.
    pub fn apply(&mut self, op: &Op) {
        let open = self.open();
        match *op {
            Op::Time { seconds } => self.now += seconds,
            Op::Submit { timestamp, ref entries, .. } => self.submit(timestamp, entries),
            Op::Configure { limits, require_signatures, .. } => {
                (self.limits, self.require_signatures) = (limits, require_signatures);
            }
            Op::ProposeSubmitter { whom, .. } => self.pending_submitter = whom,
            Op::AcceptSubmitter { by } => (self.submitter, self.pending_submitter) = (by, None),
            Op::ProposeAuthority { whom, .. } => self.pending = whom,
            Op::AcceptAuthority { by } => (self.authority, self.pending) = (by, None),
            Op::RegisterParticipant { department, whom, .. } => self.departments[department].participants.push(whom),
            Op::RegisterMeter { number, owner, limit, .. } => self.meters.push(Meter::new(number, owner, limit)),
            Op::SetMeterStatus { meter, status, .. } => self.meters[meter].status = status,
            Op::RotateMeterKey { meter, key, .. } => {
                self.meters[meter].key = key;
                self.meters[meter].epoch += 1;
            }
            Op::SetMeterLimit { meter, limit, .. } => self.meters[meter].limit = limit,
            Op::PauseRegistry { paused, .. } => self.paused = paused,
            Op::PauseToken { paused, .. } => self.token_paused = paused,
            Op::PauseMarket { paused, .. } => self.market.paused = paused,
            Op::SetMintMode { batch, .. } => self.batch = batch,
            Op::Retire { by, energy, timestamp } => {
                self.wallets[by][0] -= u128::from(energy) * WH;
                self.retired += u128::from(energy) * WH;
                self.receipts.insert((by, timestamp), energy);
            }
            Op::ClaimSeat { by } => {
                let seat = self.departments[0].participants.iter().position(|person| *person == by);
                self.market.seats[seat.expect("a participant")].owner = Some(by);
            }
            Op::Deposit { by, seat, asset, amount } => {
                self.wallets[by][at(asset)] -= u128::from(amount);
                self.market.seats[usize::from(seat)].free[at(asset)] += u128::from(amount);
            }
            Op::Withdraw { seat, asset, amount, to, .. } => {
                self.wallets[to][at(asset)] += u128::from(amount);
                self.market.seats[usize::from(seat)].free[at(asset)] -= u128::from(amount);
            }
            Op::Place { .. } => self.market.place(self.order(op)),
            Op::Cancel { order, .. } => self.market.cancel(order),
            Op::Clear { orders, .. } => self.market.clear(open, orders),
            Op::Grow { department, .. } => {
                let whole = self.whole_book(department);
                let book = &mut self.departments[department].book;
                *book = whole.min(*book + self.book_lengths.2);
            }
            Op::Found { department, stage, .. } => {
                self.departments[department].stage += 1;
                if stage == 2 {
                    self.departments[department].book = self.book_lengths.0;
                }
            }
            Op::Burn { by, amount } => {
                self.wallets[by][0] -= u128::from(amount);
                self.burned += u128::from(amount);
            }
            Op::Transfer { by, asset, amount, to } => {
                self.wallets[by][at(asset)] -= u128::from(amount);
                self.wallets[to][at(asset)] += u128::from(amount);
            }
            Op::Gift { by, asset, amount } => {
                self.wallets[by][at(asset)] -= u128::from(amount);
                self.market.gifts[at(asset)] += u128::from(amount);
            }
            Op::RecordDirectly { .. }
            | Op::MintDirectly { .. }
            | Op::UpdateMarketDirectly { .. }
            | Op::Lamports { .. } => {}
        }
    }

    fn submit(&mut self, timestamp: i64, entries: &[Entry]) {
        let (mut supply, mut demand) = (0, 0);
        let totals = self.intervals.entry(timestamp).or_default();
        for entry in entries {
            let (generated, consumed) = (u64::from(entry.generated), u64::from(entry.consumed));
            let surplus = generated.saturating_sub(consumed);
            let meter = &mut self.meters[entry.meter];
            meter.accepted.insert(timestamp);
            meter.generated += generated;
            meter.consumed += consumed;
            meter.surplus += surplus;
            totals.generated += generated;
            totals.consumed += consumed;
            totals.surplus += surplus;
            totals.readings += 1;
            self.wallets[meter.owner][0] += u128::from(surplus) * WH;
            self.minted += u128::from(surplus) * WH;
            supply += surplus;
            demand += consumed.saturating_sub(generated);
        }
        if supply > 0 {
            let today = self.now / 86_400;
            self.day = (today, supply + if self.day.0 == today { self.day.1 } else { 0 });
        }
        self.market.update(u32::try_from(timestamp / 900).expect("a time of now"), supply, demand);
    }

    /// Base units that an asset's vault must hold.
    #[must_use]
    pub fn vault(&self, asset: Asset) -> u128 {
        let market = &self.market;
        let held = |(index, seat): (usize, &super::market::Seat)| seat.free[at(asset)] + market.locked(index, asset);
        let seats: u128 = market.seats.iter().enumerate().map(held).sum();
        let (money, tokens) = market.clearing.as_ref().map_or((0, 0), |clearing| (clearing.money, clearing.tokens));
        match asset {
            Asset::Energy => seats + market.gifts[0] - tokens,
            Asset::Quote => seats + market.gifts[1] + money,
        }
    }
}

impl Meter {
    /// A new one, which signs with the key of its own number.
    #[must_use]
    pub fn new(number: usize, owner: Person, limit: u32) -> Self {
        let status = MeterStatus::Active;
        let accepted = BTreeSet::new();
        Self { number, owner, status, key: number, epoch: 0, limit, accepted, generated: 0, consumed: 0, surplus: 0 }
    }
}
