//! Tests of the table of changes.

use super::render;
use crate::document::Document;
use crate::document::testing::{beside_two, document, outcome, plan};
use crate::results::{FailedRun, State};

fn run(scenarios: &[(&str, &[(f64, f64)])]) -> Document {
    let names: Vec<_> = scenarios.iter().map(|(name, _)| *name).collect();
    let outcomes = scenarios.iter().map(|(name, rounds)| outcome(name, rounds)).collect();
    document(&plan(&names), outcomes, State::Done)
}

fn line(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in:\n{text}"));
    line.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_ratio_decides_where_there_is_one() {
    let before = run(&[("burst", &[(100.0, 200.0); 6])]);
    // The machine became twice as slow: the figure doubled, the ratio stayed.
    let slower = render(&before, &run(&[("burst", &[(200.0, 400.0); 6])])).expect("a figure in common");
    assert_eq!(line(&slower, "scenario")[..44], *"scenario unit gmp before gmp after change 95");
    assert!(line(&slower, "scenario").contains("gmp/tokio before after change"), "{slower}");
    assert_eq!(
        line(&slower, "burst"),
        "burst ns/op 100 200 2.00 2.00..2.00 0.50 0.50 1.00 1.00..1.00 <1 no difference seen"
    );
    let better = render(&before, &run(&[("burst", &[(50.0, 200.0); 6])])).expect("a figure in common");
    assert!(line(&better, "burst").ends_with("0.50 0.25 0.50 0.50..0.50 <1 better"), "{better}");
}

#[test]
fn each_side_that_both_have_has_its_say() {
    let rounds = |smol: f64| [Some(100.0), Some(200.0), Some(smol)];
    let before = beside_two("burst", &[rounds(400.0); 6]);
    let after = beside_two("burst", &[rounds(200.0); 6]);
    let text = render(&before, &after).expect("a figure in common");
    assert!(line(&text, "scenario").contains("gmp/tokio before after change 95% gmp/smol before after"), "{text}");
    assert!(
        line(&text, "burst")
            .ends_with("0.25 0.50 2.00 2.00..2.00 <1 worse beside smol; no difference seen beside tokio"),
        "{text}"
    );
    // Beside tokio alone, which is all that both have.
    let alone = run(&[("burst", &[(50.0, 200.0); 6])]);
    let text = render(&before, &alone).expect("a figure in common");
    assert!(line(&text, "burst").ends_with("0.50 0.25 0.50 0.50..0.50 <1 better"), "{text}");
    assert!(line(&text, "sides").contains("gmp beside tokio beside smol"), "{text}");
}

#[test]
fn more_is_better_where_it_is() {
    let before = run(&[("accept_close", &[(100.0, 100.0); 6])]);
    let after = run(&[("accept_close", &[(90.0, 100.0); 6])]);
    let text = render(&before, &after).expect("a figure in common");
    assert!(line(&text, "accept_close").ends_with(">1 worse"), "{text}");
}

#[test]
fn few_rounds_decide_nothing() {
    let before = run(&[("burst", &[(100.0, 100.0); 5])]);
    let after = run(&[("burst", &[(90.0, 100.0); 9])]);
    let text = render(&before, &after).expect("a figure in common");
    assert!(line(&text, "burst").ends_with("too few rounds"), "{text}");
}

#[test]
fn what_is_in_one_only_is_told() {
    let before = run(&[("burst", &[(1.0, 1.0); 6]), ("fib", &[(1.0, 1.0); 6])]);
    let after = run(&[("burst", &[(1.0, 1.0); 6]), ("yields", &[(1.0, 1.0); 6])]);
    let text = render(&before, &after).expect("a figure in common");
    assert!(text.contains("fib is in the first only"), "{text}");
    assert!(text.contains("yields is in the second only"), "{text}");
    let error = render(&run(&[("fib", &[(1.0, 1.0)])]), &run(&[("burst", &[(1.0, 1.0)])]));
    assert_eq!(error, Err("the two have no figure in common".to_owned()));
}

#[test]
fn different_conditions_are_told_and_equal_ones_are_not() {
    let before = run(&[("burst", &[(1.0, 1.0); 6])]);
    let mut after = before.clone();
    after.options.workers = 4;
    let text = render(&before, &after).expect("a figure in common");
    assert_eq!(line(&text, "workers"), "workers 2 4");
    assert!(!text.contains("rustc"), "{text}");
}

#[test]
fn what_failed_or_is_noise_has_no_change() {
    let before = run(&[("burst", &[(1.0, 1.0); 6]), ("idle_cpu", &[(2.0, 3.0); 6])]);
    let mut after = run(&[("burst", &[]), ("idle_cpu", &[(4.0, 3.0); 6])]);
    let reason = "exit status: 101".to_owned();
    let failed = FailedRun { side: "gmp".to_owned(), round: 1, reason, stderr: Vec::new() };
    after.scenarios[0].failed.push(failed);
    let text = render(&before, &after).expect("a figure in common");
    assert_eq!(line(&text, "burst"), "burst ns/op 1.00 - - - - - - - <1 - FAILED after");
    assert_eq!(line(&text, "idle_cpu/cpu"), "idle_cpu/cpu µs/s 2.00 4.00 - - - - - - <1 -");
}
