//! Errors of the token program, 6100 to 6199.

crate::error::program_error! {
    /// Why the token program refuses an instruction.
    pub enum TokenError {
        NotMinter = 6100, "only the department's oracle may mint";
        Paused = 6101, "the energy token is paused: the department's authority can resume it with SetPaused";
        RecipientCount = 6102, "there must be one token account for every surplus, and at least one";
        ZeroSurplus = 6103, "a surplus of 0 Wh mints nothing: leave it out";
        ZeroEnergy = 6104, "0 Wh cannot be retired: give at least 1 Wh";
        // 5
        MisalignedTimestamp = 6105, "the timestamp must be a positive multiple of 900 s, the end of an interval";
        FutureInterval = 6106, "the interval has not ended yet: energy can be retired for past intervals only";
        AlreadyRetired = 6107, "the owner has a receipt for this interval already";
        WrongTokenAccount = 6108, "tokens are retired from the owner's own account of the energy mint";
        BeforeDepartment = 6109, "the interval ended before the department's token existed: energy can be retired for intervals since then";
    }
}
