//! The smallest HTTP client: one connection, one request, one answer.

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Sends a request as it is.
pub async fn send(address: SocketAddr, mut request: Request<Vec<u8>>) -> Reply {
    let host = address.to_string().parse().expect("a host");
    request.headers_mut().entry("host").or_insert(host);
    let stream = TcpStream::connect(address).await.expect("the server listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("the server speaks HTTP");
    let driver = tokio::spawn(connection);
    let answer =
        sender.send_request(request.map(|body| Full::new(Bytes::from(body)))).await.expect("an answer");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("a whole answer").to_bytes().to_vec();
    driver.abort();
    Reply { status: head.status, headers: head.headers, body }
}
