//! Every instruction's data, truncated, prolonged and with every value of every byte: what does not decode as an instruction is
//! refused, with one exact error. The sdk's own decoder tells what decodes; the bytecode must agree with it.

use {
    campus_energy_sdk::{
        account::AccountKind as Kind, ledger::Ledger, oracle::instruction::OracleInstruction,
        registry::instruction::RegistryInstruction, token::instruction::TokenInstruction,
        trading::instruction::TradingInstruction, wire::decode_instruction,
    },
    campus_energy_tests::{
        attack::{Arena, Tally},
        cases::Case,
        roles::{load, owner},
    },
};

/// Whether the bytes are an instruction of the case's program.
fn decodes(case: &Case, data: &[u8]) -> bool {
    match case.program {
        "registry" => decode_instruction::<RegistryInstruction>(data).is_ok(),
        "token" => decode_instruction::<TokenInstruction>(data).is_ok(),
        "oracle" => decode_instruction::<OracleInstruction>(data).is_ok(),
        "trading" => decode_instruction::<TradingInstruction>(data).is_ok(),
        other => panic!("no program {other}"),
    }
}

fn arena() -> (Arena, Vec<Case>) {
    let mut arena = Arena::new();
    let mut cases = std::mem::take(&mut arena.cases);
    // The precompile refuses a signed batch whose bytes are others, before the oracle sees it.
    cases.retain(|case| case.before.is_empty());
    (arena, cases)
}

fn attempt(arena: &mut Arena, case: &Case, data: Vec<u8>) -> Option<String> {
    let mut forged = case.instruction.clone();
    forged.data = data;
    arena.attempt(case, forged)
}

/// The error for data that does not decode. A batch's count of readings is looked at before its length.
fn malformed(case: &Case, data: &[u8]) -> &'static str {
    const COUNT: std::ops::Range<usize> = 10..14;
    if case.variant == "SubmitReadings" && data.len() >= COUNT.end && data[9] < 2 {
        let count = u32::from_le_bytes(data[COUNT].try_into().unwrap());
        if count == 0 || count > 24 {
            return "ReadingCount";
        }
    }
    "MalformedInstruction"
}

#[test]
fn truncated_data_is_refused_at_every_length() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for length in 0..case.instruction.data.len() {
            let data = case.instruction.data[..length].to_vec();
            assert!(!decodes(case, &data));
            let expected = malformed(case, &data);
            let result = attempt(&mut arena, case, data);
            tally.attack(format!("{} {} {length} bytes", case.program, case.variant), result, expected);
        }
        tally.legitimate(case.variant, attempt(&mut arena, case, case.instruction.data.clone()));
    }
    tally.finish(600);
}

#[test]
fn trailing_data_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for (more, byte) in [(1, 0), (1, 1), (1, 0xff), (2, 0), (4, 0), (8, 1), (9, 0), (32, 0), (152, 0), (900, 7)] {
            let mut data = case.instruction.data.clone();
            data.resize(data.len() + more, byte);
            assert!(!decodes(case, &data));
            let result = attempt(&mut arena, case, data);
            let place = format!("{} {} and {more} bytes of {byte}", case.program, case.variant);
            tally.attack(place, result, "MalformedInstruction");
        }
    }
    tally.finish(290);
}

/// Every value of every byte but the first, wherever the data then is no instruction: booleans, enums, lengths.
#[test]
fn every_invalid_value_of_every_byte_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for at in 1..case.instruction.data.len() {
            for value in 0..=u8::MAX {
                let mut data = case.instruction.data.clone();
                data[at] = value;
                if decodes(case, &data) {
                    continue;
                }
                let expected = malformed(case, &data);
                let place = format!("{} {} byte {at} is {value}", case.program, case.variant);
                tally.attack(place, attempt(&mut arena, case, data), expected);
            }
        }
    }
    tally.finish(5_000);
}

/// A meter's zone is 16 bytes of any value to the decoder: every value of each, and the program takes the well-formed names alone.
#[test]
fn every_malformed_zone_is_refused() {
    const ZONE: std::ops::Range<usize> = 17..33;
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    let case = cases.iter().find(|case| case.variant == "RegisterMeter").expect("a case");
    for at in ZONE {
        for value in 0..=u8::MAX {
            let mut data = case.instruction.data.clone();
            data[at] = value;
            let RegistryInstruction::RegisterMeter { zone, .. } = decode_instruction(&data).unwrap() else { panic!() };
            let place = format!("RegisterMeter byte {at} is {value}");
            // By the rule's text, not by the program's own function.
            let text = std::str::from_utf8(&zone.0).map(|text| text.trim_end_matches('\0')).unwrap_or_default();
            let legal = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
            let ends = text.starts_with('_') || text.ends_with('_');
            let result = attempt(&mut arena, case, data);
            if !text.is_empty() && text.chars().all(legal) && !ends {
                tally.legitimate(place, result);
            } else {
                tally.attack(place, result, "InvalidZone");
            }
        }
    }
    tally.finish(3_000);
}

/// Every first byte: unknown ones, and those of the program's other instructions with this one's accounts.
#[test]
fn every_other_first_byte_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for first in (0..=u8::MAX).filter(|first| *first != case.instruction.data[0]) {
            let mut data = case.instruction.data.clone();
            data[0] = first;
            let place = format!("{} {} first byte {first}", case.program, case.variant);
            let other = cases.iter().find(|other| other.program == case.program && other.instruction.data[0] == first);
            let decodes = decodes(case, &data);
            let result = attempt(&mut arena, case, data);
            match other {
                None => {
                    assert!(!decodes, "{place}: an instruction without a case");
                    tally.attack(place, result, "MalformedInstruction");
                }
                Some(other) => match confused(&arena, case, other, decodes) {
                    Some(expected) => tally.attack(place, result, expected),
                    None => tally.legitimate(place, result),
                },
            }
        }
    }
    tally.finish(7_000);
}

/// The error for the accounts and the body of `case` in another instruction of its program; none where they are right for it too.
fn confused(arena: &Arena, case: &Case, other: &Case, decodes: bool) -> Option<&'static str> {
    let accounts = &case.instruction.accounts;
    let number = |expected: std::ops::Range<usize>| match accounts.len() {
        fewer if fewer < expected.start => Some("NotEnoughAccountKeys"),
        more if more >= expected.end => Some("TrailingAccounts"),
        _ => None,
    };
    // The hot paths look at their accounts before they decode.
    let loaded = |kind: Kind| {
        let address = accounts[1].pubkey;
        let account = arena.campus.chain.account(&address).unwrap();
        load(kind, account.as_ref(), Some(owner(kind, &arena.campus.addresses().programs)))
    };
    match other.variant {
        "SubmitReadings" => number(11..64),
        "RecordReadings" => number(2..64).or_else(|| loaded(Kind::Department)).or(Some("NotOracle")),
        "MintForSurplus" => number(4..64)
            .or_else(|| (!accounts[1].is_writable).then_some("NotWritable"))
            .or_else(|| loaded(Kind::TokenConfig))
            .or(Some("MalformedInstruction")),
        "UpdateMarketData" => number(2..3)
            .or_else(|| (!accounts[0].is_signer).then_some("MissingRequiredSignature"))
            .or_else(|| loaded(Kind::Market)),
        _ if !decodes => Some("MalformedInstruction"),
        _ => {
            let count = other.instruction.accounts.len();
            number(count..count + 1).or_else(|| match (case.variant, other.variant) {
                // The same authority sets another property of the same account.
                ("SetPaused", "SetMintMode") | ("SetMintMode", "SetPaused") => None,
                // The system program is no book; who has a seat need not pay.
                ("Grow", "ClaimSeat") | ("ClaimSeat", "Grow") => Some("NotWritable"),
                (one, another) => panic!("{one} and {another} have the same shape: say here what becomes of it"),
            })
        }
    }
}
