//! What the commands share that administer a department: on a cluster, or on the embedded ledger of a running gateway.

mod place;
mod through_gateway;

pub(super) use place::{DepartmentPlace, OpenedDepartment};

use {
    super::{Failure, UsageError, print_json, record::Format},
    campus_energy_department::{Administration, AdministrationError, Change, LimitsError, Plan},
    clap::Args,
    serde::Serialize,
    solana_signer::Signer,
};

/// What every command has that changes a department.
#[derive(Clone, Debug, Args)]
pub(super) struct Sending {
    /// Print what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: DepartmentPlace,
}

/// What has changed, or would.
#[derive(Serialize)]
struct Done {
    changes: Vec<Change>,
    /// What is so already.
    notes: Vec<String>,
    dry_run: bool,
    /// Transactions that the changes take.
    transactions: usize,
    /// The ids of those that were sent.
    sent: Vec<String>,
}

impl From<AdministrationError> for Failure {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::Department(LimitsError::Ledger(error)) => Self::Ledger(error),
            wrong => Self::Usage(UsageError::Administration(wrong)),
        }
    }
}

impl Sending {
    /// Plans a change by what the ledger has, and sends it, or shows what would be sent.
    pub(super) fn change(
        &self,
        plan: impl FnOnce(&Administration, &OpenedDepartment) -> Result<Plan, Failure>,
    ) -> Result<(), Failure> {
        let mut opened = self.place.open(true)?;
        let there = Administration::read(&opened.ledger, &opened.addresses)?;
        let plan = plan(&there, &opened)?;
        let transactions = plan.transactions();
        let mut sent = Vec::new();
        if !self.dry_run && transactions > 0 {
            let OpenedDepartment { ledger, key, .. } = &mut opened;
            let key = key.as_ref().ok_or_else(|| UsageError::options("--keypair", "the key is missing"))?;
            sent = plan.send(ledger, key).map_err(|(error, sent)| match sent.len() {
                0 => ledger.failure(error),
                count => Failure::Partial(format!(
                    "{count} of {transactions} transactions were executed; the same command sends the others: {}",
                    ledger.failure(error)
                )),
            })?;
        }
        let done = Done { changes: plan.changes, notes: plan.notes, dry_run: self.dry_run, transactions, sent };
        self.place.show(&done, Done::print);
        Ok(())
    }
}

impl OpenedDepartment {
    /// Whose key it is that signs.
    pub(super) fn by(&self) -> Result<solana_program::pubkey::Pubkey, Failure> {
        let key = self.key.as_ref().ok_or_else(|| UsageError::options("--keypair", "the key is missing"))?;
        Ok(key.pubkey())
    }
}

impl DepartmentPlace {
    /// Shows a value as it was asked for.
    pub(super) fn show<T: Serialize>(&self, value: &T, print: impl FnOnce(&T)) {
        match self.output {
            Format::Json => print_json(value),
            Format::Display => print(value),
        }
    }
}

impl Done {
    fn print(&self) {
        print!("{}", self.text());
    }

    fn text(&self) -> String {
        let mut lines: Vec<String> = self.changes.iter().map(line).collect();
        lines.extend(self.notes.iter().cloned());
        lines.extend(self.sent.iter().map(|id| format!("Changed by transaction {id}")));
        lines.push(match (self.transactions, self.dry_run) {
            (0, _) => "Nothing was sent: nothing is to be changed".into(),
            (1, true) => "Nothing was sent: --dry-run; 1 transaction would be".into(),
            (count, true) => format!("Nothing was sent: --dry-run; {count} transactions would be"),
            (_, false) => return lines.join("\n") + "\n",
        });
        lines.join("\n") + "\n"
    }
}

/// A change on one line, or where that is longer than 80 columns, on three.
fn line(change: &Change) -> String {
    let Change { subject, field, now, after } = change;
    let short = format!("{subject}, {field}: {now} -> {after}");
    if short.chars().count() <= 80 {
        return short;
    }
    format!("{subject}, {field}:\n  before {now}\n  after  {after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_80_columns_and_say_what_was_sent() {
        let key = "1".repeat(44);
        let change = |subject: &str, field, now: &str, after: &str| Change {
            subject: subject.into(),
            field,
            now: now.into(),
            after: after.into(),
        };
        let mut done = Done {
            changes: vec![
                change("ENG_003", "status", "active", "suspended"),
                change("ENG_012345678901", "signing key", &key, &key),
            ],
            notes: vec!["the token is paused already".into()],
            dry_run: true,
            transactions: 2,
            sent: Vec::new(),
        };
        let expected = format!(
            "ENG_003, status: active -> suspended\nENG_012345678901, signing key:\n  before {key}\n  after  {key}\n\
             the token is paused already\nNothing was sent: --dry-run; 2 transactions would be\n"
        );
        assert_eq!(done.text(), expected);
        assert!(expected.lines().all(|line| line.chars().count() <= 80));
        (done.dry_run, done.sent, done.changes) = (false, vec!["5x".into()], Vec::new());
        assert_eq!(done.text(), "the token is paused already\nChanged by transaction 5x\n");
        (done.transactions, done.sent) = (0, Vec::new());
        assert_eq!(done.text(), "the token is paused already\nNothing was sent: nothing is to be changed\n");
    }
}
