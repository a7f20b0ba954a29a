//! A batch of readings, read in place from the instruction's data.

use {
    super::signatures,
    campus_energy_sdk::{
        account::Plain,
        error::AccountError,
        event::Event,
        onchain::{OwnedAccount, failed},
        oracle::{
            error::OracleError,
            event::{AcceptedReading, ReadingsAccepted},
            instruction::SUBMIT_READINGS_HEAD,
            readings::{MAX_READINGS, PlainReading, SignedReading},
            state::Limits,
        },
        reading::{DeploymentId, Quality, READING_LENGTH},
        registry::{instruction::Counted, state::Meter},
        require,
        time::Interval,
    },
    solana_program::{account_info::AccountInfo, program_error::ProgramError, pubkey::Pubkey},
};

/// The numbers of the encodings of `Readings`.
const PLAIN: u8 = 0;
const SIGNED: u8 = 1;
/// The length of the event before its readings, bytes: tag, sequence, timestamp, count.
const EVENT_HEAD: usize = 2 + 8 + 8 + 4;

pub(super) struct Batch<'a> {
    pub(super) interval: Interval,
    pub(super) signed: bool,
    pub(super) count: usize,
    /// The bytes of the timestamp in the data of the instruction.
    length: u32,
    records: &'a [u8],
}

/// The values that the readings of a batch must agree with.
pub(super) struct Expected<'a> {
    pub(super) registry_program: &'a Pubkey,
    pub(super) department: &'a Pubkey,
    pub(super) deployment: DeploymentId,
    pub(super) limits: Limits,
}

/// The totals of a batch, and the data for the calls of the other programs and for the event.
pub(super) struct Accepted {
    pub(super) counted: Vec<Counted>,
    pub(super) surplus: Vec<u32>,
    pub(super) event: Vec<u8>,
    pub(super) generated: u64,
    pub(super) consumed: u64,
    pub(super) total_surplus: u64,
}

impl<'a> Batch<'a> {
    /// Reads the head and checks the length against the count.
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, ProgramError> {
        let malformed = || failed(AccountError::MalformedInstruction);
        let (head, records) = data.split_first_chunk::<SUBMIT_READINGS_HEAD>().ok_or_else(malformed)?;
        let timestamp = i64::read(&head[1..9]);
        let length = u32::read(&head[10..]);
        let count = length as usize;
        let (signed, size) = match head[9] {
            PLAIN => (false, PlainReading::SIZE),
            SIGNED => (true, SignedReading::SIZE),
            _ => return Err(malformed()),
        };
        require!(0 < count && count <= MAX_READINGS, OracleError::ReadingCount);
        require!(records.len() == count.saturating_mul(size), AccountError::MalformedInstruction);
        let interval = Interval::ending_at(timestamp).ok_or_else(|| failed(OracleError::MisalignedTimestamp))?;
        Ok(Self { interval, signed, count, length, records })
    }

    /// Checks every reading against its meter, and that each surplus goes to the meter's own token account.
    pub(super) fn accept(
        &self,
        meters: &[AccountInfo],
        token_accounts: &[AccountInfo],
        expected: &Expected,
        sequence: u64,
    ) -> Result<Accepted, ProgramError> {
        let mut accepted = Accepted {
            counted: Vec::with_capacity(self.count),
            surplus: Vec::with_capacity(token_accounts.len()),
            event: Vec::with_capacity(EVENT_HEAD.saturating_add(self.count.saturating_mul(AcceptedReading::SIZE))),
            generated: 0,
            consumed: 0,
            total_surplus: 0,
        };
        // By hand: this is the hot path. The layout is that of `ReadingsAccepted`, as the suite shows.
        let mut head = [0; EVENT_HEAD];
        head[..2].copy_from_slice(&ReadingsAccepted::TAG.to_le_bytes());
        head[2..10].copy_from_slice(&sequence.to_le_bytes());
        head[10..18].copy_from_slice(&self.interval.end().to_le_bytes());
        head[18..].copy_from_slice(&self.length.to_le_bytes());
        accepted.event.extend_from_slice(&head);

        let mut token_accounts = token_accounts.iter();
        let size = if self.signed { SignedReading::SIZE } else { PlainReading::SIZE };
        for (info, record) in meters.iter().zip(self.records.chunks_exact(size)) {
            let meter = OwnedAccount::<Meter>::load(info, expected.registry_program)?;
            let data = meter.data();
            require!(Meter::FIELDS.department.is(&data, expected.department), OracleError::WrongMeter);
            let (counted, quality) =
                if self.signed { self.signed_reading(record, &data, expected)? } else { plain_reading(record)? };
            let Counted { generated, consumed } = counted;
            require!(generated <= Meter::FIELDS.generation_limit.get(&data), OracleError::ImplausibleGeneration);
            require!(consumed <= expected.limits.meter_consumption, OracleError::ImplausibleConsumption);
            // Sums of at most 24 readings of 32 bits each: none of them wraps.
            let surplus = generated.saturating_sub(consumed);
            if surplus > 0 {
                let recipient = token_accounts.next().ok_or_else(|| failed(OracleError::AccountCount))?;
                require!(Meter::FIELDS.token_account.is(&data, recipient.key), OracleError::WrongTokenAccount);
                accepted.surplus.push(surplus);
                accepted.total_surplus = accepted.total_surplus.wrapping_add(surplus.into());
            }
            accepted.generated = accepted.generated.wrapping_add(generated.into());
            accepted.consumed = accepted.consumed.wrapping_add(consumed.into());
            accepted.counted.push(counted);
            let mut item = [0; AcceptedReading::SIZE];
            item[..4].copy_from_slice(Meter::FIELDS.index.bytes(&data));
            item[4..8].copy_from_slice(&generated.to_le_bytes());
            item[8..12].copy_from_slice(&consumed.to_le_bytes());
            item[12] = quality;
            accepted.event.extend_from_slice(&item);
        }
        require!(token_accounts.next().is_none(), OracleError::AccountCount);
        Ok(accepted)
    }

    #[inline(always)]
    fn signed_reading(&self, record: &[u8], meter: &[u8], expected: &Expected) -> Result<(Counted, u8), ProgramError> {
        let message = &record[..READING_LENGTH];
        require!(
            signatures::head_matches(message, &expected.deployment)
                && self.interval.end() == i64::read(&message[32..40]),
            OracleError::WrongDeployment,
        );
        require!(Meter::FIELDS.id.bytes(meter) == &message[16..32], OracleError::WrongMeter);
        require!(
            Meter::FIELDS.signing_key.bytes(meter) == &record[READING_LENGTH + 64..]
                && Meter::FIELDS.key_epoch.bytes(meter) == &message[48..52],
            OracleError::WrongSigningKey,
        );
        let quality =
            Quality::from_code(u32::read(&message[52..])).ok_or_else(|| failed(OracleError::WrongDeployment))?;
        let counted = Counted { generated: u32::read(&message[40..44]), consumed: u32::read(&message[44..48]) };
        Ok((counted, quality as u8))
    }
}

#[inline(always)]
fn plain_reading(record: &[u8]) -> Result<(Counted, u8), ProgramError> {
    let quality = record[PlainReading::SIZE - 1];
    require!(Quality::from_code(quality.into()).is_some(), AccountError::MalformedInstruction);
    Ok((Counted { generated: u32::read(&record[..4]), consumed: u32::read(&record[4..8]) }, quality))
}
