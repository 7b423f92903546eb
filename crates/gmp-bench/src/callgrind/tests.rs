//! Tests of reading callgrind's file and of the difference of two runs. A real run is among the tests of the built program.

use super::{Count, SCALES, per_operation, totals};
use crate::catalogue;
use crate::scenario::{Params, Run, Unit};

/// What callgrind 3.19 writes, with most of the functions left out.
const FILE: &str = "\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 4711
cmd:  target/release/gmp-bench child --runtime gmp --scenario yields --workers 1 --scale 0.02 --cold
part: 1


desc: I1 cache:
desc: D1 cache:
desc: LL cache:

desc: Timerange: Basic block 0 - 1052343
desc: Trigger: Program termination

positions: line
events: Ir
summary: 6543210


ob=(1) /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
fl=(1) ./elf/rtld.c
fn=(2) _dl_start
528 1
541 2

totals: 6543213
";

fn count(instructions: u64, operations: f64) -> Count {
    Count { instructions, operations }
}

#[test]
fn the_total_is_read() {
    assert_eq!(totals(FILE), Ok(6_543_213));
    // With the caches simulated there are more columns.
    let caches = FILE.replace("events: Ir", "events: Ir Dr Dw").replace("totals: 6543213", "totals: 6543213 7 8");
    assert_eq!(totals(&caches), Ok(6_543_213));
}

#[test]
fn what_is_no_count_is_refused() {
    for (text, part) in [
        (String::new(), "no 'events:'"),
        (FILE.replace("totals:", "sum:"), "no 'totals:'"),
        (FILE.replace("totals: 6543213", "totals: many"), "'many' begins with no count"),
        (FILE.replace("totals: 6543213", "totals:"), "'' begins with no count"),
        (FILE.replace("events: Ir", "events: Bc"), "it counted 'Bc'"),
        (format!("{FILE}{FILE}"), "more than one 'events:'"),
    ] {
        let error = totals(&text).expect_err("no count");
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn an_operation_is_the_difference_over_the_difference() {
    // A million for the start of the process, and 250 for each operation.
    assert_eq!(per_operation(count(1_005_000, 20.0), count(1_050_000, 200.0)), Ok(250.0));
}

#[test]
fn runs_that_do_not_differ_have_none() {
    let same = per_operation(count(1_000, 20.0), count(2_000, 20.0)).expect_err("no operations between them");
    assert_eq!(same, "20 operations took 1000 instructions, and 20 took 2000");
    assert!(per_operation(count(2_000, 20.0), count(2_000, 200.0)).is_err());
    assert!(per_operation(count(2_001, 20.0), count(2_000, 200.0)).is_err());
}

#[test]
fn the_two_runs_of_what_is_counted_differ() {
    let [few, many] = SCALES.map(|scale| Params { workers: 1, scale, cold: true });
    // The steepest growth among the scenarios, and the greatest one.
    assert!(few.steps(6, 10.0) < many.steps(6, 10.0));
    let counted = catalogue::all().iter().filter(|scenario| scenario.counted);
    let mut seen = 0;
    for scenario in counted {
        assert!(matches!(scenario.run, Run::One(_)), "{} counts operations", scenario.name);
        assert_eq!(scenario.figures[0].unit, Unit::NanosPerOp, "{} counts operations", scenario.name);
        assert_eq!((scenario.unable)(few), None, "{} runs on one worker", scenario.name);
        seen += 1;
    }
    assert!(seen > 5, "{seen} scenarios are counted");
}
