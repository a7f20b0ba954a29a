//! The founding's stages, but for the market's.

use {
    super::{Founder, Founding, MeterPlan, Stage, chunks},
    campus_energy_sdk::{
        SPL_TOKEN,
        account::AccountData,
        deployment::Addresses,
        ledger::{
            Ledger, LedgerError,
            transaction::{Draft, create_table, extend_table, find_table},
        },
        oracle,
        registry::{
            self,
            state::{Department, Role},
        },
        token,
        trading::{self, state::Book},
    },
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    solana_system_interface::instruction::transfer,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
};

/// Instructions of a kind that fit one transaction without a lookup table.
const TRANSFERS_PER_TRANSACTION: usize = 16;
const PARTICIPANTS_PER_TRANSACTION: usize = 8;
const METERS_PER_TRANSACTION: usize = 4;
const TOKEN_ACCOUNTS_PER_TRANSACTION: usize = 5;

/// Lamports for those who pay; who has less than half of them gets the rest.
pub(super) fn lamports(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    const NAME: &str = "wallets with lamports for fees";
    let Some([submitter, participant]) = founder.lamports else { return Ok(Stage::new(NAME, 0, 0, [])) };
    let wallets = founder.wallets.iter().map(|wallet| (wallet.pubkey(), participant));
    let all: Vec<(Pubkey, u64)> = [(founder.submitter.pubkey(), submitter)].into_iter().chain(wallets).collect();
    let addresses: Vec<Pubkey> = all.iter().map(|(address, _)| *address).collect();
    let from = founder.authority.pubkey();
    let mut transfers = Vec::new();
    for ((address, wanted), account) in all.iter().zip(ledger.accounts(&addresses)?) {
        let has = account.map_or(0, |account| account.lamports);
        if has < wanted / 2 {
            transfers.push(transfer(&from, address, wanted - has));
        }
    }
    let missing = transfers.len();
    Ok(Stage::new(NAME, all.len(), missing, chunks(transfers, TRANSFERS_PER_TRANSACTION, &founder.authority)))
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
pub(super) fn programs(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let Founder { founding, addresses, authority, upgrade_authority, submitter, quote_mint, .. } = founder;
    let by = Initialisers {
        upgrade_authority: upgrade_authority.pubkey(),
        authority: authority.pubkey(),
        submitter: submitter.pubkey(),
        quote_mint: quote_mint.pubkey(),
    };
    if let Some(department) = department(founder, ledger)?
        && department.authority != by.authority
    {
        let (prefix, theirs, ours) = (founding.prefix, department.authority, by.authority);
        return Err(LedgerError::Unreachable(format!(
            "department {prefix} is there already and belongs to {theirs}, not to {ours}"
        )));
    }
    if let Some(book) = ledger.account(&addresses.book)? {
        let treasury = Book::FIELDS.terms.get(&book.data).treasury;
        let planned = founding.participants.len();
        if usize::from(treasury) != planned {
            return Err(LedgerError::Unreachable(format!(
                "the market was founded for {treasury} participants; the configuration has {planned}"
            )));
        }
    }
    let made = [addresses.department, addresses.token_config, addresses.market, addresses.oracle];
    let all = initialisation(addresses, &by, founding, ledger.genesis_hash()?.to_bytes());
    let there = ledger.accounts(&made)?;
    let missing = all.into_iter().zip(there).filter(|(_, there)| there.is_none()).map(|(instruction, _)| instruction);
    let drafts: Vec<Draft> = missing.map(|instruction| Draft::new(vec![instruction], &[upgrade_authority])).collect();
    Ok(Stage::new("programs' accounts of the department", made.len(), drafts.len(), drafts).one_after_the_other())
}

fn department(founder: &Founder, ledger: &dyn Ledger) -> Result<Option<Department>, LedgerError> {
    let account = ledger.account(&founder.addresses.department)?;
    let read = account.map(|account| Department::decode(&account.data)).transpose();
    read.map_err(|error| LedgerError::Unreachable(format!("department {}: {error}", founder.addresses.department)))
}

/// The participants in their order, which is that of their numbers. The department is the last: its seat is the treasury.
pub(super) fn participants(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let Founder { founding, addresses, authority, wallets, .. } = founder;
    let registered = department(founder, ledger)?.map_or(0, |department| department.participants) as usize;
    let all: Vec<(&Keypair, Role)> =
        wallets.iter().zip(founding.participants.iter().copied()).chain([(authority, Role::Department)]).collect();
    if registered > all.len() {
        let planned = all.len();
        return Err(LedgerError::Unreachable(format!(
            "{registered} participants are registered; the configuration has {planned}"
        )));
    }
    let missing = all[registered..].iter().map(|(wallet, role)| {
        registry::instruction::register_participant(addresses, &authority.pubkey(), &wallet.pubkey(), *role)
    });
    let drafts = chunks(missing.collect(), PARTICIPANTS_PER_TRANSACTION, authority);
    Ok(Stage::new("participants", all.len(), all.len() - registered, drafts).one_after_the_other())
}

/// Energy token accounts of those who own meters.
pub(super) fn token_accounts(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let Founder { addresses, authority, wallets, meters, .. } = founder;
    let mut owners: Vec<(usize, Pubkey)> =
        meters.iter().map(|meter| (meter.owner, meter.accounts.token_account)).collect();
    owners.sort_unstable();
    owners.dedup();
    let accounts: Vec<Pubkey> = owners.iter().map(|(_, account)| *account).collect();
    let there = ledger.accounts(&accounts)?;
    let missing = owners.iter().zip(there).filter(|(_, there)| there.is_none()).map(|((owner, _), _)| {
        let (payer, owner) = (authority.pubkey(), wallets[*owner].pubkey());
        create_associated_token_account_idempotent(&payer, &owner, &addresses.energy_mint, &SPL_TOKEN)
    });
    let missing: Vec<Instruction> = missing.collect();
    let count = missing.len();
    let drafts = chunks(missing, TOKEN_ACCOUNTS_PER_TRANSACTION, authority);
    Ok(Stage::new("token accounts of meters' owners", owners.len(), count, drafts))
}

/// The meters in their order, which is that of their numbers.
pub(super) fn meters(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let Founder { founding, addresses, authority, wallets, meters, .. } = founder;
    let accounts: Vec<Pubkey> = meters.iter().map(|meter| meter.accounts.meter).collect();
    let there = ledger.accounts(&accounts)?;
    let all = meters.iter().zip(&founding.meters).zip(there).filter(|(_, there)| there.is_none());
    let missing = all.map(|((meter, plan), _)| {
        let signing_key = Pubkey::new_from_array(meter.key.verifying_key().to_bytes());
        let (authority, owner) = (authority.pubkey(), wallets[plan.owner].pubkey());
        let &MeterPlan { id, zone, generation_limit, .. } = plan;
        registry::instruction::register_meter(addresses, &authority, &owner, id, zone, &signing_key, generation_limit)
    });
    let missing: Vec<Instruction> = missing.collect();
    let count = missing.len();
    let drafts = chunks(missing, METERS_PER_TRANSACTION, authority);
    Ok(Stage::new("meters", meters.len(), count, drafts).one_after_the_other())
}

/// The lookup table of every account that SubmitReadings names, but the signer and the program.
pub(super) fn table(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let (authority, all) = (founder.authority.pubkey(), founder.table_addresses());
    let (there, transactions) = match find_table(ledger, &authority, &all)? {
        Some(table) => (table.addresses.len(), extend_table(&table, &authority, &all)),
        None => (0, create_table(ledger, &authority, &all)?.0),
    };
    let drafts = transactions.into_iter().map(|instructions| Draft::new(instructions, &[&founder.authority]));
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
