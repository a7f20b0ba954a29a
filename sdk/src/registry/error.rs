//! Errors of the registry, 6000 to 6099.

crate::error::program_error! {
    /// What the registry refuses.
    pub enum RegistryError {
        InvalidPrefix = 6000, "the prefix is 2 to 15 letters, digits or '-' and ends with its only '_', like ENG_";
        InvalidMeterId = 6001, "the meter id must be the department's prefix followed by letters or digits";
        Paused = 6002, "the department is paused: its authority can resume it with SetPaused";
        NoPendingAuthority = 6003, "the signer is not the proposed authority: propose it first";
        NotOracle = 6004, "only the department's oracle may record readings";
        // 5
        MeterInactive = 6005, "the meter is not active: set its status first";
        MisalignedTimestamp = 6006, "the timestamp must be a positive multiple of 900 s, the end of an interval";
        OutsideWindow = 6007, "the reading is older than the 128 intervals that the registry remembers";
        AlreadyAccepted = 6008, "a reading of this meter for this interval has been accepted before";
        NotParticipant = 6009, "the meter's owner must be a registered participant of the department";
        // 10
        ReadingCount = 6010, "there must be one meter account for every reading, and at least one";
        InvalidAuthority = 6011, "the zero address is no authority";
        WrongTokenAccount = 6013, "the meter's token account must be its owner's associated one for the energy mint, and exist";
        MeterRetired = 6012, "a retired meter stays retired: register a new one";
        InvalidZone = 6014, "the zone must be 1 to 16 of a-z, 0-9 and '_', begin and end with a letter or digit, and zeros follow it";
    }
}
