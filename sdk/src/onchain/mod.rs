//! The code that the programs share: checked accounts, PDA creation, calls, events, `require!`.

pub mod accounts;
pub mod authority;
pub mod call;
pub mod emit;
pub mod pda;
mod require;
pub mod sysvars;

pub use {
    accounts::{OwnedAccount, Signer, arity, program},
    authority::{department_authority, department_of, upgrade_authority},
    call::{call, call_parts, call_signed},
    emit::emit,
    pda::{Pda, create_pda, find},
    require::failed,
};
