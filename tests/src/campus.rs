//! A campus: a department founded on a chain, and what tests do with it.

use {
    crate::{chain::Chain, native::Native},
    campus_energy_department::{Department, Founder, Founding, Keys, MarketPlan, MeterPlan, sign},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Embedded, LedgerError, Receipt, SplToken, transaction::send},
        oracle::{
            instruction::{MeterAccounts, configure, submit_readings, submit_signed_readings},
            readings::{PlainReading, SignedReading},
            state::Limits,
        },
        reading::Quality,
        registry::state::{Role, Zone},
        time::Interval,
        token::state::MintMode,
        trading::{state::Capacity, tariffs::Tariffs},
        units::Price,
    },
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
};

/// The interval of the brief's sample; the chain's clock stands 5 s after it.
pub const SAMPLE: i64 = 1_730_448_000;

/// A founded department on a chain.
pub struct Campus<C> {
    /// The chain.
    pub chain: C,
    /// The department.
    pub department: Department,
    /// Its keys.
    pub keys: Keys,
    /// What it was founded with.
    pub founding: Founding,
}

/// What a meter of the tests can generate in an interval, Wh.
pub const GENERATION_LIMIT: u32 = 12_500;
/// Limits that the tests' readings keep.
pub const LIMITS: Limits = Limits {
    max_age: 3_600,
    max_skew: 60,
    meter_consumption: 16_800,
    array_generation: 200_000,
    daily_surplus: 20_000_000,
};
/// The tests' tariffs.
pub const TARIFFS: Tariffs = Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) };
/// The tests' market: small, so that a campus is founded quickly.
pub const MARKET: MarketPlan = MarketPlan {
    tariffs: TARIFFS,
    capacity: Capacity { orders: 32, seats: 32 },
    minimum_lot: 10,
    orders_per_seat: u16::MAX,
    fee: 0,
};

/// What a campus of some meters is founded with.
#[must_use]
pub fn founding(meters: usize, require_signatures: bool, mint_mode: MintMode) -> Founding {
    let plan = |index: usize| MeterPlan {
        id: format!("ENG_{:03}", index + 1).parse().expect("a meter id"),
        zone: [Zone::CLASSROOM, Zone::LABORATORY, Zone::FACULTY_OFFICE][index % 3],
        owner: index,
        generation_limit: GENERATION_LIMIT,
    };
    Founding {
        prefix: "ENG_".parse().expect("a prefix"),
        limits: LIMITS,
        require_signatures,
        mint_mode,
        market: MARKET,
        participants: vec![Role::Faculty; meters],
        meters: (0..meters).map(plan).collect(),
    }
}

/// Participants whose wallets can pay, so that they can have seats.
pub const TRADERS: usize = 8;

/// The keys that pay in a campus.
#[must_use]
pub fn payers(keys: Keys) -> Vec<Pubkey> {
    let mut all = vec![keys.authority().pubkey(), keys.submitter().pubkey()];
    all.extend((0..TRADERS).map(|index| keys.participant(index).pubkey()));
    all.extend(["stranger", "newcomer"].map(|name| keys.wallet(name, 0).pubkey()));
    all
}

impl Campus<Native> {
    /// A campus in program-test.
    #[must_use]
    pub fn native(meters: usize) -> Self {
        let keys = Keys::new(1);
        let chain = Native::new(&keys.authority().pubkey(), &payers(keys));
        Self::on(chain, keys, &founding(meters, false, MintMode::Batch))
    }
}

impl Campus<Embedded> {
    /// A campus on the embedded ledger.
    #[must_use]
    pub fn embedded(meters: usize, spl_token: SplToken, mint_mode: MintMode) -> Self {
        let keys = Keys::new(1);
        Self::on(embedded(keys, spl_token), keys, &founding(meters, false, mint_mode))
    }
}

/// An embedded ledger on which the campus's keys can pay.
#[must_use]
pub fn embedded(keys: Keys, spl_token: SplToken) -> Embedded {
    let mut chain = Embedded::new(&keys.authority().pubkey(), spl_token).expect("the programs load");
    for address in payers(keys) {
        chain.airdrop(&address, 1_000_000_000_000).expect("an airdrop");
    }
    chain
}

impl<C: Chain> Campus<C> {
    /// Founds a campus.
    ///
    /// # Panics
    /// Where the department cannot be founded.
    #[must_use]
    pub fn on(mut chain: C, keys: Keys, founding: &Founding) -> Self {
        chain.set_time(SAMPLE + 5);
        let programs = chain.programs();
        let founder = Founder::new(programs, keys, founding);
        let department = founder.found(&mut chain, |_| ()).expect("the department is founded");
        chain.next_slot();
        Self { chain, department, keys, founding: founding.clone() }
    }

    /// Where the department's accounts are.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.department.addresses
    }

    /// Sends an instruction in a slot of its own, so that a repetition is not taken for the same transaction.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn send(&mut self, instruction: Instruction, signers: &[&Keypair]) -> Result<Receipt, LedgerError> {
        self.send_all(&[instruction], signers)
    }

    /// Sends instructions in one transaction.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn send_all(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, LedgerError> {
        self.chain.next_slot();
        send(&mut self.chain, instructions, signers, std::slice::from_ref(&self.department.table))
    }

    /// The accounts of the first meters.
    #[must_use]
    pub fn meter_accounts(&self, count: usize) -> Vec<MeterAccounts> {
        self.department.meters[..count].iter().map(|meter| meter.accounts).collect()
    }

    /// Submits readings `(generated, consumed)` of the first meters, as the submitter.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn submit(&mut self, timestamp: i64, readings: &[(u32, u32)]) -> Result<Receipt, LedgerError> {
        let instruction = self.submission(timestamp, readings);
        let submitter = self.keys.submitter();
        self.send(instruction, &[&submitter])
    }

    /// The instruction of [`Campus::submit`].
    #[must_use]
    pub fn submission(&self, timestamp: i64, readings: &[(u32, u32)]) -> Instruction {
        let accounts = self.meter_accounts(readings.len());
        let submitter = self.department.submitter;
        submit_readings(&self.addresses(), &submitter, &accounts, timestamp, plain(readings))
    }

    /// Readings of the first meters, signed by them.
    ///
    /// # Panics
    /// For a timestamp that is no interval's end.
    #[must_use]
    pub fn signed(&self, timestamp: i64, readings: &[(u32, u32)]) -> Vec<SignedReading> {
        let interval = Interval::ending_at(timestamp).expect("an interval");
        let meters = self.department.meters.iter().enumerate().zip(plain(readings));
        let deployment = self.department.deployment;
        meters
            .map(|((number, meter), reading)| sign(meter.id, &self.keys.meter(number), deployment, interval, &reading))
            .collect()
    }

    /// Submits signed readings of the first meters.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn submit_signed(&mut self, timestamp: i64, readings: Vec<SignedReading>) -> Result<Receipt, LedgerError> {
        let instructions = self.signed_submission(timestamp, readings);
        let submitter = self.keys.submitter();
        self.send_all(&instructions, &[&submitter])
    }

    /// The instructions of [`Campus::submit_signed`].
    #[must_use]
    pub fn signed_submission(&self, timestamp: i64, readings: Vec<SignedReading>) -> [Instruction; 2] {
        let accounts = self.meter_accounts(readings.len());
        let submitter = self.department.submitter;
        submit_signed_readings(&self.addresses(), &submitter, &accounts, timestamp, readings, 1)
    }

    /// Reconfigures the oracle, as the department's authority.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn configure(&mut self, limits: Limits, require_signatures: bool) -> Result<Receipt, LedgerError> {
        let authority = self.keys.authority();
        let instruction = configure(&self.addresses(), &authority.pubkey(), limits, require_signatures);
        self.send(instruction, &[&authority])
    }

    /// Sets the chain's clock.
    pub fn chain_time(&mut self, unix_timestamp: i64) {
        self.chain.set_time(unix_timestamp);
    }

    /// An account.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn account(&self, address: &Pubkey) -> Account {
        self.chain.account(address).expect("the ledger answers").expect("the account exists")
    }

    /// An account's bytes; none where it does not exist.
    ///
    /// # Panics
    /// Where the ledger does not answer.
    #[must_use]
    pub fn data(&self, address: &Pubkey) -> Vec<u8> {
        self.chain.account(address).expect("the ledger answers").map_or_else(Vec::new, |account| account.data)
    }

    /// A decoded account of ours.
    ///
    /// # Panics
    /// Where it does not exist or is of another kind.
    #[must_use]
    pub fn read<T: AccountData>(&self, address: &Pubkey) -> T {
        T::decode(&self.data(address)).expect("the account is of this kind")
    }

    /// The energy mint's supply in base units.
    #[must_use]
    pub fn supply(&self) -> u64 {
        amount_at(&self.data(&self.addresses().energy_mint), 36)
    }

    /// A meter owner's tokens in base units.
    #[must_use]
    pub fn balance(&self, meter: usize) -> u64 {
        self.tokens(&self.department.meters[meter].accounts.token_account)
    }

    /// A token account's balance in base units.
    #[must_use]
    pub fn tokens(&self, token_account: &Pubkey) -> u64 {
        amount_at(&self.data(token_account), 64)
    }
}

fn amount_at(data: &[u8], at: usize) -> u64 {
    data.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Measured readings from pairs of Wh.
#[must_use]
pub fn plain(readings: &[(u32, u32)]) -> Vec<PlainReading> {
    let reading = |&(generated, consumed)| PlainReading { generated, consumed, quality: Quality::Measured };
    readings.iter().map(reading).collect()
}

/// The name of the error with which one of our programs refused, also where a foreign one called it.
///
/// # Panics
/// Where the ledger accepted.
#[must_use]
pub fn refusal<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> String {
    match result {
        Ok(accepted) => panic!("accepted: {accepted:?}"),
        // What a foreign program passes on of ours.
        Err(LedgerError::Foreign(_, error, _)) => crate::attack::name(&error),
        Err(error) => match error.described() {
            Some(described) => described.name.into(),
            None => error.to_string(),
        },
    }
}
