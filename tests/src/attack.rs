//! Attacks on the committed bytecode: a ledger on which every flag of an instruction can be forged, and the count of what was tried.

use {
    crate::{
        campus::{Campus, MARKET, SAMPLE},
        cases::{Case, cases, signed_case},
        chain::Chain,
    },
    campus_energy_sdk::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        error::describe,
        ledger::{Embedded, Ledger, LedgerError, Receipt, SplToken},
        registry::{
            self,
            state::{Role, Zone},
        },
        token::{self, state::MintMode},
        trading::{self, state::Asset},
        units::Energy,
    },
    solana_account::Account,
    solana_message::Message,
    solana_program::{
        instruction::{Instruction, InstructionError},
        pubkey::Pubkey,
        sysvar::clock::ID as CLOCK,
    },
    solana_signer::Signer,
    solana_transaction::Transaction,
    solana_transaction_error::TransactionError,
    spl_associated_token_account_interface::instruction::create_associated_token_account,
    std::{
        cell::RefCell,
        fmt::{Debug, Display},
    },
};

/// A campus with a case of every instruction, on a ledger that believes every signature: a case's flags say who signs, for the
/// programs' own addresses too. Transactions are tried and change nothing.
pub struct Arena {
    /// The campus.
    pub campus: Campus<Embedded>,
    /// A case of every instruction, and of a signed batch.
    pub cases: Vec<Case>,
    /// Another department that has an account of every kind but a receipt; somebody else is its authority.
    pub other: Addresses,
    /// A meter of it.
    pub other_meter: Pubkey,
    /// A participant of it.
    pub other_participant: Pubkey,
    /// A receipt of the campus's department.
    pub receipt: Pubkey,
    /// Pays the fees, and is in no instruction.
    fees: Pubkey,
    time: i64,
}

impl Arena {
    /// Founds the departments and makes the cases.
    ///
    /// # Panics
    /// Where something cannot be founded.
    #[must_use]
    pub fn new() -> Self {
        let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
        let mut cases = cases(&mut campus);
        cases.push(signed_case(&campus));
        let keys = campus.keys;
        let owner = keys.participant(0);
        // Of the interval after that of the cases.
        campus.chain.set_time(SAMPLE + 905);
        let retire = token::instruction::retire(&campus.addresses(), &owner.pubkey(), Energy(1), SAMPLE + 900);
        let receipt = retire.accounts[4].pubkey;
        campus.send(retire, &[&owner]).expect("a receipt");
        let (other, other_meter) = other_department(&mut campus);
        campus.chain.next_slot();
        campus.chain.airdrop(&keys.wallet("impostor", 0).pubkey(), 1_000_000_000_000).expect("an airdrop");
        let fees = Pubkey::new_from_array([0xfe; 32]);
        campus.chain.airdrop(&fees, 1_000_000_000_000).expect("an airdrop");
        let svm = std::mem::take(campus.chain.svm()).with_sigverify(false);
        *campus.chain.svm() = svm;
        let other_participant = other.participant(&keys.participant(2).pubkey());
        Self { campus, cases, other, other_meter, other_participant, receipt, fees, time: 0 }
    }

    /// Tries an instruction in the place of a case's: `None` if it would succeed, else the refusal's name.
    pub fn attempt(&mut self, case: &Case, instruction: Instruction) -> Option<String> {
        if self.time != case.time {
            self.campus.chain.set_time(case.time);
            self.time = case.time;
        }
        let svm = self.campus.chain.svm();
        let instructions = [&case.before[..], &[instruction]].concat();
        let message = Message::new_with_blockhash(&instructions, Some(&self.fees), &svm.latest_blockhash());
        let failed = svm.simulate_transaction(Transaction::new_unsigned(message)).err()?;
        Some(name(&failed.err))
    }

    /// Addresses that somebody could pass in the place of another, by name: of the department, of another, of the runtime.
    #[must_use]
    pub fn substitutes(&self) -> Vec<(String, Pubkey)> {
        let Campus { keys, department, .. } = &self.campus;
        let (own, other, programs) = (self.campus.addresses(), &self.other, self.campus.addresses().programs);
        let of = |whose: &str, addresses: &Addresses| {
            let Addresses { department, token_config, energy_mint, oracle, interval_ring, market, book, .. } =
                *addresses;
            let Addresses { energy_vault, quote_vault, .. } = *addresses;
            let all = [
                ("Department", department),
                ("TokenConfig", token_config),
                ("energy mint", energy_mint),
                ("Oracle", oracle),
                ("IntervalRing", interval_ring),
                ("Market", market),
                ("Book", book),
                ("energy vault", energy_vault),
                ("quote vault", quote_vault),
            ];
            all.map(|(what, address)| (format!("{whose}{what}"), address))
        };
        let mut all: Vec<_> = of("", &own).into_iter().chain(of("another's ", other)).collect();
        for (index, meter) in department.meters.iter().enumerate() {
            let wallet = keys.participant(index).pubkey();
            all.push((format!("Meter {index}"), meter.accounts.meter));
            all.push((format!("Participant {index}"), own.participant(&wallet)));
            all.push((format!("energy tokens {index}"), meter.accounts.token_account));
            all.push((format!("quote tokens {index}"), self.campus.token_account(&wallet, Asset::Quote)));
            all.push((format!("wallet {index}"), wallet));
        }
        // Registry and token program have this one, and the authority is the same.
        let second = Addresses::derive(programs, "MED_".parse().expect("a prefix"));
        let single = [
            ("a second Department", second.department),
            ("a second TokenConfig", second.token_config),
            ("a second energy mint", second.energy_mint),
            ("another's Meter", self.other_meter),
            ("another's Participant", self.other_participant),
            ("another's energy tokens", other.token_account(&keys.participant(2).pubkey())),
            ("Retirement", self.receipt),
            ("quote mint", department.quote_mint),
            ("nobody", Pubkey::new_from_array([77; 32])),
            ("impostor", keys.wallet("impostor", 0).pubkey()),
            ("stranger", keys.wallet("stranger", 0).pubkey()),
            ("newcomer", keys.wallet("newcomer", 0).pubkey()),
            ("authority", keys.authority().pubkey()),
            ("submitter", keys.submitter().pubkey()),
            ("registry program", programs.registry),
            ("token program", programs.token),
            ("oracle program", programs.oracle),
            ("trading program", programs.trading),
            ("SPL Token", SPL_TOKEN),
            ("system program", SYSTEM_PROGRAM),
            ("clock", CLOCK),
        ];
        all.extend(single.map(|(what, address)| (what.to_string(), address)));
        let data = [programs.registry, programs.token, programs.oracle, programs.trading].map(|id| program_data(&id));
        all.extend(data.into_iter().enumerate().map(|(index, address)| (format!("ProgramData {index}"), address)));
        all
    }

    /// Tries a case while an account is in another state than it is.
    ///
    /// # Panics
    /// Where the ledger does not take the account.
    pub fn attempt_with(&mut self, case: &Case, address: Pubkey, account: Account) -> Option<String> {
        let own = self.campus.chain.account(&address).expect("the ledger answers").unwrap_or_default();
        self.campus.chain.put(address, account);
        let result = self.attempt(case, case.instruction.clone());
        self.campus.chain.put(address, own);
        result
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

/// Another department with a participant and a meter, a full-size book and the newcomer as its authority.
fn other_department(campus: &mut Campus<Embedded>) -> (Addresses, Pubkey) {
    let (authority, newcomer) = (campus.keys.authority(), campus.keys.wallet("newcomer", 0));
    let (by, owner) = (authority.pubkey(), campus.keys.participant(2).pubkey());
    let other = campus.begin_department("BIO_", 4, MARKET);
    let id = "BIO_001".parse().expect("a meter id");
    let key = Pubkey::new_from_array([8; 32]);
    for instruction in [
        registry::instruction::register_participant(&other, &by, &owner, Role::Faculty),
        create_associated_token_account(&by, &owner, &other.energy_mint, &SPL_TOKEN),
        registry::instruction::register_meter(&other, &by, &owner, id, Zone::CLASSROOM, &key, 12_500),
        trading::instruction::grow(&other, &by),
        registry::instruction::propose_authority(&other, &by, &newcomer.pubkey()),
    ] {
        campus.send(instruction, &[&authority]).expect("another department");
    }
    let accept = registry::instruction::accept_authority(&other, &newcomer.pubkey());
    campus.send(accept, &[&newcomer]).expect("another authority");
    (other, other.meter(&id))
}

/// A refusal in a word: the name of an error of ours, else what the runtime calls it.
#[must_use]
pub fn name(error: &TransactionError) -> String {
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
            describe(*code).map_or_else(|| format!("Custom({code})"), |(described, _)| described.name.into())
        }
        TransactionError::InstructionError(_, other) => format!("{other:?}"),
        other => format!("{other:?}"),
    }
}

/// The name of the refusal of what was sent; none where it was accepted.
///
/// # Panics
/// Where the ledger does not answer.
#[must_use]
pub fn refused(result: Result<Receipt, LedgerError>) -> Option<String> {
    match result.err()? {
        LedgerError::Refused(error, _) | LedgerError::Foreign(_, error, _) => Some(name(&error)),
        other => panic!("{other}"),
    }
}

/// Counts attacks, and says at the end how many there were.
#[derive(Default)]
pub struct Tally {
    counts: RefCell<Counts>,
}

#[derive(Default)]
struct Counts {
    refused: usize,
    legitimate: usize,
    accepted: Vec<String>,
    misnamed: Vec<String>,
    wrongly_refused: Vec<String>,
}

impl Tally {
    /// An attack that must be refused with this error.
    pub fn attack(&self, place: impl Display, got: Option<impl AsRef<str> + Debug>, expected: &str) {
        let mut counts = self.counts.borrow_mut();
        match got {
            None => counts.accepted.push(format!("{place}: accepted, expected {expected}")),
            Some(got) if got.as_ref() != expected => {
                counts.misnamed.push(format!("{place}: {}, expected {expected}", got.as_ref()));
            }
            Some(_) => counts.refused += 1,
        }
    }

    /// Something that must be accepted.
    pub fn legitimate(&self, place: impl Display, got: Option<impl AsRef<str> + Debug>) {
        let mut counts = self.counts.borrow_mut();
        counts.legitimate += 1;
        if let Some(got) = got {
            counts.wrongly_refused.push(format!("{place}: wrongly refused, {}", got.as_ref()));
        }
    }

    /// Prints the figures in the form that `make attack` adds up.
    ///
    /// # Panics
    /// Where an attack was accepted or refused with another error than expected, or something legitimate was refused.
    pub fn finish(self, at_least: usize) {
        let Counts { refused, legitimate, accepted, misnamed, wrongly_refused } = self.counts.into_inner();
        let tried = refused + accepted.len() + misnamed.len();
        println!(
            "attacks: tried {tried}, refused as expected {refused}, wrongly refused {}, accepted {}",
            wrongly_refused.len(),
            accepted.len()
        );
        println!("legitimate: tried {legitimate}");
        let failures: Vec<_> = [accepted, misnamed, wrongly_refused].concat();
        assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
        assert!(tried >= at_least, "only {tried} attacks were tried, expected at least {at_least}");
    }
}
