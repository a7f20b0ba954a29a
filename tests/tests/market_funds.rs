//! Deposit and Withdraw in program-test: balances, and every refusal by its exact name.

use {
    campus_energy_sdk::{
        SPL_TOKEN,
        matching::Direction,
        trading::{instruction as build, state::Asset},
    },
    campus_energy_tests::{
        campus::{Campus, SAMPLE, refusal},
        chain::Chain,
        market::BUDGET,
        native::Native,
    },
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, program_option::COption, program_pack::Pack, pubkey::Pubkey},
    solana_signer::Signer,
    spl_token_interface::state::Account as TokenAccount,
};

const ENERGY: Asset = Asset::Energy;
const QUOTE: Asset = Asset::Quote;
const BUY: Direction = Direction::Buy;

/// Trader 0 has 10 kWh on the seat, every trader has [`BUDGET`].
fn open() -> Campus<Native> {
    let mut campus = Campus::native(2);
    campus.open_market(SAMPLE, &[10_000]);
    campus
}

/// A trader's Deposit and Withdraw with other accounts: the token account and the vault.
fn both(campus: &Campus<Native>, wallet: &Keypair, seat: u16, account: Pubkey, vault: Pubkey) -> [Instruction; 2] {
    let (addresses, key) = (campus.addresses(), wallet.pubkey());
    let mut deposit = build::deposit(
        &addresses,
        &key,
        &build::SeatTransfer { seat, asset: QUOTE, token_account: account, amount: 10 },
    );
    deposit.accounts[3].pubkey = vault;
    let mut withdraw = build::withdraw(
        &addresses,
        &key,
        &build::SeatTransfer { seat, asset: QUOTE, token_account: account, amount: 10 },
    );
    withdraw.accounts[4].pubkey = vault;
    [deposit, withdraw]
}

#[test]
fn what_is_free_goes_out_and_comes_in_again() {
    let mut campus = open();
    campus.withdraw(0, ENERGY, 3_000_000_001).unwrap();
    campus.withdraw(0, QUOTE, BUDGET).unwrap();
    assert_eq!((campus.seat(0).energy.free, campus.seat(0).quote.free), (6_999_999_999, 0));
    assert_eq!((campus.vault(ENERGY), campus.vault(QUOTE)), (6_999_999_999, BUDGET));
    let accounts = [ENERGY, QUOTE].map(|asset| campus.tokens(&campus.traders_account(0, asset)));
    assert_eq!(accounts, [3_000_000_001, BUDGET]);
    campus.deposit(0, ENERGY, 1).unwrap();
    campus.deposit(0, QUOTE, BUDGET).unwrap();
    assert_eq!((campus.seat(0).energy.free, campus.seat(0).quote.free), (7_000_000_000, BUDGET));
    assert_eq!([ENERGY, QUOTE].map(|asset| campus.vault(asset)), [7_000_000_000, 2 * BUDGET]);
    assert_eq!([ENERGY, QUOTE].map(|asset| campus.owed(asset)), [7_000_000_000, 2 * BUDGET]);
}

#[test]
fn amounts_are_above_zero_and_covered() {
    let mut campus = open();
    for asset in [ENERGY, QUOTE] {
        assert_eq!(refusal(campus.deposit(0, asset, 0)), "ZeroAmount");
        assert_eq!(refusal(campus.withdraw(0, asset, 0)), "ZeroAmount");
        assert_eq!(refusal(campus.deposit(0, asset, u64::MAX)), "BalanceOverflow");
        assert_eq!(refusal(campus.withdraw(0, asset, u64::MAX)), "InsufficientFunds");
        let more = refusal(campus.deposit(0, asset, 1));
        assert!(more.contains("custom program error: 0x1"), "SPL Token's insufficient funds: {more}");
    }
    assert_eq!(refusal(campus.withdraw(0, ENERGY, 10_000_000_001)), "InsufficientFunds");
    // What backs an order stays.
    campus.place(1, BUY, 3_000_000, 100_000, SAMPLE).unwrap();
    assert_eq!(refusal(campus.withdraw(1, QUOTE, BUDGET - 300_000_000 + 1)), "InsufficientFunds");
    campus.withdraw(1, QUOTE, BUDGET - 300_000_000).unwrap();
    assert_eq!(refusal(campus.withdraw(1, QUOTE, 1)), "InsufficientFunds");
    // Nothing on the seat, nothing in the token account: the sum fits, the transfer fails, nothing is credited.
    let more = refusal(campus.deposit(1, ENERGY, u64::MAX));
    assert!(more.contains("custom program error: 0x1"), "{more}");
    assert_eq!(campus.seat(1).energy.free, 0);
}

#[test]
fn a_seats_funds_are_its_owners() {
    let mut campus = open();
    let (stranger, other, vault) =
        (campus.keys.wallet("stranger", 0), campus.keys.participant(1), campus.addresses().quote_vault);
    let account = campus.token_account(&stranger.pubkey(), QUOTE);
    campus.put_tokens(account, &stranger.pubkey(), QUOTE, 1_000);
    let others = campus.traders_account(1, QUOTE);
    campus.put_tokens(others, &other.pubkey(), QUOTE, 1_000);
    for (wallet, account) in [(&stranger, account), (&other, others)] {
        for (seat, expected) in
            [(0, "NotSeatOwner"), (9, "UnknownSeat"), (32, "UnknownSeat"), (u16::MAX, "UnknownSeat")]
        {
            for instruction in both(&campus, wallet, seat, account, vault) {
                assert_eq!(refusal(campus.send(instruction, &[wallet])), expected, "seat {seat}");
            }
        }
    }
}

#[test]
fn the_vault_is_the_markets_and_the_token_account_of_its_mint() {
    let mut campus = open();
    let (trader, addresses) = (campus.keys.participant(0), campus.addresses());
    let [energy, quote] = [ENERGY, QUOTE].map(|asset| campus.traders_account(0, asset));
    campus.put_tokens(quote, &trader.pubkey(), QUOTE, 1_000);
    // What looks like a vault: of the right mint, owned by the market itself.
    let lookalike = Pubkey::new_unique();
    campus.put_tokens(lookalike, &addresses.market, QUOTE, 1_000);
    let other = campus.begin_department("SCI_", 3, campus_energy_tests::campus::MARKET);
    let (mint, wallet) = (campus.department.quote_mint, trader.pubkey());
    for (account, vault, expected) in [
        (quote, lookalike, "WrongVault"),
        (quote, other.quote_vault, "WrongVault"),
        (quote, quote, "WrongVault"),
        (quote, addresses.book, "WrongVault"),
        (energy, addresses.quote_vault, "WrongMint"),
        (quote, addresses.energy_vault, "WrongMint"),
        (addresses.energy_vault, addresses.quote_vault, "WrongMint"),
        (addresses.quote_vault, addresses.quote_vault, "WrongTokenAccount"),
        (mint, addresses.quote_vault, "WrongTokenAccount"),
        (addresses.book, addresses.quote_vault, "WrongTokenAccount"),
        (wallet, addresses.quote_vault, "WrongTokenAccount"),
        (Pubkey::new_unique(), addresses.quote_vault, "WrongTokenAccount"),
    ] {
        for instruction in both(&campus, &trader, 0, account, vault) {
            let place = format!("{instruction:?}");
            assert_eq!(refusal(campus.send(instruction, &[&trader])), expected, "{place}");
        }
    }
    let mut mixed = build::withdraw(
        &addresses,
        &wallet,
        &build::SeatTransfer { seat: 0, asset: QUOTE, token_account: quote, amount: 10 },
    );
    mixed.accounts[1].pubkey = other.market;
    assert_eq!(refusal(campus.send(mixed, &[&trader])), "WrongDepartment");
}

/// A token account that its owner has delegated to the depositor is not the depositor's either.
#[test]
fn one_deposits_from_ones_own_account_and_withdraws_to_any() {
    let mut campus = open();
    let (trader, stranger, vault) =
        (campus.keys.participant(0), campus.keys.wallet("stranger", 0), campus.addresses().quote_vault);
    let foreign = campus.token_account(&stranger.pubkey(), QUOTE);
    campus.put_tokens(foreign, &stranger.pubkey(), QUOTE, 1_000);
    let mut account = campus.account(&foreign);
    let mut state = TokenAccount::unpack(&account.data).unwrap();
    (state.delegate, state.delegated_amount) = (COption::Some(trader.pubkey()), 1_000);
    state.pack_into_slice(&mut account.data);
    campus.chain.put(foreign, account);
    let [deposit, withdraw] = both(&campus, &trader, 0, foreign, vault);
    assert_eq!(refusal(campus.send(deposit, &[&trader])), "WrongTokenAccount");
    campus.send(withdraw, &[&trader]).unwrap();
    assert_eq!((campus.tokens(&foreign), campus.seat(0).quote.free), (1_010, BUDGET - 10));
}

#[test]
fn another_program_in_the_place_of_spl_token_is_refused() {
    let mut campus = open();
    let (trader, vault, account) =
        (campus.keys.participant(0), campus.addresses().quote_vault, campus.traders_account(0, QUOTE));
    for mut instruction in both(&campus, &trader, 0, account, vault) {
        instruction.accounts.last_mut().unwrap().pubkey = campus.addresses().programs.token;
        let refused = refusal(campus.send(instruction, &[&trader]));
        assert!(refused.contains("incorrect program id"), "{refused}");
    }
}

#[test]
fn a_paused_market_takes_no_deposits_but_gives_funds_back() {
    let mut campus = open();
    campus.withdraw(0, QUOTE, 1_000).unwrap();
    campus.pause(true).unwrap();
    assert_eq!(refusal(campus.deposit(0, QUOTE, 1)), "Paused");
    campus.withdraw(0, QUOTE, BUDGET - 1_000).unwrap();
    campus.withdraw(0, ENERGY, 10_000_000_000).unwrap();
    campus.pause(false).unwrap();
    campus.deposit(0, QUOTE, BUDGET).unwrap();
}

#[test]
fn funds_move_while_an_auction_is_due_or_being_cleared() {
    let mut campus = open();
    campus.place(0, Direction::Sell, 3_000_000, 1_000, SAMPLE).unwrap();
    campus.place(1, BUY, 3_000_000, 1_000, SAMPLE).unwrap();
    campus.chain_time(SAMPLE + 905);
    campus.withdraw(1, QUOTE, 1_000).unwrap();
    campus.clear(1).unwrap();
    // The buyer has been served, the seller has not: the buyer's tokens can leave all the same.
    assert_eq!((campus.seat(1).energy.free, campus.seat(0).energy.locked), (1_000_000_000, 1_000_000_000));
    campus.withdraw(1, ENERGY, 1_000_000_000).unwrap();
    campus.deposit(1, QUOTE, 1_000).unwrap();
    for asset in [ENERGY, QUOTE] {
        assert_eq!(campus.vault(asset), campus.owed(asset));
    }
    campus.clear(1).unwrap();
    assert_eq!((campus.seat(1).quote.free, campus.seat(0).quote.free), (BUDGET - 3_000_000, BUDGET + 3_000_000));
}

#[test]
fn a_gift_to_a_vault_is_nobodys() {
    let mut campus = open();
    let (stranger, addresses) = (campus.keys.wallet("stranger", 0), campus.addresses());
    let before = campus.seats();
    for asset in [ENERGY, QUOTE] {
        let account = campus.token_account(&stranger.pubkey(), asset);
        campus.put_tokens(account, &stranger.pubkey(), asset, 500);
        let gift = spl_token_interface::instruction::transfer(
            &SPL_TOKEN,
            &account,
            addresses.vault(asset),
            &stranger.pubkey(),
            &[],
            500,
        );
        campus.send(gift.unwrap(), &[&stranger]).unwrap();
        assert_eq!(campus.vault(asset), campus.owed(asset) + 500);
    }
    assert_eq!(campus.seats(), before);
    assert_eq!(refusal(campus.withdraw(0, QUOTE, BUDGET + 1)), "InsufficientFunds");
    for trader in [0, 1] {
        campus.withdraw(trader, QUOTE, BUDGET).unwrap();
    }
    assert_eq!(campus.vault(QUOTE), 500);
}
