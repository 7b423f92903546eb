//! Documents for tests, made of nothing but values.

use std::time::Duration;

use super::{Document, Setting};
use crate::catalogue::{self, Runtime};
use crate::facts::{Machine, Versions};
use crate::keep::Keep;
use crate::plan::{Plan, Side};
use crate::results::{Outcome, Results, State};
use crate::scenario::Params;

/// A plan of gmp beside tokio with these scenarios.
pub(crate) fn plan(names: &[&str]) -> Plan {
    let side = |label: &str, runtime| Side { label: label.to_owned(), runtime, pin: None };
    Plan {
        sides: vec![side("gmp", Runtime::Gmp), side("tokio", Runtime::Tokio)],
        absent: Vec::new(),
        toolchain: None,
        scenarios: names.iter().map(|name| catalogue::find(Runtime::Gmp, name).expect("it is there")).collect(),
        skipped: Vec::new(),
        params: Params { workers: 2, scale: 1.0, cold: false },
        rounds: 6,
        instructions: false,
        limit: Duration::from_secs(60),
        keep: Keep::default(),
    }
}

/// A scenario that has one figure, with these values of gmp and tokio.
pub(crate) fn outcome(name: &str, rounds: &[(f64, f64)]) -> Outcome {
    let mut outcome = Outcome::new(catalogue::find(Runtime::Gmp, name).expect("it is there"));
    let figures = outcome.series.len();
    for &(left, right) in rounds {
        outcome.push(&[Some(vec![left; figures]), Some(vec![right; figures])]);
    }
    outcome
}

/// The document of a run of one scenario on gmp, tokio and smol that has one figure with these values.
pub(crate) fn beside_two(name: &str, rounds: &[[Option<f64>; 3]]) -> Document {
    let mut plan = plan(&[name]);
    plan.sides.push(Side { label: "smol".to_owned(), runtime: Runtime::Smol, pin: None });
    let mut outcome = Outcome::new(plan.scenarios[0]);
    let figures = outcome.series.len();
    for round in rounds {
        outcome.push(&round.map(|value| value.map(|value| vec![value; figures])));
    }
    document(&plan, vec![outcome], State::Done)
}

/// The document of a run that came to this, on a machine that doesn't exist.
pub(crate) fn document(plan: &Plan, outcomes: Vec<Outcome>, state: State) -> Document {
    let setting = Setting {
        go: "go1.99.1 linux/amd64".to_owned(),
        began: std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
        machine: Machine {
            cpu: "A <fast> CPU".to_owned(),
            cpus: 2,
            quota: None,
            topology: "CPUs 2 (0-1), cores 2".to_owned(),
            memory: 8 << 30,
            kernel: "Linux 6.18.1".to_owned(),
            load_before: Some(0.25),
            boot: "gmp boot\n   1 args\n".to_owned(),
        },
        arguments: ["run", "--rounds", "6"].map(str::to_owned).into(),
    };
    let versions = Versions { optimised: true, commit: "0123456789abcdef".to_owned(), ..Versions::this() };
    Document { versions, ..Document::new(&setting, plan, &Results { outcomes, state }) }
}
