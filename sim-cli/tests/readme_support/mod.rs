//! The commands of a page of the documentation, and a folder in which they are run as a reader runs them.

// Not every test uses all of it.
#![allow(dead_code)]

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What `sim-cli` stands for in the README.
const BY_CARGO: &str = "cargo run --release --locked -p sim-cli";

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").into()
}

/// The commands of a page, in their order: the lines of its indented blocks and of its fenced blocks of a shell, without their comments. A
/// line that ends with `|` or `\` goes on in the next one.
pub fn commands(page: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let (mut fence, mut goes_on) = (None, false);
    for line in page.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(matches!(language, "sh" | "bash" | "shell" | "console")) };
            continue;
        }
        let is_command = fence.unwrap_or_else(|| line.starts_with("    ")) && !line.trim().is_empty();
        if !is_command {
            goes_on = false;
            continue;
        }
        let text = without_comment(line).trim();
        match commands.last_mut().filter(|_| goes_on) {
            Some(last) => {
                *last = format!("{} {text}", last.trim_end_matches('\\').trim_end());
            }
            None => commands.push(text.into()),
        }
        goes_on = text.ends_with(['|', '\\']);
    }
    commands
}

/// A line up to the `#` that begins its comment: one with a space before it.
fn without_comment(line: &str) -> &str {
    line.split_once(" #").map_or(line, |(command, _)| command)
}

/// A command with `sim-cli` where the page has its long form.
pub fn short(command: &str) -> String {
    let long = format!("{BY_CARGO} --");
    let small = format!("{BY_CARGO} --no-default-features");
    command.replace(&small, "sim-cli").replace(&long, "sim-cli").replace(BY_CARGO, "sim-cli")
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A folder with what a reader of the README has: the scripts, and `sim-cli`.
pub struct Folder {
    directory: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Folder {
    pub fn new(sim_cli: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a folder");
        let bin = directory.path().join(".bin");
        fs::create_dir(&bin).expect("a folder");
        std::os::unix::fs::symlink(fs::canonicalize(sim_cli).expect("sim-cli is built"), bin.join("sim-cli"))
            .expect("a link");
        for name in ["scripts", "sdk", "deploy"] {
            std::os::unix::fs::symlink(root().join(name), directory.path().join(name)).expect("a link");
        }
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let environment = vec![("PATH".into(), path), ("COLUMNS".into(), "80".into())];
        Self { directory, environment }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    fn shell(&self, line: &str) -> Command {
        // Under `nohup`, or behind `&` in a script, signals are ignored; a reader's shell takes them.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,QUIT,HUP,TERM", "bash"]);
        command.args(["-c", line]).current_dir(self.path()).envs(self.environment.iter().cloned());
        for name in
            ["ENGINEERING_API_KEY_FILE", "ENGINEERING_VALIDATOR_URL", "SOLANA_RPC_URL", "ENGINEERING_WALLET_PATH"]
        {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a line to its end.
    pub fn run(&self, line: &str) -> Done {
        let output = self.shell(line).output().expect("bash starts");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).to_string();
        Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts a line that stays; `exec` lets signals reach its program.
    pub fn start(&self, line: &str) -> Running {
        let mut child = self.shell(&format!("exec {line}")).spawn().expect("bash starts");
        let reader = |stream: Option<Box<dyn Read + Send>>| {
            let (text, mut stream) =
                (std::sync::Arc::new(std::sync::Mutex::new(String::new())), stream.expect("a pipe"));
            let into = text.clone();
            std::thread::spawn(move || {
                let mut part = [0; 4_096];
                while let Ok(count @ 1..) = stream.read(&mut part) {
                    into.lock().expect("a text").push_str(&String::from_utf8_lossy(&part[..count]));
                }
            });
            text
        };
        let stdout = reader(child.stdout.take().map(|stream| Box::new(stream) as _));
        let stderr = reader(child.stderr.take().map(|stream| Box::new(stream) as _));
        Running { child, stdout, stderr }
    }
}

/// A program that stays until it is told to end.
pub struct Running {
    child: Child,
    stdout: std::sync::Arc<std::sync::Mutex<String>>,
    stderr: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Running {
    /// Waits until it has printed this.
    pub fn await_text(&mut self, text: &str, patience: Duration) {
        let began = Instant::now();
        while !self.stdout.lock().expect("a text").contains(text) {
            let ended = self.child.try_wait().expect("a process");
            assert!(
                ended.is_none() && began.elapsed() < patience,
                "{text:?} is not printed ({ended:?}): {}",
                self.stderr.lock().expect("a text")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has printed.
    pub fn printed(&self) -> String {
        self.stdout.lock().expect("a text").clone()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success(), "it runs");
    }

    /// Sends a signal and waits for the end: the exit code as a shell sees it.
    pub fn end(mut self, signal: &str) -> Done {
        use std::os::unix::process::ExitStatusExt;
        self.signal(signal);
        let status = self.child.wait().expect("it ends");
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
        let text = |own: &std::sync::Mutex<String>| own.lock().expect("a text").clone();
        Done { code, stdout: text(&self.stdout), stderr: text(&self.stderr) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No line of a table is wider than 80 characters, and nothing has panicked.
pub fn assert_readable(command: &str, done: &Done) {
    for line in done.stdout.lines().filter(|line| line.starts_with(['┌', '│', '╞', '└'])) {
        assert!(line.chars().count() <= 80, "{command}: {line}");
    }
    assert!(!done.stderr.contains("panicked") && !done.stderr.contains("Broken pipe"), "{command}: {}", done.stderr);
}
