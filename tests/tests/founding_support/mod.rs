//! What the tests of a founding share: its plan, its ledger, and what is asserted of both.

use {
    campus_energy_department::{Department, Founder, Founding, FoundingError, Keys, MarketPlan},
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::{Embedded, Ledger, SplToken, programs::EMBEDDED, transaction::send},
        matching::Seat,
        token::state::MintMode,
        trading::state::{BookCapacity, split},
        units::Money,
    },
    campus_energy_tests::campus::{MARKET, SAMPLE, founding},
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, program_pack::Pack, pubkey::Pubkey},
    solana_signer::Signer,
    spl_associated_token_account_interface::address::get_associated_token_address,
    spl_token_interface::state::{Account as TokenAccount, Mint},
    std::collections::BTreeMap,
};

pub const PARTICIPANTS: usize = 10;
pub const METERS: usize = 6;
/// What each buyer gets.
pub const BUDGET: u64 = 5_000_000;
/// What all buyers get.
pub const BUDGETS: u64 = (PARTICIPANTS - METERS) as u64 * BUDGET;
pub const LAMPORTS: u64 = 1_000_000_000_000;

pub fn keys() -> Keys {
    Keys::new(1)
}

/// Six of ten participants own a meter; the book has to grow.
pub fn plan() -> Founding {
    let mut plan = founding(PARTICIPANTS, false, MintMode::Batch);
    plan.meters.truncate(METERS);
    plan.market = MarketPlan { capacity: BookCapacity { orders: 512, seats: 16 }, ..MARKET };
    plan
}

/// A ledger on which the authority and a thief have lamports; the others get theirs from the founding.
pub fn ledger() -> Embedded {
    let mut ledger = Embedded::new(&keys().authority().pubkey(), SplToken::Batching).expect("the programs load");
    ledger.set_time(SAMPLE + 5);
    for address in [keys().authority().pubkey(), thief().pubkey()] {
        ledger.airdrop(&address, LAMPORTS).expect("an airdrop");
    }
    ledger
}

pub fn thief() -> Keypair {
    keys().wallet("thief", 0)
}

pub fn founder(plan: &Founding) -> Founder<'_> {
    let budgets = plan.buyers(Money(BUDGET));
    Founder::new(EMBEDDED, keys(), plan).with_budgets(budgets).with_lamports(1_000_000_000, 20_000_000)
}

pub fn found(ledger: &mut impl Ledger) -> Result<Department, FoundingError> {
    founder(&plan()).found_with_seats(ledger, |_| ())
}

/// All accounts, but the wallets of the authority, who pays for more or fewer transactions, and of whoever gives airdrops, who has another
/// key on each ledger.
pub fn state(ledger: &mut Embedded) -> BTreeMap<Pubkey, Account> {
    let (mut state, faucet) = (ledger.state(), ledger.svm().airdrop_pubkey());
    for address in [keys().authority().pubkey(), faucet] {
        state.remove(&address).expect("a wallet");
    }
    state
}

pub fn done(ledger: &mut Embedded, instructions: &[Instruction], signers: &[&Keypair]) {
    send(ledger, instructions, signers, &[]).expect("the ledger takes it");
}

pub fn amount(ledger: &impl Ledger, address: &Pubkey) -> u64 {
    let account = ledger.account(address).expect("an answer").expect("a token account");
    TokenAccount::unpack(&account.data).expect("a token account").amount
}

pub fn supply(ledger: &impl Ledger) -> u64 {
    let mint = ledger.account(&keys().quote_mint().pubkey()).expect("an answer").expect("a mint");
    Mint::unpack(&mint.data).expect("a mint").supply
}

pub fn quote_account(participant: usize) -> Pubkey {
    get_associated_token_address(&keys().participant(participant).pubkey(), &keys().quote_mint().pubkey())
}

pub fn seats(ledger: &impl Ledger) -> Vec<Seat> {
    let book = Addresses::derive(EMBEDDED, plan().prefix).book;
    let mut data = ledger.account(&book).expect("an answer").expect("a book").data;
    split(&mut data).expect("its full size").1.seats.iter().map(Seat::read).collect()
}

/// Every buyer has one budget on the seat, and nobody anything more.
pub fn assert_budgets(ledger: &impl Ledger) {
    let expected = |number: usize| if (METERS..PARTICIPANTS).contains(&number) { BUDGET } else { 0 };
    for (number, seat) in seats(ledger).iter().enumerate() {
        assert_eq!(seat.quote.free, expected(number), "seat {number}");
    }
    assert_eq!(supply(ledger), BUDGETS);
}
