//! The table on stdout: a line a figure, values to the right, what went wrong at the end of the line.

use crate::plan::Plan;
use crate::results::{Outcome, Results, Series};
use crate::scenario::{Better, Figure, Scenario};

/// What stands where there is no figure.
const NONE: &str = "-";

/// Title, table, and notes on what is not in it.
pub(crate) fn render(plan: &Plan, results: &Results) -> String {
    let [left, right] = [&plan.sides[0].label, &plan.sides[1].label];
    let mut lines = vec![["scenario", "unit", left, right].map(str::to_owned).to_vec()];
    lines[0].extend([format!("{left}/{right}"), "95%".to_owned(), "better".to_owned(), "verdict".to_owned()]);
    lines[0].extend([if plan.has_targets() { "target" } else { "" }.to_owned(), String::new()]);
    let shown: Vec<_> = results.outcomes.iter().filter(|outcome| outcome.has_news()).collect();
    for outcome in &shown {
        lines.extend(outcome.series.iter().map(|series| cells(outcome, series, plan)));
    }

    let mut text = plan.title() + "\n\n" + &align(&lines);
    for skipped in &plan.skipped {
        text += &format!("skipped: {} {}\n", skipped.scenario, skipped.reason);
    }
    let not_run = plan.scenarios.len() - shown.len();
    if not_run > 0 {
        text += &format!("interrupted: {not_run} of the selected scenarios have no figures\n");
    }
    text
}

fn cells(outcome: &Outcome, series: &Series, plan: &Plan) -> Vec<String> {
    let summary = series.summary();
    let ratio = summary.ratio;
    let figure = series.figure;
    let mut cells = vec![outcome.scenario.row_name(figure), figure.unit.label().to_owned()];
    cells.push(summary.left.map_or(NONE.to_owned(), self::figure));
    cells.push(summary.right.map_or(NONE.to_owned(), self::figure));
    cells.push(ratio.map_or(NONE.to_owned(), |ratio| self::ratio(ratio.median)));
    let interval = ratio.map(|ratio| ratio.interval);
    cells.push(interval.map_or(NONE.to_owned(), |it| format!("{}..{}", self::ratio(it.low), self::ratio(it.high))));
    cells.push(better(figure).to_owned());
    let [left, right] = &plan.sides;
    let verdict = ratio.map(|ratio| ratio.verdict(figure.unit.better()));
    cells.push(verdict.map_or(NONE.to_owned(), |verdict| verdict.words(&left.label, &right.label)));
    let target = figure.bound().filter(|_| plan.has_targets());
    cells.push(target.map_or(String::new(), |target| match outcome.meets(target, series, plan) {
        Some(true) => format!("{target} met"),
        Some(false) => format!("{target} missed"),
        None => target.to_string(),
    }));
    cells.push(remark(outcome, series, plan));
    cells
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
    let failed: Vec<_> =
        outcome.failed.iter().map(|run| format!("{} in round {}: {}", run.side, run.round, run.reason)).collect();
    if !failed.is_empty() {
        return format!("FAILED {}", failed.join("; "));
    }
    if outcome.interrupted {
        let alone = !outcome.scenario.has_counterpart;
        let complete = series.pairs.iter().filter(|pair| pair.is_complete() || (alone && pair.left.is_some()));
        return format!("interrupted, {} of {} rounds", complete.count(), plan.rounds);
    }
    let summary = series.summary();
    if summary.left.is_some() && summary.right.is_some() && summary.ratio.is_none() {
        let unit = series.figure.unit;
        let noise = format!("{} {}", unit.floor(), unit.label());
        return format!("no ratio: {} is within the noise ({noise})", plan.sides[1].label);
    }
    String::new()
}

/// The scenarios with their units and targets.
pub(crate) fn list(scenarios: &[Scenario]) -> String {
    let target = |figure: &Figure| figure.bound().map_or(NONE.to_owned(), |target| target.to_string());
    let joined = |cells: Vec<String>| cells.join(",");
    let line = |scenario: &Scenario| {
        let figures = scenario.figures;
        let units = joined(figures.iter().map(|figure| figure.unit.label().to_owned()).collect());
        let targets = joined(figures.iter().map(target).collect());
        vec![scenario.name.to_owned(), units, targets, scenario.summary.to_owned()]
    };
    align(&scenarios.iter().map(line).collect::<Vec<_>>())
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
