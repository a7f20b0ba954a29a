//! What people and meters write, mutated: the configuration in YAML, the body of a posted reading, a file of readings.
//! `FUZZ_INPUTS` sets how many inputs each gets, `FUZZ_SEED` which.

use {
    campus_energy_gateway::front::http::body::{ReadingBody, kilowatt_hours, watt_hours_of},
    campus_energy_simulation::{Configuration, configuration::DEFAULT},
    campus_energy_tests::fuzz::{Target, from_environment, fuzz},
};

/// The brief's reading.
const BODY: &str = r#"{"meter_id":"ENG_001","timestamp":1730448000,"energy_generated":6.2,"energy_consumed":4.1,"net_energy":2.1,
"location":"Engineering Complex","building_type":"engineering_building","validator":"engineering_department","key_epoch":0,
"signature":"0x11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"}"#;

/// The fields of a body that a problem can name.
const FIELDS: [&str; 7] =
    ["meter_id", "timestamp", "energy_generated", "energy_consumed", "net_energy", "signature", "digital_signature"];

fn body(input: &[u8]) -> Result<bool, String> {
    let Ok(body) = serde_json::from_slice::<ReadingBody>(input) else { return Ok(false) };
    match body.submission() {
        Ok(submission) => {
            let again = submission.body().submission().map_err(|problem| format!("{problem:?}"))?;
            if again == submission { Ok(true) } else { Err(format!("{submission:?} becomes {again:?}")) }
        }
        Err(rejection) => {
            let field = rejection.field.as_deref().unwrap_or_default();
            let is_told = FIELDS.contains(&field) && !rejection.text.is_empty();
            if is_told { Ok(false) } else { Err(format!("a rejection that names no field: {rejection:?}")) }
        }
    }
}

fn configuration(input: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(input);
    match Configuration::parse("fuzz.yaml", &text) {
        Ok(configuration) => {
            // What was accepted can be used.
            if configuration.hash()
                != Configuration::parse("fuzz.yaml", &text).map_err(|error| error.to_string())?.hash()
            {
                return Err("the same text gives another configuration".into());
            }
            let meters = configuration.meters();
            if configuration.check_for_a_ledger().is_ok()
                && configuration.generation_limits(&meters).len() != meters.len()
            {
                return Err("not every meter has a limit".into());
            }
            Ok(true)
        }
        // File, line, column.
        Err(error) => {
            let told = error.to_string();
            let mut parts = told.split(':');
            let is_place = parts.next() == Some("fuzz.yaml")
                && parts.by_ref().take(2).filter(|part| part.trim().parse::<u64>().is_ok()).count() == 2;
            if is_place && parts.any(|part| part.len() > 3) {
                Ok(false)
            } else {
                Err(format!("an error without its place: {told}"))
            }
        }
    }
}

fn energy(input: &[u8]) -> Result<bool, String> {
    // Every energy survives its text.
    if let Some(bytes) = input.first_chunk() {
        let energy = u32::from_le_bytes(*bytes);
        let text = kilowatt_hours(energy.into()).to_string();
        if watt_hours_of(&text) != Ok(energy) {
            return Err(format!("{energy} Wh are {text} kWh, which are {:?} Wh", watt_hours_of(&text)));
        }
    }
    match watt_hours_of(&String::from_utf8_lossy(input)) {
        Ok(_) => Ok(true),
        Err(told) if told.is_empty() => Err("an error without words".into()),
        Err(_) => Ok(false),
    }
}

#[test]
fn no_input_of_people_and_meters_panics() {
    let (seed, inputs) = (from_environment("FUZZ_SEED", 1), from_environment("FUZZ_INPUTS", 20_000));
    let bodies: Vec<_> =
        [BODY.to_string(), BODY.replace("6.2", "62e-1"), BODY.replace("4.1", "4.100")].map(String::into_bytes).into();
    let energies = ["6.2", "0", "4294967.295", "1e3"].map(|text| text.as_bytes().to_vec()).to_vec();
    let targets = vec![
        Target { name: "posted reading", corpus: bodies, run: Box::new(body) },
        Target { name: "energy in kWh", corpus: energies, run: Box::new(energy) },
    ];
    let mut all = fuzz(seed, inputs, targets);
    // A configuration takes a millisecond and more.
    let corpus = vec![DEFAULT.as_bytes().to_vec()];
    let target = Target { name: "configuration", corpus, run: Box::new(configuration) };
    let configurations = fuzz(seed, inputs / 10, vec![target]);
    all.inputs += configurations.inputs;
    all.targets += configurations.targets;
    println!("{}", all.summary());
}
