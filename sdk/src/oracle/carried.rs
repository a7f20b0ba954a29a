//! The readings that an instruction carries. They are read from the instruction itself, never from the log: whoever sends a transaction
//! can cut the log, or write into it.

use {
    super::{
        instruction::{OracleInstruction, SUBMIT_READINGS_FIXED_ACCOUNTS},
        readings::Readings,
    },
    crate::reading::{Quality, Reading},
    borsh::BorshDeserialize,
    solana_program::pubkey::Pubkey,
};

/// A reading of a SubmitReadings instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedReading {
    /// The address of the meter's account in the registry.
    pub meter: Pubkey,
    /// The end of the interval, Unix seconds.
    pub timestamp: i64,
    /// The energy generated, Wh.
    pub generated: u32,
    /// The energy consumed, Wh.
    pub consumed: u32,
    /// Whether it was measured or estimated.
    pub quality: Quality,
}

/// Returns the readings that an instruction of the oracle with these accounts carries, in its order. There are none where the instruction
/// is not SubmitReadings, or is one that the oracle refuses as malformed.
#[must_use]
pub fn carried_readings(data: &[u8], accounts: &[Pubkey]) -> Vec<CarriedReading> {
    carried(data, accounts).unwrap_or_default()
}

fn carried(data: &[u8], accounts: &[Pubkey]) -> Option<Vec<CarriedReading>> {
    let OracleInstruction::SubmitReadings { timestamp, readings } = OracleInstruction::try_from_slice(data).ok()?
    else {
        return None;
    };
    let meters = accounts.get(SUBMIT_READINGS_FIXED_ACCOUNTS..)?;
    let carried = |meter: &Pubkey, generated, consumed, quality| CarriedReading {
        meter: *meter,
        timestamp,
        generated,
        consumed,
        quality,
    };
    match readings {
        Readings::Plain(readings) if readings.len() <= meters.len() => {
            let all = meters.iter().zip(readings);
            Some(all.map(|(meter, own)| carried(meter, own.generated, own.consumed, own.quality)).collect())
        }
        Readings::Signed(readings) if readings.len() <= meters.len() => {
            let all = meters.iter().zip(readings);
            all.map(|(meter, signed)| {
                let own = Reading::from_bytes(&signed.message)?;
                // The oracle refuses a message of another interval.
                (own.timestamp == timestamp).then(|| carried(meter, own.generated, own.consumed, own.quality))
            })
            .collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{
            deployment::{Addresses, Programs},
            oracle::{
                instruction::{
                    IntervalSubmission, MeterAccounts, propose_authority, submit_readings, submit_signed_readings,
                },
                readings::{PlainReading, SignedReading},
            },
        },
        solana_program::instruction::Instruction,
    };

    const END: i64 = 1_730_448_000;

    fn addresses() -> Addresses {
        let [registry, token, oracle, trading] = [11, 12, 13, 14].map(|byte| Pubkey::new_from_array([byte; 32]));
        let programs = Programs { registry, token, oracle, trading };
        Addresses::derive(programs, "ENG_".parse().unwrap())
    }

    fn meters() -> Vec<MeterAccounts> {
        (1..=3)
            .map(|number| MeterAccounts {
                meter: Pubkey::new_from_array([number; 32]),
                token_account: Pubkey::new_from_array([100 + number; 32]),
            })
            .collect()
    }

    fn plain(generated: u32, consumed: u32, quality: Quality) -> PlainReading {
        PlainReading { generated, consumed, quality }
    }

    fn signed(timestamp: i64, generated: u32, consumed: u32) -> SignedReading {
        let (meter, quality) = ("ENG_001".parse().unwrap(), Quality::Measured);
        let reading = Reading { deployment: [1; 8], meter, timestamp, generated, consumed, key_epoch: 2, quality };
        SignedReading { message: reading.to_bytes(), signature: [3; 64], signing_key: [4; 32] }
    }

    fn carried_by(instruction: &Instruction) -> Vec<CarriedReading> {
        let accounts: Vec<Pubkey> = instruction.accounts.iter().map(|meta| meta.pubkey).collect();
        carried_readings(&instruction.data, &accounts)
    }

    fn expected(number: u8, generated: u32, consumed: u32, quality: Quality) -> CarriedReading {
        let meter = Pubkey::new_from_array([number; 32]);
        CarriedReading { meter, timestamp: END, generated, consumed, quality }
    }

    #[test]
    fn each_reading_belongs_to_the_meter_at_its_place() {
        let readings = vec![
            plain(6_200, 4_100, Quality::Measured),
            plain(0, 300, Quality::Estimated),
            plain(9, 9, Quality::Measured),
        ];
        let instruction = submit_readings(
            &addresses(),
            &Pubkey::default(),
            IntervalSubmission { timestamp: END, meters: &meters(), readings },
        );
        let all = [
            expected(1, 6_200, 4_100, Quality::Measured),
            expected(2, 0, 300, Quality::Estimated),
            expected(3, 9, 9, Quality::Measured),
        ];
        assert_eq!(carried_by(&instruction), all);

        let readings = vec![signed(END, 6_200, 4_100), signed(END, 1, 2)];
        let [verification, instruction] = submit_signed_readings(
            &addresses(),
            &Pubkey::default(),
            IntervalSubmission { timestamp: END, meters: &meters()[..2], readings },
            1,
        );
        let all = [expected(1, 6_200, 4_100, Quality::Measured), expected(2, 1, 2, Quality::Measured)];
        assert_eq!(carried_by(&instruction), all);
        assert_eq!(carried_by(&verification), [], "another program's");
    }

    #[test]
    fn what_the_oracle_refuses_carries_nothing() {
        let other = propose_authority(&addresses(), &Pubkey::default(), &Pubkey::default());
        assert_eq!(carried_by(&other), [], "another instruction");
        let readings = vec![plain(1, 2, Quality::Measured), plain(3, 4, Quality::Measured)];
        let good = submit_readings(
            &addresses(),
            &Pubkey::default(),
            IntervalSubmission { timestamp: END, meters: &meters()[..2], readings },
        );
        assert_eq!(carried_by(&good).len(), 2);
        for length in 0..good.data.len() {
            let cut = Instruction { data: good.data[..length].to_vec(), ..good.clone() };
            assert_eq!(carried_by(&cut), [], "{length} bytes");
        }
        let longer = Instruction { data: [&good.data[..], &[0]].concat(), ..good.clone() };
        assert_eq!(carried_by(&longer), [], "a trailing byte");
        for accounts in 0..SUBMIT_READINGS_FIXED_ACCOUNTS + 2 {
            let fewer = Instruction { accounts: good.accounts[..accounts].to_vec(), ..good.clone() };
            assert_eq!(carried_by(&fewer), [], "{accounts} accounts");
        }
        let other = signed(END + 900, 1, 2);
        let [_, moved] = submit_signed_readings(
            &addresses(),
            &Pubkey::default(),
            IntervalSubmission { timestamp: END, meters: &meters()[..1], readings: vec![other] },
            1,
        );
        assert_eq!(carried_by(&moved), [], "a message of another interval");
        let untagged = SignedReading { message: [0; 56], ..other };
        let [_, untagged] = submit_signed_readings(
            &addresses(),
            &Pubkey::default(),
            IntervalSubmission { timestamp: END, meters: &meters()[..1], readings: vec![untagged] },
            1,
        );
        assert_eq!(carried_by(&untagged), [], "a message that is no reading");
    }
}
