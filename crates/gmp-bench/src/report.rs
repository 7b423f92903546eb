//! The report: one page that needs nothing but itself (no network, no script), and its table as CSV.
//!
//! The pictures are SVG whose horizontal places are percentages, so they take whatever width there is while text and
//! strokes keep their size; colours follow the reader's light or dark. What a colour says is also said in words.

mod html;
mod scale;
mod strip;
mod overview;
mod section;
mod csv;

use crate::catalogue::Runtime;
use crate::document::Document;
use crate::plan::beside;
use crate::results::State;
use crate::stats::{FEWEST_PAIRS, Verdict};
use crate::table::{figure, ratio};
use html::{escape, tag};

pub(crate) use csv::csv;

const STYLE: &str = include_str!("report/style.css");

/// The page.
pub(crate) fn page(document: &Document) -> String {
    let title = format!("{}: {}", beside(&document.sides), document.versions.gmp);
    let mut body = head(document);
    body += &warnings(document);
    body += &overview::render(document);
    body += &facts(document);
    body += &method(document);
    for scenario in &document.scenarios {
        body += &section::render(document, scenario);
    }
    body += &table(document);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(&title)
    )
}

fn head(document: &Document) -> String {
    let (versions, options) = (&document.versions, &document.options);
    let commit = versions.commit.get(..10).map_or(String::new(), |commit| {
        let changes = if versions.commit.contains(' ') { " with changes" } else { "" };
        format!(" at {commit}{changes}")
    });
    let peers: String = peers(document).iter().map(|(name, version)| format!(", {name} {version}")).collect();
    let of = format!(
        "gmp {}{commit}{peers}; {} workers, {} rounds, {}; {} UTC",
        versions.gmp,
        options.workers,
        options.rounds,
        document.machine.cpu,
        document.began.replace('T', " ").trim_end_matches('Z'),
    );
    tag("h1", &escape(&beside(&document.sides))) + &tag("p class=\"of\"", &escape(&of))
}

/// The others with their versions.
fn peers(document: &Document) -> Vec<(&'static str, &str)> {
    let has = |runtime: Runtime| document.sides.iter().any(|side| side.runtime == runtime);
    let versions = &document.versions;
    let known = [(Runtime::Tokio, &versions.tokio), (Runtime::Smol, &versions.smol), (Runtime::Go, &versions.go)];
    let known = known.into_iter().filter(|(runtime, version)| has(*runtime) && !version.is_empty());
    // Go's begins with its name.
    known.map(|(runtime, version)| (runtime.name(), version.trim_start_matches(runtime.name()))).collect()
}

/// What a reader must know before any figure.
fn warnings(document: &Document) -> String {
    let mut warnings = Vec::new();
    match document.state {
        State::Done | State::Failed => {}
        State::Interrupted => warnings.push("The run was interrupted; this is what was done.".to_owned()),
        State::Running => warnings.push("The run had not ended when this was written.".to_owned()),
    }
    if !document.not_run.is_empty() {
        warnings.push(format!("Not run: {}.", document.not_run.join(", ")));
    }
    let failed = document.scenarios.iter().filter(|it| !it.failed.is_empty());
    let failed: Vec<_> = failed.map(|it| it.scenario.as_str()).collect();
    if !failed.is_empty() {
        warnings.push(format!("Failed: {}.", failed.join(", ")));
    }
    for absent in &document.absent {
        warnings.push(format!("Without {}: {}.", absent.side, absent.reason));
    }
    for skipped in &document.skipped {
        warnings.push(format!("Skipped: {} {}.", skipped.scenario, skipped.reason));
    }
    if !document.versions.optimised {
        warnings.push("A debug build, whose figures say little.".to_owned());
    }
    if document.options.scale < 1.0 {
        let share = document.options.scale * 100.0;
        warnings.push(format!("A quick run with {share} % of the work: for a first look, not for conclusions."));
    }
    let fewest = FEWEST_PAIRS as u32;
    if (1..fewest).contains(&document.options.rounds) {
        warnings.push(format!("Fewer than {fewest} rounds: too few to tell a difference from chance."));
    }
    let cpus = document.machine.cpus as f64;
    if let Some(load) = document.machine.load_before.filter(|load| *load > cpus / 4.0) {
        warnings.push(format!("The machine had other work when the run began: a load of {load} on {cpus} CPUs."));
    }
    if warnings.is_empty() {
        return String::new();
    }
    let items: String = warnings.iter().map(|it| tag("li", &escape(it))).collect();
    tag("ul class=\"warnings\"", &items)
}

fn facts(document: &Document) -> String {
    let (machine, versions, options) = (&document.machine, &document.versions, &document.options);
    let cpus = match machine.quota {
        Some(quota) => format!("{}, of which a quota leaves {quota:.2}", machine.cpus),
        None => machine.cpus.to_string(),
    };
    let commit = if versions.commit.is_empty() { "unknown" } else { &versions.commit };
    let build = if versions.optimised { "optimised" } else { "debug" };
    let load = machine.load_before.map_or("unknown".to_owned(), |load| load.to_string());
    let mut rows = vec![
        ("CPU", machine.cpu.clone()),
        ("CPUs", cpus),
        ("topology", machine.topology.clone()),
        ("memory", format!("{:.1} GiB", machine.memory as f64 / (1_u64 << 30) as f64)),
        ("kernel", machine.kernel.clone()),
        ("load before", load),
        ("gmp", versions.gmp.clone()),
        ("commit", commit.to_owned()),
        ("rustc", format!("{}, {build}, {}", versions.rustc, versions.target)),
        ("command", format!("gmp-bench {}", options.arguments.join(" "))),
        ("began", document.began.clone()),
        ("took", format!("{:.0} s", document.seconds)),
    ];
    let others = peers(document).into_iter().map(|(name, version)| (name, version.to_owned()));
    let after_commit = rows.iter().position(|(name, _)| *name == "rustc").unwrap_or(rows.len());
    rows.splice(after_commit..after_commit, others);
    let rows: String = rows.iter().map(|(name, value)| tag("dt", name) + &tag("dd", &escape(value))).collect();
    let boot = tag("summary", "Boot record") + &tag("pre", &escape(&machine.boot));
    section("conditions", "Where and of what", &(tag("dl", &rows) + &tag("details", &boot)))
}

fn method(document: &Document) -> String {
    let left = escape(&document.sides[0].label);
    let go = if document.sides.iter().any(|side| side.runtime == Runtime::Go) {
        " but Go's, which do the same in Go, as one would write it there, with Go's own allocator and library"
    } else {
        ""
    };
    let text = format!(
        "<p>Each scenario runs in a process of its own, on each runtime that has it in turn, {} times; each is first as often. A \
         ratio is taken within each pair of runs. Shown is the median of the ratios, with the interval in which it lies in \
         95 of 100 such runs: by bootstrap, and no narrower than the order of the ratios alone allows. If it holds 1, no \
         difference was seen; with fewer than {FEWEST_PAIRS} pairs nothing is decided. That is chance within this run; \
         of other work on the machine, or of other machines, it knows nothing. Of many equal figures one in twenty has a \
         winner all the same.</p>\n<p>All sides have the same number of workers, and the same allocator and source{go}. Costs are \
         better below 1, yields (of a second, or percent left) above; in the overview yields are turned over, so that {left} \
         is ahead to the left of 1 in every line.</p>\n",
        document.options.rounds
    );
    section("method", "How it was measured", &text)
}

fn table(document: &Document) -> String {
    let mut lines = csv::lines(document).into_iter();
    let columns = csv::shown(document);
    let row = |cell: &str, line: &[String]| {
        let cells: String = columns.iter().map(|&column| tag(cell, &escape(&shown(column, &line[column])))).collect();
        tag("tr", &cells)
    };
    let header = tag("thead", &lines.next().map_or(String::new(), |line| row("th", &line)));
    let rows: String = lines.map(|line| row("td", &line)).collect();
    let note = "<p>The same with more columns: <a href=\"results.csv\">results.csv</a>. Every round: \
                <a href=\"results.json\">results.json</a>.</p>\n";
    let table = format!("<div class=\"wide\">\n{}</div>\n", tag("table", &(header + &tag("tbody", &rows))));
    section("table", "All figures", &(table + note))
}

/// A cell of the file with no more digits than there is a use for, and a header's words as words.
fn shown(column: usize, cell: &str) -> String {
    match cell.parse() {
        Ok(value) if csv::MEDIANS.contains(&column) => figure(value),
        Ok(value) if csv::RATIOS.contains(&column) => ratio(value),
        _ if csv::MEDIANS.contains(&column) => cell.replace('_', " "),
        _ => cell.to_owned(),
    }
}

fn section(id: &str, title: &str, content: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{}</h2>\n{content}</section>\n", escape(title))
}

/// The class of a verdict, for its colour.
fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Left) => "ahead",
        Some(Verdict::Right) => "behind",
        Some(Verdict::NoDifference | Verdict::TooFew) | None => "open",
    }
}

#[cfg(test)]
pub(crate) mod tests;
