//! The readings that a ledger has accepted: the values in the SubmitReadings of transactions that succeeded.

use {
    super::ExecutedInstruction,
    crate::{
        oracle::carried::{CarriedReading, carried_readings},
        registry::state::WINDOW_INTERVALS,
        time::INTERVAL_SECONDS,
    },
    solana_program::pubkey::Pubkey,
    solana_signature::Signature,
    std::{collections::BTreeMap, ops::RangeInclusive},
};

/// A reading that a ledger has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerReading {
    /// The id of the transaction that carried it.
    pub transaction: Signature,
    /// The meter, the interval and the values.
    pub reading: CarriedReading,
}

/// Returns the readings that executed instructions carry to this oracle program: those at the top level and those that programs called. If
/// their transaction succeeded, the ledger has accepted all of them.
#[must_use]
pub fn carried_to(oracle: &Pubkey, executed: &[ExecutedInstruction]) -> Vec<CarriedReading> {
    let of_oracle = executed.iter().filter(|instruction| instruction.program == *oracle);
    of_oracle.flat_map(|instruction| carried_readings(&instruction.data, &instruction.accounts)).collect()
}

/// The readings that an embedded ledger has accepted, as long as the window of a meter's account has them.
#[derive(Default)]
pub(super) struct AcceptedReadings(BTreeMap<(i64, Pubkey), LedgerReading>);

/// Seconds before the newest interval after which a reading is forgotten: the meters' window, and as much again for a meter that is
/// behind the others.
const FORGOTTEN: i64 = 2 * WINDOW_INTERVALS.cast_signed() * INTERVAL_SECONDS;

impl AcceptedReadings {
    pub(super) fn add(&mut self, transaction: Signature, readings: Vec<CarriedReading>) {
        for reading in readings {
            self.0.insert((reading.timestamp, reading.meter), LedgerReading { transaction, reading });
        }
        let newest = self.0.last_key_value().map_or(0, |((timestamp, _), _)| *timestamp);
        while self.0.first_key_value().is_some_and(|((timestamp, _), _)| *timestamp < newest - FORGOTTEN) {
            self.0.pop_first();
        }
    }

    pub(super) fn of(&self, meters: &[Pubkey], intervals: RangeInclusive<i64>) -> Vec<LedgerReading> {
        let (first, last) = (*intervals.start(), *intervals.end());
        if first > last {
            return Vec::new();
        }
        let some = self.0.range((first, Pubkey::default())..=(last, Pubkey::new_from_array([u8::MAX; 32])));
        some.filter(|((_, meter), _)| meters.contains(meter)).map(|(_, reading)| *reading).collect()
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{
            deployment::{Addresses, Programs},
            ledger::{
                LedgerError,
                executed::{in_order, loaded},
            },
            oracle::{
                instruction::{IntervalSubmission, MeterAccounts, submit_readings},
                readings::PlainReading,
            },
            reading::Quality,
        },
        solana_message::{AddressLookupTableAccount, VersionedMessage, compiled_instruction::CompiledInstruction, v0},
        solana_program::{hash::Hash, instruction::Instruction},
        std::borrow::Cow,
    };

    const END: i64 = 1_730_448_000;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn addresses() -> Addresses {
        let programs = Programs { registry: key(11), token: key(12), oracle: key(13), trading: key(14) };
        Addresses::derive(programs, "ENG_".parse().unwrap())
    }

    fn submit(energies: &[(u32, u32)]) -> Instruction {
        let (quality, count) = (Quality::Measured, u8::try_from(energies.len()).unwrap());
        let meter = |number| MeterAccounts { meter: key(100 + number), token_account: key(200 + number) };
        let meters: Vec<_> = (1..=count).map(meter).collect();
        let readings = energies.iter().map(|&(generated, consumed)| PlainReading { generated, consumed, quality });
        submit_readings(
            &addresses(),
            &key(1),
            IntervalSubmission { timestamp: END, meters: &meters, readings: readings.collect() },
        )
    }

    fn carried(number: u8, generated: u32, consumed: u32) -> CarriedReading {
        CarriedReading { meter: key(100 + number), timestamp: END, generated, consumed, quality: Quality::Measured }
    }

    fn compiled(instructions: &[Instruction], tables: &[AddressLookupTableAccount]) -> VersionedMessage {
        VersionedMessage::V0(v0::Message::try_compile(&key(1), instructions, tables, Hash::default()).unwrap())
    }

    #[test]
    fn meters_are_found_where_they_are_in_lookup_tables() {
        let instruction = submit(&[(6_200, 4_100), (0, 300)]);
        let addresses_of = |metas: &[usize]| metas.iter().map(|at| instruction.accounts[*at].pubkey).collect();
        // Meters and what is only read, over two tables, in another order than the instruction's.
        let tables = [
            AddressLookupTableAccount { key: key(50), addresses: addresses_of(&[12, 3, 9]) },
            AddressLookupTableAccount { key: key(51), addresses: addresses_of(&[1, 11, 4]) },
        ];
        let message = compiled(std::slice::from_ref(&instruction), &tables);
        assert_eq!(message.address_table_lookups().unwrap().len(), 2);
        let of = |key: &Pubkey| tables.iter().find(|table| table.key == *key).map(|table| &table.addresses[..]);
        let keys = loaded(&message, |key| of(key).map(Cow::Borrowed)).unwrap();
        let all = [carried(1, 6_200, 4_100), carried(2, 0, 300)];
        let executed = in_order(&message, &keys, Vec::new()).unwrap();
        assert_eq!(carried_to(&key(13), &executed), all);
        assert_eq!(carried_to(&key(14), &executed), [], "of another program");
        assert_eq!(loaded(&message, |_| None), None, "an unknown table");
        assert_eq!(loaded(&message, |key| Some(Cow::Borrowed(&of(key)?[..2]))), None, "a table that is too short");
        // Whoever gives too few addresses is told so, and of no wrong reading.
        let number = message.static_account_keys().len() + keys.len() - 1;
        let missing = LedgerError::Malformed(format!(
            "an instruction names account {number}; its transaction has {number} accounts"
        ));
        assert_eq!(in_order(&message, &keys[..keys.len() - 1], Vec::new()), Err(missing));
    }

    #[test]
    fn instructions_that_programs_called_count_too() {
        let called = submit(&[(5, 1)]);
        let caller = Instruction { program_id: key(60), accounts: called.accounts.clone(), data: vec![9] };
        let oracle_too = Instruction { program_id: key(13), accounts: Vec::new(), data: vec![9] };
        let message = compiled(&[caller, oracle_too], &[]);
        let keys = message.static_account_keys();
        let index = |wanted: &Pubkey| u8::try_from(keys.iter().position(|key| key == wanted).unwrap()).unwrap();
        let inner = CompiledInstruction {
            program_id_index: index(&key(13)),
            accounts: called.accounts.iter().map(|meta| index(&meta.pubkey)).collect(),
            data: called.data,
        };
        let executed = |inner| in_order(&message, &[], inner).unwrap();
        assert_eq!(carried_to(&key(13), &executed(Vec::new())), []);
        assert_eq!(carried_to(&key(13), &executed(vec![vec![(inner, 2)]])), [carried(1, 5, 1)]);
    }

    #[test]
    fn an_embedded_ledger_remembers_the_window() {
        let mut accepted = AcceptedReadings::default();
        let signature = |number: i64| Signature::from([u8::try_from(number % 251).unwrap(); 64]);
        for number in 0..300 {
            let own = |meter| CarriedReading { timestamp: END + 900 * number, ..carried(meter, 0, 1) };
            accepted.add(signature(number), vec![own(1), own(2)]);
        }
        let found = accepted.of(&[key(102)], END + 900 * 298..=END + 900 * 400);
        let found: Vec<_> = found.iter().map(|own| (own.transaction, own.reading.meter)).collect();
        assert_eq!(found, [(signature(298), key(102)), (signature(299), key(102))]);
        let all = accepted.of(&[key(101), key(102), key(103)], 0..=i64::MAX);
        assert_eq!((all.len(), all[0].reading.timestamp), (2 * 257, END + 900 * (299 - 256)));
        #[allow(clippy::reversed_empty_ranges)]
        let none = accepted.of(&[key(101)], END + 1..=END);
        assert_eq!(none, []);
    }
}
