//! Verifies the meters' signatures again: the record alone does not prove that the readings of a batch were signed.

use {
    super::{balances::Finding, replay::Replay},
    crate::record::Transaction,
    campus_energy_sdk::{
        ED25519_PROGRAM,
        oracle::{
            instruction::{OracleInstruction, SUBMIT_READINGS, SUBMIT_READINGS_FIXED_ACCOUNTS},
            readings::{Readings, SignedReading, verification},
        },
        reading::Reading,
        wire::decode_instruction,
    },
    ed25519_dalek::{Signature, VerifyingKey},
    solana_program::pubkey::Pubkey,
};

/// The signatures of the readings of a department's transactions.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    batches: u64,
    readings: u64,
    /// Batches with something wrong, and what is wrong with the first.
    wrong: u64,
    first: Option<String>,
}

impl Signatures {
    /// Verifies an instruction of a transaction, if it submits readings to the department; `replay` is the state before it.
    pub(super) fn check(&mut self, transaction: &Transaction, index: usize, replay: &Replay) {
        let Some(executed) = transaction.instructions.get(index) else { return };
        let addresses = replay.addresses();
        let submits = executed.program == addresses.programs.oracle && executed.data.first() == Some(&SUBMIT_READINGS);
        if !submits || !executed.is_of(addresses) {
            return;
        }
        // What is no SubmitReadings stops the replay.
        let Ok(OracleInstruction::SubmitReadings { timestamp, readings }) = decode_instruction(&executed.data) else {
            return;
        };
        let result = match readings {
            Readings::Plain(readings) => {
                let required = replay.oracle.state.as_ref().is_some_and(|oracle| oracle.require_signatures);
                let unsigned =
                    || format!("{} readings without signatures, which the department requires", readings.len());
                if required { Err(unsigned()) } else { Ok(0) }
            }
            Readings::Signed(readings) => {
                let meters = executed.accounts.get(SUBMIT_READINGS_FIXED_ACCOUNTS..).unwrap_or_default();
                covered(transaction, index, readings.len())
                    .and_then(|()| verified(&readings, meters, timestamp, replay))
                    .map(|()| readings.len() as u64)
            }
        };
        match result {
            Ok(0) => {}
            Ok(readings) => {
                self.batches = self.batches.saturating_add(1);
                self.readings = self.readings.saturating_add(readings);
            }
            Err(reason) => {
                self.wrong = self.wrong.saturating_add(1);
                let number = index.saturating_add(1);
                let place = || format!("transaction {}: instruction {number}: {reason}", transaction.signature);
                self.first.get_or_insert_with(place);
            }
        }
    }

    /// What has been found.
    ///
    /// # Errors
    /// The first batch of which a signature is missing or wrong.
    pub fn finding(&self) -> Finding {
        let Self { batches, readings, wrong, first } = self;
        match first {
            Some(first) if *wrong == 1 => Err(format!("signatures: {first}")),
            Some(first) => Err(format!("signatures: {first}; and {} more batches", wrong.saturating_sub(1))),
            None if *batches == 0 => Ok("signatures: no reading is signed by its meter".into()),
            None => Ok(format!("signatures: {readings} readings of {batches} batches verify under their meters' keys")),
        }
    }
}

/// Whether the transaction's instruction before is the ed25519 verification of this one's records, as the oracle asks for it.
fn covered(transaction: &Transaction, index: usize, count: usize) -> Result<(), String> {
    let (before, rest) = transaction.instructions.split_at(index);
    if rest.first().is_none_or(|executed| executed.stack_height != 1) {
        return Err("signed readings that another program submits, so that nothing verifies them".into());
    }
    let mut own = before.iter().filter(|executed| executed.stack_height == 1);
    let position = u16::try_from(own.clone().count()).map_err(|_| "more than 65,535 instructions".to_string())?;
    match own.next_back() {
        Some(previous) if previous.program == ED25519_PROGRAM => {
            if previous.data == verification(count, position).data {
                Ok(())
            } else {
                Err(format!("the ed25519 instruction before does not cover the bytes of the {count} signed readings"))
            }
        }
        _ => Err(format!("the ed25519 instruction that verifies the {count} signed readings is missing before them")),
    }
}

/// Whether each reading is of the meter at its place, for this department and interval, and verifies strictly under that meter's key.
fn verified(readings: &[SignedReading], meters: &[Pubkey], timestamp: i64, replay: &Replay) -> Result<(), String> {
    for (place, signed) in readings.iter().enumerate() {
        let number = place.saturating_add(1);
        let address = meters.get(place).ok_or_else(|| format!("signed reading {number} has no meter"))?;
        let meter = replay.registry.meter(address)?;
        let of = format!("signed reading {number}, of {}", meter.id);
        let reading = Reading::from_bytes(&signed.message).ok_or_else(|| format!("{of}: its message is no reading"))?;
        let deployment = replay.registry.department.as_ref().map(|department| department.deployment);
        if reading.meter != meter.id || reading.timestamp != timestamp || Some(reading.deployment) != deployment {
            return Err(format!("{of}: its message is of another meter, interval or department"));
        }
        if signed.signing_key != meter.signing_key.to_bytes() || reading.key_epoch != meter.key_epoch {
            return Err(format!("{of}: it is signed with another key, or key epoch, than the meter's"));
        }
        let key = VerifyingKey::from_bytes(&signed.signing_key).map_err(|_| format!("{of}: its key is no key"))?;
        let signature = Signature::from_bytes(&signed.signature);
        key.verify_strict(&signed.message, &signature)
            .map_err(|_| format!("{of}: its signature is not the meter's of these bytes"))?;
    }
    Ok(())
}
