//! The section of a scenario: what it measures, what each runtime's rounds came to, what that says.

use super::class;
use super::html::{self, escape, tag};
use super::scale::Scale;
use super::strip::{Strip, axis};
use crate::document::{Document, FigureRecord, ScenarioRecord};
use crate::results::State;
use crate::scenario::Better;
use crate::table::{figure, ratio};

pub(super) fn render(document: &Document, scenario: &ScenarioRecord) -> String {
    let mut content = tag("p class=\"of\"", &escape(&scenario.summary));
    for paragraph in &scenario.about {
        content += &tag("p", &code(&escape(paragraph)));
    }
    for failed in &scenario.failed {
        let what = format!("Failed on {}: {}", failed.place(), failed.reason);
        content += &tag("p class=\"failed\"", &escape(&what));
        if !failed.stderr.is_empty() {
            content += &tag("pre", &escape(&failed.stderr.join("\n")));
        }
    }
    for lacking in &scenario.lacking {
        content += &tag("p class=\"of\"", &escape(&format!("Not on {}: {}.", lacking.side, lacking.reason)));
    }
    if scenario.state == State::Interrupted {
        content += "<p class=\"failed\">Interrupted before all rounds were done.</p>\n";
    }
    // Of a run that only counts nothing was timed.
    let is_due = |figure: &&FigureRecord| document.options.rounds > 0 || !figure.rounds.is_empty();
    for figure in scenario.figures.iter().filter(is_due) {
        content += &self::figure_of(document, scenario, figure);
    }
    format!(
        "<section class=\"scenario\" id=\"{}\">\n<h2>{}</h2>\n{content}</section>\n",
        escape(&scenario.scenario),
        html::name(&scenario.scenario)
    )
}

fn figure_of(document: &Document, scenario: &ScenarioRecord, record: &FigureRecord) -> String {
    let better = if record.better == Better::Less { "less" } else { "more" };
    let name = scenario.row_name(record);
    let heading = format!("{} <small>{}, {better} is better</small>", html::name(&name), escape(&record.unit));
    let values: Vec<f64> = record.rounds.iter().flatten().flatten().copied().collect();
    if values.is_empty() {
        return tag("figure", &(tag("figcaption", &heading) + "<p>No figures.</p>\n"));
    }
    let scale = Scale::of_values(&values);
    let mut rows = String::new();
    for (side, place) in document.sides.iter().zip(0..) {
        let values = record.values(place);
        let Some(median) = record.median(place) else {
            continue;
        };
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        // The middle half.
        let quarter = sorted.len() / 4;
        let class = format!("side{}", place.min(3));
        let mut strip = Strip::new(scale);
        strip.bar(&format!("half {class}"), sorted[quarter], sorted[sorted.len() - 1 - quarter], 16);
        for (number, &value) in values.iter().enumerate() {
            strip.dot(&class, value, number);
        }
        strip.rule(&format!("median {class}"), median);
        let [median, low, high] = [median, low, high].map(figure);
        let range = if low == high { String::new() } else { format!("{low}–{high}") };
        let words = format!("{name} on {}: {} rounds from {low} to {high}, median {median}", side.label, values.len());
        rows += &format!(
            "<div class=\"row\"><span class=\"name\">{}</span>{}<span class=\"value\"><b>{median}</b> <span \
             class=\"range\">{range}</span></span></div>\n",
            escape(&side.label),
            strip.svg(&words)
        );
    }
    rows += &format!(
        "<div class=\"row\"><span class=\"name\"></span><div>{}</div><span class=\"value\"></span></div>\n",
        axis(scale)
    );
    tag("figure", &(tag("figcaption", &heading) + &rows + &said(document, record)))
}

/// What the rounds say: the ratios, their verdicts, the target.
fn said(document: &Document, record: &FigureRecord) -> String {
    let mut said = Vec::new();
    let left = &document.sides[0].label;
    for (place, side) in document.sides.iter().enumerate().skip(1) {
        let comparison = &record.comparisons[place - 1];
        let right = &side.label;
        if let Some(comparison) = comparison {
            let found = comparison.ratio;
            let [median, low, high] = [found.median, found.interval.low, found.interval.high].map(ratio);
            let sure = match found.within {
                Some(within) => format!("a count that repeats within {} %", within * 100.0),
                None => format!("95 % {low}–{high}, {} pairs", found.pairs),
            };
            said.push(format!(
                "{}/{} {median}, {sure}: <span class=\"verdict {}\">{}</span>.",
                escape(left),
                escape(right),
                class(Some(comparison.verdict)),
                escape(&comparison.verdict.words(left, right))
            ));
        } else if record.median(0).is_none() || record.median(place).is_none() {
            // What there is no value of has been explained above, or has no counterpart.
        } else if record.floor > 0.0 {
            let noise = format!("{} {}", record.floor, escape(&record.unit));
            said.push(format!("No ratio: {} is within the noise ({noise}).", escape(right)));
        } else {
            said.push(format!("No ratio: that of {} is 0.", escape(right)));
        }
    }
    if let Some(target) = &record.target {
        let met = match target.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not judged by this run",
        };
        let is_of_a_ratio = !target.target.starts_with(&document.sides[0].label);
        let several = document.target_side().filter(|_| document.sides.len() > 2 && is_of_a_ratio);
        let beside = several.map_or(String::new(), |side| format!(" beside {}", escape(&document.sides[side].label)));
        said.push(format!("Target{beside} {}: {met}.", escape(&target.target)));
    }
    // Beside several others each has a line.
    let between = if document.sides.len() > 2 { "<br>" } else { " " };
    if said.is_empty() { String::new() } else { tag("p", &said.join(between)) }
}

/// Makes what is between backquotes code.
fn code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}
