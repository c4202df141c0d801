//! How long a connection may be silent: ten seconds within a request's head, a minute between requests, half a minute
//! without taking what we write. While a request is being answered its body has a limit of its own.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

const HEAD: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_mins(1);
const WRITE: Duration = Duration::from_secs(30);

/// Requests being answered on one connection.
#[derive(Clone, Default)]
pub struct Phase(Arc<Counts>);

#[derive(Default)]
struct Counts {
    busy: AtomicUsize,
    answered: AtomicUsize,
}

impl Phase {
    /// Held while a request is answered.
    pub fn busy(&self) -> Busy {
        self.0.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    fn is_busy(&self) -> bool {
        self.0.busy.load(Ordering::Acquire) > 0
    }

    fn answered(&self) -> usize {
        self.0.answered.load(Ordering::Acquire)
    }
}

pub struct Busy(Phase);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.busy.fetch_sub(1, Ordering::AcqRel);
        self.0.0.answered.fetch_add(1, Ordering::AcqRel);
    }
}

/// A stream that loses patience.
pub struct Patient<S> {
    stream: S,
    phase: Phase,
    /// Answers given when the current wait began: one more, and a new wait begins.
    answered: usize,
    /// The first byte of a head has come, but not its end.
    in_head: bool,
    silence: Pin<Box<Sleep>>,
    /// Since when a write is stuck.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub fn new(stream: S, phase: Phase) -> Self {
        // Who connects has something to say.
        Self { stream, phase, answered: 0, in_head: true, silence: Box::pin(sleep(HEAD)), stuck: None }
    }

    fn wait(&mut self, length: Duration) {
        self.silence.as_mut().reset(Instant::now() + length);
    }

    fn stuck(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stuck.get_or_insert_with(|| Box::pin(sleep(WRITE))).as_mut().poll(cx)
    }
}

fn out_of_patience() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let is_busy = this.phase.is_busy();
        if this.answered != this.phase.answered() {
            this.answered = this.phase.answered();
            this.in_head = false;
            this.wait(IDLE);
        }
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if !is_busy && !this.in_head {
                this.in_head = true;
                this.wait(HEAD);
            }
            return Poll::Ready(read);
        }
        if !is_busy {
            ready!(this.silence.as_mut().poll(cx));
            return Poll::Ready(Err(out_of_patience()));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Poll::Ready(written) = Pin::new(&mut this.stream).poll_write(cx, bytes) {
            this.stuck = None;
            return Poll::Ready(written);
        }
        ready!(this.stuck(cx));
        Poll::Ready(Err(out_of_patience()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Poll::Ready(written) = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes) {
            this.stuck = None;
            return Poll::Ready(written);
        }
        ready!(this.stuck(cx));
        Poll::Ready(Err(out_of_patience()))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    async fn silence(stream: &mut Patient<tokio::io::DuplexStream>) -> Duration {
        let began = Instant::now();
        let fault = stream.read_u8().await.expect_err("silence ends");
        assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_or_slow_head_is_given_up() {
        let (mut client, server) = duplex(64);
        let mut server = Patient::new(server, Phase::default());
        let began = Instant::now();
        client.write_all(b"G").await.expect("written");
        server.read_u8().await.expect("read");
        tokio::time::advance(Duration::from_secs(8)).await;
        client.write_all(b"E").await.expect("written");
        server.read_u8().await.expect("read");
        silence(&mut server).await;
        assert_eq!(began.elapsed().as_secs(), HEAD.as_secs(), "a byte now and then does not buy time");
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_it_waits_longer() {
        let (mut client, server) = duplex(64);
        let phase = Phase::default();
        let mut server = Patient::new(server, phase.clone());
        drop(phase.busy());
        assert_eq!(silence(&mut server).await.as_secs(), IDLE.as_secs());
        drop(phase.busy());
        client.write_all(b"G").await.expect("written");
        server.read_u8().await.expect("read");
        assert_eq!(silence(&mut server).await.as_secs(), HEAD.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_read_is_given_up() {
        let (_client, server) = duplex(4);
        let mut server = Patient::new(server, Phase::default());
        let began = Instant::now();
        assert!(server.write_all(b"too much for it").await.is_err());
        assert_eq!(began.elapsed().as_secs(), WRITE.as_secs());
    }
}
