//! A node of a cluster that answers JSON-RPC as a script says: what a real one says only when things go wrong.

use {
    serde_json::{Value, json},
    solana_program::hash::Hash,
    std::{
        collections::{HashMap, VecDeque},
        io::{BufRead, BufReader, Read, Write},
        net::{TcpListener, TcpStream},
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::Duration,
    },
};

/// What a node says.
pub struct Script {
    /// The newest blockhash, and the height of the last block that takes it.
    pub blockhash: (Hash, u64),
    /// Its newest slot, and its newest confirmed one.
    pub slots: [u64; 2],
    /// Its newest finalized slot, and the height of its block.
    pub finalized: [u64; 2],
    /// The slot at which it says how transactions stand.
    pub statuses_at: u64,
    /// How transactions stand, by their ids.
    pub statuses: HashMap<String, Value>,
    /// The same, if it is asked for its history.
    pub history: HashMap<String, Value>,
    /// The error with which its preflight refuses every transaction.
    pub refusal: Option<Value>,
    /// Whether it takes transactions and does not answer.
    pub is_silent: bool,
    /// Whether it answers at an older slot than the one it was asked for.
    pub is_careless: bool,
    /// The id of the transaction that it is sent.
    pub transaction: String,
    /// For each transaction that it was sent, whether that was without preflight.
    pub sent: Vec<bool>,
    /// What it answers the next requests with instead: HTTP, as it is.
    pub http: VecDeque<String>,
}

/// An HTTP answer with a status, headers and a body, after which the connection ends.
#[must_use]
pub fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

impl Default for Script {
    fn default() -> Self {
        Self {
            blockhash: (Hash::new_from_array([7; 32]), 150),
            slots: [100, 99],
            finalized: [68, 68],
            statuses_at: 100,
            statuses: HashMap::new(),
            history: HashMap::new(),
            refusal: None,
            is_silent: false,
            is_careless: false,
            transaction: String::new(),
            sent: Vec::new(),
            http: VecDeque::new(),
        }
    }
}

/// A node, as long as the process lives.
#[derive(Clone)]
pub struct Node {
    /// Where it listens.
    pub url: String,
    script: Arc<Mutex<Script>>,
}

impl Node {
    /// A node that says what a script says.
    ///
    /// # Panics
    /// Where no port is free.
    #[must_use]
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let node = Self { url, script: Arc::new(Mutex::new(script)) };
        let own = node.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // A connection that breaks is the other side's affair.
                std::thread::spawn(move || own.serve(stream).ok());
            }
        });
        node
    }

    /// What it says, to be changed.
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap_or(0);
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let http = self.script().http.pop_front();
            if let Some(answer) = http {
                return stream.write_all(answer.as_bytes());
            }
            let request: Value = serde_json::from_slice(&body)?;
            let answer = self.script().answer(request["method"].as_str().unwrap_or_default(), &request["params"]);
            let Some(answer) = answer else {
                std::thread::sleep(Duration::from_secs(60));
                return Ok(());
            };
            let mut body = match answer {
                Ok(result) => json!({ "jsonrpc": "2.0", "result": result }),
                Err(error) => json!({ "jsonrpc": "2.0", "error": error }),
            };
            body["id"] = request["id"].clone();
            let body = body.to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
            write!(stream, "{head}{}\r\n\r\n{body}", body.len())?;
        }
    }
}

impl Script {
    /// The answer to a request: a result, an error, or none at all.
    fn answer(&mut self, method: &str, params: &Value) -> Option<Result<Value, Value>> {
        let [newest, confirmed] = self.slots;
        let at = |slot: u64, value: Value| json!({ "context": { "slot": slot }, "value": value });
        Some(Ok(match method {
            "getGenesisHash" => json!(Hash::default().to_string()),
            "getLatestBlockhash" => {
                let (blockhash, height) = self.blockhash;
                at(confirmed, json!({ "blockhash": blockhash.to_string(), "lastValidBlockHeight": height }))
            }
            "getSlot" => json!(if params[0]["commitment"] == "confirmed" { confirmed } else { newest }),
            // As a node that is behind says of a blockhash that it does not know yet.
            "isBlockhashValid" => at(confirmed, json!(false)),
            "getBlockHeight" => json!(self.finalized[1] + u64::from(params[0]["commitment"] == "finalized")),
            "getEpochInfo" => {
                let [slot, height] = self.finalized;
                json!({ "epoch": 0, "slotIndex": slot, "slotsInEpoch": 432_000, "absoluteSlot": slot, "blockHeight": height })
            }
            "getSignatureStatuses" => {
                let in_history = params[1]["searchTransactionHistory"] == true;
                let known = if in_history { &self.history } else { &self.statuses };
                let ids = params[0].as_array().into_iter().flatten().filter_map(Value::as_str);
                at(self.statuses_at, ids.map(|id| known.get(id).cloned().unwrap_or_default()).collect())
            }
            "sendTransaction" => {
                let without = params[1]["skipPreflight"] == true;
                self.sent.push(without);
                if self.is_silent {
                    return None;
                }
                match &self.refusal {
                    Some(error) if !without => {
                        let data = json!({ "err": error, "logs": [], "accounts": null, "unitsConsumed": 0, "returnData": null });
                        return Some(Err(json!({ "code": -32_002, "message": "refused", "data": data })));
                    }
                    _ => json!(self.transaction),
                }
            }
            "getAccountInfo" => {
                let wanted = params[1]["minContextSlot"].as_u64().unwrap_or(0);
                if confirmed < wanted && !self.is_careless {
                    return Some(Err(
                        json!({ "code": -32_016, "message": "Minimum context slot has not been reached" }),
                    ));
                }
                at(confirmed, account(confirmed))
            }
            "getMultipleAccounts" => {
                let asked = params[0].as_array().map_or(0, Vec::len);
                at(confirmed, (0..asked).map(|_| account(confirmed)).collect())
            }
            _ => return Some(Err(json!({ "code": -32_601, "message": format!("no script for {method}") }))),
        }))
    }
}

/// An account that has as many lamports as its slot's number; 16 bytes of zero.
fn account(slot: u64) -> Value {
    let data = json!(["AAAAAAAAAAAAAAAAAAAAAA==", "base64"]);
    let owner = "11111111111111111111111111111111";
    json!({ "lamports": slot, "owner": owner, "data": data, "executable": false, "rentEpoch": 0, "space": 16 })
}
