//! Tests of what is said of the machine and the time.

use std::time::{Duration, SystemTime};

use super::{Machine, Versions, field, kibibytes, utc};

#[test]
fn the_machine_is_known() {
    let machine = Machine::this(1);
    assert!(machine.cpus >= 1);
    assert!(machine.boot.contains("gmp boot"), "{}", machine.boot);
    if cfg!(target_os = "linux") {
        assert!(machine.kernel.starts_with("Linux "), "{}", machine.kernel);
        assert!(machine.memory > 1 << 20, "{}", machine.memory);
    }
}

#[test]
fn the_versions_are_known() {
    let versions = Versions::this();
    assert!(versions.tokio.starts_with("1."), "{versions:?}");
    assert!(versions.smol.starts_with("2."), "{versions:?}");
    assert!(versions.rustc.starts_with("rustc 1."), "{versions:?}");
}

#[test]
fn times_are_civil() {
    let at = |seconds| utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(0), "1970-01-01T00:00:00Z");
    assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
    assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
    assert_eq!(at(978_307_199), "2000-12-31T23:59:59Z");
    assert_eq!(at(1_000_000_000), "2001-09-09T01:46:40Z");
}

#[test]
fn fields_are_read() {
    let text = "processor\t: 0\nmodel name\t: A CPU\nmodel name\t: Another\n";
    assert_eq!(field(text, "model name").as_deref(), Some("A CPU"));
    assert_eq!(field(text, "model"), None);
    assert_eq!(kibibytes("16 kB"), Some(16_384));
    assert_eq!(kibibytes("16"), None);
}
