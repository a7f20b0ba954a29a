//! Vaults and token accounts.

use {
    campus_energy_sdk::{
        SPL_TOKEN,
        error::AccountError,
        matching::Seat,
        onchain::call_parts,
        require,
        trading::{
            error::TradingError,
            state::{Asset, Book},
        },
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, instruction::AccountMeta, program_error::ProgramError,
        pubkey::Pubkey,
    },
};

/// The number of SPL Token's Transfer.
const TRANSFER: u8 = 3;
/// The length of a token account, bytes: mint (32), owner (32), amount and more.
const TOKEN_ACCOUNT_SIZE: usize = 165;

/// Returns the asset that a vault of the book holds.
///
/// # Errors
/// [`TradingError::WrongVault`].
pub(super) fn asset_of(head: &[u8], vault: &AccountInfo) -> Result<Asset, ProgramError> {
    if Book::FIELDS.energy_vault.is(head, vault.key) {
        Ok(Asset::Energy)
    } else {
        require!(Book::FIELDS.quote_vault.is(head, vault.key), TradingError::WrongVault);
        Ok(Asset::Quote)
    }
}

/// Checks that a token account is of the vault's mint, another one than the vault, and of this owner where one is given.
///
/// # Errors
/// [`TradingError::WrongTokenAccount`], [`TradingError::WrongMint`].
pub(super) fn check_token_account(info: &AccountInfo, vault: &AccountInfo, owner: Option<&Pubkey>) -> ProgramResult {
    require!(info.is_writable && vault.is_writable, AccountError::NotWritable);
    require!(info.owner == &SPL_TOKEN && info.key != vault.key, TradingError::WrongTokenAccount);
    let (own, vault) = (info.try_borrow_data()?, vault.try_borrow_data()?);
    require!(own.len() == TOKEN_ACCOUNT_SIZE, TradingError::WrongTokenAccount);
    require!(vault.get(..32) == own.get(..32), TradingError::WrongMint);
    require!(owner.is_none_or(|owner| &own[32..64] == owner.as_ref()), TradingError::WrongTokenAccount);
    Ok(())
}

/// Returns the balance of an asset.
pub(super) fn balance(seat: &mut Seat, asset: Asset) -> &mut campus_energy_sdk::matching::Balance {
    match asset {
        Asset::Energy => &mut seat.energy,
        Asset::Quote => &mut seat.quote,
    }
}

/// Moves tokens by SPL Token's Transfer.
pub(super) fn transfer(
    from: &AccountInfo,
    to: &AccountInfo,
    authority: &AccountInfo,
    amount: u64,
    accounts: &[AccountInfo],
    seeds: &[&[u8]],
) -> ProgramResult {
    let mut data = [TRANSFER; 9];
    data[1..].copy_from_slice(&amount.to_le_bytes());
    let metas = [
        AccountMeta::new(*from.key, false),
        AccountMeta::new(*to.key, false),
        AccountMeta::new_readonly(*authority.key, true),
    ];
    call_parts(&SPL_TOKEN, &metas, &data, accounts, seeds)
}
