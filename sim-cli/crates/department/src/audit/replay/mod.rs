//! Computes again what the programs did, from the instructions that the ledger executed: the resulting accounts, and the events
//! that the programs emitted. No log is needed, which the sender of a transaction could have cut short.
//!
//! One file for each program. They follow the programs' processors step by step. Checks that only decide whether an instruction
//! is rejected (signatures, addresses, limits) are left to the ledger, which executed it; `audit/signatures.rs` verifies the
//! meters' signatures. Orders, funds and clearings are computed by the matching core itself.

mod oracle;
mod registry;
mod token;
mod trading;

pub use {oracle::OracleReplay, registry::RegistryReplay, token::TokenReplay, trading::TradingReplay};

use {
    campus_energy_sdk::{deployment::Addresses, error::AccountError, event::AnyEvent, ledger::ExecutedInstruction},
    solana_program::pubkey::Pubkey,
};

/// One department's accounts, as its transactions make them.
#[derive(Clone, Debug)]
pub struct Replay {
    addresses: Addresses,
    /// Department, participants, meters.
    pub registry: RegistryReplay,
    /// The token's configuration and the receipts.
    pub token: TokenReplay,
    /// The oracle and its ring of intervals.
    pub oracle: OracleReplay,
    /// Market and book.
    pub trading: TradingReplay,
}

impl Replay {
    /// Of a department that has not been founded.
    #[must_use]
    pub fn new(addresses: Addresses) -> Self {
        Self {
            addresses,
            registry: RegistryReplay::default(),
            token: TokenReplay::default(),
            oracle: OracleReplay::default(),
            trading: TradingReplay::default(),
        }
    }

    /// Where the department's accounts are.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Executes a transaction's instructions at a time of the ledger, a Unix second. The events, in the order in which the programs
    /// told them.
    ///
    /// # Errors
    /// Those of [`Self::execute`].
    pub fn transaction(&mut self, time: i64, instructions: &[ExecutedInstruction]) -> Result<Vec<AnyEvent>, String> {
        let mut events = Vec::new();
        instructions.iter().try_for_each(|executed| self.execute(time, executed, &mut events))?;
        Ok(events)
    }

    /// Executes an instruction at a time of the ledger, a Unix second, and adds the events that the program told; nothing where it is
    /// another department's or another program's.
    ///
    /// # Errors
    /// Why it cannot have been executed after the earlier ones.
    pub fn execute(
        &mut self,
        time: i64,
        executed: &ExecutedInstruction,
        events: &mut Vec<AnyEvent>,
    ) -> Result<(), String> {
        if !executed.is_of(&self.addresses) {
            return Ok(());
        }
        let Self { addresses, registry, token, oracle, trading } = self;
        let (programs, data, accounts) = (addresses.programs, &executed.data, Accounts(&executed.accounts));
        let (program, done) = if executed.program == programs.registry {
            ("registry", registry.execute(addresses, &accounts, data, events))
        } else if executed.program == programs.token {
            ("token", token.execute(addresses, &accounts, data, time, events))
        } else if executed.program == programs.oracle {
            ("oracle", oracle.execute(addresses, registry, &accounts, data, time, events))
        } else {
            ("trading", trading.execute(addresses, registry, &accounts, data, time, events))
        };
        done.map_err(|reason| format!("{program}: {reason}"))
    }
}

/// An instruction's accounts.
struct Accounts<'a>(&'a [Pubkey]);

impl Accounts<'_> {
    fn at(&self, place: usize) -> Result<Pubkey, String> {
        self.0.get(place).copied().ok_or_else(|| format!("it has {} accounts", self.0.len()))
    }
}

/// Takes an event's number.
fn take(next: &mut u64) -> u64 {
    let sequence = *next;
    *next = sequence.wrapping_add(1);
    sequence
}

fn overflow() -> String {
    AccountError::Overflow.to_string()
}

/// Refuses what creates an account that is there.
fn is_new(new: bool) -> Result<(), String> {
    if new { Ok(()) } else { Err(AccountError::AlreadyExists.to_string()) }
}

/// What has not been initialised yet.
fn unfounded<T>(state: Option<T>, what: &str) -> Result<T, String> {
    state.ok_or_else(|| format!("{what} has not been initialised"))
}
