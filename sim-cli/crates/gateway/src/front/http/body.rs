//! The JSON bodies of posted readings and of their answers, with the brief's field names.

use {
    crate::{
        front::{
            energy::{Digits, shown},
            timestamp::Timestamp,
        },
        rejection::{Code, Rejection},
        submission::Submission,
    },
    campus_energy_sdk::reading::Quality,
    serde::{Deserialize, Serialize},
};

pub use crate::front::energy::{kilowatt_hours, watt_hours_of};

/// The status in the answer to a reading that is kept.
pub const KEPT: &str = "kept";

/// The body of a posted reading. Energies are kWh of the interval that ends at `timestamp`, rounded to the Wh where they are within
/// 0.000001 kWh of one: what clients calculate in binary fractions is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingBody {
    /// Id of the meter, such as `ENG_001`.
    #[schema(example = "ENG_001", min_length = 1, max_length = 16)]
    pub meter_id: String,
    /// End of the interval, Unix seconds.
    #[schema(value_type = i64, example = 1_730_448_000, minimum = 900, maximum = 4_102_444_800_u64, multiple_of = 900)]
    pub timestamp: Timestamp,
    /// kWh.
    #[schema(value_type = f64, example = 6.2, minimum = 0, maximum = 4_294_967.295)]
    pub energy_generated: Digits,
    /// kWh.
    #[schema(value_type = f64, example = 4.1, minimum = 0, maximum = 4_294_967.295)]
    pub energy_consumed: Digits,
    /// kWh: generated less consumed, to half a Wh. It is not signed, and says nothing that the other two do not.
    #[serde(default)]
    #[schema(value_type = Option<f64>, example = 2.1)]
    pub net_energy: Option<Digits>,
    /// For people.
    #[serde(default)]
    pub location: Option<String>,
    /// For people.
    #[serde(default)]
    pub building_type: Option<String>,
    /// For people.
    #[serde(default)]
    pub validator: Option<String>,
    /// For people: the meter's zone is the one that it is registered in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// For people, kW.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 50.0)]
    pub solar_array_capacity: Option<Digits>,
    /// The epoch of the meter's key; 0 before the first rotation.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_u64)]
    pub key_epoch: u32,
    /// The meter's ed25519 signature of the reading's 56 bytes: 128 hexadecimal digits, `0x` before them or not.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(0x)?[0-9a-fA-F]{128}$")]
    pub signature: Option<String>,
    /// Another name of `signature`; where both are sent, they must be equal. Beside `signature`, the brief's department tag,
    /// `EngAuth` with 64 hexadecimal digits, is taken as well, and grants nothing. An empty one is as if it were left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digital_signature: Option<String>,
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
        let interval = self.timestamp.interval()?;
        let generated = self.energy_generated.watt_hours("energy_generated")?;
        let consumed = self.energy_consumed.watt_hours("energy_consumed")?;
        let net = i64::from(generated) - i64::from(consumed);
        if let Some(given) = self.net_energy.as_ref().filter(|given| !given.is_about(net)) {
            let (given, expected) = (given.to_string(), Digits::of_watt_hours(net));
            let detail = format!(
                "{} is not energy_generated less energy_consumed, which is {expected}; it may differ by half a Wh, or be left out",
                shown(&given)
            );
            return Err(wrong("net_energy", Code::NetEnergyMismatch, detail));
        }
        let signature = self.signature()?;
        let (key_epoch, quality) = (self.key_epoch, Quality::Measured);
        Ok(Submission { meter, interval, generated, consumed, key_epoch, quality, signature })
    }

    /// The meter's signature, under whichever of its two names it was sent.
    fn signature(&self) -> Result<[u8; 64], Rejection> {
        const HOW: &str = "the meter's ed25519 signature of the reading: 64 bytes as 128 hexadecimal digits";
        let [own, other] = ["signature", "digital_signature"];
        let malformed = |field, why: &str| wrong(field, Code::MalformedSignature, format!("{why}{HOW}"));
        let read = |field, text: &str| signature(text).ok_or_else(|| malformed(field, "give "));
        // Firmware that has no tag sends an empty one.
        let tag = self.digital_signature.as_ref().filter(|tag| !tag.is_empty());
        match (&self.signature, tag) {
            (Some(text), None) => read(own, text),
            (Some(text), Some(tag)) if is_department_tag(tag) => read(own, text),
            (Some(text), Some(again)) => {
                let signature = read(own, text)?;
                if read(other, again)? == signature {
                    return Ok(signature);
                }
                let detail = "it is another one than in signature; send one of the two fields, or the same in both";
                Err(wrong(other, Code::ContradictingField, detail.into()))
            }
            (None, Some(tag)) if is_department_tag(tag) => Err(malformed(
                other,
                "EngAuth and 64 digits are the department's tag and prove nothing; send in signature ",
            )),
            (None, Some(text)) => read(other, text),
            (None, None) => Err(malformed(own, "it is missing; give ")),
        }
    }
}

/// Whether a text is the brief's department tag, such as `EngAuth9f86d081...`.
fn is_department_tag(text: &str) -> bool {
    let digits = text.strip_prefix("EngAuth");
    digits.is_some_and(|digits| digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

fn signature(text: &str) -> Option<[u8; 64]> {
    hex::FromHex::from_hex(text.strip_prefix("0x").unwrap_or(text)).ok()
}

impl Submission {
    /// The body that a meter would post.
    #[must_use]
    pub fn body(&self) -> ReadingBody {
        let (generated, consumed) = (i64::from(self.generated), i64::from(self.consumed));
        ReadingBody {
            meter_id: self.meter.to_string(),
            timestamp: Timestamp::of(self.interval.end()),
            energy_generated: Digits::of_watt_hours(generated),
            energy_consumed: Digits::of_watt_hours(consumed),
            net_energy: Some(Digits::of_watt_hours(generated - consumed)),
            location: Some("Engineering Complex".into()),
            building_type: Some("engineering_building".into()),
            validator: Some("engineering_department".into()),
            zone: None,
            solar_array_capacity: None,
            key_epoch: self.key_epoch,
            signature: Some(format!("0x{}", hex::encode(self.signature))),
            digital_signature: None,
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
        for net in ["2.10e0", "2.1000000000000005", "2.1004"] {
            assert_eq!(body(&format!("2.1 -> {net}")).unwrap(), submission, "{net}");
        }
        assert_eq!(body("\"net_energy\":2.1, -> ").unwrap(), submission);
        // What is posted on has the digits that came.
        let long = format!("6.2{}", "0".repeat(40));
        let digits: Digits = serde_json::from_str(&long).unwrap();
        assert_eq!(serde_json::to_string(&digits).unwrap(), long);
        assert_eq!(serde_json::to_string(&kilowatt_hours(-2_100)).unwrap(), "-2.1");
    }

    /// The brief's two samples, with a signature in the place of its placeholder.
    #[test]
    fn the_fields_of_the_brief_are_taken() {
        let expected = body("").unwrap();
        let signature = format!("0x{}", "ab".repeat(64));
        let tag = "EngAuth9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let sample = |signatures: &str| {
            let text = format!(
                r#"{{"meter_id":"ENG_001","timestamp":1730448000,"energy_generated":6.2,"energy_consumed":4.1,"net_energy":2.1,"location":"Engineering Complex","building_type":"engineering_building","zone":"classroom_zone","validator":"engineering_department","solar_array_capacity":50.0,{signatures}}}"#
            );
            serde_json::from_str::<ReadingBody>(&text).unwrap().submission()
        };
        for signatures in [
            format!(r#""signature":"{signature}""#),
            format!(r#""digital_signature":"{signature}""#),
            format!(r#""signature":"{signature}","digital_signature":"{signature}""#),
            format!(r#""signature":"{signature}","digital_signature":"{}""#, &signature[2..]),
            format!(r#""signature":"{signature}","digital_signature":"{tag}""#),
            format!(r#""signature":"{signature}","digital_signature":null"#),
            format!(r#""signature":"{signature}","digital_signature":"""#),
        ] {
            assert_eq!(sample(&signatures).unwrap(), expected, "{signatures}");
        }
        let how = "the meter's ed25519 signature of the reading: 64 bytes as 128 hexadecimal digits";
        for (signatures, field, code, text) in [
            (
                format!(r#""digital_signature":"{tag}""#),
                "digital_signature",
                Code::MalformedSignature,
                format!("EngAuth and 64 digits are the department's tag and prove nothing; send in signature {how}"),
            ),
            (
                format!(r#""signature":"{signature}","digital_signature":"0x{}""#, "cd".repeat(64)),
                "digital_signature",
                Code::ContradictingField,
                "it is another one than in signature; send one of the two fields, or the same in both".into(),
            ),
            (
                format!(r#""signature":"{signature}","digital_signature":"EngAuth12""#),
                "digital_signature",
                Code::MalformedSignature,
                format!("give {how}"),
            ),
            (
                r#""digital_signature":"""#.into(),
                "signature",
                Code::MalformedSignature,
                format!("it is missing; give {how}"),
            ),
            (r#""signature":null"#.into(), "signature", Code::MalformedSignature, format!("it is missing; give {how}")),
            (r#""signature":"0x...""#.into(), "signature", Code::MalformedSignature, format!("give {how}")),
        ] {
            let rejection = sample(&signatures).unwrap_err();
            assert_eq!(rejection, Rejection::new(code, text).of(field), "{signatures}");
        }
    }

    #[test]
    fn each_mistake_has_its_field_and_code() {
        for (change, field, code) in [
            ("ENG_001 -> ENG 001", "meter_id", "invalid_meter_id"),
            ("1730448000 -> 1730448001", "timestamp", "misaligned_timestamp"),
            ("1730448000 -> -900", "timestamp", "misaligned_timestamp"),
            ("6.2 -> -6.2", "energy_generated", "invalid_energy"),
            ("6.2 -> 6.2001", "energy_generated", "invalid_energy"),
            ("1730448000 -> 1730448000000", "timestamp", "invalid_timestamp"),
            ("1730448000 -> \"2024-11-01T08:00:00Z\"", "timestamp", "invalid_timestamp"),
            ("6.2 -> 6.20000100001", "energy_generated", "invalid_energy"),
            ("4.1 -> 4.1005", "energy_consumed", "invalid_energy"),
            ("4.1 -> 1e99999999999999999999", "energy_consumed", "invalid_energy"),
            ("2.1 -> 2.1006", "net_energy", "net_energy_mismatch"),
            ("2.1 -> 2.0994", "net_energy", "net_energy_mismatch"),
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
