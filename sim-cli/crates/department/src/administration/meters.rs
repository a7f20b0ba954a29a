//! Meters: registered, given another key, suspended, retired.

use {
    super::{Administration, AdministrationError, Change, Plan},
    crate::LimitsError,
    campus_energy_sdk::{
        SPL_TOKEN,
        identity::MeterId,
        ledger::{
            Ledger,
            transaction::{extend_table, find_table_with},
        },
        registry::{
            instruction::{MeterRegistration, register_meter, rotate_meter_key, set_meter_status},
            state::{Meter, MeterStatus},
        },
    },
    ed25519_dalek::VerifyingKey,
    solana_program::pubkey::Pubkey,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
};

/// Addresses of a lookup table, at most.
const LOOKUP_TABLE_ADDRESSES: usize = 256;

/// A status's name in tables and answers.
#[must_use]
pub const fn status_name(status: MeterStatus) -> &'static str {
    match status {
        MeterStatus::Active => "active",
        MeterStatus::Suspended => "suspended",
        MeterStatus::Retired => "retired",
    }
}

impl Administration {
    /// A meter.
    ///
    /// # Errors
    /// [`LimitsError::UnknownMeter`], which says which there are.
    pub fn meter(&self, id: MeterId) -> Result<&Meter, AdministrationError> {
        let unknown = || {
            let names = match self.meters.as_slice() {
                [] => "none".into(),
                [only] => only.id.to_string(),
                [first, .., last] => format!("{} meters, {} to {}", self.meters.len(), first.id, last.id),
            };
            LimitsError::UnknownMeter(id, names).into()
        };
        self.meters.iter().find(|meter| meter.id == id).ok_or_else(unknown)
    }

    /// Suspends a meter, takes its readings again, or retires it for good.
    ///
    /// # Errors
    /// [`LimitsError::UnknownMeter`], [`AdministrationError::Retired`], [`LimitsError::WrongKey`].
    pub fn set_status(&self, by: &Pubkey, id: MeterId, status: MeterStatus) -> Result<Plan, AdministrationError> {
        let meter = self.meter(id)?;
        if meter.status == status {
            return Ok(Plan::nothing(format!("{id} is {} already", status_name(status))));
        }
        if meter.status == MeterStatus::Retired {
            return Err(AdministrationError::Retired(id));
        }
        self.check_key(by)?;
        Ok(Plan {
            changes: vec![Change::new(id, "status", status_name(meter.status), status_name(status))],
            notes: Vec::new(),
            transactions: vec![vec![set_meter_status(&self.addresses, by, &id, status)]],
        })
    }

    /// Gives a meter another signing key: its registers go on, its key epoch rises by one.
    ///
    /// # Errors
    /// [`LimitsError::UnknownMeter`], [`AdministrationError::Retired`], [`AdministrationError::NoSigningKey`],
    /// [`AdministrationError::SharedKey`], [`LimitsError::WrongKey`].
    pub fn rotate(&self, by: &Pubkey, id: MeterId, signing_key: &Pubkey) -> Result<Plan, AdministrationError> {
        let meter = self.meter(id)?;
        if meter.signing_key == *signing_key {
            let epoch = meter.key_epoch;
            return Ok(Plan::nothing(format!("{id} signs with {signing_key} already, key epoch {epoch}")));
        }
        if meter.status == MeterStatus::Retired {
            return Err(AdministrationError::Retired(id));
        }
        self.check_signing_key(id, signing_key)?;
        self.check_key(by)?;
        let epoch = meter.key_epoch;
        Ok(Plan {
            changes: vec![
                Change::new(id, "signing key", meter.signing_key, signing_key),
                Change::new(id, "key epoch", epoch, u64::from(epoch) + 1),
            ],
            notes: Vec::new(),
            transactions: vec![vec![rotate_meter_key(&self.addresses, by, &id, signing_key)]],
        })
    }

    /// Registers a meter, makes its owner's token account where that is missing, and adds its accounts to the department's lookup table. What
    /// has been done of it before is left out.
    ///
    /// # Errors
    /// [`AdministrationError::WrongPrefix`], [`AdministrationError::NoParticipant`], [`AdministrationError::OtherMeter`],
    /// [`AdministrationError::NoSigningKey`], [`AdministrationError::SharedKey`], [`AdministrationError::FullTable`],
    /// [`LimitsError::WrongKey`], and those of the ledger.
    pub fn register_meter(
        &self,
        ledger: &dyn Ledger,
        by: &Pubkey,
        wanted: &MeterRegistration,
    ) -> Result<Plan, AdministrationError> {
        let addresses = &self.addresses;
        let MeterRegistration { id, zone, owner, signing_key, generation_limit } = *wanted;
        if !id.belongs_to(&addresses.prefix) {
            return Err(AdministrationError::WrongPrefix(id, addresses.prefix.to_string()));
        }
        let mut plan = Plan::default();
        match self.meters.iter().find(|meter| meter.id == id) {
            Some(known) => {
                same(known, wanted)?;
                plan.notes.push(format!("{id} is registered already"));
            }
            None => {
                self.wallet_of(&owner.to_string())?;
                self.check_signing_key(id, &signing_key)?;
                let mint = &addresses.energy_mint;
                plan.transactions.push(vec![
                    create_associated_token_account_idempotent(by, &owner, mint, &SPL_TOKEN),
                    register_meter(addresses, by, wanted),
                ]);
                plan.changes = vec![
                    Change::new(id, "status", "-", status_name(MeterStatus::Active)),
                    Change::new(id, "zone", "-", zone.name()),
                    Change::new(id, "owner", "-", owner),
                    Change::new(id, "signing key", "-", signing_key),
                    Change::new(id, "generation limit", "-", format!("{generation_limit} Wh")),
                ];
            }
        }
        // A transaction that does not find an account in the table names it itself, and is longer.
        if let Some(table) = find_table_with(ledger, by, &[addresses.department, addresses.oracle])? {
            let own = [addresses.meter(&id), addresses.token_account(&owner)];
            let missing = own.into_iter().filter(|address| !table.addresses.contains(address));
            let all: Vec<Pubkey> = table.addresses.iter().copied().chain(missing).collect();
            if all.len() > LOOKUP_TABLE_ADDRESSES {
                return Err(AdministrationError::FullTable { meter: id, addresses: table.addresses.len() });
            }
            if all.len() > table.addresses.len() {
                let (before, after) = (table.addresses.len(), all.len());
                plan.changes.push(Change::new("lookup table", "addresses", before, after));
                plan.transactions.extend(extend_table(&table, by, &all));
            }
        }
        if plan.transactions() > 0 {
            self.check_key(by)?;
        }
        Ok(plan)
    }

    fn check_signing_key(&self, id: MeterId, key: &Pubkey) -> Result<(), AdministrationError> {
        let parsed = VerifyingKey::from_bytes(&key.to_bytes());
        if parsed.is_ok_and(|key| !key.is_weak()) {
            let other = self.meters.iter().find(|meter| meter.signing_key == *key && meter.id != id);
            return other.map_or(Ok(()), |other| Err(AdministrationError::SharedKey(*key, other.id)));
        }
        Err(AdministrationError::NoSigningKey(*key))
    }
}

/// Whether a registered meter is as asked for.
fn same(known: &Meter, wanted: &MeterRegistration) -> Result<(), AdministrationError> {
    let id = known.id;
    let for_good = format!("that stays so: retire {id} and register another meter");
    let limits = format!("change it with oracle limits set-meter {id}");
    let rows = [
        ("zone", known.zone.name().to_string(), wanted.zone.name().to_string(), &for_good),
        ("owner", known.owner.to_string(), wanted.owner.to_string(), &for_good),
        (
            "signing key",
            known.signing_key.to_string(),
            wanted.signing_key.to_string(),
            &format!("change it with meter rotate {id}"),
        ),
        (
            "generation limit",
            format!("{} Wh", known.generation_limit),
            format!("{} Wh", wanted.generation_limit),
            &limits,
        ),
    ];
    for (field, found, given, remedy) in rows {
        if found != given {
            let remedy = remedy.clone();
            return Err(AdministrationError::OtherMeter { meter: id, field, found, given, remedy });
        }
    }
    Ok(())
}
