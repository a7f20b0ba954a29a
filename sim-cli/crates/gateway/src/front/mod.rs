//! Front ends: each turns what it receives into submissions, and answers in its own form.

pub mod csv;
pub mod energy;
pub mod http;
pub mod timestamp;
