//! Scripts, and how they are put into bytes.

use solana_program::{
    instruction::{AccountMeta, Instruction},
    pubkey::Pubkey,
};

/// What a script can do. `bytes` are a length (u16, little endian) and as many bytes.
pub mod step {
    /// Calls a program: its account's index (or [`ANY_ADDRESS`] and 32 bytes, as for each account), the number of accounts, index and flags (1 writable, 2 signer) of each, data (bytes),
    /// the number of seeds and each seed (bytes), the bump last; with no seeds nothing is signed.
    pub const CALL: u8 = 0x80;
    /// In the place of an account's index: the 32 bytes of an address follow.
    pub const ANY_ADDRESS: u8 = 0xff;
    /// Writes bytes to the log as an event is written.
    pub const DATA: u8 = 0x81;
    /// Writes a line of text (bytes) to the log.
    pub const LOG: u8 = 0x82;
    /// Writes a line of so many characters (u16) to the log.
    pub const FILL: u8 = 0x83;
    /// Sets the return data (bytes).
    pub const RETURN: u8 = 0x84;
    /// Borrows data and lamports of every account and never gives them back.
    pub const HOLD: u8 = 0x85;
    /// Writes to an account: its index, an offset (u16), bytes.
    pub const WRITE: u8 = 0x86;
    /// Does nothing with its bytes.
    pub const SKIP: u8 = 0x87;
    /// Ends the program with the custom error of this code (u16).
    pub const FAIL: u8 = 0x88;
}

/// Seeds of an address that the program signs for, the bump last.
pub type Seeds<'a> = &'a [&'a [u8]];

fn flags(meta: &AccountMeta) -> u8 {
    u8::from(meta.is_writable) | u8::from(meta.is_signer) << 1
}

/// A script under construction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script(pub Vec<u8>);

impl Script {
    fn bytes(mut self, step: u8, bytes: &[u8]) -> Self {
        self.0.push(step);
        self.put(bytes);
        self
    }

    fn put(&mut self, bytes: &[u8]) {
        self.word(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn word(&mut self, value: usize) {
        self.0.extend_from_slice(&u16::try_from(value).expect("a script's numbers have 16 bits").to_le_bytes());
    }

    /// Calls a program with accounts that are known by their addresses only: the runtime looks for them.
    ///
    /// # Panics
    /// For more than 255 accounts.
    #[must_use]
    pub fn call(mut self, instruction: &Instruction, seeds: Seeds) -> Self {
        let any = |script: &mut Self, address: &Pubkey| {
            script.0.push(step::ANY_ADDRESS);
            script.0.extend_from_slice(address.as_ref());
        };
        self.0.push(step::CALL);
        any(&mut self, &instruction.program_id);
        self.0.push(u8::try_from(instruction.accounts.len()).expect("at most 255 accounts"));
        for meta in &instruction.accounts {
            any(&mut self, &meta.pubkey);
            self.0.push(flags(meta));
        }
        self.called_with(&instruction.data, seeds)
    }

    fn called_with(mut self, data: &[u8], seeds: Seeds) -> Self {
        self.put(data);
        self.0.push(u8::try_from(seeds.len()).expect("at most 16 seeds"));
        for seed in seeds {
            self.put(seed);
        }
        self
    }

    /// Calls an instruction whose program is account `first` of the caller's, and whose accounts follow it there.
    ///
    /// # Panics
    /// For more than 255 accounts.
    #[must_use]
    pub fn forward(mut self, first: u8, instruction: &Instruction, seeds: Seeds) -> Self {
        let count = u8::try_from(instruction.accounts.len()).expect("at most 255 accounts");
        self.0.extend_from_slice(&[step::CALL, first, count]);
        for (index, meta) in (first + 1..).zip(&instruction.accounts) {
            self.0.extend_from_slice(&[index, flags(meta)]);
        }
        self.called_with(&instruction.data, seeds)
    }

    /// Writes an event's bytes to the log.
    #[must_use]
    pub fn data(self, event: &[u8]) -> Self {
        self.bytes(step::DATA, event)
    }

    /// Writes a line of text to the log.
    #[must_use]
    pub fn log(self, text: &str) -> Self {
        self.bytes(step::LOG, text.as_bytes())
    }

    /// Writes a line of so many characters to the log.
    #[must_use]
    pub fn fill(mut self, characters: u16) -> Self {
        self.0.push(step::FILL);
        self.word(characters.into());
        self
    }

    /// Sets the return data.
    #[must_use]
    pub fn return_data(self, bytes: &[u8]) -> Self {
        self.bytes(step::RETURN, bytes)
    }

    /// Borrows everything for good.
    #[must_use]
    pub fn hold(mut self) -> Self {
        self.0.push(step::HOLD);
        self
    }

    /// Writes to an account that the program owns.
    #[must_use]
    pub fn write(mut self, account: u8, offset: u16, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&[step::WRITE, account]);
        self.word(offset.into());
        self.put(bytes);
        self
    }

    /// Carries bytes that the program passes over.
    #[must_use]
    pub fn skip(self, bytes: &[u8]) -> Self {
        self.bytes(step::SKIP, bytes)
    }

    /// Ends the program with a custom error.
    #[must_use]
    pub fn fail(mut self, code: u16) -> Self {
        self.0.push(step::FAIL);
        self.word(code.into());
        self
    }

    /// Puts the script at the end of an account's data: the script, its length (u16).
    ///
    /// # Panics
    /// For a script of 65,536 bytes and more.
    pub fn append_to(&self, data: &mut Vec<u8>) {
        data.extend_from_slice(&self.0);
        data.extend_from_slice(&u16::try_from(self.0.len()).expect("a short script").to_le_bytes());
    }

    /// The script at the end of an account's data; an empty one where there is none.
    #[must_use]
    pub fn at_end_of(data: &[u8]) -> &[u8] {
        let Some((rest, length)) = data.split_last_chunk() else { return &[] };
        let length = usize::from(u16::from_le_bytes(*length));
        let script = rest.len().checked_sub(length).map_or(&[][..], |from| &rest[from..]);
        // What other bytes look like a script by chance is none.
        if script.first().is_some_and(|first| *first >= super::FIRST_STEP) { script } else { &[] }
    }
}
