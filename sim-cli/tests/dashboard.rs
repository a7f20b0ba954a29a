//! The dashboard in headless Chromium, over WebDriver, against a real gateway. Where `chromedriver` is not installed, the test says
//! so; with `CAMPUS_ENERGY_TOOLS=required`, as in CI, it fails then. `DASHBOARD_PICTURES=DIR` keeps what was seen.

#![cfg(feature = "network")]

mod gateway_support;

use {
    axum::{
        Router,
        extract::Request,
        middleware::{Next, from_fn},
        response::Response,
    },
    campus_energy_gateway::watch::watch,
    fantoccini::{Client, ClientBuilder, Locator, key::Key},
    gateway_support::{BEGIN, Gateway, KEY_OF_ALL, ONE, options, remote::Remote},
    serde_json::{Value, json},
    std::{
        io::{BufRead, BufReader},
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    },
};

/// A WebDriver server, stopped when it is dropped.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    fn start() -> Option<Self> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut process) = command.spawn() else {
            assert!(
                std::env::var("CAMPUS_ENERGY_TOOLS").as_deref() != Ok("required"),
                "chromedriver is not installed (Debian: chromium-driver)"
            );
            println!("NOT RUN: chromedriver is not installed (Debian: chromium-driver)");
            return None;
        };
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let port = line.split("started successfully on port ").nth(1)?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        Some(Self { process, address: format!("http://127.0.0.1:{}", port.expect("it says its port")) })
    }

    async fn browser(&self, width: u32, dark: bool) -> Client {
        let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
        let capabilities = json!({"goog:chromeOptions": {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", scheme],
            "mobileEmulation": {"deviceMetrics": {"width": width, "height": 900, "pixelRatio": 1.0, "touch": false}},
        }});
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(capabilities).connect(&self.address).await.expect("a browser")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a script returns, once that is something: within ten seconds.
async fn eventually(browser: &Client, script: &str) -> Value {
    within(Duration::from_secs(10), browser, script).await
}

/// What a script returns, once that is something.
async fn within(time: Duration, browser: &Client, script: &str) -> Value {
    let end = Instant::now() + time;
    while Instant::now() < end {
        let value = browser.execute(script, Vec::new()).await.expect("a script");
        if ![json!(null), json!(false), json!(0), json!("")].contains(&value) {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let page = browser.execute("return document.body.innerText", Vec::new()).await.expect("a page");
    panic!("never came: {script}\n{page}");
}

async fn keep(browser: &Client, name: &str) {
    let Ok(directory) = std::env::var("DASHBOARD_PICTURES") else { return };
    let picture = browser.screenshot().await.expect("a picture");
    std::fs::write(format!("{directory}/{name}.png"), picture).expect("written");
}

/// The contrast of each text with what is behind it, the least of all: WCAG asks for 4.5.
const CONTRAST: &str = r#"
    const parse = color => color.match(/[\d.]+/g).map(Number);
    const light = color => { const [r, g, b] = parse(color).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
    const behind = node => { for (; node; node = node.parentElement) { const color = getComputedStyle(node).backgroundColor; if (parse(color)[3] !== 0) return color; } return "rgb(255,255,255)"; };
    let least = [99, ""];
    for (const node of document.querySelectorAll("h1,h2,p,dt,dd,b,li,summary,small,text,th,td")) {
        if (!node.getClientRects().length || !node.textContent.trim()) continue;
        const style = getComputedStyle(node), [a, b] = [light(node.tagName === "text" ? style.fill : style.color), light(behind(node.parentElement))];
        const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (contrast < least[0]) least = [contrast, node.textContent];
    }
    return least;"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_shows_what_happens() {
    let Some(driver) = Driver::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open_with(directory.path(), true);
    let address = gateway.listen().await;
    let interval = |number: i64| -> Value {
        let generated = |meter| if meter == 11 { 6_000 } else { 0 };
        (1..=15).map(|meter| gateway.signed(meter, BEGIN + 900 * number, generated(meter), 1_250)).collect()
    };
    for number in 0..8 {
        gateway.post_all(&interval(number)).await;
    }

    let browser = driver.browser(1_280, false).await;
    browser.goto(&format!("{address}/")).await.unwrap();
    // It asks for a key, and says what is wrong with one.
    let input = browser.find(Locator::Id("key")).await.unwrap();
    input.send_keys("no-such-key").await.unwrap();
    input.send_keys(&Key::Enter.to_string()).await.unwrap();
    eventually(&browser, "return document.getElementById('wrong').textContent.includes('Bearer')").await;
    browser.find(Locator::Id("key")).await.unwrap().clear().await.unwrap();
    input.send_keys(KEY_OF_ALL).await.unwrap();
    input.send_keys(&Key::Enter.to_string()).await.unwrap();
    eventually(&browser, "return document.getElementById('live').textContent === 'live'").await;
    let tiles = eventually(&browser, "return document.querySelectorAll('#meters li').length").await;
    assert_eq!(tiles, json!(15));
    let now = eventually(&browser, "return document.getElementById('now').innerText").await;
    let now = now.as_str().unwrap().replace('\n', " ");
    // 6 kWh and 15 x 1.25 kWh in a quarter of an hour.
    assert!(now.contains("Generation 24.0 kW") && now.contains("Consumption 75.0 kW"), "{now}");
    assert!(now.contains("From the grid 51.0 kW"), "{now}");
    keep(&browser, "light-1280").await;

    // What is posted now appears by itself.
    gateway.post_all(&interval(8)).await;
    eventually(&browser, "return document.querySelector('#ENG_011').innerText.includes('17:00')").await;
    eventually(&browser, "return document.getElementById('moment').innerText.includes('until 17:00')").await;
    let price = "return /Last price\\s*[3-5]\\.\\d\\d/.test(document.getElementById('market').innerText)";
    eventually(&browser, price).await;

    // A meter falls silent: said once, and the power shown is that of the others.
    let meters = gateway.register.clone();
    let watching = tokio::spawn(watch(gateway.handle.clone(), meters, gateway.alerts.clone(), None));
    // What is heard of before it watches counts from then on.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let Value::Array(mut others) = interval(12) else { unreachable!("an array") };
    others.pop();
    gateway.post_all(&others.into()).await;
    let alert = "return document.querySelector('#alerts li')?.textContent";
    let alert = eventually(&browser, alert).await;
    assert!(alert.as_str().unwrap().starts_with("meter silent: ENG_015: no reading after that of "), "{alert}");
    let now = "return document.getElementById('moment').innerText === '1 Nov 2024, interval until 18:00' && \
               document.getElementById('now').innerText.includes('70.0')";
    eventually(&browser, now).await;
    let others: Value = vec![gateway.signed(15, BEGIN + 900 * 12, 0, 1_250)].into();
    gateway.post_all(&others).await;
    eventually(&browser, "return document.querySelectorAll('#alerts li').length === 0").await;
    watching.abort();

    // Keyboard alone: the curve is reached by Tab and read by arrow keys.
    let focus = "document.getElementById('day').focus(); return document.activeElement.id";
    assert_eq!(browser.execute(focus, Vec::new()).await.unwrap(), json!("day"));
    let active = browser.active_element().await.unwrap();
    active.send_keys(&Key::Left.to_string()).await.unwrap();
    let readout = eventually(&browser, "return document.getElementById('day-readout').textContent").await;
    assert!(readout.as_str().unwrap().starts_with("Until 17:00: generation 24.0 kW, consumption 75.0 kW"), "{readout}");
    let reach = "const reached = []; for (const node of document.querySelectorAll('[tabindex], summary, button, input')) \
                 if (node.tabIndex >= 0 && node.getClientRects().length) reached.push(node.id || node.tagName); return reached";
    assert_eq!(browser.execute(reach, Vec::new()).await.unwrap(), json!(["day", "SUMMARY", "auctions"]));
    let named = "return [...document.querySelectorAll('section')].every(one => one.hidden || one.getAttribute('aria-labelledby')) && \
                 [...document.querySelectorAll('[role=img]')].every(one => one.getAttribute('aria-label').length > 40)";
    assert_eq!(browser.execute(named, Vec::new()).await.unwrap(), json!(true));
    // Nothing from anywhere else.
    let foreign = "return performance.getEntriesByType('resource').map(one => one.name).filter(name => !name.startsWith(location.origin) && !name.startsWith('data:'))";
    assert_eq!(browser.execute(foreign, Vec::new()).await.unwrap(), json!([]));
    // No script runs but the page's own: the policy stops what somebody has put into the page.
    let injected = "try { document.body.setAttribute('onclick', 'window.injected = true'); } catch {} \
                    document.body.click(); return window.injected === undefined";
    assert_eq!(browser.execute(injected, Vec::new()).await.unwrap(), json!(true));
    browser.close().await.unwrap();

    for (width, dark) in [(360, false), (360, true), (1_920, false), (1_920, true)] {
        let browser = driver.browser(width, dark).await;
        browser.goto(&format!("{address}/#key={KEY_OF_ALL}")).await.unwrap();
        eventually(&browser, "return document.querySelectorAll('#meters li').length").await;
        let sizes = "return [document.documentElement.scrollWidth, innerWidth, location.hash]";
        let sizes = browser.execute(sizes, Vec::new()).await.unwrap();
        assert_eq!(sizes, json!([width, width, ""]), "nothing sticks out, and the key left the address");
        let least = browser.execute(CONTRAST, Vec::new()).await.unwrap();
        assert!(least[0].as_f64().unwrap() >= 4.5, "{width} px, dark {dark}: {least}");
        keep(&browser, &format!("{}-{width}", if dark { "dark" } else { "light" })).await;
        browser.close().await.unwrap();
    }
}

/// Two truths about one interval are said where people look, and fit a telephone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_says_that_the_ledger_has_other_values() {
    let Some(driver) = Driver::start() else { return };
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let gateway = Gateway::open_on(directory.path(), options(42), remote.link());
    let foreign = remote.submit(1, BEGIN, [2_500, 0]);
    let reading = gateway.signed(1, BEGIN, 3_000, 500);
    assert_eq!(gateway.post(&format!("{ONE}?wait=confirmed"), &reading).await.0, 409);
    let address = gateway.listen().await;
    let meters = gateway.register.clone();
    let watching = tokio::spawn(watch(gateway.handle.clone(), meters, gateway.alerts.clone(), None));
    let browser = driver.browser(360, false).await;
    browser.goto(&format!("{address}/#key={KEY_OF_ALL}")).await.unwrap();
    let alert = eventually(&browser, "return document.querySelector('#alerts li')?.textContent").await;
    let alert = alert.as_str().unwrap();
    assert!(alert.starts_with("two truths: ENG_001: two truths about one interval, 1 within a week"), "{alert}");
    assert!(alert.contains(&foreign), "{alert}");
    let tile = eventually(&browser, "return document.querySelector('#ENG_001').innerText").await;
    assert!(tile.as_str().unwrap().contains("rejected: the ledger has other values for ENG_001"), "{tile}");
    let figure =
        "return /Intervals of which the ledger has other values\\s*1/.test(document.getElementById('state').innerText)";
    eventually(&browser, figure).await;
    let sizes = browser.execute("return [document.documentElement.scrollWidth, innerWidth]", Vec::new()).await.unwrap();
    assert_eq!(sizes, json!([360, 360]), "nothing sticks out");
    keep(&browser, "two-truths-360").await;
    browser.close().await.unwrap();
    watching.abort();
}

/// A reverse proxy has put the gateway under a path, and keeps the event stream back until it ends, as a buffering one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_needs_neither_the_root_path_nor_the_event_stream() {
    let Some(driver) = Driver::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open_with(directory.path(), true);
    let interval = |number: i64| -> Value {
        (1..=15).map(|meter| gateway.signed(meter, BEGIN + 900 * number, 0, 1_250)).collect()
    };
    gateway.post_all(&interval(0)).await;
    let proxy = Router::new().nest_service("/campus/grid", gateway.router.clone()).layer(from_fn(buffering));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/campus/grid", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, proxy).await });

    let browser = driver.browser(1_280, false).await;
    // With a slash at its end and without.
    for slash in ["/", ""] {
        browser.goto(&format!("{address}{slash}#key={KEY_OF_ALL}")).await.unwrap();
        let tiles = eventually(&browser, "return document.querySelectorAll('#meters li').length").await;
        assert_eq!(tiles, json!(15));
        eventually(&browser, "return document.getElementById('now').innerText.includes('75.0')").await;
        eventually(&browser, "return document.getElementById('market').innerText.includes('Last price')").await;
        eventually(&browser, "return document.getElementById('live').textContent === 'updated every 15 s'").await;
    }
    gateway.post_all(&interval(1)).await;
    let newer = "return document.getElementById('moment').innerText.includes('until 15:15')";
    within(Duration::from_secs(25), &browser, newer).await;
    browser.close().await.unwrap();
}

/// Answers everything but the event stream.
async fn buffering(request: Request, next: Next) -> Response {
    if request.uri().path().ends_with("/events") {
        std::future::pending::<()>().await;
    }
    next.run(request).await
}
