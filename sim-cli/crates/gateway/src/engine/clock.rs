//! The gateway's clock.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Where the time comes from.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Clock {
    /// This machine's clock
    System,
    /// The newest reading: for simulated days, at any speed
    Readings,
    /// Unix seconds that somebody sets: for tests
    #[value(skip)]
    Given(&'static AtomicI64),
}

impl Clock {
    /// Unix seconds; none where the readings are the clock.
    pub(super) fn time(self) -> Option<i64> {
        match self {
            Self::System => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Some(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
            }
            Self::Readings => None,
            Self::Given(seconds) => Some(seconds.load(Ordering::Relaxed)),
        }
    }

    /// When a department is founded: now, or before every reading.
    pub(crate) fn founding(self) -> i64 {
        self.time().unwrap_or(0)
    }
}
