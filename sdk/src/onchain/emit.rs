//! The emission of events from a buffer on the stack.

use {
    crate::{
        error::AccountError,
        event::{Event, MAX_EVENT_LENGTH},
        onchain::failed,
    },
    solana_program::{entrypoint::ProgramResult, log::sol_log_data},
};

/// Writes an event to the transaction's log.
///
/// # Errors
/// [`AccountError::Overflow`] for an event longer than [`MAX_EVENT_LENGTH`].
#[inline(never)]
pub fn emit<E: Event>(event: &E) -> ProgramResult {
    let mut buffer = [0; MAX_EVENT_LENGTH];
    let mut rest = &mut buffer[..];
    borsh::to_writer(&mut rest, &E::TAG).map_err(|_| failed(AccountError::Overflow))?;
    borsh::to_writer(&mut rest, event).map_err(|_| failed(AccountError::Overflow))?;
    let length = MAX_EVENT_LENGTH - rest.len();
    sol_log_data(&[&buffer[..length]]);
    Ok(())
}
