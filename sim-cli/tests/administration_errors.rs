//! What the commands of the administration say where there is no gateway, or not the right one: one line each.

#![cfg(feature = "network")]

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::Command,
};

const KEY: &str = "a-key-of-the-department";

#[test]
fn what_a_gateway_needs_is_said_in_one_line() {
    let run = |arguments: &[&str], key: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        let output = command.args(arguments).env("ENGINEERING_API_KEY", key).output().expect("sim-cli runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let list = |gateway: &str, key: &str| run(&["meter", "list", "--gateway", gateway], key);
    let told = |text: &str| (Some(2), format!("error: {text}\n"));
    assert_eq!(list("http://127.0.0.1:1", ""), told("ENGINEERING_API_KEY: set it to a key of the gateway"));
    let scheme = "--gateway: ftp://localhost: ftp is not a scheme of a gateway's address; give an address such as http://127.0.0.1:8080";
    assert_eq!(list("ftp://localhost", KEY), told(scheme));
    let (code, error) = list("http://127.0.0.1:1", KEY);
    assert_eq!(code, Some(1));
    assert!(error.starts_with("error: gateway: http://127.0.0.1:1/api/engineering/administration does not answer: "));
    assert_eq!(error.lines().count(), 1, "{error}");
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", elsewhere.local_addr().expect("an address"));
    let redirecting = std::thread::spawn(move || {
        let (mut stream, _) = elsewhere.accept().expect("a request");
        let (mut lines, mut asked) = (BufReader::new(stream.try_clone().expect("a copy")).lines(), Vec::new());
        while let Some(line) = lines.next().map(|line| line.expect("text")).filter(|line| !line.is_empty()) {
            asked.push(line.to_lowercase());
        }
        let answer = "HTTP/1.1 301 Moved\r\nLocation: https://campus.example/\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).expect("answered");
        asked
    });
    let redirected = format!("error: gateway: {address}: it redirects to https://campus.example/; give that address\n");
    assert_eq!(list(&address, "key-of-one=ENG_001;c2VjcmV0LWtleQ==\nlast-key"), (Some(1), redirected));
    let asked = redirecting.join().expect("asked once");
    assert!(asked.contains(&"authorization: bearer c2vjcmv0lwtleq==".into()), "the first key for all: {asked:?}");
    let kept = "the embedded ledger of a run is not kept; give --url, or --gateway for that of a running gateway";
    assert_eq!(run(&["pause", "--ledger", "embedded"], KEY), told(kept));
}
