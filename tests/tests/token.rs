//! The token program's instructions in program-test: balances and exact errors.

use {
    campus_energy_sdk::{
        ledger::SplToken,
        token::{
            address, instruction as build,
            state::{MintMode, Retirement, TokenConfig},
        },
        units::{ENERGY_DECIMALS, Energy, TokenAmount},
    },
    campus_energy_tests::campus::{Campus, SAMPLE, refusal},
    solana_program::program_pack::Pack,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    spl_token_interface::state::Mint,
};

#[test]
fn the_mint_is_the_programs_and_nobody_can_freeze() {
    let campus = Campus::native(1);
    let mint = Mint::unpack(&campus.data(&campus.addresses().energy_mint)).unwrap();
    assert_eq!((mint.decimals, mint.supply, mint.is_initialized), (ENERGY_DECIMALS, 0, true));
    assert_eq!(mint.mint_authority.unwrap(), campus.addresses().token_config);
    assert!(mint.freeze_authority.is_none());
}

#[test]
fn only_the_oracle_mints() {
    let mut campus = Campus::native(1);
    let (stranger, addresses) = (campus.keys.wallet("stranger", 0), campus.addresses());
    let account = campus.department.meters[0].accounts.token_account;
    let (config, mint) = (addresses.token_config, addresses.energy_mint);
    let instruction = build::mint_for_surplus(
        build::MintingAccounts {
            program: &addresses.programs.token,
            oracle: &stranger.pubkey(),
            token_config: &config,
            mint: &mint,
        },
        [account].iter(),
        &[1],
    );
    assert_eq!(refusal(campus.send(instruction, &[&stranger])), "NotMinter");
}

#[test]
fn retiring_burns_and_leaves_one_receipt_an_interval() {
    let mut campus = Campus::native(2);
    campus.submit(SAMPLE, &[(3_000, 0), (1_000, 0)]).unwrap();
    let (owner, addresses) = (campus.keys.participant(0), campus.addresses());
    let retire = |energy, timestamp| build::retire(&addresses, &owner.pubkey(), Energy(energy), timestamp);
    campus.send(retire(1_200, SAMPLE), &[&owner]).unwrap();
    assert_eq!((campus.balance(0), campus.supply()), (1_800_000_000, 2_800_000_000));
    let (receipt, _) = address::retirement(&addresses.programs.token, &addresses.token_config, &owner.pubkey(), SAMPLE);
    let receipt: Retirement = campus.read(&receipt);
    assert_eq!((receipt.owner, receipt.timestamp, receipt.energy), (owner.pubkey(), SAMPLE, Energy(1_200)));
    let config: TokenConfig = campus.read(&addresses.token_config);
    assert_eq!((config.minted, config.retired), (TokenAmount(4_000_000_000), TokenAmount(1_200_000_000)));

    campus.chain_time(SAMPLE + 905);
    assert_eq!(config.founded, SAMPLE);
    assert_eq!(refusal(campus.send(retire(1, SAMPLE), &[&owner])), "AlreadyRetired");
    assert_eq!(refusal(campus.send(retire(0, SAMPLE + 900), &[&owner])), "ZeroEnergy");
    assert_eq!(refusal(campus.send(retire(1, SAMPLE - 1), &[&owner])), "MisalignedTimestamp");
    assert_eq!(refusal(campus.send(retire(1, SAMPLE + 1_800), &[&owner])), "FutureInterval");
    for before in [SAMPLE - 900, 900] {
        assert_eq!(refusal(campus.send(retire(1, before), &[&owner])), "BeforeDepartment");
    }
    assert_eq!(refusal(campus.send(retire(u64::MAX, SAMPLE + 900), &[&owner])), "Overflow");
    let too_much = refusal(campus.send(retire(1_801, SAMPLE + 900), &[&owner]));
    assert!(too_much.contains("custom program error: 0x1"), "SPL Token's insufficient funds: {too_much}");
    let mut foreign = retire(1, SAMPLE + 900);
    foreign.accounts[3].pubkey = campus.department.meters[1].accounts.token_account;
    assert_eq!(refusal(campus.send(foreign, &[&owner])), "WrongTokenAccount");
}

#[test]
fn the_departments_authority_pauses_and_chooses_how_to_mint() {
    let mut campus = Campus::native(1);
    let (authority, stranger, addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let foreign = build::set_mint_mode(&addresses, &stranger.pubkey(), MintMode::Plain);
    assert_eq!(refusal(campus.send(foreign, &[&stranger])), "NotDepartmentAuthority");
    campus.send(build::set_mint_mode(&addresses, &authority.pubkey(), MintMode::Plain), &[&authority]).unwrap();
    campus.submit(SAMPLE, &[(1_500, 0)]).unwrap();
    assert_eq!(campus.balance(0), 1_500_000_000);
    campus.send(build::set_paused(&addresses, &authority.pubkey(), true), &[&authority]).unwrap();
    let owner = campus.keys.participant(0);
    let retire = build::retire(&addresses, &owner.pubkey(), Energy(1), SAMPLE);
    assert_eq!(refusal(campus.send(retire, &[&owner])), "Paused");
}

/// Both SPL Token programs mint the same, each in the way TokenConfig says.
#[test]
fn the_older_spl_token_mints_by_single_calls_and_p_token_in_both_ways() {
    let readings = [(6_200, 4_100), (5_000, 0), (0, 100), (9_999, 9_998)];
    for (spl_token, mode) in [
        (SplToken::Legacy, MintMode::Plain),
        (SplToken::Batching, MintMode::Plain),
        (SplToken::Batching, MintMode::Batch),
    ] {
        let mut campus = Campus::embedded(4, spl_token, mode);
        campus.submit(SAMPLE, &readings).unwrap();
        let balances: Vec<u64> = (0..4).map(|meter| campus.balance(meter)).collect();
        assert_eq!(balances, [2_100_000_000, 5_000_000_000, 0, 1_000_000], "{spl_token:?} {mode:?}");
    }
    let mut wrong = Campus::embedded(2, SplToken::Legacy, MintMode::Batch);
    let error = refusal(wrong.submit(SAMPLE, &[(1, 0), (1, 0)]));
    assert!(error.contains("custom program error: 0xc"), "SPL Token 3.5 knows no batch: {error}");
    let authority = wrong.keys.authority();
    let mend = build::set_mint_mode(&wrong.addresses(), &authority.pubkey(), MintMode::Plain);
    wrong.send(mend, &[&authority]).unwrap();
    wrong.submit(SAMPLE, &[(1, 0), (1, 0)]).unwrap();
    assert_eq!(wrong.supply(), 2_000_000);
}

#[test]
fn the_token_can_be_initialised_once_and_by_the_upgrade_authority_alone() {
    let mut campus = Campus::native(1);
    let (authority, stranger, addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let again = build::initialize(&addresses, &authority.pubkey(), MintMode::Batch);
    assert_eq!(refusal(campus.send(again, &[&authority])), "AlreadyExists");
    let foreign = build::initialize(&addresses, &stranger.pubkey(), MintMode::Batch);
    assert_eq!(refusal(campus.send(foreign, &[&stranger])), "NotUpgradeAuthority");
    assert_ne!(addresses.energy_mint, Pubkey::default());
}
