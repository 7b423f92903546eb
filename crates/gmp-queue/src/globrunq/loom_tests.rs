//! Model: close ∥ push. After the close and a drain, nothing is left behind.

use super::GlobRunq;
use crate::testing::{Item, take};
use gmp_base::loom::thread;
use std::sync::Arc;

#[test]
fn loom_close_against_push() {
    loom::model(|| {
        let q = Arc::new(GlobRunq::new());
        let spawner = {
            let q = q.clone();
            thread::spawn(move || {
                // SAFETY: a fresh item, queued once.
                match unsafe { q.put_new(Item::leak(1)) } {
                    Ok(()) => 0,
                    Err(item) => take(item),
                }
            })
        };
        q.close();
        // The drain takes the lock and not the hint: `len` may be old here, the list may not.
        let drained = q.list.lock().pop().map_or(0, take);
        let refused = spawner.join().unwrap();
        assert_eq!(drained + refused, 1, "the element was neither drained nor refused, or both");
    });
}
