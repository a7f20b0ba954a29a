//! `sim-cli gateway` as a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

pub const KEY: &str = "a-key-for-tests";
/// SIGABRT.
const ABORTED: i32 = 6;

/// The gateway's command on a directory: any port, the readings are the clock.
pub fn command(directory: &Path) -> Command {
    through(Command::new(env!("CARGO_BIN_EXE_sim-cli")), directory)
}

/// The same, where another program starts it.
pub fn through(mut command: Command, directory: &Path) -> Command {
    command.args(["gateway", "--listen", "127.0.0.1:0", "--clock", "readings", "--data"]).arg(directory);
    command.env("ENGINEERING_API_KEY", KEY).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// A running gateway: killed where it is dropped, so that a test that fails leaves none behind.
pub struct Process {
    pub child: Child,
    pub address: String,
}

impl Process {
    /// A gateway that answers; none where it ended before.
    pub fn start(mut command: Command) -> Option<Self> {
        let mut process = Self { child: command.spawn().expect("it starts"), address: String::new() };
        let mut line = String::new();
        BufReader::new(process.child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let Some(address) = line.trim().strip_prefix("Listening on http://") else {
            assert_eq!(line, "", "the gateway's first line");
            process.child.wait().expect("it ends");
            return None;
        };
        process.address = address.into();
        Some(process)
    }

    /// kill -9; whether it had aborted by itself before.
    pub fn kill(mut self) -> bool {
        // It may have crashed already.
        let _ = self.child.kill();
        self.child.wait().expect("it ends").signal() == Some(ABORTED)
    }

    /// SIGTERM, as a service manager stops it; the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        assert!(kill.success());
        self.child.wait().expect("it ends").code()
    }

    /// The status and body of a request, if there is an answer.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        request(&self.address, method, path, body)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended and been waited for is not touched.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn request(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split_once(' ')?.1.get(..3)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_string()))
}
