//! Directories: [`create_dir`], [`create_dir_all`], [`remove_dir`], [`remove_dir_all`].
//!
//! Go: os/file.go (Mkdir, Remove), os/path.go (MkdirAll), os/removeall_at.go (RemoveAll)

use crate::fs::call::call;
use std::io;
use std::path::Path;

/// Creates a directory.
///
/// # Errors
/// `AlreadyExists` if there is something of that name, `NotFound` if the directory is missing that it is to be in; else what the
/// system says.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::create_dir("spool").await?;
/// # Ok(())
/// # }
/// ```
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    call(path.as_ref(), |path| std::fs::create_dir(path)).await
}

/// Creates a directory and those above it that are missing. That they all exist already is no error.
///
/// # Errors
/// If one of them can't be created, or is something else. Those above it may have been created then.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::create_dir_all("spool/in/today").await?;
/// # Ok(())
/// # }
/// ```
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    call(path.as_ref(), |path| std::fs::create_dir_all(path)).await
}

/// Removes a directory, which must be empty.
///
/// # Errors
/// `DirectoryNotEmpty` if it isn't; `NotFound` or `NotADirectory`; else what the system says.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::remove_dir("spool").await?;
/// # Ok(())
/// # }
/// ```
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    call(path.as_ref(), |path| std::fs::remove_dir(path)).await
}

/// Removes a directory and all that is in it. Symbolic links are removed, not followed. Handle with care.
///
/// # Errors
/// If something in it can't be removed. The rest may be gone then.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::remove_dir_all("spool").await?;
/// # Ok(())
/// # }
/// ```
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    call(path.as_ref(), |path| std::fs::remove_dir_all(path)).await
}
