//! [`Output`]: what standard output and standard error have in common.
//!
//! Go: os/file.go (File.Write)

use crate::io::blocking::buf::{Buf, DEFAULT_MAX_BUF_SIZE};
use crate::io::blocking::certain::Certain;
use crate::io::blocking::{pool, section};
use crate::task::{JoinHandle, leaf};
use std::future::Future;
use std::io::{self, ErrorKind, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A stream of the standard library's.
pub(super) trait Stream: Send + Sync + 'static {
    /// It, locked: so that what is written at once stays together.
    fn lock(&self) -> impl Write;

    /// Another handle for the same.
    fn again(&self) -> Self;
}

/// Writes to a stream, in place or by the pool.
#[derive(Debug)]
pub(super) struct Output<S> {
    pub(super) stream: S,
    state: State,
    /// Something has been written since the last flush.
    unflushed: bool,
}

#[derive(Debug)]
enum State {
    Idle(Buf),
    Busy(JoinHandle<(io::Result<()>, Buf)>),
}

/// Writes it all, and stays together. If a part has been written before an error, the next write will meet that again.
fn write_together(sink: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match sink.write(&bytes[written..]) {
            Ok(0) if written == 0 => return Err(ErrorKind::WriteZero.into()),
            Ok(0) => break,
            Ok(n) => written += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if written == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(written)
}

impl<S: Stream> Output<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, state: State::Idle(Buf::default()), unflushed: false }
    }

    /// Waits for the job that is under way. The state is `Idle` then.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Busy(job) = &mut self.state else { return Poll::Ready(Ok(())) };
        Poll::Ready(match ready!(Pin::new(job).poll(cx)) {
            Ok((result, buf)) => {
                self.state = State::Idle(buf);
                result
            }
            Err(error) => {
                self.state = State::Idle(Buf::default());
                Err(error.into())
            }
        })
    }

    /// The buffer, which is left empty.
    fn take_buf(&mut self) -> Buf {
        match &mut self.state {
            State::Idle(buf) => std::mem::take(buf),
            State::Busy(_) => unreachable!("a job is under way"),
        }
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, src: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_idle(cx))?;
        let budget = ready!(leaf::poll_proceed(cx));
        let Some(pool) = pool() else {
            let src = &src[..src.len().min(DEFAULT_MAX_BUF_SIZE)];
            let result = section(|| write_together(&mut self.stream.lock(), src));
            budget.made_progress();
            self.unflushed = true;
            return Poll::Ready(result);
        };
        let mut buf = self.take_buf();
        let n = buf.put(src, DEFAULT_MAX_BUF_SIZE);
        let stream = self.stream.again();
        let job = Certain::new(buf, move |buf| buf.write_to(&mut stream.lock()));
        self.state = State::Busy(pool.spawn_blocking(move || job.run()));
        self.unflushed = true;
        budget.made_progress();
        Poll::Ready(Ok(n))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_idle(cx))?;
            if !self.unflushed {
                return Poll::Ready(Ok(()));
            }
            let budget = ready!(leaf::poll_proceed(cx));
            let Some(pool) = pool() else {
                self.unflushed = false;
                budget.made_progress();
                return Poll::Ready(section(|| self.stream.lock().flush()));
            };
            drop(budget);
            let (buf, stream) = (self.take_buf(), self.stream.again());
            let job = Certain::new(buf, move |_| stream.lock().flush());
            self.state = State::Busy(pool.spawn_blocking(move || job.run()));
            self.unflushed = false;
        }
    }
}
