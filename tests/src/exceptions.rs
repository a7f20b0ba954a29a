//! Where a substitute is refused with another error than its account's role says, or is as good as the original; each with its
//! reason.

use crate::{
    cases::Case,
    roles::{
        AccountRole,
        Verdict::{self, Equivalent, Refused},
    },
};

/// The verdict on a substitute where it does not follow from the role.
#[must_use]
pub fn known(case: &Case, index: usize, substitute: &str) -> Option<Verdict> {
    let called = called(case);
    let is_this = |exception: &&Exception| {
        let (program, variant, account, substitutes, ..) = exception;
        (*program, *variant, *account) == (case.program, called, index) && substitutes.contains(&substitute)
    };
    EXCEPTIONS.iter().find(is_this).map(|(.., verdict, _reason)| *verdict)
}

/// What an exception calls a case's instruction.
#[must_use]
pub fn called(case: &Case) -> &'static str {
    if case.before.is_empty() { case.variant } else { SIGNED }
}

/// Every substitute of an exception: program, instruction, account, substitute. The attacks of the matrix must have them all.
pub fn exceptions() -> impl Iterator<Item = (&'static str, &'static str, usize, &'static str)> {
    let each = |exception: &'static Exception| {
        let &(program, variant, account, substitutes, ..) = exception;
        substitutes.iter().map(move |substitute| (program, variant, account, *substitute))
    };
    EXCEPTIONS.iter().flat_map(each)
}

/// Program, instruction, account, substitutes, verdict, reason.
type Exception = (&'static str, &'static str, usize, &'static [&'static str], Verdict, &'static str);

/// SubmitReadings of a signed batch.
const SIGNED: &str = "SubmitReadings, signed";
const ANOTHER_METER: &str = "the department's authority names the meter by its account";
const SAME_AUTHORITY: &str = "the same authority's other department, which the next account is not of";
const BOTH: &str = "the same authority administers it";
const SECOND: &[&str] = &["a second Department"];
const CHOSEN: &str = "the oracle's upgrade authority chooses the programs that it calls, and signs for that";

const EXCEPTIONS: &[Exception] = &[
    ("registry", "RegisterParticipant", 1, SECOND, Refused("WrongAddress"), SAME_AUTHORITY),
    ("registry", "RegisterMeter", 1, SECOND, Refused("NotParticipant"), SAME_AUTHORITY),
    ("registry", "SetMeterStatus", 1, SECOND, Refused("WrongDepartment"), SAME_AUTHORITY),
    ("registry", "SetMeterLimit", 1, SECOND, Refused("WrongDepartment"), SAME_AUTHORITY),
    ("registry", "RotateMeterKey", 1, SECOND, Refused("WrongDepartment"), SAME_AUTHORITY),
    ("registry", "ProposeAuthority", 1, SECOND, Equivalent, BOTH),
    ("registry", "SetPaused", 1, SECOND, Equivalent, BOTH),
    ("registry", "SetMeterStatus", 2, &["Meter 1"], Equivalent, ANOTHER_METER),
    ("registry", "SetMeterLimit", 2, &["Meter 1"], Equivalent, ANOTHER_METER),
    ("registry", "RotateMeterKey", 2, &["Meter 1"], Equivalent, ANOTHER_METER),
    ("registry", "RecordReadings", 2, &["Meter 1"], Equivalent, "the oracle names the meter by its account"),
    (
        "registry",
        "RegisterMeter",
        3,
        &["Participant 1"],
        Refused("WrongTokenAccount"),
        "a participant as good as the owner, but the token account is not theirs",
    ),
    ("oracle", "Initialize", 3, &["copy", "reopened by another program"], Equivalent, CHOSEN),
    ("oracle", "Initialize", 4, &["copy", "reopened by another program"], Equivalent, CHOSEN),
    (
        "oracle",
        "SubmitReadings",
        11,
        &["Meter 1"],
        Refused("WrongTokenAccount"),
        "a meter as good as the first, but the surplus goes to the owner of that",
    ),
    (
        "trading",
        "ClaimSeat",
        1,
        &["Participant 0", "Participant 1"],
        Refused("NotParticipant"),
        "participants of the department, but somebody else",
    ),
    ("trading", "Grow", 1, &["a byte longer"], Equivalent, "a book grows from whatever length it has to its full one"),
];

/// The error for an account that is written, passed read-only.
#[must_use]
pub fn read_only(role: AccountRole) -> &'static str {
    match role {
        // Written by a program that ours calls: the runtime refuses to pass it on as writable.
        AccountRole::Passed(..) | AccountRole::Named(..) | AccountRole::Known(_) | AccountRole::Recipient => {
            "PrivilegeEscalation"
        }
        _ => "NotWritable",
    }
}
