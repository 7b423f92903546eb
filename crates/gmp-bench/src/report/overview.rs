//! The overview: a bar for each ratio, the losses first. A figure with several ratios has its bars below each other.

use super::html::{escape, name, tag};
use super::scale::Scale;
use super::strip::{Strip, axis};
use super::{class, section};
use crate::document::{Comparison, Document};
use crate::plan::beside;
use crate::scenario::Better;
use crate::stats::Verdict;
use crate::stats::interval::Interval;
use crate::table::ratio;

/// One ratio, of costs: that of a yield is turned over.
#[derive(Clone, Debug)]
struct Bar {
    /// The place of the side that the first one is beside.
    other: usize,
    median: f64,
    interval: Interval,
    verdict: Verdict,
}

impl Bar {
    fn new(other: usize, comparison: Comparison, better: Better) -> Self {
        let Comparison { verdict, ratio } = comparison;
        let Interval { low, high } = ratio.interval;
        let (median, interval) = match better {
            Better::Less => (ratio.median, ratio.interval),
            Better::More => (1.0 / ratio.median, Interval { low: 1.0 / high, high: 1.0 / low }),
        };
        Self { other, median, interval, verdict }
    }

    /// The losses first, then what is open, then the rest; the worst first in each.
    fn rank(&self) -> (u8, f64) {
        let group = match self.verdict {
            Verdict::Right => 0,
            Verdict::NoDifference | Verdict::TooFew => 1,
            Verdict::Left => 2,
        };
        (group, -self.median)
    }

    /// The picture, and what it shows in figures and words.
    fn render(&self, scale: Scale, document: &Document, figure: &str) -> String {
        let mut strip = Strip::new(scale);
        strip.bar(&format!("bar {}", class(Some(self.verdict))), 1.0, self.median, 12);
        strip.rule("one", 1.0);
        strip.interval("interval", self.interval.low, self.interval.high);
        let [left, right] = [0, self.other].map(|side| document.sides[side].label.as_str());
        let verdict = self.verdict.words(left, right);
        let [median, low, high] = [self.median, self.interval.low, self.interval.high].map(ratio);
        let beside = if document.sides.len() > 2 { format!(" beside {right}") } else { String::new() };
        let words = format!("{figure}{beside}: {median}, from {low} to {high}, {verdict}");
        format!(
            "{}<span class=\"value\"><b>{median}</b> <span class=\"range\">{low}–{high}</span> <span class=\"verdict \
             {}\">{}</span></span>",
            strip.svg(&words),
            class(Some(self.verdict)),
            escape(&verdict),
        )
    }
}

/// The ratios of one figure, of which there is one at least.
#[derive(Clone, Debug)]
struct Line {
    name: String,
    scenario: String,
    bars: Vec<Bar>,
}

impl Line {
    /// That of its worst ratio.
    fn rank(&self) -> (u8, f64) {
        let ranks = self.bars.iter().map(Bar::rank);
        ranks.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).unwrap_or((u8::MAX, 0.0))
    }

    fn render(&self, scale: Scale, document: &Document) -> String {
        let link = format!("<a class=\"name\" href=\"#{}\">{}</a>", escape(&self.scenario), name(&self.name));
        if let ([bar], 2) = (&self.bars[..], document.sides.len()) {
            return format!("<li class=\"row\">{link}{}</li>\n", bar.render(scale, document, &self.name));
        }
        let lane = |bar: &Bar| {
            let (peer, picture) = (escape(&document.sides[bar.other].label), bar.render(scale, document, &self.name));
            format!("<div class=\"lane\"><span class=\"peer\">{peer}</span>{picture}</div>\n")
        };
        let lanes: String = self.bars.iter().map(lane).collect();
        format!("<li class=\"group\">{link}\n<div>{lanes}</div></li>\n")
    }
}

/// The charts: one of what was timed, and one of what was counted, if anything was.
pub(super) fn render(document: &Document) -> String {
    let [timed, counted] = [false, true].map(|counted| lines(document, counted));
    let left = escape(&document.sides[0].label);
    let other = match &document.sides[1..] {
        [other] => escape(&other.label),
        _ => "the other".to_owned(),
    };
    let title = beside(&document.sides);
    let mut charts = String::new();
    if !timed.is_empty() || counted.is_empty() {
        let caption = format!(
            "What {left} costs where {other} costs 1, on a logarithmic scale: left of 1 {left} is ahead. The thin lines are \
             intervals of 95 %."
        );
        charts += &chart(document, "overview", &title, &caption, timed);
    }
    if !counted.is_empty() {
        let caption = format!(
            "The instructions of one operation on one worker, counted by callgrind, of {left} where {other} has 1: left of 1 \
             {left} is ahead. They repeat, and say nothing of waiting, caches or the kernel."
        );
        charts += &chart(document, "instructions", &format!("Instructions: {title}"), &caption, counted);
    }
    charts
}

fn chart(document: &Document, id: &str, title: &str, caption: &str, mut lines: Vec<Line>) -> String {
    if lines.is_empty() {
        return section(id, title, "<p>There is no ratio.</p>\n");
    }
    lines.sort_by(|a, b| a.rank().0.cmp(&b.rank().0).then(a.rank().1.total_cmp(&b.rank().1)));
    let bars = lines.iter().flat_map(|line| &line.bars);
    let scale = Scale::of_ratios(bars.flat_map(|bar| [bar.median, bar.interval.low, bar.interval.high]));
    let rows: String = lines.iter().map(|line| line.render(scale, document)).collect();
    let axis = axis(scale);
    let axis = if document.sides.len() == 2 {
        format!(
            "<div class=\"row head\"><span class=\"name\"></span><div>{axis}</div><span class=\"value\"></span></div>\n"
        )
    } else {
        let lane = format!("<span class=\"peer\"></span><div>{axis}</div><span class=\"value\"></span>");
        format!(
            "<div class=\"group head\"><span class=\"name\"></span><div><div class=\"lane\">{lane}</div></div></div>\n"
        )
    };
    let caption = format!("<p>{caption} Losses come first.</p>\n");
    section(id, title, &(summary(document, &lines) + &caption + &axis + &tag("ol class=\"chart\"", &rows)))
}

/// The figures that have ratios, of counts or of everything else.
fn lines(document: &Document, counted: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for scenario in &document.scenarios {
        for figure in scenario.figures.iter().filter(|figure| figure.within.is_some() == counted) {
            // A ratio of nothing has no place on a logarithmic scale.
            let drawn = |comparison: &Comparison| comparison.ratio.median > 0.0;
            let comparisons = figure.comparisons.iter().enumerate();
            let bars = comparisons
                .filter_map(|(place, comparison)| Some(Bar::new(place + 1, comparison.filter(drawn)?, figure.better)));
            let bars: Vec<_> = bars.collect();
            if !bars.is_empty() {
                lines.push(Line { name: scenario.row_name(figure), scenario: scenario.scenario.clone(), bars });
            }
        }
    }
    lines
}

/// How many of each verdict, for each of the other sides.
fn summary(document: &Document, lines: &[Line]) -> String {
    let of = |other: usize| {
        let [left, right] = [0, other].map(|side| document.sides[side].label.as_str());
        let bars: Vec<_> = lines.iter().flat_map(|line| &line.bars).filter(|bar| bar.other == other).collect();
        let count = |verdict| bars.iter().filter(|bar| bar.verdict == verdict).count();
        let verdicts = [Verdict::Right, Verdict::NoDifference, Verdict::TooFew, Verdict::Left];
        let counted = verdicts.into_iter().map(|verdict| (count(verdict), verdict));
        let counts: Vec<_> = counted
            .filter(|(count, verdict)| *count > 0 || *verdict == Verdict::Right)
            .map(|(count, verdict)| format!("{}: {count}", verdict.words(left, right)))
            .collect();
        let to = if document.sides.len() > 2 { format!(" to {right}") } else { String::new() };
        let ratios = if bars.len() == 1 { "ratio" } else { "ratios" };
        tag("p class=\"summary\"", &escape(&format!("Of {} {ratios}{to} — {}.", bars.len(), counts.join(", "))))
    };
    (1..document.sides.len()).map(of).collect()
}
