//! `sim-cli gateway`: accepts signed readings over HTTP and settles them on the embedded ledger or a cluster.

use {
    super::{
        ConfigurationOptions, Failure, UsageError,
        cluster::{ClusterOptions, Joined},
        listen, values,
    },
    crate::plan::{self, GatewayOptions},
    campus_energy_gateway::{
        self as gateway, Clock, Gateway as Opened, Intake, Link, Site,
        front::http::{ApiKeys, Service, keys, server},
        watch::watch,
    },
    clap::Args,
    std::{
        fs,
        net::{SocketAddr, TcpListener},
        num::NonZeroU32,
        path::{Path, PathBuf},
    },
    tracing_subscriber::EnvFilter,
};

/// Accept signed readings over HTTP, store them in a durable journal, and settle them on the embedded ledger, or with --url on a cluster.
///
/// The API keys of clients are in the environment variable `ENGINEERING_API_KEY`, or in the file that `ENGINEERING_API_KEY_FILE`
/// names: `KEY`, or `KEY=ENG_001,ENG_002` for some meters only; several are separated by `;` or line breaks. A key may contain `=`, as
/// base64 does: only an `=` with meters' ids after it ends the key. A key with another `=` than base64's at its end is named in a warning.
#[derive(Clone, Debug, Args)]
pub struct Gateway {
    /// Where to listen: ADDRESS:PORT, or a port alone on 127.0.0.1; 0.0.0.0:8080 and [::]:8080 let other machines connect
    #[arg(long, value_name = "ADDRESS", default_value = listen::DEFAULT, value_parser = listen::address)]
    listen: SocketAddr,
    #[command(flatten)]
    place: JournalPlace,
    /// Readings and other requests per second and API key; further ones are answered with 429
    #[arg(long, value_name = "NUMBER", default_value_t = keys::RATE, value_parser = values::rate)]
    rate: NonZeroU32,
    /// URL to which alerts are posted, as JSON
    #[arg(long, value_name = "URL", env = "ENGINEERING_ALERT_WEBHOOK", value_parser = values::http_url)]
    webhook: Option<reqwest::Url>,
}

/// A journal, and the ledger that belongs to it.
#[derive(Clone, Debug, Args)]
pub struct JournalPlace {
    /// Directory of the journal
    #[arg(long, value_name = "DIR", default_value = "gateway")]
    data: PathBuf,
    #[command(flatten)]
    options: ConfigurationOptions,
    /// Source of the time
    #[arg(long, value_enum, default_value_t = Clock::System)]
    clock: Clock,
    /// Let the configuration's simulated participants trade; on a cluster use `sim-cli run --url` for that
    #[arg(long)]
    traders: bool,
    /// On a cluster: key of the department's submitter, the only private key that the gateway reads [default: submitter.json of
    /// --keys; the seed's]
    #[arg(long, value_name = "FILE")]
    submitter: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterOptions,
}

/// A gateway that is ready to work, whatever its ledger.
pub(super) struct Ready {
    pub(super) engine: Box<dyn FnOnce() + Send>,
    pub(super) intake: Intake,
    pub(super) site: Site,
}

impl<L: Link> From<Opened<L>> for Ready {
    fn from(opened: Opened<L>) -> Self {
        let Opened { mut engine, intake, site } = opened;
        Self { engine: Box::new(move || engine.run()), intake, site }
    }
}

impl JournalPlace {
    /// Opens it.
    pub(super) fn open(&self) -> Result<Ready, Failure> {
        let configuration = self.options.load()?;
        configuration.check_for_a_ledger()?;
        fs::create_dir_all(&self.data).map_err(|error| UsageError::file(&self.data, &error))?;
        let options = GatewayOptions { seed: self.options.seed, clock: self.clock, traders: self.traders };
        let setup = plan::gateway(&configuration, options);
        if !self.cluster.is_given()? {
            return Ok(gateway::open(&self.data, setup)?.into());
        }
        if matches!(self.clock, Clock::Readings) {
            let reason = "it is for the embedded ledger; a cluster has a clock of its own";
            return Err(UsageError::options("--clock readings", reason).into());
        }
        let (file, seed, submitter) = (self.options.config.as_deref(), self.options.seed, self.submitter.as_deref());
        let Joined { cluster, department, submitter, .. } = self.cluster.join(&configuration, file, seed, submitter)?;
        Ok(gateway::open_cluster(&self.data, &setup, (cluster, department), submitter)?.into())
    }

    /// Whether the time is this machine's where it could be the readings'.
    pub(super) fn has_own_clock(&self) -> bool {
        matches!(self.clock, Clock::System) && self.cluster.is_given().is_ok_and(|given| !given)
    }

    /// Its directory.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }
}

impl Gateway {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        log();
        let text = keys::from_environment()?;
        let keys = ApiKeys::parse(&text, self.rate)?;
        for key in keys::doubtful(&text) {
            tracing::warn!(
                key,
                "API key with = is for the whole department: what follows the = is no list of meters such as ENG_001,ENG_002"
            );
        }
        let runtime = super::runtime()?;
        let listening = |error: std::io::Error| UsageError::options("--listen", format!("{}: {error}", self.listen));
        // Bound before the ledger is rebuilt: whoever comes too early waits instead of being turned away.
        let listener = TcpListener::bind(self.listen).map_err(listening)?;
        listener.set_nonblocking(true).map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let Ready { engine, intake, site } = self.place.open()?;
        let service = Service::new(&intake, &site, keys);
        let (alive, ended) = tokio::sync::oneshot::channel::<()>();
        let worker = std::thread::spawn(move || {
            // Dropped with the thread, however it ends: that is heard.
            let _alive = alive;
            engine();
        });
        let watching = watch(intake.engine, intake.register, service.alerts.clone(), self.webhook.clone());
        println!("Listening on {}", listen::url(address));
        tracing::info!(%address, data = %self.place.data().display(), "listening");
        let served = runtime.block_on(async {
            let watching = tokio::spawn(watching);
            let served = server::serve(listener, service, ended).await;
            watching.abort();
            let _ = watching.await;
            served
        });
        // Every handle is gone with the router: the engine settles what it has, and ends.
        drop(runtime);
        worker.join().map_err(|_| Failure::Gateway("the engine failed; the log says where".into()))?;
        tracing::info!("stopped");
        served.map_err(|error| Failure::Gateway(error.to_string()))
    }
}

/// Log lines as JSON on stderr; `RUST_LOG` chooses which.
fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second subscriber would be refused: there is none.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .try_init();
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a thread failed")));
}
