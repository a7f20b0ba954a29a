//! One valid call of every instruction, with what each account is in it, for the tests that go through all of them. A new
//! instruction needs one entry here.

use {
    crate::{
        campus::{Campus, LIMITS, MARKET, SAMPLE, plain},
        chain::Chain,
        roles::AccountRole::{
            self, Anybody, Chosen, Created, Known, Loaded, Named, Passed, Payer, QuoteMint, Recipient, Tokens, Vault,
        },
    },
    campus_energy_department::MarketPlan,
    campus_energy_sdk::{
        account::AccountKind as Kind,
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
    /// What goes before it in its transaction.
    pub before: Vec<Instruction>,
    /// What each account is.
    pub roles: Vec<AccountRole>,
    /// Who signs, the payer first. Empty where only another program can call it: those are seen through SubmitReadings.
    pub signers: Vec<Keypair>,
    /// The chain's clock at which it is valid: an auction is open for orders, and then due.
    pub time: i64,
}

/// Who creates a department in a program: its upgrade authority.
const FOUNDER: AccountRole = Payer("NotUpgradeAuthority");
const PROGRAM_DATA: AccountRole = Known("WrongAddress");
/// A program that is called.
const PROGRAM: AccountRole = Known("IncorrectProgramId");
/// The department's authority.
const ADMINISTRATOR: AccountRole = AccountRole::Signer("NotDepartmentAuthority");
/// The department, in the registry: another is administered by somebody else.
const OWN_DEPARTMENT: AccountRole = Loaded(Kind::Department, "NotDepartmentAuthority");
/// The department of an account that knows it.
const NAMED_DEPARTMENT: AccountRole = Named(Kind::Department, "WrongDepartment");
/// The department that a new account will belong to.
const DEPARTMENT: AccountRole = Chosen(Kind::Department, "WrongAddress");
/// The wallet of a seat.
const SEATED: AccountRole = AccountRole::Signer("NotSeatOwner");
/// A book that grows; the others have their full size.
const GROWN: AccountRole = Loaded(Kind::Book, "FullyGrown");
const SUBMISSION: [AccountRole; 13] = [
    AccountRole::Signer("NotSubmitter"),
    Loaded(Kind::Oracle, "WrongAddress"),
    Loaded(Kind::IntervalRing, "WrongAddress"),
    Named(Kind::Department, "WrongAddress"),
    Known("WrongAddress"),
    Known("WrongAddress"),
    Named(Kind::TokenConfig, "WrongAddress"),
    Known("WrongAddress"),
    PROGRAM,
    Known("WrongAddress"),
    Named(Kind::Market, "WrongAddress"),
    Passed(Kind::Meter, "WrongMeter"),
    Known("WrongTokenAccount"),
];
const MARKET_INITIALISATION: [AccountRole; 11] = [
    FOUNDER,
    PROGRAM_DATA,
    DEPARTMENT,
    Known("WrongAddress"),
    QuoteMint,
    Created,
    Created,
    Created,
    Created,
    PROGRAM,
    PROGRAM,
];

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
    let mut add = |program, variant, instruction, roles: &[AccountRole], signers: &[&Keypair]| {
        all.push(Case {
            program,
            variant,
            instruction,
            before: vec![],
            roles: roles.to_vec(),
            signers: signers.iter().map(|key| key.insecure_clone()).collect(),
            time: SAMPLE + 5,
        });
    };
    let guest = keys.wallet("guest", 0).pubkey();
    let key = Pubkey::new_from_array([9; 32]);
    let r = "registry";
    let new = registry::instruction::initialize(&unregistered, &by, &by, [0; 32]);
    add(r, "Initialize", new, &[FOUNDER, PROGRAM_DATA, Created, PROGRAM], &[&authority]);
    let new = registry::instruction::register_participant(&addresses, &by, &guest, Role::Graduate);
    add(r, "RegisterParticipant", new, &[ADMINISTRATOR, OWN_DEPARTMENT, Created, PROGRAM], &[&authority]);
    let new_id = "ENG_099".parse().expect("a meter id");
    let new =
        registry::instruction::register_meter(&addresses, &by, &owner.pubkey(), new_id, Zone::CLASSROOM, &key, 12_500);
    let (owner_of_meter, tokens) = (Loaded(Kind::Participant, "NotParticipant"), Known("WrongTokenAccount"));
    let roles = [ADMINISTRATOR, OWN_DEPARTMENT, Created, owner_of_meter, tokens, PROGRAM];
    add(r, "RegisterMeter", new, &roles, &[&authority]);
    let limit = registry::instruction::set_meter_limit(&addresses, &by, &id, 7_000);
    let roles = [ADMINISTRATOR, OWN_DEPARTMENT, Loaded(Kind::Meter, "WrongDepartment")];
    add(r, "SetMeterLimit", limit, &roles, &[&authority]);
    let status = registry::instruction::set_meter_status(&addresses, &by, &id, MeterStatus::Suspended);
    add(r, "SetMeterStatus", status, &roles, &[&authority]);
    let rotate = registry::instruction::rotate_meter_key(&addresses, &by, &id, &key);
    add(r, "RotateMeterKey", rotate, &roles, &[&authority]);
    let propose = registry::instruction::propose_authority(&addresses, &by, &guest);
    add(r, "ProposeAuthority", propose, &[ADMINISTRATOR, OWN_DEPARTMENT], &[&authority]);
    let roles = [AccountRole::Signer("NoPendingAuthority"), Loaded(Kind::Department, "NoPendingAuthority")];
    add(r, "AcceptAuthority", registry::instruction::accept_authority(&addresses, &to), &roles, &[&stranger]);
    let pause = registry::instruction::set_paused(&addresses, &by, true);
    add(r, "SetPaused", pause, &[ADMINISTRATOR, OWN_DEPARTMENT], &[&authority]);
    let (program, counted) = (&addresses.programs.registry, [Counted { generated: 1, consumed: 0 }]);
    let (oracle_key, department) = (&addresses.oracle, &addresses.department);
    let record =
        registry::instruction::record_readings(program, oracle_key, department, [meter].iter(), SAMPLE, &counted);
    let (department_role, meter_role) = (Loaded(Kind::Department, "NotOracle"), Loaded(Kind::Meter, "WrongDepartment"));
    add(r, "RecordReadings", record, &[AccountRole::Signer("NotOracle"), department_role, meter_role], &[]);

    let t = "token";
    let roles = [FOUNDER, PROGRAM_DATA, DEPARTMENT, Created, Created, PROGRAM, PROGRAM];
    let new = token::instruction::initialize(&registered, &by, MintMode::Batch);
    add(t, "Initialize", new, &roles, &[&authority]);
    let (program, recipients) = (&addresses.programs.token, [accounts[0].token_account]);
    let (config, mint) = (&addresses.token_config, &addresses.energy_mint);
    let minting = token::instruction::mint_for_surplus(program, oracle_key, config, mint, recipients.iter(), &[1]);
    let (of_token, spl) = (Loaded(Kind::TokenConfig, "NotMinter"), Known("MissingAccount"));
    let roles = [AccountRole::Signer("NotMinter"), of_token, Known("WrongAddress"), spl, Recipient];
    add(t, "MintForSurplus", minting, &roles, &[]);
    let (of_token, tokens) = (Loaded(Kind::TokenConfig, "WrongAddress"), Known("WrongTokenAccount"));
    let roles = [Payer("WrongTokenAccount"), of_token, Known("WrongAddress"), tokens, Created, PROGRAM, PROGRAM];
    let retire = token::instruction::retire(&addresses, &owner.pubkey(), Energy(1_000), SAMPLE);
    add(t, "Retire", retire, &roles, &[&owner]);
    let roles = [ADMINISTRATOR, NAMED_DEPARTMENT, Loaded(Kind::TokenConfig, "WrongDepartment")];
    add(t, "SetPaused", token::instruction::set_paused(&addresses, &by, true), &roles, &[&authority]);
    let mode = token::instruction::set_mint_mode(&addresses, &by, MintMode::Plain);
    add(t, "SetMintMode", mode, &roles, &[&authority]);

    let o = "oracle";
    let new = oracle::instruction::initialize(&with_market, &by, &submitter.pubkey(), LIMITS, false);
    let (of_token, of_market) = (Chosen(Kind::TokenConfig, "WrongDepartment"), Chosen(Kind::Market, "WrongDepartment"));
    let roles = [FOUNDER, PROGRAM_DATA, DEPARTMENT, of_token, of_market, Created, Created, PROGRAM];
    add(o, "Initialize", new, &roles, &[&authority]);
    let submit = oracle::instruction::submit_readings(
        &addresses,
        &submitter.pubkey(),
        &accounts,
        SAMPLE,
        plain(&[(6_200, 4_100)]),
    );
    add(o, "SubmitReadings", submit, &SUBMISSION, &[&submitter]);
    let roles = [ADMINISTRATOR, NAMED_DEPARTMENT, Loaded(Kind::Oracle, "WrongDepartment")];
    add(o, "Configure", oracle::instruction::configure(&addresses, &by, LIMITS, true), &roles, &[&authority]);
    let propose = oracle::instruction::propose_authority(&addresses, &by, &guest);
    add(o, "ProposeAuthority", propose, &roles, &[&authority]);
    let roles = [AccountRole::Signer("NoPendingAuthority"), Loaded(Kind::Oracle, "NoPendingAuthority")];
    add(o, "AcceptAuthority", oracle::instruction::accept_authority(&addresses, &to), &roles, &[&stranger]);

    all.extend(trading_cases(campus, &with_token, &with_market));
    all
}

/// SubmitReadings of a reading that its meter signed: a second case of the instruction, with the accounts that only this one has.
///
/// # Panics
/// Where there is no meter.
#[must_use]
pub fn signed_case<C: Chain>(campus: &Campus<C>) -> Case {
    let [verification, instruction] = campus.signed_submission(SAMPLE, campus.signed(SAMPLE, &[(6_200, 4_100)]));
    Case {
        program: "oracle",
        variant: "SubmitReadings",
        instruction,
        before: vec![verification],
        roles: [&SUBMISSION[..], &[Known("WrongAddress")]].concat(),
        signers: vec![campus.keys.submitter()],
        time: SAMPLE + 5,
    }
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
    let case = |variant, instruction, roles: &[AccountRole], signer: &[&Keypair], time| Case {
        program: "trading",
        variant,
        instruction,
        before: vec![],
        roles: roles.to_vec(),
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
    let of_book = |error| Loaded(Kind::Book, error);
    let (person, market_role) = (Loaded(Kind::Participant, "WrongDepartment"), Loaded(Kind::Market, "WrongDepartment"));
    let (own, any) = (Tokens { of_signer: true }, Tokens { of_signer: false });
    vec![
        case("Initialize", initialize, &MARKET_INITIALISATION, &[&authority], open),
        case(
            "UpdateMarketData",
            update,
            &[AccountRole::Signer("NotOracle"), Loaded(Kind::Market, "NotOracle")],
            &[],
            open,
        ),
        case("Grow", build::grow(with_market, &stranger.pubkey()), &[Anybody, GROWN, PROGRAM], &[&stranger], open),
        case(
            "ClaimSeat",
            claim,
            &[AccountRole::Signer("NotParticipant"), person, of_book("WrongDepartment")],
            &[&newcomer],
            open,
        ),
        case(
            "Deposit",
            deposit,
            &[AccountRole::Signer("WrongTokenAccount"), of_book("WrongVault"), own, Vault, PROGRAM],
            &[&seller],
            open,
        ),
        case("PlaceOrder", place, &[SEATED, of_book("UnknownSeat")], &[&buyer], open),
        case("CancelOrder", cancel, &[SEATED, of_book("UnknownSeat")], &[&buyer], open),
        case(
            "Clear",
            build::clear(addresses, MAX_SETTLED),
            &[market_role, of_book("WrongDepartment")],
            &[&stranger],
            due,
        ),
        case(
            "Withdraw",
            withdraw,
            &[SEATED, market_role, of_book("WrongDepartment"), any, Vault, PROGRAM],
            &[&buyer],
            open,
        ),
        case(
            "SetPaused",
            build::set_paused(addresses, &by, true),
            &[ADMINISTRATOR, NAMED_DEPARTMENT, of_book("WrongDepartment")],
            &[&authority],
            open,
        ),
    ]
}
