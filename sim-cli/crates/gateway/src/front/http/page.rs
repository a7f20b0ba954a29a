//! The dashboard: one page that loads nothing from elsewhere, built from `sim-cli/web/`.

use axum::{
    http::header,
    response::{Html, IntoResponse},
};

/// The page, its script and style inside.
const PAGE: &str = include_str!("../../../../../web/dist/dashboard.html");
/// What the page may do: run its own script and style, named by their hashes, and talk to this gateway. Nobody frames it.
const POLICY: &str = include_str!("../../../../../web/dist/dashboard.csp");

pub(super) async fn dashboard() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Html(PAGE))
}
