//! The set as a set, its text form, and the kernel's answers on this machine.

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::fake_tree::on_linux;

fn set(cpus: &[usize]) -> CpuSet {
    cpus.iter().copied().collect()
}

#[test]
fn insert_remove_contains() {
    let mut cpus = CpuSet::new();
    assert!(cpus.is_empty());
    assert!(cpus.insert(1500));
    assert!(!cpus.insert(1500), "is there already");
    assert!(cpus.insert(0));
    assert_eq!(cpus.len(), 2);
    assert!(cpus.contains(1500) && !cpus.contains(1501) && !cpus.contains(usize::MAX));
    assert!(cpus.remove(1500) && !cpus.remove(1500) && !cpus.remove(usize::MAX));
    assert_eq!(cpus, set(&[0]), "words left over don't count");
}

#[test]
fn numbers_beyond_belief_are_refused() {
    let mut cpus = CpuSet::new();
    assert!(cpus.insert(CpuSet::LIMIT - 1));
    assert!(!cpus.insert(CpuSet::LIMIT) && !cpus.insert(usize::MAX));
    assert_eq!(cpus.len(), 1);
}

#[test]
fn display_is_the_kernels_list() {
    assert_eq!(set(&[]).to_string(), "");
    assert_eq!(set(&[5]).to_string(), "5");
    assert_eq!(set(&[0, 1, 2, 3, 8]).to_string(), "0-3,8");
    assert_eq!(set(&[63, 64, 1024, 1026]).to_string(), "63-64,1024,1026");
    assert_eq!(format!("{:?}", set(&[0, 1])), "CpuSet(0-1)");
}

#[test]
fn parsing_takes_lists_and_refuses_the_rest() {
    assert_eq!("0-3,8\n".parse(), Ok(set(&[0, 1, 2, 3, 8])));
    assert_eq!(" 1 , 2 ".parse(), Ok(set(&[1, 2])));
    assert_eq!("\n".parse(), Ok(CpuSet::new()));
    for bad in ["x", "1,", "3-1", "-1", "1-", "0-4294967295", "99999999999999999999", "0x3", "1 2"] {
        assert!(bad.parse::<CpuSet>().is_err(), "{bad:?}");
    }
    let error = "0-3,zero".parse::<CpuSet>().unwrap_err();
    assert!(error.to_string().starts_with("\"zero\" is not a CPU number"), "{error}");
}

#[test]
fn intersection_is_of_the_shorter() {
    assert_eq!(set(&[0, 1, 900]).intersection(&set(&[1, 2])), set(&[1]));
    assert_eq!(set(&[1, 2]).intersection(&set(&[0, 1, 900])), set(&[1]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    #[cfg_attr(miri, ignore = "many cases, no unsafe code")]
    fn text_and_set_are_the_same(cpus in prop::collection::btree_set(0..3000_usize, 0..40)) {
        let set: CpuSet = cpus.iter().copied().collect();
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), cpus.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(set.len(), cpus.len());
        prop_assert_eq!(set.to_string().parse::<CpuSet>(), Ok(set));
    }
}

/// Runs `f` on a thread of its own, whose mask can be spoilt.
fn on_a_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    thread::spawn(f).join().unwrap()
}

#[test]
fn what_cannot_exist_is_refused_without_a_panic() {
    on_a_thread(|| {
        assert!(!pin_current_to_core(usize::MAX));
        assert!(!pin_current_to_core(CpuSet::LIMIT));
        assert!(set_current(&CpuSet::new()).is_err());
        assert!(set_thread(0, &set(&[0])).is_err());
        assert!(set_thread(-1, &set(&[0])).is_err());
        assert!(set_thread(i32::MAX, &set(&[0])).is_err());
    });
}

#[test]
fn a_thread_of_another_process_is_out_of_reach() {
    let Some(all) = current() else { return };
    // Our own child, so that the kernel alone would let us move it. It reads until its input is
    // closed.
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let tid = i32::try_from(child.id()).unwrap();
    assert!(set_thread(tid, &all).is_err());
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn pinning_moves_the_mask_of_this_thread_only() {
    let Some(before) = current() else {
        assert!(!on_linux(), "Linux has masks");
        return;
    };
    let cores = usable_cores();
    assert_eq!(cores, before.iter().collect::<Vec<_>>());
    on_a_thread(move || {
        for cpu in cores {
            // A CPU may be taken offline under us; then the answer is false and the mask stays.
            if pin_current_to_core(cpu) {
                assert_eq!(current(), Some(set(&[cpu])));
            }
        }
    });
    assert_eq!(current(), Some(before));
}

#[test]
fn a_watchdog_can_unpin_another_thread() {
    let Some(all) = current() else { return };
    let first = all.iter().next().unwrap();
    let (to_watchdog, from_pinned) = mpsc::channel();
    let (to_pinned, from_watchdog) = mpsc::channel();
    let pinned = thread::spawn(move || {
        set_current(&set(&[first])).unwrap();
        to_watchdog.send((gettid(), current())).unwrap();
        from_watchdog.recv().unwrap();
        current()
    });
    let (tid, while_pinned) = from_pinned.recv().unwrap();
    assert_eq!(while_pinned, Some(set(&[first])));
    assert!(tid > 0 && tid != gettid());
    set_thread(tid, &all).unwrap();
    to_pinned.send(()).unwrap();
    assert_eq!(pinned.join().unwrap(), Some(all.clone()));
    assert_eq!(current(), Some(all), "not the watchdog's own");
}

#[test]
fn a_dead_thread_cannot_be_moved() {
    let Some(all) = current() else { return };
    let tid = on_a_thread(gettid);
    // Its id could have been given to another test's thread, whose mask then stays what it is.
    if let Err(error) = set_thread(tid, &all) {
        assert_ne!(error.kind(), io::ErrorKind::PermissionDenied, "asked about this process only");
    }
}
