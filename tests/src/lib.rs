//! Fixtures and actors of the integration suite: chains to run on, a campus founded on them, measurement.

#![forbid(unsafe_code)]

pub mod attack;
pub mod audited;
pub mod campus;
pub mod cases;
pub mod chain;
pub mod compute;
pub mod day;
pub mod exceptions;
pub mod fuzz;
pub mod hostile;
pub mod instructions;
pub mod load;
pub mod market;
pub mod model;
pub mod native;
pub mod node;
pub mod roles;
pub mod validator;
pub mod walk;
pub mod watched;
