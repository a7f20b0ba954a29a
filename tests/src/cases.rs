//! One valid call of every instruction, for the tests that go through all of them.

use {
    crate::{
        campus::{Campus, LIMITS, MARKET, SAMPLE, plain},
        chain::Chain,
    },
    campus_energy_sdk::{
        deployment::Addresses,
        matching::Direction,
        oracle,
        registry::{
            self,
            instruction::Counted,
            state::{MeterStatus, Role, Zone},
        },
        token::{self, state::MintMode},
        trading::{
            instruction::{self as build, MAX_SETTLED},
            state::Asset,
        },
        units::{Energy, Price},
    },
    sim_cli::settlement::MarketPlan,
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
    /// The chain's clock at which it is valid: an auction is open for orders, and then due.
    pub time: i64,
}

/// One case of every instruction. The campus is made ready for them: a proposal to the stranger in registry and oracle,
/// tokens to retire, open seats, an order to cancel, a participant without a seat.
///
/// # Panics
/// Where the campus cannot be made ready.
#[must_use]
pub fn cases<C: Chain>(campus: &mut Campus<C>) -> Vec<Case> {
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
    ready_market(campus);
    let accounts = campus.meter_accounts(1);
    let (meter, id) = (accounts[0].meter, campus.department.meters[0].id);
    let owner = keys.participant(0);

    // More departments, of which only what each Initialize needs is there.
    let mut begun = |prefix: &str, programs: usize| campus.begin_department(prefix, programs, MARKET);
    let (unregistered, registered) = (begun("LAW_", 0), begun("ART_", 1));
    let (with_token, with_market) = (begun("MED_", 2), begun("SCI_", 3));

    let mut all = Vec::new();
    let mut add = |program, variant, instruction, signers: &[&Keypair]| {
        all.push(Case {
            program,
            variant,
            instruction,
            signers: signers.iter().map(|key| key.insecure_clone()).collect(),
            time: SAMPLE + 5,
        });
    };
    let guest = keys.wallet("guest", 0).pubkey();
    let key = Pubkey::new_from_array([9; 32]);
    let r = "registry";
    add(r, "Initialize", registry::instruction::initialize(&unregistered, &by, &by, [0; 32]), &[&authority]);
    let new = registry::instruction::register_participant(&addresses, &by, &guest, Role::Graduate);
    add(r, "RegisterParticipant", new, &[&authority]);
    let new_id = "ENG_099".parse().expect("a meter id");
    let new =
        registry::instruction::register_meter(&addresses, &by, &owner.pubkey(), new_id, Zone::Other, &key, 12_500);
    add(r, "RegisterMeter", new, &[&authority]);
    add(r, "SetMeterLimit", registry::instruction::set_meter_limit(&addresses, &by, &id, 7_000), &[&authority]);
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
    add(t, "Initialize", token::instruction::initialize(&registered, &by, MintMode::Batch), &[&authority]);
    let (program, recipients) = (&addresses.programs.token, [accounts[0].token_account]);
    let (config, mint) = (&addresses.token_config, &addresses.energy_mint);
    let minting = token::instruction::mint_for_surplus(program, oracle_key, config, mint, recipients.iter(), &[1]);
    add(t, "MintForSurplus", minting, &[]);
    add(t, "Retire", token::instruction::retire(&addresses, &owner.pubkey(), Energy(1_000), SAMPLE), &[&owner]);
    add(t, "SetPaused", token::instruction::set_paused(&addresses, &by, true), &[&authority]);
    add(t, "SetMintMode", token::instruction::set_mint_mode(&addresses, &by, MintMode::Plain), &[&authority]);

    let o = "oracle";
    let new = oracle::instruction::initialize(&with_market, &by, &submitter.pubkey(), LIMITS, false);
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

    all.extend(trading_cases(campus, &with_token, &with_market));
    all
}

/// Opens the seats, leaves an order in the book, and registers the newcomer, who has no seat.
fn ready_market<C: Chain>(campus: &mut Campus<C>) {
    let (authority, newcomer) = (campus.keys.authority(), campus.keys.wallet("newcomer", 0).pubkey());
    campus.open_seats();
    campus.place(1, Direction::Buy, BID.0, 1_000, SAMPLE).expect("an order to cancel");
    let register = registry::instruction::register_participant;
    let register = register(&campus.addresses(), &authority.pubkey(), &newcomer, Role::Undergraduate);
    campus.send(register, &[&authority]).expect("a participant without a seat");
}

/// The limit of the order in the book.
const BID: Price = Price(3_000_000);

fn trading_cases<C: Chain>(campus: &Campus<C>, with_token: &Addresses, with_market: &Addresses) -> Vec<Case> {
    let (keys, addresses) = (campus.keys, &campus.addresses());
    let (authority, stranger, newcomer) = (keys.authority(), keys.wallet("stranger", 0), keys.wallet("newcomer", 0));
    let (by, seller, buyer) = (authority.pubkey(), keys.participant(0), keys.participant(1));
    let case = |variant, instruction, signer: &[&Keypair], time| Case {
        program: "trading",
        variant,
        instruction,
        signers: signer.iter().map(|key| key.insecure_clone()).collect(),
        time,
    };
    let (open, due) = (SAMPLE + 5, SAMPLE + 905);
    let MarketPlan { tariffs, capacity, .. } = MARKET;
    let initialize =
        build::initialize(with_token, &by, &campus.department.quote_mint, tariffs, capacity, MARKET.terms(0));
    let (program, oracle, market) = (&addresses.programs.trading, &addresses.oracle, &addresses.market);
    let update = build::update_market_data(program, oracle, market, SAMPLE, Energy(1), Energy(2));
    let claim = build::claim_seat(addresses, &newcomer.pubkey());
    let (energy, quote) = (campus.traders_account(0, Asset::Energy), campus.traders_account(1, Asset::Quote));
    let deposit = build::deposit(addresses, &seller.pubkey(), 0, Asset::Energy, &energy, 1_000_000);
    let place = build::place_order(addresses, &buyer.pubkey(), 1, Direction::Buy, BID, Energy(500), SAMPLE + 900);
    let cancel = build::cancel_order(addresses, &buyer.pubkey(), 1, Direction::Buy, BID, 0);
    let withdraw = build::withdraw(addresses, &buyer.pubkey(), 1, Asset::Quote, &quote, 1_000_000);
    vec![
        case("Initialize", initialize, &[&authority], open),
        case("UpdateMarketData", update, &[], open),
        case("Grow", build::grow(with_market, &stranger.pubkey()), &[&stranger], open),
        case("ClaimSeat", claim, &[&newcomer], open),
        case("Deposit", deposit, &[&seller], open),
        case("PlaceOrder", place, &[&buyer], open),
        case("CancelOrder", cancel, &[&buyer], open),
        case("Clear", build::clear(addresses, MAX_SETTLED), &[&stranger], due),
        case("Withdraw", withdraw, &[&buyer], open),
        case("SetPaused", build::set_paused(addresses, &by, true), &[&authority], open),
    ]
}
