//! The market's rows: orders and clearings on books that the matching core has filled.

use {
    super::{Row, simulate},
    crate::{
        campus::{Campus, MARKET, SAMPLE, TARIFFS, founding},
        chain::Chain,
        market::with_market,
    },
    campus_energy_department::{Initialisers, MarketPlan, initialisation},
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::{
            Embedded, SplToken,
            compute::ceiling,
            transaction::{MAX_COMPUTE_UNITS, compute_unit_limit},
        },
        matching::{Direction, OrderBook, OrderRules, Proposal, Refusal, Seat, seat::Wallet},
        token::state::MintMode,
        trading::{
            instruction::{
                self as build, FILL_CEILING, FIRST_CLEAR_CEILING, IDLE_CLEAR_CEILING, LARGEST_CLEAR_CEILING,
                MAX_SETTLED, USUAL_PLACE_ORDER_CEILING,
            },
            state::{Book, BookCapacity, MAX_ORDERS, split},
        },
        units::{Energy, Price},
    },
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    solana_keypair::Keypair,
    solana_signer::Signer,
};

/// The campus's book.
pub(super) const CAPACITY: BookCapacity = BookCapacity { orders: 1_024, seats: 512 };
/// Departments that are tried.
const DEPARTMENTS: u8 = 24;
/// Orders whose cost is measured.
const PLACED: usize = 200;
/// Orders of a side of the auction whose fills are counted.
const SIDE: u16 = 250;
/// The first trader's seat that is not the campus's own.
const FIRST: u16 = 2;

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;

/// A market whose book is filled by the matching core, as the program does it.
struct Market {
    campus: Campus<Embedded>,
    wallets: Vec<Wallet>,
    random: ChaCha8Rng,
}

impl Market {
    fn new(capacity: BookCapacity) -> Self {
        let mut campus = with_market(1, MarketPlan { capacity, ..MARKET });
        let wallets: Vec<_> = (0..capacity.seats).map(|seat| trader(&campus, seat).pubkey().to_bytes()).collect();
        edit(&mut campus, |book, _| {
            for (seat, wallet) in (0..).zip(&wallets) {
                book.claim(seat, wallet).expect("a vacant seat");
                let mut own = book.seat_of(seat, wallet).expect("the seat");
                own.energy.deposit(1 << 50).expect("tokens");
                own.quote.deposit(1 << 50).expect("money");
                book.store(seat, &own);
            }
        });
        Self { campus, wallets, random: ChaCha8Rng::seed_from_u64(3) }
    }

    /// Enters orders `(seat, price, energy)` of one side into the book; such as would trade with their own seat not.
    fn enter(&mut self, direction: Direction, orders: impl IntoIterator<Item = (u16, u64, u64)>) {
        let wallets = &self.wallets;
        edit(&mut self.campus, |book, rules| {
            for (seat, price, energy) in orders {
                let proposal = Proposal { direction, seat, price, energy, expires: rules.auction };
                match place(book, &wallets[usize::from(seat)], &proposal, rules) {
                    Ok(()) => rules.sequence += 1,
                    Err(refusal) => assert_eq!(refusal, Refusal::SelfTrade),
                }
            }
        });
    }

    /// Fills both sides with orders of anybody at random prices between the tariffs.
    fn fill(&mut self, orders: u16) {
        for direction in [BUY, SELL] {
            while self.campus.orders(direction).len() < usize::from(orders) {
                let order = anything(&mut self.random);
                self.enter(direction, [order]);
            }
        }
    }

    /// What an order costs, without placing it; none where it would trade with its own seat.
    fn cost(&mut self, direction: Direction, (seat, price, energy): (u16, u64, u64)) -> Option<u64> {
        let before = self.campus.data(&self.campus.addresses().book);
        let orders = self.campus.book().next_order;
        self.enter(direction, [(seat, price, energy)]);
        let entered = self.campus.book().next_order > orders;
        put(&mut self.campus, before);
        let (wallet, addresses) = (trader(&self.campus, seat), self.campus.addresses());
        let (price, energy) = (Price(price), Energy(energy));
        let place = build::place_order(
            &addresses,
            &wallet.pubkey(),
            &build::NewOrder { seat, direction, price, energy, expires: SAMPLE },
        );
        let payer = self.campus.keys.authority();
        entered.then(|| simulate(&mut self.campus, &[place], &[&payer, &wallet]))
    }

    /// Median and dearest of random orders.
    fn costs(&mut self) -> (u64, u64) {
        let mut all = Vec::new();
        while all.len() < PLACED {
            let direction = if all.len() % 2 == 0 { BUY } else { SELL };
            let order = anything(&mut self.random);
            all.extend(self.cost(direction, order));
        }
        all.sort_unstable();
        (all[all.len() / 2], all[all.len() - 1])
    }

    /// What cancelling a side's best order costs.
    fn cancel_best(&mut self, direction: Direction) -> u64 {
        let best = self.campus.orders(direction)[0];
        let (wallet, payer) = (trader(&self.campus, best.seat), self.campus.keys.authority());
        let (addresses, price) = (self.campus.addresses(), Price(direction.price(best.key).into()));
        let cancel = build::cancel_order(
            &addresses,
            &wallet.pubkey(),
            &build::OrderName { seat: best.seat, direction, price, order: best.sequence() },
        );
        simulate(&mut self.campus, &[cancel], &[&payer, &wallet])
    }

    /// What a Clear costs in a transaction of its own, once the auction has closed.
    fn clear(&mut self, orders: u16) -> u64 {
        self.campus.chain.set_time(SAMPLE + 905);
        let stranger = self.campus.keys.wallet("stranger", 0);
        let clear = build::clear(&self.campus.addresses(), orders);
        simulate(&mut self.campus, &[compute_unit_limit(MAX_COMPUTE_UNITS), clear], &[&stranger])
    }
}

/// Places an order; in the last quarter of a side as well, which is kept for seats without orders: few seats fill a book here. For
/// that the seat's count of orders is put aside.
fn place(book: &mut OrderBook, wallet: &Wallet, proposal: &Proposal, rules: &OrderRules) -> Result<(), Refusal> {
    let number = proposal.seat;
    let before = book.seat_of(number, wallet)?;
    match book.place(wallet, proposal, rules) {
        Err(Refusal::SideReserved) => {}
        placed => return placed.map(|_| ()),
    }
    book.store(number, &Seat { open_bids: 0, open_asks: 0, ..before });
    let placed = book.place(wallet, proposal, rules).map(|_| ());
    let after = book.seat_of(number, wallet)?;
    book.store(
        number,
        &Seat {
            open_bids: before.open_bids + after.open_bids,
            open_asks: before.open_asks + after.open_asks,
            highest_bid: before.highest_bid.max(after.highest_bid),
            lowest_ask: before.lowest_ask.min(after.lowest_ask),
            ..after
        },
    );
    placed
}

/// A seat, a price between the tariffs in satang, an energy.
fn anything(random: &mut ChaCha8Rng) -> (u16, u64, u64) {
    let price = random.random_range(TARIFFS.feed_in.0 / 10_000..TARIFFS.retail.0 / 10_000) * 10_000;
    (random.random_range(FIRST..CAPACITY.seats), price, random.random_range(10..5_000))
}

fn trader(campus: &Campus<Embedded>, seat: u16) -> Keypair {
    campus.keys.wallet("trader", usize::from(seat))
}

/// Lets the matching core change the book, as the program does.
fn edit(campus: &mut Campus<Embedded>, edit: impl FnOnce(&mut OrderBook, &mut OrderRules)) {
    let mut data = campus.data(&campus.addresses().book);
    let (head, mut book) = split(&mut data).expect("the book has its full size");
    let fields = Book::FIELDS;
    let (auction, sequence) = (fields.cleared.get(head) + 1, fields.next_order.get(head));
    let of_market = fields.terms.get(head);
    let (minimum_lot, orders_per_seat) = (of_market.minimum_lot, of_market.orders_per_seat);
    let mut rules = OrderRules { minimum_lot, orders_per_seat, auction, sequence };
    edit(&mut book, &mut rules);
    let length = |length| u16::try_from(length).expect("a side's length");
    fields.bids.set(head, length(book.bids.len()));
    fields.asks.set(head, length(book.asks.len()));
    fields.next_order.set(head, rules.sequence);
    put(campus, data);
}

fn put(campus: &mut Campus<Embedded>, data: Vec<u8>) {
    let address = campus.addresses().book;
    let account = campus.account(&address);
    campus.chain.put(address, solana_account::Account { data, ..account });
}

/// Orders and clearings.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![row("Initialize, 24 departments", initialisations(), of("Initialize"))];
    rows.extend(orders());
    rows.extend(clearings());
    rows
}

fn row(name: &str, (typical, worst): (u64, u64), ceiling: u32) -> Row {
    Row { name: format!("trading {name}"), typical, worst, ceiling: ceiling.into() }
}

/// The ceiling of an instruction of the trading program.
fn of(variant: &str) -> u32 {
    ceiling("trading", variant).expect("a ceiling")
}

/// Prices of a full side's orders: bids from here upwards, asks above them.
const LOWEST: u64 = 2_000_000;
const STEP: u64 = 1_000;

/// A full book that does not cross, in which the first two traders have nothing.
fn full(capacity: BookCapacity) -> Market {
    let mut market = Market::new(capacity);
    let (orders, traders) = (u64::from(capacity.orders), capacity.seats - FIRST - 2);
    let seat = |number: u64| FIRST + 2 + u16::try_from(number % u64::from(traders)).expect("a seat");
    market.enter(BUY, (0..orders).map(|number| (seat(number), LOWEST + STEP * number, 1_000)));
    market.enter(SELL, (0..orders).map(|number| (seat(number), LOWEST + STEP * (orders + number), 1_000)));
    market
}

fn orders() -> Vec<Row> {
    let mut half = Market::new(CAPACITY);
    half.fill(CAPACITY.orders / 2);
    let half_full = half.costs();

    let mut market = full(CAPACITY);
    let (orders, newcomer) = (u64::from(CAPACITY.orders), FIRST);
    let cost =
        |market: &mut Market, direction, price| market.cost(direction, (newcomer, price, 1_000)).expect("placed");
    let (middle, best) = (LOWEST + STEP * orders / 2, LOWEST + STEP * orders - 1);
    let evicting = cost(&mut market, BUY, middle).max(cost(&mut market, SELL, middle + STEP * orders));
    let evicting_all = cost(&mut market, BUY, best).max(cost(&mut market, SELL, best));
    let cancelling = [BUY, SELL].map(|direction| market.cancel_best(direction));

    // A stale bound: the newcomer had a low ask, and has the highest of all once the two worst have gone for both. A bid
    // just below it meets every other ask.
    let highest = LOWEST + STEP * (2 * orders - 2) - 1;
    market.enter(SELL, [(newcomer, highest, 1_000), (newcomer, 1, 1_000)]);
    let wallet = market.wallets[usize::from(newcomer)];
    edit(&mut market.campus, |book, _| {
        let low = book.asks.iter().next().expect("an ask");
        book.cancel(&wallet, newcomer, SELL, low.key, None).expect("the low ask");
    });
    let searching = cost(&mut market, BUY, highest - 1);
    assert_eq!(market.campus.orders(SELL).last().map(|order| order.seat), Some(newcomer));
    vec![
        row("PlaceOrder, half-full book of 1,024 a side", half_full, USUAL_PLACE_ORDER_CEILING),
        row("PlaceOrder, full book with eviction", (evicting, evicting_all), of("PlaceOrder")),
        row("PlaceOrder, full book, longest search for own orders", (searching, searching), of("PlaceOrder")),
        row(
            "CancelOrder, best of a full side",
            (cancelling[0].min(cancelling[1]), cancelling[0].max(cancelling[1])),
            of("CancelOrder"),
        ),
    ]
}

/// Bids and asks that all trade. In equal lots each bid meets one ask; otherwise as many pairs meet as can, two an order.
fn crossing(capacity: BookCapacity, orders: u16, equal: bool) -> Market {
    let mut market = Market::new(capacity);
    let traders = capacity.seats - FIRST;
    let lot = |number: u16, offset: u16| match (equal, number) {
        (true, _) => 1_000,
        // The first ask is half a lot: from then on every order reaches over two of the other side.
        (false, 0) => 1_000 - u64::from(offset),
        (false, _) if number + 1 == orders => 1_000 + u64::from(offset),
        (false, _) => 1_000,
    };
    let (half, price) = (traders / 2, |number: u16| STEP * u64::from(number));
    market.enter(BUY, (0..orders).map(|n| (FIRST + n % half, 5_000_000 - price(n) / 4, lot(n, 0))));
    market.enter(SELL, (0..orders).map(|n| (FIRST + half + n % half, 2_500_000 + price(n) / 4, lot(n, 500))));
    market
}

/// Initialize for more departments: four addresses are as many matters of luck.
fn initialisations() -> (u64, u64) {
    let mut campus = Campus::embedded(1, SplToken::Batching, MintMode::Batch);
    let (authority, submitter) = (campus.keys.authority(), campus.keys.submitter().pubkey());
    let by = Initialisers {
        upgrade_authority: authority.pubkey(),
        authority: authority.pubkey(),
        submitter,
        quote_mint: campus.department.quote_mint,
    };
    let mut cost = |number: u8| {
        let prefix = format!("D{number}_").parse().expect("a prefix");
        let addresses = Addresses::derive(campus.addresses().programs, prefix);
        let plan = founding(0, false, MintMode::Batch);
        let [registry, token, trading, _] = initialisation(&addresses, &by, &plan, [0; 32]);
        campus.send_all(&[registry, token], &[&authority]).expect("a department and its token");
        simulate(&mut campus, &[trading], &[&authority])
    };
    let mut all: Vec<_> = (0..DEPARTMENTS).map(&mut cost).collect();
    all.sort_unstable();
    (all[all.len() / 2], all[all.len() - 1])
}

fn clearings() -> Vec<Row> {
    let [equal, uneven] = [true, false].map(|equal| {
        let mut market = crossing(CAPACITY, SIDE, equal);
        let cost = market.clear(MAX_SETTLED);
        market.campus.clear(MAX_SETTLED).expect("the auction is cleared");
        assert!([BUY, SELL].iter().all(|side| market.campus.orders(*side).is_empty()), "all are filled");
        cost
    });
    let each = |fills: u64| (equal.div_ceil(fills), uneven.div_ceil(fills));
    let fills = u64::from(SIDE);
    let nothing = Market::new(CAPACITY).clear(MAX_SETTLED);
    let mut random = Market::new(CAPACITY);
    random.fill(CAPACITY.orders);
    let mut worst = crossing(CAPACITY, CAPACITY.orders, false);
    let begin = (random.clear(1), worst.clear(1));
    let most = (random.clear(MAX_SETTLED), worst.clear(MAX_SETTLED));
    let largest = BookCapacity { orders: MAX_ORDERS, seats: 512 };
    let largest = crossing(largest, MAX_ORDERS, false).clear(MAX_SETTLED);
    vec![
        row("Clear, 250 bids x 250 asks, all filled", (equal, uneven), 2 * u32::from(SIDE) * FILL_CEILING),
        row("Clear, each fill: an order of these 500", each(2 * fills), FILL_CEILING),
        row("Clear, each fill: a bid and an ask of these 250 pairs", each(fills), FILL_CEILING),
        row("Clear, nothing to do", (nothing, nothing), IDLE_CLEAR_CEILING),
        row("Clear, full book of 1,024 x 1,024, 1 order settled", begin, FIRST_CLEAR_CEILING),
        row("Clear, full book of 1,024 x 1,024, 540 orders settled", most, of("Clear")),
        row("Clear, 4,096 bids x 4,096 asks, 540 orders settled", (largest, largest), LARGEST_CLEAR_CEILING),
    ]
}
