//! What a program can do whose upgrade authority turned: everything that its own addresses sign for and its own accounts say, and
//! nothing else. SECURITY.md names these powers; here each is tried by each of the four.

use {
    campus_energy_sdk::{
        LOADER, SPL_TOKEN,
        account::AccountData,
        deployment::{Addresses, Programs},
        ledger::{Embedded, SplToken},
        oracle::{self, address::ORACLE_SEED},
        registry::{
            self,
            instruction::{Counted, RecordingAccounts, record_readings},
            state::{Department, Meter},
        },
        token::{self, address::TOKEN_SEED, state::MintMode},
        trading::{
            self,
            address::MARKET_SEED,
            instruction::{MarketUpdate, update_market_data},
            state::Asset,
        },
        units::Energy,
    },
    campus_energy_tests::{
        attack::{Tally, refused},
        campus::{Campus, LIMITS, MARKET, SAMPLE},
        chain::Chain,
        hostile::{PROGRAM, deploy, turn},
    },
    hostile::Script,
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
    solana_signer::Signer,
};

fn campus() -> Campus<Embedded> {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.open_market(SAMPLE - 900, &[5_000]);
    campus
}

fn sent(campus: &mut Campus<Embedded>, instruction: Instruction, signers: &[&Keypair]) -> Option<String> {
    refused(campus.send(instruction, signers))
}

/// Something that one of our addresses must sign for: what, the call, and the program, account and seed of the address.
fn powers(campus: &Campus<Embedded>) -> Vec<(&'static str, Instruction, Pubkey, Pubkey, &'static [u8])> {
    let addresses = campus.addresses();
    let programs = addresses.programs;
    let oracle = &addresses.oracle;
    let meters = campus.meter_accounts(1);
    let to = &meters[0].token_account;
    let (config, mint) = (&addresses.token_config, &addresses.energy_mint);
    let spl_mint = spl_token_interface::instruction::mint_to(&SPL_TOKEN, mint, to, config, &[], 1_000_000_000);
    let empty = |asset: Asset| {
        let (vault, to) = (addresses.vault(asset), campus.traders_account(0, asset));
        spl_token_interface::instruction::transfer(&SPL_TOKEN, vault, &to, &addresses.market, &[], 1_000).unwrap()
    };
    let counted = [Counted { generated: 12_500, consumed: 0 }];
    let record = record_readings(
        RecordingAccounts { program: &programs.registry, oracle, department: &addresses.department },
        [meters[0].meter].iter(),
        SAMPLE,
        &counted,
    );
    let surplus = token::instruction::mint_for_surplus(
        token::instruction::MintingAccounts { program: &programs.token, oracle, token_config: config, mint },
        [*to].iter(),
        &[12_500],
    );
    let update = update_market_data(
        &programs.trading,
        oracle,
        &addresses.market,
        MarketUpdate { timestamp: SAMPLE, supply: Energy(1), demand: Energy(2) },
    );
    let (market, of_oracle) =
        ((programs.trading, addresses.market, MARKET_SEED), (programs.oracle, *oracle, ORACLE_SEED));
    let named = |what, instruction, (program, account, seed)| (what, instruction, program, account, seed);
    vec![
        named("mints without readings", spl_mint.unwrap(), (programs.token, *config, TOKEN_SEED)),
        named("empties the energy vault", empty(Asset::Energy), market),
        named("empties the quote vault", empty(Asset::Quote), market),
        named("records readings", record, of_oracle),
        named("mints for a surplus", surplus, of_oracle),
        named("sets the market's data", update, of_oracle),
    ]
}

/// Each program has what its own addresses sign for, and no other program has it.
#[test]
fn a_turned_program_signs_for_its_own_addresses_only() {
    let tally = Tally::default();
    let prepared = campus();
    let programs = prepared.addresses().programs;
    let stranger = prepared.keys.wallet("stranger", 0);
    for turned in [programs.registry, programs.token, programs.oracle, programs.trading] {
        for (what, wanted, of, account, seed) in powers(&prepared) {
            if wanted.program_id == turned {
                continue; // It would call itself.
            }
            let mut campus = campus();
            let department = campus.addresses().department.to_bytes();
            let (address, bump) = Pubkey::find_program_address(&[seed, &department], &turned);
            assert_eq!(address == account, of == turned, "{turned} {what}");
            let bump = [bump];
            deploy(&mut campus, turned);
            let script = Script::default().forward(0, &wanted, &[seed, &department, &bump]);
            let mut accounts = vec![AccountMeta::new_readonly(wanted.program_id, false)];
            accounts.extend(wanted.accounts.iter().map(|meta| AccountMeta { is_signer: false, ..meta.clone() }));
            let attack = Instruction { program_id: turned, accounts, data: script.0 };
            let result = sent(&mut campus, attack, &[&stranger]);
            if of == turned {
                tally.legitimate(format!("the program itself {what}"), result);
            } else {
                tally.attack(format!("{turned} {what}"), result, "PrivilegeEscalation");
            }
        }
    }
    tally.finish(15);
}

/// The registry says who a department's authority is: who has the registry has the department, but not its vaults.
#[test]
fn a_turned_registry_has_the_department() {
    let tally = Tally::default();
    let mut campus = campus();
    let addresses = campus.addresses();
    let thief = campus.keys.wallet("stranger", 0);
    let by = thief.pubkey();
    let configure = oracle::instruction::configure(&addresses, &by, LIMITS, false);
    tally.attack("before", sent(&mut campus, configure.clone(), &[&thief]), "NotDepartmentAuthority");

    deploy(&mut campus, addresses.programs.registry);
    let at = u16::try_from(Department::FIELDS.authority.offset()).unwrap();
    let write = Script::default().write(0, at, by.as_ref());
    let accounts = vec![AccountMeta::new(addresses.department, false)];
    let write = Instruction { program_id: addresses.programs.registry, accounts, data: write.0 };
    tally.legitimate("it names another authority", sent(&mut campus, write, &[&thief]));
    for (what, instruction) in [
        ("sets the oracle's limits", configure),
        ("pauses the token", token::instruction::set_paused(&addresses, &by, true)),
        ("pauses the market", trading::instruction::set_paused(&addresses, &by, true)),
        ("proposes a submitter", oracle::instruction::propose_authority(&addresses, &by, &by)),
        ("becomes the submitter", oracle::instruction::accept_authority(&addresses, &by)),
    ] {
        tally.legitimate(what, sent(&mut campus, instruction, &[&thief]));
    }
    // Funds can be withdrawn by their owners all the same.
    tally
        .legitimate("an owner withdraws", campus.withdraw(1, Asset::Quote, 1_000).err().map(|error| error.to_string()));
    tally.finish(1);
}

/// Registry and token program together, and the submitter: a meter may then name any account as its owner's, so that the token
/// program is called with the oracle's signature, a program and an account of it. It reaches the market's data, never the oracle.
#[test]
fn two_turned_siblings_forge_the_markets_data_but_do_not_reenter_the_oracle() {
    let tally = Tally::default();
    let submit = |reached: &dyn Fn(&Campus<Embedded>) -> [Pubkey; 2], script: &dyn Fn(&Campus<Embedded>) -> Script| {
        let mut campus = campus();
        let addresses = campus.addresses();
        let script = script(&campus);
        turn(&mut campus, addresses.programs.token, addresses.token_config, &script);
        deploy(&mut campus, addresses.programs.registry);
        let mut submission = campus.submission(SAMPLE, &[(2, 1), (2, 1)]);
        let meters = campus.meter_accounts(2);
        let stranger = campus.keys.wallet("stranger", 0);
        for (index, account) in reached(&campus).into_iter().enumerate() {
            let at = u16::try_from(Meter::FIELDS.token_account.offset()).unwrap();
            let write = Script::default().write(0, at, account.as_ref());
            let accounts = vec![AccountMeta::new(meters[index].meter, false)];
            let write = Instruction { program_id: addresses.programs.registry, accounts, data: write.0 };
            campus.send(write, &[&stranger]).unwrap();
            submission.accounts[13 + index].pubkey = account;
        }
        // Where the loader is in a transaction, a program that it calls may be passed on as writable.
        let accounts = vec![AccountMeta::new_readonly(LOADER, false)];
        let loader = Instruction { program_id: addresses.programs.registry, accounts, data: vec![] };
        let submitter = campus.keys.submitter();
        let result = refused(campus.send_all(&[submission, loader], &[&submitter]));
        (result, campus)
    };
    let programs = campus().addresses().programs;
    let market = |campus: &Campus<Embedded>| campus.addresses().market;
    let forging = |campus: &Campus<Embedded>| {
        let (oracle, market) = (campus.addresses().oracle, campus.addresses().market);
        let forged = update_market_data(
            &programs.trading,
            &oracle,
            &market,
            MarketUpdate { timestamp: SAMPLE, supply: Energy(77), demand: Energy(7) },
        );
        Script::default().call(&forged, &[])
    };
    let (result, forged) = submit(&|campus| [programs.trading, market(campus)], &forging);
    tally.legitimate("the market's data", result);
    assert_eq!(forged.interval(SAMPLE).unwrap().supply.0, 77 + 2);

    let reentering = |campus: &Campus<Embedded>| {
        Script::default().call(
            &Instruction::new_with_bytes(
                programs.oracle,
                &[4],
                vec![AccountMeta::new(campus.addresses().oracle, true)],
            ),
            &[],
        )
    };
    let (result, _) = submit(&|campus| [programs.oracle, campus.addresses().oracle], &reentering);
    tally.attack("the oracle again", result, "ReentrancyNotAllowed");
    tally.finish(1);
}

/// Who signs for an instruction trusts the program with what the signature is good for in that call.
#[test]
fn a_turned_program_takes_what_its_callers_sign_for() {
    let tally = Tally::default();
    let mut campus = campus();
    let addresses = campus.addresses();
    let (owner, tokens) = (campus.keys.participant(0), campus.traders_account(0, Asset::Energy));
    campus.submit(SAMPLE, &[(2, 0)]).unwrap();
    let thief = campus.traders_account(1, Asset::Energy);
    campus.put_tokens(thief, &campus.keys.participant(1).pubkey(), Asset::Energy, 0);
    let steal =
        spl_token_interface::instruction::transfer(&SPL_TOKEN, &tokens, &thief, &owner.pubkey(), &[], 2_000_000);
    turn(&mut campus, addresses.programs.trading, addresses.book, &Script::default().call(&steal.unwrap(), &[]));
    let vault = addresses.energy_vault;
    // The thief's account is not in an honest call.
    let honest = trading::instruction::deposit(
        &addresses,
        &owner.pubkey(),
        &trading::instruction::SeatTransfer { seat: 0, asset: Asset::Energy, token_account: tokens, amount: 1_000_000 },
    );
    tally.attack("to an account that is not named", sent(&mut campus, honest.clone(), &[&owner]), "MissingAccount");
    // The vault is: what is deposited is the program's, as ever.
    let to_vault =
        spl_token_interface::instruction::transfer(&SPL_TOKEN, &tokens, &vault, &owner.pubkey(), &[], 2_000_000);
    turn(&mut campus, addresses.programs.trading, addresses.book, &Script::default().call(&to_vault.unwrap(), &[]));
    tally.legitimate("more than was asked for", sent(&mut campus, honest, &[&owner]));
    assert_eq!(campus.tokens(&tokens), 0);
    tally.finish(1);
}

/// An outsider's registry with a department of its own, whose every field says what suits the outsider. Only who may initialise
/// could found it in the other programs; with their help it is a department like another, and has nothing of the first one.
#[test]
fn an_outsiders_registry_founds_nothing_and_reaches_no_other_department() {
    let tally = Tally::default();
    let mut campus = campus();
    deploy(&mut campus, PROGRAM);
    let (own, authority) = (campus.addresses(), campus.keys.authority());
    let outsider = campus.keys.wallet("stranger", 0);
    let theirs = Addresses::derive(Programs { registry: PROGRAM, ..own.programs }, "BAD_".parse().unwrap());
    let mut department: Department = campus.read(&own.department);
    let (_, bump) = registry::address::department(&PROGRAM, &theirs.prefix);
    department.header.bump = bump;
    (department.prefix, department.authority) = (theirs.prefix, outsider.pubkey());
    let mut plant = |campus: &mut Campus<Embedded>, oracle: Pubkey, energy_mint: Pubkey| {
        (department.oracle, department.energy_mint) = (oracle, energy_mint);
        let mut data = vec![0; Department::LEN];
        department.store(&mut data);
        campus
            .chain
            .put(theirs.department, Account { lamports: 1_000_000_000, data, owner: PROGRAM, ..Account::default() });
    };
    let token = |by: &Keypair| token::instruction::initialize(&theirs, &by.pubkey(), MintMode::Batch);
    let oracle =
        |by: &Keypair| oracle::instruction::initialize(&theirs, &by.pubkey(), &outsider.pubkey(), LIMITS, false);
    let market = |campus: &Campus<Embedded>, by: &Keypair| {
        let quote = campus.department.quote_mint;
        let (tariffs, capacity, terms) = (MARKET.tariffs, MARKET.capacity, MARKET.terms(0));
        trading::instruction::initialize(
            &theirs,
            &by.pubkey(),
            &trading::instruction::MarketSettings { quote_mint: quote, tariffs, capacity, terms },
        )
    };
    // Alone.
    plant(&mut campus, theirs.oracle, theirs.energy_mint);
    let of_market = market(&campus, &outsider);
    for instruction in [token(&outsider), of_market, oracle(&outsider)] {
        let result = sent(&mut campus, instruction, &[&outsider]);
        tally.attack("the outsider founds", result, "NotUpgradeAuthority");
    }
    // Its authority is not the first department's.
    for (what, mut forged) in [
        ("limits", oracle::instruction::configure(&own, &outsider.pubkey(), LIMITS, false)),
        ("the token's pause", token::instruction::set_paused(&own, &outsider.pubkey(), true)),
        ("the market's pause", trading::instruction::set_paused(&own, &outsider.pubkey(), true)),
    ] {
        forged.accounts[1].pubkey = theirs.department;
        tally.attack(what, sent(&mut campus, forged, &[&outsider]), "WrongDepartment");
    }
    // Founded by the upgrade authority, but with the first department's mint or oracle.
    plant(&mut campus, theirs.oracle, own.energy_mint);
    tally.attack("the first one's mint", sent(&mut campus, token(&authority), &[&authority]), "WrongAddress");
    plant(&mut campus, own.oracle, theirs.energy_mint);
    tally.legitimate("a token for the first one's oracle", sent(&mut campus, token(&authority), &[&authority]));
    let of_market = market(&campus, &authority);
    tally.legitimate("a market for the first one's oracle", sent(&mut campus, of_market, &[&authority]));
    tally.attack("the first one's oracle", sent(&mut campus, oracle(&authority), &[&authority]), "WrongAddress");
    plant(&mut campus, theirs.oracle, theirs.energy_mint);
    tally.legitimate("an oracle", sent(&mut campus, oracle(&authority), &[&authority]));
    // Its submitter names the first department's accounts: one by one, and all but its own oracle.
    let honest = {
        let mut submission = campus.submission(SAMPLE, &[(6_200, 4_100)]);
        submission.accounts[0].pubkey = outsider.pubkey();
        submission
    };
    let replaced = [(1, theirs.oracle), (2, theirs.interval_ring), (3, theirs.department), (4, PROGRAM)];
    let replaced = [&replaced[..], &[(6, theirs.token_config), (7, theirs.energy_mint), (10, theirs.market)]].concat();
    // Without the ring: the meter is looked at before it. The matrix has its case.
    for kept in (0..replaced.len()).filter(|kept| *kept != 1) {
        let mut forged = honest.clone();
        for (index, address) in replaced.iter().enumerate().filter(|(place, _)| *place != kept).map(|(_, it)| *it) {
            forged.accounts[index].pubkey = address;
        }
        // With the first one's oracle the outsider is not the submitter.
        let expected = if kept == 0 { "NotSubmitter" } else { "WrongAddress" };
        let result = sent(&mut campus, forged, &[&outsider]);
        tally.attack(format!("account {} of the first department", replaced[kept].0), result, expected);
    }
    // Its own registry, and a meter that is the first department's.
    let mut forged = honest;
    for (index, address) in replaced {
        forged.accounts[index].pubkey = address;
    }
    tally.attack("the first one's meter", sent(&mut campus, forged, &[&outsider]), "WrongOwner");
    tally.finish(15);
}
