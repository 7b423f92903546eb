//! Strips: pictures as wide as there is room and a line of text high.

use std::fmt::Write;

use super::html::escape;
use super::scale::{Scale, label};

/// Heights in CSS pixels.
const HEIGHT: u32 = 22;
const MIDDLE: u32 = HEIGHT / 2;

/// A picture that grows.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    scale: Scale,
    marks: String,
}

impl Strip {
    /// An empty one, with a line at each tick.
    pub(super) fn new(scale: Scale) -> Self {
        let mut strip = Self { scale, marks: String::new() };
        for tick in scale.ticks() {
            strip.line("grid", tick, 0, HEIGHT);
        }
        strip
    }

    /// A line from top to bottom.
    pub(super) fn line(&mut self, class: &str, value: f64, top: u32, bottom: u32) {
        let x = self.scale.at(value);
        self.mark(format_args!(r#"<line class="{class}" x1="{x:.2}%" x2="{x:.2}%" y1="{top}" y2="{bottom}"/>"#));
    }

    /// A line through everything.
    pub(super) fn rule(&mut self, class: &str, value: f64) {
        self.line(class, value, 0, HEIGHT);
    }

    /// A bar between two values.
    pub(super) fn bar(&mut self, class: &str, from: f64, to: f64, height: u32) {
        let (from, to) = (self.scale.at(from), self.scale.at(to));
        let (x, width, y) = (from.min(to), (to - from).abs(), (HEIGHT - height) / 2);
        self.mark(format_args!(r#"<rect class="{class}" x="{x:.2}%" width="{width:.2}%" y="{y}" height="{height}"/>"#));
    }

    /// A horizontal line with ends.
    pub(super) fn interval(&mut self, class: &str, low: f64, high: f64) {
        let (from, to) = (self.scale.at(low), self.scale.at(high));
        self.mark(format_args!(r#"<line class="{class}" x1="{from:.2}%" x2="{to:.2}%" y1="{MIDDLE}" y2="{MIDDLE}"/>"#));
        for end in [low, high] {
            self.line(class, end, MIDDLE - 4, MIDDLE + 4);
        }
    }

    /// A point, a little above or below the middle so that equal ones can be told apart.
    pub(super) fn dot(&mut self, class: &str, value: f64, number: usize) {
        let x = self.scale.at(value);
        let y = MIDDLE as usize - 4 + 4 * (number % 3);
        self.mark(format_args!(r#"<circle class="{class}" cx="{x:.2}%" cy="{y}" r="3"/>"#));
    }

    /// The picture, with what it shows in words.
    pub(super) fn svg(self, words: &str) -> String {
        let (words, marks) = (escape(words), self.marks);
        format!(
            "<svg class=\"strip\" role=\"img\" aria-label=\"{words}\" width=\"100%\" height=\"{HEIGHT}\">\
             <title>{words}</title>{marks}</svg>\n"
        )
    }

    fn mark(&mut self, mark: std::fmt::Arguments<'_>) {
        self.marks.write_fmt(mark).expect("a string takes everything");
    }
}

/// The labels of the ticks.
pub(super) fn axis(scale: Scale) -> String {
    let text = |tick: f64| format!(r#"<text x="{:.2}%" y="14">{}</text>"#, scale.at(tick), label(tick));
    let labels: String = scale.ticks().into_iter().map(text).collect();
    format!("<svg class=\"axis\" aria-hidden=\"true\" width=\"100%\" height=\"18\">{labels}</svg>\n")
}
