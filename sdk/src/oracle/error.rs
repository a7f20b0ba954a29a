//! Errors of the oracle, 6200 to 6299.

crate::error::program_error! {
    /// Why the oracle refuses an instruction.
    pub enum OracleError {
        NotSubmitter = 6200, "only the oracle's authority may submit readings";
        ReadingCount = 6201, "a batch has 1 to 24 readings";
        AccountCount = 6202, "after the fixed accounts come one meter for every reading, one token account for every surplus, and the instructions sysvar where meters sign";
        MisalignedTimestamp = 6203, "the timestamp must be a positive multiple of 900 s, the end of an interval";
        FutureReading = 6204, "the interval ends in the future, beyond the clock skew that the oracle allows";
        // 5
        StaleReading = 6205, "the interval ended longer ago than the oracle's maximum age";
        WrongMeter = 6206, "the reading names another meter than the account, or one of another department";
        WrongTokenAccount = 6207, "the surplus must go to the token account that the meter names";
        ImplausibleGeneration = 6208, "the meter's generation exceeds the limit in its account: its share of the installation";
        ImplausibleConsumption = 6209, "the meter's consumption exceeds the oracle's limit for one meter";
        // 10
        ImplausibleArray = 6210, "the interval's generation exceeds the oracle's limit for the whole array";
        SignatureRequired = 6211, "the department requires every reading to be signed by its meter";
        SignatureInstruction = 6212, "signed readings are submitted at the top level of the transaction, right after the ed25519 verification of these very readings";
        WrongSigningKey = 6213, "the reading is signed with another key, or key epoch, than the meter's current one";
        WrongDeployment = 6214, "the reading is signed for another department or chain, or is malformed";
        // 15
        InvalidLimits = 6215, "maximum age is at most 95 intervals (85500 s), clock skew below 900 s, and no energy limit is 0";
        NoPendingAuthority = 6216, "the signer is not the proposed authority: propose it first";
        InvalidAuthority = 6217, "the zero address is no authority";
        DailySurplus = 6218, "the surplus exceeds what the oracle mints in one UTC day: submit it the next day, or have the department's authority check the day and raise the limit with Configure";
    }
}
