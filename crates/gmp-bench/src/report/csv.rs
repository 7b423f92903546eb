//! The table as CSV: a line for each figure and each side that the first one is beside.

use crate::document::Document;
use crate::results::State;
use crate::scenario::Better;

/// The columns that the page shows. Whom the figures are beside is only asked where there are several.
pub(super) fn shown(document: &Document) -> &'static [usize] {
    if document.sides.len() > 2 { &[0, 5, 2, 3, 6, 7, 8, 9, 10, 14, 15] } else { &[0, 2, 3, 6, 7, 8, 9, 10, 14, 15] }
}

/// Those of them with values of sides.
pub(super) const MEDIANS: std::ops::Range<usize> = 6..8;

/// Those with ratios.
pub(super) const RATIOS: std::ops::Range<usize> = 8..13;

const HEADER: [&str; 18] = [
    "scenario",
    "figure",
    "unit",
    "better",
    "left",
    "right",
    "left_median",
    "right_median",
    "ratio",
    "low95",
    "high95",
    "min",
    "max",
    "pairs",
    "verdict",
    "target",
    "met",
    "state",
];

/// The text of the file, as RFC 4180 has it.
pub(crate) fn csv(document: &Document) -> String {
    let quoted = |cell: &String| {
        let needs_quotes = cell.contains([',', '"', '\n', '\r']);
        if needs_quotes { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let line = |cells: Vec<String>| cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n";
    // In the file a figure has a column of its own.
    let names = document.scenarios.iter().flat_map(|scenario| {
        let lines = scenario.figures.iter().flat_map(|figure| vec![figure; document.sides.len().max(2) - 1]);
        lines.map(|_| scenario.scenario.clone())
    });
    let names = std::iter::once(HEADER[0].to_owned()).chain(names);
    let named = lines(document).into_iter().zip(names).map(|(mut cells, name)| {
        cells[0] = name;
        cells
    });
    named.map(line).collect()
}

/// The header and the lines, with the figure's name beside its scenario's.
pub(super) fn lines(document: &Document) -> Vec<Vec<String>> {
    let mut lines = vec![HEADER.map(str::to_owned).to_vec()];
    let left = &document.sides[0].label;
    for scenario in &document.scenarios {
        for figure in &scenario.figures {
            // A first side that is alone has lines, too.
            for place in 1..document.sides.len().max(2) {
                let comparison = figure.comparisons.get(place - 1).copied().flatten();
                let right = document.sides.get(place).map_or("", |side| side.label.as_str());
                let number = |value: Option<f64>| value.map_or(String::new(), exact);
                let ratio = comparison.map(|it| it.ratio);
                // A count has a tolerance, which is none.
                let interval = ratio.filter(|it| it.within.is_none()).map(|it| it.interval);
                let verdict = comparison.map(|it| it.verdict.words(left, right));
                let target = figure.target.as_ref().filter(|_| document.target_side() == Some(place));
                let met = target.and_then(|it| it.met).map(|met| if met { "met" } else { "missed" });
                let state = match scenario.state {
                    State::Done => "done",
                    State::Failed => "failed",
                    State::Interrupted | State::Running => "interrupted",
                };
                lines.push(vec![
                    scenario.row_name(figure),
                    figure.figure.clone(),
                    figure.unit.clone(),
                    if figure.better == Better::Less { "less" } else { "more" }.to_owned(),
                    left.clone(),
                    right.to_owned(),
                    number(figure.median(0)),
                    number(document.sides.get(place).and_then(|_| figure.median(place))),
                    number(ratio.map(|it| it.median)),
                    number(interval.map(|it| it.low)),
                    number(interval.map(|it| it.high)),
                    number(ratio.map(|it| it.min)),
                    number(ratio.map(|it| it.max)),
                    ratio.map_or(0, |it| it.pairs).to_string(),
                    verdict.unwrap_or_default(),
                    target.map_or(String::new(), |it| it.target.clone()),
                    met.unwrap_or_default().to_owned(),
                    state.to_owned(),
                ]);
            }
        }
    }
    lines
}

/// A number to five digits, which is more than any of them has.
fn exact(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (4 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{value:.digits$}")
}
