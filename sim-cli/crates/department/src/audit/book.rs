//! Compares the order book's account with the one that the replayed transactions give: header, orders slot by slot, seats.

use {
    super::accounts::{differing, same},
    campus_energy_sdk::{
        account::AccountData,
        matching::{Order, Queue, Seat},
        trading::state::{Book, split},
    },
};

/// Holds a book's account against the replayed one.
///
/// # Errors
/// The first difference, by name.
pub(super) fn compare(account: &[u8], replayed: &[u8]) -> Result<(), String> {
    let decode = |data: &[u8]| Book::decode(data).map_err(|error| format!("book: {error}"));
    let (header, expected) = (decode(account)?, decode(replayed)?);
    differing!(
        "book",
        header,
        expected,
        [
            market,
            department,
            registry,
            energy_vault,
            quote_vault,
            capacity,
            terms,
            paused,
            bids,
            asks,
            next_order,
            first_new_order,
            cleared,
            clearing,
            traded,
            next_event,
        ]
    );
    let (mut account, mut replayed) = (account.to_vec(), replayed.to_vec());
    let (_, book) = split(&mut account).map_err(|error| format!("book: {error}"))?;
    let (_, expected) = split(&mut replayed).map_err(|error| format!("book, by the transactions: {error}"))?;
    orders("bid", &book.bids, &expected.bids)?;
    orders("ask", &book.asks, &expected.asks)?;
    for (number, (slot, expected)) in book.seats.iter().zip(expected.seats.iter()).enumerate() {
        if slot == expected {
            continue;
        }
        let (seat, expected) = (Seat::read(slot), Seat::read(expected));
        differing!(
            format!("seat {number}"),
            seat,
            expected,
            [wallet, energy, quote, open_bids, open_asks, highest_bid, lowest_ask]
        );
        return Err(format!("seat {number}: bytes behind its fields are not 0"));
    }
    Ok(())
}

fn orders(side: &str, account: &Queue, replayed: &Queue) -> Result<(), String> {
    let places = account.slots().iter().zip(replayed.slots()).enumerate();
    let mut different = places.filter(|(_, (slot, expected))| slot != expected);
    if let Some((place, (slot, expected))) = different.next() {
        let (order, expected) = (Order::read(slot), Order::read(expected));
        differing!(format!("{side} {place} of the book"), order, expected, [key, energy, placed, expires, seat]);
        return Err(format!("{side} {place} of the book: bytes behind its fields are not 0"));
    }
    same(&format!("{side}s in the book"), account.len(), replayed.len())
}
