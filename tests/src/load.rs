//! Load over loopback HTTP, by clients in this process. The open loop takes times from when a request was due, so that a slow answer
//! delays nobody's clock.

use {
    campus_energy_gateway::{
        Gateway, Link,
        front::http::{self, ApiKeys, Service},
    },
    std::{
        io::{Read, Write},
        net::{SocketAddr, TcpListener, TcpStream},
        num::NonZeroU32,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        time::{Duration, Instant},
    },
};

/// Puts a gateway to work in this process, with a key that is good for any rate; where it listens.
///
/// # Panics
/// Where there is no port left.
#[must_use]
pub fn serve<L: Link>(gateway: Gateway<L>, key: &str) -> SocketAddr {
    let router = http::router(Service::new(
        &gateway.intake,
        &gateway.site,
        ApiKeys::parse(key, NonZeroU32::MAX).expect("a key"),
    ));
    let mut engine = gateway.engine;
    std::thread::spawn(move || engine.run());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("tokio's");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("served");
        });
    });
    address
}

/// A posted JSON body, as it goes over the line.
#[must_use]
pub fn request(path: &str, key: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + body).into_bytes()
}

/// Posts on a connection that stays open; the status.
///
/// # Panics
/// Where there is no answer.
pub fn post(stream: &mut TcpStream, request: &[u8]) -> u16 {
    stream.write_all(request).expect("sent");
    let (mut answer, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let count = stream.read(&mut part).expect("answered");
        assert!(count > 0, "the gateway hung up");
        answer.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        if body.len() >= length.parse::<usize>().expect("a number") {
            return text[9..12].parse().expect("a status");
        }
    }
}

/// Posts all: at a rate, each when it is due, or as fast as it goes. Milliseconds of each, sorted, and the seconds of all.
///
/// # Panics
/// Where one is not answered with 200.
pub fn load(address: SocketAddr, requests: &[Vec<u8>], connections: usize, rate: Option<f64>) -> (Vec<f64>, f64) {
    let (next, times) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(requests.len())));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut stream = TcpStream::connect(address).expect("connected");
                stream.set_nodelay(true).expect("a socket");
                let mut own = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(number) else { break };
                    let due = match rate {
                        Some(rate) => started + Duration::from_secs_f64(number as f64 / rate),
                        None => Instant::now(),
                    };
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    assert_eq!(post(&mut stream, request), 200);
                    own.push(due.elapsed().as_secs_f64() * 1_000.0);
                }
                times.lock().expect("times").extend(own);
            });
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let mut times = times.into_inner().expect("times");
    times.sort_by(f64::total_cmp);
    (times, seconds)
}

/// A moment in sorted times, in parts of a thousand.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn at(times: &[f64], per_mille: usize) -> f64 {
    times[(times.len() - 1) * per_mille / 1_000]
}

/// Prints a row: how many, how many a second, median, p99 and largest.
pub fn print(what: &str, times: &[f64], seconds: f64) {
    let (rate, at) = (times.len() as f64 / seconds, |per_mille| at(times, per_mille));
    println!("| {what} | {} | {rate:.0} | {:.1} | {:.1} | {:.1} |", times.len(), at(500), at(990), at(1_000));
}
