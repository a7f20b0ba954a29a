//! `sim-cli balances`: the balances of every participant, in the wallet and on the seat.

use {
    super::{
        Failure, print_json,
        record::{Format, SourceOrCluster},
    },
    campus_energy_department::{
        audit::{Holding, holdings, role_name},
        text::{Baht, kilowatt_hours},
    },
    campus_energy_report::table,
    campus_energy_sdk::{
        matching::Seat,
        units::{TOKEN_UNITS_PER_WH, TokenAmount},
    },
    clap::Args,
    comfy_table::Table,
    serde::Serialize,
};

/// Show the balances of every participant, in the wallet and on the seat.
#[derive(Clone, Debug, Args)]
pub struct Balances {
    #[command(flatten)]
    source: SourceOrCluster,
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
}

/// The table: of each participant a line for the tokens, kWh, and one for the money, baht.
fn sheet(all: &[Holding]) -> Table {
    let header = ["participant", "", "wallet", "on the seat", "in\norders", "retired\nkWh"];
    table(header, 2, all.iter().map(row))
}

fn row(holding: &Holding) -> [String; 6] {
    let seat = holding.seat.unwrap_or(Seat::claimed_by([0; 32]));
    let both =
        |tokens: u64, baht: u64| format!("{}\n{}", kilowatt_hours(tokens / TOKEN_UNITS_PER_WH), Baht(baht).rounded(2));
    [
        format!("{}\nseat {}", holding.name, holding.number),
        "tokens\nbaht".into(),
        both(holding.energy, holding.quote),
        both(seat.energy.free, seat.quote.free),
        both(seat.energy.locked, seat.quote.locked),
        kilowatt_hours(holding.retired),
    ]
}

impl Balances {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let (snapshot, addresses) = self.source.accounts()?;
        let all = holdings(&snapshot, &addresses).map_err(Failure::Disagreement)?;
        if self.source.format() == Format::Json {
            print_json(&all.iter().map(Balance::of).collect::<Vec<_>>());
            return Ok(());
        }
        println!("{}", sheet(&all));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_sdk::registry::state::Role, solana_program::pubkey::Pubkey};

    #[test]
    fn large_balances_and_long_names_fit_80_columns() {
        let mut seat = Seat::claimed_by([1; 32]);
        (seat.energy.free, seat.energy.locked, seat.quote.free) = (1_234_567_891_000_000, 999_000_000, 200_000_000);
        let holding = Holding {
            name: "undergraduate_125".into(),
            role: Role::Undergraduate,
            wallet: Pubkey::default(),
            number: 249,
            energy: 2_000_000_000,
            quote: 12_345_678_905_000,
            seat: Some(seat),
            retired: 987_654_321,
            receipts: 1,
        };
        let text = sheet(std::slice::from_ref(&holding)).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
        let cells = |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_string()).collect::<Vec<_>>();
        let first = ["", "undergraduate_125", "tokens", "2.000", "1234567.891", "0.999", "987654.321", ""];
        assert_eq!(cells(lines[4]), first, "{text}");
        assert_eq!(cells(lines[5])[1..6], ["seat 249", "baht", "12345678.91", "200.00", "0.00"], "{text}");
        let huge = Holding { energy: u64::MAX, quote: u64::MAX, retired: u64::MAX, name: "a".repeat(90), ..holding };
        let text = sheet(&[huge]).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
