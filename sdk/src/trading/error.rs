//! Errors of the trading program, 6300 to 6399.

crate::error::program_error! {
    /// What the trading program refuses.
    pub enum TradingError {
        NotOracle = 6300, "only the department's oracle may update the market's data";
        InvalidTariffs = 6301, "the tariffs must satisfy 0 < feed-in < retail";
        MisalignedTimestamp = 6302, "the timestamp must be a positive multiple of 900 s, the end of an interval";
    }
}
