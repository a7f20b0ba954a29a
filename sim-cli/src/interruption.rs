//! What a signal leaves behind: nothing that has only a temporary name.

use {
    campus_energy_department::temporary,
    signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    },
    std::{fs, io, thread},
};

/// Removes temporary files on Ctrl-C, SIGTERM and SIGHUP, and then ends as the signal ends a process: a shell sees 130, 143 or 129. Where
/// a signal was ignored when the process began (`nohup`, a background job of a script) it stays ignored.
///
/// # Errors
/// Those of the system, where it takes no handler.
pub(crate) fn clean_up_when_interrupted() -> io::Result<()> {
    let ignored = ignored();
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = Signals::new(signals)?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in &mut signals {
            // Held until the end: no further file begins, and files that are getting their names get all of them.
            let _files = temporary::remove_all();
            // Fails for signals that cannot be sent; these can.
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

/// The signals that are ignored, one bit each; none where the system does not say.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
