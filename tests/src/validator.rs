//! A real solana-test-validator, the real command lines, and a line between them that can be cut.

use {
    campus_energy_department::{Department, Founder, Founding, Keys, Wallets},
    campus_energy_sdk::{
        deployment::Programs,
        ledger::{Cluster, cluster::Policy, programs::EMBEDDED},
        oracle::state::GREATEST_MAX_AGE,
        units::Money,
    },
    campus_energy_simulation::Configuration,
    solana_keypair::Keypair,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    std::{
        ffi::OsStr,
        io::{Read, Write},
        net::{Shutdown, TcpListener, TcpStream},
        path::{Path, PathBuf},
        process::{Child, Command, Output, Stdio},
        sync::{
            Arc, Mutex,
            atomic::{AtomicBool, AtomicU16, Ordering},
        },
        time::{Duration, SystemTime, UNIX_EPOCH},
    },
    tempfile::TempDir,
};

/// The first test's port; each further one has its own, and 1,100 above it are the validator's.
const FIRST_PORT: u16 = 21_100;
static NEXT: AtomicU16 = AtomicU16::new(0);

/// What a wallet of the tests has for fees.
pub const LAMPORTS: u64 = 100_000_000_000;
/// What a trader of the tests has on its seat.
pub const BUDGET: Money = Money(1_000_000_000);

/// A validator with a ledger of its own.
pub struct Validator {
    directory: TempDir,
    port: u16,
    options: Vec<&'static str>,
    /// How much its clock is ahead, seconds.
    ahead: i64,
    process: Option<Child>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").into()
}

/// The built sim-cli that the tests run, as `make validator` names it.
fn sim_cli() -> PathBuf {
    std::env::var_os("SIM_CLI").expect("SIM_CLI names a built sim-cli; make validator does").into()
}

impl Validator {
    /// Begins a ledger; with these options of the script.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(options: &[&'static str]) -> Self {
        Self::start_ahead(options, 0)
    }

    /// The same, with a clock that shows so many seconds before the end of an interval.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start_before_the_end_of_an_interval(options: &[&'static str], seconds: i64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs().cast_signed();
        Self::start_ahead(options, (900 - seconds - now).rem_euclid(900))
    }

    fn start_ahead(options: &[&'static str], ahead: i64) -> Self {
        let port = FIRST_PORT + 50 * NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = tempfile::tempdir().expect("a directory");
        let mut validator = Self { directory, port, options: options.to_vec(), ahead, process: None };
        validator.resume();
        validator
    }

    /// Starts it again on its ledger, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn resume(&mut self) {
        let script = root().join("scripts/start-engineering-validator.sh");
        let mut command = Command::new(script);
        if self.ahead > 0 {
            let (source, library) = (root().join("tests/fixtures/ahead.c"), self.directory.path().join("ahead.so"));
            run("cc", ["-shared".as_ref(), "-fPIC".as_ref(), "-o".as_ref(), library.as_os_str(), source.as_os_str()]);
            command.env("LD_PRELOAD", library).env("CLOCK_AHEAD", self.ahead.to_string());
        }
        command.arg("--ledger").arg(self.directory.path().join("ledger"));
        command.args(["--port", &self.port.to_string()]).args(&self.options);
        command.env("SIM_CLI", sim_cli()).env("RUST_LOG", "warn").stdout(Stdio::null());
        self.process = Some(command.spawn().expect("the script starts"));
        drop(self.cluster(EMBEDDED));
    }

    /// kill -9.
    ///
    /// # Panics
    /// Where there is nothing to kill.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("killed");
        process.wait().expect("it ends");
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn signal(&self, name: &str) {
        let id = self.process.as_ref().expect("it runs").id();
        run("kill", ["-s", name, &id.to_string()]);
    }

    /// Where its JSON-RPC listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port of its JSON-RPC.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A directory for files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A connection to it, once it answers.
    ///
    /// # Panics
    /// Where it does not.
    #[must_use]
    pub fn cluster(&self, programs: Programs) -> Cluster {
        let policy = Policy { patience: Duration::from_secs(60), ..Policy::default() };
        Cluster::connect(&[self.url()], programs, policy).expect("the validator answers")
    }

    /// Runs sim-cli with `--url`.
    #[must_use]
    pub fn sim_cli(&self, arguments: &[&str]) -> Output {
        output(Command::new(sim_cli()).args(arguments).args(["--url", &self.url()]))
    }

    /// What `solana` prints.
    ///
    /// # Panics
    /// Where it fails.
    pub fn solana(&self, arguments: &[&str]) -> String {
        run(tool("solana"), arguments.iter().copied().chain(["--url", &self.url()]))
    }

    /// What `spl-token` prints.
    ///
    /// # Panics
    /// Where it fails.
    pub fn spl_token(&self, arguments: &[&str]) -> String {
        run(tool("spl-token"), arguments.iter().copied().chain(["--url", &self.url()]))
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Where a command line of Solana's is.
///
/// # Panics
/// Where it has not been built.
fn tool(name: &str) -> PathBuf {
    let output = output(Command::new(root().join("scripts/install-validator.sh")).arg("--check"));
    let all = String::from_utf8_lossy(&output.stdout).to_string();
    let found = all.lines().find(|path| path.ends_with(&format!("/{name}")));
    found.unwrap_or_else(|| panic!("{name} is missing; scripts/install-validator.sh builds it")).into()
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What a command prints that must succeed.
///
/// # Panics
/// Where it fails.
pub fn run<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) -> String {
    let mut command = Command::new(program);
    let output = output(command.args(arguments));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_string();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A configuration with few participants, as a file and as it is read.
///
/// # Panics
/// Where the example cannot be read.
#[must_use]
pub fn small_configuration(directory: &Path, programs: Programs) -> (PathBuf, Configuration) {
    let example = root().join("deploy/engineering-config.yaml");
    let mut text = std::fs::read_to_string(example).expect("the example");
    for (from, to) in [
        ("faculty: 50", "faculty: 8".to_string()),
        ("graduate_students: 75", "graduate_students: 6".into()),
        ("undergraduate_students: 125", "undergraduate_students: 6".into()),
        (&EMBEDDED.registry.to_string(), programs.registry.to_string()),
        (&EMBEDDED.token.to_string(), programs.token.to_string()),
        (&EMBEDDED.oracle.to_string(), programs.oracle.to_string()),
        (&EMBEDDED.trading.to_string(), programs.trading.to_string()),
    ] {
        assert!(text.contains(from), "the example has {from}");
        text = text.replace(from, &to);
    }
    let path = directory.join("campus.yaml");
    std::fs::write(&path, text).expect("a file");
    let configuration = Configuration::load(Some(&path)).expect("the example with other numbers");
    (path, configuration)
}

/// A configuration's department, founded with seats on a cluster by a seed's keys. `upgrade_authority`: who founds it, if that is
/// not its own authority.
///
/// # Panics
/// Where it cannot be founded.
#[must_use]
pub fn found(
    cluster: &mut Cluster,
    configuration: &Configuration,
    keys: Keys,
    upgrade_authority: Option<Keypair>,
) -> (Founding, Department, Wallets) {
    let mut plan = sim_cli::plan::founding(configuration, true, cluster.mint_mode());
    plan.limits.max_age = GREATEST_MAX_AGE;
    let authority = keys.authority();
    cluster.airdrop(&authority.pubkey(), LAMPORTS).expect("an airdrop");
    let founder = Founder::new(cluster.programs(), keys, &plan)
        .with_authority(authority, upgrade_authority)
        .with_budgets(plan.buyers(BUDGET))
        .with_lamports(1_000_000_000, 20_000_000);
    let department = founder.found_with_seats(cluster, |_| ()).expect("the department is founded");
    let wallets = Wallets::of_seed(keys, &plan);
    (plan, department, wallets)
}

/// The data of an account.
///
/// # Panics
/// Where it is missing.
#[must_use]
pub fn data(ledger: &dyn campus_energy_sdk::ledger::Ledger, address: &Pubkey) -> Vec<u8> {
    ledger.account(address).expect("an answer").unwrap_or_else(|| panic!("account {address} is missing")).data
}

/// A port that leads to another one, until it is cut.
pub struct Line {
    port: u16,
    cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    /// A line to a port of this machine.
    ///
    /// # Panics
    /// Where there is no port left.
    #[must_use]
    pub fn to(target: u16) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").expect("a port"), target)
    }

    /// Lines to the port of a JSON-RPC and to that of its WebSocket, the next one, as a node has them.
    ///
    /// # Panics
    /// Where there are no such ports left.
    #[must_use]
    pub fn pair(target: u16) -> [Self; 2] {
        let pair = (0..100).find_map(|_| {
            let first = TcpListener::bind("127.0.0.1:0").ok()?;
            let next = first.local_addr().ok()?.port().checked_add(1)?;
            Some([(first, target), (TcpListener::bind(("127.0.0.1", next)).ok()?, target + 1)])
        });
        pair.expect("two ports").map(|(listener, target)| Self::at(listener, target))
    }

    fn at(listener: TcpListener, target: u16) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let line = Self { port, cut: Arc::default(), open: Arc::default() };
        let (cut, open) = (line.cut.clone(), line.open.clone());
        std::thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let called = TcpStream::connect(("127.0.0.1", target));
                let Ok(called) = called else { continue };
                if cut.load(Ordering::Relaxed) {
                    continue;
                }
                for (from, to) in [(&caller, &called), (&called, &caller)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    open.lock().expect("sockets").push(from.try_clone().expect("a socket"));
                    std::thread::spawn(move || carry(from, to));
                }
            }
        });
        line
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Cuts it, or joins it again.
    ///
    /// # Panics
    /// Never, unless another thread did.
    pub fn set_cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Relaxed);
        if cut {
            for stream in self.open.lock().expect("sockets").drain(..) {
                // It may be closed.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut part = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut part) {
        if to.write_all(&part[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
