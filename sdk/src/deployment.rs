//! The addresses of a department's accounts, which follow from the four program ids and the prefix of the department.

use {
    crate::{
        ASSOCIATED_TOKEN, SPL_TOKEN,
        identity::{MeterId, Prefix},
        oracle,
        reading::DeploymentId,
        registry, token,
        trading::{self, state::Asset},
    },
    solana_program::{hash::Hash, pubkey::Pubkey},
    spl_associated_token_account_interface::address::get_associated_token_address_and_bump_seed,
};

/// The ids of the four programs; a deployment may use any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Programs {
    /// The id of the registry.
    pub registry: Pubkey,
    /// The id of the token program.
    pub token: Pubkey,
    /// The id of the oracle.
    pub oracle: Pubkey,
    /// The id of the trading program.
    pub trading: Pubkey,
}

impl Programs {
    /// Returns whether one of them is this id.
    #[must_use]
    pub fn contain(&self, id: &Pubkey) -> bool {
        [self.registry, self.token, self.oracle, self.trading].contains(id)
    }
}

/// The addresses of a department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The ids of the programs.
    pub programs: Programs,
    /// The prefix of the department.
    pub prefix: Prefix,
    /// The `Department` of the registry.
    pub department: Pubkey,
    /// The `TokenConfig` of the token program, which is the authority of the mint.
    pub token_config: Pubkey,
    /// The SPL mint of the energy token.
    pub energy_mint: Pubkey,
    /// The `Oracle` of the oracle program, which signs its calls to the other programs.
    pub oracle: Pubkey,
    /// The `IntervalRing` of the oracle program.
    pub interval_ring: Pubkey,
    /// The `Market` of the trading program, which is the authority of the vaults.
    pub market: Pubkey,
    /// The `Book` of the trading program.
    pub book: Pubkey,
    /// The vault of the market's energy tokens.
    pub energy_vault: Pubkey,
    /// The vault of the market's money.
    pub quote_vault: Pubkey,
}

impl Addresses {
    /// Derives the addresses of the department with a prefix.
    #[must_use]
    pub fn derive(programs: Programs, prefix: Prefix) -> Self {
        let (department, _) = registry::address::department(&programs.registry, &prefix);
        let (token_config, _) = token::address::token_config(&programs.token, &department);
        let (energy_mint, _) = token::address::energy_mint(&programs.token, &token_config);
        let (oracle, _) = oracle::address::oracle(&programs.oracle, &department);
        let (interval_ring, _) = oracle::address::interval_ring(&programs.oracle, &oracle);
        let (market, _) = trading::address::market(&programs.trading, &department);
        let (book, _) = trading::address::book(&programs.trading, &market);
        let (energy_vault, _) = trading::address::vault(&programs.trading, &market, Asset::Energy);
        let (quote_vault, _) = trading::address::vault(&programs.trading, &market, Asset::Quote);
        Self {
            programs,
            prefix,
            department,
            token_config,
            energy_mint,
            oracle,
            interval_ring,
            market,
            book,
            energy_vault,
            quote_vault,
        }
    }

    /// Derives the address of a meter.
    #[must_use]
    pub fn meter(&self, id: &MeterId) -> Pubkey {
        registry::address::meter(&self.programs.registry, &self.department, id).0
    }

    /// Returns the address of the vault of an asset.
    #[must_use]
    pub fn vault(&self, asset: Asset) -> &Pubkey {
        match asset {
            Asset::Energy => &self.energy_vault,
            Asset::Quote => &self.quote_vault,
        }
    }

    /// Derives the address of a participant.
    #[must_use]
    pub fn participant(&self, wallet: &Pubkey) -> Pubkey {
        registry::address::participant(&self.programs.registry, &self.department, wallet).0
    }

    /// Derives the address of a wallet's associated token account for energy tokens.
    #[must_use]
    pub fn token_account(&self, wallet: &Pubkey) -> Pubkey {
        self.token_account_and_bump(wallet).0
    }

    /// Derives the address and bump of a wallet's associated token account for energy tokens.
    #[must_use]
    pub fn token_account_and_bump(&self, wallet: &Pubkey) -> (Pubkey, u8) {
        get_associated_token_address_and_bump_seed(wallet, &self.energy_mint, &ASSOCIATED_TOKEN, &SPL_TOKEN)
    }
}

/// Returns the deployment that a department's meters sign for: the first bytes of sha256(genesis hash, department address).
#[must_use]
pub fn deployment_id(genesis: &Hash, department: &Pubkey) -> DeploymentId {
    let digest = solana_sha256_hasher::hashv(&[genesis.as_ref(), department.as_ref()]).to_bytes();
    let mut id = [0; 8];
    id.copy_from_slice(&digest[..8]);
    id
}

/// Derives the address of the account in which the upgradeable loader keeps the code and upgrade authority of a program.
#[must_use]
pub fn program_data(program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[program.as_ref()], &crate::LOADER).0
}
