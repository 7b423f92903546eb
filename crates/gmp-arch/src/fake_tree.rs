//! For tests: a directory of made-up /sys and /proc files, gone with the value; and what to expect
//! of this system.
//!
//! Go: none — test support

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sys::os;

/// Whether this build asks Linux, and isn't a portable twin.
pub(crate) fn on_linux() -> bool {
    os::file_root().is_some()
}

pub(crate) struct FakeTree {
    root: PathBuf,
}

impl FakeTree {
    pub(crate) fn new() -> FakeTree {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed; only the number itself has to be unique.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("gmp-arch-{}-{number}", process::id()));
        fs::create_dir(&root).unwrap();
        FakeTree { root }
    }

    pub(crate) fn with(self, file: &str, text: &str) -> FakeTree {
        let file = self.root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for FakeTree {
    fn drop(&mut self) {
        // Nothing depends on it, and a panic here would hide the test's own.
        let _ = fs::remove_dir_all(&self.root);
    }
}
