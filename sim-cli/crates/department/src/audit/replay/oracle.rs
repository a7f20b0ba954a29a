//! Replays the oracle: which readings it accepted.

use {
    super::{Accounts, RegistryReplay, is_new, overflow, take, unfounded},
    campus_energy_sdk::{
        deployment::Addresses,
        error::AccountError,
        event::AnyEvent,
        oracle::{
            event::{AcceptedReading, OracleAuthorityAccepted, OracleConfigured, OracleInitialized, ReadingsAccepted},
            instruction::{OracleInstruction as Instruction, SUBMIT_READINGS_FIXED_ACCOUNTS},
            readings::Readings,
            state::{IntervalTotals, Limits, RING_INTERVALS},
        },
        reading::Reading,
        time::{Interval, unix_day},
        units::Energy,
        wire::decode_instruction,
    },
    solana_program::pubkey::Pubkey,
};

/// The oracle's accounts of a department.
#[derive(Clone, Debug, Default)]
pub struct OracleReplay {
    /// The oracle, as far as instructions change it.
    pub state: Option<OracleState>,
    /// The ring's slots.
    pub intervals: Vec<IntervalTotals>,
}

/// What instructions change of an oracle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in the account
pub struct OracleState {
    pub authority: Pubkey,
    pub pending_authority: Pubkey,
    pub limits: Limits,
    pub require_signatures: bool,
    pub readings: u64,
    pub generated: Energy,
    pub consumed: Energy,
    pub surplus: Energy,
    pub day: u32,
    pub day_surplus: Energy,
    pub next_event: u64,
}

impl OracleReplay {
    pub(super) fn execute(
        &mut self,
        addresses: &Addresses,
        registry: &RegistryReplay,
        accounts: &Accounts,
        data: &[u8],
        time: i64,
        events: &mut Vec<AnyEvent>,
    ) -> Result<(), String> {
        match decode_instruction(data).map_err(|error| error.to_string())? {
            Instruction::Initialize { authority, limits, require_signatures } => {
                is_new(self.state.is_none())?;
                self.intervals = vec![IntervalTotals::default(); RING_INTERVALS];
                self.state = Some(OracleState {
                    authority,
                    pending_authority: Pubkey::default(),
                    limits,
                    require_signatures,
                    readings: 0,
                    generated: Energy::ZERO,
                    consumed: Energy::ZERO,
                    surplus: Energy::ZERO,
                    day: 0,
                    day_surplus: Energy::ZERO,
                    next_event: 0,
                });
                let department = addresses.department;
                events.push(AnyEvent::OracleInitialized(OracleInitialized { department, authority }));
            }
            Instruction::SubmitReadings { timestamp, readings } => {
                events.push(self.submit(registry, accounts, timestamp, &readings, time)?);
            }
            Instruction::Configure { limits, require_signatures } => {
                let state = self.state()?;
                (state.limits, state.require_signatures) = (limits, require_signatures);
                let sequence = take(&mut state.next_event);
                events.push(AnyEvent::OracleConfigured(OracleConfigured { sequence, limits, require_signatures }));
            }
            Instruction::ProposeAuthority { authority } => self.state()?.pending_authority = authority,
            Instruction::AcceptAuthority => {
                let authority = accounts.at(0)?;
                let state = self.state()?;
                (state.authority, state.pending_authority) = (authority, Pubkey::default());
                let sequence = take(&mut state.next_event);
                events.push(AnyEvent::OracleAuthorityAccepted(OracleAuthorityAccepted { sequence, authority }));
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<&mut OracleState, String> {
        unfounded(self.state.as_mut(), "the oracle")
    }

    fn submit(
        &mut self,
        registry: &RegistryReplay,
        accounts: &Accounts,
        timestamp: i64,
        readings: &Readings,
        time: i64,
    ) -> Result<AnyEvent, String> {
        let interval = Interval::ending_at(timestamp).ok_or("readings of no interval")?;
        let mut all = Vec::new();
        for (place, reading) in measured(readings)?.into_iter().enumerate() {
            let meter = registry.meter(&accounts.at(place.saturating_add(SUBMIT_READINGS_FIXED_ACCOUNTS))?)?;
            all.push(AcceptedReading { meter: meter.index, ..reading });
        }
        let sum = |of: &dyn Fn(&AcceptedReading) -> u32| all.iter().map(|reading| u64::from(of(reading))).sum();
        let generated = Energy(sum(&|reading| reading.generated));
        let consumed = Energy(sum(&|reading| reading.consumed));
        let surplus = Energy(sum(&|reading| reading.generated.saturating_sub(reading.consumed)));
        let count = all.len() as u64;

        let state = self.state()?;
        for (total, more) in
            [(&mut state.generated, generated), (&mut state.consumed, consumed), (&mut state.surplus, surplus)]
        {
            *total = total.checked_add(more).ok_or_else(overflow)?;
        }
        if surplus > Energy::ZERO {
            let today = u32::try_from(unix_day(time)).map_err(|_| overflow())?;
            let before = if state.day == today { state.day_surplus } else { Energy::ZERO };
            (state.day, state.day_surplus) = (today, before.checked_add(surplus).ok_or_else(overflow)?);
        }
        state.readings = state.readings.checked_add(count).ok_or_else(overflow)?;
        let sequence = take(&mut state.next_event);

        let slot = self.intervals.get_mut(IntervalTotals::slot(interval)).ok_or("the ring has no such slot")?;
        if slot.timestamp != timestamp {
            *slot = IntervalTotals { timestamp, ..IntervalTotals::default() };
        }
        for (total, more) in
            [(&mut slot.generated, generated), (&mut slot.consumed, consumed), (&mut slot.surplus, surplus)]
        {
            *total = total.checked_add(more).ok_or_else(overflow)?;
        }
        slot.readings = slot.readings.saturating_add(count);
        Ok(AnyEvent::ReadingsAccepted(ReadingsAccepted { sequence, timestamp, readings: all }))
    }
}

/// What readings say, in their order; whose they are is not known yet.
fn measured(readings: &Readings) -> Result<Vec<AcceptedReading>, String> {
    let malformed = || AccountError::MalformedInstruction.to_string();
    match readings {
        Readings::Plain(readings) => {
            let own = readings.iter().map(|reading| AcceptedReading {
                meter: 0,
                generated: reading.generated,
                consumed: reading.consumed,
                quality: reading.quality,
            });
            Ok(own.collect())
        }
        Readings::Signed(readings) => {
            let own = readings.iter().map(|signed| {
                let Reading { generated, consumed, quality, .. } =
                    Reading::from_bytes(&signed.message).ok_or_else(malformed)?;
                Ok(AcceptedReading { meter: 0, generated, consumed, quality })
            });
            own.collect()
        }
    }
}
