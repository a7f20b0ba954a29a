//! `sim-cli participant`: a participant of an earlier run, or the participants of a department on a ledger.

mod show;

use {
    super::{
        Failure,
        administration::{DepartmentPlace, Sending},
    },
    campus_energy_department::Administration,
    campus_energy_report::table,
    campus_energy_sdk::registry::state::Role,
    clap::{Args, Subcommand, ValueEnum},
    serde::Serialize,
    show::Show,
    solana_program::pubkey::Pubkey,
};

/// Show a participant of an earlier run (NAME alone is `show NAME`), list the participants on a ledger, or register one as the department's
/// authority.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Participant {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    show: Show,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show one participant of an earlier run: balances, meters, trades, and the outcome of every order
    Show(Show),
    /// List the participants that a ledger has
    List(DepartmentPlace),
    /// Register a participant, as the department's authority
    Register(Register),
}

#[derive(Clone, Debug, Args)]
struct Register {
    /// Address of the participant's wallet
    wallet: Pubkey,
    /// What they are
    #[arg(long, value_enum)]
    role: RoleName,
    #[command(flatten)]
    sending: Sending,
}

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Teaches or does research
    Faculty,
    /// Graduate student
    Graduate,
    /// Undergraduate student
    Undergraduate,
    /// The department itself
    Department,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Faculty => Self::Faculty,
            RoleName::Graduate => Self::Graduate,
            RoleName::Undergraduate => Self::Undergraduate,
            RoleName::Department => Self::Department,
        }
    }
}

#[derive(Serialize)]
struct Row {
    name: String,
    number: u32,
    wallet: String,
}

impl Participant {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match &self.action {
            None => self.show.execute(),
            Some(Action::Show(show)) => show.execute(),
            Some(Action::List(place)) => {
                let opened = place.open(false)?;
                let there = Administration::read(&opened.ledger, &opened.addresses)?;
                let row = |(name, number, wallet)| Row { name, number, wallet };
                let all = there.named_participants().into_iter();
                let rows: Vec<Row> = all.map(|(name, one)| row((name, one.index, one.wallet.to_string()))).collect();
                place.show(&rows, |rows| {
                    let cells = |row: &Row| [row.name.clone(), row.number.to_string(), row.wallet.clone()];
                    println!("{}", table(["participant", "number", "wallet"], 1, rows.iter().map(cells)));
                });
                Ok(())
            }
            Some(Action::Register(Register { wallet, role, sending })) => {
                sending.change(|there, opened| Ok(there.register_participant(&opened.by()?, wallet, (*role).into())?))
            }
        }
    }
}
