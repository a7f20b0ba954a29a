//! Posts alerts to a webhook.

use {super::Alert, std::time::Duration, tracing::warn};

/// How often, and how long after each other, a webhook is tried.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// Posts alerts in their order; one that nobody takes is logged and left.
pub(super) async fn post(webhook: Option<reqwest::Url>, mut alerts: tokio::sync::mpsc::UnboundedReceiver<Alert>) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap_or_default();
    while let Some(alert) = alerts.recv().await {
        let Some(url) = &webhook else { continue };
        for attempt in 1..=TRIES {
            let answer =
                client.post(url.clone()).json(&alert).send().await.and_then(reqwest::Response::error_for_status);
            match answer {
                Ok(_) => break,
                Err(error) if attempt == TRIES => warn!(%error, ?alert, "the webhook does not take an alert"),
                Err(_) => tokio::time::sleep(BETWEEN_TRIES * 2_u32.pow(attempt - 1)).await,
            }
        }
    }
}
