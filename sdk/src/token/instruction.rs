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

/// What the token program does.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum TokenInstruction {
    /// Creates a department's token: its configuration and its mint.
    ///
    /// 0. `[writable, signer]` The program's upgrade authority; pays the rent
    /// 1. `[]` The program's ProgramData account
    /// 2. `[]` Department
    /// 3. `[writable]` TokenConfig, `["token", department]`
    /// 4. `[writable]` Energy mint, `["mint", token configuration]`
    /// 5. `[]` SPL Token program
    /// 6. `[]` System program
    Initialize {
        /// How to mint.
        mint_mode: MintMode,
    },
    /// Mints one interval's surplus, 10^6 base units for a Wh.
    ///
    /// 0. `[signer]` The department's oracle
    /// 1. `[writable]` TokenConfig
    /// 2. `[writable]` Energy mint
    /// 3. `[]` SPL Token program
    /// 4. `[writable]` Token account, one for every surplus, in their order
    MintForSurplus {
        /// Surplus energy, Wh, each above 0.
        surplus: Vec<u32>,
    },
    /// Burns tokens against the owner's consumption in an interval and leaves a receipt.
    ///
    /// 0. `[writable, signer]` Owner; pays the receipt's rent
    /// 1. `[writable]` TokenConfig
    /// 2. `[writable]` Energy mint
    /// 3. `[writable]` The owner's token account
    /// 4. `[writable]` Retirement, `["retirement", token configuration, owner, timestamp]`
    /// 5. `[]` SPL Token program
    /// 6. `[]` System program
    Retire {
        /// How much.
        energy: Energy,
        /// End of the interval.
        timestamp: i64,
    },
    /// Refuses minting and retiring, or allows them again.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` TokenConfig
    SetPaused {
        /// Whether they are refused.
        paused: bool,
    },
    /// Sets how to mint, for a cluster whose SPL Token program has changed.
    ///
    /// 0. `[signer]` The department's authority
    /// 1. `[]` Department
    /// 2. `[writable]` TokenConfig
    SetMintMode {
        /// How to mint from now on.
        mint_mode: MintMode,
    },
}

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

/// Builds [`TokenInstruction::MintForSurplus`], for the oracle program. `recipients` in the order of `surplus`.
#[must_use]
pub fn mint_for_surplus<'a>(
    program: &Pubkey,
    oracle: &Pubkey,
    token_config: &Pubkey,
    mint: &Pubkey,
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
/// Bytes of MintForSurplus before the energies: kind, count.
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
        let built = mint_for_surplus(&key, &key, &key, &key, [key, key].iter(), &surplus);
        assert_eq!(built.data, borsh::to_vec(&TokenInstruction::MintForSurplus { surplus }).unwrap());
        assert_eq!(built.data[0], MINT_FOR_SURPLUS);
    }
}
