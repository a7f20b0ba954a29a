//! Where a department's accounts are: everything follows from the four program ids and the department's prefix.

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

/// The four programs, deployed under any ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Departments, participants, meters.
    pub registry: Pubkey,
    /// The energy token.
    pub token: Pubkey,
    /// Readings.
    pub oracle: Pubkey,
    /// The market.
    pub trading: Pubkey,
}

impl Programs {
    /// Whether one of them has this id.
    #[must_use]
    pub fn contain(&self, id: &Pubkey) -> bool {
        [self.registry, self.token, self.oracle, self.trading].contains(id)
    }
}

/// A department's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The programs.
    pub programs: Programs,
    /// The department's prefix.
    pub prefix: Prefix,
    /// `Department`, of the registry.
    pub department: Pubkey,
    /// `TokenConfig`, of the token program; the mint's authority.
    pub token_config: Pubkey,
    /// The energy token's SPL mint.
    pub energy_mint: Pubkey,
    /// `Oracle`, of the oracle program; signs its calls to the others.
    pub oracle: Pubkey,
    /// `IntervalRing`, of the oracle program.
    pub interval_ring: Pubkey,
    /// `Market`, of the trading program; the vaults' authority.
    pub market: Pubkey,
    /// `Book`, of the trading program.
    pub book: Pubkey,
    /// The market's energy tokens.
    pub energy_vault: Pubkey,
    /// The market's money.
    pub quote_vault: Pubkey,
}

impl Addresses {
    /// Derives a department's addresses.
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

    /// The account of a meter.
    #[must_use]
    pub fn meter(&self, id: &MeterId) -> Pubkey {
        registry::address::meter(&self.programs.registry, &self.department, id).0
    }

    /// The vault of an asset.
    #[must_use]
    pub fn vault(&self, asset: Asset) -> &Pubkey {
        match asset {
            Asset::Energy => &self.energy_vault,
            Asset::Quote => &self.quote_vault,
        }
    }

    /// The account of a participant.
    #[must_use]
    pub fn participant(&self, wallet: &Pubkey) -> Pubkey {
        registry::address::participant(&self.programs.registry, &self.department, wallet).0
    }

    /// A wallet's associated token account for energy tokens.
    #[must_use]
    pub fn token_account(&self, wallet: &Pubkey) -> Pubkey {
        self.token_account_and_bump(wallet).0
    }

    /// The same, with the bump of its address.
    #[must_use]
    pub fn token_account_and_bump(&self, wallet: &Pubkey) -> (Pubkey, u8) {
        get_associated_token_address_and_bump_seed(wallet, &self.energy_mint, &ASSOCIATED_TOKEN, &SPL_TOKEN)
    }
}

/// What a department's meters sign for: the first bytes of sha256(genesis hash, department address).
#[must_use]
pub fn deployment_id(genesis: &Hash, department: &Pubkey) -> DeploymentId {
    let digest = solana_sha256_hasher::hashv(&[genesis.as_ref(), department.as_ref()]).to_bytes();
    let mut id = [0; 8];
    id.copy_from_slice(&digest[..8]);
    id
}

/// The account in which the upgradeable loader keeps a program's code and upgrade authority.
#[must_use]
pub fn program_data(program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[program.as_ref()], &crate::LOADER).0
}
