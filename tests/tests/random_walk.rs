//! A short random walk over the whole system, against a reference: see `campus_energy_tests::walk`. `WALK_SEED` and `WALK_STEPS`
//! choose another; `make walk` takes a million steps.

use campus_energy_tests::walk::{coverage::Coverage, walk};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn the_ledger_does_what_the_reference_says() {
    let (seed, steps) = (number("WALK_SEED", 1), number("WALK_STEPS", 6_000));
    let told = |coverage: &Coverage| {
        if coverage.steps.is_multiple_of(20_000) {
            eprintln!("{}", coverage.summary(seed));
        }
    };
    let coverage = walk(seed, steps, told).unwrap_or_else(|what| panic!("{what}"));
    println!("{coverage}");
    println!("{}", coverage.summary(seed));
    if steps >= 6_000 {
        assert_eq!(coverage.missing_instructions(), [""; 0], "every instruction is accepted at least once");
    }
}
