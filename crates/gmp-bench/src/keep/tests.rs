//! Tests of what is written where.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Keep, PAGE, replace};
use crate::document::testing::{document, outcome, plan};
use crate::results::State;

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
    Keep { json: Some(file.clone()), report: None }.check().expect("it can be written");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "figures");
    let missing = folder.path().join("missing/file");
    let error = Keep { json: Some(missing), report: None }.check().expect_err("there is no such folder");
    assert!(error.contains("missing/file: "), "{error}");
}

#[test]
fn a_folder_of_a_report_is_made_and_filled() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("a/report");
    let keep = Keep { json: None, report: Some(report.clone()) };
    keep.check().expect("it can be made");
    keep.write(&document(&plan(&["fib"]), vec![outcome("fib", &[(1.0, 2.0)])], State::Done))
        .expect("it can be written");
    let names = fs::read_dir(&report).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, [PAGE, "results.csv", "results.json"]);
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = Keep { json: None, report: Some(file) }.check().expect_err("it is no folder");
    assert!(error.contains("/file: "), "{error}");
}
