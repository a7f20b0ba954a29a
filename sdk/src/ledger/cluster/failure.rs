//! Why a server did not serve a request, in words, and whether waiting can help.

use {
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind},
        request::{RpcError, RpcResponseErrorData},
    },
    std::error::Error as StdError,
    url::Url,
};

/// The code by which a node says that it is behind the cluster.
pub(super) const NODE_UNHEALTHY: i64 = -32_005;
/// What a node is asked for.
const JSON_RPC: &str = "JSON-RPC";
/// HTTP statuses of a request that may be served later although the client is blamed: timeout, too early, too many requests.
const LATER: [u16; 3] = [408, 425, 429];

/// Why a server did not serve a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason, without the server's URL, whose path may be a secret.
    pub reason: String,
    /// Whether the same request fares no better later: a wrong address or key, a host that does not exist.
    pub lasts: bool,
}

impl Failure {
    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), lasts: true }
    }

    fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), lasts: false }
    }

    /// Of an error that is the node's, not the request's.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Reqwest(error) => {
                let status = error.status().map(|status| (status.as_u16(), status.to_string()));
                match status {
                    Some((code, text)) => Self::of_status(code, &text, JSON_RPC),
                    None if error.is_builder() => {
                        Self::lasting(format!("this is no URL of a node: {}", deepest(error)))
                    }
                    None => Self::of_transport(error, error.is_timeout(), JSON_RPC),
                }
            }
            ErrorKind::RpcError(RpcError::RpcResponseError { code: NODE_UNHEALTHY, data, .. }) => match data {
                RpcResponseErrorData::NodeUnhealthy { num_slots_behind: Some(slots) } => {
                    Self::passing(format!("the node is {slots} slots behind the cluster"))
                }
                _ => Self::passing("the node is behind the cluster"),
            },
            ErrorKind::RpcError(RpcError::RpcRequestError(_)) => Self::lasting("its answer is no JSON-RPC"),
            ErrorKind::Custom(reason) => Self::lasting(reason.clone()),
            kind => Self::passing(chain(kind)),
        }
    }

    /// Of an HTTP status, as a number and as a text, where a `service` was asked for.
    #[must_use]
    pub fn of_status(code: u16, text: &str, service: &str) -> Self {
        let hint = match code {
            401 | 403 => "; it wants a key, or another one".into(),
            429 => "; it limits the rate of requests".into(),
            300..=499 if !LATER.contains(&code) => format!("; there is no {service} at this address"),
            _ => String::new(),
        };
        Self { reason: format!("HTTP {text}{hint}"), lasts: (300..500).contains(&code) && !LATER.contains(&code) }
    }

    /// Of an HTTP client's error: no answer came, or one whose body cannot be read.
    #[must_use]
    pub fn of_transport(error: &(dyn StdError + 'static), is_timeout: bool, service: &str) -> Self {
        let (whole, last) = (chain(error), deepest(error));
        if let Some(json) = sources(error).find_map(|cause| cause.downcast_ref::<serde_json::Error>()) {
            return match json.is_eof() {
                true => Self::passing("its answer broke off"),
                false => {
                    Self::lasting(format!("its answer is no JSON (a web page?): there is no {service} at this address"))
                }
            };
        }
        if whole.contains("dns error") {
            let reason = format!("the host's name cannot be resolved: {last}");
            // A resolver that cannot be reached says so; any other says that there is no such name.
            return Self { reason, lasts: !last.contains("Temporary failure") };
        }
        let is_tls = ["invalid peer certificate", "fatal alert", "corrupt message", "CertificateRequired"];
        if is_tls.iter().any(|mark| whole.contains(mark)) {
            let http = if whole.contains("corrupt message") { "; does it speak http, not https?" } else { "" };
            return Self::lasting(format!("TLS fails: {last}{http}"));
        }
        if ["invalid HTTP version", "invalid HTTP status"].iter().any(|mark| whole.contains(mark)) {
            return Self::lasting("it does not speak HTTP; does it want https?");
        }
        if is_timeout {
            return Self::passing("no answer in time");
        }
        Self::passing(last)
    }
}

fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (*cause).source())
}

/// An error's first cause.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    sources(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// An error with its causes.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    for more in sources(error).map(ToString::to_string) {
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
    }
    text
}

/// A URL without what may be secret: its path, query, name and password.
pub(super) fn public(url: &str) -> String {
    match url.parse::<Url>() {
        Ok(url) => url.origin().ascii_serialization(),
        Err(_) => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_waiting_helps() {
        for (code, text, reason, lasts) in [
            (401, "401 Unauthorized", "HTTP 401 Unauthorized; it wants a key, or another one", true),
            (404, "404 Not Found", "HTTP 404 Not Found; there is no JSON-RPC at this address", true),
            (408, "408 Request Timeout", "HTTP 408 Request Timeout", false),
            (429, "429 Too Many Requests", "HTTP 429 Too Many Requests; it limits the rate of requests", false),
            (502, "502 Bad Gateway", "HTTP 502 Bad Gateway", false),
        ] {
            assert_eq!(Failure::of_status(code, text, JSON_RPC), Failure { reason: reason.into(), lasts });
        }
    }

    /// An error with causes, the outermost first.
    #[derive(Debug)]
    struct Causes(Vec<&'static str>, Option<Box<Causes>>);

    impl Causes {
        fn of(texts: &[&'static str]) -> Self {
            let (first, rest) = texts.split_first().unwrap();
            Self(vec![first], (!rest.is_empty()).then(|| Box::new(Self::of(rest))))
        }
    }

    impl std::fmt::Display for Causes {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0[0])
        }
    }

    impl StdError for Causes {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn an_error_of_the_connection_says_whether_waiting_helps() {
        let [sending, connecting] = ["error sending request for url (http://secret/)", "client error (Connect)"];
        let lookup = "failed to lookup address information: Name or service not known";
        let resolver = "failed to lookup address information: Temporary failure in name resolution";
        for (texts, is_timeout, reason, lasts) in [
            (vec!["dns error", lookup], false, format!("the host's name cannot be resolved: {lookup}"), true),
            (vec!["dns error", resolver], false, format!("the host's name cannot be resolved: {resolver}"), false),
            (
                vec!["tcp connect error", "Connection refused (os error 111)"],
                false,
                "Connection refused (os error 111)".into(),
                false,
            ),
            (
                vec!["invalid peer certificate: UnknownIssuer"],
                false,
                "TLS fails: invalid peer certificate: UnknownIssuer".into(),
                true,
            ),
            (
                vec!["received corrupt message of type InvalidContentType"],
                false,
                "TLS fails: received corrupt message of type InvalidContentType; does it speak http, not https?".into(),
                true,
            ),
            (vec!["invalid HTTP version parsed"], false, "it does not speak HTTP; does it want https?".into(), true),
            (vec!["operation timed out"], true, "no answer in time".into(), false),
        ] {
            let texts: Vec<&str> = [sending, connecting].into_iter().chain(texts).collect();
            let failure = Failure::of_transport(&Causes::of(&texts), is_timeout, JSON_RPC);
            assert_eq!(failure, Failure { reason, lasts }, "{texts:?}");
        }
    }

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("https://rpc.example/?api-key=secret", "https://rpc.example"),
            ("https://user:secret@rpc.example:8443/secret", "https://rpc.example:8443"),
            ("http://127.0.0.1:8899", "http://127.0.0.1:8899"),
            ("garbage", "garbage"),
        ] {
            assert_eq!(public(url), shown);
        }
    }
}
