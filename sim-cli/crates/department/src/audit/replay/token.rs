//! Replays the energy token: what was minted, and what was retired for which receipts.

use {
    super::{Accounts, is_new, overflow, take, unfounded},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        event::AnyEvent,
        time::newest_end,
        token::{
            event::{EnergyRetired, TokenConfigured, TokenInitialized},
            instruction::TokenInstruction as Instruction,
            state::TokenConfig,
        },
        units::{Energy, TokenAmount},
        wire::decode_instruction,
    },
    solana_program::pubkey::Pubkey,
    std::collections::BTreeMap,
};

/// The token program's accounts of a department. Their headers' bumps are not known here, and are 0.
#[derive(Clone, Debug, Default)]
pub struct TokenReplay {
    /// The token's configuration.
    pub config: Option<TokenConfig>,
    /// What each receipt says was retired, by the owner and the interval's end.
    pub receipts: BTreeMap<(Pubkey, i64), Energy>,
}

impl TokenReplay {
    pub(super) fn execute(
        &mut self,
        addresses: &Addresses,
        accounts: &Accounts,
        data: &[u8],
        time: i64,
        events: &mut Vec<AnyEvent>,
    ) -> Result<(), String> {
        match decode_instruction(data).map_err(|error| error.to_string())? {
            Instruction::Initialize { mint_mode } => {
                is_new(self.config.is_none())?;
                let (department, mint) = (addresses.department, accounts.at(4)?);
                self.config = Some(TokenConfig {
                    header: TokenConfig::header(0),
                    department,
                    minter: addresses.oracle,
                    mint,
                    mint_mode,
                    paused: false,
                    founded: newest_end(time),
                    minted: TokenAmount::ZERO,
                    retired: TokenAmount::ZERO,
                    next_event: 0,
                });
                events.push(AnyEvent::TokenInitialized(TokenInitialized { department, mint }));
            }
            Instruction::MintForSurplus { surplus } => {
                let total = Energy(surplus.into_iter().map(u64::from).sum());
                let config = self.config()?;
                let minted = total.tokens().and_then(|tokens| config.minted.checked_add(tokens));
                config.minted = minted.ok_or_else(overflow)?;
            }
            Instruction::Retire { energy, timestamp } => {
                let owner = accounts.at(0)?;
                let config = self.config()?;
                let retired = energy.tokens().and_then(|tokens| config.retired.checked_add(tokens));
                let retired = retired.ok_or_else(overflow)?;
                config.retired = retired;
                let sequence = take(&mut config.next_event);
                if self.receipts.insert((owner, timestamp), energy).is_some() {
                    return Err(format!("{owner} has a receipt for the interval until {timestamp} already"));
                }
                events.push(AnyEvent::EnergyRetired(EnergyRetired { sequence, owner, timestamp, energy, retired }));
            }
            Instruction::SetPaused { paused } => {
                self.config()?.paused = paused;
                self.configured(events)?;
            }
            Instruction::SetMintMode { mint_mode } => {
                self.config()?.mint_mode = mint_mode;
                self.configured(events)?;
            }
        }
        Ok(())
    }

    fn config(&mut self) -> Result<&mut TokenConfig, String> {
        unfounded(self.config.as_mut(), "the token")
    }

    fn configured(&mut self, events: &mut Vec<AnyEvent>) -> Result<(), String> {
        let config = self.config()?;
        let sequence = take(&mut config.next_event);
        let (paused, mint_mode) = (config.paused, config.mint_mode);
        events.push(AnyEvent::TokenConfigured(TokenConfigured { sequence, paused, mint_mode }));
        Ok(())
    }
}
