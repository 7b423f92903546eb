//! Whether a program that isn't ours can be run.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Whether a program of that name is in the PATH.
pub(crate) fn is_in_path(name: &str) -> bool {
    let is_program = |path: &Path| path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| is_program(&folder.join(name)))
}
