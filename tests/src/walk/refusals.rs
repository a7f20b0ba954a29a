//! The reference: what the system refuses, in the words of docs/market.md and of the errors' own texts.

use {
    super::{
        market::{Market, Order, at},
        model::{Model, WH},
        op::{Entry, Flaw, Op, Person, Signing},
    },
    campus_energy_sdk::{matching::Direction, registry::state::MeterStatus},
    std::collections::BTreeSet,
};

impl Model {
    /// Every reason for which an action must be refused. Where there is none, it must be accepted.
    #[must_use]
    pub fn reasons(&self, op: &Op) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        let mut when = |wrong: bool, reason: &'static str| {
            if wrong {
                reasons.push(reason);
            }
        };
        let market = &self.market;
        match *op {
            Op::Time { .. } | Op::Lamports { .. } => {}
            Op::Submit { by, timestamp, ref entries, signing } => {
                return self.submission_reasons(by, timestamp, entries, signing);
            }
            Op::Configure { by, limits, .. } => {
                when(by != self.authority, "Account.NotDepartmentAuthority");
                let none = limits.meter_consumption == 0 || limits.array_generation == 0 || limits.daily_surplus == 0;
                when(limits.max_age > 85_500 || limits.max_skew >= 900 || none, "Oracle.InvalidLimits");
            }
            Op::SetMeterStatus { by, meter, .. } => {
                when(by != self.authority, "Account.NotDepartmentAuthority");
                when(self.meters[meter].status == MeterStatus::Retired, "Registry.MeterRetired");
            }
            Op::ProposeSubmitter { by, .. }
            | Op::ProposeAuthority { by, .. }
            | Op::RotateMeterKey { by, .. }
            | Op::SetMeterLimit { by, .. }
            | Op::PauseRegistry { by, .. }
            | Op::PauseToken { by, .. }
            | Op::SetMintMode { by, .. } => when(by != self.authority, "Account.NotDepartmentAuthority"),
            Op::PauseMarket { by, .. } => {
                when(by != self.authority, "Account.NotDepartmentAuthority");
                when(market.clearing.is_some(), "Trading.ClearingInProgress");
            }
            Op::AcceptSubmitter { by } => when(self.pending_submitter != Some(by), "Oracle.NoPendingAuthority"),
            Op::AcceptAuthority { by } => when(self.pending != Some(by), "Registry.NoPendingAuthority"),
            Op::RegisterParticipant { by, department, whom } => {
                let authority = if department == 0 { self.authority } else { self.upgrade_authority };
                let there = &self.departments[department];
                when(there.stage == 0, "Account.Missing");
                when(by != authority, "Account.NotDepartmentAuthority");
                when(there.participants.contains(&whom), "Account.AlreadyExists");
            }
            Op::RegisterMeter { by, number, foreign, owner, .. } => {
                when(by != self.authority, "Account.NotDepartmentAuthority");
                when(!self.departments[0].participants.contains(&owner), "Account.Missing");
                when(foreign, "Registry.InvalidMeterId");
                when(self.meters.iter().any(|meter| meter.number == number), "Account.AlreadyExists");
            }
            Op::Retire { by, energy, timestamp } => {
                let amount = u128::from(energy) * WH;
                when(self.token_paused, "Token.Paused");
                when(energy == 0, "Token.ZeroEnergy");
                when(timestamp <= 0 || timestamp % 900 != 0, "Token.MisalignedTimestamp");
                when(timestamp > self.now, "Token.FutureInterval");
                when(timestamp < self.founded, "Token.BeforeDepartment");
                when(self.receipts.contains_key(&(by, timestamp)), "Token.AlreadyRetired");
                when(amount > u128::from(u64::MAX), "Account.Overflow");
                when(amount > self.wallets[by][0], "Custom(1)");
            }
            Op::ClaimSeat { by } => match self.departments[0].participants.iter().position(|person| *person == by) {
                None => when(true, "Account.Missing"),
                Some(seat) => {
                    when(seat >= market.seats.len(), "Trading.UnknownSeat");
                    when(market.seats.get(seat).is_some_and(|seat| seat.owner.is_some()), "Trading.SeatTaken");
                }
            },
            Op::Deposit { by, seat, asset, amount } => {
                when(market.paused, "Trading.Paused");
                when(amount == 0, "Trading.ZeroAmount");
                when(u128::from(amount) > self.wallets[by][at(asset)], "Custom(1)");
                let held = market
                    .seats
                    .get(usize::from(seat))
                    .map_or(0, |place| place.free[at(asset)] + market.locked(seat.into(), asset));
                when(held + u128::from(amount) > u128::from(u64::MAX), "Trading.BalanceOverflow");
                market.seat_reasons(by, seat, &mut reasons);
            }
            Op::Withdraw { by, seat, asset, amount, .. } => {
                when(amount == 0, "Trading.ZeroAmount");
                let free = market.seats.get(usize::from(seat)).map_or(0, |seat| seat.free[at(asset)]);
                when(u128::from(amount) > free, "Trading.InsufficientFunds");
                market.seat_reasons(by, seat, &mut reasons);
            }
            Op::Place { by, seat, expires, .. } => {
                when(expires <= 0 || expires % 900 != 0, "Trading.MisalignedTimestamp");
                market.seat_reasons(by, seat, &mut reasons);
                market.time_reasons(self.open(), &mut reasons);
                market.order_reasons(&self.order(op), &mut reasons);
            }
            Op::Cancel { by, seat, direction, price, order } => {
                when(price > u64::from(u32::MAX), "Trading.PriceOutOfRange");
                let found = market
                    .orders
                    .iter()
                    .find(|known| known.number == order && known.direction == direction && known.price == price);
                when(found.is_none(), "Trading.UnknownOrder");
                when(found.is_some_and(|order| order.seat != seat), "Trading.NotOrderOwner");
                market.seat_reasons(by, seat, &mut reasons);
                // While the market is paused nobody can clear: funds must not be caught.
                if !market.paused || market.clearing.is_some() {
                    market.time_reasons(self.open(), &mut reasons);
                }
            }
            Op::Clear { orders, .. } => market.clear_reasons(self.open(), orders, &mut reasons),
            Op::Grow { department, .. } => {
                let there = &self.departments[department];
                when(there.stage < 3, "Account.Missing");
                when(there.stage >= 3 && there.book == self.whole_book(department), "Trading.FullyGrown");
            }
            Op::Found { by, department, stage, flaw } => {
                when(by != self.upgrade_authority, "Account.NotUpgradeAuthority");
                when(stage < self.departments[department].stage, "Account.AlreadyExists");
                // Of what was not there when the department was planned, nothing can be initialised.
                when(stage > self.departments[department].stage, "Account.Missing");
                match (stage, flaw) {
                    (0, Flaw::Terms) => when(true, "Registry.InvalidPrefix"),
                    (0, Flaw::Nobody) => when(true, "Registry.InvalidAuthority"),
                    (2, Flaw::Terms) => when(true, "Trading.InvalidTariffs"),
                    (2, Flaw::Nobody) => when(true, "Trading.InvalidCapacity"),
                    (2, Flaw::Fee) => when(true, "Trading.InvalidTerms"),
                    (3, Flaw::Terms) => when(true, "Oracle.InvalidLimits"),
                    (3, Flaw::Nobody) => when(true, "Oracle.InvalidAuthority"),
                    _ => {}
                }
            }
            Op::RecordDirectly { .. } => when(true, "Registry.NotOracle"),
            Op::MintDirectly { ref surplus, .. } => {
                when(surplus.is_empty(), "Token.RecipientCount");
                when(surplus.contains(&0), "Token.ZeroSurplus");
                when(true, "Token.NotMinter");
            }
            Op::UpdateMarketDirectly { timestamp, .. } => {
                when(timestamp <= 0 || timestamp % 900 != 0, "Trading.MisalignedTimestamp");
                when(true, "Trading.NotOracle");
            }
            Op::Burn { by, amount } => when(u128::from(amount) > self.wallets[by][0], "Custom(1)"),
            Op::Transfer { by, asset, amount, .. } | Op::Gift { by, asset, amount } => {
                when(u128::from(amount) > self.wallets[by][at(asset)], "Custom(1)");
            }
        }
        reasons
    }

    fn submission_reasons(&self, by: Person, timestamp: i64, entries: &[Entry], signing: Signing) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        let mut when = |wrong: bool, reason: &'static str| {
            if wrong {
                reasons.push(reason);
            }
        };
        when(by != self.submitter, "Oracle.NotSubmitter");
        when(timestamp <= 0 || timestamp % 900 != 0, "Oracle.MisalignedTimestamp");
        when(timestamp > self.now + i64::from(self.limits.max_skew), "Oracle.FutureReading");
        when(self.now - timestamp > i64::from(self.limits.max_age), "Oracle.StaleReading");
        when(entries.is_empty() || entries.len() > 24, "Oracle.ReadingCount");
        when(signing == Signing::Plain && self.require_signatures, "Oracle.SignatureRequired");
        when(matches!(signing, Signing::OtherKey | Signing::OtherEpoch), "Oracle.WrongSigningKey");
        when(signing == Signing::OtherDeployment, "Oracle.WrongDeployment");
        when(signing == Signing::OtherMeter, "Oracle.WrongMeter");
        when(signing == Signing::Forged, "precompile");
        when(signing == Signing::Unverified, "Oracle.SignatureInstruction");
        when(self.paused, "Registry.Paused");
        let (mut seen, mut generated, mut surplus) = (BTreeSet::new(), 0, 0);
        for entry in entries {
            let meter = &self.meters[entry.meter];
            when(entry.generated > meter.limit, "Oracle.ImplausibleGeneration");
            when(entry.consumed > self.limits.meter_consumption, "Oracle.ImplausibleConsumption");
            when(meter.status != MeterStatus::Active, "Registry.MeterInactive");
            when(meter.accepted.contains(&timestamp) || !seen.insert(entry.meter), "Registry.AlreadyAccepted");
            generated += u64::from(entry.generated);
            surplus += u64::from(entry.generated.saturating_sub(entry.consumed));
        }
        when(surplus > 0 && self.token_paused, "Token.Paused");
        let recipients = entries.iter().filter(|entry| entry.generated > entry.consumed).count();
        when(recipients > 1 && self.batch && self.legacy, "Custom(12)");
        let array = generated + self.intervals.get(&timestamp).map_or(0, |totals| totals.generated);
        when(generated > 0 && array > u64::from(self.limits.array_generation), "Oracle.ImplausibleArray");
        let of_today = if self.day.0 == self.now / 86_400 { self.day.1 } else { 0 };
        when(surplus > 0 && of_today + surplus > self.limits.daily_surplus, "Oracle.DailySurplus");
        reasons
    }
}

impl Market {
    /// What is wrong with somebody's using a seat.
    pub fn seat_reasons(&self, by: Person, seat: u16, reasons: &mut Vec<&'static str>) {
        match self.seats.get(usize::from(seat)).map(|seat| seat.owner) {
            None | Some(None) => reasons.push("Trading.UnknownSeat"),
            Some(Some(owner)) if owner != by => reasons.push("Trading.NotSeatOwner"),
            Some(_) => {}
        }
    }

    /// What is wrong with the time: orders are placed and cancelled while an auction is open.
    pub fn time_reasons(&self, open: u32, reasons: &mut Vec<&'static str>) {
        if self.clearing.is_some() {
            reasons.push("Trading.ClearingInProgress");
        }
        if open > self.cleared + 1 {
            reasons.push("Trading.ClearingDue");
        }
    }

    /// What is wrong with an order, but for seat and time.
    pub fn order_reasons(&self, wanted: &Order, reasons: &mut Vec<&'static str>) {
        let &Order { direction, seat, price, energy, expires, .. } = wanted;
        for (wrong, reason) in [
            (self.paused, "Trading.Paused"),
            (price == 0 || price > 1_000_000_000, "Trading.PriceOutOfRange"),
            (energy < self.minimum_lot, "Trading.BelowMinimumLot"),
            (energy > 1_000_000_000, "Trading.EnergyOutOfRange"),
            (expires <= self.cleared, "Trading.OrderExpired"),
        ] {
            if wrong {
                reasons.push(reason);
            }
        }
        let own: Vec<_> = self.orders.iter().filter(|order| order.seat == seat).collect();
        if own.len() >= self.orders_per_seat {
            reasons.push("Trading.TooManyOrders");
        }
        let crosses = |own: &&Order| match direction {
            Direction::Buy => own.direction == Direction::Sell && own.price <= price,
            Direction::Sell => own.direction == Direction::Buy && own.price >= price,
        };
        if own.iter().any(crosses) {
            reasons.push("Trading.SelfTrade");
        }
        if let Some(place) = self.seats.get(usize::from(seat))
            && place.free[at(wanted.asset())] < wanted.backing(energy)
        {
            reasons.push("Trading.InsufficientFunds");
        }
        if let Err(reason) = self.eviction(wanted) {
            reasons.push(reason);
        }
    }

    /// What is wrong with a Clear.
    pub fn clear_reasons(&self, open: u32, orders: u16, reasons: &mut Vec<&'static str>) {
        for (wrong, reason) in [
            (orders == 0, "Trading.NoOrders"),
            (self.paused, "Trading.Paused"),
            (self.clearing.is_none() && open <= self.cleared + 1, "Trading.AlreadyCleared"),
        ] {
            if wrong {
                reasons.push(reason);
            }
        }
    }
}
