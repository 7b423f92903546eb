//! A test binary isn't set-uid; its random bytes are there, are stable, and are not blank.

use super::*;

#[test]
fn tests_run_with_the_rights_of_who_started_them() {
    assert!(!is_setuid());
}

#[test]
fn random_bytes_stay_the_same_and_are_not_blank() {
    let bytes = auxv_random();
    assert_eq!(bytes, auxv_random());
    assert_eq!(bytes.is_some(), cfg!(all(target_os = "linux", not(miri))));
    if let Some(bytes) = bytes {
        assert!(bytes.iter().any(|&byte| byte != bytes[0]));
    }
}
