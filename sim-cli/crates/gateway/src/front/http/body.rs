//! What a meter posts, and what it is answered: the seed's fields.

use {
    crate::{
        rejection::{Code, Rejection},
        submission::Submission,
    },
    campus_energy_sdk::{reading::Quality, time::Interval},
    rust_decimal::{Decimal, prelude::ToPrimitive},
    serde::{Deserialize, Serialize},
    serde_json::Number,
};

/// The status in the answer to a reading that is kept.
pub const KEPT: &str = "kept";

/// The body of a posted reading. Energies are kWh of the interval that ends at `timestamp`, with at most three decimals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingBody {
    /// `ENG_001`.
    #[schema(example = "ENG_001", min_length = 1, max_length = 16)]
    pub meter_id: String,
    /// End of the interval, Unix seconds.
    #[schema(example = 1_730_448_000, minimum = 900, multiple_of = 900)]
    pub timestamp: i64,
    /// kWh.
    #[schema(value_type = f64, example = 6.2, minimum = 0, maximum = 4_294_967)]
    pub energy_generated: Number,
    /// kWh.
    #[schema(value_type = f64, example = 4.1, minimum = 0, maximum = 4_294_967)]
    pub energy_consumed: Number,
    /// kWh: generated less consumed.
    #[schema(value_type = f64, example = 2.1)]
    pub net_energy: Number,
    /// For people.
    #[serde(default)]
    pub location: Option<String>,
    /// For people.
    #[serde(default)]
    pub building_type: Option<String>,
    /// For people.
    #[serde(default)]
    pub validator: Option<String>,
    /// The epoch of the meter's key; 0 before the first rotation.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_u64)]
    pub key_epoch: u32,
    /// The meter's ed25519 signature of the reading's 56 bytes: 128 hexadecimal digits, `0x` before them or not.
    #[schema(pattern = "^(0x)?[0-9a-fA-F]{128}$")]
    pub signature: String,
}

/// The seed's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReadingAnswer {
    /// `success`; `kept` where the reading is on the disk and it is not known yet that the ledger takes or has it.
    pub status: String,
    /// For people.
    pub message: String,
    /// The transaction that carries the reading; empty while none does.
    pub solana_transaction_id: String,
    /// Base units (9 decimals) minted for the reading's surplus, as a decimal string; 0 where it is kept.
    pub energy_tokens_minted: String,
    /// Where they are minted to.
    pub spl_token_account: String,
    /// Who runs the ledger.
    pub validator: String,
    /// End of the next interval, Unix seconds.
    pub next_reading_time: i64,
    /// `validated`.
    pub engineering_authority: String,
}

fn wrong(field: &'static str, code: Code, text: String) -> Rejection {
    Rejection::new(code, text).of(field)
}

impl ReadingAnswer {
    /// Whether the reading is kept: nobody knows yet that the ledger takes or has it.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.status == KEPT
    }
}

impl ReadingBody {
    /// Reads what was sent.
    ///
    /// # Errors
    /// A rejection that names the field at fault.
    pub fn submission(&self) -> Result<Submission, Rejection> {
        let meter =
            self.meter_id.parse().map_err(|error| wrong("meter_id", Code::InvalidMeterId, format!("{error}")))?;
        let interval = Interval::ending_at(self.timestamp).ok_or_else(|| {
            let detail = format!("{} is no multiple of 900: a reading is named by its interval's end", self.timestamp);
            wrong("timestamp", Code::MisalignedTimestamp, detail)
        })?;
        let generated = watt_hours("energy_generated", &self.energy_generated)?;
        let consumed = watt_hours("energy_consumed", &self.energy_consumed)?;
        let net = decimal("net_energy", &self.net_energy)?;
        let expected = Decimal::new(i64::from(generated) - i64::from(consumed), 3);
        if net != expected {
            let detail =
                format!("{net} is not energy_generated less energy_consumed, which is {}", expected.normalize());
            return Err(wrong("net_energy", Code::NetEnergyMismatch, detail));
        }
        let signature = signature(&self.signature).ok_or_else(|| {
            wrong("signature", Code::MalformedSignature, "give 64 bytes as 128 hexadecimal digits".into())
        })?;
        let (key_epoch, quality) = (self.key_epoch, Quality::Measured);
        Ok(Submission { meter, interval, generated, consumed, key_epoch, quality, signature })
    }
}

/// A number as it was written: no binary fraction comes between.
fn decimal(field: &'static str, number: &Number) -> Result<Decimal, Rejection> {
    let text = number.to_string();
    let parsed = text.parse().or_else(|_| Decimal::from_scientific(&text));
    parsed.map_err(|_| wrong(field, Code::InvalidEnergy, format!("{text} is no energy in kWh")))
}

fn watt_hours(field: &'static str, number: &Number) -> Result<u32, Rejection> {
    let energy = decimal(field, number)?.checked_mul(Decimal::ONE_THOUSAND);
    let whole = energy.filter(|energy| energy.fract().is_zero()).and_then(|energy| energy.to_u32());
    whole.ok_or_else(|| {
        let detail = format!("{number} kWh is not between 0 and 4294967.295 with at most 3 decimals");
        wrong(field, Code::InvalidEnergy, detail)
    })
}

/// kWh as a person writes them, in Wh.
///
/// # Errors
/// What is allowed.
pub fn watt_hours_of(text: &str) -> Result<u32, String> {
    let number = text.parse::<Number>().map_err(|_| "give kWh such as 6.2".to_string())?;
    watt_hours("", &number).map_err(|rejection| rejection.text)
}

fn signature(text: &str) -> Option<[u8; 64]> {
    hex::FromHex::from_hex(text.strip_prefix("0x").unwrap_or(text)).ok()
}

/// kWh with three decimals at most, as a JSON number.
#[must_use]
pub fn kilowatt_hours(watt_hours: i64) -> Number {
    let text = Decimal::new(watt_hours, 3).normalize().to_string();
    text.parse().unwrap_or_else(|_| Number::from(0))
}

impl Submission {
    /// The body that a meter would post.
    #[must_use]
    pub fn body(&self) -> ReadingBody {
        let (generated, consumed) = (i64::from(self.generated), i64::from(self.consumed));
        ReadingBody {
            meter_id: self.meter.to_string(),
            timestamp: self.interval.end(),
            energy_generated: kilowatt_hours(generated),
            energy_consumed: kilowatt_hours(consumed),
            net_energy: kilowatt_hours(generated - consumed),
            location: Some("Engineering Complex".into()),
            building_type: Some("engineering_building".into()),
            validator: Some("engineering_department".into()),
            key_epoch: self.key_epoch,
            signature: format!("0x{}", hex::encode(self.signature)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campus_energy_sdk::units::Energy;

    fn body(change: &str) -> Result<Submission, Rejection> {
        let signature = "ab".repeat(64);
        let text = format!(
            r#"{{"meter_id":"ENG_001","timestamp":1730448000,"energy_generated":6.2,"energy_consumed":4.1,"net_energy":2.1,"signature":"0x{signature}"}}"#
        );
        let (from, to) = change.split_once(" -> ").unwrap_or(("", ""));
        assert!(text.contains(from), "{from}");
        serde_json::from_str::<ReadingBody>(&text.replacen(from, to, usize::from(!from.is_empty())))
            .unwrap()
            .submission()
    }

    #[test]
    fn energies_are_exact() {
        let submission = body("").unwrap();
        // 6.2 - 4.1 is 2.1000000000000005 in binary fractions.
        assert_eq!((submission.generated, submission.consumed, submission.surplus()), (6_200, 4_100, Energy(2_100)));
        assert_eq!(submission.signature, [0xab; 64]);
        assert_eq!(submission.body().submission().unwrap(), submission);
        assert_eq!(body("6.2 -> 6.2e0").unwrap(), submission);
        assert_eq!(serde_json::to_string(&kilowatt_hours(-2_100)).unwrap(), "-2.1");
    }

    #[test]
    fn each_mistake_has_its_field_and_code() {
        for (change, field, code) in [
            ("ENG_001 -> ENG 001", "meter_id", "invalid_meter_id"),
            ("1730448000 -> 1730448001", "timestamp", "misaligned_timestamp"),
            ("1730448000 -> -900", "timestamp", "misaligned_timestamp"),
            ("6.2 -> -6.2", "energy_generated", "invalid_energy"),
            ("6.2 -> 6.2001", "energy_generated", "invalid_energy"),
            ("4.1 -> 1e300", "energy_consumed", "invalid_energy"),
            ("4.1 -> 7e28", "energy_consumed", "invalid_energy"),
            ("4.1 -> 4294967.296", "energy_consumed", "invalid_energy"),
            ("2.1 -> 2.2", "net_energy", "net_energy_mismatch"),
            ("0xab -> 0xgb", "signature", "malformed_signature"),
            ("0xab -> 0x", "signature", "malformed_signature"),
            ("0xab -> 0xéa", "signature", "malformed_signature"),
        ] {
            let rejection = body(change).unwrap_err();
            assert_eq!((rejection.field.as_deref(), rejection.code.name()), (Some(field), code), "{change}");
        }
    }
}
