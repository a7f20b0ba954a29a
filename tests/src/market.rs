//! What tests do with a campus's market.

use {
    crate::{
        campus::{Campus, embedded, founding},
        chain::Chain,
    },
    campus_energy_department::{Founder, Founding, Initialisers, Keys, MarketPlan, initialisation},
    campus_energy_sdk::{
        ASSOCIATED_TOKEN, SPL_TOKEN,
        deployment::Addresses,
        event::AnyEvent,
        ledger::{
            Embedded, LedgerError, Receipt, SplToken,
            logs::decode_logs,
            transaction::{MAX_COMPUTE_UNITS, compute_unit_limit},
        },
        matching::{Balance, Direction, Order, Seat},
        time::Interval,
        token::state::MintMode,
        trading::{
            instruction as build,
            state::{Asset, Book, IntervalRecord, split},
        },
        units::{Energy, Money, Price},
    },
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{program_pack::Pack, pubkey::Pubkey, rent::Rent},
    solana_signer::Signer,
    spl_token_interface::state::{Account as TokenAccount, AccountState},
};

/// Money on every seat of an open market: 1,000 baht.
pub const BUDGET: u64 = 1_000_000_000;

/// A campus on the embedded ledger whose market is planned in its own way.
#[must_use]
pub fn with_market(meters: usize, market: MarketPlan) -> Campus<Embedded> {
    let keys = Keys::new(1);
    let plan = Founding { market, ..founding(meters, false, MintMode::Batch) };
    Campus::on(embedded(keys, SplToken::Batching), keys, &plan)
}

impl<C: Chain> Campus<C> {
    /// Opens every participant's seat with [`BUDGET`] on it.
    ///
    /// # Panics
    /// Where a seat cannot be opened.
    pub fn open_seats(&mut self) {
        let founder = Founder::new(self.addresses().programs, self.keys, &self.founding);
        let founder = founder.with_budgets(|_| Money(BUDGET));
        founder.found_with_seats(&mut self.chain, |_| ()).expect("the seats are open");
    }

    /// The same, and then the first meters read surpluses (Wh) for an interval, whose tokens go to their owners' seats.
    ///
    /// # Panics
    /// Where the readings or the deposits are refused.
    pub fn open_market(&mut self, timestamp: i64, surpluses: &[u32]) {
        self.open_seats();
        let readings: Vec<_> = surpluses.iter().map(|surplus| (*surplus, 0)).collect();
        self.submit(timestamp, &readings).expect("the surpluses are minted");
        for (trader, surplus) in surpluses.iter().enumerate().filter(|(_, surplus)| **surplus > 0) {
            let amount = u64::from(*surplus) * 1_000_000;
            self.deposit(trader, Asset::Energy, amount).expect("the tokens are deposited");
        }
    }

    /// Another department, of which only the first programs' accounts are initialised: registry, token, trading, oracle.
    ///
    /// # Panics
    /// Where it cannot be initialised.
    pub fn begin_department(&mut self, prefix: &str, programs: usize, market: MarketPlan) -> Addresses {
        let (authority, submitter) = (self.keys.authority(), self.keys.submitter().pubkey());
        let addresses = Addresses::derive(self.addresses().programs, prefix.parse().expect("a prefix"));
        let by = Initialisers {
            upgrade_authority: authority.pubkey(),
            authority: authority.pubkey(),
            submitter,
            quote_mint: self.department.quote_mint,
        };
        let plan = Founding { market, ..founding(0, false, MintMode::Batch) };
        for instruction in initialisation(&addresses, &by, &plan, [0; 32]).into_iter().take(programs) {
            self.send(instruction, &[&authority]).expect("another department");
        }
        addresses
    }

    /// The mint of an asset.
    #[must_use]
    pub fn mint(&self, asset: Asset) -> Pubkey {
        match asset {
            Asset::Energy => self.addresses().energy_mint,
            Asset::Quote => self.department.quote_mint,
        }
    }

    /// A wallet's token account.
    #[must_use]
    pub fn token_account(&self, wallet: &Pubkey, asset: Asset) -> Pubkey {
        let seeds = [wallet.as_ref(), SPL_TOKEN.as_ref(), self.mint(asset).as_ref()].map(<[u8]>::to_vec);
        let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
        Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN).0
    }

    /// A participant's token account.
    #[must_use]
    pub fn traders_account(&self, trader: usize, asset: Asset) -> Pubkey {
        self.token_account(&self.keys.participant(trader).pubkey(), asset)
    }

    /// Writes a token account out of nothing: its mint's supply knows nothing of it.
    pub fn put_tokens(&mut self, address: Pubkey, owner: &Pubkey, asset: Asset, amount: u64) {
        let mint = self.mint(asset);
        let state =
            TokenAccount { mint, owner: *owner, amount, state: AccountState::Initialized, ..Default::default() };
        let mut data = vec![0; TokenAccount::LEN];
        state.pack_into_slice(&mut data);
        let lamports = Rent::default().minimum_balance(TokenAccount::LEN);
        self.chain.put(address, Account { lamports, data, owner: SPL_TOKEN, ..Account::default() });
    }

    /// A participant deposits from their token account.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn deposit(&mut self, trader: usize, asset: Asset, amount: u64) -> Result<Receipt, LedgerError> {
        let (wallet, account) = (self.keys.participant(trader), self.traders_account(trader, asset));
        let deposit = build::deposit(
            &self.addresses(),
            &wallet.pubkey(),
            &build::SeatTransfer { seat: number(trader), asset, token_account: account, amount },
        );
        self.send(deposit, &[&wallet])
    }

    /// A participant withdraws to their token account.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn withdraw(&mut self, trader: usize, asset: Asset, amount: u64) -> Result<Receipt, LedgerError> {
        let (wallet, account) = (self.keys.participant(trader), self.traders_account(trader, asset));
        let withdraw = build::withdraw(
            &self.addresses(),
            &wallet.pubkey(),
            &build::SeatTransfer { seat: number(trader), asset, token_account: account, amount },
        );
        self.send(withdraw, &[&wallet])
    }

    /// A participant places an order: `price` in money base units per kWh, `energy` in Wh.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn place(
        &mut self,
        trader: usize,
        direction: Direction,
        price: u64,
        energy: u64,
        expires: i64,
    ) -> Result<Receipt, LedgerError> {
        let (wallet, seat) = (self.keys.participant(trader), number(trader));
        let (price, energy) = (Price(price), Energy(energy));
        let place = build::place_order(
            &self.addresses(),
            &wallet.pubkey(),
            &build::NewOrder { seat, direction, price, energy, expires },
        );
        self.send(place, &[&wallet])
    }

    /// A participant cancels an order.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn cancel(
        &mut self,
        trader: usize,
        direction: Direction,
        price: u64,
        order: u32,
    ) -> Result<Receipt, LedgerError> {
        let (wallet, seat) = (self.keys.participant(trader), number(trader));
        let cancel = build::cancel_order(
            &self.addresses(),
            &wallet.pubkey(),
            &build::OrderName { seat, direction, price: Price(price), order },
        );
        self.send(cancel, &[&wallet])
    }

    /// A stranger clears up to so many orders.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn clear(&mut self, orders: u16) -> Result<Receipt, LedgerError> {
        let stranger = self.keys.wallet("stranger", 0);
        self.clear_by(&stranger, orders)
    }

    /// Somebody clears up to so many orders.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn clear_by(&mut self, payer: &Keypair, orders: u16) -> Result<Receipt, LedgerError> {
        self.send_all(&[compute_unit_limit(MAX_COMPUTE_UNITS), build::clear(&self.addresses(), orders)], &[payer])
    }

    /// The department's authority pauses the market, or lets it go on.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn pause(&mut self, paused: bool) -> Result<Receipt, LedgerError> {
        let authority = self.keys.authority();
        let instruction = build::set_paused(&self.addresses(), &authority.pubkey(), paused);
        self.send(instruction, &[&authority])
    }

    /// The book's header.
    #[must_use]
    pub fn book(&self) -> Book {
        self.read(&self.addresses().book)
    }

    /// A seat.
    ///
    /// # Panics
    /// Where the book has not this seat.
    #[must_use]
    pub fn seat(&self, number: usize) -> Seat {
        self.seats()[number]
    }

    /// Every seat.
    ///
    /// # Panics
    /// Where the book has not its full size.
    #[must_use]
    pub fn seats(&self) -> Vec<Seat> {
        let mut data = self.data(&self.addresses().book);
        let (_, book) = split(&mut data).expect("the book has its full size");
        book.seats.iter().map(Seat::read).collect()
    }

    /// The treasury's seat.
    #[must_use]
    pub fn treasury(&self) -> Seat {
        self.seat(usize::from(self.book().terms.treasury))
    }

    /// The orders of a side, best first.
    ///
    /// # Panics
    /// Where the book has not its full size.
    #[must_use]
    pub fn orders(&self, direction: Direction) -> Vec<Order> {
        let mut data = self.data(&self.addresses().book);
        let (_, book) = split(&mut data).expect("the book has its full size");
        book.side(direction).iter().collect()
    }

    /// What is in a vault.
    #[must_use]
    pub fn vault(&self, asset: Asset) -> u64 {
        self.tokens(self.addresses().vault(asset))
    }

    /// What a vault must hold: what every seat has, and what a clearing that is going on has taken from one side and not
    /// yet given to the other.
    #[must_use]
    pub fn owed(&self, asset: Asset) -> u64 {
        let (seats, clearing) = (self.seats(), self.book().clearing);
        let sum = |of: fn(&Seat) -> Balance| seats.iter().map(|seat| of(seat).total()).sum::<u64>();
        match asset {
            Asset::Energy => sum(|seat| seat.energy) - clearing.energy_in_transit.0,
            Asset::Quote => sum(|seat| seat.quote) + clearing.quote_in_transit.0,
        }
    }

    /// What the market remembers of an interval.
    ///
    /// # Panics
    /// For a timestamp that is no interval's end.
    #[must_use]
    pub fn interval(&self, timestamp: i64) -> Option<IntervalRecord> {
        let interval = Interval::ending_at(timestamp).expect("an interval");
        IntervalRecord::of(&self.data(&self.addresses().market), interval)
    }

    /// The bytes of everything that a market's instructions write: market, book, vaults.
    #[must_use]
    pub fn market_state(&self) -> [Vec<u8>; 4] {
        let addresses = self.addresses();
        [addresses.market, addresses.book, addresses.energy_vault, addresses.quote_vault].map(|key| self.data(&key))
    }

    /// A transaction's events.
    ///
    /// # Panics
    /// Where its log is cut.
    #[must_use]
    pub fn events(&self, receipt: &Receipt) -> Vec<AnyEvent> {
        let decoded = decode_logs(receipt.logs.iter().map(String::as_str), &self.addresses().programs);
        assert!(decoded.complete, "{:?}", receipt.logs);
        decoded.events.into_iter().map(|logged| logged.event).collect()
    }
}

fn number(trader: usize) -> u16 {
    u16::try_from(trader).expect("a seat's number")
}
