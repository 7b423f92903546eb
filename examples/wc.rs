//! Counts the lines, words and bytes of all files below some directories, one task a file.
//!
//! It shows how many tasks share few resources: a semaphore bounds the open files, a channel bounds what waits to be
//! added up, and files are read by the workers themselves.
//!
//! ```text
//! cargo run --release --example wc -- crates examples
//! cargo run --release --example wc -- -v crates        # with a line for each file
//! ```
//!
//! The last line is what `find DIR… -type f -print0 | xargs -0 cat | wc -lwc` prints, in the C locale and in those of
//! UTF-8. What can't be read is told on stderr; the rest is counted, and the exit code is 1.
//!
//! The work is done in `src/wc.rs`.

use gmp_examples::wc::{self, Entry, locale::Locale, words::Count};
use std::env;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

const USAGE: &str = "usage: wc [-v] [--] DIR…

Prints how many lines, words and bytes the regular files below each DIR have in all.
  -v  prints these for each file too";

#[gmp::main]
async fn main() -> ExitCode {
    let (verbose, roots) = match arguments(env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(verbose, roots).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("wc: stdout: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether `-v` was given, and the directories; or what is wrong with the arguments.
fn arguments(arguments: impl Iterator<Item = OsString>) -> Result<(bool, Vec<PathBuf>), String> {
    let mut verbose = false;
    let mut options = true;
    let mut roots = Vec::new();
    for argument in arguments {
        match argument.as_bytes() {
            b"--" if options => options = false,
            b"-v" if options => verbose = true,
            [b'-', _, ..] if options => {
                let option = PathBuf::from(argument);
                return Err(format!("wc: unknown option {}\n", option.display()));
            }
            _ => roots.push(PathBuf::from(argument)),
        }
    }
    if roots.is_empty() {
        return Err(String::new());
    }
    Ok((verbose, roots))
}

/// Counts and prints. Returns whether everything could be read.
async fn run(verbose: bool, roots: Vec<PathBuf>) -> io::Result<bool> {
    let mut complete = true;
    let mut out = BufWriter::new(io::stdout());
    let locale = Arc::new(Locale::from_env());
    let total = wc::count(roots, locale, |entry| {
        match &entry.error {
            Some(error) => {
                complete = false;
                eprintln!("wc: {}: {error}", entry.path.display());
            }
            None if verbose => print(&mut out, entry)?,
            None => {}
        }
        Ok(())
    })
    .await?;
    writeln!(out, "{}", columns(&total))?;
    out.flush()?;
    Ok(complete)
}

fn print(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    write!(out, "{} ", columns(&entry.count))?;
    // A file's name is bytes, not text.
    out.write_all(entry.path.as_os_str().as_bytes())?;
    out.write_all(b"\n")
}

/// The three figures, in columns like those of wc.
fn columns(count: &Count) -> String {
    format!("{:7} {:7} {:7}", count.lines, count.words, count.bytes)
}
