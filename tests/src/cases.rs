//! One valid call of every instruction, for the tests that go through all of them.

use {
    crate::campus::{Campus, LIMITS, SAMPLE, TARIFFS, founding, plain},
    campus_energy_sdk::{
        deployment::Addresses,
        oracle,
        registry::{
            self,
            instruction::Counted,
            state::{MeterStatus, Role, Zone},
        },
        token::{self, state::MintMode},
        trading,
        units::Energy,
    },
    sim_cli::settlement::initialisation,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
};

/// A valid call.
pub struct Case {
    /// The program: `registry`, `token`, `oracle`, `trading`.
    pub program: &'static str,
    /// The variant of the program's instruction enum.
    pub variant: &'static str,
    /// The call.
    pub instruction: Instruction,
    /// Who signs, the payer first. Empty where only another program can call it: those are seen through SubmitReadings.
    pub signers: Vec<Keypair>,
}

/// One case of every instruction. The campus is made ready for them: a proposal to the stranger in registry and oracle,
/// tokens to retire.
///
/// # Panics
/// Where the campus cannot be made ready.
#[must_use]
pub fn cases<C: crate::chain::Chain>(campus: &mut Campus<C>) -> Vec<Case> {
    let keys = campus.keys;
    let (authority, stranger, submitter) = (keys.authority(), keys.wallet("stranger", 0), keys.submitter());
    let (by, to, addresses) = (authority.pubkey(), stranger.pubkey(), campus.addresses());
    campus.submit(SAMPLE - 900, &[(5_000, 0)]).expect("tokens to retire");
    for propose in [
        registry::instruction::propose_authority(&addresses, &by, &to),
        oracle::instruction::propose_authority(&addresses, &by, &to),
    ] {
        campus.send(propose, &[&authority]).expect("a proposal");
    }
    let accounts = campus.meter_accounts(1);
    let (meter, id) = (accounts[0].meter, campus.department.meters[0].id);
    let owner = keys.participant(0);

    // A second department, of which only what each Initialize needs is there.
    let second = Addresses::derive(addresses.programs, "SCI_".parse().expect("a prefix"));
    let plan = founding(0, false, MintMode::Batch);
    let of_second = initialisation(&second, &by, &submitter.pubkey(), &plan, [0; 32]);
    let third = Addresses::derive(addresses.programs, "ART_".parse().expect("a prefix"));
    let of_third = initialisation(&third, &by, &submitter.pubkey(), &plan, [0; 32]);
    for (index, instruction) in of_second.iter().enumerate() {
        if index < 3 {
            campus.send(instruction.clone(), &[&authority]).expect("the second department");
        }
    }
    campus.send(of_third[0].clone(), &[&authority]).expect("the third department");
    let fourth = Addresses::derive(addresses.programs, "LAW_".parse().expect("a prefix"));

    let mut all = Vec::new();
    let mut add = |program, variant, instruction, signers: &[&Keypair]| {
        all.push(Case {
            program,
            variant,
            instruction,
            signers: signers.iter().map(|key| key.insecure_clone()).collect(),
        });
    };
    let guest = keys.wallet("guest", 0).pubkey();
    let key = Pubkey::new_from_array([9; 32]);
    let r = "registry";
    add(r, "Initialize", registry::instruction::initialize(&fourth, &by, &by, [0; 32]), &[&authority]);
    let new = registry::instruction::register_participant(&addresses, &by, &guest, Role::Graduate);
    add(r, "RegisterParticipant", new, &[&authority]);
    let new_id = "ENG_099".parse().expect("a meter id");
    let new = registry::instruction::register_meter(&addresses, &by, &owner.pubkey(), new_id, Zone::Other, &key);
    add(r, "RegisterMeter", new, &[&authority]);
    let status = registry::instruction::set_meter_status(&addresses, &by, &id, MeterStatus::Suspended);
    add(r, "SetMeterStatus", status, &[&authority]);
    add(r, "RotateMeterKey", registry::instruction::rotate_meter_key(&addresses, &by, &id, &key), &[&authority]);
    add(r, "ProposeAuthority", registry::instruction::propose_authority(&addresses, &by, &guest), &[&authority]);
    add(r, "AcceptAuthority", registry::instruction::accept_authority(&addresses, &to), &[&stranger]);
    add(r, "SetPaused", registry::instruction::set_paused(&addresses, &by, true), &[&authority]);
    let (program, counted) = (&addresses.programs.registry, [Counted { generated: 1, consumed: 0 }]);
    let (oracle_key, department) = (&addresses.oracle, &addresses.department);
    let record =
        registry::instruction::record_readings(program, oracle_key, department, [meter].iter(), SAMPLE, &counted);
    add(r, "RecordReadings", record, &[]);

    let t = "token";
    add(t, "Initialize", token::instruction::initialize(&third, &by, MintMode::Batch), &[&authority]);
    let (program, recipients) = (&addresses.programs.token, [accounts[0].token_account]);
    let (config, mint) = (&addresses.token_config, &addresses.energy_mint);
    let minting = token::instruction::mint_for_surplus(program, oracle_key, config, mint, recipients.iter(), &[1]);
    add(t, "MintForSurplus", minting, &[]);
    add(t, "Retire", token::instruction::retire(&addresses, &owner.pubkey(), Energy(1_000), SAMPLE), &[&owner]);
    add(t, "SetPaused", token::instruction::set_paused(&addresses, &by, true), &[&authority]);
    add(t, "SetMintMode", token::instruction::set_mint_mode(&addresses, &by, MintMode::Plain), &[&authority]);

    let o = "oracle";
    let new = oracle::instruction::initialize(&second, &by, &submitter.pubkey(), LIMITS, false);
    add(o, "Initialize", new, &[&authority]);
    let submit = oracle::instruction::submit_readings(
        &addresses,
        &submitter.pubkey(),
        &accounts,
        SAMPLE,
        plain(&[(6_200, 4_100)]),
    );
    add(o, "SubmitReadings", submit, &[&submitter]);
    add(o, "Configure", oracle::instruction::configure(&addresses, &by, LIMITS, true), &[&authority]);
    add(o, "ProposeAuthority", oracle::instruction::propose_authority(&addresses, &by, &guest), &[&authority]);
    add(o, "AcceptAuthority", oracle::instruction::accept_authority(&addresses, &to), &[&stranger]);

    let m = "trading";
    add(m, "Initialize", trading::instruction::initialize(&third, &by, TARIFFS), &[&authority]);
    let (program, market) = (&addresses.programs.trading, &addresses.market);
    let update = trading::instruction::update_market_data(program, oracle_key, market, SAMPLE, Energy(1), Energy(2));
    add(m, "UpdateMarketData", update, &[]);
    all
}
