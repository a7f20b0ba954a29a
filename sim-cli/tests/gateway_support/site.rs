//! A gateway on a ledger that is another process, and its watch.

use {
    super::{Gateway, KEY_OF_ALL, ONE, options, remote::Remote},
    axum::{
        body::{Body, to_bytes},
        http::Request,
    },
    campus_energy_gateway::watch::watch,
    campus_energy_sdk::ledger::Embedded,
    serde_json::{Value, json},
    std::{path::Path, time::Duration},
    tokio::task::JoinHandle,
    tower::ServiceExt,
};

/// A gateway on a remote ledger, and its watch.
pub struct Site {
    pub gateway: Gateway,
    watching: JoinHandle<()>,
}

impl Site {
    pub fn open(directory: &Path, link: impl FnOnce(Embedded) -> Remote) -> Self {
        let gateway = Gateway::open_on(directory, options(42), link);
        let watching =
            tokio::spawn(watch(gateway.handle.clone(), gateway.register.clone(), gateway.alerts.clone(), None));
        Self { gateway, watching }
    }

    pub async fn stop(self) {
        self.watching.abort();
        let _ = self.watching.await;
        self.gateway.stop();
    }

    pub async fn post(&self, meter: usize, end: i64, [generated, consumed]: [u32; 2]) -> (u16, Value) {
        let reading = self.gateway.signed(meter, end, generated, consumed);
        self.gateway.post(&format!("{ONE}?wait=confirmed"), &reading).await
    }

    pub async fn state(&self, meter: usize, end: i64) -> Value {
        self.gateway.state(meter, end).await.1
    }

    pub async fn summary(&self) -> Value {
        self.gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await.1
    }

    /// Asks until a reading is in a state; what it says then.
    pub async fn until(&self, meter: usize, end: i64, state: &str) -> Value {
        let mut last = Value::Null;
        for _ in 0..200 {
            last = self.state(meter, end).await;
            if last["state"] == json!(state) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never {state}: {last}");
    }

    /// Waits until the alerts that are not over are these, by kind and subject.
    pub async fn alerts(&self, expected: &[(&str, &str)]) -> Vec<String> {
        let mut last: Vec<(String, String)> = Vec::new();
        for _ in 0..100 {
            let alerts = self.summary().await["alerts"].as_array().unwrap().clone();
            let text = |alert: &Value, name: &str| alert[name].as_str().unwrap().to_string();
            last = alerts.iter().map(|alert| (text(alert, "kind"), text(alert, "subject"))).collect();
            if last.iter().map(|(kind, subject)| (&kind[..], &subject[..])).eq(expected.iter().copied()) {
                return alerts.iter().map(|alert| text(alert, "text")).collect();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("expected {expected:?}, there are {last:?}");
    }

    pub async fn metric(&self, name: &str) -> String {
        let request = Request::builder().uri("/metrics").header("authorization", format!("Bearer {KEY_OF_ALL}"));
        let response = self.gateway.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let text = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name} is not in {text}")).to_string()
    }
}
