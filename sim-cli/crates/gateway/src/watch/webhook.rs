//! Posts alerts to a webhook.

use {super::Alert, campus_energy_sdk::ledger::cluster::Failure, reqwest::header, std::time::Duration, tracing::warn};

/// How often, and how long after each other, a webhook is tried.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// How long a webhook that says when to come again is waited for at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Posts alerts in their order; one that nobody takes is logged and left.
pub(super) async fn post(webhook: Option<reqwest::Url>, mut alerts: tokio::sync::mpsc::UnboundedReceiver<Alert>) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap_or_default();
    while let Some(alert) = alerts.recv().await {
        let Some(url) = &webhook else { continue };
        for attempt in 1..=TRIES {
            let (failure, after) = match client.post(url.clone()).json(&alert).send().await {
                Ok(answer) if answer.status().is_success() => break,
                Ok(answer) => {
                    let (status, after) = (answer.status(), answer.headers().get(header::RETRY_AFTER));
                    let after = after.and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs);
                    (Failure::of_status(status.as_u16(), &status.to_string(), "webhook"), after)
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
