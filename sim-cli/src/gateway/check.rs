//! Whether a reading may be taken: what the programs would refuse is refused before it is stored, each failure with a status
//! and code of its own.

use {
    super::{Problem, Submission},
    axum::http::StatusCode,
    campus_energy_sdk::{
        account::AccountData,
        identity::MeterId,
        ledger::{Ledger, LedgerError},
        oracle::state::Limits,
        reading::{DeploymentId, READING_LENGTH, Reading},
        registry::state::{Meter, MeterStatus},
    },
    ed25519_dalek::{Signature, VerifyingKey},
    solana_program::pubkey::Pubkey,
    std::collections::HashMap,
};

/// A registered meter, as the ledger has it.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Whether its readings are taken.
    pub status: MeterStatus,
    /// What it signs with.
    pub signing_key: Pubkey,
    /// The epoch of that key.
    pub key_epoch: u32,
    /// Where its surplus is minted to.
    pub token_account: Pubkey,
}

/// The department's meters and limits, as the ledger has them.
#[derive(Clone, Debug)]
pub struct Register {
    /// Ties signatures to this department on this ledger.
    pub deployment: DeploymentId,
    /// What is plausible.
    pub limits: Limits,
    meters: HashMap<MeterId, Known>,
}

impl Register {
    /// Reads the meters' accounts.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(
        ledger: &impl Ledger,
        deployment: DeploymentId,
        limits: Limits,
        meters: impl Iterator<Item = (MeterId, Pubkey)>,
    ) -> Result<Self, LedgerError> {
        let mut known = HashMap::new();
        for (id, address) in meters {
            let account = ledger.account(&address)?;
            if let Some(meter) = account.and_then(|account| Meter::decode(&account.data).ok()) {
                let Meter { status, signing_key, key_epoch, token_account, .. } = meter;
                known.insert(id, Known { status, signing_key, key_epoch, token_account });
            }
        }
        Ok(Self { deployment, limits, meters: known })
    }

    /// A registered meter.
    #[must_use]
    pub fn meter(&self, id: &MeterId) -> Option<&Known> {
        self.meters.get(id)
    }

    /// The 56 bytes that a submission's meter has signed.
    #[must_use]
    pub fn message(&self, submission: &Submission) -> [u8; READING_LENGTH] {
        let &Submission { meter, interval, generated, consumed, key_epoch, quality, .. } = submission;
        let timestamp = interval.end();
        Reading { deployment: self.deployment, meter, timestamp, generated, consumed, key_epoch, quality }.to_bytes()
    }

    /// Checks a submission at a time (Unix seconds); its meter.
    ///
    /// # Errors
    /// A problem of the field at fault.
    pub fn check(&self, submission: &Submission, now: i64) -> Result<&Known, Problem> {
        let Submission { meter, interval, generated, consumed, key_epoch, .. } = submission;
        let unprocessable =
            |field, code, detail: String| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).of(field));
        let Some(known) = self.meters.get(meter) else {
            let detail = format!("{meter} is no registered meter of this department");
            return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_meter", detail).of("meter_id"));
        };
        if known.status != MeterStatus::Active {
            let detail = format!("{meter} is registered but not active");
            return Err(Problem::new(StatusCode::FORBIDDEN, "inactive_meter", detail).of("meter_id"));
        }
        let Limits { max_age, max_skew, meter_generation, meter_consumption, .. } = self.limits;
        let age = now - interval.end();
        if age < -i64::from(max_skew) {
            let detail = format!("the interval ends in {} s; clocks may differ by {max_skew} s", -age);
            return unprocessable("timestamp", "future_reading", detail);
        }
        if age > i64::from(max_age) {
            let detail = format!("the interval ended {age} s ago; readings are taken for {max_age} s");
            return unprocessable("timestamp", "stale_reading", detail);
        }
        for (field, energy, limit) in
            [("energy_generated", generated, meter_generation), ("energy_consumed", consumed, meter_consumption)]
        {
            if *energy > limit {
                let detail = format!("{energy} Wh in an interval; at most {limit} Wh are plausible for a meter");
                return unprocessable(field, "implausible_energy", detail);
            }
        }
        if *key_epoch != known.key_epoch {
            let detail = format!("the meter's key is of epoch {}, the reading says {key_epoch}", known.key_epoch);
            return unprocessable("key_epoch", "wrong_key_epoch", detail);
        }
        let message = self.message(submission);
        let key = VerifyingKey::from_bytes(&known.signing_key.to_bytes());
        let signature = Signature::from_bytes(&submission.signature);
        match key.map(|key| key.verify_strict(&message, &signature)) {
            Ok(Ok(())) => Ok(known),
            _ => {
                let detail = format!("the signature is not {meter}'s of this reading for this department and ledger");
                Err(Problem::new(StatusCode::FORBIDDEN, "wrong_signature", detail).of("signature"))
            }
        }
    }
}
