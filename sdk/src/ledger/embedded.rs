//! The embedded ledger: litesvm with the real programs.

use {
    super::{
        Ledger, LedgerError, LedgerReading, Receipt, check_length,
        executed::{in_order, loaded},
        programs,
        readings::{AcceptedReadings, carried_to},
        refused,
    },
    crate::{
        LOADER,
        deployment::{Programs, program_data},
        oracle::carried::CarriedReading,
    },
    litesvm::LiteSVM,
    solana_account::{Account, AccountSharedData, ReadableAccount},
    solana_address_lookup_table_interface::state::AddressLookupTable,
    solana_message::{VersionedMessage, inner_instruction::InnerInstruction},
    solana_program::{clock::Clock, hash::Hash, pubkey::Pubkey, slot_hashes::SlotHashes},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        collections::{BTreeMap, VecDeque},
        ops::RangeInclusive,
    },
};

/// The SPL Token program of the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SplToken {
    /// p-token, which mints for many accounts in one call.
    #[default]
    Batching,
    /// SPL Token 3.5, as clusters had it until 2026.
    Legacy,
}

/// The address of the feature that replaces SPL Token with p-token.
pub(super) const BATCHING_FEATURE: Pubkey = Pubkey::from_str_const("ptokFjwyJtrwCa9Kgo9xoDS59V4QccBGEaRFnRPnSdP");
/// The owner of sysvars.
const SYSVARS: Pubkey = Pubkey::from_str_const("Sysvar1111111111111111111111111111111111111");
/// The number of the last transactions whose repetition is noticed.
const REMEMBERED_TRANSACTIONS: usize = 300;
/// The offset of the upgrade authority in ProgramData, bytes: behind tag (u32) and slot (u64), an `Option<Pubkey>`.
const UPGRADE_AUTHORITY_AT: usize = 12;

/// A ledger in this process: no server, no network. Time stands still until [`Embedded::set_time`].
pub struct Embedded {
    svm: LiteSVM,
    programs: Programs,
    readings: AcceptedReadings,
    /// The last transactions that foreign programs refused, each with the program.
    foreign: VecDeque<(Signature, Pubkey)>,
}

impl Embedded {
    /// Makes a ledger with the four programs, upgradeable by `upgrade_authority`.
    ///
    /// # Errors
    /// [`LedgerError::Program`] where a program does not load.
    pub fn new(upgrade_authority: &Pubkey, spl_token: SplToken) -> Result<Self, LedgerError> {
        Self::with_programs(programs::EMBEDDED, upgrade_authority, spl_token)
    }

    /// Makes a ledger with the four programs under other ids.
    ///
    /// # Errors
    /// [`LedgerError::Program`] where a program does not load.
    pub fn with_programs(
        programs: Programs,
        upgrade_authority: &Pubkey,
        spl_token: SplToken,
    ) -> Result<Self, LedgerError> {
        let mut svm = with_features(spl_token).with_transaction_history(REMEMBERED_TRANSACTIONS);
        for (name, id, elf) in [
            ("registry", programs.registry, programs::REGISTRY),
            ("token", programs.token, programs::TOKEN),
            ("oracle", programs.oracle, programs::ORACLE),
            ("trading", programs.trading, programs::TRADING),
        ] {
            let unloadable = |error: String| LedgerError::Program(name, error);
            svm.add_program(id, elf).map_err(|error| unloadable(error.to_string()))?;
            let address = program_data(&id);
            let mut account = svm.get_account(&address).ok_or_else(|| unloadable("it has no ProgramData".into()))?;
            debug_assert_eq!(account.owner, LOADER);
            account.data[UPGRADE_AUTHORITY_AT] = 1;
            account.data[UPGRADE_AUTHORITY_AT + 1..][..32].copy_from_slice(upgrade_authority.as_ref());
            svm.set_account(address, account).map_err(|error| unloadable(error.to_string()))?;
        }
        Ok(Self { svm, programs, readings: AcceptedReadings::default(), foreign: VecDeque::new() })
    }

    /// Returns the ids of the programs.
    #[must_use]
    pub fn programs(&self) -> Programs {
        self.programs
    }

    /// Creates lamports at an address.
    ///
    /// # Errors
    /// [`LedgerError::Refused`].
    pub fn airdrop(&mut self, address: &Pubkey, lamports: u64) -> Result<(), LedgerError> {
        match self.svm.airdrop(address, lamports) {
            Ok(_) => Ok(()),
            Err(failed) => Err(LedgerError::Refused(failed.err, failed.meta.logs)),
        }
    }

    /// Sets the clock (Unix seconds) and begins a new slot with a new blockhash.
    pub fn set_time(&mut self, unix_timestamp: i64) {
        let mut clock: Clock = self.svm.get_sysvar();
        clock.unix_timestamp = unix_timestamp;
        clock.slot += 1;
        self.svm.set_sysvar(&clock);
        self.svm.expire_blockhash();
    }

    /// Begins a new slot and stores the hash of the last one, as lookup tables need it.
    pub fn next_slot(&mut self) {
        let mut clock: Clock = self.svm.get_sysvar();
        let hash = self.svm.latest_blockhash();
        let slot = clock.slot;
        clock.slot += 1;
        self.svm.set_sysvar(&clock);
        self.svm.set_sysvar(&SlotHashes::new(&[(slot, hash)]));
        self.svm.expire_blockhash();
    }

    /// Returns the accounts that differ from those of another ledger, which are the changes since both were the same. Sysvars are left out.
    pub fn changes<'a>(&'a self, since: &'a BTreeMap<Pubkey, Account>) -> impl Iterator<Item = (Pubkey, Account)> + 'a {
        let now = self.accounts().filter(|(_, account)| *account.owner() != SYSVARS);
        let changed = now.filter(|(address, account)| since.get(*address).is_none_or(|old| !same(old, account)));
        changed.map(|(address, account)| (*address, account.clone().into()))
    }

    /// Returns all accounts but sysvars.
    #[must_use]
    pub fn state(&self) -> BTreeMap<Pubkey, Account> {
        self.changes(&BTreeMap::new()).collect()
    }

    /// Brings the ledger to the state of another one that was the same: its changed accounts, how many times
    /// [`Embedded::set_time`] was called on it, and its time.
    ///
    /// # Errors
    /// [`LedgerError::Unusable`] where an account cannot be set.
    pub fn restore(
        &mut self,
        accounts: impl IntoIterator<Item = (Pubkey, Account)>,
        slots: u64,
        unix_timestamp: i64,
    ) -> Result<(), LedgerError> {
        for (address, account) in accounts {
            let set = self.svm.set_account(address, account);
            set.map_err(|error| LedgerError::Unusable { address, reason: error.to_string() })?;
        }
        // The hash of a slot comes from that of the one before.
        (0..slots).for_each(|_| self.svm.expire_blockhash());
        let mut clock: Clock = self.svm.get_sysvar();
        clock.unix_timestamp = unix_timestamp;
        clock.slot += slots;
        self.svm.set_sysvar(&clock);
        Ok(())
    }

    /// Returns the result of one of the last transactions; `None` where the ledger does not have it.
    #[must_use]
    pub fn outcome(&self, signature: &Signature) -> Option<Result<(), LedgerError>> {
        self.svm.get_transaction(signature).map(|result| match result {
            Ok(_) => Ok(()),
            Err(failed) => {
                let (error, logs) = (failed.err.clone(), failed.meta.logs.clone());
                let foreign = self.foreign.iter().find(|(own, _)| own == signature);
                Err(match foreign {
                    Some((_, program)) => LedgerError::Foreign(*program, error, logs),
                    None => LedgerError::Refused(error, logs),
                })
            }
        })
    }

    /// Returns the readings that a transaction's own instructions carry, not those that programs call. Empty where it names a lookup table that
    /// the ledger does not have.
    #[must_use]
    pub fn readings_in(&self, transaction: &VersionedTransaction) -> Vec<CarriedReading> {
        let message = &transaction.message;
        let executed = self.loaded(message).and_then(|loaded| in_order(message, &loaded, Vec::new()).ok());
        executed.map_or_else(Vec::new, |executed| carried_to(&self.programs.oracle, &executed))
    }

    /// Returns the addresses that a message takes from lookup tables; `None` where the ledger does not have a table, or all of it.
    fn loaded(&self, message: &VersionedMessage) -> Option<Vec<Pubkey>> {
        loaded(message, |table| {
            let account = self.svm.accounts_db().inner.get(table)?;
            Some(AddressLookupTable::deserialize(account.data()).ok()?.addresses)
        })
    }

    /// Iterates over all accounts, in no order.
    pub(super) fn accounts(&self) -> impl Iterator<Item = (&Pubkey, &AccountSharedData)> {
        self.svm.accounts_db().inner.iter()
    }

    /// Returns the virtual machine itself, for tests.
    pub fn svm(&mut self) -> &mut LiteSVM {
        &mut self.svm
    }
}

fn same(old: &Account, new: &AccountSharedData) -> bool {
    old.lamports == new.lamports()
        && old.owner == *new.owner()
        && old.executable == new.executable()
        && old.data == new.data()
}

fn with_features(spl_token: SplToken) -> LiteSVM {
    if spl_token == SplToken::Batching {
        return LiteSVM::new();
    }
    let mut features = LiteSVM::mainnet_feature_set();
    features.deactivate(&BATCHING_FEATURE);
    LiteSVM::default()
        .with_feature_set(features)
        .with_builtins()
        .with_lamports(1_000_000_000_000_000)
        .with_sysvars()
        .with_feature_accounts()
        .with_default_programs()
        .with_sigverify(true)
        .with_blockhash_check(true)
        .with_precompiles()
}

impl Ledger for Embedded {
    /// An embedded ledger has no genesis; zero stands for it.
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        Ok(Hash::default())
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        Ok(self.svm.get_account(address))
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        let owned = self.accounts().filter(|(_, account)| {
            account.owner() == program && account.data().get(offset..offset + bytes.len()) == Some(bytes)
        });
        let sorted: BTreeMap<Pubkey, Account> =
            owned.map(|(address, account)| (*address, account.clone().into())).collect();
        Ok(sorted.into_iter().collect())
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        Ok(self.svm.latest_blockhash())
    }

    /// Those of the transactions that this ledger has executed since it was made, as long as a meter's window is.
    fn readings_of(
        &self,
        meters: &[Pubkey],
        intervals: RangeInclusive<i64>,
    ) -> Result<Vec<LedgerReading>, LedgerError> {
        Ok(self.readings.of(meters, intervals))
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        // litesvm does not mind a longer one.
        check_length(&transaction)?;
        // A transaction whose table is not there, or lacks an address, is not executed.
        let (message, loaded) = (transaction.message.clone(), self.loaded(&transaction.message).unwrap_or_default());
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        match self.svm.send_transaction(transaction) {
            Ok(done) => {
                let called = |calls: Vec<InnerInstruction>| {
                    calls.into_iter().map(|call| (call.instruction, call.stack_height.into())).collect()
                };
                let inner = done.inner_instructions.into_iter().map(called).collect();
                let instructions = in_order(&message, &loaded, inner)?;
                self.readings.add(done.signature, carried_to(&self.programs.oracle, &instructions));
                Ok(Receipt {
                    signature: done.signature.to_string(),
                    compute_units: done.compute_units_consumed,
                    logs: done.logs,
                    instructions,
                })
            }
            Err(failed) => {
                let refusal = refused(failed.err, failed.meta.logs, &message, &self.programs);
                if let LedgerError::Foreign(program, ..) = &refusal {
                    self.foreign.push_back((signature, *program));
                    if self.foreign.len() > REMEMBERED_TRANSACTIONS {
                        self.foreign.pop_front();
                    }
                }
                Err(refusal)
            }
        }
    }
}
