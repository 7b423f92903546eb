//! What the system knows of a file: [`metadata`], [`symlink_metadata`], [`try_exists`], [`set_permissions`].
//!
//! Go: os/stat.go (Stat, Lstat), os/file.go (Chmod)

use crate::fs::call::call;
use std::fs::{Metadata, Permissions};
use std::io;
use std::path::Path;

/// What the system knows about what `path` leads to; symbolic links are followed.
///
/// # Errors
/// `NotFound`; `PermissionDenied` if a directory on the way may not be searched; else what the system says.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// assert!(gmp::fs::metadata("src").await?.is_dir());
/// # Ok(())
/// # }
/// ```
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    call(path.as_ref(), |path| std::fs::metadata(path)).await
}

/// What the system knows about `path` itself, also if it is a symbolic link.
///
/// # Errors
/// As [`metadata`].
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// assert!(!gmp::fs::symlink_metadata("Cargo.toml").await?.is_symlink());
/// # Ok(())
/// # }
/// ```
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    call(path.as_ref(), |path| std::fs::symlink_metadata(path)).await
}

/// Whether `path` leads to something. A symbolic link to nowhere doesn't.
///
/// By the time that you have the answer it may have changed: to create what isn't there, see
/// [`File::create_new`](crate::fs::File::create_new).
///
/// # Errors
/// If that can't be found out: a directory on the way may not be searched, for example.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// assert!(gmp::fs::try_exists("Cargo.toml").await?);
/// assert!(!gmp::fs::try_exists("Cargo.yaml").await?);
/// # Ok(())
/// # }
/// ```
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    call(path.as_ref(), |path| path.try_exists()).await
}

/// Changes who may do what with a file or directory; symbolic links are followed.
///
/// # Errors
/// If there is no such file, or it isn't the process's to change.
///
/// # Examples
/// ```no_run
/// use std::os::unix::fs::PermissionsExt;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::set_permissions("service.key", PermissionsExt::from_mode(0o400)).await?;
/// # Ok(())
/// # }
/// ```
pub async fn set_permissions(path: impl AsRef<Path>, perm: Permissions) -> io::Result<()> {
    call(path.as_ref(), move |path| std::fs::set_permissions(path, perm)).await
}
