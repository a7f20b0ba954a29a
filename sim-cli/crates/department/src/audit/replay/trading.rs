//! Replays the market: its data, and its book with seats and orders, with the same matching core as on the ledger.

mod clear;

use {
    super::{Accounts, RegistryReplay, is_new, overflow, unfounded},
    campus_energy_sdk::{
        account::{AccountData, Plain},
        deployment::Addresses,
        event::AnyEvent,
        matching::{Direction, OrderBook, OrderRules, Phase, Proposal, Refusal},
        time::{Interval, intervals_since_1970},
        trading::{
            error::TradingError,
            event::{
                FundsDeposited, FundsWithdrawn, MarketInitialized, MarketPaused, OrderCancelled, OrderEvicted,
                OrderPlaced, SeatClaimed,
            },
            instruction::TradingInstruction as Instruction,
            state::{Asset, Book, BookCapacity, ClearingState, IntervalRecord, Market, Terms, interval_number, split},
            tariffs::Tariffs,
        },
        units::{Energy, Price},
        wire::decode_instruction,
    },
    solana_program::{account_info::MAX_PERMITTED_DATA_INCREASE, pubkey::Pubkey},
};

/// The trading program's accounts of a department, as bytes; nothing before they are initialised. Their headers' bumps are not known
/// here, and are 0.
#[derive(Clone, Debug, Default)]
pub struct TradingReplay {
    /// The market's account.
    pub market: Vec<u8>,
    /// The book's account.
    pub book: Vec<u8>,
    /// What both vaults hold of deposits, energy and money. That it fits 64 bits bounds every sum of the matching core.
    vaults: [u64; 2],
}

/// What an order is placed with.
struct Wanted {
    direction: Direction,
    seat: u16,
    price: Price,
    energy: Energy,
    expires: i64,
}

impl TradingReplay {
    pub(super) fn execute(
        &mut self,
        addresses: &Addresses,
        registry: &RegistryReplay,
        accounts: &Accounts,
        data: &[u8],
        time: i64,
        events: &mut Vec<AnyEvent>,
    ) -> Result<(), String> {
        match decode_instruction(data).map_err(|error| error.to_string())? {
            Instruction::Initialize { tariffs, capacity, terms } => {
                is_new(self.market.is_empty())?;
                // The matching core and the tariffs' formula rely on it.
                for (valid, error) in [
                    (tariffs.are_valid(), TradingError::InvalidTariffs),
                    (capacity.is_valid(), TradingError::InvalidCapacity),
                    (terms.are_valid(&capacity), TradingError::InvalidTerms),
                ] {
                    refuse(valid.then_some(()).ok_or(()), error)?;
                }
                let quote_mint = accounts.at(4)?;
                self.initialize(addresses, quote_mint, tariffs, capacity, terms, open_auction(time)?);
                let department = addresses.department;
                let event = MarketInitialized { department, quote_mint, tariffs, capacity, terms };
                events.push(AnyEvent::MarketInitialized(event));
            }
            Instruction::UpdateMarketData { timestamp, supply, demand } => self.update(timestamp, supply, demand)?,
            Instruction::Grow => {
                let head = unfounded(self.book.get(..Book::LENGTH), "the book")?;
                let full = Book::FIELDS.capacity.get(head).length();
                if self.book.len() >= full {
                    return Err(TradingError::FullyGrown.to_string());
                }
                self.book.resize(full.min(self.book.len().saturating_add(MAX_PERMITTED_DATA_INCREASE)), 0);
            }
            Instruction::ClaimSeat => {
                let participant = registry.participant(&accounts.at(1)?)?;
                let (wallet, seat) =
                    (participant.wallet, refuse(u16::try_from(participant.index), TradingError::UnknownSeat)?);
                let sequence = self.edit(|head, book| {
                    book.claim(seat, wallet.as_array()).map_err(refused)?;
                    Ok(next_event(head))
                })?;
                events.push(AnyEvent::SeatClaimed(SeatClaimed { sequence, seat, wallet }));
            }
            Instruction::Deposit { seat, amount } => {
                let (wallet, asset) = (accounts.at(0)?, asset_of(addresses, &accounts.at(3)?)?);
                let vault = self.vaults[asset as usize];
                let more = || format!("a deposit of {amount} in a vault that holds {vault}, which 64 bits do not hold");
                let vault = vault.checked_add(amount).ok_or_else(more)?;
                let sequence = self.funds(&wallet, seat, asset, |balance| balance.deposit(amount))?;
                self.vaults[asset as usize] = vault;
                events.push(AnyEvent::FundsDeposited(FundsDeposited { sequence, seat, asset, amount }));
            }
            Instruction::Withdraw { seat, amount } => {
                let (wallet, asset) = (accounts.at(0)?, asset_of(addresses, &accounts.at(4)?)?);
                let sequence = self.funds(&wallet, seat, asset, |balance| balance.withdraw(amount))?;
                let vault = &mut self.vaults[asset as usize];
                *vault = vault.saturating_sub(amount);
                events.push(AnyEvent::FundsWithdrawn(FundsWithdrawn { sequence, seat, asset, amount }));
            }
            Instruction::PlaceOrder { direction, seat, price, energy, expires } => {
                let wanted = Wanted { direction, seat, price, energy, expires };
                self.place(&accounts.at(0)?, &wanted, events)?;
            }
            Instruction::CancelOrder { direction, seat, price, order } => {
                let wallet = accounts.at(0)?;
                let price = refuse(u32::try_from(price.0), TradingError::PriceOutOfRange)?;
                let (sequence, at_close) = self.edit(|head, book| {
                    not_clearing(head)?;
                    let auction = (!Book::FIELDS.paused.is_set(head)).then(|| next_auction(head));
                    let key = direction.key(price, order);
                    let cancelled = book.cancel(wallet.as_array(), seat, direction, key, auction);
                    Ok((next_event(head), cancelled.map_err(refused)?.at_close))
                })?;
                let event = OrderCancelled { sequence, order, seat, direction, at_close };
                events.push(AnyEvent::OrderCancelled(event));
            }
            Instruction::Clear { orders } => self.clear(orders, open_auction(time)?, events)?,
            Instruction::SetPaused { paused } => {
                let sequence = self.edit(|head, _| {
                    head[Book::FIELDS.paused.offset()] = paused.into();
                    Ok(next_event(head))
                })?;
                events.push(AnyEvent::MarketPaused(MarketPaused { sequence, paused }));
            }
        }
        Ok(())
    }

    fn initialize(
        &mut self,
        addresses: &Addresses,
        quote_mint: Pubkey,
        tariffs: Tariffs,
        capacity: BookCapacity,
        terms: Terms,
        open: u32,
    ) {
        let cleared = open.saturating_sub(1);
        let fields = Market::FIELDS;
        self.market = vec![0; Market::LEN];
        let header = Market::header(0);
        self.market[..2].copy_from_slice(&[header.kind as u8, header.version]);
        fields.department.set(&mut self.market, addresses.department);
        fields.oracle.set(&mut self.market, addresses.oracle);
        fields.energy_mint.set(&mut self.market, addresses.energy_mint);
        fields.quote_mint.set(&mut self.market, quote_mint);
        tariffs.write(fields.tariffs.bytes_mut(&mut self.market));
        fields.cleared.set(&mut self.market, cleared);
        let book = Book {
            header: Book::header(0),
            market: addresses.market,
            department: addresses.department,
            registry: addresses.programs.registry,
            energy_vault: addresses.energy_vault,
            quote_vault: addresses.quote_vault,
            capacity,
            terms,
            paused: false,
            bids: 0,
            asks: 0,
            next_order: 0,
            first_new_order: 0,
            cleared,
            clearing: ClearingState::default(),
            traded: Energy::ZERO,
            next_event: 0,
        };
        self.book = vec![0; Book::LENGTH];
        book.store(&mut self.book);
    }

    /// Number of the next interval whose auction will be held; 0 before there is a market.
    pub(in crate::audit) fn next_auction(&self) -> u32 {
        self.book.get(..Book::LENGTH).map_or(0, next_auction)
    }

    /// Whether readings of an interval of this number come too late to be sold in its auction.
    pub(in crate::audit) fn is_late(&self, number: u32) -> bool {
        let Some(data) = self.market.get(..Market::LEN) else { return false };
        let record = IntervalRecord::read(&data[IntervalRecord::offset(number)..]);
        number <= Market::FIELDS.cleared.get(data) || record.interval > number
    }

    /// A batch of readings joins the market's data.
    fn update(&mut self, timestamp: i64, supply: Energy, demand: Energy) -> Result<(), String> {
        let interval = refuse(Interval::ending_at(timestamp).ok_or(()), TradingError::MisalignedTimestamp)?;
        let (number, fields) = (interval_number(interval), Market::FIELDS);
        let late = self.is_late(number);
        let data = unfounded(self.market.get_mut(..Market::LEN), "the market")?;
        if late {
            for (field, more) in [(&fields.late_supply, supply), (&fields.late_demand, demand)] {
                let sum = field.get(data).checked_add(more).ok_or_else(overflow)?;
                field.set(data, sum);
            }
            return Ok(());
        }
        let tariffs = Tariffs::read(fields.tariffs.bytes(data));
        let slot = &mut data[IntervalRecord::offset(number)..];
        let mut record = IntervalRecord::read(slot);
        if record.interval < number {
            record = IntervalRecord { interval: number, ..IntervalRecord::default() };
        }
        record.supply = record.supply.checked_add(supply).ok_or_else(overflow)?;
        record.demand = record.demand.checked_add(demand).ok_or_else(overflow)?;
        record.reference_price = tariffs.reference_price(record.supply, record.demand);
        record.write(slot);
        if timestamp > fields.timestamp.get(data) {
            fields.timestamp.set(data, timestamp);
        }
        Ok(())
    }

    fn place(&mut self, wallet: &Pubkey, wanted: &Wanted, events: &mut Vec<AnyEvent>) -> Result<(), String> {
        let &Wanted { direction, seat, price, energy, expires } = wanted;
        let last = refuse(Interval::ending_at(expires).ok_or(()), TradingError::MisalignedTimestamp)?;
        let (sequence, placed, eviction) = self.edit(|head, book| {
            not_clearing(head)?;
            let fields = Book::FIELDS;
            let number = fields.next_order.get(head);
            let next = refuse(number.checked_add(1).ok_or(()), TradingError::OrdersExhausted)?;
            let Terms { minimum_lot, orders_per_seat, .. } = fields.terms.get(head);
            let auction = next_auction(head);
            let rules = OrderRules { minimum_lot, orders_per_seat, auction, sequence: number };
            let proposal =
                Proposal { direction, seat, price: price.0, energy: energy.0, expires: interval_number(last) };
            let placed = book.place(wallet.as_array(), &proposal, &rules).map_err(refused)?;
            fields.next_order.set(head, next);
            let sequence = next_event(head);
            let eviction = placed.evicted.map(|evicted| (next_event(head), evicted));
            Ok((sequence, placed, eviction))
        })?;
        let order = placed.order.sequence();
        events.push(AnyEvent::OrderPlaced(OrderPlaced { sequence, order, seat, direction, price, energy, expires }));
        if let Some((sequence, evicted)) = eviction {
            let (order, seat) = (evicted.sequence(), evicted.seat);
            events.push(AnyEvent::OrderEvicted(OrderEvicted { sequence, order, seat, direction }));
        }
        Ok(())
    }

    /// Changes the balance of a wallet's seat; the event's number.
    fn funds(
        &mut self,
        wallet: &Pubkey,
        number: u16,
        asset: Asset,
        change: impl FnOnce(&mut campus_energy_sdk::matching::Balance) -> Result<(), Refusal>,
    ) -> Result<u64, String> {
        self.edit(|head, book| {
            let mut seat = book.seat_of(number, wallet.as_array()).map_err(refused)?;
            let balance = match asset {
                Asset::Energy => &mut seat.energy,
                Asset::Quote => &mut seat.quote,
            };
            change(balance).map_err(refused)?;
            book.store(number, &seat);
            Ok(next_event(head))
        })
    }

    /// Lets `edit` change the book's header and the book, and writes back how many orders there are.
    fn edit<R>(&mut self, edit: impl FnOnce(&mut [u8], &mut OrderBook) -> Result<R, String>) -> Result<R, String> {
        let (head, mut book) = split(&mut self.book).map_err(|_| TradingError::NotGrown.to_string())?;
        let result = edit(head, &mut book)?;
        let length = |length| refuse(u16::try_from(length), TradingError::InvalidCapacity);
        let (bids, asks) = (length(book.bids.len())?, length(book.asks.len())?);
        Book::FIELDS.bids.set(head, bids);
        Book::FIELDS.asks.set(head, asks);
        Ok(result)
    }
}

fn refused(refusal: Refusal) -> String {
    TradingError::from(refusal).to_string()
}

fn refuse<T, E>(result: Result<T, E>, error: TradingError) -> Result<T, String> {
    result.map_err(|_| error.to_string())
}

/// Takes the next event's number.
fn next_event(head: &mut [u8]) -> u64 {
    let sequence = Book::FIELDS.next_event.get(head);
    Book::FIELDS.next_event.set(head, sequence.wrapping_add(1));
    sequence
}

/// Number of the newest interval that has ended: its auction is open.
fn open_auction(time: i64) -> Result<u32, String> {
    refuse(u32::try_from(intervals_since_1970(time)), TradingError::MisalignedTimestamp)
}

/// Number of the next interval whose auction will be held.
fn next_auction(head: &[u8]) -> u32 {
    Book::FIELDS.cleared.get(head).saturating_add(1)
}

fn not_clearing(head: &[u8]) -> Result<(), String> {
    let phase = Phase::from_number(Book::FIELDS.clearing.bytes(head)[0]);
    if phase == Phase::Idle { Ok(()) } else { Err(TradingError::ClearingInProgress.to_string()) }
}

/// Which asset a vault holds.
fn asset_of(addresses: &Addresses, vault: &Pubkey) -> Result<Asset, String> {
    [Asset::Energy, Asset::Quote]
        .into_iter()
        .find(|asset| addresses.vault(*asset) == vault)
        .ok_or_else(|| TradingError::WrongVault.to_string())
}
