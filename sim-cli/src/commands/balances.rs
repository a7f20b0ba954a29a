//! `sim-cli balances`: the balances of every participant, in the wallet and on the seat.

use {
    super::{
        Failure, print_json,
        record::{Format, Run, Source},
    },
    campus_energy_department::{
        audit::{Holding, holdings, role_name},
        text::{Baht, kilowatt_hours},
    },
    campus_energy_report::table,
    campus_energy_sdk::{matching::Seat, units::TokenAmount},
    clap::Args,
    serde::Serialize,
};

/// Show the balances of every participant, in the wallet and on the seat.
#[derive(Clone, Debug, Args)]
pub struct Balances {
    #[command(flatten)]
    source: Source,
}

/// A participant's balances: tokens (1 kWh) and baht.
#[derive(Serialize)]
pub(super) struct Balance {
    name: String,
    role: &'static str,
    wallet: String,
    seat: u32,
    wallet_tokens: String,
    seat_tokens_free: String,
    seat_tokens_locked: String,
    wallet_baht: Baht,
    seat_baht_free: Baht,
    seat_baht_locked: Baht,
    retired_wh: u64,
    receipts: u64,
}

impl Balance {
    pub(super) fn of(holding: &Holding) -> Self {
        let seat = holding.seat.unwrap_or(Seat::claimed_by([0; 32]));
        let tokens = |amount: u64| TokenAmount(amount).to_string();
        Self {
            name: holding.name.clone(),
            role: role_name(holding.role),
            wallet: holding.wallet.to_string(),
            seat: holding.number,
            wallet_tokens: tokens(holding.energy),
            seat_tokens_free: tokens(seat.energy.free),
            seat_tokens_locked: tokens(seat.energy.locked),
            wallet_baht: Baht(holding.quote),
            seat_baht_free: Baht(seat.quote.free),
            seat_baht_locked: Baht(seat.quote.locked),
            retired_wh: holding.retired,
            receipts: holding.receipts,
        }
    }

    fn row(self) -> [String; 9] {
        [
            self.name,
            self.seat.to_string(),
            self.wallet_tokens,
            self.seat_tokens_free,
            self.seat_tokens_locked,
            self.wallet_baht.to_string(),
            self.seat_baht_free.to_string(),
            self.seat_baht_locked.to_string(),
            kilowatt_hours(self.retired_wh),
        ]
    }
}

impl Balances {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let run = Run::open(&self.source.out)?;
        let all = holdings(&run.snapshot, &run.addresses).map_err(Failure::Disagreement)?;
        let balances = all.iter().map(Balance::of);
        if self.source.output == Format::Json {
            print_json(&balances.collect::<Vec<_>>());
            return Ok(());
        }
        let header = [
            "participant",
            "seat",
            "tokens, wallet",
            "seat, free",
            "locked",
            "baht, wallet",
            "seat, free",
            "locked",
            "retired kWh",
        ];
        println!("{}", table(header, 1, balances.map(Balance::row)));
        Ok(())
    }
}
