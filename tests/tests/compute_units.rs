//! Ceilings on compute units, and the committed table against the committed programs.

use campus_energy_tests::compute::{measure, table};

#[test]
fn every_instruction_stays_below_its_ceiling_and_the_table_is_current() {
    let rows = measure();
    for row in &rows {
        assert!(row.worst <= row.ceiling, "{} took {} of {}", row.name, row.worst, row.ceiling);
    }
    let committed = include_str!("../benches/compute_units.md");
    let command = "cargo bench -p campus-energy-tests --bench compute_units";
    assert_eq!(table(&rows), committed, "the programs have changed: run {command} and commit");
}
