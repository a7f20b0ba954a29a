//! A batch of readings in its two encodings, and the ed25519 verification that goes with the signed one.

use {
    super::instruction::SUBMIT_READINGS_HEAD,
    crate::{
        ED25519_PROGRAM,
        reading::{Quality, READING_LENGTH},
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::instruction::Instruction,
};

/// The most readings of a batch: 11 fixed accounts, a meter and a token account each, and the sysvar make 60 of the
/// 64 that a transaction may lock.
pub const MAX_READINGS: usize = 24;

/// A batch of readings.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Readings {
    /// Readings that the submitter vouches for.
    Plain(Vec<PlainReading>),
    /// Readings that their meters signed.
    Signed(Vec<SignedReading>),
}

/// A reading that the submitter vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PlainReading {
    /// The energy generated, Wh.
    pub generated: u32,
    /// The energy consumed, Wh.
    pub consumed: u32,
    /// Whether it was measured or estimated.
    pub quality: Quality,
}

impl PlainReading {
    /// The length in the data of an instruction, bytes.
    pub const SIZE: usize = 9;
}

/// A reading that its meter signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedReading {
    /// The bytes of a [`Reading`](crate::reading::Reading).
    pub message: [u8; READING_LENGTH],
    /// The ed25519 signature of these bytes.
    pub signature: [u8; 64],
    /// The public key of the signature.
    pub signing_key: [u8; 32],
}

impl SignedReading {
    /// The length in the data of an instruction, bytes.
    pub const SIZE: usize = READING_LENGTH + 64 + 32;
}

impl Readings {
    /// Iterates over the energies that the meters counted: `(generated, consumed)` in Wh.
    pub fn energies(&self) -> impl Iterator<Item = (u32, u32)> {
        let word = |bytes: &[u8; READING_LENGTH], at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let (plain, signed): (&[PlainReading], &[SignedReading]) = match self {
            Self::Plain(readings) => (readings, &[]),
            Self::Signed(readings) => (&[], readings),
        };
        let plain = plain.iter().map(|reading| (reading.generated, reading.consumed));
        plain.chain(signed.iter().map(move |reading| (word(&reading.message, 40), word(&reading.message, 44))))
    }
}

/// The length of the offsets of one signature in the ed25519 instruction, bytes.
pub const OFFSETS_SIZE: usize = 14;

/// Returns the offsets that the ed25519 instruction must hold for the record at `index` of a SubmitReadings at `position`:
/// all three parts lie in the record, all three instruction indices name SubmitReadings.
#[must_use]
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // 24 records end below 65,536
pub const fn signature_offsets(index: usize, position: u16) -> [u8; OFFSETS_SIZE] {
    let message = SUBMIT_READINGS_HEAD + index * SignedReading::SIZE;
    let signature = (message + READING_LENGTH) as u16;
    let signing_key = signature + 64;
    let [s0, s1] = signature.to_le_bytes();
    let [k0, k1] = signing_key.to_le_bytes();
    let [m0, m1] = (message as u16).to_le_bytes();
    let [l0, l1] = (READING_LENGTH as u16).to_le_bytes();
    let [p0, p1] = position.to_le_bytes();
    [s0, s1, p0, p1, k0, k1, p0, p1, m0, m1, l0, l1, p0, p1]
}

/// Builds the ed25519 instruction that verifies `count` signed readings of a SubmitReadings at `position`.
#[must_use]
pub fn verification(count: usize, position: u16) -> Instruction {
    let mut data = vec![u8::try_from(count).unwrap_or(u8::MAX), 0];
    for index in 0..count {
        data.extend_from_slice(&signature_offsets(index, position));
    }
    Instruction { program_id: ED25519_PROGRAM, accounts: Vec::new(), data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::instruction::{OracleInstruction, SUBMIT_READINGS};

    #[test]
    fn records_lie_where_the_offsets_say() {
        let record = |fill: u8| SignedReading {
            message: [fill; READING_LENGTH],
            signature: [fill + 1; 64],
            signing_key: [fill + 2; 32],
        };
        let readings = Readings::Signed(vec![record(10), record(20)]);
        let data = borsh::to_vec(&OracleInstruction::SubmitReadings { timestamp: 900, readings }).unwrap();
        assert_eq!(data[0], SUBMIT_READINGS);
        for (index, fill) in [(0, 10), (1, 20)] {
            let offsets = signature_offsets(index, 5);
            let part = |at: usize, length| {
                let from = usize::from(u16::from_le_bytes([offsets[at], offsets[at + 1]]));
                &data[from..from + length]
            };
            assert_eq!(part(0, 64), [fill + 1; 64]);
            assert_eq!(part(4, 32), [fill + 2; 32]);
            assert_eq!(part(8, READING_LENGTH), [fill; READING_LENGTH]);
            assert_eq!([offsets[2], offsets[6], offsets[12]], [5; 3]);
        }
    }

    #[test]
    fn sizes_are_borsh_sizes() {
        let plain = PlainReading { generated: 1, consumed: 2, quality: Quality::Measured };
        assert_eq!(borsh::to_vec(&plain).unwrap().len(), PlainReading::SIZE);
        let data =
            borsh::to_vec(&OracleInstruction::SubmitReadings { timestamp: 900, readings: Readings::Plain(vec![]) });
        assert_eq!(data.unwrap().len(), SUBMIT_READINGS_HEAD);
        let readings = Readings::Plain(vec![plain]);
        assert_eq!(readings.energies().collect::<Vec<_>>(), [(1, 2)]);
    }
}
