//! Tests of globs and of the catalogue's own consistency.

use std::collections::HashSet;

use super::{Runtime, all, find, matches, select};

fn selected(globs: &[&str]) -> Result<Vec<&'static str>, String> {
    let globs: Vec<String> = globs.iter().map(ToString::to_string).collect();
    Ok(select(&globs)?.iter().map(|scenario| scenario.name).collect())
}

#[test]
fn globs_match_whole_names() {
    assert!(matches("burst", "burst"));
    assert!(!matches("burst", "bursts"));
    assert!(!matches("bursts", "burst"));
    assert!(matches("spawn_*", "spawn_join"));
    assert!(matches("*_4_1", "mpsc_unbounded_4_1"));
    assert!(matches("*spawn*", "main_spawns"));
    assert!(matches("spawn_remote_?", "spawn_remote_4"));
    assert!(!matches("spawn_remote_?", "spawn_remote_"));
    assert!(matches("*", ""));
    assert!(!matches("", "burst"));
}

#[test]
fn a_selection_keeps_the_catalogues_order_and_has_no_doubles() {
    let names = selected(&["yields", "burst", "b*t"]).expect("both exist");
    assert_eq!(names, ["burst", "yields"]);
    assert_eq!(selected(&[]).expect("all").len(), all().len());
}

#[test]
fn a_glob_without_a_match_is_named_in_the_error() {
    let error = selected(&["burst", "bogus*"]).expect_err("no such scenario");
    assert!(error.contains("'bogus*'"), "{error}");
    assert!(error.contains("skynet"), "{error}");
}

#[test]
fn the_rust_runtimes_have_the_same_scenarios_under_distinct_names() {
    let mut seen = HashSet::new();
    for scenario in Runtime::Gmp.scenarios() {
        assert!(seen.insert(scenario.name), "{} twice", scenario.name);
        for runtime in [Runtime::Tokio, Runtime::Smol] {
            let twin = find(runtime, scenario.name).expect("the source is the same");
            assert_eq!(twin.figures, scenario.figures);
        }
    }
    assert_eq!(seen.len(), Runtime::Tokio.scenarios().len());
    assert_eq!(seen.len(), Runtime::Smol.scenarios().len());
}

#[test]
fn what_a_runtime_lacks_is_told_with_the_reason() {
    let lacks = |runtime: Runtime, name: &str| runtime.lacks(find(Runtime::Gmp, name).expect("it is there"));
    for runtime in [Runtime::Tokio, Runtime::Smol] {
        assert_eq!(lacks(runtime, "burst"), None);
        assert!(lacks(runtime, "false_retakes").is_some_and(|reason| reason.contains("only gmp")));
    }
    assert_eq!(lacks(Runtime::Gmp, "false_retakes"), None);
    assert_eq!(lacks(Runtime::Go, "burst"), None);
    assert!(lacks(Runtime::Go, "busy_sysmon").is_some_and(|reason| reason.contains("only gmp")));
    for scenario in all() {
        assert_ne!(Runtime::Go.lacks(scenario), Some("it has no twin as yet"), "{}", scenario.name);
    }
    assert!(lacks(Runtime::Smol, "block_in_place_empty").is_some_and(|reason| reason.contains("in place")));
}

#[test]
fn figures_of_a_scenario_are_told_apart() {
    for scenario in all() {
        let rows: HashSet<_> = scenario.figures.iter().map(|&figure| scenario.row_name(figure)).collect();
        assert_eq!(rows.len(), scenario.figures.len(), "{}", scenario.name);
        let several = scenario.figures.len() > 1;
        assert!(scenario.figures.iter().all(|figure| several != figure.name.is_empty()), "{}", scenario.name);
    }
}
