//! [`Buf`]: the bytes that travel to a thread of the pool and back.
//!
//! Go: none — an M reads into the caller's slice itself

use crate::io::ReadBuf;
use crate::io::blocking::uninterrupted;
use std::io::{self, IoSlice, Read, Write};

/// The most that one operation moves if its owner says nothing else. tokio's figure.
pub(crate) const DEFAULT_MAX_BUF_SIZE: usize = 2 * 1024 * 1024;

/// Bytes that have been read and not been taken, or that are to be written.
#[derive(Debug)]
pub(crate) struct Buf {
    /// Initialised all along, so that a read needs no zeroing each time.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Default for Buf {
    fn default() -> Self {
        Self::new()
    }
}

impl Buf {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Moves as much as fits to `dst`.
    pub(crate) fn copy_to(&mut self, dst: &mut ReadBuf<'_>) {
        let n = self.len().min(dst.remaining());
        dst.put_slice(&self.bytes[self.start..][..n]);
        self.start += n;
    }

    /// Forgets what has been read and not been taken. Returns where the reader believes the file to be, seen from where it is.
    #[cfg(feature = "fs")]
    pub(crate) fn discard(&mut self) -> i64 {
        // A buffer is smaller than the address space.
        let ahead = i64::try_from(self.len()).unwrap_or(i64::MAX);
        (self.start, self.end) = (0, 0);
        -ahead
    }

    /// Takes what is to be written: `most` bytes of `src`, or less. The buffer must be empty.
    pub(crate) fn put(&mut self, src: &[u8], most: usize) -> usize {
        self.put_vectored(&[IoSlice::new(src)], most)
    }

    /// As [`put`](Self::put), from several slices.
    pub(crate) fn put_vectored(&mut self, slices: &[IoSlice<'_>], most: usize) -> usize {
        debug_assert!(self.is_empty());
        self.bytes.clear();
        for slice in slices {
            let left = most - self.bytes.len();
            self.bytes.extend_from_slice(&slice[..slice.len().min(left)]);
        }
        (self.start, self.end) = (0, self.bytes.len());
        self.end
    }

    /// One read of `most` bytes or less. The buffer must be empty.
    pub(crate) fn read_from(&mut self, source: &mut impl Read, most: usize) -> io::Result<usize> {
        debug_assert!(self.is_empty());
        (self.start, self.end) = (0, 0);
        if self.bytes.len() < most {
            // Zeroed by the system rather than here, if it is large; nothing is worth copying.
            self.bytes = vec![0; most];
        }
        self.end = uninterrupted(|| source.read(&mut self.bytes[..most]))?;
        Ok(self.end)
    }

    /// Writes everything. The buffer is empty then, whatever came of it.
    pub(crate) fn write_to(&mut self, sink: &mut impl Write) -> io::Result<()> {
        let result = sink.write_all(&self.bytes[self.start..self.end]);
        (self.start, self.end) = (0, 0);
        result
    }
}
