//! The small cases of the nine findings of issue 15, written against commit a7eea0b, the one before the issue. Each asserts that the
//! attack succeeds there, on the committed bytecode. `scripts/findings.sh` runs them in a worktree of that commit; today's workspace
//! does not compile them.

mod founding;
mod hostile;
mod log;
mod market;
mod readings;
#[path = "script.rs"]
mod script;
mod verify;

/// The least number that names a step of a hostile script.
const FIRST_STEP: u8 = 0x80;

/// What an attack achieved, as the table of `scripts/findings.sh` shows it.
fn told(finding: u8, what: &str) {
    println!("finding {finding}: {what}");
}
