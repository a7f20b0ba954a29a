//! Checks whether a reading may be accepted: what the programs would reject is rejected before it is stored, each failure with
//! its own code.

use {
    super::{
        Submission,
        rejection::{Code, Rejection},
    },
    campus_energy_department::Department,
    campus_energy_sdk::{
        account::AccountData,
        identity::{MeterId, Prefix},
        ledger::{Ledger, LedgerError},
        oracle::state::{Limits, Oracle},
        reading::{DeploymentId, READING_LENGTH, Reading},
        registry::state::{Meter, MeterStatus},
    },
    ed25519_dalek::{Signature, VerifyingKey},
    solana_program::pubkey::Pubkey,
    std::{
        collections::HashMap,
        sync::{PoisonError, RwLock},
    },
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
    /// The most that it can generate in one interval, Wh.
    pub generation_limit: u32,
    /// Where its surplus is minted to.
    pub token_account: Pubkey,
    /// Whether its owner is a registered participant with that token account.
    pub owned: bool,
}

/// The department's meters and limits, as the ledger has them.
#[derive(Debug)]
pub struct Register {
    /// Ties signatures to this department on this ledger.
    pub deployment: DeploymentId,
    /// What its meters' ids begin with.
    pub prefix: Prefix,
    known: RwLock<(Limits, HashMap<MeterId, Known>)>,
}

impl Register {
    /// Reads the accounts of these meters and of their oracle.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(ledger: &dyn Ledger, department: &Department) -> Result<Self, LedgerError> {
        let oracle = oracle(ledger, department)?.ok_or_else(|| {
            let what = "the department's oracle (the department has not been founded on this ledger; run init)".into();
            LedgerError::Missing { what, address: department.addresses.oracle }
        })?;
        let register = Self {
            deployment: department.deployment,
            prefix: department.addresses.prefix,
            known: RwLock::new((oracle.limits, HashMap::new())),
        };
        register.refresh(ledger, department)?;
        Ok(register)
    }

    /// Reads them again: a meter may have been suspended, or have got another key, a limit may have been changed. What is not there
    /// stays as it was known: a node may be behind.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn refresh(&self, ledger: &dyn Ledger, department: &Department) -> Result<(), LedgerError> {
        let accounts: Vec<Pubkey> = department.meters.iter().map(|meter| meter.accounts.meter).collect();
        let decoded = ledger.accounts(&accounts)?.into_iter().map(|account| Meter::decode(&account?.data).ok());
        let states: Vec<(MeterId, Meter)> =
            department.meters.iter().zip(decoded).filter_map(|(meter, state)| Some((meter.id, state?))).collect();
        let owned =
            states.iter().flat_map(|(_, state)| [department.addresses.participant(&state.owner), state.token_account]);
        let there = ledger.accounts(&owned.collect::<Vec<_>>())?;
        let oracle = oracle(ledger, department)?;
        let known = states.iter().zip(there.chunks(2)).map(|((id, state), there)| {
            let &Meter { status, signing_key, key_epoch, generation_limit, token_account, .. } = state;
            let owned = there.iter().all(Option::is_some);
            (*id, Known { status, signing_key, key_epoch, generation_limit, token_account, owned })
        });
        let (limits, meters) = &mut *self.known.write().unwrap_or_else(PoisonError::into_inner);
        meters.extend(known);
        *limits = oracle.map_or(*limits, |oracle| oracle.limits);
        Ok(())
    }

    /// What is plausible.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.known.read().unwrap_or_else(PoisonError::into_inner).0
    }

    /// A registered meter.
    #[must_use]
    pub fn meter(&self, id: &MeterId) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).1.get(id).copied()
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
    /// A rejection that names the field at fault.
    pub fn check(&self, submission: &Submission, now: i64) -> Result<Known, Rejection> {
        let Submission { meter, interval, generated, consumed, key_epoch, .. } = submission;
        let rejected = |field, code, text: String| Err(Rejection::new(code, text).of(field));
        if !meter.belongs_to(&self.prefix) {
            let detail =
                format!("{meter} is not a meter of this department: the ids of its meters begin with {}", self.prefix);
            return rejected("meter_id", Code::WrongPrefix, detail);
        }
        let Some(known) = self.meter(meter) else {
            let detail = format!("{meter} is not a registered meter of this department");
            return rejected("meter_id", Code::UnknownMeter, detail);
        };
        if known.status != MeterStatus::Active {
            let detail = format!("{meter} is registered but not active");
            return rejected("meter_id", Code::InactiveMeter, detail);
        }
        if !known.owned {
            let detail = format!("the owner of {meter} is not a registered participant with an energy token account");
            return rejected("meter_id", Code::UnregisteredOwner, detail);
        }
        let Limits { max_age, max_skew, meter_consumption, .. } = self.limits();
        let age = now - interval.end();
        if age < -i64::from(max_skew) {
            let detail = format!("the interval ends in {} s; a meter's clock may be at most {max_skew} s ahead", -age);
            return rejected("timestamp", Code::FutureReading, detail);
        }
        if age > i64::from(max_age) {
            let detail = format!("the interval ended {age} s ago; readings are accepted for {max_age} s");
            return rejected("timestamp", Code::StaleReading, detail);
        }
        for (field, energy, limit) in
            [("energy_generated", generated, known.generation_limit), ("energy_consumed", consumed, meter_consumption)]
        {
            if *energy > limit {
                let detail = format!("{energy} Wh in an interval; at most {limit} Wh are plausible for {meter}");
                return rejected(field, Code::ImplausibleEnergy, detail);
            }
        }
        if *key_epoch != known.key_epoch {
            let detail = format!("the meter's key has epoch {}, the reading has {key_epoch}", known.key_epoch);
            return rejected("key_epoch", Code::WrongKeyEpoch, detail);
        }
        let message = self.message(submission);
        let key = VerifyingKey::from_bytes(&known.signing_key.to_bytes());
        let signature = Signature::from_bytes(&submission.signature);
        match key.map(|key| key.verify_strict(&message, &signature)) {
            Ok(Ok(())) => Ok(known),
            _ => {
                let detail = format!("the signature is not that of {meter} for this reading, department and ledger");
                rejected("signature", Code::WrongSignature, detail)
            }
        }
    }
}

fn oracle(ledger: &dyn Ledger, department: &Department) -> Result<Option<Oracle>, LedgerError> {
    Ok(ledger.account(&department.addresses.oracle)?.and_then(|account| Oracle::decode(&account.data).ok()))
}
