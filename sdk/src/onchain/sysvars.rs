//! The clock and the rent, read directly from the runtime.
//!
//! `Clock::get()` of this release decodes the sysvar's base58 id at run time, 1,800 CU; with the id as a constant it is
//! 120. Natively it does not work at all (solana-sysvar 4.1 left program-test's stubs), so a test harness supplies them
//! with [`set_native`].

use {
    crate::{error::AccountError, onchain::failed},
    solana_program::{program_error::ProgramError, rent::Rent},
};

/// The length of the rent sysvar, bytes: lamports per byte u64, exemption threshold f64, burn percent u8.
pub const RENT_SIZE: usize = 17;
/// The offset of the Unix time in the clock sysvar, bytes: behind slot, epoch start, epoch and leader schedule epoch.
pub const UNIX_TIMESTAMP_AT: u64 = 32;

/// Returns the Unix time of the cluster, s.
///
/// # Errors
/// [`ProgramError::UnsupportedSysvar`], natively without a source.
pub fn now() -> Result<i64, ProgramError> {
    let mut bytes = [0; 8];
    read(Sysvar::Clock, &mut bytes, UNIX_TIMESTAMP_AT)?;
    Ok(i64::from_le_bytes(bytes))
}

/// Returns the lamports that make an account of so many bytes exempt from rent.
///
/// # Errors
/// [`ProgramError::UnsupportedSysvar`], natively without a source.
pub fn rent_exemption(bytes: usize) -> Result<u64, ProgramError> {
    let mut raw = [0; RENT_SIZE];
    read(Sysvar::Rent, &mut raw, 0)?;
    let (Some(per_byte), Some(threshold)) = (raw.first_chunk(), raw[8..].first_chunk()) else {
        return Err(failed(AccountError::Malformed));
    };
    #[allow(deprecated)] // the sysvar's bytes have these fields
    let rent = Rent {
        lamports_per_byte: u64::from_le_bytes(*per_byte),
        exemption_threshold: *threshold,
        burn_percent: raw[RENT_SIZE - 1],
    };
    Ok(rent.minimum_balance(bytes))
}

/// A sysvar that the programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sysvar {
    /// The clock.
    Clock,
    /// The rent.
    Rent,
}

#[cfg(target_os = "solana")]
fn read(sysvar: Sysvar, bytes: &mut [u8], offset: u64) -> Result<(), ProgramError> {
    use solana_program::pubkey::Pubkey;
    static CLOCK: Pubkey = solana_program::sysvar::clock::ID;
    static RENT: Pubkey = solana_program::sysvar::rent::ID;
    let id = match sysvar {
        Sysvar::Clock => &CLOCK,
        Sysvar::Rent => &RENT,
    };
    let length = bytes.len() as u64;
    solana_get_sysvar::get_sysvar(bytes, id, offset, length)
}

/// Reads a sysvar natively into the bytes, from the offset on; false where it cannot.
#[cfg(not(target_os = "solana"))]
pub type NativeSource = fn(Sysvar, &mut [u8], u64) -> bool;

#[cfg(not(target_os = "solana"))]
static NATIVE: std::sync::OnceLock<NativeSource> = std::sync::OnceLock::new();

/// Sets the source from which natively running programs read sysvars. Only the first call has an effect.
#[cfg(not(target_os = "solana"))]
pub fn set_native(source: NativeSource) {
    let _ = NATIVE.set(source);
}

#[cfg(not(target_os = "solana"))]
fn read(sysvar: Sysvar, bytes: &mut [u8], offset: u64) -> Result<(), ProgramError> {
    match NATIVE.get() {
        Some(source) if source(sysvar, bytes, offset) => Ok(()),
        _ => Err(ProgramError::UnsupportedSysvar),
    }
}
