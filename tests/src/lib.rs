//! Fixtures and actors of the integration suite: chains to run on, a campus founded on them, measurement.

pub mod audited;
pub mod campus;
pub mod cases;
pub mod chain;
pub mod compute;
pub mod day;
pub mod load;
pub mod market;
pub mod native;
pub mod validator;
