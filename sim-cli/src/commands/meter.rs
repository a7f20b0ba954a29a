//! `sim-cli meter`: a department's meters, shown and administered by its authority.

use {
    super::{
        Failure,
        administration::{DepartmentPlace, Sending},
        values,
    },
    campus_energy_department::{Administration, status_name, text::rfc3339},
    campus_energy_report::table,
    campus_energy_sdk::{
        identity::MeterId,
        registry::{
            instruction::MeterRegistration,
            state::{Meter as Registered, MeterStatus, Zone},
        },
    },
    clap::{Args, Subcommand},
    serde::Serialize,
    solana_program::pubkey::Pubkey,
};

/// Show a department's meters, or change them as its authority: on a cluster (--url), or on the embedded ledger of a running gateway (--gateway).
#[derive(Clone, Debug, Args)]
pub struct Meter {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List the meters: status, zone, key epoch, limit; with --output json owners, keys and registers, too
    List(DepartmentPlace),
    /// Register a meter, with a token account for its owner where that is missing
    Register(Register),
    /// Give a meter another signing key, for example since the device was replaced; its registers go on, and the old key is refused
    #[command(visible_alias = "replace")]
    Rotate(Rotate),
    /// Suspend a meter: its readings wait at the gateway until it is resumed
    Suspend(OfMeter),
    /// Take a suspended meter's readings again
    Resume(OfMeter),
    /// Retire a meter for good: its readings are not taken any more, its registers stay
    Retire(OfMeter),
}

#[derive(Clone, Debug, Args)]
struct OfMeter {
    /// The meter, for example `ENG_001`
    meter: MeterId,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Clone, Debug, Args)]
struct Rotate {
    /// The meter, for example `ENG_001`
    meter: MeterId,
    /// Public key that it signs with from now on, base58; its private key stays in the meter
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    signing_key: Pubkey,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Clone, Debug, Args)]
struct Register {
    /// The meter's id: the department's prefix, then letters or digits
    meter: MeterId,
    /// Where it measures, for example laboratory: a name of 1 to 16 characters a-z, 0-9 and _
    #[arg(long, value_name = "NAME")]
    zone: Zone,
    /// Its owner, a participant: a name such as `faculty_001`, or the wallet's address
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// Public key that it signs with, base58; its private key stays in the meter
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    signing_key: Pubkey,
    /// The most that it can generate in one interval, Wh; 0 for a meter that only consumes
    #[arg(long, value_name = "WH", value_parser = values::interval_watt_hours)]
    generation_limit: u32,
    #[command(flatten)]
    sending: Sending,
}

impl Meter {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match &self.action {
            Action::List(place) => {
                let opened = place.open(false)?;
                let there = Administration::read(&opened.ledger, &opened.addresses)?;
                place.show(&Sheet::new(&there), |sheet| println!("{}", sheet.text()));
                Ok(())
            }
            Action::Register(register) => register.execute(),
            Action::Rotate(Rotate { meter, signing_key, sending }) => {
                sending.change(|there, opened| Ok(there.rotate(&opened.by()?, *meter, signing_key)?))
            }
            Action::Suspend(meter) => meter.set(MeterStatus::Suspended),
            Action::Resume(meter) => meter.set(MeterStatus::Active),
            Action::Retire(meter) => meter.set(MeterStatus::Retired),
        }
    }
}

impl OfMeter {
    fn set(&self, status: MeterStatus) -> Result<(), Failure> {
        self.sending.change(|there, opened| Ok(there.set_status(&opened.by()?, self.meter, status)?))
    }
}

impl Register {
    fn execute(&self) -> Result<(), Failure> {
        let Self { meter, zone, owner, signing_key, generation_limit, sending } = self;
        sending.change(|there, opened| {
            let wanted = MeterRegistration {
                id: *meter,
                zone: *zone,
                owner: there.wallet_of(owner)?,
                signing_key: *signing_key,
                generation_limit: *generation_limit,
            };
            Ok(there.register_meter(&opened.ledger, &opened.by()?, &wanted)?)
        })
    }
}

#[derive(Serialize)]
struct Sheet {
    department: String,
    paused: bool,
    meters: Vec<Row>,
}

/// A meter. Energies in Wh, tokens in base units.
#[derive(Serialize)]
struct Row {
    id: String,
    status: &'static str,
    zone: String,
    owner: String,
    owner_wallet: String,
    signing_key: String,
    key_epoch: u32,
    generation_limit_wh: u32,
    newest_utc: Option<String>,
    readings: u64,
    generated_wh: u64,
    consumed_wh: u64,
    minted: String,
}

impl Sheet {
    fn new(there: &Administration) -> Self {
        let participants = there.named_participants();
        let name = |wallet: &Pubkey| {
            let known = participants.iter().find(|(_, one)| one.wallet == *wallet);
            known.map_or_else(|| "-".into(), |(name, _)| name.clone())
        };
        let row = |meter: &Registered| Row {
            id: meter.id.to_string(),
            status: status_name(meter.status),
            zone: meter.zone.name().to_string(),
            owner: name(&meter.owner),
            owner_wallet: meter.owner.to_string(),
            signing_key: meter.signing_key.to_string(),
            key_epoch: meter.key_epoch,
            generation_limit_wh: meter.generation_limit,
            newest_utc: (meter.newest > 0).then(|| rfc3339(meter.newest)),
            readings: meter.readings,
            generated_wh: meter.generated.0,
            consumed_wh: meter.consumed.0,
            minted: meter.minted.0.to_string(),
        };
        Self {
            department: there.addresses.prefix.to_string(),
            paused: there.department.paused,
            meters: there.meters.iter().map(row).collect(),
        }
    }

    fn text(&self) -> String {
        let row = |meter: &Row| {
            [
                meter.id.clone(),
                meter.status.into(),
                meter.zone.clone(),
                meter.key_epoch.to_string(),
                meter.generation_limit_wh.to_string(),
            ]
        };
        let paused = if self.paused { ", paused: its readings wait" } else { "" };
        let rows = table(["meter", "status", "zone", "epoch", "limit, Wh"], 3, self.meters.iter().map(row));
        format!("Department {}{paused}\n{rows}", self.department)
    }
}
