//! What a [`File`](super::File) is doing.
//!
//! Go: internal/poll/fd_unix.go (FD)

use crate::fs::file::Shared;
use crate::io::SeekFrom;
use crate::io::blocking::buf::Buf;
use crate::io::blocking::certain::Certain;
use crate::io::blocking::{pool, section};
use crate::runtime::Handle;
use crate::task::{JoinHandle, leaf};
use std::future::{Future, poll_fn};
use std::io::{self, Seek};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) state: State,
    /// Why a write in the pool failed that was over when nobody asked: for the next one who writes or flushes.
    pub(super) write_error: Option<io::Error>,
    /// Where the last seek went.
    position: u64,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nothing is under way. What a read in the pool has found and nobody has taken is in the buffer.
    Idle(Buf),
    /// A seek was made in place, and `poll_complete` has still to tell.
    Sought(io::Result<u64>),
    /// A job in the pool.
    Busy(JoinHandle<(Done, Buf)>),
}

/// What has come to its end.
#[derive(Debug)]
pub(super) enum Done {
    Nothing,
    Read(io::Result<usize>),
    Write(io::Result<()>),
    Seek(io::Result<u64>),
    SetLen(io::Result<()>),
}

impl Inner {
    pub(super) fn new() -> Self {
        Self { state: State::Idle(Buf::default()), write_error: None, position: 0 }
    }

    /// The buffer. Only if nothing is under way.
    pub(super) fn buf(&mut self) -> &mut Buf {
        match &mut self.state {
            State::Idle(buf) => buf,
            state => unreachable!("the file isn't idle: {state:?}"),
        }
    }

    /// Gives `job` to the pool.
    pub(super) fn start(&mut self, pool: &Handle, job: impl FnOnce() -> (Done, Buf) + Send + 'static) {
        self.state = State::Busy(pool.spawn_blocking(job));
    }

    /// Gives a write to the pool, of what is in `buf`. If the pool is closed first it is made by who closes it: the writer has been
    /// told that all is well.
    ///
    /// `back`: where the writer believes the file to be, seen from where it is.
    pub(super) fn start_write(&mut self, pool: &Handle, file: &Shared, buf: Buf, back: Option<i64>) {
        let file = file.clone();
        let write = move |buf: &mut Buf| {
            if let Some(n) = back {
                (&*file).seek(SeekFrom::Current(n))?;
            }
            buf.write_to(&mut &*file)
        };
        let job = Certain::new(buf, write);
        self.start(pool, move || {
            let (result, buf) = job.run();
            (Done::Write(result), buf)
        });
    }

    /// Waits until nothing is under way, and says what that was. The state is `Idle` then.
    ///
    /// An error is one of the pool's; what the file said is in [`Done`].
    pub(super) fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Done>> {
        let idle = || State::Idle(Buf::default());
        let done = match &mut self.state {
            State::Idle(_) => return Poll::Ready(Ok(Done::Nothing)),
            State::Sought(_) => match mem::replace(&mut self.state, idle()) {
                State::Sought(result) => Done::Seek(result),
                state => unreachable!("it was another a moment ago: {state:?}"),
            },
            State::Busy(job) => match ready!(Pin::new(job).poll(cx)) {
                Ok((done, buf)) => {
                    self.state = State::Idle(buf);
                    done
                }
                Err(error) => {
                    self.state = idle();
                    return Poll::Ready(Err(error.into()));
                }
            },
        };
        if let Done::Seek(Ok(position)) = done {
            self.position = position;
        }
        Poll::Ready(Ok(done))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(error) = self.write_error.take() {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(match ready!(self.poll_idle(cx))? {
            Done::Write(result) => result,
            _ => Ok(()),
        })
    }

    /// Waits until nothing is under way. The next who writes or flushes learns what went wrong.
    pub(super) async fn settle(&mut self) {
        if let Err(error) = poll_fn(|cx| self.poll_flush(cx)).await {
            self.write_error = Some(error);
        }
    }

    pub(super) fn start_seek(&mut self, file: &Shared, mut to: SeekFrom) -> io::Result<()> {
        if !matches!(self.state, State::Idle(_)) {
            return Err(io::Error::other("other file operation is pending, call poll_complete before start_seek"));
        }
        let pool = pool();
        let mut buf = mem::take(self.buf());
        let mut back = (!buf.is_empty()).then(|| buf.discard());
        if let (SeekFrom::Current(offset), Some(n)) = (&mut to, back) {
            if let Some(sum) = offset.checked_add(n) {
                *offset = sum;
                back = None;
            }
        } else {
            back = None;
        }
        let file = file.clone();
        let seek = move || {
            if let Some(n) = back {
                (&*file).seek(SeekFrom::Current(n))?;
            }
            (&*file).seek(to)
        };
        match &pool {
            None => self.state = State::Sought(section(seek)),
            Some(pool) => self.start(pool, move || (Done::Seek(seek()), buf)),
        }
        Ok(())
    }

    pub(super) fn poll_complete(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        if matches!(self.state, State::Sought(_)) {
            // Paid here, for `start_seek` can't wait. The handle of a job counts for itself.
            ready!(leaf::poll_proceed(cx)).made_progress();
        }
        match ready!(self.poll_idle(cx))? {
            Done::Seek(result) => return Poll::Ready(result),
            Done::Write(Err(error)) => self.write_error = Some(error),
            _ => {}
        }
        Poll::Ready(Ok(self.position))
    }

    pub(super) async fn set_len(&mut self, file: &Shared, size: u64) -> io::Result<()> {
        self.settle().await;
        let budget = poll_fn(leaf::poll_proceed).await;
        let pool = pool();
        let mut buf = mem::take(self.buf());
        let back = (!buf.is_empty()).then(|| buf.discard());
        let file = file.clone();
        let set_len = move || {
            if let Some(n) = back {
                (&*file).seek(SeekFrom::Current(n))?;
            }
            file.set_len(size)
        };
        let Some(pool) = pool else {
            let result = section(set_len);
            budget.made_progress();
            return result;
        };
        // The handle of the job counts for itself.
        drop(budget);
        self.start(&pool, move || (Done::SetLen(set_len()), buf));
        match poll_fn(|cx| self.poll_idle(cx)).await? {
            Done::SetLen(result) => result,
            done => unreachable!("nothing else was under way: {done:?}"),
        }
    }
}
