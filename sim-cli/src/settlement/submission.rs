//! Submitting an interval's readings: in one transaction where the submitter vouches for them, in batches of five where
//! the meters sign.

use {
    super::{Department, Meter},
    campus_energy_sdk::{
        ledger::{Ledger, LedgerError, transaction::send},
        oracle::{
            instruction::{submit_readings, submit_signed_readings},
            readings::{MAX_READINGS, PlainReading, SignedReading},
        },
        reading::{DeploymentId, Reading},
        time::Interval,
    },
    ed25519_dalek::Signer as _,
    solana_program::instruction::Instruction,
    solana_signer::Signer as _,
};

/// Who vouches for the readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// The submitter: one transaction an interval.
    Submitter,
    /// Each meter, checked on chain: as many transactions as the packet size forces.
    Meters,
}

/// Signed readings that fit one transaction of 1,232 bytes.
pub const SIGNED_READINGS_PER_TRANSACTION: usize = 5;

/// What settling an interval took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Transactions sent.
    pub transactions: u64,
    /// Compute units they consumed.
    pub compute_units: u64,
}

/// The instructions of one interval, a list for each transaction. `readings` in the order of the department's meters.
#[must_use]
pub fn prepare(
    department: &Department,
    interval: Interval,
    readings: &[PlainReading],
    signing: Signing,
) -> Vec<Vec<Instruction>> {
    let size = match signing {
        Signing::Submitter => MAX_READINGS,
        Signing::Meters => SIGNED_READINGS_PER_TRANSACTION,
    };
    let batches = department.meters.chunks(size).zip(readings.chunks(size));
    batches.map(|(meters, readings)| batch(department, interval, meters, readings, signing)).collect()
}

fn batch(
    department: &Department,
    interval: Interval,
    meters: &[Meter],
    readings: &[PlainReading],
    signing: Signing,
) -> Vec<Instruction> {
    let (addresses, submitter) = (&department.addresses, department.submitter.pubkey());
    let accounts: Vec<_> = meters.iter().map(|meter| meter.accounts).collect();
    match signing {
        Signing::Submitter => {
            vec![submit_readings(addresses, &submitter, &accounts, interval.end(), readings.to_vec())]
        }
        Signing::Meters => {
            let pairs = meters.iter().zip(readings);
            let signed = pairs.map(|(meter, reading)| sign(meter, department.deployment, interval, reading)).collect();
            submit_signed_readings(addresses, &submitter, &accounts, interval.end(), signed, 1).to_vec()
        }
    }
}

/// A meter signs a reading. Its key epoch is 0: the keys of local networks are not rotated.
#[must_use]
pub fn sign(meter: &Meter, deployment: DeploymentId, interval: Interval, reading: &PlainReading) -> SignedReading {
    let &PlainReading { generated, consumed, quality } = reading;
    let timestamp = interval.end();
    let reading = Reading { deployment, meter: meter.id, timestamp, generated, consumed, key_epoch: 0, quality };
    let message = reading.to_bytes();
    SignedReading {
        message,
        signature: meter.key.sign(&message).to_bytes(),
        signing_key: meter.key.verifying_key().to_bytes(),
    }
}

/// Sends an interval's transactions.
///
/// # Errors
/// Those of [`Ledger::send`]; the transactions before the failed one stay settled.
pub fn settle(
    ledger: &mut impl Ledger,
    department: &Department,
    transactions: &[Vec<Instruction>],
) -> Result<Settled, LedgerError> {
    let mut settled = Settled::default();
    for instructions in transactions {
        let tables = std::slice::from_ref(&department.table);
        let receipt = send(ledger, instructions, &[&department.submitter], tables)?;
        settled.transactions += 1;
        settled.compute_units += receipt.compute_units;
    }
    Ok(settled)
}
