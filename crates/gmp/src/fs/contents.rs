//! Whole files: [`read`], [`read_to_string`], [`write`], [`copy`].
//!
//! Go: os/file.go (ReadFile, WriteFile)

use crate::fs::call::{call, call_with};
use crate::io::blocking::uninterrupted;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Files up to this size are read into a buffer that is there before the first read.
const SMALL: u64 = 256 << 10;

/// Reads a file whole.
///
/// # Errors
/// If the file can't be opened or read.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let bytes = gmp::fs::read("Cargo.toml").await?;
/// assert!(bytes.starts_with(b"[package]"));
/// # Ok(())
/// # }
/// ```
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    call(path.as_ref(), read_whole).await
}

/// Reads a file whole, as text.
///
/// # Errors
/// If the file can't be opened or read; `InvalidData` if it isn't UTF-8.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let text = gmp::fs::read_to_string("Cargo.toml").await?;
/// assert!(text.starts_with("[package]"));
/// # Ok(())
/// # }
/// ```
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    call(path.as_ref(), |path| {
        // Read once more, it fails with the standard library's own error.
        String::from_utf8(read_whole(path)?).or_else(|wrong| io::read_to_string(wrong.as_bytes()))
    })
    .await
}

/// The standard library's `read` needs one call more to see the end of a small file.
fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut contents = Vec::new();
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    if let Some(size @ 1..=SMALL) = size {
        let size = usize::try_from(size).unwrap_or(0);
        // Room for one byte more than the file is said to have: if that stays free, the end has been seen.
        contents = vec![0; size + 1];
        let n = uninterrupted(|| file.read(&mut contents))?;
        contents.truncate(n);
        if n == size {
            return Ok(contents);
        }
    }
    file.read_to_end(&mut contents)?;
    Ok(contents)
}

/// Writes a file whole: it is created, or what it contained is replaced.
///
/// # Errors
/// If the file can't be created, opened or written. A part may have been written then.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::write("greeting.txt", "hello").await?;
/// # Ok(())
/// # }
/// ```
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    call_with(path.as_ref(), contents.as_ref(), |path, contents| std::fs::write(path, contents)).await
}

/// Copies a file, with its permissions, to a new one or over another. Returns how many bytes it has.
///
/// # Errors
/// If `from` isn't a file or can't be read, or `to` can't be written.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let size = gmp::fs::copy("state.db", "state.db.old").await?;
/// # Ok(())
/// # }
/// ```
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<u64, io::Error> {
    call_with(from.as_ref(), to.as_ref(), |from, to| std::fs::copy(from, to)).await
}
