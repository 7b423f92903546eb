//! [`DirBuilder`].
//!
//! Go: os/path.go (MkdirAll)

use crate::fs::call::call;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// How a directory is to be created.
///
/// # Examples
/// ```no_run
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// gmp::fs::DirBuilder::new().recursive(true).mode(0o700).create("spool/in").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    mode: Option<u32>,
}

impl DirBuilder {
    /// One directory, with permissions that the umask decides.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// gmp::fs::DirBuilder::new().create("spool").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the directories above are created too, in the same way. Then it is no error either if the directory exists.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// gmp::fs::DirBuilder::new().recursive(true).create("spool/in").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// The permissions, of which the process's umask takes away: 0o777 if nobody says otherwise.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// gmp::fs::DirBuilder::new().mode(0o700).create("private").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Some(mode);
        self
    }

    /// Creates the directory.
    ///
    /// # Errors
    /// As [`create_dir`](crate::fs::create_dir), or as [`create_dir_all`](crate::fs::create_dir_all) if it is
    /// [`recursive`](Self::recursive).
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// gmp::fs::DirBuilder::new().create("spool").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(self.recursive);
        if let Some(mode) = self.mode {
            builder.mode(mode);
        }
        call(path.as_ref(), move |path| builder.create(path)).await
    }
}
