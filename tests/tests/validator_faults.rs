//! Validator, gateway and the line between them killed and cut: `make validator`.

use {
    campus_energy_department::{Keys, Signing, prepare},
    campus_energy_gateway::front::http::client::{Client, Posted},
    campus_energy_sdk::{
        ledger::{programs::EMBEDDED, transaction::send},
        oracle::readings::PlainReading,
    },
    campus_energy_tests::{
        day::{assert_invariants, assert_registers, measured},
        load::{post, request},
        validator::{Line, Validator, found, small_configuration},
    },
    sim_cli::meters::Meters,
    std::{
        net::TcpStream,
        path::Path,
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    },
    tokio::task::JoinSet,
};

/// `sim-cli gateway` on a cluster, as a process.
struct Gateway(Child);

impl Gateway {
    fn start(urls: &str, port: u16, directory: &Path, configuration: &Path) -> Self {
        let mut command = Command::new(std::env::var_os("SIM_CLI").expect("SIM_CLI"));
        command.args(["gateway", "--url", urls, "--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--data").arg(directory.join("gateway")).arg("--config").arg(configuration);
        command.env("ENGINEERING_API_KEY", KEY).env("RUST_LOG", "warn").stdout(Stdio::null());
        Self(command.spawn().expect("it starts"))
    }

    fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("it ends");
    }
}

const KEY: &str = "a-key-for-tests";

#[test]
#[ignore = "starts a validator: make validator"]
fn nothing_acknowledged_is_lost_whatever_is_killed_or_cut() {
    let mut validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let (file, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let (_, department, wallets) = found(&mut cluster, &configuration, Keys::new(42), None);
    let intervals = measured(&configuration, cluster.time().expect("a clock"));
    drop(cluster);

    // The first URL is a line that can be cut; the second is the validator itself.
    let line = Line::to(validator.port());
    let (urls, port) = (format!("{},{}", line.url(), validator.url()), validator.port() + 20);
    let directory = validator.directory().to_path_buf();
    let mut gateway = Some(Gateway::start(&urls, port, &directory, &file));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = Client::new(&format!("http://127.0.0.1:{port}"), KEY, Duration::from_secs(300)).expect("an address");
    let deployment = runtime.block_on(client.deployment()).expect("the gateway answers");
    assert_eq!(deployment, department.deployment);

    // All meters post, interval by interval, while things go wrong.
    let meters = Meters::new(&configuration, 42, Some(deployment));
    let bodies: Vec<Vec<_>> =
        intervals.iter().map(|interval| meters.interval(interval).map(|reading| reading.body()).collect()).collect();
    let posting = runtime.spawn({
        let (client, bodies) = (client.clone(), bodies.clone());
        async move {
            let mut posts: JoinSet<Posted> = JoinSet::new();
            for body in bodies.into_iter().flat_map(|interval| {
                // The last of an interval is followed by a pause.
                let last = interval.len() - 1;
                interval.into_iter().enumerate().map(move |(index, body)| (body, index == last))
            }) {
                let client = client.clone();
                posts.spawn(async move { client.post(&body.0).await });
                if body.1 {
                    tokio::time::sleep(Duration::from_millis(350)).await;
                }
            }
            posts.join_all().await
        }
    });
    let pause = |seconds| std::thread::sleep(Duration::from_secs(seconds));
    pause(4);
    println!("cut one of two lines");
    line.set_cut(true);
    pause(3);
    line.set_cut(false);
    println!("stop the validator");
    validator.signal("STOP");
    pause(2);
    // Nobody waits for it: readings are taken, and what was known last is shown.
    let mut gateway_line = TcpStream::connect(("127.0.0.1", port)).expect("the gateway listens");
    let reading = serde_json::to_string(&bodies[bodies.len() - 1][0]).expect("JSON");
    let reading = request("/api/engineering/meter-reading", KEY, &reading);
    assert_eq!(post(&mut gateway_line, &reading), 200);
    let head = format!("host: gateway\r\nauthorization: Bearer {KEY}\r\n\r\n");
    let mut get = |path: &str| post(&mut gateway_line, format!("GET {path} HTTP/1.1\r\n{head}").as_bytes());
    let until = Instant::now() + Duration::from_secs(60);
    while get("/readyz") != 503 {
        assert!(Instant::now() < until, "it is noticed");
        pause(1);
    }
    assert_eq!([get("/api/engineering/meter-summary"), get("/api/engineering/market")], [200, 200]);
    drop(gateway_line);
    validator.signal("CONT");
    pause(3);
    println!("kill -9 the validator");
    validator.kill();
    pause(2);
    validator.resume();
    pause(3);
    println!("kill -9 the gateway");
    gateway.take().expect("it runs").kill();
    pause(1);
    gateway = Some(Gateway::start(&urls, port, &directory, &file));
    pause(3);
    println!("kill -9 both");
    validator.kill();
    gateway.take().expect("it runs").kill();
    validator.resume();
    gateway = Some(Gateway::start(&urls, port, &directory, &file));

    let posted = runtime.block_on(posting).expect("posted");
    let refusals: Vec<_> = posted.iter().filter_map(|posted| posted.answer.as_ref().err()).collect();
    assert!(refusals.is_empty(), "{refusals:?}");
    let retries: u32 = posted.iter().map(|posted| posted.retries).sum();
    println!("{} readings acknowledged, {retries} posted again", posted.len());
    assert_eq!(posted.len(), intervals.len() * 15);
    assert!(retries > 0, "something went wrong");

    // Each once more, through the gateway: the same answers. And past it: refused by name.
    let again = runtime.block_on(async {
        let mut posts: JoinSet<Posted> = JoinSet::new();
        for body in bodies.into_iter().flatten() {
            let client = client.clone();
            posts.spawn(async move { client.post(&body).await });
        }
        posts.join_all().await
    });
    let ids = |posted: &[Posted]| {
        let mut ids: Vec<_> =
            posted.iter().map(|posted| posted.answer.as_ref().expect("taken").energy_tokens_minted.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&again), ids(&posted));
    let mut cluster = validator.cluster(EMBEDDED);
    let plain: Vec<PlainReading> = campus_energy_department::plain(&intervals[40].readings);
    let duplicate = &prepare(&department, &wallets.meters, intervals[40].interval, &plain, Signing::Meters)[0];
    let table = std::slice::from_ref(&department.table);
    let error = send(&mut cluster, duplicate, &[&wallets.submitter], table).expect_err("refused");
    assert_eq!(error.described().map(|error| error.name), Some("AlreadyAccepted"), "{error}");
    assert!(error.to_string().contains("has been accepted before"), "{error}");

    assert_registers(&cluster, &department, &intervals);
    assert_invariants(&cluster, &department.addresses);
    gateway.take().expect("it runs").kill();
}
