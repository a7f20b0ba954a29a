//! The checks of authority: the upgrade authority of a program creates a department, the authority of the department administers it.

use {
    super::{OwnedAccount, Signer},
    crate::{
        LOADER,
        error::AccountError,
        registry::{address::DEPARTMENT_SEED, state::Department},
        require,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
};

/// The length of ProgramData before the code, bytes: tag u32 = 3, slot u64, authority Option<Pubkey>.
const PROGRAM_DATA_HEAD: usize = 4 + 8 + 1 + 32;

/// Checks that the signer is the upgrade authority of the program.
///
/// # Errors
/// [`AccountError::WrongAddress`], [`AccountError::WrongOwner`], [`AccountError::NotUpgradeAuthority`].
pub fn upgrade_authority(program_id: &Pubkey, program_data: &AccountInfo, signer: &Signer) -> ProgramResult {
    let (address, _) = Pubkey::find_program_address(&[program_id.as_ref()], &LOADER);
    require!(program_data.key == &address, AccountError::WrongAddress);
    require!(program_data.owner == &LOADER, AccountError::WrongOwner);
    let data = program_data.data.borrow();
    let head = data.get(..PROGRAM_DATA_HEAD).ok_or(AccountError::WrongLength)?;
    let is_program_data = head[..4] == [3, 0, 0, 0];
    let has_authority = head[12] == 1;
    require!(
        is_program_data && has_authority && &head[13..] == signer.key().as_ref(),
        AccountError::NotUpgradeAuthority,
    );
    Ok(())
}

/// Loads the Department that a new department of another program belongs to. Its owner is the registry that the
/// upgrade authority chose; its address must be the one that this registry derives from the prefix.
///
/// # Errors
/// Those of [`OwnedAccount::load`], [`AccountError::WrongAddress`].
pub fn department_of(info: &AccountInfo) -> Result<Department, ProgramError> {
    let department = OwnedAccount::<Department>::load(info, info.owner)?.read()?;
    let seeds = [DEPARTMENT_SEED, &department.prefix.0];
    let address = Pubkey::derive_address(&seeds, Some(department.header.bump), info.owner);
    require!(&address == info.key, AccountError::WrongAddress);
    Ok(department)
}

/// Checks that the signer is the authority of the department at `expected`, an address that the caller has stored.
///
/// # Errors
/// [`AccountError::WrongDepartment`], [`AccountError::NotDepartmentAuthority`], those of [`OwnedAccount::load`].
pub fn department_authority(info: &AccountInfo, expected: &Pubkey, signer: &Signer) -> ProgramResult {
    require!(info.key == expected, AccountError::WrongDepartment);
    let department = OwnedAccount::<Department>::load(info, info.owner)?;
    require!(Department::FIELDS.authority.is(&department.data(), signer.key()), AccountError::NotDepartmentAuthority,);
    Ok(())
}
