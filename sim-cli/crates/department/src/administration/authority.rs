//! Handing over: the department's authority, and the submitter of its readings. Who is proposed accepts with their own key.

use {
    super::{Administration, AdministrationError, Change, Plan},
    campus_energy_sdk::{ledger::Ledger, oracle, registry},
    clap::ValueEnum,
    solana_program::pubkey::Pubkey,
    solana_system_interface::instruction::transfer,
};

/// Lamports that a proposed authority has at least on a ledger without a faucet, so that it can pay for what it signs: one SOL. From a
/// present authority with less than twice that, half of what it has.
const LAMPORTS_OF_PROPOSED: u64 = 1_000_000_000;

/// What is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Office {
    /// Who administers the department in all four programs
    Authority,
    /// Who submits readings to the oracle: the gateway's key
    Submitter,
}

impl Office {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Authority, Self::Submitter];

    /// Its name in options and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Submitter => "submitter",
        }
    }
}

impl Administration {
    /// Who has an office, and who has been proposed for it.
    #[must_use]
    pub fn holder(&self, office: Office) -> (Pubkey, Option<Pubkey>) {
        let (holder, pending) = match office {
            Office::Authority => (self.department.authority, self.department.pending_authority),
            Office::Submitter => (self.oracle.authority, self.oracle.pending_authority),
        };
        (holder, Some(pending).filter(|pending| *pending != Pubkey::default()))
    }

    /// Proposes somebody, or with none withdraws the proposal. `without_faucet`: the ledger, where it has no faucet, and a proposed authority
    /// gets the lamports from the present one that it lacks to sign with.
    ///
    /// # Errors
    /// [`AdministrationError::Nobody`], [`LimitsError::WrongKey`](crate::LimitsError::WrongKey), and those of the ledger.
    pub fn propose(
        &self,
        by: &Pubkey,
        office: Office,
        proposed: Option<Pubkey>,
        without_faucet: Option<&dyn Ledger>,
    ) -> Result<Plan, AdministrationError> {
        let (holder, pending) = self.holder(office);
        match proposed {
            Some(nobody) if nobody == Pubkey::default() => return Err(AdministrationError::Nobody(nobody)),
            Some(proposed) if proposed == holder && pending.is_none() => {
                return Ok(Plan::nothing(format!("{proposed} is the {} already", office.name())));
            }
            Some(proposed) if pending == Some(proposed) => {
                return Ok(Plan::nothing(format!("{proposed} has been proposed already as the {}", office.name())));
            }
            None if pending.is_none() => {
                return Ok(Plan::nothing(format!("nobody has been proposed as the {}", office.name())));
            }
            _ => {}
        }
        self.check_key(by)?;
        let after = proposed.unwrap_or_default();
        let mut instructions = vec![match office {
            Office::Authority => registry::instruction::propose_authority(&self.addresses, by, &after),
            Office::Submitter => oracle::instruction::propose_authority(&self.addresses, by, &after),
        }];
        if let (Some(proposed), Some(ledger), Office::Authority) = (proposed, without_faucet, office) {
            let [own, there] = [ledger.account(by)?, ledger.account(&proposed)?]
                .map(|account| account.map_or(0, |account| account.lamports));
            let lacks = LAMPORTS_OF_PROPOSED.min(own / 2).saturating_sub(there);
            if lacks > 0 {
                instructions.push(transfer(by, &proposed, lacks));
            }
        }
        let shown = |who: Option<Pubkey>| who.map_or_else(|| "nobody".into(), |who| who.to_string());
        Ok(Plan {
            changes: vec![Change::new(office.name(), "proposed", shown(pending), shown(proposed))],
            notes: Vec::new(),
            transactions: vec![instructions],
        })
    }

    /// Accepts, with the key of who has been proposed.
    ///
    /// # Errors
    /// [`AdministrationError::NotProposed`].
    pub fn accept(&self, by: &Pubkey, office: Office) -> Result<Plan, AdministrationError> {
        let (holder, pending) = self.holder(office);
        if holder == *by && pending != Some(*by) {
            return Ok(Plan::nothing(format!("{by} is the {} already", office.name())));
        }
        if pending != Some(*by) {
            let proposed = pending.map_or_else(
                || format!("nobody has; {} proposes with `authority propose`", self.department.authority),
                |pending| format!("{pending} has: give its key with --keypair"),
            );
            return Err(AdministrationError::NotProposed { given: *by, office: office.name(), proposed });
        }
        let instruction = match office {
            Office::Authority => registry::instruction::accept_authority(&self.addresses, by),
            Office::Submitter => oracle::instruction::accept_authority(&self.addresses, by),
        };
        Ok(Plan {
            changes: vec![Change::new(office.name(), "holder", holder, by)],
            notes: Vec::new(),
            transactions: vec![vec![instruction]],
        })
    }
}
