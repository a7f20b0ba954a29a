//! Submitting an interval's readings: in one transaction where the submitter vouches for them, in batches of five where
//! the meters sign.

use {
    super::{Department, Meter, SettlementError, Wallets, status_name},
    campus_energy_sdk::{
        account::AccountData,
        identity::MeterId,
        ledger::{
            Ledger, LedgerError,
            transaction::{Draft, send},
        },
        oracle::{
            instruction::{IntervalSubmission, submit_readings, submit_signed_readings},
            readings::{MAX_READINGS, PlainReading, SignedReading},
        },
        reading::{DeploymentId, Reading},
        registry::state::{Meter as MeterState, MeterStatus, accept},
        time::Interval,
    },
    ed25519_dalek::{Signer as _, SigningKey},
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
};

/// Who vouches for the readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// The submitter: one transaction an interval.
    Submitter,
    /// Each meter, checked on chain: as many transactions as the packet size forces.
    Meters,
}

impl Signing {
    /// How many readings a transaction carries at most.
    #[must_use]
    pub fn readings_per_transaction(self) -> usize {
        match self {
            Self::Submitter => MAX_READINGS,
            Self::Meters => SIGNED_READINGS_PER_TRANSACTION,
        }
    }
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
    meters: &[SigningKey],
    interval: Interval,
    readings: &[PlainReading],
    signing: Signing,
) -> Vec<Vec<Instruction>> {
    let all: Vec<_> = readings.iter().copied().enumerate().collect();
    all.chunks(signing.readings_per_transaction())
        .map(|some| batch(department, meters, interval.end(), some, signing))
        .collect()
}

/// Why the ledger takes no readings of some meters: they are suspended or retired, or have got another key.
///
/// # Errors
/// [`SettlementError::Unregistered`], and those of [`Ledger::accounts`].
pub fn unsettled_meters(
    ledger: &dyn Ledger,
    department: &Department,
    wallets: &Wallets,
    signing: Signing,
) -> Result<Vec<String>, SettlementError> {
    let states = states(ledger, department)?;
    Ok(reasons(department, wallets, &states, signing).flatten().collect())
}

/// The meters' accounts, in their order.
fn states(ledger: &dyn Ledger, department: &Department) -> Result<Vec<MeterState>, SettlementError> {
    let accounts: Vec<Pubkey> = department.meters.iter().map(|meter| meter.accounts.meter).collect();
    let registered =
        ledger.accounts(&accounts)?.into_iter().map(|account| account.map(|account| MeterState::decode(&account.data)));
    let mut states: Vec<MeterState> = Vec::with_capacity(accounts.len());
    for (state, meter) in registered.zip(&department.meters) {
        let missing = || SettlementError::Unregistered { meter: meter.id, address: meter.accounts.meter };
        states.push(state.and_then(Result::ok).ok_or_else(missing)?);
    }
    Ok(states)
}

/// For each meter why its readings are refused, if they are.
fn reasons(
    department: &Department,
    wallets: &Wallets,
    states: &[MeterState],
    signing: Signing,
) -> impl Iterator<Item = Option<String>> {
    let all = department.meters.iter().zip(&wallets.meters).zip(states);
    all.map(move |((meter, key), state)| {
        if state.status != MeterStatus::Active {
            return Some(format!("{} is {}: its readings are not submitted", meter.id, status_name(state.status)));
        }
        let is_own = state.signing_key.to_bytes() == key.verifying_key().to_bytes();
        (signing == Signing::Meters && !is_own).then(|| {
            format!("{} signs with {} since its key was rotated: it reports by itself", meter.id, state.signing_key)
        })
    })
}

/// The transactions of the readings that a ledger has not accepted yet and would accept, and how many readings they carry. Meters whose
/// readings it would refuse are left out: see [`unsettled_meters`].
/// `readings` of each interval in the order of the department's meters.
///
/// # Errors
/// [`SettlementError::Unregistered`], and those of [`Ledger::accounts`].
pub fn backlog(
    ledger: &dyn Ledger,
    department: &Department,
    wallets: &Wallets,
    intervals: &[(Interval, Vec<PlainReading>)],
    signing: Signing,
) -> Result<(Vec<Draft>, u64), SettlementError> {
    let states = states(ledger, department)?;
    let refused: Vec<Option<String>> = reasons(department, wallets, &states, signing).collect();
    let (mut drafts, mut count) = (Vec::new(), 0);
    for (interval, readings) in intervals {
        let is_open = |state: &MeterState| accept(state.newest, state.accepted, interval.end()).is_ok();
        let all = readings.iter().copied().enumerate().zip(states.iter().zip(&refused));
        // What would be refused for certain would take the others of its transaction with it.
        let missing = all.filter(|(_, (state, refused))| refused.is_none() && is_open(state));
        let missing: Vec<_> = missing.map(|(pair, _)| pair).collect();
        count += missing.len() as u64;
        drafts.extend(
            missing
                .chunks(signing.readings_per_transaction())
                .map(|some| batch(department, &wallets.meters, interval.end(), some, signing))
                .map(|instructions| Draft::new(instructions, &[&wallets.submitter])),
        );
    }
    Ok((drafts, count))
}

/// The instructions of one transaction: readings of meters, by their numbers, that name a time, which need not be an interval's end.
#[must_use]
pub fn batch(
    department: &Department,
    meters: &[SigningKey],
    timestamp: i64,
    readings: &[(usize, PlainReading)],
    signing: Signing,
) -> Vec<Instruction> {
    let Department { addresses, submitter, deployment, .. } = department;
    let accounts: Vec<_> = readings.iter().map(|(meter, _)| department.meters[*meter].accounts).collect();
    match signing {
        Signing::Submitter => {
            let readings = readings.iter().map(|(_, reading)| *reading).collect();
            vec![submit_readings(addresses, submitter, IntervalSubmission { timestamp, meters: &accounts, readings })]
        }
        Signing::Meters => {
            let sign = |(meter, reading): &(usize, PlainReading)| {
                let Meter { id, key_epoch, .. } = department.meters[*meter];
                sign_at((id, key_epoch), &meters[*meter], *deployment, timestamp, reading)
            };
            let signed = readings.iter().map(sign).collect();
            submit_signed_readings(
                addresses,
                submitter,
                IntervalSubmission { timestamp, meters: &accounts, readings: signed },
                1,
            )
            .to_vec()
        }
    }
}

/// A meter signs a reading with a key that has not been rotated: its epoch is 0.
#[must_use]
pub fn sign(
    meter: MeterId,
    key: &SigningKey,
    deployment: DeploymentId,
    interval: Interval,
    reading: &PlainReading,
) -> SignedReading {
    sign_at((meter, 0), key, deployment, interval.end(), reading)
}

fn sign_at(
    (meter, key_epoch): (MeterId, u32),
    key: &SigningKey,
    deployment: DeploymentId,
    timestamp: i64,
    reading: &PlainReading,
) -> SignedReading {
    let &PlainReading { generated, consumed, quality } = reading;
    let reading = Reading { deployment, meter, timestamp, generated, consumed, key_epoch, quality };
    sign_reading(key, &reading)
}

/// A reading with the signature of its 56 bytes by a meter's key.
#[must_use]
pub fn sign_reading(key: &SigningKey, reading: &Reading) -> SignedReading {
    let message = reading.to_bytes();
    let signature = key.sign(&message).to_bytes();
    SignedReading { message, signature, signing_key: key.verifying_key().to_bytes() }
}

/// Sends an interval's transactions.
///
/// # Errors
/// Those of [`Ledger::send`]; the transactions before the failed one stay settled.
pub fn settle(
    ledger: &mut impl Ledger,
    department: &Department,
    submitter: &Keypair,
    transactions: &[Vec<Instruction>],
) -> Result<Settled, LedgerError> {
    let mut settled = Settled::default();
    for instructions in transactions {
        let tables = std::slice::from_ref(&department.table);
        let receipt = send(ledger, instructions, &[submitter], tables)?;
        settled.transactions += 1;
        settled.compute_units += receipt.compute_units;
    }
    Ok(settled)
}
