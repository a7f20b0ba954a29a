//! A campus whose transactions are recorded, and what the audit finds in them.

use {
    crate::campus::{Campus, embedded},
    campus_energy_department::{
        Founding, Keys,
        audit::{Audit, Finding, Holding, check_accounts, holdings},
        record::{Recording, Transaction, TransactionWriter, read_transactions},
    },
    campus_energy_sdk::ledger::{Snapshot, SplToken},
    std::fs,
};

/// A campus and its record.
pub struct Audited {
    /// The campus.
    pub campus: Campus<Recording>,
    /// What has been done on it so far.
    pub transactions: Vec<Transaction>,
}

impl Audited {
    /// Founds a campus on the embedded ledger.
    #[must_use]
    pub fn new(founding: &Founding) -> Self {
        let keys = Keys::new(1);
        let recording = Recording::new(embedded(keys, SplToken::Batching));
        Self { campus: Campus::on(recording, keys, founding), transactions: Vec::new() }
    }

    /// The transactions, written to a file and read from it.
    ///
    /// # Panics
    /// Where they do not survive that.
    pub fn record(&mut self) -> &[Transaction] {
        self.transactions.extend(self.campus.chain.take());
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = TransactionWriter::new(Vec::new());
        self.transactions.iter().for_each(|transaction| writer.write(transaction).expect("memory takes it"));
        fs::write(directory.path().join(campus_energy_department::record::TRANSACTIONS), writer.into_inner())
            .expect("a file");
        let read = read_transactions(directory.path()).expect("the record").collect::<Result<Vec<_>, _>>();
        assert_eq!(read.expect("every line"), self.transactions);
        &self.transactions
    }

    /// The audit of all transactions so far.
    ///
    /// # Panics
    /// Where they contradict each other.
    pub fn audit(&mut self) -> Audit {
        let mut audit = Audit::new(self.campus.addresses());
        for transaction in self.record() {
            audit.apply(transaction).expect("transactions that follow from each other");
        }
        audit
    }

    /// The accounts as they are.
    pub fn snapshot(&mut self) -> Snapshot {
        Snapshot::of(self.campus.chain.ledger())
    }

    /// What the audit finds wrong with accounts.
    pub fn wrong(&mut self, snapshot: &Snapshot) -> Vec<String> {
        let (audit, addresses) = (self.audit(), self.campus.addresses());
        check_accounts(&audit, snapshot, &addresses).into_iter().filter_map(Finding::err).collect()
    }

    /// What the audit has to say of the accounts as they are.
    ///
    /// # Panics
    /// Where it finds anything wrong.
    pub fn sound(&mut self) -> String {
        let (audit, snapshot, addresses) = (self.audit(), self.snapshot(), self.campus.addresses());
        let findings = check_accounts(&audit, &snapshot, &addresses);
        let all: Result<Vec<String>, String> = findings.into_iter().collect();
        all.unwrap_or_else(|wrong| panic!("{wrong}")).join("\n")
    }
}

/// The audit finds nothing wrong, and says this among what it has found.
///
/// # Panics
/// Where it does not.
pub fn says(audited: &mut Audited, expected: &str) {
    let all = audited.sound();
    assert!(all.contains(expected), "{expected}\n{all}");
}

/// What the participant of a number has.
///
/// # Panics
/// Where there is none.
pub fn holding(audited: &mut Audited, number: usize) -> Holding {
    let (snapshot, addresses) = (audited.snapshot(), audited.campus.addresses());
    holdings(&snapshot, &addresses).expect("a sound ledger").remove(number)
}
