//! A hostile program for the tests. It executes a script: a list of [steps](step), each with its arguments. The script is the
//! instruction's data where the first byte names a step. Any other first byte is an instruction of a program that this one stands
//! in for; the script is then the one that [`Script::append_to`] has put at the end of the data of account 1, which this program
//! owns (a department, a token configuration, a market, a book). Without a script it accepts the instruction and does nothing.

use solana_program::{
    account_info::AccountInfo,
    entrypoint::ProgramResult,
    instruction::{AccountMeta, Instruction},
    log::{sol_log, sol_log_data},
    program::{invoke_signed_unchecked, set_return_data},
    program_error::ProgramError,
    pubkey::Pubkey,
};

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;

#[cfg(target_os = "solana")]
solana_program::entrypoint!(process_instruction);

mod script;
pub use script::{Script, Seeds, step};

/// The least number that names a step; the instructions of the four programs have smaller ones.
pub const FIRST_STEP: u8 = 0x80;

/// Executes the script.
///
/// # Errors
/// [`ProgramError::InvalidInstructionData`] for a malformed script, the error that a [`step::FAIL`] names, and those of
/// [`step::WRITE`].
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    if data.first().is_some_and(|first| *first >= FIRST_STEP) {
        return execute(accounts, data);
    }
    let Some(own) = accounts.get(1).filter(|account| account.owner == program_id) else { return Ok(()) };
    let script = Script::at_end_of(&own.data.borrow()).to_vec();
    execute(accounts, &script)
}

fn execute(accounts: &[AccountInfo], script: &[u8]) -> ProgramResult {
    let mut rest = Reader(script);
    while let Some(step) = rest.0.split_off_first() {
        match *step {
            step::CALL => call(accounts, &mut rest)?,
            step::DATA => sol_log_data(&[rest.bytes()?]),
            step::LOG => sol_log(core::str::from_utf8(rest.bytes()?).map_err(|_| malformed())?),
            step::FILL => {
                let line = vec![b'x'; usize::from(rest.word()?)];
                sol_log(core::str::from_utf8(&line).map_err(|_| malformed())?);
            }
            step::RETURN => set_return_data(rest.bytes()?),
            step::HOLD => {
                for account in accounts {
                    // A duplicate is borrowed already. Nothing ends the borrows: a call goes on with them.
                    account.try_borrow_mut_data().map(core::mem::forget).ok();
                    account.try_borrow_mut_lamports().map(core::mem::forget).ok();
                }
            }
            step::WRITE => {
                let account = rest.account(accounts)?;
                let at = usize::from(rest.word()?);
                let bytes = rest.bytes()?;
                let mut data = account.try_borrow_mut_data()?;
                let part = data.get_mut(at..at + bytes.len()).ok_or(ProgramError::AccountDataTooSmall)?;
                part.copy_from_slice(bytes);
            }
            step::SKIP => {
                rest.bytes()?;
            }
            step::FAIL => return Err(ProgramError::Custom(rest.word()?.into())),
            _ => return Err(malformed()),
        }
    }
    Ok(())
}

/// Calls a program with accounts of this instruction. No borrow is checked.
fn call(accounts: &[AccountInfo], rest: &mut Reader) -> ProgramResult {
    let program_id = rest.key(accounts)?;
    let mut metas = Vec::new();
    for _ in 0..rest.byte()? {
        let key = rest.key(accounts)?;
        let flags = rest.byte()?;
        metas.push(AccountMeta { pubkey: key, is_writable: flags & 1 != 0, is_signer: flags & 2 != 0 });
    }
    let data = rest.bytes()?.to_vec();
    let mut seeds = Vec::new();
    for _ in 0..rest.byte()? {
        seeds.push(rest.bytes()?);
    }
    let instruction = Instruction { program_id, accounts: metas, data };
    let signers: &[&[&[u8]]] = &[&seeds];
    invoke_signed_unchecked(&instruction, accounts, if seeds.is_empty() { &[] } else { signers })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, ProgramError> {
        self.0.split_off_first().copied().ok_or_else(malformed)
    }

    fn word(&mut self) -> Result<u16, ProgramError> {
        Ok(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    /// A length (u16) and as many bytes.
    fn bytes(&mut self) -> Result<&'a [u8], ProgramError> {
        let length = usize::from(self.word()?);
        self.0.split_off(..length).ok_or_else(malformed)
    }

    fn account<'b, 'info>(
        &mut self,
        accounts: &'b [AccountInfo<'info>],
    ) -> Result<&'b AccountInfo<'info>, ProgramError> {
        accounts.get(usize::from(self.byte()?)).ok_or(ProgramError::NotEnoughAccountKeys)
    }

    /// The address of an account, by its index, or the bytes of any address.
    fn key(&mut self, accounts: &[AccountInfo]) -> Result<Pubkey, ProgramError> {
        if self.0.first() != Some(&step::ANY_ADDRESS) {
            return Ok(*self.account(accounts)?.key);
        }
        self.byte()?;
        let bytes = self.0.split_off(..32).ok_or_else(malformed)?;
        bytes.try_into().map(Pubkey::new_from_array).map_err(|_| malformed())
    }
}

fn malformed() -> ProgramError {
    ProgramError::InvalidInstructionData
}
