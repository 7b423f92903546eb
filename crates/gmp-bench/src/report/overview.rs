//! The overview: a bar for each ratio, the losses first.

use super::html::{escape, name, tag};
use super::scale::Scale;
use super::strip::{Strip, axis};
use super::{class, section};
use crate::document::{Comparison, Document};
use crate::scenario::Better;
use crate::stats::Verdict;
use crate::stats::interval::Interval;
use crate::table::ratio;

/// One ratio, of costs: that of a yield is turned over.
#[derive(Clone, Debug)]
struct Bar {
    name: String,
    scenario: String,
    median: f64,
    interval: Interval,
    verdict: Verdict,
}

impl Bar {
    fn new(name: String, scenario: &str, comparison: Comparison, better: Better) -> Self {
        let Comparison { verdict, ratio } = comparison;
        let Interval { low, high } = ratio.interval;
        let (median, interval) = match better {
            Better::Less => (ratio.median, ratio.interval),
            Better::More => (1.0 / ratio.median, Interval { low: 1.0 / high, high: 1.0 / low }),
        };
        Self { name, scenario: scenario.to_owned(), median, interval, verdict }
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

    fn render(&self, scale: Scale, sides: [&str; 2]) -> String {
        let mut strip = Strip::new(scale);
        strip.bar(&format!("bar {}", class(Some(self.verdict))), 1.0, self.median, 12);
        strip.rule("one", 1.0);
        strip.interval("interval", self.interval.low, self.interval.high);
        let verdict = self.verdict.words(sides[0], sides[1]);
        let [median, low, high] = [self.median, self.interval.low, self.interval.high].map(ratio);
        let words = format!("{}: {median}, from {low} to {high}, {verdict}", self.name);
        format!(
            "<li class=\"row\"><a class=\"name\" href=\"#{}\">{}</a>{}<span class=\"value\"><b>{median}</b> \
             <span class=\"range\">{low}–{high}</span> <span class=\"verdict {}\">{}</span></span></li>\n",
            escape(&self.scenario),
            name(&self.name),
            strip.svg(&words),
            class(Some(self.verdict)),
            escape(&verdict),
        )
    }
}

/// The chart of the first side beside `other`.
pub(super) fn render(document: &Document, other: usize) -> String {
    let sides = [document.sides[0].label.as_str(), document.sides[other].label.as_str()];
    let mut bars = Vec::new();
    for scenario in &document.scenarios {
        for figure in &scenario.figures {
            // A ratio of nothing has no place on a logarithmic scale.
            if let Some(comparison) = figure.comparisons[other - 1].filter(|it| it.ratio.median > 0.0) {
                bars.push(Bar::new(scenario.row_name(figure), &scenario.scenario, comparison, figure.better));
            }
        }
    }
    bars.sort_by(|a, b| a.rank().0.cmp(&b.rank().0).then(a.rank().1.total_cmp(&b.rank().1)));
    let title = format!("{} beside {}", sides[0], sides[1]);
    let id = format!("overview-{other}");
    if bars.is_empty() {
        return section(&id, &title, "<p>There is no ratio.</p>\n");
    }
    let scale = Scale::of_ratios(bars.iter().flat_map(|bar| [bar.median, bar.interval.low, bar.interval.high]));
    let rows: String = bars.iter().map(|bar| bar.render(scale, sides)).collect();
    let direction = format!(
        "<div class=\"row head\"><span class=\"name\"></span><div>{}</div><span class=\"value\"></span></div>\n",
        axis(scale)
    );
    let caption = format!(
        "<p>What {} costs where {} costs 1, on a logarithmic scale: left of 1 {} is ahead. The thin lines are intervals of \
         95 %. Losses come first.</p>\n",
        escape(sides[0]),
        escape(sides[1]),
        escape(sides[0])
    );
    section(&id, &title, &(summary(&bars, sides) + &caption + &direction + &tag("ol class=\"chart\"", &rows)))
}

/// How many of each, and the losses by name.
fn summary(bars: &[Bar], sides: [&str; 2]) -> String {
    let count = |verdict| bars.iter().filter(|bar| bar.verdict == verdict).count();
    let verdicts = [Verdict::Right, Verdict::NoDifference, Verdict::TooFew, Verdict::Left];
    let counted = verdicts.into_iter().map(|verdict| (count(verdict), verdict));
    let counts: Vec<_> = counted
        .filter(|(count, verdict)| *count > 0 || *verdict == Verdict::Right)
        .map(|(count, verdict)| format!("{}: {count}", verdict.words(sides[0], sides[1])))
        .collect();
    tag("p class=\"summary\"", &escape(&format!("Of {} ratios — {}.", bars.len(), counts.join(", "))))
}
