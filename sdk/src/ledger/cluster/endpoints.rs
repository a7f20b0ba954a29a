//! The cluster's RPC nodes: one is used until it fails, then the next. A node that failed rests for a while that grows. A transaction
//! that a node may have taken without an answer goes to the next one without a preflight: only the ledger can say what became of it.

use {
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
        sync::{Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::sync::watch,
};

/// How long a node rests after its first failure, and after its last of many.
const FIRST_REST: Duration = Duration::from_millis(200);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// The code by which a node says that it is behind the cluster.
const NODE_UNHEALTHY: i64 = -32_005;

/// Sends each request to the first node that answers.
pub(super) struct Endpoints {
    nodes: Vec<Node>,
    current: watch::Sender<usize>,
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
}

impl Node {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rests(&self) -> bool {
        self.state().until.is_some_and(|until| Instant::now() < until)
    }

    fn failed(&self) {
        let mut state = self.state();
        let rest = FIRST_REST.saturating_mul(1 << state.failures.min(5)).min(LONGEST_REST);
        state.failures += 1;
        // Jitter: those who lost the same node do not come back to it at once.
        state.until = Some(Instant::now() + rest.mul_f64(0.5 + fastrand::f64()));
        // It may come back as another one.
        state.genesis = None;
    }

    fn answered(&self) {
        let mut state = self.state();
        (state.failures, state.until) = (0, None);
    }
}

impl Endpoints {
    pub(super) fn new(urls: &[String], timeout: Duration) -> Self {
        let node =
            |url: &String| Node { sender: HttpSender::new_with_timeout(url.clone(), timeout), state: Mutex::default() };
        Self { nodes: urls.iter().map(node).collect(), current: watch::Sender::new(0) }
    }

    /// Which node is in use, by its place among the URLs.
    pub(super) fn in_use(&self) -> watch::Receiver<usize> {
        self.current.subscribe()
    }

    /// The genesis that all nodes must show: the one that the first to answer has shown.
    async fn check(&self, node: &Node) -> Result<()> {
        if node.state().genesis.is_some() {
            return Ok(());
        }
        let genesis = node.sender.send(RpcRequest::GetGenesisHash, serde_json::Value::Null).await?;
        let genesis = genesis.as_str().unwrap_or_default().to_string();
        let known = self.nodes.iter().find_map(|other| other.state().genesis.clone());
        if known.is_some_and(|known| known != genesis) {
            return Err(custom(format!("{} belongs to another cluster: its genesis is {genesis}", node.sender.url())));
        }
        node.state().genesis = Some(genesis);
        Ok(())
    }
}

#[async_trait]
impl RpcSender for Endpoints {
    async fn send(&self, request: RpcRequest, mut params: serde_json::Value) -> Result<serde_json::Value> {
        let first = *self.current.borrow();
        let mut last = None;
        for number in (first..first + self.nodes.len()).map(|number| number % self.nodes.len()) {
            let node = &self.nodes[number];
            if node.rests() {
                continue;
            }
            let (asked, result) = match self.check(node).await {
                Ok(()) => (true, node.sender.send(request, params.clone()).await),
                Err(error) => (false, Err(error)),
            };
            match result {
                Err(error) if is_the_nodes(&error) => {
                    node.failed();
                    if asked && request == RpcRequest::SendTransaction && may_have_arrived(&error) {
                        // A refusal by the next node's preflight would not say that the transaction is never executed.
                        params[1]["skipPreflight"] = true.into();
                    }
                    last = Some(error);
                }
                result => {
                    node.answered();
                    self.current.send_if_modified(|current| std::mem::replace(current, number) != number);
                    return result;
                }
            }
        }
        Err(last.unwrap_or_else(|| custom(format!("none of {} has answered lately", self.url()))))
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        self.nodes[*self.current.borrow()].sender.get_transport_stats()
    }

    fn url(&self) -> String {
        self.nodes.iter().map(|node| node.sender.url()).collect::<Vec<_>>().join(", ")
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
