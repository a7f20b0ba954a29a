//! MintForSurplus: mints the surplus of one interval. The hot path: one call where SPL Token has a batch
//! instruction, one for each account where it has not.

use {
    campus_energy_sdk::{
        SPL_TOKEN,
        account::{AccountData, Plain},
        error::AccountError,
        onchain::{OwnedAccount, Signer, call_parts, failed},
        require,
        token::{
            address::TOKEN_SEED,
            error::TokenError,
            instruction::MINT_FOR_SURPLUS_HEAD,
            state::{MintMode, TokenConfig},
        },
        units::{Energy, TOKEN_UNITS_PER_WH, TokenAmount},
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, instruction::AccountMeta, program_error::ProgramError,
        pubkey::Pubkey,
    },
};

/// SPL Token's MintTo: 7, then the amount.
const MINT_TO: u8 = 7;
const MINT_TO_DATA: u8 = 9;
const MINT_TO_ACCOUNTS: u8 = 3;
/// The length of one MintTo in a batch, bytes: two counts and its data.
const BATCH_ITEM: usize = 2 + MINT_TO_DATA as usize;
/// p-token's batch: 255, then for each instruction the number of accounts, the length of the data, the data.
const BATCH: u8 = 255;

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], body: &[u8]) -> ProgramResult {
    let [oracle, config, mint, _, recipients @ ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    // The fourth account is SPL Token: the call names it by a constant, and fails where it is missing.
    let oracle = Signer::load(oracle)?;
    let config = OwnedAccount::<TokenConfig>::load_mut(config, program_id)?;

    let (head, surplus) = body
        .split_first_chunk::<{ MINT_FOR_SURPLUS_HEAD - 1 }>()
        .ok_or_else(|| failed(AccountError::MalformedInstruction))?;
    let count = u32::read(head) as usize;
    require!(surplus.len() == count.saturating_mul(size_of::<u32>()), AccountError::MalformedInstruction);
    require!(count > 0 && count == recipients.len(), TokenError::RecipientCount);

    let mut total = Energy::ZERO;
    for energy in energies(surplus) {
        require!(energy > Energy::ZERO, TokenError::ZeroSurplus);
        total = Energy(total.0.saturating_add(energy.0));
    }
    // What adds up to a possible amount is possible for each.
    let total = total.tokens().ok_or_else(|| failed(AccountError::Overflow))?;
    let (mode, department, bump) = enter(&config, oracle.key(), mint.key, total)?;

    let authority = *config.key();
    let bump = [bump];
    let seeds = [TOKEN_SEED, department.as_ref(), &bump];
    let minting = Minting { mint: mint.key, authority: &authority, accounts, seeds: &seeds };
    // A batch of one would only be dearer.
    if mode == MintMode::Batch as u8 && count > 1 {
        minting.batch(recipients, surplus)
    } else {
        minting.plain(recipients, surplus)
    }
}

fn energies(surplus: &[u8]) -> impl Iterator<Item = Energy> {
    surplus.chunks_exact(size_of::<u32>()).map(|bytes| Energy(u32::read(bytes).into()))
}

/// Checks the accounts, counts the tokens, and returns `(mint mode, department, bump)`.
#[inline(always)]
fn enter(
    config: &OwnedAccount<TokenConfig>,
    oracle: &Pubkey,
    mint: &Pubkey,
    total: TokenAmount,
) -> Result<(u8, Pubkey, u8), ProgramError> {
    let fields = TokenConfig::FIELDS;
    let mut data = config.data_mut();
    require!(fields.minter.is(&data, oracle), TokenError::NotMinter);
    require!(fields.mint.is(&data, mint), AccountError::WrongAddress);
    require!(!fields.paused.is_set(&data), TokenError::Paused);
    let minted = fields.minted.get(&data).checked_add(total).ok_or_else(|| failed(AccountError::Overflow))?;
    fields.minted.set(&mut data, minted);
    Ok((fields.mint_mode.bytes(&data)[0], fields.department.get(&data), TokenConfig::bump(&data)))
}

struct Minting<'a, 'info> {
    mint: &'a Pubkey,
    authority: &'a Pubkey,
    accounts: &'a [AccountInfo<'info>],
    seeds: &'a [&'a [u8]],
}

impl Minting<'_, '_> {
    fn metas(&self, recipient: &Pubkey) -> [AccountMeta; MINT_TO_ACCOUNTS as usize] {
        [
            AccountMeta::new(*self.mint, false),
            AccountMeta::new(*recipient, false),
            AccountMeta::new_readonly(*self.authority, true),
        ]
    }

    fn batch(&self, recipients: &[AccountInfo], surplus: &[u8]) -> ProgramResult {
        let mut accounts = Vec::with_capacity(recipients.len().saturating_mul(MINT_TO_ACCOUNTS.into()));
        let mut data = Vec::with_capacity(recipients.len().saturating_mul(BATCH_ITEM).saturating_add(1));
        data.push(BATCH);
        for (recipient, energy) in recipients.iter().zip(energies(surplus)) {
            accounts.extend(self.metas(recipient.key));
            let mut item = [MINT_TO_ACCOUNTS, MINT_TO_DATA, MINT_TO, 0, 0, 0, 0, 0, 0, 0, 0];
            item[3..].copy_from_slice(&base_units(energy).to_le_bytes());
            data.extend_from_slice(&item);
        }
        call_parts(&SPL_TOKEN, &accounts, &data, self.accounts, self.seeds)
    }

    fn plain(&self, recipients: &[AccountInfo], surplus: &[u8]) -> ProgramResult {
        for (recipient, energy) in recipients.iter().zip(energies(surplus)) {
            let mut data = [MINT_TO; MINT_TO_DATA as usize];
            data[1..].copy_from_slice(&base_units(energy).to_le_bytes());
            call_parts(&SPL_TOKEN, &self.metas(recipient.key), &data, self.accounts, self.seeds)?;
        }
        Ok(())
    }
}

/// Returns the energy tokens of one of the surpluses, base units; their sum has been checked to fit.
#[inline(always)]
fn base_units(energy: Energy) -> u64 {
    energy.0.wrapping_mul(TOKEN_UNITS_PER_WH)
}
