//! The cluster's RPC nodes: one is used until it fails, then the next; another one too where it has no new confirmed slots (see
//! [`super::progress`]). A node that failed rests for a while that grows. A transaction
//! that a node may have taken without an answer goes to the next one without a preflight: only the ledger can say what became of it.

use {
    super::failure::{Failure, NODE_UNHEALTHY, public},
    async_trait::async_trait,
    solana_rpc_client::{
        http_sender::HttpSender,
        rpc_sender::{RpcSender, RpcTransportStats},
    },
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind, Result},
        request::{RpcError, RpcRequest},
    },
    std::{
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::sync::watch,
};

/// How long a node rests after its first failure, and after its last of many.
const FIRST_REST: Duration = Duration::from_millis(200);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// How long a request may take, in its own time limits, before the next node is asked: a node that says when to come again, with
/// HTTP 429, is waited for where it is the only one.
const LIMITS: u32 = 2;

/// Sends each request to the first node that answers.
#[derive(Clone)]
pub(super) struct Endpoints(Arc<Nodes>);

struct Nodes {
    all: Vec<Node>,
    current: watch::Sender<usize>,
    timeout: Duration,
}

struct Node {
    sender: HttpSender,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The genesis that the node has shown.
    genesis: Option<String>,
    failures: u32,
    until: Option<Instant>,
    /// Why it failed the last time, unless it has answered since.
    failure: Option<Failure>,
    /// Whether it has ever answered.
    has_answered: bool,
}

impl Node {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rests(&self) -> bool {
        self.state().until.is_some_and(|until| Instant::now() < until)
    }

    fn failed(&self, failure: Failure) {
        let mut state = self.state();
        state.failure = Some(failure);
        let rest = FIRST_REST.saturating_mul(1 << state.failures.min(5)).min(LONGEST_REST);
        state.failures += 1;
        // Jitter: those who lost the same node do not come back to it at once.
        state.until = Some(Instant::now() + rest.mul_f64(0.5 + fastrand::f64()));
        // It may come back as another one.
        state.genesis = None;
    }

    fn answered(&self) {
        let mut state = self.state();
        (state.failures, state.until, state.failure, state.has_answered) = (0, None, None, true);
    }
}

impl Endpoints {
    pub(super) fn new(urls: &[String], timeout: Duration) -> Self {
        let node =
            |url: &String| Node { sender: HttpSender::new_with_timeout(url.clone(), timeout), state: Mutex::default() };
        Self(Arc::new(Nodes { all: urls.iter().map(node).collect(), current: watch::Sender::new(0), timeout }))
    }

    /// Which node is in use, by its place among the URLs.
    pub(super) fn in_use(&self) -> watch::Receiver<usize> {
        self.0.current.subscribe()
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.0.all.len()
    }

    /// Uses a node that has answered from now on, in the place of another one, if that is still in use.
    pub(super) fn replace(&self, former: usize, next: usize) {
        // One that rests would be passed over.
        if let Some(node) = self.0.all.get(next) {
            node.answered();
        }
        self.0.current.send_if_modified(|current| {
            let is_former = *current == former;
            if is_former {
                *current = next;
            }
            is_former
        });
    }

    /// A node's name for people, by its place.
    pub(super) fn name(&self, number: usize) -> String {
        self.0.all.get(number).map(|node| public(&node.sender.url())).unwrap_or_default()
    }

    /// The newest confirmed slot of one node.
    pub(super) async fn confirmed_slot(&self, number: usize) -> Result<Option<u64>> {
        let Some(node) = self.0.all.get(number) else { return Ok(None) };
        self.check(node).await?;
        let params = serde_json::json!([{ "commitment": "confirmed" }]);
        Ok(node.sender.send(RpcRequest::GetSlot, params).await?.as_u64())
    }

    /// Why no node can be used, where waiting does not help: none has ever answered, and each failed for a reason that lasts.
    pub(super) fn hopeless(&self) -> Option<String> {
        let is_hopeless = |node: &Node| {
            let state = node.state();
            !state.has_answered && state.failure.as_ref().is_some_and(|failure| failure.lasts)
        };
        self.0.all.iter().all(is_hopeless).then(|| self.failures())
    }

    /// Why each node failed the last time.
    fn failures(&self) -> String {
        let told = self.0.all.iter().map(|node| {
            let failure = node.state().failure.clone();
            let reason = failure.map_or_else(|| "it has not been asked lately".into(), |failure| failure.reason);
            format!("{}: {reason}", public(&node.sender.url()))
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// Sends a request to a node, which has to be of the same cluster. Whether it was asked, and its answer.
    async fn ask(
        &self,
        node: &Node,
        request: RpcRequest,
        params: &serde_json::Value,
    ) -> (bool, Result<serde_json::Value>) {
        match self.check(node).await {
            Ok(()) => (true, node.sender.send(request, params.clone()).await),
            Err(error) => (false, Err(error)),
        }
    }

    /// The genesis that all nodes must show: the one that the first to answer has shown.
    async fn check(&self, node: &Node) -> Result<()> {
        if node.state().genesis.is_some() {
            return Ok(());
        }
        let genesis = node.sender.send(RpcRequest::GetGenesisHash, serde_json::Value::Null).await?;
        let genesis = genesis.as_str().ok_or_else(|| custom("its answer is no JSON-RPC".into()))?.to_string();
        let known = self.0.all.iter().find_map(|other| other.state().genesis.clone());
        if known.is_some_and(|known| known != genesis) {
            return Err(custom(format!("the node belongs to another cluster: its genesis is {genesis}")));
        }
        node.state().genesis = Some(genesis);
        Ok(())
    }
}

#[async_trait]
impl RpcSender for Endpoints {
    async fn send(&self, request: RpcRequest, mut params: serde_json::Value) -> Result<serde_json::Value> {
        let (first, count) = (*self.0.current.borrow(), self.len());
        for number in (first..first + count).map(|number| number % count) {
            let node = &self.0.all[number];
            if node.rests() {
                continue;
            }
            let has_other = self.0.all.iter().enumerate().any(|(other, node)| other != number && !node.rests());
            let answer = self.ask(node, request, &params);
            let (asked, result) = match has_other {
                false => answer.await,
                true => {
                    tokio::time::timeout(self.0.timeout * LIMITS, answer).await.unwrap_or_else(|_| (true, Err(slow())))
                }
            };
            match result {
                Err(error) if is_the_nodes(&error) => {
                    node.failed(Failure::of(&error));
                    if asked && request == RpcRequest::SendTransaction && may_have_arrived(&error) {
                        // A refusal by the next node's preflight would not say that the transaction is never executed.
                        params[1]["skipPreflight"] = true.into();
                    }
                }
                result => {
                    node.answered();
                    // An answer of the node that was in use says nothing against one that has taken its place since.
                    if number != first {
                        self.replace(first, number);
                    }
                    return result;
                }
            }
        }
        Err(custom(self.failures()))
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        self.0.all[*self.0.current.borrow()].sender.get_transport_stats()
    }

    fn url(&self) -> String {
        self.0.all.iter().map(|node| node.sender.url()).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a node that did not answer sensibly may have had the request all the same. It has not where there was no connection, or
/// where it said that it does not take the request.
fn may_have_arrived(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Reqwest(error) => {
            !error.is_connect() && !error.status().is_some_and(|status| status.is_client_error())
        }
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => *code != NODE_UNHEALTHY,
        _ => true,
    }
}

/// A node that has said nothing for long: it limits the rate of requests and is waited for, or something between holds them back.
fn slow() -> Error {
    ErrorKind::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time, or HTTP 429 again and again"))
        .into()
}

fn custom(text: String) -> Error {
    ErrorKind::Custom(text).into()
}

/// Whether another node may do better: this one does not answer, or not sensibly, or is behind.
fn is_the_nodes(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => *code == NODE_UNHEALTHY,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_replaced_only_while_it_is_in_use() {
        let urls = ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"].map(String::from);
        let endpoints = Endpoints::new(&urls, Duration::from_secs(1));
        let in_use = || *endpoints.in_use().borrow();
        endpoints.0.all[1].failed(Failure { reason: "it does not answer".into(), lasts: false });
        assert!(endpoints.0.all[1].rests());
        endpoints.replace(0, 1);
        assert_eq!((in_use(), endpoints.0.all[1].rests()), (1, false), "one that rests would be passed over");
        // A request that began when the first one was in use.
        endpoints.replace(0, 2);
        assert_eq!(in_use(), 1);
    }
}
