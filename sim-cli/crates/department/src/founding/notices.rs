//! Warnings and notes for the operator about an existing department that otherwise equals the planned one.

use {
    super::{Founder, FoundingError, accounts_of, adopted::made},
    crate::LimitName,
    campus_energy_sdk::{
        account::AccountData,
        ledger::Ledger,
        oracle::state::Oracle,
        registry::state::{Department, Meter},
    },
    solana_program::pubkey::Pubkey,
    std::fmt,
};

/// What may differ from the plan, and does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody may be about to take the department over.
    Warning(String),
    /// An administrator may have set it so.
    Note(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warning(text) => write!(f, "warning: {text}"),
            Self::Note(text) => write!(f, "note: {text}"),
        }
    }
}

impl Founder<'_> {
    /// Proposed authorities that are none of this founding's keys, and limits that are not those of the configuration.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn notices(&self, ledger: &dyn Ledger) -> Result<Vec<Notice>, FoundingError> {
        let (addresses, mut notices) = (&self.addresses, Vec::new());
        let [department, oracle] = accounts_of(ledger, [addresses.department, addresses.oracle])?.map(made);
        if let Some(there) = department.and_then(|account| Department::decode(&account.data).ok()) {
            let name = format!("department {} {}", addresses.prefix, addresses.department);
            notices.extend(self.proposed(&name, &there.pending_authority, "administers it"));
            if there.authority != self.authority.pubkey() {
                let founder = self.authority.pubkey();
                notices.push(Notice::Note(format!("{name}: authority is {}; {founder} founded it", there.authority)));
            }
        }
        if let Some(there) = oracle.and_then(|account| Oracle::decode(&account.data).ok()) {
            let name = format!("Oracle {}", addresses.oracle);
            notices.extend(self.proposed(&name, &there.pending_authority, "submits its readings"));
            for limit in LimitName::ALL {
                let (found, planned) = (limit.of(&there.limits), limit.of(&self.founding.limits));
                let command = format!("limits set {} {planned}", limit.option());
                notices.extend(differs(&name, limit.name(), (found, planned), limit.unit(), &command));
            }
        }
        let all: Vec<Pubkey> = self.meters.iter().map(|meter| meter.accounts.meter).collect();
        for ((account, address), plan) in ledger.accounts(&all)?.into_iter().zip(all).zip(&self.founding.meters) {
            let Some(there) = made(account).and_then(|account| Meter::decode(&account.data).ok()) else { continue };
            let (found, planned) = (there.generation_limit.into(), plan.generation_limit.into());
            let (name, command) = (
                format!("meter {} {address}", plan.id),
                format!("limits set-meter {} --generation {planned}", plan.id),
            );
            notices.extend(differs(&name, "generation_limit", (found, planned), "Wh", &command));
        }
        Ok(notices)
    }

    /// A proposal that nobody has accepted yet, unless it is of a key of this founding.
    fn proposed(&self, account: &str, pending: &Pubkey, does: &str) -> Option<Notice> {
        let is_known = [Pubkey::default(), self.authority.pubkey(), self.submitter].contains(pending);
        let text = || {
            format!(
                "{account}: pending_authority is {pending}: who has this key can accept, and then {does}; if you did not propose it, \
                 withdraw it (ProposeAuthority of the zero address) and look who has the authority's key"
            )
        };
        (!is_known).then(|| Notice::Warning(text()))
    }
}

fn differs(account: &str, field: &str, (found, planned): (u64, u64), unit: &str, command: &str) -> Option<Notice> {
    let text = || {
        format!(
            "{account}: {field} is {found} {unit}, the configuration gives {planned} {unit}; `sim-cli {command}` sets it so"
        )
    };
    (found != planned).then(|| Notice::Note(text()))
}
