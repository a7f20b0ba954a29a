//! Accounts as types: a wrapper exists only where its checks have succeeded.

use {
    crate::{
        account::{AccountData, Field, Plain},
        error::AccountError,
        onchain::failed,
        require,
    },
    core::{
        cell::{Ref, RefMut},
        marker::PhantomData,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
};

/// Returns the accounts where there are exactly `N`.
///
/// # Errors
/// [`ProgramError::NotEnoughAccountKeys`], [`AccountError::TrailingAccounts`].
pub fn arity<'a, 'info, const N: usize>(
    accounts: &'a [AccountInfo<'info>],
) -> Result<&'a [AccountInfo<'info>; N], ProgramError> {
    let (exact, rest) = accounts.split_first_chunk().ok_or(ProgramError::NotEnoughAccountKeys)?;
    require!(rest.is_empty(), AccountError::TrailingAccounts);
    Ok(exact)
}

/// Checks that an account is the program that will be called.
///
/// # Errors
/// [`ProgramError::IncorrectProgramId`].
pub fn program(info: &AccountInfo, id: &Pubkey) -> ProgramResult {
    require!(info.key == id, ProgramError::IncorrectProgramId);
    Ok(())
}

/// An account that signed the transaction.
#[derive(Clone, Copy)]
pub struct Signer<'a, 'info> {
    /// The account.
    pub info: &'a AccountInfo<'info>,
}

impl<'a, 'info> Signer<'a, 'info> {
    /// Checks that the account signed.
    ///
    /// # Errors
    /// [`ProgramError::MissingRequiredSignature`].
    #[inline(always)]
    pub fn load(info: &'a AccountInfo<'info>) -> Result<Self, ProgramError> {
        require!(info.is_signer, ProgramError::MissingRequiredSignature);
        Ok(Self { info })
    }

    /// Checks that the account signed and pays: it is writable too.
    ///
    /// # Errors
    /// [`ProgramError::MissingRequiredSignature`], [`AccountError::NotWritable`].
    pub fn payer(info: &'a AccountInfo<'info>) -> Result<Self, ProgramError> {
        require!(info.is_writable, AccountError::NotWritable);
        Self::load(info)
    }

    /// Returns the address of the signer.
    #[must_use]
    pub fn key(&self) -> &'a Pubkey {
        self.info.key
    }
}

/// An account of one of our programs whose owner, length, kind and version have been checked.
///
/// Only that program can have made it, at the address derived from the department: what remains to be checked is which
/// department (or oracle, or mint) it belongs to.
pub struct OwnedAccount<'a, 'info, T> {
    /// The account.
    pub info: &'a AccountInfo<'info>,
    kind: PhantomData<T>,
}

impl<'a, 'info, T: AccountData> OwnedAccount<'a, 'info, T> {
    /// Checks an account that will be read.
    ///
    /// # Errors
    /// [`AccountError::Missing`], [`AccountError::WrongOwner`] and those of [`AccountData::check`].
    #[inline(always)]
    pub fn load(info: &'a AccountInfo<'info>, owner: &Pubkey) -> Result<Self, ProgramError> {
        if info.owner != owner {
            // Somebody may have put an account here that is borrowed already: that must not panic.
            let missing = info.try_data_is_empty().unwrap_or(false);
            return Err(failed(if missing { AccountError::Missing } else { AccountError::WrongOwner }));
        }
        T::check(&info.try_borrow_data()?).map_err(failed)?;
        Ok(Self { info, kind: PhantomData })
    }

    /// Checks an account that will be written.
    ///
    /// # Errors
    /// Those of [`OwnedAccount::load`] and [`AccountError::NotWritable`].
    #[inline(always)]
    pub fn load_mut(info: &'a AccountInfo<'info>, owner: &Pubkey) -> Result<Self, ProgramError> {
        require!(info.is_writable, AccountError::NotWritable);
        Self::load(info, owner)
    }

    /// Checks that the account has this address.
    ///
    /// # Errors
    /// [`AccountError::WrongAddress`].
    #[inline(always)]
    pub fn at(self, address: &Pubkey) -> Result<Self, ProgramError> {
        require!(self.info.key == address, AccountError::WrongAddress);
        Ok(self)
    }

    /// Returns the address of the account.
    #[must_use]
    pub fn key(&self) -> &'a Pubkey {
        self.info.key
    }

    /// Borrows the bytes of the account, to read single fields.
    #[inline(always)]
    #[must_use]
    pub fn data(&self) -> Ref<'_, &'info mut [u8]> {
        self.info.data.borrow()
    }

    /// Borrows the bytes of the account, to write single fields.
    #[inline(always)]
    #[must_use]
    pub fn data_mut(&self) -> RefMut<'_, &'info mut [u8]> {
        self.info.data.borrow_mut()
    }

    /// Reads one field.
    #[inline(always)]
    #[must_use]
    pub fn get<V: Plain>(&self, field: &Field<V>) -> V {
        field.get(&self.data())
    }

    /// Decodes the whole account.
    ///
    /// # Errors
    /// [`AccountError::Malformed`].
    pub fn read(&self) -> Result<T, ProgramError> {
        T::decode(&self.data()).map_err(failed)
    }

    /// Writes the whole account.
    ///
    /// # Errors
    /// [`ProgramError::AccountBorrowFailed`].
    pub fn write(&self, value: &T) -> ProgramResult {
        value.store(&mut self.info.try_borrow_mut_data()?);
        Ok(())
    }
}
