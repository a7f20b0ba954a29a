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
        axum::{Router, response::Redirect, routing},
        std::sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    #[test]
    fn a_redirect_is_not_followed() {
        let (posted, got) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (post_seen, get_seen) = (posted.clone(), got.clone());
        let redirect = async move || {
            post_seen.fetch_add(1, Ordering::Relaxed);
            Redirect::to("/page")
        };
        let page = async move || {
            get_seen.fetch_add(1, Ordering::Relaxed);
        };
        let hook = Router::new().route("/", routing::post(redirect)).route("/page", routing::get(page));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
            tokio::spawn(async move { axum::serve(listener, hook).await });
            let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
            let (subject, text) = ("ENG_001".into(), "no reading".into());
            sender.send(Alert { kind: Kind::MeterSilent, subject, since: 1, resolved: false, text }).unwrap();
            drop(sender);
            post(Some(url), receiver).await;
        });
        // Once: an address that redirects does so the next time, too.
        assert_eq!((posted.load(Ordering::Relaxed), got.load(Ordering::Relaxed)), (1, 0));
    }
}
