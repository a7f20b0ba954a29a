//! The JSON bodies of posted readings and of their answers, with the brief's field names.

use {
    crate::{
        rejection::{Code, Rejection},
        submission::Submission,
    },
    campus_energy_sdk::{reading::Quality, time::Interval},
    rust_decimal::Decimal,
    serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, Unexpected},
    },
    serde_json::{Number, value::RawValue},
    std::{fmt, str::FromStr},
};

/// The status in the answer to a reading that is kept.
pub const KEPT: &str = "kept";

/// A JSON number as the digits that were sent: neither a binary fraction nor a decimal of limited length comes between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits(String);

impl Digits {
    /// kWh, from Wh.
    fn of_watt_hours(watt_hours: i64) -> Self {
        Self(Decimal::new(watt_hours, 3).normalize().to_string())
    }

    /// The number in thousandths; none where it is no whole number of them, or does not fit.
    fn thousandths(&self) -> Option<i64> {
        let (sign, text) = self.0.strip_prefix('-').map_or((1, &self.0[..]), |text| (-1, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(0);
        }
        // The last significant digit counts 10^power thousandths.
        let places = i64::try_from(fraction.len()).ok()? - i64::try_from(digits.len() - significant.len()).ok()?;
        let power = exponent.parse::<i64>().ok()?.checked_sub(places)?.checked_add(3)?;
        let power = 10_i64.checked_pow(u32::try_from(power).ok()?)?;
        significant.parse::<i64>().ok()?.checked_mul(power)?.checked_mul(sign)
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get() == text);
        let is_number = is_json && text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if is_number { Ok(Self(text.into())) } else { Err(format!("{text:?} is no number")) }
    }
}

impl<'de> Deserialize<'de> for Digits {
    /// Of JSON only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let what = match raw.get().as_bytes()[0] {
            b'-' | b'0'..=b'9' => return Ok(Self(raw.get().into())),
            b'"' => Unexpected::Other("string"),
            b'{' => Unexpected::Map,
            b'[' => Unexpected::Seq,
            b'n' => Unexpected::Unit,
            first => Unexpected::Bool(first == b't'),
        };
        Err(D::Error::invalid_type(what, &"a JSON number"))
    }
}

impl Serialize for Digits {
    /// As an ordinary number, for CSV too, where that has the same digits; otherwise for JSON only.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<Number>() {
            Ok(number) if number.to_string() == self.0 => number.serialize(serializer),
            _ => RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer),
        }
    }
}

/// The body of a posted reading. Energies are kWh of the interval that ends at `timestamp`, with at most three decimals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingBody {
    /// Id of the meter, such as `ENG_001`.
    #[schema(example = "ENG_001", min_length = 1, max_length = 16)]
    pub meter_id: String,
    /// End of the interval, Unix seconds.
    #[schema(example = 1_730_448_000, minimum = 900, multiple_of = 900)]
    pub timestamp: i64,
    /// kWh.
    #[schema(value_type = f64, example = 6.2, minimum = 0, maximum = 4_294_967)]
    pub energy_generated: Digits,
    /// kWh.
    #[schema(value_type = f64, example = 4.1, minimum = 0, maximum = 4_294_967)]
    pub energy_consumed: Digits,
    /// kWh: generated less consumed.
    #[schema(value_type = f64, example = 2.1)]
    pub net_energy: Digits,
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

/// The answer to an accepted reading, with the brief's field names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReadingAnswer {
    /// `success`; `kept` where the reading is on the disk and it is not known yet that the ledger takes or has it.
    pub status: String,
    /// The result as text.
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
    /// Always `validated`.
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
            let detail = format!(
                "{} is not a positive multiple of 900: the timestamp is the end of the interval, in Unix seconds",
                self.timestamp
            );
            wrong("timestamp", Code::MisalignedTimestamp, detail)
        })?;
        let generated = watt_hours("energy_generated", &self.energy_generated)?;
        let consumed = watt_hours("energy_consumed", &self.energy_consumed)?;
        let net = i64::from(generated) - i64::from(consumed);
        if self.net_energy.thousandths() != Some(net) {
            let expected = Digits::of_watt_hours(net);
            let detail =
                format!("{} is not energy_generated less energy_consumed, which is {expected}", self.net_energy);
            return Err(wrong("net_energy", Code::NetEnergyMismatch, detail));
        }
        let signature = signature(&self.signature).ok_or_else(|| {
            wrong("signature", Code::MalformedSignature, "give 64 bytes as 128 hexadecimal digits".into())
        })?;
        let (key_epoch, quality) = (self.key_epoch, Quality::Measured);
        Ok(Submission { meter, interval, generated, consumed, key_epoch, quality, signature })
    }
}

fn watt_hours(field: &'static str, energy: &Digits) -> Result<u32, Rejection> {
    let whole = energy.thousandths().and_then(|energy| u32::try_from(energy).ok());
    whole.ok_or_else(|| {
        let detail = format!("{energy} kWh is not between 0 and 4294967.295 with at most 3 decimals");
        wrong(field, Code::InvalidEnergy, detail)
    })
}

/// kWh as a person writes them, in Wh.
///
/// # Errors
/// A text that says which values are allowed.
pub fn watt_hours_of(text: &str) -> Result<u32, String> {
    let energy = text.parse().map_err(|_| "give kWh such as 6.2".to_string())?;
    watt_hours("", &energy).map_err(|rejection| rejection.text)
}

fn signature(text: &str) -> Option<[u8; 64]> {
    hex::FromHex::from_hex(text.strip_prefix("0x").unwrap_or(text)).ok()
}

/// kWh with three decimals at most, as a JSON number.
#[must_use]
pub fn kilowatt_hours(watt_hours: i64) -> Number {
    Digits::of_watt_hours(watt_hours).0.parse().unwrap_or_else(|_| Number::from(0))
}

impl Submission {
    /// The body that a meter would post.
    #[must_use]
    pub fn body(&self) -> ReadingBody {
        let (generated, consumed) = (i64::from(self.generated), i64::from(self.consumed));
        ReadingBody {
            meter_id: self.meter.to_string(),
            timestamp: self.interval.end(),
            energy_generated: Digits::of_watt_hours(generated),
            energy_consumed: Digits::of_watt_hours(consumed),
            net_energy: Digits::of_watt_hours(generated - consumed),
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
        for same in ["6.2e0", "62E-1", "0.062e+2", "6.200", "6.2000000000000000000000000000000000", "0.0062e3"] {
            assert_eq!(body(&format!("6.2 -> {same}")).unwrap(), submission, "{same}");
        }
        assert_eq!(body("4.1 -> 4.100").unwrap(), submission);
        assert_eq!(body("2.1 -> 2.10e0").unwrap(), submission);
        // What is posted on has the digits that came.
        let long = format!("6.2{}", "0".repeat(40));
        let digits: Digits = serde_json::from_str(&long).unwrap();
        assert_eq!(serde_json::to_string(&digits).unwrap(), long);
        assert_eq!(watt_hours_of("0e99999999999999999999"), Ok(0));
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
            // As binary fractions, and in 28 decimals, these would be 6.2, 4.1 and 2.1.
            ("6.2 -> 6.2000000000000000001", "energy_generated", "invalid_energy"),
            ("4.1 -> 4.0999999999999999999", "energy_consumed", "invalid_energy"),
            ("4.1 -> 4.10000000000000000000000000000000001", "energy_consumed", "invalid_energy"),
            ("4.1 -> 41000000000000000000000000000000001e-34", "energy_consumed", "invalid_energy"),
            ("4.1 -> 1e-400", "energy_consumed", "invalid_energy"),
            ("4.1 -> 1e99999999999999999999", "energy_consumed", "invalid_energy"),
            ("2.1 -> 2.1000000000000000001", "net_energy", "net_energy_mismatch"),
            ("2.1 -> 2.0999999999999999999999999999999999", "net_energy", "net_energy_mismatch"),
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
