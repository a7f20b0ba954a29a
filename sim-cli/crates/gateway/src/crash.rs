//! Points at which tests let the gateway crash: only if an environment variable names the point.

/// `POINT` ends the process as kill -9 would; `panic:POINT` ends the engine's thread only.
const CRASH: &str = "CAMPUS_ENERGY_CRASH_AT";

/// Fails here, if that is wanted.
///
/// # Panics
/// If that is wanted.
pub(crate) fn crash(point: &str) {
    let Some(wanted) = std::env::var_os(CRASH) else { return };
    if wanted == point {
        std::process::abort();
    }
    assert!(wanted.to_str().and_then(|wanted| wanted.strip_prefix("panic:")) != Some(point), "{CRASH} wants it");
}
