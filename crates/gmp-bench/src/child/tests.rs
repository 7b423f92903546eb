//! Tests of what the runner makes of a child's lines.

use super::{Line, Reading, Ready, values_of};
use crate::catalogue::{self, Runtime};
use crate::scenario::{Measurement, Scenario};

fn scenario(name: &str) -> &'static Scenario {
    catalogue::find(Runtime::Gmp, name).expect("there is such a scenario")
}

/// A line of `burst` on gmp.
fn line(value: f64) -> Line {
    let burst = scenario("burst");
    let measured = Measurement { amount: value, per: 1.0 };
    let figures = burst.figures.iter().map(|figure| Reading::new(*figure, measured)).collect();
    Line { runtime: Runtime::Gmp, scenario: "burst".to_owned(), workers: 2, figures }
}

fn json(line: &Line) -> String {
    serde_json::to_string(line).expect("it is JSON")
}

#[test]
fn values_come_back() {
    assert_eq!(values_of(&json(&line(5.0)), Runtime::Gmp, scenario("burst")).expect("the line is fine"), [5.0]);
}

#[test]
fn another_runtimes_or_scenarios_line_is_refused() {
    let text = json(&line(5.0));
    assert!(values_of(&text, Runtime::Tokio, scenario("burst")).is_err());
    assert!(values_of(&text, Runtime::Gmp, scenario("skynet")).is_err());
}

#[test]
fn other_figures_are_refused() {
    let mut more = line(5.0);
    more.figures.push(more.figures[0].clone());
    assert!(values_of(&json(&more), Runtime::Gmp, scenario("burst")).is_err());
    let mut renamed = line(5.0);
    renamed.figures[0].name = "p99".to_owned();
    assert!(values_of(&json(&renamed), Runtime::Gmp, scenario("burst")).is_err());
}

#[test]
fn what_is_no_figure_is_refused() {
    let failure = values_of(&json(&line(-1.0)), Runtime::Gmp, scenario("burst")).expect_err("negative");
    assert!(failure.to_string().contains("-1 is no figure"), "{failure}");
    // JSON has no infinity, serde writes null for it.
    assert!(values_of(&json(&line(f64::INFINITY)), Runtime::Gmp, scenario("burst")).is_err());
    assert!(values_of("noise", Runtime::Gmp, scenario("burst")).is_err());
}

#[test]
fn an_address_is_read_and_noise_is_told() {
    let ready = Ready::parse(r#"{"listening":"127.0.0.1:8080"}"#).expect("an address");
    assert_eq!(ready.listening.port(), 8080);
    let failure = Ready::parse("hello").expect_err("noise");
    assert!(failure.to_string().contains("'hello'"), "{failure}");
}
