//! Replays the registry: participants, meters, and the meters' registers.

use {
    super::{Accounts, is_new, overflow, take, unfounded},
    campus_energy_sdk::{
        account::AccountData,
        deployment::{Addresses, deployment_id},
        event::AnyEvent,
        registry::{
            event::{
                AuthorityAccepted, DepartmentInitialized, DepartmentPaused, MeterKeyRotated, MeterLimitSet,
                MeterRegistered, MeterStatusSet, ParticipantRegistered,
            },
            instruction::{Counted, RegistryInstruction as Instruction},
            state::{Department, Meter, MeterStatus, Participant, accept},
        },
        units::{Energy, TokenAmount},
        wire::decode_instruction,
    },
    solana_program::{hash::Hash, pubkey::Pubkey},
    std::collections::BTreeMap,
};

/// The registry's accounts of a department. Their headers' bumps are not known here, and are 0.
#[derive(Clone, Debug, Default)]
pub struct RegistryReplay {
    /// The department.
    pub department: Option<Department>,
    /// The participants, by address.
    pub participants: BTreeMap<Pubkey, Participant>,
    /// The meters, by address.
    pub meters: BTreeMap<Pubkey, Meter>,
}

impl RegistryReplay {
    pub(super) fn execute(
        &mut self,
        addresses: &Addresses,
        accounts: &Accounts,
        data: &[u8],
        events: &mut Vec<AnyEvent>,
    ) -> Result<(), String> {
        match decode_instruction(data).map_err(|error| error.to_string())? {
            Instruction::Initialize { prefix, authority, oracle, energy_mint, genesis_hash } => {
                is_new(self.department.is_none())?;
                let genesis = Hash::new_from_array(genesis_hash);
                let deployment = deployment_id(&genesis, &addresses.department);
                self.department = Some(Department {
                    header: Department::header(0),
                    prefix,
                    authority,
                    pending_authority: Pubkey::default(),
                    oracle,
                    energy_mint,
                    deployment,
                    paused: false,
                    participants: 0,
                    meters: 0,
                    next_event: 0,
                });
                events.push(AnyEvent::DepartmentInitialized(DepartmentInitialized { prefix, authority, deployment }));
            }
            Instruction::RegisterParticipant { wallet, role } => {
                let department = self.department()?;
                let index = next_index(&mut department.participants)?;
                let sequence = take(&mut department.next_event);
                let header = Participant::header(0);
                let participant = Participant { header, department: addresses.department, wallet, role, index };
                is_new(self.participants.insert(accounts.at(2)?, participant).is_none())?;
                events.push(AnyEvent::ParticipantRegistered(ParticipantRegistered { sequence, wallet, role, index }));
            }
            Instruction::RegisterMeter { id, zone, signing_key, generation_limit, .. } => {
                let owner = self.participant(&accounts.at(3)?)?.wallet;
                let department = self.department()?;
                let index = next_index(&mut department.meters)?;
                let sequence = take(&mut department.next_event);
                let meter = Meter {
                    header: Meter::header(0),
                    department: addresses.department,
                    id,
                    index,
                    zone,
                    status: MeterStatus::Active,
                    owner,
                    token_account: accounts.at(4)?,
                    signing_key,
                    key_epoch: 0,
                    generation_limit,
                    newest: 0,
                    accepted: 0,
                    generated: Energy::ZERO,
                    consumed: Energy::ZERO,
                    minted: TokenAmount::ZERO,
                    readings: 0,
                };
                is_new(self.meters.insert(accounts.at(2)?, meter).is_none())?;
                events.push(AnyEvent::MeterRegistered(MeterRegistered { sequence, id, owner, zone, index }));
            }
            Instruction::SetMeterStatus { status } => {
                let sequence = take(&mut self.department()?.next_event);
                let meter = self.meter_mut(&accounts.at(2)?)?;
                meter.status = status;
                events.push(AnyEvent::MeterStatusSet(MeterStatusSet { sequence, id: meter.id, status }));
            }
            Instruction::SetMeterLimit { generation_limit } => {
                let sequence = take(&mut self.department()?.next_event);
                let meter = self.meter_mut(&accounts.at(2)?)?;
                meter.generation_limit = generation_limit;
                let id = meter.id;
                events.push(AnyEvent::MeterLimitSet(MeterLimitSet { sequence, id, generation_limit }));
            }
            Instruction::RotateMeterKey { signing_key } => {
                let sequence = take(&mut self.department()?.next_event);
                let meter = self.meter_mut(&accounts.at(2)?)?;
                meter.signing_key = signing_key;
                meter.key_epoch = meter.key_epoch.checked_add(1).ok_or_else(overflow)?;
                let (id, key_epoch) = (meter.id, meter.key_epoch);
                events.push(AnyEvent::MeterKeyRotated(MeterKeyRotated { sequence, id, signing_key, key_epoch }));
            }
            Instruction::ProposeAuthority { authority } => self.department()?.pending_authority = authority,
            Instruction::AcceptAuthority => {
                let authority = accounts.at(0)?;
                let department = self.department()?;
                (department.authority, department.pending_authority) = (authority, Pubkey::default());
                let sequence = take(&mut department.next_event);
                events.push(AnyEvent::AuthorityAccepted(AuthorityAccepted { sequence, authority }));
            }
            Instruction::SetPaused { paused } => {
                let department = self.department()?;
                department.paused = paused;
                let sequence = take(&mut department.next_event);
                events.push(AnyEvent::DepartmentPaused(DepartmentPaused { sequence, paused }));
            }
            Instruction::RecordReadings { timestamp, readings } => {
                for (place, counted) in readings.into_iter().enumerate() {
                    count(self.meter_mut(&accounts.at(place.saturating_add(2))?)?, timestamp, counted)?;
                }
            }
        }
        Ok(())
    }

    fn department(&mut self) -> Result<&mut Department, String> {
        unfounded(self.department.as_mut(), "the department")
    }

    pub(super) fn participant(&self, address: &Pubkey) -> Result<&Participant, String> {
        self.participants.get(address).ok_or_else(|| format!("{address} is no participant of the department"))
    }

    pub(in crate::audit) fn meter(&self, address: &Pubkey) -> Result<&Meter, String> {
        self.meters.get(address).ok_or_else(|| format!("{address} is no meter of the department"))
    }

    fn meter_mut(&mut self, address: &Pubkey) -> Result<&mut Meter, String> {
        self.meters.get_mut(address).ok_or_else(|| format!("{address} is no meter of the department"))
    }
}

fn next_index(next: &mut u32) -> Result<u32, String> {
    let index = *next;
    *next = index.checked_add(1).ok_or_else(overflow)?;
    Ok(index)
}

/// A meter's registers take a reading, once for an interval.
fn count(meter: &mut Meter, timestamp: i64, Counted { generated, consumed }: Counted) -> Result<(), String> {
    let accepted = accept(meter.newest, meter.accepted, timestamp);
    (meter.newest, meter.accepted) = accepted.map_err(|error| format!("{}: {error}", meter.id))?;
    let (generated, consumed) = (Energy(generated.into()), Energy(consumed.into()));
    let minted = generated.surplus_over(consumed).tokens().and_then(|tokens| meter.minted.checked_add(tokens));
    meter.generated = meter.generated.checked_add(generated).ok_or_else(overflow)?;
    meter.consumed = meter.consumed.checked_add(consumed).ok_or_else(overflow)?;
    meter.minted = minted.ok_or_else(overflow)?;
    meter.readings = meter.readings.checked_add(1).ok_or_else(overflow)?;
    Ok(())
}
