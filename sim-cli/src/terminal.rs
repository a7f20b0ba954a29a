//! Printing to a terminal, a file or a pipe whose reader may go away, as `head` does.
//!
//! The standard library's `println!` panics where its pipe is closed. The macros of the same names in this crate drop what nobody reads:
//! the command goes on, completes what it has begun on a ledger or on the disk, and ends with its own exit code. SIGPIPE stays ignored,
//! because it would also end the gateway when a client closes its connection.

use std::{
    fmt::Arguments,
    io::{ErrorKind, Write, stderr, stdout},
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether something could not be printed though somebody may read it.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether the output is incomplete for another reason than that its reader has gone away.
pub(crate) fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Whether a failure to write means that the reader has gone away, which is no failure of the command.
pub(crate) fn is_closed(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Writes to stdout. A full disk is said on stderr; a reader that has gone away is not.
pub(crate) fn out(text: Arguments) {
    let mut screen = stdout().lock();
    if let Err(error) = screen.write_fmt(text).and_then(|()| screen.flush())
        && !is_closed(&error)
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        err(format_args!("error: stdout: {error}\n"));
    }
}

/// Writes to stderr; where that fails there is nobody to tell.
pub fn err(text: Arguments) {
    let _ = stderr().lock().write_fmt(text);
}

macro_rules! print {
    ($($text:tt)*) => { $crate::terminal::out(format_args!($($text)*)) };
}

macro_rules! println {
    () => { $crate::terminal::out(format_args!("\n")) };
    ($($text:tt)*) => { $crate::terminal::out(format_args!("{}\n", format_args!($($text)*))) };
}

macro_rules! eprintln {
    ($($text:tt)*) => { $crate::terminal::err(format_args!("{}\n", format_args!($($text)*))) };
}
