//! How often each instruction and each error occurred.

use {
    crate::instructions::INSTRUCTIONS,
    campus_energy_sdk::{
        error::AccountError, oracle::error::OracleError, registry::error::RegistryError, token::error::TokenError,
        trading::error::TradingError,
    },
    std::{collections::BTreeMap, fmt},
};

/// Errors that a walk cannot reach, and why.
pub const UNREACHABLE: [(&str, &str); 6] = [
    (
        "Account.WrongVersion",
        "no release wrote another layout version, and nobody else can write accounts of the programs",
    ),
    ("Account.Malformed", "only the programs write their accounts, and they write valid fields only"),
    ("Registry.MisalignedTimestamp", "only the oracle can call RecordReadings, and it refuses such timestamps itself"),
    ("Registry.ReadingCount", "only the oracle can call RecordReadings, and it passes as many meters as readings"),
    ("Registry.OutsideWindow", "the oracle's greatest age, 95 intervals, lies within the meter's window of 128"),
    ("Trading.OrdersExhausted", "needs 2^32 orders"),
];

/// What a walk has seen.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Steps.
    pub steps: u64,
    /// Transactions that were accepted, and should be.
    pub accepted: u64,
    /// Transactions that were refused, and should be.
    pub refused: u64,
    /// Of each instruction, how many were accepted and refused.
    pub instructions: BTreeMap<&'static str, [u64; 2]>,
    /// Of each error, how many transactions it ended.
    pub errors: BTreeMap<String, u64>,
}

/// The names of all errors of the programs.
#[must_use]
pub fn errors() -> Vec<String> {
    let mut all = Vec::new();
    macro_rules! add {
        ($($group:literal: $type:ty),*) => {$(
            all.extend(<$type>::ALL.iter().map(|error| format!("{}.{}", $group, error.name())));
        )*};
    }
    add!("Account": AccountError, "Registry": RegistryError, "Token": TokenError, "Oracle": OracleError,
        "Trading": TradingError);
    all
}

impl Coverage {
    /// Counts a transaction.
    pub fn count(&mut self, instructions: &[&'static str], error: Option<&str>) {
        for instruction in instructions {
            self.instructions.entry(*instruction).or_default()[usize::from(error.is_some())] += 1;
        }
        match error {
            None => self.accepted += 1,
            Some(error) => {
                self.refused += 1;
                *self.errors.entry(error.into()).or_default() += 1;
            }
        }
    }

    /// Adds another walk's.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.accepted += other.accepted;
        self.refused += other.refused;
        for (name, [accepted, refused]) in &other.instructions {
            let sums = self.instructions.entry(*name).or_default();
            sums[0] += accepted;
            sums[1] += refused;
        }
        for (name, count) in &other.errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
    }

    /// Instructions that were never accepted.
    #[must_use]
    pub fn missing_instructions(&self) -> Vec<&'static str> {
        let seen = |name: &&&str| self.instructions.get(**name).is_some_and(|counts| counts[0] > 0);
        INSTRUCTIONS.iter().filter(|name| !seen(name)).copied().collect()
    }

    /// Errors that did not occur.
    #[must_use]
    pub fn missing_errors(&self) -> Vec<String> {
        errors().into_iter().filter(|name| !self.errors.contains_key(name)).collect()
    }

    /// The last line of a walk.
    #[must_use]
    pub fn summary(&self, seed: u64) -> String {
        let (instructions, all) = (INSTRUCTIONS.len() - self.missing_instructions().len(), errors().len());
        let Self { steps, accepted, refused, .. } = self;
        let seen = all - self.missing_errors().len();
        format!(
            "walk: {steps} steps, seed {seed}, accepted {accepted}, refused as expected {refused}, instructions \
             {instructions} of {}, errors {seen} of {all}",
            INSTRUCTIONS.len()
        )
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32} {:>10} {:>10}", "instruction", "accepted", "refused")?;
        for name in INSTRUCTIONS {
            let [accepted, refused] = self.instructions.get(*name).copied().unwrap_or_default();
            writeln!(f, "{name:<32} {accepted:>10} {refused:>10}")?;
        }
        writeln!(f, "\n{:<32} {:>10}", "error", "times")?;
        for (name, count) in &self.errors {
            writeln!(f, "{name:<32} {count:>10}")?;
        }
        for name in self.missing_errors() {
            let why = UNREACHABLE.iter().find(|(unreachable, _)| *unreachable == name);
            writeln!(f, "{name:<32} {:>10}  {}", 0, why.map_or("did not happen in this walk", |(_, why)| why))?;
        }
        Ok(())
    }
}
