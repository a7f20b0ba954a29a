//! Pausing and resuming: the department refuses readings, the token mints nothing, the market takes no orders.

use {
    super::{Administration, AdministrationError, Change, Plan, pause_name},
    campus_energy_sdk::{registry, token, trading},
    clap::ValueEnum,
    solana_program::pubkey::Pubkey,
};

/// A part that can be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Readings are refused; the gateway keeps them, and delivers them afterwards
    Department,
    /// Nothing is minted, so that readings with a surplus are refused, too
    Token,
    /// Orders, deposits and clearings are refused; withdrawals are not
    Market,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Department, Self::Token, Self::Market];

    /// Its name in options and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Department => "department",
            Self::Token => "token",
            Self::Market => "market",
        }
    }
}

impl Administration {
    /// Whether a part is paused.
    #[must_use]
    pub fn is_paused(&self, part: Part) -> bool {
        match part {
            Part::Department => self.department.paused,
            Part::Token => self.token_paused,
            Part::Market => self.market_paused,
        }
    }

    /// Pauses or resumes parts, all in one transaction. Parts that are so already are noted.
    ///
    /// # Errors
    /// [`LimitsError::WrongKey`](crate::LimitsError::WrongKey).
    pub fn set_paused(&self, by: &Pubkey, parts: &[Part], paused: bool) -> Result<Plan, AdministrationError> {
        let (mut plan, mut instructions) = (Plan::default(), Vec::new());
        for &part in parts {
            if self.is_paused(part) == paused {
                plan.notes.push(format!("the {} is {} already", part.name(), pause_name(paused)));
                continue;
            }
            let set_paused = match part {
                Part::Department => registry::instruction::set_paused,
                Part::Token => token::instruction::set_paused,
                Part::Market => trading::instruction::set_paused,
            };
            instructions.push(set_paused(&self.addresses, by, paused));
            plan.changes.push(Change::new(part.name(), "state", pause_name(!paused), pause_name(paused)));
        }
        if !instructions.is_empty() {
            self.check_key(by)?;
            plan.transactions.push(instructions);
        }
        Ok(plan)
    }
}
