//! The stages of a founding, except the market's.

use {
    super::{Founder, FoundingError, Stage, accounts_of, adopted::made, chunks, expected, key::Key},
    crate::plan::Founding,
    campus_energy_sdk::{
        SPL_TOKEN,
        deployment::Addresses,
        ledger::{
            Ledger,
            transaction::{Draft, create_table, extend_table, find_table},
        },
        oracle,
        registry::{self, state::Role},
        token,
        trading::{self, state::Asset},
    },
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_system_interface::instruction::transfer,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
    std::collections::BTreeMap,
};

/// Instructions of a kind that fit one transaction without a lookup table.
const TRANSFERS_PER_TRANSACTION: usize = 16;
const PARTICIPANTS_PER_TRANSACTION: usize = 8;
const METERS_PER_TRANSACTION: usize = 4;
const TOKEN_ACCOUNTS_PER_TRANSACTION: usize = 5;

/// Lamports for those who pay; who has less than half of them gets the rest.
pub(super) fn lamports(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    const NAME: &str = "wallets with lamports for fees";
    let Some([submitter, participant]) = founder.lamports else { return Ok(Stage::new(NAME, 0, 0, [])) };
    let wallets = founder.wallets.iter().map(|wallet| (wallet.pubkey(), participant));
    let all: Vec<(Pubkey, u64)> = [(founder.submitter, submitter)].into_iter().chain(wallets).collect();
    let addresses: Vec<Pubkey> = all.iter().map(|(address, _)| *address).collect();
    let from = founder.authority.pubkey();
    let mut transfers = Vec::new();
    for ((address, wanted), account) in all.iter().zip(ledger.accounts(&addresses)?) {
        if let Some(account) = account.as_ref().filter(|_| *address == founder.submitter) {
            expected::submitter(founder, account)?;
        }
        let has = account.map_or(0, |account| account.lamports);
        if has < wanted / 2 {
            transfers.push(transfer(&from, address, wanted - has));
        }
    }
    let missing = transfers.len();
    Ok(Stage::new(NAME, all.len(), missing, chunks(transfers, TRANSFERS_PER_TRANSACTION, &founder.authority)?))
}

/// Who the accounts are initialised for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initialisers {
    /// The programs' upgrade authority, who pays.
    pub upgrade_authority: Pubkey,
    /// The department's.
    pub authority: Pubkey,
    /// Who submits readings.
    pub submitter: Pubkey,
    /// The mint of the market's money.
    pub quote_mint: Pubkey,
}

/// The four programs' Initialize, in the order in which they refer to each other.
#[must_use]
pub fn initialisation(
    addresses: &Addresses,
    by: &Initialisers,
    founding: &Founding,
    genesis_hash: [u8; 32],
) -> [Instruction; 4] {
    let &Founding { limits, require_signatures, mint_mode, market, .. } = founding;
    let Initialisers { upgrade_authority, authority, submitter, quote_mint } = by;
    let (capacity, terms) = (market.capacity, market.terms(founding.participants.len()));
    [
        registry::instruction::initialize(addresses, upgrade_authority, authority, genesis_hash),
        token::instruction::initialize(addresses, upgrade_authority, mint_mode),
        trading::instruction::initialize(addresses, upgrade_authority, quote_mint, market.tariffs, capacity, terms),
        oracle::instruction::initialize(addresses, upgrade_authority, submitter, limits, require_signatures),
    ]
}

/// The four programs' accounts.
pub(super) fn programs(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let Founder { founding, addresses, authority, upgrade_authority, submitter, quote_mint, .. } = founder;
    let by = Initialisers {
        upgrade_authority: upgrade_authority.pubkey(),
        authority: authority.pubkey(),
        submitter: *submitter,
        quote_mint: quote_mint.pubkey(),
    };
    let Addresses { department, token_config, energy_mint, market, book, energy_vault, quote_vault, .. } = *addresses;
    // At one moment: what one instruction makes is there together.
    let there = accounts_of(
        ledger,
        [
            department,
            token_config,
            energy_mint,
            market,
            book,
            energy_vault,
            quote_vault,
            addresses.oracle,
            addresses.interval_ring,
        ],
    )?;
    let [of_department, config, mint, of_market, of_book, of_energy, of_quote, of_oracle, ring] = there.map(made);
    let is_missing = [&of_department, &config, &of_market, &of_oracle].map(Option::is_none);
    // What came with an account that is there has to be there too: nothing is something else.
    if let Some(account) = of_department {
        expected::department(founder, &account, ledger)?;
    }
    if let Some(account) = config {
        expected::token_config(founder, &account)?;
        expected::energy_mint(founder, &mint.unwrap_or_default())?;
    }
    if let Some(account) = of_market {
        expected::market(founder, &account)?;
        expected::book(founder, &of_book.unwrap_or_default())?;
        expected::vault(founder, Asset::Energy, &of_energy.unwrap_or_default())?;
        expected::vault(founder, Asset::Quote, &of_quote.unwrap_or_default())?;
    }
    if let Some(account) = of_oracle {
        expected::oracle(founder, &account)?;
        expected::interval_ring(founder, &ring.unwrap_or_default())?;
    }
    let all = initialisation(addresses, &by, founding, ledger.genesis_hash()?.to_bytes());
    let missing = all.into_iter().zip(is_missing).filter(|(_, missing)| *missing).map(|(instruction, _)| instruction);
    let draft = |instruction| Ok(Draft::new(vec![instruction], &[upgrade_authority.signer()?]));
    let drafts = missing.map(draft).collect::<Result<Vec<_>, FoundingError>>()?;
    Ok(Stage::new("programs' accounts of the department", is_missing.len(), drafts.len(), drafts).one_after_the_other())
}

/// The participants in their order, which is that of their numbers. The department is the last: its seat is the treasury.
pub(super) fn participants(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let Founder { founding, addresses, authority, wallets, .. } = founder;
    let roles = founding.participants.iter().copied();
    let all: Vec<(Pubkey, Role)> =
        wallets.iter().map(Key::pubkey).zip(roles).chain([(authority.pubkey(), Role::Department)]).collect();
    let department = made(ledger.account(&addresses.department)?);
    let department = department.map(|account| expected::department(founder, &account, ledger)).transpose()?;
    let registered = department.map_or(0, |department| department.participants as usize);
    let accounts: Vec<Pubkey> = all[..registered].iter().map(|(wallet, _)| addresses.participant(wallet)).collect();
    for (number, account) in ledger.accounts(&accounts)?.into_iter().enumerate() {
        expected::participant(founder, number, all[number], made(account).as_ref())?;
    }
    let missing = all[registered..].iter().map(|(wallet, role)| {
        registry::instruction::register_participant(addresses, &authority.pubkey(), wallet, *role)
    });
    let drafts = chunks(missing.collect(), PARTICIPANTS_PER_TRANSACTION, authority)?;
    Ok(Stage::new("participants", all.len(), all.len() - registered, drafts).one_after_the_other())
}

/// Energy token accounts of those who own meters.
pub(super) fn token_accounts(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let Founder { addresses, authority, wallets, meters, .. } = founder;
    let registered = ledger.accounts(&meter_addresses(founder))?.into_iter().map(made);
    let mut owners: BTreeMap<usize, (Pubkey, bool)> = BTreeMap::new();
    for (meter, registered) in meters.iter().zip(registered) {
        let owner = owners.entry(meter.owner).or_insert((meter.accounts.token_account, true));
        owner.1 &= registered.is_some();
    }
    let accounts: Vec<Pubkey> = owners.values().map(|(account, _)| *account).collect();
    let mut missing: Vec<Instruction> = Vec::new();
    for ((owner, (_, has_all_meters)), there) in owners.iter().zip(ledger.accounts(&accounts)?) {
        match made(there) {
            Some(account) if !has_all_meters => {
                expected::token_account(founder, *owner, Asset::Energy, &account)?;
            }
            Some(_) => {}
            None => {
                let (payer, owner) = (authority.pubkey(), wallets[*owner].pubkey());
                let mint = &addresses.energy_mint;
                missing.push(create_associated_token_account_idempotent(&payer, &owner, mint, &SPL_TOKEN));
            }
        }
    }
    let count = missing.len();
    let drafts = chunks(missing, TOKEN_ACCOUNTS_PER_TRANSACTION, authority)?;
    Ok(Stage::new("token accounts of meters' owners", owners.len(), count, drafts))
}

fn meter_addresses(founder: &Founder) -> Vec<Pubkey> {
    founder.meters.iter().map(|meter| meter.accounts.meter).collect()
}

/// The meters in their order, which is that of their numbers.
pub(super) fn meters(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let Founder { founding, addresses, authority, wallets, meters, .. } = founder;
    let mut missing: Vec<Instruction> = Vec::new();
    for (number, there) in ledger.accounts(&meter_addresses(founder))?.into_iter().enumerate() {
        if let Some(account) = made(there) {
            expected::meter(founder, number, &account)?;
            continue;
        }
        let (plan, signing_key) = (&founding.meters[number], founder.signing_keys[number]);
        let (authority, owner) = (authority.pubkey(), wallets[plan.owner].pubkey());
        missing.push(registry::instruction::register_meter(
            addresses,
            &authority,
            &owner,
            plan.id,
            plan.zone,
            &signing_key,
            plan.generation_limit,
        ));
    }
    let count = missing.len();
    let drafts = chunks(missing, METERS_PER_TRANSACTION, authority)?;
    Ok(Stage::new("meters", meters.len(), count, drafts).one_after_the_other())
}

/// The lookup table of every account that SubmitReadings names, but the signer and the program.
pub(super) fn table(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let (authority, all) = (founder.authority.pubkey(), founder.table_addresses());
    let (there, transactions) = match find_table(ledger, &authority, &all)? {
        Some(table) => (table.addresses.len(), extend_table(&table, &authority, &all)),
        None => (0, create_table(ledger, &authority, &all)?.0),
    };
    let draft = |instructions| Ok(Draft::new(instructions, &[founder.authority.signer()?]));
    let drafts = transactions.into_iter().map(draft).collect::<Result<Vec<_>, FoundingError>>()?;
    Ok(Stage::new("addresses in the lookup table", all.len(), all.len() - there, drafts).one_after_the_other())
}

impl Founder<'_> {
    pub(super) fn table_addresses(&self) -> Vec<Pubkey> {
        let Addresses { programs, department, token_config, energy_mint, oracle, interval_ring, market, .. } =
            self.addresses;
        let mut all = vec![
            oracle,
            interval_ring,
            department,
            programs.registry,
            programs.token,
            token_config,
            energy_mint,
            SPL_TOKEN,
            programs.trading,
            market,
            campus_energy_sdk::INSTRUCTIONS_SYSVAR,
        ];
        all.extend(self.meters.iter().map(|meter| meter.accounts.meter));
        let mut token_accounts: Vec<_> = self.meters.iter().map(|meter| meter.accounts.token_account).collect();
        token_accounts.sort_unstable();
        token_accounts.dedup();
        all.extend(token_accounts);
        all
    }
}
