//! `compare A.json B.json`: what is different between two runs, of two commits, machines or settings.
//!
//! The two runs' figures of the first side are beside each other, and so are its ratios to each other side that both runs
//! have. Those are the better evidence where there are any: a machine that was slower the second time was so for all sides,
//! and divides out. The verdicts are on them, or else on the figure itself; of counts of instructions, which know no slow
//! machines, they are on the count.

use crate::document::{Document, FigureRecord, ScenarioRecord};
use crate::scenario::Better;
use crate::stats::interval::Interval;
use crate::stats::{FEWEST_PAIRS, Verdict, median};
use crate::table::{align, figure, ratio};

/// What stands where there is nothing.
const NONE: &str = "-";

/// The table of changes, with what the runs differ in above it and what only one of them has below.
///
/// # Errors
///
/// The runs have no figure in common.
pub(crate) fn render(before: &Document, after: &Document) -> Result<String, String> {
    let mut lines = vec![header(before, after)];
    let mut notes = Vec::new();
    for old in &before.scenarios {
        let Some(new) = after.scenarios.iter().find(|it| it.scenario == old.scenario) else {
            notes.push(format!("{} is in the first only", old.scenario));
            continue;
        };
        for old_figure in &old.figures {
            let name = old.row_name(old_figure);
            match new.figures.iter().find(|it| it.figure == old_figure.figure) {
                None => notes.push(format!("{name} is in the first only")),
                Some(figure) if figure.unit != old_figure.unit => {
                    notes.push(format!("{name} is in {} and in {}", old_figure.unit, figure.unit));
                }
                Some(figure) => {
                    lines.push(Change::new([before, after], [old_figure, figure]).cells(name, [old, new]));
                }
            }
        }
        let added = new.figures.iter().filter(|it| old.figures.iter().all(|old| old.figure != it.figure));
        notes.extend(added.map(|it| format!("{} is in the second only", new.row_name(it))));
    }
    let is_new = |it: &&ScenarioRecord| before.scenarios.iter().all(|old| old.scenario != it.scenario);
    notes.extend(after.scenarios.iter().filter(is_new).map(|it| format!("{} is in the second only", it.scenario)));
    if lines.len() == 1 {
        return Err("the two have no figure in common".to_owned());
    }
    let mut text = differences(before, after);
    text += &align(&lines);
    for note in notes {
        text += &format!("{note}\n");
    }
    Ok(text)
}

fn header(before: &Document, after: &Document) -> Vec<String> {
    let [old, new] = [before, after].map(|document| document.sides[0].label.as_str());
    let mut cells =
        ["scenario".to_owned(), "unit".to_owned(), format!("{old} before"), format!("{new} after")].to_vec();
    cells.extend(["change", "95%"].map(str::to_owned));
    for [peer, _] in peers([before, after]) {
        cells.push(format!("{old}/{} before", before.sides[peer].label));
        cells.extend(["after", "change", "95%"].map(str::to_owned));
    }
    cells.extend(["better", "verdict", ""].map(str::to_owned));
    cells
}

/// What the runs had not in common.
fn differences(before: &Document, after: &Document) -> String {
    let labels = |document: &Document| {
        let labels: Vec<_> = document.sides.iter().map(|side| side.label.as_str()).collect();
        labels.join(" beside ")
    };
    let pins = |document: &Document| format!("{:?}", document.sides.iter().map(|side| side.pin).collect::<Vec<_>>());
    let facts = |document: &Document| {
        let (machine, versions) = (&document.machine, &document.versions);
        let build = if versions.optimised { "optimised" } else { "debug" };
        [
            ("sides", labels(document)),
            ("pins", pins(document)),
            ("began", document.began.clone()),
            ("state", format!("{:?}", document.state).to_lowercase()),
            ("gmp", format!("{} {}", versions.gmp, versions.commit).trim_end().to_owned()),
            ("tokio", versions.tokio.clone()),
            ("smol", versions.smol.clone()),
            ("go", versions.go.clone()),
            ("rustc", versions.rustc.clone()),
            ("build", build.to_owned()),
            ("workers", document.options.workers.to_string()),
            ("rounds", document.options.rounds.to_string()),
            ("scale", document.options.scale.to_string()),
            ("cpu", machine.cpu.clone()),
            ("cpus", machine.cpus.to_string()),
            ("kernel", machine.kernel.clone()),
        ]
    };
    let mut lines = vec![["", "before", "after"].map(str::to_owned).to_vec()];
    for ((name, old), (_, new)) in facts(before).into_iter().zip(facts(after)) {
        if old != new {
            lines.push(vec![name.to_owned(), old, new]);
        }
    }
    align(&lines) + "\n"
}

/// The sides that the first one is set beside in both runs, each with its place in each.
fn peers([before, after]: [&Document; 2]) -> Vec<[usize; 2]> {
    let other = |(place, side): (usize, &crate::plan::Side)| {
        let same = after.sides.iter().skip(1).position(|it| it.label == side.label)?;
        Some([place + 1, same + 1])
    };
    before.sides.iter().skip(1).enumerate().filter_map(other).collect()
}

/// One quantity, before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    before: f64,
    after: f64,
    change: f64,
    interval: Interval,
    /// Rounds of the run that has fewer.
    rounds: usize,
}

impl Step {
    /// `within`: of counts that repeat, up to which part of it a change is none.
    fn new([before, after]: [Vec<f64>; 2], within: Option<f64>) -> Option<Self> {
        let [old, new] = [median(before.iter().copied())?, median(after.iter().copied())?];
        // A change from nothing, or from noise around it, has no ratio.
        let is_sound = before.iter().all(|value| *value > 0.0) && new.is_finite();
        let change = new / old;
        let (interval, rounds) = match within {
            _ if !is_sound => return None,
            // One count is enough.
            Some(within) => (Interval::around(change, within), FEWEST_PAIRS),
            None => (Interval::of_change(&before, &after), before.len().min(after.len())),
        };
        Some(Self { before: old, after: new, change, interval, rounds })
    }
}

/// One figure, before and after.
#[derive(Clone, Debug)]
struct Change<'a> {
    figures: [&'a FigureRecord; 2],
    /// The first side's own values.
    values: Option<Step>,
    /// Its ratios to each other side that both runs have, with that side's label.
    ratios: Vec<(&'a str, Option<Step>)>,
}

impl<'a> Change<'a> {
    fn new(documents: [&'a Document; 2], figures: [&'a FigureRecord; 2]) -> Self {
        let within = figures[0].within;
        let ratios = peers(documents).into_iter().map(|[old, new]| {
            let step = Step::new([figures[0].ratios(old), figures[1].ratios(new)], within);
            (documents[0].sides[old].label.as_str(), step)
        });
        let ratios = ratios.collect();
        let values = Step::new(figures.map(|it| it.values(0)), within).filter(|step| step.before > figures[0].floor);
        Self { figures, values, ratios }
    }

    /// What has changed; beside whom, if there are several others.
    fn verdict(&self) -> Option<String> {
        let verdict = |step: Step| Verdict::of(step.interval, step.rounds, self.figures[0].better);
        let mut beside = self.ratios.iter().filter_map(|&(side, step)| Some((side, verdict(step?)))).peekable();
        // A count is the same on a machine that is slower, so what became of the other sides has no say in it.
        let is_count = self.figures[0].within.is_some() && self.values.is_some();
        if beside.peek().is_none() || is_count {
            return Some(words(verdict(self.values?)).to_owned());
        }
        let beside: Vec<_> = beside.collect();
        if let ([(_, verdict)], [_]) = (&beside[..], &self.ratios[..]) {
            return Some(words(*verdict).to_owned());
        }
        let of = |wanted: Verdict| {
            let sides: Vec<_> =
                beside.iter().filter(|(_, verdict)| *verdict == wanted).map(|(side, _)| *side).collect();
            (!sides.is_empty()).then(|| format!("{} beside {}", words(wanted), sides.join(", ")))
        };
        let all = [Verdict::Right, Verdict::Left, Verdict::NoDifference, Verdict::TooFew];
        Some(all.into_iter().filter_map(of).collect::<Vec<_>>().join("; "))
    }

    fn cells(&self, name: String, scenarios: [&ScenarioRecord; 2]) -> Vec<String> {
        let [old, new] = self.figures;
        let none = || NONE.to_owned();
        let mut cells = vec![name, old.unit.clone()];
        cells.extend([old, new].map(|it| it.median(0).map_or_else(none, figure)));
        cells.extend(change(self.values));
        for &(_, step) in &self.ratios {
            cells.extend(step.map_or_else(|| [none(), none()], |step| [ratio(step.before), ratio(step.after)]));
            cells.extend(change(step));
        }
        cells.push(if old.better == Better::Less { "<1" } else { ">1" }.to_owned());
        cells.push(self.verdict().unwrap_or_else(none));
        let failed = ["before", "after"].into_iter().zip(scenarios).filter(|(_, it)| !it.failed.is_empty());
        let failed: Vec<_> = failed.map(|(when, _)| format!("FAILED {when}")).collect();
        cells.push(failed.join(", "));
        cells
    }
}

/// A verdict on what was before and after.
fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Left => "better",
        Verdict::Right => "worse",
        Verdict::NoDifference => "no difference seen",
        Verdict::TooFew => "too few rounds",
    }
}

/// The cells of a change and its interval.
fn change(step: Option<Step>) -> [String; 2] {
    let cells = |step: Step| {
        let Interval { low, high } = step.interval;
        [ratio(step.change), format!("{}..{}", ratio(low), ratio(high))]
    };
    step.map_or_else(|| [NONE.to_owned(), NONE.to_owned()], cells)
}

#[cfg(test)]
mod tests;
