//! A stream that remembers when something last moved on it, for timeouts of connections that are idle.

use gmp::io::{self, AsyncRead, AsyncWrite, ReadBuf};
use gmp::time::{Instant, sleep_until};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A stream, and a [`Pulse`] that beats with each read and write.
///
/// No timer is touched when bytes move: one that is due looks when the last of them did, and waits on. That is cheaper than
/// setting a timer back each time.
#[derive(Debug)]
pub struct Alive<T> {
    stream: T,
    pulse: Pulse,
}

/// When something last moved.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<Mutex<Instant>>);

impl<T> Alive<T> {
    /// Begins now.
    pub fn new(stream: T) -> Self {
        Self { stream, pulse: Pulse(Arc::new(Mutex::new(Instant::now()))) }
    }

    /// Its pulse.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }
}

impl Pulse {
    /// Completes when nothing has moved for so long.
    pub async fn stopped(&self, limit: Duration) {
        loop {
            let last = self.last();
            sleep_until(last + limit).await;
            if self.last() == last {
                return;
            }
        }
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Alive<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.pulse.beat();
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Alive<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.pulse.beat();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gmp::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const LIMIT: Duration = Duration::from_secs(60);

    #[gmp::test(start_paused = true)]
    async fn it_stops_when_nothing_moves() {
        let (ours, _theirs) = duplex(10);
        let start = Instant::now();
        Alive::new(ours).pulse().stopped(LIMIT).await;
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[gmp::test(start_paused = true)]
    async fn reads_and_writes_keep_it_going() {
        let (ours, mut theirs) = duplex(10);
        let mut ours = Alive::new(ours);
        let pulse = ours.pulse();
        let start = Instant::now();
        gmp::spawn(async move {
            for _ in 0..5 {
                gmp::time::sleep(LIMIT / 2).await;
                ours.write_u8(1).await.unwrap();
                gmp::time::sleep(LIMIT / 2).await;
                assert_eq!(ours.read_u8().await.unwrap(), 2);
            }
            // Tries, and nothing moves.
            ours.read_u8().await.unwrap_err();
        });
        let other = gmp::spawn(async move {
            theirs.write_all(&[2; 5]).await.unwrap();
            theirs
        });
        pulse.stopped(LIMIT).await;
        assert_eq!(start.elapsed(), 6 * LIMIT);
        drop(other.await.unwrap());
    }
}
