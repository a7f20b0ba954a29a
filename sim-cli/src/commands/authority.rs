//! `sim-cli authority`: who administers a department and who submits its readings, shown and handed over.

use {
    super::{
        Failure, UsageError,
        administration::{DepartmentPlace, OpenedDepartment, Sending},
        values,
    },
    campus_energy_department::{Administration, Office},
    campus_energy_sdk::ledger::Ledger,
    clap::{Args, Subcommand},
    serde::Serialize,
    solana_program::pubkey::Pubkey,
};

/// Show who administers a department and who submits its readings, or hand that over. The authority proposes, and who is proposed accepts
/// with a key of their own.
#[derive(Clone, Debug, Args)]
pub struct Authority {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show both, and who has been proposed
    Show(DepartmentPlace),
    /// Propose somebody, as the authority; --withdraw withdraws a proposal
    Propose(Propose),
    /// Accept, with the key of who has been proposed (--keypair)
    Accept(Accept),
}

#[derive(Clone, Debug, Args)]
struct Propose {
    /// Who is proposed
    #[arg(required_unless_present = "withdraw", conflicts_with = "withdraw", value_parser = values::address)]
    address: Option<Pubkey>,
    /// Withdraw the proposal
    #[arg(long)]
    withdraw: bool,
    /// What is handed over
    #[arg(long, value_enum, default_value_t = Office::Authority)]
    of: Office,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Clone, Debug, Args)]
struct Accept {
    /// What is handed over
    #[arg(long, value_enum, default_value_t = Office::Authority)]
    of: Office,
    #[command(flatten)]
    sending: Sending,
}

impl Authority {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Show(place) => {
                let opened = place.open(false)?;
                let there = Administration::read(&opened.ledger, &opened.addresses)?;
                place.show(&Sheet::new(&there), |sheet| print!("{}", sheet.text()));
                Ok(())
            }
            Action::Propose(Propose { address, of, sending, .. }) => sending.change(|there, opened| {
                refuse_embedded_submitter(opened, *of)?;
                let without_faucet = opened.ledger.is_embedded().then_some(&opened.ledger as &dyn Ledger);
                Ok(there.propose(&opened.by()?, *of, *address, without_faucet)?)
            }),
            Action::Accept(Accept { of, sending }) => sending.change(|there, opened| {
                refuse_embedded_submitter(opened, *of)?;
                let by = opened.by()?;
                let plan = there.accept(&by, *of)?;
                let pays = opened.ledger.is_embedded() || opened.ledger.account(&by)?.is_some();
                if plan.transactions() > 0 && !pays {
                    let why = format!("{by} has no lamports to pay for the transaction; send it some first");
                    return Err(UsageError::options("--keypair", why).into());
                }
                Ok(plan)
            }),
        }
    }
}

fn refuse_embedded_submitter(opened: &OpenedDepartment, office: Office) -> Result<(), Failure> {
    if opened.ledger.is_embedded() && office == Office::Submitter {
        let why = "on the embedded ledger the submitter is the gateway's own key, which follows from its --seed";
        return Err(UsageError::options("--of submitter", why).into());
    }
    Ok(())
}

#[derive(Serialize)]
struct Sheet {
    department: String,
    offices: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    office: &'static str,
    holder: String,
    proposed: Option<String>,
}

impl Sheet {
    fn new(there: &Administration) -> Self {
        let row = |office: Office| {
            let (holder, proposed) = there.holder(office);
            Row { office: office.name(), holder: holder.to_string(), proposed: proposed.map(|who| who.to_string()) }
        };
        Self { department: there.addresses.prefix.to_string(), offices: Office::ALL.map(row).into() }
    }

    fn text(&self) -> String {
        let mut text = format!("Department {}\n", self.department);
        for Row { office, holder, proposed } in &self.offices {
            text += &format!("{office:<9}  {holder}\n");
            if let Some(proposed) = proposed {
                text += &format!("  proposed {proposed}, who has not accepted yet\n");
            }
        }
        text
    }
}
