//! Connections: taken up to a number, given up when silent, and ended in good order.

mod patience;

use crate::http::App;
use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use futures_util::future::BoxFuture;
use hyper::{
    body::{Frame, SizeHint},
    server::conn::http1,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use patience::{Busy, Patient, Phase};
use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt;

/// Requests in flight have so long to finish once the server is told to stop.
const FINISH: Duration = Duration::from_secs(20);
/// After a failed `accept`, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// What hyper buffers of a head; the frame refuses earlier, with words.
const HEAD_BYTES: usize = 64 * 1024;

/// Serves until `stop` is over, then finishes what is in flight.
///
/// Boxed, so that this is compiled here and not again in every program that serves.
pub fn serve(
    listener: TcpListener,
    router: Router,
    app: Arc<App>,
    stop: BoxFuture<'static, ()>,
) -> BoxFuture<'static, ()> {
    Box::pin(run(listener, router, app, stop))
}

async fn run(listener: TcpListener, router: Router, app: Arc<App>, mut stop: BoxFuture<'static, ()>) {
    let places = Arc::new(Semaphore::new(app.serving.max_connections as usize));
    let graceful = GracefulShutdown::new();
    loop {
        let accept = async {
            // A place first: who finds none waits in the system's queue, where it costs nothing.
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, router.clone());
                let watched = graceful.watch(connection);
                let app = app.clone();
                tokio::spawn(async move {
                    app.metrics.connections.fetch_add(1, Ordering::Relaxed);
                    // A client that breaks off is no news.
                    let _ = watched.await;
                    app.metrics.connections.fetch_sub(1, Ordering::Relaxed);
                    drop(place);
                });
            }
            Err(cause) => {
                tracing::warn!(error = ?cause.to_string(), "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    tracing::info!(connections = graceful.count(), "stopping; requests in flight are finished first");
    if tokio::time::timeout(FINISH, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// The body of an answer, which keeps its connection busy until it is sent or given up.
struct Answering {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error: std::fmt::Debug> + Send {
    // An answer is one write; waiting for more of it only delays it.
    let _ = stream.set_nodelay(true);
    let phase = Phase::default();
    let io = TokioIo::new(Patient::new(stream, phase.clone()));
    let service = router.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(axum::body::Body::new)
    });
    let service = tower::service_fn(move |request| {
        let (service, busy) = (service.clone(), phase.busy());
        async move {
            // A long answer is not silence: the request is over when its last byte is on the way.
            let answer = service.oneshot(request).await;
            answer.map(|answer| answer.map(|body| Body::new(Answering { body, _busy: busy })))
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        // `patience` tells a slow head from an idle connection; hyper does not.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(io, TowerToHyperService::new(service))
}
