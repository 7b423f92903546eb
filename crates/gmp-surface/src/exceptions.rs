//! The table of what isn't here, and why; of what isn't here yet; and of what tokio has where no comparison looks.
//!
//! Go: cmd/api, api/except.txt

use serde::Deserialize;
use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
    #[serde(default)]
    elsewhere: Vec<Exception>,
    #[serde(default)]
    pending: Vec<Pending>,
    #[serde(default)]
    without_example: Vec<Exception>,
}

/// What will stay so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    paths: Vec<Pattern>,
    reason: String,
}

/// What is being written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    part: String,
    paths: Vec<Pattern>,
}

/// A path and all that is below it; or whatever begins so, if it ends with a `*`.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
struct Pattern {
    text: String,
    used: Cell<bool>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, used: Cell::new(false) }
    }
}

impl Pattern {
    fn covers(&self, path: &str) -> bool {
        let covers = match self.text.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path.strip_prefix(self.text.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')),
        };
        if covers {
            self.used.set(true);
        }
        covers
    }
}

/// What the table says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict<'a> {
    /// It has to be here.
    Demanded,
    /// It is explained.
    Excepted,
    /// It belongs to this part, which is being written.
    Pending(&'a str),
}

impl Exceptions {
    /// Reads the file.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
    }

    /// What it says of this path; the entry counts as needed from then on.
    pub(crate) fn of(&self, path: &str) -> Verdict<'_> {
        // Every entry that covers it is needed, so all are asked.
        let excepted = self.exception.iter().flat_map(|e| &e.paths).filter(|p| p.covers(path)).count() > 0;
        let mut verdict = if excepted { Verdict::Excepted } else { Verdict::Demanded };
        for pending in &self.pending {
            if pending.paths.iter().filter(|p| p.covers(path)).count() > 0 {
                verdict = Verdict::Pending(&pending.part);
            }
        }
        verdict
    }

    /// Exceptions that nothing needed.
    pub(crate) fn unneeded(&self) -> impl Iterator<Item = &str> {
        unused(self.exception.iter().flat_map(|e| &e.paths))
    }

    /// What tokio has where no comparison looks, path by path.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = &str> {
        self.elsewhere.iter().flat_map(|e| &e.paths).map(|p| p.text.as_str())
    }

    /// Whether it may be without an example.
    pub(crate) fn is_exempt(&self, path: &str) -> bool {
        self.without_example.iter().flat_map(|e| &e.paths).filter(|p| p.covers(path)).count() > 0
    }

    /// What may be without an example, and has one.
    pub(crate) fn needless(&self) -> impl Iterator<Item = &str> {
        unused(self.without_example.iter().flat_map(|e| &e.paths))
    }

    /// What has come, and still stands as pending.
    pub(crate) fn arrived(&self) -> impl Iterator<Item = &str> {
        unused(self.pending.iter().flat_map(|p| &p.paths))
    }

    /// The page for users.
    pub(crate) fn page(&self) -> String {
        let mut page = String::from("| what tokio 1.54 has | why it isn't here, or is different |\n|---|---|\n");
        for exception in self.exception.iter().chain(&self.elsewhere) {
            let paths: Vec<_> = exception.paths.iter().map(|p| format!("`{}`", p.text)).collect();
            let _ = writeln!(page, "| {} | {} |", paths.join(", "), exception.reason.replace('\n', " "));
        }
        for pending in &self.pending {
            let _ = writeln!(page, "| {} | to come |", pending.part);
        }
        page
    }
}

fn unused<'a>(patterns: impl Iterator<Item = &'a Pattern>) -> impl Iterator<Item = &'a str> {
    patterns.filter(|p| !p.used.get()).map(|p| p.text.as_str())
}
