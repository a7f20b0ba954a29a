//! Checks that log their place where they fail and cost nothing where they hold.

use {
    core::{fmt::Display, panic::Location},
    solana_program::{log::sol_log, program_error::ProgramError},
};

/// Logs the text of an error and where it arose, and turns it into a program error.
#[cold]
#[inline(never)]
#[track_caller]
pub fn failed<E: Into<ProgramError> + Display>(error: E) -> ProgramError {
    let place = Location::caller();
    sol_log(&format!("{error} ({}:{})", place.file(), place.line()));
    error.into()
}

/// Returns the error from the surrounding function unless the condition holds.
#[macro_export]
macro_rules! require {
    ($condition:expr, $error:expr $(,)?) => {
        if !$condition {
            return Err($crate::onchain::failed($error));
        }
    };
}
