//! The table on stdout: a line a scenario, figures to the right, what went wrong at the end of the line.

use crate::plan::Plan;
use crate::results::{Results, Row};

/// What stands where there is no figure.
const NONE: &str = "-";

/// Title, table, and notes on what is not in it.
pub(crate) fn render(plan: &Plan, results: &Results) -> String {
    let [left, right] = [&plan.sides[0].label, &plan.sides[1].label];
    let mut lines = vec![["scenario", "unit", left, right].map(str::to_owned).to_vec()];
    lines[0].extend([format!("{left}/{right}"), "min..max".to_owned(), String::new()]);
    let rows = results.rows.iter().filter(|row| row.has_news());
    lines.extend(rows.map(|row| cells(row, plan)));

    let mut text = plan.title() + "\n\n" + &align(&lines);
    for (name, reason) in &plan.skipped {
        text += &format!("skipped: {name} {reason}\n");
    }
    let not_run = plan.scenarios.len() - (lines.len() - 1);
    if not_run > 0 {
        text += &format!("interrupted: {not_run} of the selected scenarios have no figures\n");
    }
    text
}

fn cells(row: &Row, plan: &Plan) -> Vec<String> {
    let summary = row.summary();
    let ratio = summary.ratio;
    let mut cells = vec![row.scenario.to_owned(), row.unit.label().to_owned()];
    cells.push(summary.left.map_or(NONE.to_owned(), figure));
    cells.push(summary.right.map_or(NONE.to_owned(), figure));
    cells.push(ratio.map_or(NONE.to_owned(), |ratio| self::ratio(ratio.median)));
    cells
        .push(ratio.map_or(NONE.to_owned(), |ratio| format!("{}..{}", self::ratio(ratio.min), self::ratio(ratio.max))));
    cells.push(remark(row, plan));
    cells
}

/// What there is to say beside the figures.
fn remark(row: &Row, plan: &Plan) -> String {
    let failed: Vec<_> =
        row.failed.iter().map(|run| format!("{} in round {}: {}", run.side, run.round, run.reason)).collect();
    if !failed.is_empty() {
        return format!("FAILED {}", failed.join("; "));
    }
    if row.interrupted {
        let complete = row.pairs.iter().filter(|pair| pair.is_complete());
        return format!("interrupted, {} of {} rounds", complete.count(), plan.rounds);
    }
    let summary = row.summary();
    if summary.left.is_some() && summary.right.is_some() && summary.ratio.is_none() {
        return format!(
            "no ratio: {} is within the noise ({} {})",
            plan.sides[1].label,
            row.unit.floor(),
            row.unit.label()
        );
    }
    String::new()
}

/// A figure to three or four digits.
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

fn ratio(value: f64) -> String {
    if value < 0.1 { format!("{value:.3}") } else { format!("{value:.2}") }
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
