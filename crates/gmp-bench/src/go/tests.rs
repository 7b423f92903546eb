//! Tests of the list, and of what is said where there is no toolchain. What is built is tested with the built harness.

use std::path::Path;

use super::{SOURCES, Toolchain, first_lines, names};
use crate::catalogue::{self, Runtime};

#[test]
fn the_module_is_whole() {
    let files: Vec<_> = SOURCES.iter().map(|(name, _)| *name).collect();
    for needed in ["go.mod", "main.go", "measure.go", "stall.go"] {
        assert!(files.contains(&needed), "{files:?}");
    }
}

#[test]
fn every_twin_has_a_namesake_and_is_listed_once() {
    let twins: Vec<_> = names().collect();
    assert!(twins.contains(&"skynet"), "{twins:?}");
    for name in &twins {
        let scenario = catalogue::find(Runtime::Gmp, name).unwrap_or_else(|| panic!("no scenario is called {name}"));
        assert_eq!(Runtime::Go.lacks(scenario), None, "{name}");
        assert_eq!(twins.iter().filter(|it| *it == name).count(), 1, "{name}");
    }
}

#[test]
fn what_is_no_toolchain_is_told_from_none() {
    let error = Toolchain::find(Some(Path::new("/no/such/go"))).expect_err("there is none");
    assert!(error.starts_with("/no/such/go cannot be run: "), "{error}");
    let error = Toolchain::find(Some(Path::new("true"))).expect_err("it says nothing");
    assert_eq!(error, "true is no Go toolchain");
}

#[test]
fn a_failed_build_is_told_in_a_line() {
    assert_eq!(first_lines(b"# gmpbench\n\n./main.go:1:1: oh\n"), "# gmpbench; ./main.go:1:1: oh");
    assert_eq!(first_lines(&b"line\n".repeat(100)).matches("line").count(), 6);
}
