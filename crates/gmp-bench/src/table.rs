//! The table on stdout: a line a figure, values to the right, what went wrong at the end of the line.

use crate::plan::{Plan, Side, lacks};
use crate::results::{Outcome, Results, Series};
use crate::scenario::{Better, Figure, Scenario};
use crate::stats::interval::Interval;
use crate::stats::{Ratio, Verdict};

/// What stands where there is no figure.
const NONE: &str = "-";

/// Title, table, and notes on what is not in it.
pub(crate) fn render(plan: &Plan, results: &Results) -> String {
    let mut lines = vec![header(plan)];
    let shown: Vec<_> = results.outcomes.iter().filter(|outcome| outcome.has_news()).collect();
    for outcome in &shown {
        // Of a run that only counts nothing was timed.
        let due = outcome.series.iter().filter(|series| plan.rounds > 0 || !series.rounds.is_empty());
        lines.extend(due.map(|series| cells(outcome, series, plan)));
    }

    let mut text = plan.title() + "\n\n" + &if plan.scenarios.is_empty() { String::new() } else { align(&lines) };
    for skipped in &plan.skipped {
        text += &format!("{skipped}\n");
    }
    for absent in &plan.absent {
        text += &format!("without {}: {}\n", absent.side, absent.reason);
    }
    for lack in lacks(&plan.sides, &plan.scenarios) {
        text += &format!("{lack}\n");
    }
    let not_run = plan.scenarios.len() - shown.len();
    if not_run > 0 {
        text += &format!("interrupted: {not_run} of the selected scenarios have no figures\n");
    }
    text
}

fn header(plan: &Plan) -> Vec<String> {
    let labels = || plan.sides.iter().map(|side| side.label.clone());
    let left = &plan.sides[0].label;
    let mut cells = vec!["scenario".to_owned(), "unit".to_owned()];
    cells.extend(labels());
    cells.extend(labels().skip(1).flat_map(|right| [format!("{left}/{right}"), "95%".to_owned()]));
    let target = if plan.has_targets() { "target" } else { "" };
    cells.extend(["better", "verdict", target, ""].map(str::to_owned));
    cells
}

fn cells(outcome: &Outcome, series: &Series, plan: &Plan) -> Vec<String> {
    let summary = series.summary(plan.sides.len());
    let figure = series.figure;
    let mut cells = vec![outcome.scenario.row_name(figure), figure.unit.label().to_owned()];
    cells.extend(summary.medians.iter().map(|median| median.map_or(NONE.to_owned(), self::figure)));
    for ratio in &summary.ratios {
        cells.push(ratio.map_or(NONE.to_owned(), |ratio| self::ratio(ratio.median)));
        cells.push(ratio.map_or(NONE.to_owned(), sure));
    }
    cells.push(better(figure).to_owned());
    let verdicts = summary.ratios.iter().map(|ratio| ratio.map(|ratio| ratio.verdict(figure.unit.better())));
    cells.push(verdict(plan, &verdicts.collect::<Vec<_>>()));
    let target = figure.bound().filter(|_| plan.has_targets());
    cells.push(target.map_or(String::new(), |target| match outcome.meets(target, series, plan) {
        Some(true) => format!("{target} met"),
        Some(false) => format!("{target} missed"),
        None => target.to_string(),
    }));
    cells.push(remark(outcome, series, plan));
    cells
}

/// The interval of a ratio, or the tolerance of one of counts.
fn sure(ratio: Ratio) -> String {
    let Interval { low, high } = ratio.interval;
    match ratio.within {
        Some(within) => format!("±{}%", within * 100.0),
        None => format!("{}..{}", self::ratio(low), self::ratio(high)),
    }
}

/// On which side of 1 a ratio is in favour of the left side.
fn better(figure: Figure) -> &'static str {
    match figure.unit.better() {
        Better::Less => "<1",
        Better::More => ">1",
    }
}

/// What there is to say beside the values.
fn remark(outcome: &Outcome, series: &Series, plan: &Plan) -> String {
    let failed: Vec<_> = outcome.failed.iter().map(|run| format!("{}: {}", run.place(), run.reason)).collect();
    if !failed.is_empty() {
        return format!("FAILED {}", failed.join("; "));
    }
    if outcome.interrupted {
        let sides = plan.sides_of(outcome.scenario);
        let complete = series.rounds.iter().filter(|round| sides.iter().all(|&side| round.value(side).is_some()));
        return format!("interrupted, {} of {} rounds", complete.count(), plan.rounds);
    }
    let summary = series.summary(plan.sides.len());
    let is_noise = |other: &usize| summary.medians[*other].is_some() && summary.ratios[other - 1].is_none();
    let noise: Vec<_> = (1..plan.sides.len()).filter(is_noise).map(|other| plan.sides[other].label.as_str()).collect();
    if noise.is_empty() || summary.medians[0].is_none() {
        return String::new();
    }
    let (unit, verb) = (series.figure.unit, if noise.len() == 1 { "is" } else { "are" });
    format!("no ratio: {} {verb} within the noise ({} {})", noise.join(", "), unit.floor(), unit.label())
}

/// Who is ahead. Beside several others the first side is the one that is spoken of.
fn verdict(plan: &Plan, verdicts: &[Option<Verdict>]) -> String {
    let [left, others @ ..] = &plan.sides[..] else {
        return NONE.to_owned();
    };
    if let ([right], [verdict]) = (others, verdicts) {
        return verdict.map_or(NONE.to_owned(), |verdict| verdict.words(&left.label, &right.label));
    }
    let of = |wanted: Verdict| {
        let found = others.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Some(wanted));
        let found: Vec<_> = found.map(|(side, _)| side.label.as_str()).collect();
        let words = match wanted {
            Verdict::Left => "ahead of",
            Verdict::Right => "behind",
            Verdict::NoDifference => "no difference seen:",
            Verdict::TooFew => "too few rounds:",
        };
        (!found.is_empty()).then(|| format!("{words} {}", found.join(", ")))
    };
    let all = [Verdict::Right, Verdict::NoDifference, Verdict::TooFew, Verdict::Left];
    let said: Vec<_> = all.into_iter().filter_map(of).collect();
    if said.is_empty() { NONE.to_owned() } else { said.join("; ") }
}

/// The scenarios with their units, targets and peers, and why a peer hasn't some of them.
pub(crate) fn list(scenarios: &[&'static Scenario], peers: &[Side]) -> String {
    let target = |figure: &Figure| figure.bound().map_or(NONE.to_owned(), |target| target.to_string());
    let joined = |cells: Vec<String>| if cells.is_empty() { NONE.to_owned() } else { cells.join(",") };
    let line = |scenario: &&Scenario| {
        let figures = scenario.figures;
        let units = joined(figures.iter().map(|figure| figure.unit.label().to_owned()).collect());
        let targets = joined(figures.iter().map(target).collect());
        let on = peers.iter().filter(|peer| peer.runtime.lacks(scenario).is_none());
        let on = joined(on.map(|peer| peer.label.clone()).collect());
        vec![scenario.name.to_owned(), units, targets, on, scenario.summary.to_owned()]
    };
    let lacks: String = lacks(peers, scenarios).iter().map(|lack| format!("{lack}\n")).collect();
    align(&scenarios.iter().map(line).collect::<Vec<_>>()) + "\n" + &lacks
}

/// A value to three or four digits.
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// A ratio to two digits at least.
pub(crate) fn ratio(value: f64) -> String {
    match value {
        value if value > 0.0 && value < 0.01 => {
            let digits = (1.0 - value.log10().floor()).min(12.0) as usize;
            format!("{value:.digits$}")
        }
        value if value < 0.1 => format!("{value:.3}"),
        value => format!("{value:.2}"),
    }
}

/// Pads columns to their widest cell: names and units to the left, figures to the right, the last one not at all.
pub(crate) fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            row += &match column {
                0 | 1 => format!("{cell:<width$}  "),
                last if last + 1 == columns => cell.clone(),
                _ => format!("{cell:>width$}  "),
            };
        }
        text += row.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
