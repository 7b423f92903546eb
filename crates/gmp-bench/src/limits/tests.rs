//! Tests against this process's own limits.

use super::{SPARE, allows_open_files, open_files, raise_open_files};

#[test]
fn the_soft_limit_goes_up_to_the_hard_one_and_no_further() {
    let before = open_files().expect("the limits");
    raise_open_files(1).expect("there is nothing to raise");
    assert_eq!(open_files().expect("the limits").rlim_cur, before.rlim_cur);

    let all = before.rlim_max - SPARE;
    assert!(allows_open_files(all));
    raise_open_files(all).expect("the hard limit allows it");
    assert_eq!(open_files().expect("the limits").rlim_cur, before.rlim_max);
    assert!(before.rlim_max == libc::RLIM_INFINITY || !allows_open_files(all + 1));
}
