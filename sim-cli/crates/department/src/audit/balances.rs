//! Invariant 2: every base unit is accounted for. Token holders may burn tokens and give them to a vault: that is reported and
//! is no failure. A failure is only what the programs exclude: a supply above what they minted, a vault below what it owes.

use {
    campus_energy_sdk::{
        account::Plain,
        deployment::Addresses,
        ledger::Snapshot,
        matching::Seat,
        trading::state::{Asset, Book, ClearingState, split},
    },
    solana_program::program_pack::Pack,
    spl_token_interface::state::Mint,
};

/// What a check has found: what agrees, or what does not.
pub type Finding = Result<String, String>;

/// Tokens, base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) minted: u64,
    pub(super) retired: u64,
    pub(super) supply: u64,
}

impl Issued {
    /// What owners have burned without a receipt; none where the supply is above what was minted less what was retired.
    pub(super) fn burned(&self) -> Option<u64> {
        self.minted.checked_sub(self.retired)?.checked_sub(self.supply)
    }

    pub(super) fn finding(&self) -> Finding {
        let Self { minted, retired, supply } = *self;
        match self.burned() {
            None => {
                let more = i128::from(supply).saturating_add(retired.into()).saturating_sub(minted.into());
                Err(format!("supply: {supply}, which is {more} more than {minted} minted less {retired} retired"))
            }
            Some(burned) => {
                let burned = if burned == 0 {
                    String::new()
                } else {
                    format!(", less {burned} that owners burned by themselves, without a receipt")
                };
                Ok(format!("invariant 2: supply {supply} is {minted} minted less {retired} retired{burned}"))
            }
        }
    }
}

/// What a vault owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    asset: Asset,
    seats: u128,
    /// Energy: what buyers have been given and sellers still have. Money: what buyers have paid and sellers have not got.
    in_transit: u64,
}

impl Owed {
    /// What a book says of both vaults.
    pub(super) fn by(book: &mut [u8]) -> Result<[Self; 2], String> {
        let (head, book) = split(book).map_err(|error| format!("book: {error}"))?;
        let clearing = ClearingState::read(Book::FIELDS.clearing.bytes(head));
        let [mut energy, mut quote] = [0_u128; 2];
        for seat in book.seats.iter().map(Seat::read) {
            for (sum, balance) in [(&mut energy, seat.energy), (&mut quote, seat.quote)] {
                *sum = sum.saturating_add(balance.free.into()).saturating_add(balance.locked.into());
            }
        }
        Ok([
            Self { asset: Asset::Energy, seats: energy, in_transit: clearing.energy_in_transit.0 },
            Self { asset: Asset::Quote, seats: quote, in_transit: clearing.quote_in_transit.0 },
        ])
    }

    /// The vault against it.
    pub(super) fn finding(&self, vault: u64) -> Finding {
        let Self { asset, seats, in_transit } = *self;
        let (name, owed, transit) = match asset {
            Asset::Energy => (
                "energy",
                seats.checked_sub(in_transit.into()),
                format!(", less {in_transit} in transit that buyers have already and sellers still have"),
            ),
            Asset::Quote => (
                "quote",
                seats.checked_add(in_transit.into()),
                format!(" and {in_transit} in transit that buyers have paid and sellers have not got"),
            ),
        };
        let transit = if in_transit == 0 { String::new() } else { transit };
        let owed = owed.ok_or_else(|| format!("{name} vault: {in_transit} in transit, and only {seats} on seats"))?;
        match u128::from(vault).checked_sub(owed) {
            None => Err(format!("{name} vault: it holds {vault} and owes {owed}, the seats' {seats}{transit}")),
            Some(given) => {
                let given = if given == 0 {
                    String::new()
                } else {
                    format!(", and {given} that somebody gave to the vault without a deposit")
                };
                Ok(format!("invariant 2: the {name} vault's {vault} are the seats' {seats}{transit}{given}"))
            }
        }
    }
}

/// Supply of a department's energy mint, base units; none where there is no such mint.
#[must_use]
pub fn supply_of(snapshot: &Snapshot, addresses: &Addresses) -> Option<u64> {
    let account = snapshot.accounts.get(&addresses.energy_mint)?;
    Mint::unpack(&account.data).ok().map(|mint| mint.supply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_owners_burned_is_told_and_more_than_was_minted_is_wrong() {
        let finding = |minted, retired, supply| Issued { minted, retired, supply }.finding();
        let exact = "invariant 2: supply 60 is 100 minted less 40 retired";
        assert_eq!(finding(100, 40, 60), Ok(exact.into()));
        let burned = ", less 1 that owners burned by themselves, without a receipt";
        assert_eq!(finding(100, 40, 59), Ok(format!("invariant 2: supply 59 is 100 minted less 40 retired{burned}")));
        let more = "supply: 61, which is 1 more than 100 minted less 40 retired";
        assert_eq!(finding(100, 40, 61), Err(more.into()));
        let more = "supply: 0, which is 1 more than 100 minted less 101 retired";
        assert_eq!(finding(100, 101, 0), Err(more.into()));
    }

    #[test]
    fn what_is_in_transit_or_was_given_is_told_and_less_than_is_owed_is_wrong() {
        let owed = |asset, in_transit| Owed { asset, seats: 10, in_transit };
        let (energy, quote) = (owed(Asset::Energy, 3), owed(Asset::Quote, 3));
        let transit = "less 3 in transit that buyers have already and sellers still have";
        assert_eq!(energy.finding(7), Ok(format!("invariant 2: the energy vault's 7 are the seats' 10, {transit}")));
        let short = format!("energy vault: it holds 6 and owes 7, the seats' 10, {transit}");
        assert_eq!(energy.finding(6), Err(short));
        let transit = "and 3 in transit that buyers have paid and sellers have not got";
        let given = "and 1 that somebody gave to the vault without a deposit";
        let finding = format!("invariant 2: the quote vault's 14 are the seats' 10 {transit}, {given}");
        assert_eq!(quote.finding(14), Ok(finding));
        assert_eq!(quote.finding(12), Err(format!("quote vault: it holds 12 and owes 13, the seats' 10 {transit}")));
        let idle = owed(Asset::Quote, 0).finding(10);
        assert_eq!(idle, Ok("invariant 2: the quote vault's 10 are the seats' 10".into()));
        let never = owed(Asset::Energy, 11).finding(0);
        assert_eq!(never, Err("energy vault: 11 in transit, and only 10 on seats".into()));
    }
}
