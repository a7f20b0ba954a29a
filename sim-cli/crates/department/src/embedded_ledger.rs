//! An embedded ledger for a department's local keys.

use {
    super::Keys,
    campus_energy_sdk::ledger::{Embedded, LedgerError, SplToken},
    solana_signer::Signer,
};

/// Lamports for the keys that pay: plenty for a decade of fees on a ledger of one's own.
const LAMPORTS: u64 = 100_000_000_000_000;
/// Lamports for a trader: a decade of an order in every interval and a receipt a day.
const TRADER_LAMPORTS: u64 = 20_000_000_000;

/// A new embedded ledger on which a seed's keys have lamports.
///
/// # Errors
/// [`LedgerError`].
pub fn embedded_ledger(keys: Keys, participants: usize, spl_token: SplToken) -> Result<Embedded, LedgerError> {
    let mut ledger = Embedded::new(&keys.authority().pubkey(), spl_token)?;
    for key in [keys.authority(), keys.submitter()] {
        ledger.airdrop(&key.pubkey(), LAMPORTS)?;
    }
    for index in 0..participants {
        ledger.airdrop(&keys.participant(index).pubkey(), TRADER_LAMPORTS)?;
    }
    Ok(ledger)
}
