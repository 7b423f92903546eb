//! Reading into the free space of a [`BufMut`], without `unsafe`: tokio's `read_buf` does what a buffer's growth needs, over
//! a reader that answers at once.
//!
//! Go: none — a Go slice has no memory that is not initialised.

use bytes::BufMut;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// Calls `read`, once, with the free space of `buf`, and counts what it has filled as written. `read` must not wait.
pub(crate) fn read_into<B: BufMut>(
    buf: &mut B,
    read: impl FnMut(&mut ReadBuf<'_>) -> io::Result<()> + Unpin,
) -> io::Result<usize> {
    let mut reader = Immediate(read);
    if !buf.has_remaining_mut() {
        // `read_buf` would not call `read`; but a datagram is consumed by an empty buffer too, and an error is seen.
        return (reader.0)(&mut ReadBuf::new(&mut [])).map(|()| 0);
    }
    match pin!(reader.read_buf(buf)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the reader answers at once"),
    }
}

/// A reader that never waits.
struct Immediate<F>(F);

impl<F: FnMut(&mut ReadBuf<'_>) -> io::Result<()> + Unpin> AsyncRead for Immediate<F> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready((self.get_mut().0)(buf))
    }
}
