//! The market's day, on any ledger and by any clock. When an interval has ended, the auction of the one before is cleared and the
//! agents learn what became of their orders; then they place orders for the interval that has ended. When the auction of a local
//! day's last interval has been cleared, the day ends: buyers retire what they have bought, sellers take their money home.
//!
//! Whoever has the clock calls [`MarketDay::interval`] once for each interval, or its two halves, [`MarketDay::close`] and
//! [`MarketDay::place`], where something is to be done between them. What has been cleared and whether a day has ended is read from the
//! market's book, so a process that begins in the middle of a day goes on with it. A refused order is the trader's matter and stops
//! nothing; a ledger that does not answer does.

mod outcomes;
mod transactions;

pub use transactions::{Sending, order};

use {
    crate::{
        Department, SettlementError, Wallets,
        agents::{Agents, Wish},
        audit::SettledOrder,
    },
    campus_energy_sdk::{
        ledger::{Ledger, LedgerError},
        reading::Metered,
        time::Interval,
        trading::state::{Book, IntervalRecord, interval_end},
        units::Energy,
    },
    chrono::{DateTime, NaiveTime, TimeDelta},
    chrono_tz::Tz,
    outcomes::OpenOrders,
    solana_keypair::Keypair,
    transactions::{Clearings, Sent, book, clear_before, is_clearing, send_drafts, take_home, unusable},
};

/// Who signs in the market.
#[derive(Clone, Copy)]
pub struct MarketWallets<'a> {
    /// Pays for clearings.
    pub submitter: &'a Keypair,
    /// The seats' owners, by the seat's number.
    pub participants: &'a [Keypair],
}

impl<'a> MarketWallets<'a> {
    /// Those of all wallets.
    #[must_use]
    pub fn of(wallets: &'a Wallets) -> Self {
        Self { submitter: &wallets.submitter, participants: &wallets.participants }
    }
}

/// What became of an interval's orders when they were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// Orders that the ledger took.
    pub placed: u64,
    /// Those that were refused.
    pub refused: u64,
}

/// A local day that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayEnd {
    /// Its last interval, which the receipts name.
    pub last: Interval,
    /// Seats that were settled: tokens retired or taken home, money taken home.
    pub settled: u64,
    /// Seats whose settlement was refused; the next day's end includes what they hold.
    pub refused: u64,
}

/// What closing an auction has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// What became of the agents' orders, which they have learned: bids first, best first.
    pub outcomes: Vec<SettledOrder>,
    /// The day that ended with it, if one did.
    pub day: Option<DayEnd>,
    /// Why the ledger refused to clear, if it did: a paused market, for example.
    pub refusal: Option<LedgerError>,
}

/// Who trades, and how far their day has come.
pub struct MarketDay {
    agents: Agents,
    zone: Tz,
    sending: Sending,
    /// Number of the newest cleared interval, as of the last look.
    cleared: Option<u32>,
    /// Orders that have been sent and not been looked for in the book.
    sent: Option<(Interval, Vec<Wish>)>,
    /// Orders in the book whose outcome the agents have not learned.
    open: Option<OpenOrders>,
}

impl MarketDay {
    /// These agents, whose days are those of a time zone.
    #[must_use]
    pub fn new(agents: Agents, zone: Tz, sending: Sending) -> Self {
        Self { agents, zone, sending, cleared: None, sent: None, open: None }
    }

    /// An interval has ended, and the ledger has its readings, given in the order of the meters: the auction of the one before is
    /// closed, and this one's is traded.
    ///
    /// # Errors
    /// Those of [`Self::close`] and [`Self::place`].
    pub fn interval(
        &mut self,
        ledger: &mut impl Ledger,
        department: &Department,
        wallets: &MarketWallets,
        interval: Interval,
        readings: &[Metered],
    ) -> Result<(Closed, Traded), SettlementError> {
        let closed = self.close(ledger, department, wallets, interval)?;
        Ok((closed, self.place(ledger, department, wallets, interval, readings)?))
    }

    /// Clears the auctions of the intervals before `next`, as far as nobody else has; the agents learn from the outcomes, and a day that
    /// is over is settled.
    ///
    /// # Errors
    /// Those of the ledger, but for refusals; the next call goes on.
    pub fn close(
        &mut self,
        ledger: &mut impl Ledger,
        department: &Department,
        wallets: &MarketWallets,
        next: Interval,
    ) -> Result<Closed, LedgerError> {
        let mut book = book(ledger, department)?;
        self.find_orders(department, &mut book)?;
        let before = *self.cleared.get_or_insert(Book::FIELDS.cleared.get(&book));
        let Clearings { mut book, refusal } = clear_before(ledger, department, wallets, book, next)?;
        let mut closed = Closed { refusal, ..Closed::default() };
        if let Some(open) = self.open.take_if(|open| open.are_settled(&book)) {
            let market = ledger.account(&department.addresses.market)?;
            let market = market.map_or_else(Vec::new, |account| account.data);
            closed.outcomes =
                open.outcomes(&mut book, &market).map_err(|error| unusable(department, error.0))?.unwrap_or_default();
            closed.outcomes.iter().for_each(|order| self.agents.learn(order));
        }
        let after = Book::FIELDS.cleared.get(&book);
        if let Some(last) = day_between(self.zone, before, after) {
            let drafts = take_home(department, wallets, &mut book, last)?;
            let Sent { executed: settled, refused } = send_drafts(ledger, &drafts, self.sending)?;
            closed.day = Some(DayEnd { last, settled, refused });
        }
        self.cleared = Some(after);
        Ok(closed)
    }

    /// Places the agents' orders for an interval's auction, which must be open.
    ///
    /// # Errors
    /// [`SettlementError`], but for the refusals of orders, which are counted; orders that were sent before stay.
    pub fn place(
        &mut self,
        ledger: &mut impl Ledger,
        department: &Department,
        wallets: &MarketWallets,
        interval: Interval,
        readings: &[Metered],
    ) -> Result<Traded, SettlementError> {
        let market = ledger.account(&department.addresses.market)?;
        let record = market.and_then(|account| IntervalRecord::of(&account.data, interval));
        let supply = record.map_or(Energy::ZERO, |record| record.supply);
        let wishes = self.agents.wishes(readings, supply);
        if wishes.is_empty() {
            return Ok(Traded::default());
        }
        let drafts = wishes.iter().map(|wish| order(department, wallets, interval, wish));
        let drafts: Vec<_> = drafts.collect::<Result<_, _>>()?;
        self.sent = Some((interval, wishes));
        let Sent { executed: placed, refused } = send_drafts(ledger, &drafts, self.sending)?;
        self.find_orders(department, &mut book(ledger, department)?)?;
        Ok(Traded { placed, refused })
    }

    /// Looks for the orders that have been sent, while their auction is open.
    fn find_orders(&mut self, department: &Department, book: &mut [u8]) -> Result<(), LedgerError> {
        let Some((interval, wishes)) = self.sent.take() else { return Ok(()) };
        if !is_clearing(book) && !transactions::is_cleared(book, interval) {
            let found = OpenOrders::find(book, interval, &wishes).map_err(|error| unusable(department, error.0))?;
            // Where all were refused, those of an earlier auction may still be in the book.
            if !found.is_empty() {
                self.open = Some(found);
            }
        }
        Ok(())
    }
}

/// The last interval of the local day that ended while auctions were cleared: those of the intervals with numbers above `before`, up to
/// `after`. Where several days did, the first: only its last auctions had orders.
fn day_between(zone: Tz, before: u32, after: u32) -> Option<Interval> {
    let midnight = day_end(zone, interval_end(before.saturating_add(1)))?;
    (midnight <= interval_end(after)).then(|| Interval::ending_at(midnight)).flatten()
}

/// The end of the local day of an interval that ends at a Unix second: midnight belongs to the day before.
fn day_end(zone: Tz, end: i64) -> Option<i64> {
    let local = DateTime::from_timestamp(end - 1, 0)?.with_timezone(&zone);
    let midnight = local.date_naive().succ_opt()?.and_time(NaiveTime::MIN);
    // Where the clock is put forward at midnight, the day begins an hour later.
    let begins =
        [0, 1].into_iter().find_map(|hours| (midnight + TimeDelta::hours(hours)).and_local_timezone(zone).earliest());
    Some(begins?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-03-20 24:00 in Bangkok, 17:00 UTC, as an interval's number.
    const MIDNIGHT: u32 = 1_742_490_000 / 900;

    #[test]
    fn a_day_ends_when_the_auction_of_its_last_interval_is_cleared() {
        let zone = chrono_tz::Asia::Bangkok;
        let last = Interval::ending_at(interval_end(MIDNIGHT));
        assert_eq!(day_between(zone, MIDNIGHT - 1, MIDNIGHT), last);
        assert_eq!(day_between(zone, MIDNIGHT - 96, MIDNIGHT + 95), last, "the first of two days");
        assert_eq!(day_between(zone, MIDNIGHT - 2, MIDNIGHT - 1), None);
        assert_eq!(day_between(zone, MIDNIGHT, MIDNIGHT + 95), None);
        assert_eq!(day_between(zone, MIDNIGHT, MIDNIGHT), None, "nothing was cleared");
    }

    #[test]
    fn a_day_may_begin_later_than_midnight() {
        // Beirut put its clocks forward at 2024-03-31 00:00 (UTC+2).
        let zone = chrono_tz::Asia::Beirut;
        let midnight = 1_711_836_000;
        assert_eq!(day_end(zone, midnight - 900), Some(midnight));
        assert_eq!(day_end(zone, midnight + 900), Some(midnight + 23 * 3_600), "a day of 23 hours");
    }
}
