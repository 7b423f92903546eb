//! Tests of what is written where.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Keep, replace};

#[test]
fn a_file_is_replaced_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    replace(&file, "one").expect("it is new");
    replace(&file, "two").expect("it is there");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "two");
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
}

#[test]
fn a_link_stays_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "one").expect("a file");
    symlink(&file, &link).expect("a link");
    replace(&link, "two").expect("it leads to a file");
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "two");
}

#[test]
fn a_device_is_written_to() {
    replace("/dev/null".as_ref(), "text").expect("it takes everything");
}

#[test]
fn a_check_changes_nothing_and_names_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "figures").expect("a file");
    Keep { json: Some(file.clone()) }.check().expect("it can be written");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "figures");
    let missing = folder.path().join("missing/file");
    let error = Keep { json: Some(missing) }.check().expect_err("there is no such folder");
    assert!(error.contains("missing/file: "), "{error}");
}
