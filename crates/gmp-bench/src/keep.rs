//! Where results are kept: the file of `--json` and the folder of `--report`, written anew after each scenario, so that
//! whatever ends the run leaves what it has done.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::report;

/// The page in the folder of `--report`.
pub(crate) const PAGE: &str = "index.html";

/// The places that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// The file.
    pub(crate) json: Option<PathBuf>,
    /// The folder.
    pub(crate) report: Option<PathBuf>,
}

impl Keep {
    /// Finds out before a long run whether its results can be kept; leaves what is there alone.
    ///
    /// # Errors
    ///
    /// They cannot, with the name of the place.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(path) = &self.json {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| named(path, &error))?;
        }
        if let Some(folder) = &self.report {
            fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
            let page = folder.join(PAGE);
            let opened = OpenOptions::new().create(true).append(true).open(&page);
            opened.map_err(|error| named(&page, &error))?;
        }
        Ok(())
    }

    /// Writes what there is.
    ///
    /// # Errors
    ///
    /// Something cannot be written, with its name.
    pub(crate) fn write(&self, document: &Document) -> Result<(), String> {
        if self.json.is_none() && self.report.is_none() {
            return Ok(());
        }
        let json = document.to_json().map_err(|error| format!("the results are no JSON: {error}"))?;
        let write = |path: &Path, text: &str| replace(path, text).map_err(|error| named(path, &error));
        if let Some(path) = &self.json {
            write(path, &json)?;
        }
        if let Some(folder) = &self.report {
            write(&folder.join("results.json"), &json)?;
            write(&folder.join("results.csv"), &report::csv(document))?;
            write(&folder.join(PAGE), &report::page(document))?;
        }
        Ok(())
    }
}

/// Puts `text` where a file is, or nothing, so that at no time half of it is there.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Something else than a file (a pipe, a device) is written to; a link stays one.
    let Ok(target) = path.canonicalize().and_then(|path| Ok((path.metadata()?.is_file(), path))) else {
        return fs::write(path, text);
    };
    let (true, target) = target else {
        return fs::write(path, text);
    };
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = target.with_file_name(name);
    fs::write(&new, text)?;
    fs::rename(&new, &target)
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests;
