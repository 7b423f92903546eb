//! Tests of the page's structure and of the CSV. What a browser makes of the page is tested with the built program.

use super::scale::{Scale, label};
use super::{csv, page};
use crate::document::Document;
use crate::document::testing::{beside_two, document, outcome, plan};
use crate::plan::Absent;
use crate::results::{FailedRun, State};

/// A win, a loss, a draw, and a failure.
fn sample() -> Document {
    let mut failed = outcome("fib", &[]);
    let reason = "exit <status>: 101".to_owned();
    failed.failed.push(FailedRun { side: "gmp".to_owned(), round: 1, reason, stderr: vec!["a & b".to_owned()] });
    let draw = [(1.0, 1.1), (1.1, 1.0), (1.2, 1.0), (1.0, 1.2), (0.9, 1.0), (1.0, 0.9)];
    let outcomes = vec![
        outcome("burst", &[(50.0, 500.0), (51.0, 520.0), (49.0, 480.0), (50.0, 510.0), (52.0, 500.0), (50.0, 505.0)]),
        outcome("yields", &draw),
        outcome("accept_close", &[(90.0, 100.0); 6]),
        failed,
    ];
    let names = ["burst", "yields", "accept_close", "fib"];
    document(&plan(&names), outcomes, State::Done)
}

/// The tags of `html` in order, with their attributes; `/name` for the end of one.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

#[test]
fn elements_are_closed_in_order() {
    let html = page(&sample());
    let mut open = Vec::new();
    for tag in tags(&html) {
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "</{closed}>");
        } else if !tag.ends_with('/') && !["!DOCTYPE", "meta", "wbr", "br"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
}

#[test]
fn it_needs_nothing_but_itself() {
    let html = page(&sample());
    for outside in ["<script", "<link", "<img", "src=", "@import", "url(", "http://", "https://"] {
        assert!(!html.contains(outside), "{outside}");
    }
    for needed in ["<meta charset=\"utf-8\">", "name=\"viewport\"", "prefers-color-scheme: dark", "@media print"] {
        assert!(html.contains(needed), "{needed}");
    }
}

#[test]
fn links_lead_somewhere() {
    let html = page(&sample());
    for tag in tags(&html) {
        if let Some(target) = tag.split("href=\"#").nth(1).and_then(|rest| rest.split('"').next()) {
            assert_eq!(html.matches(&format!("id=\"{target}\"")).count(), 1, "#{target}");
        }
    }
}

#[test]
fn losses_come_first_and_yields_are_turned_over() {
    let html = page(&sample());
    let chart = html.split("<ol class=\"chart\">").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("a chart");
    let at = |name: &str| chart.find(&format!("href=\"#{name}\"")).unwrap_or_else(|| panic!("no {name}"));
    assert!(at("accept_close") < at("yields") && at("yields") < at("burst"), "{chart}");
    assert!(chart.contains("accept_close: 1.11, from 1.11 to 1.11, tokio ahead"), "{chart}");
    assert!(html.contains("tokio ahead: 1, no difference seen: 1, gmp ahead: 1"), "{html}");
    // In its section it is what it is.
    assert!(html.contains("gmp/tokio 0.90, 95 % 0.90–0.90"), "{html}");
}

#[test]
fn every_scenario_says_what_it_is_and_how_it_went() {
    let html = page(&sample());
    for scenario in ["burst", "yields", "accept_close", "fib"] {
        assert!(html.contains(&format!("<section class=\"scenario\" id=\"{scenario}\">")), "{scenario}");
    }
    assert!(html.contains("Does not measure joining"), "the comment of burst");
    assert!(html.contains("Failed on gmp in round 1: exit &lt;status&gt;: 101"));
    assert!(html.contains("a &amp; b"));
    assert!(html.contains("<li>Failed: fib.</li>"));
    // A dot for each value: six rounds, two sides, three scenarios.
    assert_eq!(html.matches("<circle").count(), 36);
    for fact in ["A &lt;fast&gt; CPU", "Linux 6.18.1", "0123456789abcdef", "8.0 GiB", "gmp-bench run --rounds 6"] {
        assert!(html.contains(fact), "{fact}");
    }
}

#[test]
fn places_are_within_the_picture() {
    let html = page(&sample());
    let places = html.split("x1=\"").chain(html.split("cx=\"")).skip(1);
    let places = places.filter_map(|rest| rest.split_once("%\"").and_then(|(place, _)| place.parse::<f64>().ok()));
    let mut count = 0;
    for place in places {
        assert!((0.0..=100.0).contains(&place), "{place}");
        count += 1;
    }
    assert!(count > 50, "{count} places");
}

#[test]
fn several_others_have_their_bars_and_columns() {
    let mut of_three = beside_two("burst", &[[Some(1.0), Some(2.0), Some(0.5)]; 6]);
    of_three.scenarios[0].lacking.push(Absent { side: "go".to_owned(), reason: "it has <none>".to_owned() });
    of_three.absent.push(Absent { side: "go".to_owned(), reason: "there is none".to_owned() });
    let html = page(&of_three);
    assert_eq!(html.matches("class=\"lane\"").count(), 3, "the axis and two bars: {html}");
    for part in [
        "burst beside tokio: 0.50, from 0.50 to 0.50, gmp ahead",
        "burst beside smol: 2.00, from 2.00 to 2.00, smol ahead",
        "Of 1 ratio to tokio — tokio ahead: 0, gmp ahead: 1.",
        "Of 1 ratio to smol — smol ahead: 1.",
        "<dt>smol</dt>",
        "Not on go: it has &lt;none&gt;.",
        "<li>Without go: there is none.</li>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let csv = csv(&of_three);
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[1].starts_with("burst,,ns/op,less,gmp,tokio,1.0000,2.0000,"), "{csv}");
    assert!(lines[2].starts_with("burst,,ns/op,less,gmp,smol,1.0000,0.50000,"), "{csv}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_one_with_the_worst_ratio_comes_first_whoever_it_is_beside() {
    let mut both = beside_two("burst", &[[Some(1.0), Some(2.0), Some(2.0)]; 6]);
    both.scenarios.extend(beside_two("fib", &[[Some(1.0), Some(9.0), Some(0.9)]; 6]).scenarios);
    let html = page(&both);
    let chart = html.split("<ol class=\"chart\">").nth(1).expect("a chart");
    let at = |name: &str| chart.find(&format!("href=\"#{name}\"")).unwrap_or_else(|| panic!("no {name}"));
    assert!(at("fib") < at("burst"), "{chart}");
}

#[test]
fn a_side_that_is_alone_has_a_page_and_lines() {
    let mut plan = plan(&["burst"]);
    plan.sides.truncate(1);
    let mut burst = outcome("burst", &[]);
    burst.push(&[Some(vec![2.0])]);
    let alone = document(&plan, vec![burst], State::Done);
    assert!(page(&alone).contains("<h1>gmp alone</h1>"));
    let csv = csv(&alone);
    assert!(csv.lines().nth(1).is_some_and(|line| line.starts_with("burst,,ns/op,less,gmp,,2.0000,,")), "{csv}");
}

#[test]
fn a_target_stands_beside_the_side_that_it_speaks_of() {
    let of_three = beside_two("timeouts", &[[Some(1.0), Some(2.0), Some(0.5)]; 6]);
    assert!(page(&of_three).contains("Target beside tokio ≤0.60: met."));
    let csv = csv(&of_three);
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[1].contains(",≤0.60,met,") && !lines[2].contains("≤0.60"), "{csv}");
}

#[test]
fn an_empty_run_has_a_page_too() {
    let empty = document(&plan(&["burst"]), Vec::new(), State::Interrupted);
    let html = page(&empty);
    assert!(html.contains("The run was interrupted") && html.contains("Not run: burst."), "{html}");
    assert!(html.contains("There is no ratio."));
    assert_eq!(csv(&empty).lines().count(), 1);
}

#[test]
fn the_csv_has_a_line_for_each_figure() {
    let text = csv(&sample());
    let lines: Vec<_> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("scenario,figure,unit,better,left,right,left_median"), "{text}");
    assert!(lines[1].starts_with("burst,,ns/op,less,gmp,tokio,50.000,502.50,0.0995"), "{text}");
    assert!(lines[1].ends_with(",6,gmp ahead,,,done"), "{text}");
    assert!(lines[4].starts_with("fib,,ns/op,less,gmp,tokio,,,,,,,,0,"), "{text}");
    assert!(lines[4].ends_with(",failed"), "{text}");
    for line in &lines[..5] {
        assert_eq!(line.split(',').count(), 18, "{line}");
    }
}

#[test]
fn scales_have_round_ticks() {
    assert_eq!(Scale::of_values(&[0.0, 10.0]).ticks(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
    assert_eq!(Scale::of_values(&[7.0, 7.0]).at(7.0), 50.0);
    let ratios = Scale::of_ratios([0.05, 3.0].into_iter());
    assert_eq!(ratios.ticks(), [0.05, 0.1, 0.2, 0.5, 1.0, 2.0]);
    assert!(ratios.at(0.05) < ratios.at(1.0) && ratios.at(1.0) < ratios.at(3.0));
    // Outside is at the end, not beyond it.
    assert_eq!(ratios.at(1e9), ratios.at(3.0));
    assert!(Scale::of_ratios([1e-9, 1e9].into_iter()).ticks().len() <= 6);
    assert_eq!([0.05, 1.0, 1_500.0, 20_000.0, 3e6, 0.0].map(label), ["0.05", "1", "1500", "20k", "3M", "0"]);
}

#[test]
fn what_has_no_ratio_says_why() {
    let said =
        |name: &str, rounds: &[(f64, f64)]| page(&document(&plan(&[name]), vec![outcome(name, rounds)], State::Done));
    assert!(said("idle_cpu", &[(1.0, 2.0); 2]).contains("No ratio: tokio is within the noise (10 µs/s)"));
    assert!(said("burst", &[(1.0, 0.0); 2]).contains("No ratio: that of tokio is 0"));
    let mut alone = outcome("busy_sysmon", &[]);
    alone.push(&[Some(vec![1.0, 2.0]), None]);
    let alone = page(&document(&plan(&["busy_sysmon"]), vec![alone], State::Done));
    assert!(!alone.contains("No ratio:") && alone.contains("median 2.00"), "{alone}");
}
