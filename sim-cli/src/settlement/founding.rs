//! Founding a department: the four programs' accounts, participants, meters, token accounts, lookup table.

use {
    super::{
        Keys,
        market::{MarketPlan, create_quote_mint, grow_book},
    },
    campus_energy_sdk::{
        SPL_TOKEN,
        deployment::{Addresses, Programs, deployment_id},
        identity::{MeterId, Prefix},
        ledger::{
            Ledger, LedgerError,
            transaction::{create_table, send},
        },
        oracle::{self, instruction::MeterAccounts, state::Limits},
        reading::DeploymentId,
        registry::{
            self,
            state::{Role, Zone},
        },
        token::{self, state::MintMode},
        trading,
    },
    ed25519_dalek::SigningKey,
    solana_keypair::Keypair,
    solana_message::AddressLookupTableAccount,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
};

/// Instructions of a kind that fit one transaction without a lookup table.
const PARTICIPANTS_PER_TRANSACTION: usize = 8;
const METERS_PER_TRANSACTION: usize = 4;
const TOKEN_ACCOUNTS_PER_TRANSACTION: usize = 5;

/// What a department shall be.
#[derive(Clone, Debug)]
pub struct Founding {
    /// What its meters' ids begin with.
    pub prefix: Prefix,
    /// What readings are plausible.
    pub limits: Limits,
    /// Whether meters must sign.
    pub require_signatures: bool,
    /// How the ledger's SPL Token mints for many.
    pub mint_mode: MintMode,
    /// What its market shall be.
    pub market: MarketPlan,
    /// Who takes part, in order. The department itself comes after them.
    pub participants: Vec<Role>,
    /// What meters there are, in order.
    pub meters: Vec<MeterPlan>,
}

/// A meter to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterPlan {
    /// Its name.
    pub id: MeterId,
    /// Where it measures.
    pub zone: Zone,
    /// Its owner's number among the participants.
    pub owner: usize,
}

/// A founded department.
pub struct Department {
    /// Where its accounts are.
    pub addresses: Addresses,
    /// Who administers it.
    pub authority: Keypair,
    /// Who submits its readings.
    pub submitter: Keypair,
    /// What its meters sign for.
    pub deployment: DeploymentId,
    /// Its meters.
    pub meters: Vec<Meter>,
    /// Its participants' wallets, in order.
    pub participants: Vec<Keypair>,
    /// The mint of its market's money.
    pub quote_mint: Pubkey,
    /// The lookup table of its accounts.
    pub table: AddressLookupTableAccount,
}

/// A registered meter.
pub struct Meter {
    /// Its name.
    pub id: MeterId,
    /// Its owner's number among the participants.
    pub owner: usize,
    /// Its accounts.
    pub accounts: MeterAccounts,
    /// What it signs with.
    pub key: SigningKey,
}

/// Founds a department whose keys are derived from a seed. The authority and the submitter must have lamports.
///
/// # Errors
/// Those of [`Ledger::send`].
pub fn found(
    ledger: &mut impl Ledger,
    programs: Programs,
    keys: Keys,
    founding: &Founding,
) -> Result<Department, LedgerError> {
    let addresses = Addresses::derive(programs, founding.prefix);
    let (authority, submitter) = (keys.authority(), keys.submitter());
    let genesis = ledger.genesis_hash()?;

    let quote_mint = create_quote_mint(ledger, &authority, &keys.quote_mint())?;
    let by = Initialisers { authority: authority.pubkey(), submitter: submitter.pubkey(), quote_mint };
    for instruction in initialisation(&addresses, &by, founding, genesis.to_bytes()) {
        send(ledger, &[instruction], &[&authority], &[])?;
    }
    grow_book(ledger, &addresses, &authority, founding.market.capacity)?;
    let keypairs: Vec<Keypair> = (0..founding.participants.len()).map(|index| keys.participant(index)).collect();
    let wallets: Vec<Pubkey> = keypairs.iter().map(Signer::pubkey).collect();
    let participants = wallets.iter().zip(founding.participants.iter().copied());
    // The department has the seat after all others: its treasury.
    let registrations = participants.chain([(&by.authority, Role::Department)]).map(|(wallet, role)| {
        registry::instruction::register_participant(&addresses, &authority.pubkey(), wallet, role)
    });
    send_in_chunks(ledger, registrations, PARTICIPANTS_PER_TRANSACTION, &authority)?;

    let meters: Vec<Meter> = founding
        .meters
        .iter()
        .enumerate()
        .map(|(index, plan)| Meter {
            id: plan.id,
            owner: plan.owner,
            accounts: MeterAccounts {
                meter: addresses.meter(&plan.id),
                token_account: addresses.token_account(&wallets[plan.owner]),
            },
            key: keys.meter(index),
        })
        .collect();
    let token_accounts = founding.meters.iter().map(|plan| {
        let (payer, owner) = (authority.pubkey(), &wallets[plan.owner]);
        create_associated_token_account_idempotent(&payer, owner, &addresses.energy_mint, &SPL_TOKEN)
    });
    send_in_chunks(ledger, token_accounts, TOKEN_ACCOUNTS_PER_TRANSACTION, &authority)?;
    let registrations = meters.iter().zip(&founding.meters).map(|(meter, plan)| {
        let signing_key = Pubkey::new_from_array(meter.key.verifying_key().to_bytes());
        let (authority, owner) = (authority.pubkey(), &wallets[plan.owner]);
        registry::instruction::register_meter(&addresses, &authority, owner, plan.id, plan.zone, &signing_key)
    });
    send_in_chunks(ledger, registrations, METERS_PER_TRANSACTION, &authority)?;
    let table = create_table(ledger, &authority, &table_addresses(&addresses, &meters))?;
    let deployment = deployment_id(&genesis, &addresses.department);
    Ok(Department { addresses, authority, submitter, deployment, meters, participants: keypairs, quote_mint, table })
}

/// Who the accounts are initialised for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initialisers {
    /// The programs' upgrade authority, and the department's.
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
    let Initialisers { authority, submitter, quote_mint } = by;
    let (capacity, terms) = (market.capacity, market.terms(founding.participants.len()));
    [
        registry::instruction::initialize(addresses, authority, authority, genesis_hash),
        token::instruction::initialize(addresses, authority, mint_mode),
        trading::instruction::initialize(addresses, authority, quote_mint, market.tariffs, capacity, terms),
        oracle::instruction::initialize(addresses, authority, submitter, limits, require_signatures),
    ]
}

pub(super) fn send_in_chunks(
    ledger: &mut impl Ledger,
    instructions: impl Iterator<Item = Instruction>,
    size: usize,
    signer: &Keypair,
) -> Result<(), LedgerError> {
    let all: Vec<_> = instructions.collect();
    for chunk in all.chunks(size) {
        send(ledger, chunk, &[signer], &[])?;
    }
    Ok(())
}

/// Every account that SubmitReadings names, but the signer and the program.
fn table_addresses(addresses: &Addresses, meters: &[Meter]) -> Vec<Pubkey> {
    let Addresses { programs, department, token_config, energy_mint, oracle, interval_ring, market, .. } = *addresses;
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
    all.extend(meters.iter().map(|meter| meter.accounts.meter));
    let mut token_accounts: Vec<_> = meters.iter().map(|meter| meter.accounts.token_account).collect();
    token_accounts.sort_unstable();
    token_accounts.dedup();
    all.extend(token_accounts);
    all
}
