//! What may be done to the embedded ledger through the gateway, besides readings: administering the department. The gateway has no key for
//! it. Whoever administers signs a transaction; it is taken if every instruction of it is one of those below, by its program, its data and
//! its accounts, and if it is signed by one key, which also pays. Whether that key may is for the engine to say, which has the ledger.

use {
    crate::rejection::{Code, Rejection},
    borsh::BorshDeserialize,
    campus_energy_sdk::{
        ASSOCIATED_TOKEN, SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::Addresses,
        ledger::{MAX_TRANSACTION_BYTES, transaction::from_wire},
        oracle::instruction::OracleInstruction,
        registry::instruction::RegistryInstruction,
        token::instruction::TokenInstruction,
        trading::instruction::TradingInstruction,
    },
    ed25519_dalek::{Signature, VerifyingKey},
    solana_program::pubkey::Pubkey,
    solana_transaction::versioned::{TransactionVersion, VersionedTransaction},
};

/// Lamports that an authority may give whom it proposes, in a transaction, so that they can sign: one SOL.
const MOST_LAMPORTS: u64 = 1_000_000_000;
/// The data of CreateIdempotent, of the associated token account program.
const CREATE_IDEMPOTENT: [u8; 1] = [1];
/// The first bytes of a transfer, of the system program; lamports follow.
const TRANSFER: [u8; 4] = [2, 0, 0, 0];

/// Who has to have signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The department's authority.
    Authority,
    /// Who has been proposed as the authority, and accepts.
    Proposed,
}

/// A transaction that administers the department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The transaction, as it was posted.
    pub transaction: VersionedTransaction,
    /// Who has signed it.
    pub by: Pubkey,
    /// Who has to have signed it.
    pub signer: Signer,
}

/// An instruction of a transaction, with its accounts' addresses.
struct Part<'a> {
    program: Pubkey,
    accounts: Vec<Pubkey>,
    data: &'a [u8],
}

/// What an instruction is.
enum InstructionKind {
    /// One of the department's authority.
    Administers,
    /// The authority proposes somebody.
    Proposes(Pubkey),
    /// Who was proposed accepts.
    Accepts,
    /// Lamports for somebody.
    Gives(Pubkey, u64),
}

/// Reads a transaction as it goes over the network.
///
/// # Errors
/// [`Code::MalformedTransaction`], [`Code::NotAdministrative`], [`Code::WrongSignature`].
pub fn read(wire: &[u8], addresses: &Addresses) -> Result<Request, Rejection> {
    let rejected = |code, text: String| Rejection::new(code, text).of("transaction");
    let malformed = |text: String| rejected(Code::MalformedTransaction, text);
    if wire.len() > MAX_TRANSACTION_BYTES {
        return Err(malformed(format!(
            "it has {} bytes; a transaction has at most {MAX_TRANSACTION_BYTES}",
            wire.len()
        )));
    }
    let transaction = from_wire(wire).map_err(|error| malformed(error.to_string()))?;
    if !matches!(transaction.version(), TransactionVersion::Legacy(_) | TransactionVersion::Number(0)) {
        return Err(malformed("it is of another version than a legacy transaction or version 0".into()));
    }
    transaction.sanitize().map_err(|error| malformed(format!("it contradicts itself: {error}")))?;
    let message = &transaction.message;
    let signers = message.header().num_required_signatures;
    if signers != 1 {
        return Err(malformed(format!("{signers} keys sign it; the department's authority signs and pays alone")));
    }
    if message.address_table_lookups().is_some_and(|lookups| !lookups.is_empty()) {
        return Err(malformed("it uses lookup tables; name every account in the transaction itself".into()));
    }
    let keys = message.static_account_keys();
    let by = keys[0];
    let not_allowed = |number: usize, why: &str| {
        rejected(Code::NotAdministrative, format!("instruction {number} {why}; nothing of the transaction is executed"))
    };
    let mut kinds = Vec::new();
    for (number, instruction) in message.instructions().iter().enumerate() {
        let address = |index: &u8| keys.get(usize::from(*index)).copied();
        let accounts = instruction.accounts.iter().map(address).collect::<Option<Vec<_>>>();
        let program = address(&instruction.program_id_index);
        let (Some(program), Some(accounts)) = (program, accounts) else {
            return Err(malformed(format!("instruction {number} names an account that it does not have")));
        };
        let part = Part { program, accounts, data: &instruction.data };
        kinds.push(part.kind(addresses, by).map_err(|why| not_allowed(number, &why))?);
    }
    let proposed =
        kinds.iter().rev().find_map(|kind| if let InstructionKind::Proposes(who) = kind { Some(*who) } else { None });
    // The zero address withdraws a proposal.
    let proposed = proposed.filter(|proposed| *proposed != Pubkey::default());
    let mut gives = 0;
    for (number, kind) in kinds.iter().enumerate() {
        match kind {
            InstructionKind::Gives(to, lamports) => {
                gives += 1;
                if gives > 1 || Some(*to) != proposed || *lamports > MOST_LAMPORTS {
                    let why =
                        "transfers lamports otherwise than once, at most 1 SOL, to who is proposed as the authority";
                    return Err(not_allowed(number, why));
                }
            }
            InstructionKind::Accepts if kinds.len() > 1 => {
                return Err(not_allowed(number, "accepts, and is not alone"));
            }
            _ => {}
        }
    }
    let signer = match kinds.first() {
        None => return Err(malformed("it has no instruction".into())),
        Some(InstructionKind::Accepts) => Signer::Proposed,
        Some(_) => Signer::Authority,
    };
    let verified = VerifyingKey::from_bytes(&by.to_bytes()).is_ok_and(|key| {
        let signature = Signature::from_bytes(transaction.signatures[0].as_array());
        key.verify_strict(&message.serialize(), &signature).is_ok()
    });
    if !verified {
        return Err(rejected(Code::WrongSignature, format!("the signature is not that of {by} for this transaction")));
    }
    Ok(Request { transaction, by, signer })
}

impl Part<'_> {
    /// What it is; why it is none of those that are allowed.
    fn kind(&self, addresses: &Addresses, by: Pubkey) -> Result<InstructionKind, String> {
        let &Addresses { programs, department, oracle, token_config, book, energy_mint, .. } = addresses;
        let (own, system, spl) = (Some(by), Some(SYSTEM_PROGRAM), Some(SPL_TOKEN));
        if self.program == programs.registry {
            let instruction = parsed(self.data)?;
            let (accounts, kind) = match instruction {
                RegistryInstruction::RegisterParticipant { wallet, .. } => {
                    let participant = addresses.participant(&wallet);
                    (vec![own, Some(department), Some(participant), system], InstructionKind::Administers)
                }
                RegistryInstruction::RegisterMeter { id, .. } => (
                    vec![own, Some(department), Some(addresses.meter(&id)), None, None, system],
                    InstructionKind::Administers,
                ),
                RegistryInstruction::SetMeterStatus { .. }
                | RegistryInstruction::RotateMeterKey { .. }
                | RegistryInstruction::SetMeterLimit { .. } => {
                    (vec![own, Some(department), None], InstructionKind::Administers)
                }
                RegistryInstruction::ProposeAuthority { authority } => {
                    (vec![own, Some(department)], InstructionKind::Proposes(authority))
                }
                RegistryInstruction::AcceptAuthority => (vec![own, Some(department)], InstructionKind::Accepts),
                RegistryInstruction::SetPaused { .. } => (vec![own, Some(department)], InstructionKind::Administers),
                RegistryInstruction::Initialize { .. } | RegistryInstruction::RecordReadings { .. } => {
                    return Err("of the registry is none that administers a department".into());
                }
            };
            return self.with(&accounts, kind);
        }
        if self.program == programs.oracle {
            return match parsed(self.data)? {
                OracleInstruction::Configure { .. } => {
                    self.with(&[own, Some(department), Some(oracle)], InstructionKind::Administers)
                }
                OracleInstruction::ProposeAuthority { .. } | OracleInstruction::AcceptAuthority => {
                    Err("hands the submitter over; on the embedded ledger that is the gateway's own key".into())
                }
                OracleInstruction::Initialize { .. } | OracleInstruction::SubmitReadings { .. } => {
                    Err("of the oracle is none that administers a department".into())
                }
            };
        }
        if self.program == programs.token {
            return match parsed(self.data)? {
                TokenInstruction::SetPaused { .. } => {
                    self.with(&[own, Some(department), Some(token_config)], InstructionKind::Administers)
                }
                _ => Err("of the token is none that administers a department".into()),
            };
        }
        if self.program == programs.trading {
            return match parsed(self.data)? {
                TradingInstruction::SetPaused { .. } => {
                    self.with(&[own, Some(department), Some(book)], InstructionKind::Administers)
                }
                _ => Err("of the market is none that administers a department".into()),
            };
        }
        if self.program == ASSOCIATED_TOKEN && self.data == CREATE_IDEMPOTENT {
            let wallet = self.accounts.get(2).copied();
            let token_account = wallet.map(|wallet| addresses.token_account(&wallet));
            return self
                .with(&[own, token_account, wallet, Some(energy_mint), system, spl], InstructionKind::Administers);
        }
        if self.program == SYSTEM_PROGRAM
            && let Some(lamports) = self.data.strip_prefix(&TRANSFER).and_then(|rest| rest.try_into().ok())
            && let [from, to] = self.accounts[..]
            && from == by
        {
            return Ok(InstructionKind::Gives(to, u64::from_le_bytes(lamports)));
        }
        Err(format!("of program {} is none that administers a department", self.program))
    }

    /// Whether it has these accounts; none stands for any.
    fn with(&self, accounts: &[Option<Pubkey>], kind: InstructionKind) -> Result<InstructionKind, String> {
        let same = |(found, expected): (&Pubkey, &Option<Pubkey>)| expected.is_none_or(|expected| expected == *found);
        if self.accounts.len() == accounts.len() && self.accounts.iter().zip(accounts).all(same) {
            return Ok(kind);
        }
        Err("has other accounts than this department's".into())
    }
}

fn parsed<T: BorshDeserialize>(data: &[u8]) -> Result<T, String> {
    T::try_from_slice(data).map_err(|_| "cannot be read".into())
}
