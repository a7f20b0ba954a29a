//! Finding 8: a founding adopts what a thief has made.

use {
    super::told,
    campus_energy_sdk::{
        SPL_TOKEN,
        ledger::{Ledger, SplToken, transaction::send},
        token::state::MintMode,
    },
    campus_energy_tests::{
        campus::{embedded, founding},
        chain::Chain,
    },
    sim_cli::settlement::{Founder, Keys},
    solana_program::{program_pack::Pack, rent::Rent},
    solana_signer::Signer,
    solana_system_interface::instruction::create_account,
    spl_token_interface::{
        instruction::{freeze_account, initialize_mint2},
        state::{Account as TokenAccount, AccountState, Mint},
    },
};

/// Anybody derives the mint's key from the public seed.
#[test]
fn finding_8_a_squatted_quote_mint_is_adopted() {
    let keys = Keys::new(1);
    let mut chain = embedded(keys, SplToken::Batching);
    let (thief, mint) = (keys.wallet("stranger", 0), keys.quote_mint());
    let (theirs, address) = (thief.pubkey(), mint.pubkey());
    let rent = Rent::default().minimum_balance(Mint::LEN);
    let create = create_account(&theirs, &address, rent, Mint::LEN as u64, &SPL_TOKEN);
    let initialize = initialize_mint2(&SPL_TOKEN, &address, &theirs, Some(&theirs), 6).unwrap();
    send(&mut chain, &[create, initialize], &[&thief, &mint], &[]).unwrap();

    let plan = founding(2, false, MintMode::Batch);
    let department = Founder::new(chain.programs(), keys, &plan).found(&mut chain, |_| ()).unwrap();
    assert_eq!(department.quote_mint, address);
    let adopted = Mint::unpack(&chain.account(&address).unwrap().unwrap().data).unwrap();
    assert_eq!((adopted.mint_authority.unwrap(), adopted.freeze_authority.unwrap()), (theirs, theirs));
    chain.next_slot();
    let vault = department.addresses.quote_vault;
    let freeze = freeze_account(&SPL_TOKEN, &vault, &address, &theirs, &[]).unwrap();
    send(&mut chain, &[freeze], &[&thief], &[]).unwrap();
    let vault = TokenAccount::unpack(&chain.account(&vault).unwrap().unwrap().data).unwrap();
    assert_eq!(vault.state, AccountState::Frozen);
    told(8, "a squatted quote mint adopted; its thief froze the vault");
}
