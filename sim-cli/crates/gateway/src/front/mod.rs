//! Front ends: each turns what it receives into submissions.

pub mod csv;
pub mod http;
