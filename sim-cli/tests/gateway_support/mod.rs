//! A gateway for tests: the real router, journal and ledger. Each test binary uses a part of it.
#![allow(dead_code)]

pub mod administrator;
pub mod bad_link;
pub mod process;
pub mod remote;
pub mod site;

use {
    axum::{
        Router,
        body::{Body, to_bytes},
        http::Request,
    },
    campus_energy_department::Keys,
    campus_energy_gateway::{
        self as gateway, Clock, Intake, Link, Submission,
        check::Register,
        front::http::{self, ApiKeys, Service, keys},
        watch::Alerts,
    },
    campus_energy_sdk::{
        ledger::{Embedded, Snapshot},
        time::Interval,
    },
    campus_energy_simulation::Configuration,
    serde_json::Value,
    sim_cli::plan::{self, GatewayOptions as Options},
    solana_program::hash::Hash,
    std::{path::Path, sync::Arc, thread::JoinHandle},
    tower::ServiceExt,
};

pub const BEGIN: i64 = 1_730_448_000;
pub const KEY_OF_ALL: &str = "the-key-of-all";
const KEYS: &str = "the-key-of-all;the-key-of-one=ENG_002";
pub const ONE: &str = "/api/engineering/meter-reading";
pub const MANY: &str = "/api/engineering/meter-readings";

pub struct Gateway {
    pub router: Router,
    pub register: Arc<Register>,
    pub handle: gateway::Handle,
    pub alerts: Alerts,
    pub intake: Intake,
    engine: JoinHandle<Hash>,
}

pub fn options(seed: u64) -> Options {
    Options { seed, clock: Clock::Readings, traders: false }
}

impl Gateway {
    pub fn open(directory: &Path) -> Self {
        Self::open_with(directory, false)
    }

    /// With traders or without.
    pub fn open_with(directory: &Path, traders: bool) -> Self {
        Self::open_on(directory, Options { traders, ..options(42) }, |ledger| ledger)
    }

    /// With something between the gateway and its ledger.
    pub fn open_on<L: Link>(directory: &Path, options: Options, link: impl FnOnce(Embedded) -> L) -> Self {
        Self::open_as(directory, options, link, |_| ())
    }

    /// With another REST interface.
    pub fn open_as<L: Link>(
        directory: &Path,
        options: Options,
        link: impl FnOnce(Embedded) -> L,
        change: impl FnOnce(&mut Service),
    ) -> Self {
        let configuration = Configuration::load(None).unwrap();
        let opened = gateway::open_on(directory, plan::gateway(&configuration, options), link).unwrap();
        let mut service = Service::new(&opened.intake, &opened.site, ApiKeys::parse(KEYS, keys::RATE).unwrap());
        change(&mut service);
        let alerts = service.alerts.clone();
        let gateway::Gateway { mut engine, intake, .. } = opened;
        let handle = intake.engine.clone();
        let engine = std::thread::spawn(move || {
            engine.run();
            engine.ledger().embedded().map_or_else(Hash::default, |ledger| Snapshot::of(ledger).hash())
        });
        Self { router: http::router(service), register: intake.register.clone(), handle, alerts, intake, engine }
    }

    /// Listens on a port of this machine; its address.
    pub async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    pub async fn post_all(&self, readings: &Value) {
        let (status, answers) = self.post(&format!("{MANY}?wait=confirmed"), readings).await;
        assert_eq!(status, 200, "{answers}");
    }

    /// Stops it as a shutdown does; the hash of an embedded ledger's state.
    pub fn stop(self) -> Hash {
        drop((self.router, self.handle, self.intake));
        self.engine.join().unwrap()
    }

    pub fn signed(&self, meter: usize, timestamp: i64, generated: u32, consumed: u32) -> Value {
        let id = format!("ENG_{meter:03}").parse().unwrap();
        let (key, interval) = (Keys::new(42).meter(meter - 1), Interval::ending_at(timestamp).unwrap());
        let submission = Submission::signed(&key, self.register.deployment, id, interval, [generated, consumed]);
        serde_json::to_value(submission.body()).unwrap()
    }

    pub async fn send(&self, method: &str, path: &str, key: &str, body: impl Into<Body>) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).map(String::from);
        assert!(status < 300 || kind.as_deref() == Some("application/problem+json"), "{status} {kind:?}");
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send("POST", path, "the-key-of-all", body.to_string()).await
    }

    pub async fn state(&self, meter: usize, timestamp: i64) -> (u16, Value) {
        self.send("GET", &format!("{ONE}/ENG_{meter:03}/{timestamp}"), "the-key-of-all", "").await
    }
}
