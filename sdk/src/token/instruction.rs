//! Instructions of the token program and their builders.

use {
    crate::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::{Addresses, program_data},
        token::{address, state::MintMode},
        units::Energy,
        wire::instruction,
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// An instruction of the token program, as its data carry it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum TokenInstruction {
    /// Creates the token of a department: its configuration and its mint. Only the upgrade authority of the program may do it, once for
    /// each department.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[]` Department
    /// 3. `[writable]` TokenConfig, `["token", department]`
    /// 4. `[writable]` Energy mint, `["mint", token configuration]`
    /// 5. `[]` SPL Token program
    /// 6. `[]` System program
    Initialize {
        /// How the program mints for several accounts.
        mint_mode: MintMode,
    },
    /// Mints the surplus of one interval to the owners' token accounts, 10^6 base units for a Wh.
    ///
    /// 0. `[signer]` The department's oracle
    /// 1. `[writable]` TokenConfig
    /// 2. `[writable]` Energy mint
    /// 3. `[]` SPL Token program
    /// 4. `[writable]` Token account, one for every surplus, in their order
    MintForSurplus {
        /// The surplus energies, Wh, each above 0, in the order of the token accounts.
        surplus: Vec<u32>,
    },
    /// Burns tokens against the owner's consumption in an interval and creates a receipt, one for each owner and interval.
    ///
    /// 0. `[writable, signer]` Owner; pays the receipt's rent
    /// 1. `[writable]` TokenConfig
    /// 2. `[writable]` Energy mint
    /// 3. `[writable]` The owner's token account
    /// 4. `[writable]` Retirement, `["retirement", token configuration, owner, timestamp]`
    /// 5. `[]` SPL Token program
    /// 6. `[]` System program
    Retire {
        /// The energy whose tokens are burned, Wh; above 0.
        energy: Energy,
        /// The end of the interval, Unix seconds.
        timestamp: i64,
    },
    /// Pauses minting and retiring, or resumes them.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` TokenConfig
    SetPaused {
        /// Whether they are refused from now on.
        paused: bool,
    },
    /// Sets how the program mints, for a cluster whose SPL Token program has changed.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` TokenConfig
    SetMintMode {
        /// How the program mints from now on.
        mint_mode: MintMode,
    },
}

/// The most compute units that each instruction may consume, by variant in the order of the enum; 0 for one that no transaction
/// calls by itself. The only place for these numbers: see [`crate::registry::instruction::CEILINGS`].
pub const CEILINGS: [(&str, u32); 5] =
    [("Initialize", 15_000), ("MintForSurplus", 0), ("Retire", 7_500), ("SetPaused", 1_800), ("SetMintMode", 1_800)];

/// Builds [`TokenInstruction::Initialize`].
#[must_use]
pub fn initialize(addresses: &Addresses, payer: &Pubkey, mint_mode: MintMode) -> Instruction {
    let program = &addresses.programs.token;
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(program_data(program), false),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new(addresses.token_config, false),
        AccountMeta::new(addresses.energy_mint, false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(program, &TokenInstruction::Initialize { mint_mode }, accounts)
}

/// The accounts of MintForSurplus before its token accounts, and the program.
#[derive(Clone, Copy, Debug)]
pub struct MintingAccounts<'a> {
    /// The token program.
    pub program: &'a Pubkey,
    /// The department's oracle, which signs.
    pub oracle: &'a Pubkey,
    /// The configuration of the department's token.
    pub token_config: &'a Pubkey,
    /// The energy mint.
    pub mint: &'a Pubkey,
}

/// Builds [`TokenInstruction::MintForSurplus`], for the oracle program. `recipients` are in the order of `surplus`, Wh.
#[must_use]
pub fn mint_for_surplus<'a>(
    MintingAccounts { program, oracle, token_config, mint }: MintingAccounts<'_>,
    recipients: impl ExactSizeIterator<Item = &'a Pubkey>,
    surplus: &[u32],
) -> Instruction {
    let mut accounts = Vec::with_capacity(4 + recipients.len());
    accounts.push(AccountMeta::new_readonly(*oracle, true));
    accounts.push(AccountMeta::new(*token_config, false));
    accounts.push(AccountMeta::new(*mint, false));
    accounts.push(AccountMeta::new_readonly(SPL_TOKEN, false));
    accounts.extend(recipients.map(|recipient| AccountMeta::new(*recipient, false)));
    // By hand: this is the hot path. The layout is Borsh's, as a test shows.
    let mut data = Vec::with_capacity(MINT_FOR_SURPLUS_HEAD + size_of_val(surplus));
    data.push(MINT_FOR_SURPLUS);
    data.extend_from_slice(&crate::wire::count(surplus.len()));
    for energy in surplus {
        data.extend_from_slice(&energy.to_le_bytes());
    }
    Instruction { program_id: *program, accounts, data }
}

/// The first byte of MintForSurplus.
pub const MINT_FOR_SURPLUS: u8 = 1;
/// The length of MintForSurplus before the energies, bytes: kind, count.
pub const MINT_FOR_SURPLUS_HEAD: usize = 1 + 4;

/// Builds [`TokenInstruction::Retire`].
#[must_use]
pub fn retire(addresses: &Addresses, owner: &Pubkey, energy: Energy, timestamp: i64) -> Instruction {
    let program = &addresses.programs.token;
    let (receipt, _) = address::retirement(program, &addresses.token_config, owner, timestamp);
    let accounts = vec![
        AccountMeta::new(*owner, true),
        AccountMeta::new(addresses.token_config, false),
        AccountMeta::new(addresses.energy_mint, false),
        AccountMeta::new(addresses.token_account(owner), false),
        AccountMeta::new(receipt, false),
        AccountMeta::new_readonly(SPL_TOKEN, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
    ];
    instruction(program, &TokenInstruction::Retire { energy, timestamp }, accounts)
}

fn on_config(addresses: &Addresses, authority: &Pubkey, data: &TokenInstruction) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new_readonly(addresses.department, false),
        AccountMeta::new(addresses.token_config, false),
    ];
    instruction(&addresses.programs.token, data, accounts)
}

/// Builds [`TokenInstruction::SetPaused`].
#[must_use]
pub fn set_paused(addresses: &Addresses, authority: &Pubkey, paused: bool) -> Instruction {
    on_config(addresses, authority, &TokenInstruction::SetPaused { paused })
}

/// Builds [`TokenInstruction::SetMintMode`].
#[must_use]
pub fn set_mint_mode(addresses: &Addresses, authority: &Pubkey, mint_mode: MintMode) -> Instruction {
    on_config(addresses, authority, &TokenInstruction::SetMintMode { mint_mode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mint_for_surplus_by_hand_is_borsh() {
        let surplus = vec![2_100, u32::MAX];
        let key = Pubkey::new_from_array([7; 32]);
        let accounts = MintingAccounts { program: &key, oracle: &key, token_config: &key, mint: &key };
        let built = mint_for_surplus(accounts, [key, key].iter(), &surplus);
        assert_eq!(built.data, borsh::to_vec(&TokenInstruction::MintForSurplus { surplus }).unwrap());
        assert_eq!(built.data[0], MINT_FOR_SURPLUS);
    }
}
