//! The HTTP server around the router: limits on connections and idle time, and the orderly shutdown.

use {
    super::{Service, router},
    axum::Extension,
    axum_server::{Handle, accept::Accept},
    std::{
        future::{Ready, ready},
        io,
        net::TcpListener,
        sync::Arc,
        time::Duration,
    },
    tokio::{
        net::TcpStream,
        signal::unix::{SignalKind, signal},
        sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    },
    tower::Layer,
};

/// Connections at once: a process may have 1,024 descriptors open unless it is given more, and the journal needs some.
pub const CONNECTIONS: usize = 900;
/// How long open connections may take to end.
const DRAINING: Duration = Duration::from_secs(10);
/// How long a request's head may take, from the connection's begin or the answer before on, and how many headers and bytes it may
/// have.
const HEAD_TIME: Duration = Duration::from_secs(5);
const HEADERS: usize = 64;
const HEAD_BYTES: usize = 32 * 1_024;

/// Serves until Ctrl-C, SIGTERM, or the engine's end, of which `engine` hears.
///
/// # Errors
/// What the system says of the listener.
pub async fn serve(listener: TcpListener, service: Service, engine: oneshot::Receiver<()>) -> io::Result<()> {
    let handle = Handle::new();
    let stopping = service.stopping.clone();
    let stop = tokio::spawn({
        let handle = handle.clone();
        async move {
            tokio::select! {
                () = told() => {
                    tracing::info!("stopping");
                    stopping.send_replace(true);
                    handle.graceful_shutdown(Some(DRAINING));
                }
                // Nobody could be answered any more: whoever runs this process is to start it again.
                _ = engine => {
                    tracing::error!("the engine failed; stopping");
                    handle.shutdown();
                }
            }
        }
    });
    let acceptor = Limited(Arc::new(Semaphore::new(CONNECTIONS)));
    // HTTP/1 only: to look for HTTP/2 first, a server waits for bytes without a limit.
    let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(handle).http1_only();
    let mut http = server.http_builder().http1();
    http.timer(hyper_util::rt::TokioTimer::new()).header_read_timeout(HEAD_TIME);
    http.max_headers(HEADERS).max_buf_size(HEAD_BYTES);
    let served = server.serve(router(service).into_make_service()).await;
    stop.abort();
    served
}

async fn told() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Closes a connection at once where there are too many: the clients try again.
#[derive(Clone)]
struct Limited(Arc<Semaphore>);

impl<S> Accept<TcpStream, S> for Limited {
    type Stream = TcpStream;
    type Service = <Extension<Arc<OwnedSemaphorePermit>> as Layer<S>>::Service;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let permit = self.0.clone().try_acquire_owned().map_err(io::Error::other);
        // The connection's service lives as long as the connection, and its permit with it.
        ready(permit.map(|permit| (stream, Extension(Arc::new(permit)).layer(service))))
    }
}
