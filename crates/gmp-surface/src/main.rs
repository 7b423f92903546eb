//! Compares tokio's public surface with gmp's, and says what is missing.
//!
//! ```sh
//! cargo run -p gmp-surface                    # compare; fails if something is missing that no table explains
//! cargo run -p gmp-surface -- --all           # print what is explained, pending or more, too
//! cargo run -p gmp-surface -- --each-feature  # with each of tokio's features by itself
//! cargo run -p gmp-surface -- --complete      # what is pending is a fault, too
//! cargo run -p gmp-surface -- --write         # write the page and the test that are made of it
//! ```
//!
//! Needs nothing but the stable toolchain: the docs come from `cargo rustdoc` with its unstable output enabled.
//!
//! Go: cmd/api

mod rustdoc;
mod text;
mod documented;
mod surface;
mod compare;
mod auto_traits;
mod exceptions;
#[cfg(test)]
mod tests;

use compare::{Comparison, compare};
use documented::{Page, missing_sections, without_example};
use exceptions::{Exceptions, Verdict};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::process::ExitCode;
use surface::{Surface, pages, surface};

/// The table, from the root.
const TABLE: &str = "crates/gmp/docs/surface.toml";

/// Its rendering, which is part of the docs.
const PAGE: &str = "crates/gmp/docs/not_here.md";

/// The test of auto traits.
const TEST: &str = "tests/it/auto_traits/same.rs";

/// What tokio's users have, and tests.
const FULL: &str = "full,test-util";

/// What those have who build with `tokio_unstable`, and features that need it.
const UNSTABLE: &str = "full,test-util,tracing,schedule-latency";

/// None, what stands in `full`, and what doesn't.
const FEATURES: [&str; 14] = [
    "",
    "fs",
    "io-util",
    "io-std",
    "macros",
    "net",
    "parking_lot",
    "process",
    "rt",
    "rt-multi-thread",
    "signal",
    "sync",
    "test-util",
    "time",
];

/// What was asked for.
#[derive(Default)]
struct Options {
    all: bool,
    each_feature: bool,
    complete: bool,
    write: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--all" => options.all = true,
            "--each-feature" => options.each_feature = true,
            "--complete" => options.complete = true,
            "--write" => options.write = true,
            _ => {
                return Err(format!(
                    "unknown argument {argument:?}; there are --all, --each-feature, --complete, --write"
                ));
            }
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(faults) => {
            println!("\n{faults} faults. Write what is missing, or say in {TABLE} why it isn't there.");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of faults.
fn run(options: &Options) -> Result<usize, String> {
    let table = Exceptions::read(&rustdoc::root().join(TABLE))?;
    let mut report = Report { table: &table, all: options.all, pending: BTreeMap::new(), faults: 0 };

    let stable = rustdoc::tokio(FULL, false)?;
    let theirs = surface(&stable, None);
    let their_pages = pages(&stable);
    let unstable = surface(&rustdoc::tokio(UNSTABLE, true)?, None);
    let docs = rustdoc::gmp(FULL, stable)?;
    let ours = surface(&docs, Some(&unstable));
    report.print("tokio's stable surface", &compare(&theirs, &ours));
    let only_unstable = unstable.iter().filter(|(path, _)| !theirs.contains_key(*path));
    let only_unstable: Surface = only_unstable.map(|(path, item)| (path.clone(), item.clone())).collect();
    report.print("behind tokio_unstable, stable here", &compare(&only_unstable, &ours));
    report.extra(&compare(&unstable, &ours));
    report.features()?;
    report.elsewhere(&unstable, &rustdoc::words_of_tokio()?);
    report.documentation(&their_pages, &pages(&docs));
    if options.each_feature {
        report.each_feature()?;
    }

    for (file, text) in [(PAGE, table.page()), (TEST, auto_traits::test(&theirs, &ours))] {
        let path = rustdoc::root().join(file);
        if options.write {
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        } else if fs::read_to_string(&path).ok() != Some(text) {
            report.fault(&format!("{file} isn't up to date: cargo run -p gmp-surface -- --write"));
        }
    }
    for path in table.unneeded() {
        report.fault(&format!("{TABLE} excepts `{path}`, which needs no exception"));
    }
    for path in table.needless() {
        report.fault(&format!("{TABLE} lets `{path}` be without an example, and it isn't"));
    }
    for path in table.arrived() {
        println!("note: {TABLE} has `{path}` as pending, and it is here");
    }
    for (part, count) in &report.pending {
        println!("pending: {part}: {count} paths");
    }
    if options.complete {
        report.faults += report.pending.len();
    }
    Ok(report.faults)
}

/// Prints, and counts what is wrong.
struct Report<'a> {
    table: &'a Exceptions,
    all: bool,
    pending: BTreeMap<&'a str, usize>,
    faults: usize,
}

impl Report<'_> {
    fn fault(&mut self, words: &str) {
        println!("fault: {words}");
        self.faults += 1;
    }

    /// One thing that isn't as in tokio.
    fn judge(&mut self, what: &str, path: &str, words: &str) {
        let verdict = self.table.of(path);
        if let Verdict::Pending(part) = verdict {
            *self.pending.entry(part).or_default() += 1;
        }
        match verdict {
            Verdict::Demanded => self.fault(&format!("{what} {path}\n      {words}")),
            _ if self.all => println!("{verdict:?}: {what} {path}"),
            _ => {}
        }
    }

    fn print(&mut self, title: &str, comparison: &Comparison) {
        let Comparison { missing, different, same, .. } = comparison;
        println!("== {title}: {same} the same, {} missing, {} different", missing.len(), different.len());
        for (path, words) in missing {
            self.judge("missing", path, words);
        }
        for (path, words) in different {
            self.judge("different", path, words);
        }
    }

    /// What is only here. Not a fault.
    fn extra(&self, comparison: &Comparison) {
        println!("== only here: {} paths", comparison.extra.len());
        if self.all {
            comparison.extra.iter().for_each(|path| println!("extra: {path}"));
        }
    }

    fn features(&mut self) -> Result<(), String> {
        let [theirs, ours] = rustdoc::features()?;
        println!("== features: tokio {}, gmp {}", theirs.len(), ours.len());
        for name in theirs.keys().filter(|name| !ours.contains_key(*name)) {
            self.judge("missing", &format!("feature {name}"), "");
        }
        Ok(())
    }

    /// What is said to be where nothing is compared isn't seen here, and tokio has it.
    fn elsewhere(&mut self, theirs: &Surface, words: &HashSet<String>) {
        let paths: Vec<_> = self.table.elsewhere().collect();
        println!("== not compared here: {} paths", paths.len());
        for path in paths {
            if theirs.contains_key(path) {
                self.fault(&format!("{TABLE} has `{path}` elsewhere, and it can be compared"));
            } else if !path.split("::").all(|word| words.contains(word)) {
                self.fault(&format!("{TABLE} has `{path}` elsewhere, and tokio knows nothing of it"));
            }
        }
    }

    /// Whether each item has an example, and the sections that tokio's page has.
    fn documentation(&mut self, theirs: &[Page], ours: &[Page]) {
        let (exempt, bare): (Vec<_>, Vec<_>) =
            without_example(ours).into_iter().partition(|path| self.table.is_exempt(path));
        let sections = missing_sections(theirs, ours);
        let count = ours.iter().filter(|page| page.is_ours).count();
        let (exempt, without, lacking) = (exempt.len(), bare.len(), sections.len());
        println!(
            "== docs of {count} items: {without} without an example, {exempt} exempt, {lacking} without a section"
        );
        for path in bare {
            self.fault(&format!("{path} has no example"));
        }
        for (path, lacks) in sections {
            self.fault(&format!("{path} has no section {lacks}, as it has in tokio's docs"));
        }
    }

    /// Whether each feature by itself brings what it brings in tokio, and no warning.
    fn each_feature(&mut self) -> Result<(), String> {
        for feature in FEATURES {
            let stable = rustdoc::tokio(feature, false)?;
            let theirs = surface(&stable, None);
            let ours = surface(&rustdoc::gmp(feature, stable)?, Some(&theirs));
            self.print(&format!("feature {feature}"), &compare(&theirs, &ours));
        }
        let [_, ours] = rustdoc::features()?;
        for feature in ours.keys().map(String::as_str).chain([""]) {
            match rustdoc::lint(feature) {
                Ok(()) => println!("== feature {feature}: no warning"),
                Err(words) => self.fault(&words),
            }
        }
        Ok(())
    }
}
