//! Posts alerts to a webhook.

use {
    super::Alert,
    campus_energy_sdk::ledger::cluster::Failure,
    reqwest::{header, redirect},
    std::time::Duration,
    tracing::warn,
};

/// How often, and how long after each other, a webhook is tried.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// How long a webhook that says when to come again is waited for at most: later alerts wait behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Posts alerts in their order; one that nobody takes is logged and left.
pub(super) async fn post(webhook: Option<reqwest::Url>, mut alerts: tokio::sync::mpsc::UnboundedReceiver<Alert>) {
    // A redirected POST becomes a GET without the alert, which somebody answers with 200.
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).redirect(redirect::Policy::none()).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            warn!(%error, "alerts cannot be posted");
            return;
        }
    };
    while let Some(alert) = alerts.recv().await {
        let Some(url) = &webhook else { continue };
        for attempt in 1..=TRIES {
            let (failure, after) = match client.post(url.clone()).json(&alert).send().await {
                Ok(answer) if answer.status().is_success() => break,
                Ok(answer) => {
                    let (status, after) = (answer.status(), answer.headers().get(header::RETRY_AFTER));
                    let after = after.and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs);
                    let mut failure = Failure::of_status(status.as_u16(), &status.to_string(), "webhook");
                    if status.is_redirection() {
                        failure.reason =
                            format!("HTTP {status}; redirects are not followed: give --webhook the last address");
                    }
                    (failure, after)
                }
                Err(error) => (Failure::of_transport(&error, error.is_timeout(), "webhook"), None),
            };
            // The URL may be a secret.
            let Failure { reason, lasts } = failure;
            if lasts || attempt == TRIES {
                warn!(reason, ?alert, "the webhook does not take an alert");
                break;
            }
            let pause = (BETWEEN_TRIES * 2_u32.pow(attempt - 1)).max(after.unwrap_or_default()).min(LONGEST_PAUSE);
            tokio::time::sleep(pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use {
        super::{super::Kind, *},
        std::{
            io::{Read, Write},
            net::TcpListener,
        },
    };

    #[test]
    fn a_redirect_is_not_followed() {
        let hook = TcpListener::bind("127.0.0.1:0").unwrap();
        let url: reqwest::Url = format!("http://{}/", hook.local_addr().unwrap()).parse().unwrap();
        let asked = std::thread::spawn(move || {
            let mut first_lines = Vec::new();
            for stream in hook.incoming() {
                let mut head = [0; 4_096];
                let mut stream = stream.unwrap();
                let length = stream.read(&mut head).unwrap();
                let line = String::from_utf8_lossy(&head[..length]).lines().next().unwrap_or_default().to_string();
                if line.is_empty() {
                    break;
                }
                first_lines.push(line);
                let answer =
                    "HTTP/1.1 303 See Other\r\nLocation: /page\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
            }
            first_lines
        });
        let address = (url.host_str().unwrap().to_string(), url.port().unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
            let (subject, text) = ("ENG_001".into(), "no reading".into());
            sender.send(Alert { kind: Kind::MeterSilent, subject, since: 1, resolved: false, text }).unwrap();
            drop(sender);
            post(Some(url), receiver).await;
        });
        // A connection without a request ends the hook.
        drop(std::net::TcpStream::connect(address).unwrap());
        // Once: an address that redirects does so the next time, too.
        assert_eq!(asked.join().unwrap(), ["POST / HTTP/1.1"]);
    }
}
