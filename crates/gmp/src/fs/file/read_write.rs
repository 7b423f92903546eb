//! Reading, writing and seeking.
//!
//! Go: internal/poll/fd_unix.go (Read, Write, Seek)

use super::inner::Done;
use super::{File, Shared};
use crate::io::blocking::buf::Buf;
use crate::io::blocking::{pool, section, uninterrupted};
use crate::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf, SeekFrom};
use crate::task::leaf;
use gmp_netpoll::fd;
use std::io::{self, IoSlice, Seek, Write};
use std::mem;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

impl AsyncRead for File {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, dst: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let inner = me.inner.get_mut();
        loop {
            match ready!(inner.poll_idle(cx))? {
                Done::Read(result) => {
                    inner.buf().copy_to(dst);
                    return Poll::Ready(result.map(drop));
                }
                // For the next one who writes.
                Done::Write(Err(error)) => inner.write_error = Some(error),
                _ => {}
            }
            if dst.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            let budget = ready!(leaf::poll_proceed(cx));
            if !inner.buf().is_empty() {
                budget.made_progress();
                inner.buf().copy_to(dst);
                return Poll::Ready(Ok(()));
            }
            let Some(pool) = pool() else {
                let (file, most) = (me.std.as_fd(), me.max_buf_size);
                let result = section(|| uninterrupted(|| fd::read_at_most(file, dst, most)));
                budget.made_progress();
                return Poll::Ready(result.map(drop));
            };
            // The handle of the job counts for itself.
            drop(budget);
            let (file, most) = (me.std.clone(), dst.remaining().min(me.max_buf_size));
            let mut buf = mem::take(inner.buf());
            inner.start(&pool, move || {
                let result = buf.read_from(&mut &*file, most);
                (Done::Read(result), buf)
            });
        }
    }
}

impl File {
    /// A write: `put` fills the buffer for the pool, `write` writes in place.
    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        put: impl FnOnce(&mut Buf, usize) -> usize,
        write: impl Fn(&Shared, usize) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let inner = self.inner.get_mut();
        if let Some(error) = inner.write_error.take() {
            return Poll::Ready(Err(error));
        }
        if let Done::Write(Err(error)) = ready!(inner.poll_idle(cx))? {
            return Poll::Ready(Err(error));
        }
        let budget = ready!(leaf::poll_proceed(cx));
        let pool = pool();
        let mut buf = mem::take(inner.buf());
        let file = &self.std;
        // What was read ahead is not what the writer has seen.
        let back = (!buf.is_empty()).then(|| buf.discard());
        let Some(pool) = pool else {
            let result = section(|| {
                if let Some(n) = back {
                    (&**file).seek(SeekFrom::Current(n))?;
                }
                uninterrupted(|| write(file, self.max_buf_size))
            });
            budget.made_progress();
            return Poll::Ready(result);
        };
        let n = put(&mut buf, self.max_buf_size);
        inner.start_write(&pool, file, buf, back);
        budget.made_progress();
        Poll::Ready(Ok(n))
    }
}

impl AsyncWrite for File {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, src: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_with(
            cx,
            |buf, most| buf.put(src, most),
            |file, most| match &src[..src.len().min(most)] {
                [] => Ok(0),
                src => (&**file).write(src),
            },
        )
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_with(
            cx,
            |buf, most| buf.put_vectored(slices, most),
            |file, most| match leading(slices, most) {
                Leading::Slices([]) | Leading::Part([]) => Ok(0),
                Leading::Slices([slice]) => (&**file).write(slice),
                Leading::Slices(slices) => (&**file).write_vectored(slices),
                Leading::Part(part) => (&**file).write(part),
            },
        )
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().inner.get_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// What comes first of several slices.
enum Leading<'a> {
    /// These, whole.
    Slices(&'a [IoSlice<'a>]),
    /// A part of the first.
    Part(&'a [u8]),
}

/// The first slices that aren't more than `most` bytes in all, or so much of the first that isn't empty.
fn leading<'a>(slices: &'a [IoSlice<'a>], most: usize) -> Leading<'a> {
    let empty = slices.iter().take_while(|slice| slice.is_empty()).count();
    let slices = &slices[empty..];
    let mut total = 0_usize;
    let whole = slices.iter().take_while(|slice| {
        total = total.saturating_add(slice.len());
        total <= most
    });
    match (whole.count(), slices) {
        (0, [first, ..]) => Leading::Part(&first[..most]),
        (n, slices) => Leading::Slices(&slices[..n]),
    }
}

impl AsyncSeek for File {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let me = self.get_mut();
        me.inner.get_mut().start_seek(&me.std, position)
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.get_mut().inner.get_mut().poll_complete(cx)
    }
}
