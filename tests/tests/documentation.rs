//! The documentation of every instruction: its numbered account list is what the builder builds.

use campus_energy_sdk::{ledger::SplToken, token::state::MintMode};
use campus_energy_tests::{campus::Campus, cases::cases};

/// `(variant, [(writable, signer)])` from the doc comments of an instruction enum.
fn documented(source: &str) -> Vec<(String, Vec<(bool, bool)>)> {
    let body = source.split_once("Instruction {\n").expect("an instruction enum").1;
    let body = body.split_once("\n}\n").expect("its end").0;
    let (mut all, mut accounts) = (Vec::new(), Vec::new());
    for line in body.lines() {
        if let Some((number, rest)) = line.trim().strip_prefix("/// ").and_then(|text| text.split_once(". `[")) {
            assert_eq!(number.parse(), Ok(accounts.len()), "numbered in order: {line}");
            let flags = rest.split_once("]`").expect("flags in brackets").0;
            // Seen in the signed cases of signatures.rs.
            if !rest.contains(", only where") {
                accounts.push((flags.contains("writable"), flags.contains("signer")));
            }
        } else if line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase() {
            let variant = line.trim().trim_end_matches([' ', '{', ',']).to_string();
            all.push((variant, std::mem::take(&mut accounts)));
        }
    }
    all
}

#[test]
fn builders_build_the_documented_accounts_of_every_variant() {
    let sources = [
        ("registry", include_str!("../../sdk/src/registry/instruction.rs")),
        ("token", include_str!("../../sdk/src/token/instruction.rs")),
        ("oracle", include_str!("../../sdk/src/oracle/instruction.rs")),
        ("trading", include_str!("../../sdk/src/trading/instruction.rs")),
    ];
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    let cases = cases(&mut campus);
    let mut seen = 0;
    for (program, source) in sources {
        for (index, (variant, accounts)) in documented(source).into_iter().enumerate() {
            let case = cases.iter().find(|case| case.program == program && case.variant == variant);
            let case = case.unwrap_or_else(|| panic!("{program} {variant} has no case in tests/src/cases.rs"));
            let built: Vec<_> =
                case.instruction.accounts.iter().map(|meta| (meta.is_writable, meta.is_signer)).collect();
            assert_eq!(built, accounts, "{program} {variant}");
            assert_eq!(usize::from(case.instruction.data[0]), index, "{program} {variant}: its number on the wire");
            seen += 1;
        }
    }
    assert_eq!(seen, cases.len(), "a case of no documented variant");
    assert_eq!(seen, 30);
}
