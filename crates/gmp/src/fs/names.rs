//! Names of files: [`rename`], [`remove_file`], [`hard_link`], [`symlink`], [`read_link`], [`canonicalize`].
//!
//! Go: os/file.go (Rename, Remove, Link, Symlink, Readlink), path/filepath (EvalSymlinks)

use crate::fs::call::{call, call_with};
use std::io;
use std::path::{Path, PathBuf};

/// Gives a file or directory another name, in place of what has that name.
///
/// Who opens `to` finds either what was there or what is there now, never nothing.
///
/// # Errors
/// If there is no `from`, if the two aren't on the same file system, or what the system says.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::write("state.new", "contents").await?;
/// gmp::fs::rename("state.new", "state").await?;
/// # Ok(())
/// # }
/// ```
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    call_with(from.as_ref(), to.as_ref(), |from, to| std::fs::rename(from, to)).await
}

/// Removes a file's name, and the file with its last name, when nobody has it open any more.
///
/// # Errors
/// `NotFound`, or what the system says; also if it is a directory.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::remove_file("service.lock").await?;
/// # Ok(())
/// # }
/// ```
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    call(path.as_ref(), |path| std::fs::remove_file(path)).await
}

/// Gives a file a further name, `link`.
///
/// # Errors
/// If there is no `original`, if `link` exists, if the two aren't on the same file system, or what the system says.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::hard_link("report.txt", "report-of-today.txt").await?;
/// # Ok(())
/// # }
/// ```
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    call_with(original.as_ref(), link.as_ref(), |original, link| std::fs::hard_link(original, link)).await
}

/// Makes a symbolic link, `link`, that leads to `original`, which need not exist.
///
/// # Errors
/// If `link` exists, or what the system says.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::symlink("releases/2", "current").await?;
/// # Ok(())
/// # }
/// ```
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    call_with(original.as_ref(), link.as_ref(), |original, link| std::os::unix::fs::symlink(original, link)).await
}

/// Where a symbolic link leads to.
///
/// # Errors
/// `NotFound`; `InvalidInput` if it isn't a symbolic link; else what the system says.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// println!("{}", gmp::fs::read_link("current").await?.display());
/// # Ok(())
/// # }
/// ```
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    call(path.as_ref(), |path| std::fs::read_link(path)).await
}

/// The path from the root to what `path` leads to, without symbolic links, `.` and `..`.
///
/// # Errors
/// If a part of the path doesn't exist or isn't a directory, but the last.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let path = gmp::fs::canonicalize("src/../Cargo.toml").await?;
/// assert!(path.is_absolute() && path.ends_with("Cargo.toml"));
/// # Ok(())
/// # }
/// ```
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    call(path.as_ref(), |path| std::fs::canonicalize(path)).await
}
