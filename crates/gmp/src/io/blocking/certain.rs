//! [`Certain`]: a write that is made whatever becomes of the pool.
//!
//! Go: none — a write is over when it returns

use super::buf::Buf;
use std::io;

/// The write of a buffer, which is made at the latest when this is dropped: a pool that is closed drops the jobs that wait.
///
/// Its result is lost then, as that of any write is which nobody flushes.
pub(crate) struct Certain<F: FnMut(&mut Buf) -> io::Result<()>> {
    /// None when it has been made.
    buf: Option<Buf>,
    write: F,
}

impl<F: FnMut(&mut Buf) -> io::Result<()>> Certain<F> {
    pub(crate) fn new(buf: Buf, write: F) -> Self {
        Self { buf: Some(buf), write }
    }

    pub(crate) fn run(mut self) -> (io::Result<()>, Buf) {
        let mut buf = self.buf.take().unwrap_or_default();
        ((self.write)(&mut buf), buf)
    }
}

impl<F: FnMut(&mut Buf) -> io::Result<()>> Drop for Certain<F> {
    fn drop(&mut self) {
        if let Some(mut buf) = self.buf.take() {
            let _ = (self.write)(&mut buf);
        }
    }
}
