//! What the environment may say, and what it may not.

use super::{DebugVars, EnvError, apply};
use crate::rt0::record::BootRecord;
use crate::runtime2::config::{Config, Flavor, Pin};

fn with(vars: &[(&'static str, &str)], procs: Option<usize>) -> Result<(Config, BootRecord), EnvError> {
    let mut config = Config::new(Flavor::MultiThread);
    config.procs = procs;
    let mut record = BootRecord::default();
    let var = |name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    apply(&mut config, &mut record, var)?;
    Ok((config, record))
}

#[test]
fn procs_by_precedence() {
    let both = [("GMP_MAXPROCS", "3"), ("TOKIO_WORKER_THREADS", "5")];
    assert_eq!(with(&both, None).unwrap().0.procs, Some(3));
    assert_eq!(with(&both[1..], None).unwrap().0.procs, Some(5));
    assert_eq!(with(&both, Some(7)).unwrap().0.procs, Some(7), "the builder is above the environment");
    assert_eq!(with(&[("GMP_MAXPROCS", "")], None).unwrap().0.procs, None, "empty is unset");
}

#[test]
fn nonsense_is_named() {
    for (name, value) in [
        ("GMP_MAXPROCS", "0"),
        ("GMP_MAXPROCS", "many"),
        ("GMP_MAXPROCS", "1025"),
        ("TOKIO_WORKER_THREADS", "-1"),
        ("GMP_PIN", "0,x"),
        ("GMP_PIN", "sometimes"),
        ("GMP_SEED", "1.5"),
        ("GMP_DEBUG", "boot"),
        ("GMP_DEBUG", "boot=2"),
        ("GMP_DEBUG", "boots=1"),
    ] {
        let text = with(&[(name, value)], None).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains(name) && text.contains(value), "{text}");
    }
}

#[test]
fn pins_and_switches() {
    assert_eq!(with(&[("GMP_PIN", "Core")], None).unwrap().0.pin, Pin::Core);
    assert_eq!(with(&[("GMP_PIN", "0, 2,4")], None).unwrap().0.pin, Pin::Custom(vec![0, 2, 4]));
    assert_eq!(with(&[("GMP_DEBUG", "boot=1,")], None).unwrap().1.debug, DebugVars { boot: true, stall: false });
    assert_eq!(with(&[("GMP_SEED", "42")], None).unwrap().0.seed, Some(42));
}
