//! Addresses that are derived from a program id, and accounts that are created at them.

use {
    super::{Signer, call::call_signed, sysvars::rent_exemption},
    crate::{SYSTEM_PROGRAM, account::AccountData, error::AccountError, require},
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
    solana_system_interface::instruction as system,
};

/// The seeds and canonical bump of a derived address.
pub struct Pda<'s, const N: usize> {
    seeds: [&'s [u8]; N],
    bump: u8,
}

/// The most seeds of an address, the bump included.
const MAX_SEEDS: usize = 8;

impl<'s, const N: usize> Pda<'s, N> {
    /// Finds the canonical address of the seeds and checks that the account has it.
    ///
    /// # Errors
    /// [`AccountError::WrongAddress`].
    pub fn check(info: &AccountInfo, seeds: [&'s [u8]; N], program_id: &Pubkey) -> Result<Self, ProgramError> {
        let (address, bump) = find(&seeds, program_id);
        require!(info.key == &address, AccountError::WrongAddress);
        Ok(Self { seeds, bump })
    }

    /// Returns the canonical bump.
    #[must_use]
    pub fn bump(&self) -> u8 {
        self.bump
    }

    /// Calls `then` with the seeds that sign for the address.
    fn signing<R>(&self, then: impl FnOnce(&[&[u8]]) -> R) -> R {
        let bump = [self.bump];
        let mut seeds: [&[u8]; MAX_SEEDS] = [&[]; MAX_SEEDS];
        seeds[..N].copy_from_slice(&self.seeds);
        seeds[N] = &bump;
        then(&seeds[..=N])
    }

    /// Creates the account: exempt from rent, zeroed, owned by `owner`. It succeeds also where somebody has sent lamports to the address
    /// before.
    ///
    /// # Errors
    /// [`AccountError::AlreadyExists`], and the system program's.
    pub fn create<'info>(
        &self,
        info: &AccountInfo<'info>,
        payer: &Signer<'_, 'info>,
        space: usize,
        owner: &Pubkey,
    ) -> ProgramResult {
        require!(info.is_writable, AccountError::NotWritable);
        require!(info.owner == &SYSTEM_PROGRAM && info.data_is_empty(), AccountError::AlreadyExists);
        let rent = rent_exemption(space)?.max(1);
        let space = space as u64;
        let payer = payer.info;
        let accounts = [payer.clone(), info.clone()];
        self.signing(|seeds| {
            if info.lamports() == 0 {
                return call_signed(&system::create_account(payer.key, info.key, rent, space, owner), &accounts, seeds);
            }
            let missing = rent.saturating_sub(info.lamports());
            if missing > 0 {
                call_signed(&system::transfer(payer.key, info.key, missing), &accounts, seeds)?;
            }
            call_signed(&system::allocate(info.key, space), &accounts, seeds)?;
            call_signed(&system::assign(info.key, owner), &accounts, seeds)
        })
    }
}

/// Creates an account of one of our programs at its canonical address and writes the content that `content` makes of its bump.
///
/// # Errors
/// [`AccountError::WrongAddress`], [`AccountError::AlreadyExists`], and the system program's.
pub fn create_pda<'info, T: AccountData, const N: usize>(
    info: &AccountInfo<'info>,
    payer: &Signer<'_, 'info>,
    program_id: &Pubkey,
    seeds: [&[u8]; N],
    content: impl FnOnce(u8) -> T,
) -> ProgramResult {
    let pda = Pda::check(info, seeds, program_id)?;
    pda.create(info, payer, T::LEN, program_id)?;
    content(pda.bump()).store(&mut info.try_borrow_mut_data()?);
    Ok(())
}

/// Finds the canonical address of the seeds and its bump.
///
/// On chain by hashing and one curve test per try (361 CU) instead of the 1,500 CU that the
/// `find_program_address` syscall charges for each.
#[must_use]
pub fn find<const N: usize>(seeds: &[&[u8]; N], program_id: &Pubkey) -> (Pubkey, u8) {
    #[cfg(target_os = "solana")]
    {
        for bump in (0..=u8::MAX).rev() {
            let address = Pubkey::derive_address(seeds, Some(bump), program_id);
            if !on_curve(&address) {
                return (address, bump);
            }
        }
    }
    // Off chain. On chain never reached: one bump in two is off the curve.
    Pubkey::find_program_address(seeds, program_id)
}

#[cfg(target_os = "solana")]
fn on_curve(address: &Pubkey) -> bool {
    const EDWARDS: u64 = 0;
    let mut result = 0_u8;
    // SAFETY: the address has 32 bytes, and the syscall writes nothing to `result` for this curve.
    #[allow(unsafe_code)]
    unsafe {
        solana_define_syscall::definitions::sol_curve_validate_point(EDWARDS, address.as_ref().as_ptr(), &mut result)
            == 0
    }
}
