//! `sim-cli market`: the market's terms, its book, and its last auctions.

use {
    super::{
        Failure,
        record::{Format, Run, Source},
    },
    crate::report::{self, MarketSheet},
    clap::Args,
    solana_program::pubkey::Pubkey,
};

/// Show the market: its terms, its book, its last day of auctions.
#[derive(Clone, Debug, Args)]
pub struct Market {
    /// Show also the intervals without supply
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    source: Source,
}

impl Market {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let run = Run::open(&self.source.out)?;
        let data = |address: &Pubkey| run.snapshot.accounts.get(address).map(|account| account.data.clone());
        let sheet = MarketSheet::read(&run.addresses, data, self.all).map_err(Failure::Disagreement)?;
        if self.source.output == Format::Json {
            print!("{}", String::from_utf8_lossy(&report::json(&sheet)));
        } else {
            sheet.print();
        }
        Ok(())
    }
}
