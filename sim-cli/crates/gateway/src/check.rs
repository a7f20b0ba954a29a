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
        registry::state::{Department as Registered, Meter, MeterStatus, Zone},
    },
    ed25519_dalek::{Signature, VerifyingKey},
    solana_program::pubkey::Pubkey,
    std::{
        collections::{BTreeMap, HashMap},
        sync::{PoisonError, RwLock, RwLockReadGuard},
        time::{Duration, Instant},
    },
    tracing::warn,
};

/// How long after a search for new meters has failed the next one is made: it goes through all accounts of a program, and the engine
/// waits for it.
const NEXT_SEARCH: Duration = Duration::from_secs(60);

/// A registered meter, as the ledger has it.
#[derive(Clone, Copy, Debug)]
pub struct KnownMeter {
    /// Its number within the department.
    pub index: u32,
    /// Where it measures.
    pub zone: Zone,
    /// Its account in the registry.
    pub account: Pubkey,
    /// Who owns it, a wallet.
    pub owner: Pubkey,
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
    known: RwLock<State>,
}

/// What the ledger has.
#[derive(Debug)]
struct State {
    limits: Limits,
    paused: bool,
    meters: HashMap<MeterId, KnownMeter>,
    /// When new meters may be searched for, where the last search has failed.
    search: Option<Instant>,
}

/// What has changed since the register was read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Meters whose waiting readings are to be looked at again: they were suspended, or the department was paused, and are not any more, or
    /// they have another key.
    pub resumed: Vec<MeterId>,
}

impl Register {
    /// Reads the accounts of the department, of its oracle and of all its meters, those that were registered after the founding too.
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
            known: RwLock::new(State { limits: oracle.limits, paused: false, meters: HashMap::new(), search: None }),
        };
        register.refresh(ledger, department)?;
        Ok(register)
    }

    /// Reads them again: a meter may have been added, suspended, or have got another key, a limit may have been changed. What is not there
    /// stays as it was known: a node may be behind. Where new meters cannot be searched for, those that are known are read.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn refresh(&self, ledger: &dyn Ledger, department: &Department) -> Result<Refreshed, LedgerError> {
        let addresses = &department.addresses;
        let there = ledger.account(&addresses.department)?;
        let there = there.and_then(|account| Registered::decode(&account.data).ok());
        let mut meters: BTreeMap<MeterId, Pubkey> =
            department.meters.iter().map(|meter| (meter.id, meter.accounts.meter)).collect();
        meters.extend(self.meters().into_iter().map(|(id, known)| (id, known.account)));
        let is_time = self.state().search.is_none_or(|next| Instant::now() >= next);
        if is_time && there.as_ref().is_some_and(|there| there.meters as usize > meters.len()) {
            match search(ledger, department) {
                Ok(registered) => meters.extend(registered),
                // Some nodes refuse such a search, or take long: those that are known are read all the same.
                Err(error) => {
                    warn!(%error, "meters that were registered since cannot be searched for; it is tried again in a minute");
                    self.known.write().unwrap_or_else(PoisonError::into_inner).search =
                        Some(Instant::now() + NEXT_SEARCH);
                }
            }
        }
        let accounts: Vec<Pubkey> = meters.values().copied().collect();
        let decoded = ledger.accounts(&accounts)?.into_iter().map(|account| Meter::decode(&account?.data).ok());
        let states: Vec<(Pubkey, Meter)> =
            accounts.iter().zip(decoded).filter_map(|(address, state)| Some((*address, state?))).collect();
        let owned = states.iter().flat_map(|(_, state)| [addresses.participant(&state.owner), state.token_account]);
        let tokens = ledger.accounts(&owned.collect::<Vec<_>>())?;
        let oracle = oracle(ledger, department)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let was_paused = known.paused;
        known.paused = there.map_or(was_paused, |there| there.paused);
        let is_resumed = was_paused && !known.paused;
        let mut refreshed = Refreshed::default();
        for ((account, state), there) in states.iter().zip(tokens.chunks(2)) {
            let owned = there.iter().all(Option::is_some);
            let Meter { id, index, status, signing_key, key_epoch, generation_limit, .. } = *state;
            let (zone, owner, token_account) = (state.zone, state.owner, state.token_account);
            let own = KnownMeter {
                index,
                zone,
                account: *account,
                owner,
                status,
                signing_key,
                key_epoch,
                generation_limit,
                token_account,
                owned,
            };
            if let Some(before) = known.meters.insert(id, own)
                && (is_resumed
                    || before.key_epoch != key_epoch
                    || (before.status != status && status == MeterStatus::Active))
            {
                refreshed.resumed.push(id);
            }
        }
        known.limits = oracle.map_or(known.limits, |oracle| oracle.limits);
        Ok(refreshed)
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The registered meters, by their numbers.
    #[must_use]
    pub fn meters(&self) -> Vec<(MeterId, KnownMeter)> {
        let mut all: Vec<(MeterId, KnownMeter)> = self.state().meters.iter().map(|(id, known)| (*id, *known)).collect();
        all.sort_by_key(|(_, known)| known.index);
        all
    }

    /// What is plausible.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.state().limits
    }

    /// A registered meter.
    #[must_use]
    pub fn meter(&self, id: &MeterId) -> Option<KnownMeter> {
        self.state().meters.get(id).copied()
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
    pub fn check(&self, submission: &Submission, now: i64) -> Result<KnownMeter, Rejection> {
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
        // One that is suspended measures all the same: what it reports is kept until it is resumed.
        if known.status == MeterStatus::Retired {
            let detail = format!("{meter} is retired: its readings are not taken any more");
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

/// The accounts of all meters that name the department.
fn search(ledger: &dyn Ledger, department: &Department) -> Result<Vec<(MeterId, Pubkey)>, LedgerError> {
    let addresses = &department.addresses;
    let of_department = Meter::FIELDS.department.offset();
    let owned = ledger.owned(&addresses.programs.registry, of_department, addresses.department.as_ref())?;
    // Participants name their department, too.
    let meters =
        owned.into_iter().filter_map(|(address, account)| Some((Meter::decode(&account.data).ok()?.id, address)));
    Ok(meters.collect())
}

fn oracle(ledger: &dyn Ledger, department: &Department) -> Result<Option<Oracle>, LedgerError> {
    Ok(ledger.account(&department.addresses.oracle)?.and_then(|account| Oracle::decode(&account.data).ok()))
}
