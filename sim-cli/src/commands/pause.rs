//! `sim-cli pause` and `sim-cli resume`: a department, its token and its market, stopped and taken up again.

use {
    super::{Failure, administration::Sending},
    campus_energy_department::Part,
    clap::Args,
};

/// Which parts.
#[derive(Clone, Debug, Args)]
pub struct Pause {
    /// Parts, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Part::ALL)]
    part: Vec<Part>,
    #[command(flatten)]
    sending: Sending,
}

impl Pause {
    pub(super) fn execute(&self, paused: bool) -> Result<(), Failure> {
        let mut parts = self.part.clone();
        parts.sort_by_key(|part| Part::ALL.iter().position(|known| known == part));
        parts.dedup();
        self.sending.change(|there, opened| Ok(there.set_paused(&opened.by()?, &parts, paused)?))
    }
}
