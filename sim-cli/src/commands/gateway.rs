//! `sim-cli gateway`: takes signed readings over HTTP and settles them on the embedded ledger.

use {
    super::Failure,
    crate::{
        gateway::{self, ApiKeys, Clock, http::Service},
        simulation::Configuration,
    },
    clap::Args,
    std::{fs, net::SocketAddr, path::PathBuf, sync::Arc},
    tokio::{net::TcpListener, signal::ctrl_c},
};

/// Take signed readings over HTTP into a durable journal and settle them on the embedded ledger.
#[derive(Clone, Debug, Args)]
pub struct Gateway {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Directory of the journal
    #[arg(long, value_name = "DIR", default_value = "gateway")]
    data: PathBuf,
    /// Configuration file; without it the seed's engineering-config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seed of the local keys
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Where the time comes from
    #[arg(long, value_enum, default_value_t = Clock::System)]
    clock: Clock,
}

impl Gateway {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let mut configuration = Configuration::load(self.config.as_deref())?;
        configuration.apply_environment(|name| std::env::var(name).ok())?;
        configuration.check_for_a_ledger()?;
        let keys = ApiKeys::parse(&std::env::var("ENGINEERING_API_KEY").unwrap_or_default())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Gateway(error.to_string()))?;
        let unusable = |error: std::io::Error| Failure::Unknown(format!("{}: {error}", self.data.display()));
        fs::create_dir_all(&self.data).map_err(unusable)?;
        let listening = |error: std::io::Error| Failure::Unknown(format!("--listen {}: {error}", self.listen));
        // Bound first: two gateways must not have one journal.
        let listener = runtime.block_on(TcpListener::bind(self.listen)).map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let (mut engine, handle, register) = gateway::open(&self.data, &configuration, self.seed, self.clock)?;
        let worker = std::thread::spawn(move || engine.run());
        let validator = "engineering_department".into();
        let router = gateway::http::router(Service { engine: handle, register, keys: Arc::new(keys), validator });
        println!("Listening on http://{address}");
        let served = runtime.block_on(async {
            let stop = async { ctrl_c().await.unwrap_or_else(|_| std::process::abort()) };
            axum::serve(listener, router).with_graceful_shutdown(stop).await
        });
        // Every handle is gone with the router: the engine settles what it has, and ends.
        let drained = worker.join().map_err(|_| Failure::Gateway("the engine stopped".into()))?;
        drained?;
        served.map_err(|error| Failure::Gateway(error.to_string()))
    }
}
