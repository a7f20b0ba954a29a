//! Rewrites the committed compute table from the `.so` files.

use campus_energy_tests::compute::{measure, table};

fn main() {
    let text = table(&measure());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/compute_units.md");
    std::fs::write(path, &text).expect("the table can be written");
    print!("{text}");
}
