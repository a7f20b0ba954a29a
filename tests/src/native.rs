//! The programs in solana-program-test: native processors, or the `.so` files where `SBF_OUT_DIR` names their folder (as
//! `cargo test-sbf` does).

use {
    crate::chain::Chain,
    campus_energy_sdk::{
        LOADER,
        deployment::{Programs, program_data},
        ledger::{Ledger, LedgerError, Receipt, programs::EMBEDDED},
        onchain::sysvars::{Sysvar, set_native},
    },
    solana_account::{Account, AccountSharedData},
    solana_program::{
        clock::Clock,
        hash::Hash,
        program_stubs::{SyscallStubs, set_syscall_stubs},
        pubkey::Pubkey,
        rent::Rent,
    },
    solana_program_test::{ProgramTest, ProgramTestContext, processor},
    solana_transaction::versioned::VersionedTransaction,
    std::{
        collections::{BTreeSet, HashSet},
        sync::{Once, OnceLock},
    },
    tokio::runtime::{Builder, Runtime},
};

/// A bank with the programs.
pub struct Native {
    runtime: Runtime,
    context: ProgramTestContext,
    slot: u64,
    /// Accounts that transactions have written: program-test cannot list its own.
    written: BTreeSet<Pubkey>,
}

/// A slot from which lookup tables can be made: earlier ones have hashes.
const FIRST_SLOT: u64 = 10;

impl Native {
    /// A bank whose programs are upgradeable by `upgrade_authority`; `funded` addresses have 1,000 SOL each.
    #[must_use]
    pub fn new(upgrade_authority: &Pubkey, funded: &[Pubkey]) -> Self {
        // One thread: program-test's block producer must not run while a test warps to another slot.
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        install_sysvars(&runtime);
        let mut test = ProgramTest::default();
        test.add_program(
            "program_registry",
            EMBEDDED.registry,
            processor!(program_registry::processor::process_instruction),
        );
        test.add_program("program_token", EMBEDDED.token, processor!(program_token::processor::process_instruction));
        test.add_program("program_oracle", EMBEDDED.oracle, processor!(program_oracle::processor::process_instruction));
        test.add_program(
            "program_trading",
            EMBEDDED.trading,
            processor!(program_trading::processor::process_instruction),
        );
        let Programs { registry, token, oracle, trading } = EMBEDDED;
        for program in [registry, token, oracle, trading] {
            test.add_account(program_data(&program), program_data_account(upgrade_authority));
        }
        for address in funded {
            test.add_account(*address, Account { lamports: 1_000_000_000_000, ..Account::default() });
        }
        let mut context = runtime.block_on(test.start_with_context());
        context.warp_to_slot(FIRST_SLOT).expect("the first warp");
        Self { runtime, context, slot: FIRST_SLOT, written: BTreeSet::new() }
    }
}

/// What the loader keeps of a program, without the code: program-test has that elsewhere.
#[must_use]
pub fn program_data_account(upgrade_authority: &Pubkey) -> Account {
    let mut data = vec![3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    data.extend_from_slice(upgrade_authority.as_ref());
    Account { lamports: 1_000_000_000, data, owner: LOADER, ..Account::default() }
}

impl Chain for Native {
    fn programs(&self) -> Programs {
        EMBEDDED
    }

    fn set_time(&mut self, unix_timestamp: i64) {
        self.next_slot();
        let mut clock: Clock =
            self.runtime.block_on(self.context.banks_client.get_sysvar()).expect("the bank has a clock");
        clock.unix_timestamp = unix_timestamp;
        self.context.set_sysvar(&clock);
    }

    fn next_slot(&mut self) {
        // Warping recomputes the clock; a test's time stays what it was set to.
        let clock: Clock = self.runtime.block_on(self.context.banks_client.get_sysvar()).expect("the bank has a clock");
        self.slot += 1;
        self.context.warp_to_slot(self.slot).expect("a warp to the next slot");
        self.context.set_sysvar(&Clock { slot: self.slot, ..clock });
    }

    fn put(&mut self, address: Pubkey, account: Account) {
        self.context.set_account(&address, &AccountSharedData::from(account));
    }
}

impl Ledger for Native {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        Ok(Hash::default())
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        let answer = self.runtime.block_on(self.context.banks_client.get_account(*address));
        answer.map_err(|error| LedgerError::Unreachable(error.to_string()))
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        let mut owned = Vec::new();
        for address in &self.written {
            let fits = |account: &Account| {
                account.owner == *program && account.data.get(offset..offset + bytes.len()) == Some(bytes)
            };
            owned.extend(self.account(address)?.filter(fits).map(|account| (*address, account)));
        }
        Ok(owned)
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        let answer = self.runtime.block_on(self.context.banks_client.get_latest_blockhash());
        answer.map_err(|error| LedgerError::Unreachable(error.to_string()))
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let signature = transaction.signatures[0].to_string();
        let message = &transaction.message;
        let no_reserved: Option<&HashSet<Pubkey>> = None;
        let is_written = |index| message.is_maybe_writable_with_reserved_addresses(index, no_reserved);
        let keys = message.static_account_keys().iter().enumerate();
        self.written.extend(keys.filter(|(index, _)| is_written(*index)).map(|(_, key)| *key));
        let sent = self.context.banks_client.process_transaction_with_metadata(transaction);
        let answer = self.runtime.block_on(sent).map_err(|error| LedgerError::Unreachable(error.to_string()))?;
        let (logs, compute_units) =
            answer.metadata.map_or_else(Default::default, |data| (data.log_messages, data.compute_units_consumed));
        match answer.result {
            // A bank client tells of no inner instructions.
            Ok(()) => Ok(Receipt { signature, compute_units, logs, instructions: Vec::new() }),
            Err(error) => Err(LedgerError::Refused(error, logs)),
        }
    }
}

/// program-test's own stubs, which answer from the bank that the calling program runs in.
static STUBS: OnceLock<Box<dyn SyscallStubs>> = OnceLock::new();

/// solana-sysvar 4.1 took `Clock::get` away from program-test's stubs; the sdk reads sysvars where this tells it to: at
/// the same stubs. They are exchanged for ones that pass everything on, before any program runs.
fn install_sysvars(runtime: &Runtime) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Starting a bank makes program-test install its stubs.
        let _ = runtime.block_on(ProgramTest::default().start());
        let theirs = set_syscall_stubs(Box::new(Passing));
        assert!(STUBS.set(theirs).is_ok(), "installed once");
        set_native(read_sysvar);
    });
}

fn read_sysvar(sysvar: Sysvar, bytes: &mut [u8], offset: u64) -> bool {
    let Some(stubs) = STUBS.get() else { return false };
    let serialised = match sysvar {
        Sysvar::Clock => {
            let mut clock = Clock::default();
            if stubs.sol_get_clock_sysvar((&raw mut clock).cast()) != 0 {
                return false;
            }
            let mut all = clock.slot.to_le_bytes().to_vec();
            all.extend(clock.epoch_start_timestamp.to_le_bytes());
            all.extend(clock.epoch.to_le_bytes());
            all.extend(clock.leader_schedule_epoch.to_le_bytes());
            all.extend(clock.unix_timestamp.to_le_bytes());
            all
        }
        #[allow(deprecated)] // the sysvar's bytes have these fields
        Sysvar::Rent => {
            let mut rent = Rent::default();
            if stubs.sol_get_rent_sysvar((&raw mut rent).cast()) != 0 {
                return false;
            }
            let mut all = rent.lamports_per_byte.to_le_bytes().to_vec();
            all.extend(rent.exemption_threshold);
            all.push(rent.burn_percent);
            all
        }
    };
    let from = usize::try_from(offset).unwrap_or(usize::MAX);
    match serialised.get(from..from.saturating_add(bytes.len())) {
        Some(part) => {
            bytes.copy_from_slice(part);
            true
        }
        None => false,
    }
}

/// Passes everything on to program-test's stubs.
struct Passing;

impl Passing {
    fn to() -> &'static dyn SyscallStubs {
        STUBS.get().expect("installed before any program runs").as_ref()
    }
}

impl SyscallStubs for Passing {
    fn sol_log(&self, message: &str) {
        Self::to().sol_log(message);
    }
    fn sol_log_compute_units(&self) {
        Self::to().sol_log_compute_units();
    }
    fn sol_invoke_signed(
        &self,
        instruction: &solana_program::instruction::Instruction,
        accounts: &[solana_program::account_info::AccountInfo],
        seeds: &[&[&[u8]]],
    ) -> solana_program::entrypoint::ProgramResult {
        Self::to().sol_invoke_signed(instruction, accounts, seeds)
    }
    fn sol_get_clock_sysvar(&self, address: *mut u8) -> u64 {
        Self::to().sol_get_clock_sysvar(address)
    }
    fn sol_get_rent_sysvar(&self, address: *mut u8) -> u64 {
        Self::to().sol_get_rent_sysvar(address)
    }
    fn sol_get_return_data(&self) -> Option<(Pubkey, Vec<u8>)> {
        Self::to().sol_get_return_data()
    }
    fn sol_get_stack_height(&self) -> u64 {
        Self::to().sol_get_stack_height()
    }
    fn sol_set_return_data(&self, data: &[u8]) {
        Self::to().sol_set_return_data(data);
    }
    fn sol_log_data(&self, fields: &[&[u8]]) {
        Self::to().sol_log_data(fields);
    }
}
