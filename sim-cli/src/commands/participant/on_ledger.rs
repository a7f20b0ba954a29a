//! `sim-cli participant list` and `register`: the participants of a department on a ledger.

use {
    super::super::{
        Failure,
        administration::{DepartmentPlace, Sending},
        values,
    },
    campus_energy_department::Administration,
    campus_energy_report::table,
    campus_energy_sdk::registry::state::Role,
    clap::{Args, ValueEnum},
    serde::Serialize,
    solana_program::pubkey::Pubkey,
};

#[derive(Clone, Debug, Args)]
pub(super) struct Register {
    /// Address of the participant's wallet
    #[arg(value_parser = values::address)]
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

/// Lists the participants that a ledger has.
pub(super) fn list(place: &DepartmentPlace) -> Result<(), Failure> {
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

impl Register {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let Self { wallet, role, sending } = self;
        sending.change(|there, opened| Ok(there.register_participant(&opened.by()?, wallet, (*role).into())?))
    }
}
