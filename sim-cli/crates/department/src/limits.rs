//! A department's limits as a ledger has them, and changing them: what its authority does when a limit is reached.

use {
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        identity::MeterId,
        ledger::{Ledger, LedgerError, transaction::send},
        oracle::{
            instruction::configure,
            state::{GREATEST_MAX_AGE, GREATEST_MAX_SKEW, Limits, Oracle},
        },
        registry::{
            instruction::set_meter_limit,
            state::{Department, Meter},
        },
        time::{SECONDS_PER_DAY, unix_day},
    },
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    std::ops::RangeInclusive,
    thiserror::Error,
};

/// Why limits cannot be shown or changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LimitsError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no such account.
    #[error("{0} {1} is not on this ledger: the department has not been founded; run init")]
    Unfounded(&'static str, Pubkey),
    /// What is at the address is something else.
    #[error("{0} {1}: {2}")]
    Damaged(&'static str, Pubkey, String),
    /// The key is not the authority's.
    #[error(
        "the department's authority is {needed}; the key given is that of {given}: give the authority's key with --keypair"
    )]
    WrongKey {
        /// Whose key it must be.
        needed: Pubkey,
        /// Whose it is.
        given: Pubkey,
    },
    /// A value that the program does not take.
    #[error("{option} {value}: out of range; {} to {} {unit} are allowed", allowed.start(), allowed.end())]
    OutOfRange {
        /// The option of the command.
        option: &'static str,
        /// Its value.
        value: u64,
        /// What it can be.
        allowed: RangeInclusive<u64>,
        /// The unit of both.
        unit: &'static str,
    },
    /// The department has no such meter.
    #[error("the department has no meter {0}; it has {1}")]
    UnknownMeter(MeterId, String),
    /// Nothing would be different.
    #[error("nothing to change: {0}")]
    NothingToChange(String),
}

/// One of the oracle's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitName {
    /// [`Limits::daily_surplus`].
    DailySurplus,
    /// [`Limits::array_generation`].
    ArrayGeneration,
    /// [`Limits::meter_consumption`].
    MeterConsumption,
    /// [`Limits::max_age`].
    MaxAge,
    /// [`Limits::max_skew`].
    MaxSkew,
}

impl LimitName {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::DailySurplus, Self::ArrayGeneration, Self::MeterConsumption, Self::MaxAge, Self::MaxSkew];

    /// The field's name on the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DailySurplus => "daily_surplus",
            Self::ArrayGeneration => "array_generation",
            Self::MeterConsumption => "meter_consumption",
            Self::MaxAge => "max_age",
            Self::MaxSkew => "max_skew",
        }
    }

    /// The option of `sim-cli limits set`.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::DailySurplus => "--daily-surplus",
            Self::ArrayGeneration => "--array-generation",
            Self::MeterConsumption => "--meter-consumption",
            Self::MaxAge => "--max-age",
            Self::MaxSkew => "--max-skew",
        }
    }

    /// Its unit: Wh or s.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::DailySurplus | Self::ArrayGeneration | Self::MeterConsumption => "Wh",
            Self::MaxAge | Self::MaxSkew => "s",
        }
    }

    /// What the oracle takes.
    #[must_use]
    pub fn allowed(self) -> RangeInclusive<u64> {
        match self {
            Self::DailySurplus => 1..=u64::MAX,
            Self::ArrayGeneration | Self::MeterConsumption => 1..=u32::MAX.into(),
            Self::MaxAge => 0..=GREATEST_MAX_AGE.into(),
            Self::MaxSkew => 0..=GREATEST_MAX_SKEW.into(),
        }
    }

    /// Its value.
    #[must_use]
    pub fn of(self, limits: &Limits) -> u64 {
        match self {
            Self::DailySurplus => limits.daily_surplus,
            Self::ArrayGeneration => limits.array_generation.into(),
            Self::MeterConsumption => limits.meter_consumption.into(),
            Self::MaxAge => limits.max_age.into(),
            Self::MaxSkew => limits.max_skew.into(),
        }
    }

    /// Changes it.
    ///
    /// # Errors
    /// [`LimitsError::OutOfRange`].
    pub fn set(self, limits: &mut Limits, value: u64) -> Result<(), LimitsError> {
        let short = within(self.option(), value, self.allowed(), self.unit())?;
        match self {
            Self::DailySurplus => limits.daily_surplus = value,
            Self::ArrayGeneration => limits.array_generation = short,
            Self::MeterConsumption => limits.meter_consumption = short,
            Self::MaxAge => limits.max_age = short,
            Self::MaxSkew => limits.max_skew = short,
        }
        Ok(())
    }
}

/// A value that is allowed, as 32 bits hold it: exactly where what is allowed has no more.
fn within(
    option: &'static str,
    value: u64,
    allowed: RangeInclusive<u64>,
    unit: &'static str,
) -> Result<u32, LimitsError> {
    if allowed.contains(&value) {
        return Ok(u32::try_from(value).unwrap_or(u32::MAX));
    }
    Err(LimitsError::OutOfRange { option, value, allowed, unit })
}

/// A department's limits as the ledger has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentLimits {
    /// Who can change them.
    pub authority: Pubkey,
    /// The oracle's.
    pub limits: Limits,
    /// Whether each reading must be signed by its meter; set together with the limits.
    pub require_signatures: bool,
    /// Surplus minted so far on the UTC day of the ledger's clock, Wh.
    pub day_surplus: u64,
    /// When that day ends, Unix seconds.
    pub day_end: i64,
    /// The most that each meter can generate in one interval, Wh, in the order of their numbers.
    pub meters: Vec<(MeterId, u32)>,
}

/// What is changed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsPlan {
    /// What changes.
    pub changes: Vec<LimitChange>,
    instruction: Instruction,
}

/// A value that changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LimitChange {
    /// The limit; of a meter with its id.
    pub limit: String,
    /// The unit of both values.
    pub unit: &'static str,
    /// What the ledger has now.
    pub now: u64,
    /// What it has after the transaction.
    pub after: u64,
}

impl DepartmentLimits {
    /// Reads them; `now` is the ledger's clock, a Unix second.
    ///
    /// # Errors
    /// [`LimitsError::Unfounded`], [`LimitsError::Damaged`], and those of the ledger.
    pub fn read(ledger: &dyn Ledger, addresses: &Addresses, now: i64) -> Result<Self, LimitsError> {
        let programs = &addresses.programs;
        let mut there = ledger.accounts(&[addresses.department, addresses.oracle])?.into_iter();
        let mut next = || there.next().flatten();
        let department: Department = decode("Department", addresses.department, &programs.registry, next())?;
        let oracle: Oracle = decode("Oracle", addresses.oracle, &programs.oracle, next())?;
        let of_department = Meter::FIELDS.department.offset();
        let owned = ledger.owned(&programs.registry, of_department, addresses.department.as_ref())?;
        // Participants name their department, too.
        let mut meters: Vec<Meter> =
            owned.iter().filter_map(|(_, account)| Meter::decode(&account.data).ok()).collect();
        meters.sort_by_key(|meter| meter.index);
        let today = unix_day(now);
        let next_day = i64::try_from(today).unwrap_or(i64::MAX).saturating_add(1);
        Ok(Self {
            authority: department.authority,
            limits: oracle.limits,
            require_signatures: oracle.require_signatures,
            day_surplus: if u64::from(oracle.day) == today { oracle.day_surplus.0 } else { 0 },
            day_end: next_day.saturating_mul(SECONDS_PER_DAY),
            meters: meters.iter().map(|meter| (meter.id, meter.generation_limit)).collect(),
        })
    }

    /// What can still be minted on the day, Wh.
    #[must_use]
    pub fn day_left(&self) -> u64 {
        self.limits.daily_surplus.saturating_sub(self.day_surplus)
    }

    /// Sets limits of the oracle; the others stay as they are on the ledger.
    ///
    /// # Errors
    /// [`LimitsError::WrongKey`], [`LimitsError::OutOfRange`], [`LimitsError::NothingToChange`].
    pub fn set(
        &self,
        addresses: &Addresses,
        by: &Pubkey,
        wanted: &[(LimitName, u64)],
    ) -> Result<LimitsPlan, LimitsError> {
        let (mut limits, mut changes) = (self.limits, Vec::new());
        for &(limit, after) in wanted {
            limit.set(&mut limits, after)?;
            let now = limit.of(&self.limits);
            if now != after {
                changes.push(LimitChange { limit: limit.name().into(), unit: limit.unit(), now, after });
            }
        }
        if wanted.is_empty() {
            let options = LimitName::ALL.map(LimitName::option).join(", ");
            return Err(LimitsError::NothingToChange(format!("give at least one of {options}")));
        }
        if changes.is_empty() {
            let same = |(limit, value): &(LimitName, u64)| format!("{} is {value} {}", limit.name(), limit.unit());
            return Err(LimitsError::NothingToChange(wanted.iter().map(same).collect::<Vec<_>>().join(", ")));
        }
        self.check_key(by)?;
        Ok(LimitsPlan { changes, instruction: configure(addresses, by, limits, self.require_signatures) })
    }

    /// Sets the most that a meter can generate in one interval, Wh.
    ///
    /// # Errors
    /// [`LimitsError::UnknownMeter`], [`LimitsError::OutOfRange`], [`LimitsError::NothingToChange`], [`LimitsError::WrongKey`].
    pub fn set_meter(
        &self,
        addresses: &Addresses,
        by: &Pubkey,
        id: MeterId,
        generation: u64,
    ) -> Result<LimitsPlan, LimitsError> {
        let known = self.meters.iter().find(|(meter, _)| *meter == id);
        let &(_, now) = known.ok_or_else(|| LimitsError::UnknownMeter(id, self.meter_names()))?;
        let after = within("--generation", generation, 0..=u32::MAX.into(), "Wh")?;
        let limit = format!("{id} generation_limit");
        if now == after {
            return Err(LimitsError::NothingToChange(format!("{limit} is {now} Wh")));
        }
        self.check_key(by)?;
        let change = LimitChange { limit, unit: "Wh", now: now.into(), after: generation };
        Ok(LimitsPlan { changes: vec![change], instruction: set_meter_limit(addresses, by, &id, after) })
    }

    fn check_key(&self, given: &Pubkey) -> Result<(), LimitsError> {
        let (needed, given) = (self.authority, *given);
        if needed == given { Ok(()) } else { Err(LimitsError::WrongKey { needed, given }) }
    }

    fn meter_names(&self) -> String {
        match self.meters.as_slice() {
            [] => "none".into(),
            [(only, _)] => only.to_string(),
            [(first, _), .., (last, _)] => format!("{} meters, {first} to {last}", self.meters.len()),
        }
    }
}

impl LimitsPlan {
    /// Sends it, signed and paid by the authority. The transaction's id.
    ///
    /// # Errors
    /// Those of [`Ledger::send`].
    pub fn send(&self, ledger: &mut impl Ledger, authority: &Keypair) -> Result<String, LedgerError> {
        Ok(send(ledger, std::slice::from_ref(&self.instruction), &[authority], &[])?.signature)
    }
}

pub(crate) fn decode<T: AccountData>(
    name: &'static str,
    address: Pubkey,
    program: &Pubkey,
    account: Option<Account>,
) -> Result<T, LimitsError> {
    let account = account.ok_or(LimitsError::Unfounded(name, address))?;
    if account.owner != *program {
        let why = format!("it belongs to {}, not to the program {program}", account.owner);
        return Err(LimitsError::Damaged(name, address, why));
    }
    T::decode(&account.data).map_err(|error| LimitsError::Damaged(name, address, error.to_string()))
}
