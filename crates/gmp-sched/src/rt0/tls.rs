//! Steps 7 to 10: the thread's g slot, the 0x123 test, the binding of M and g0.
//!
//! Go: runtime/asm_amd64.s (settls, the test of m0.tls, ok), runtime/sys_linux_amd64.s

use crate::getg::{self, TLS_MAGIC};
use crate::rt0::fault;
use crate::rt0::record::BootRecord;
use crate::runtime2::m::M;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::Ordering;
use std::ptr;

/// 7, 8. Where the thread's g slot is. Go sets FS to m0.tls; our slot is a `thread_local!`, and M0 keeps its address.
pub(super) fn settls(record: &mut BootRecord) {
    record.tls_slot = getg::tls_slot().addr();
}

/// 9. Stores 0x123 through TLS and reads it back through the address that is kept: they must be the same place.
pub(super) fn tls_check(record: &mut BootRecord) {
    let slot = getg::tls_slot();
    getg::store_tls(TLS_MAGIC);
    // SAFETY: the address is the slot's of this thread, which lives as long as the thread.
    let seen = unsafe { slot.read() };
    getg::store_tls(0);
    let seen = if fault::is("tls") { 0 } else { seen };
    if seen != TLS_MAGIC || slot.addr() != record.tls_slot {
        gmp_base::throw!("rt0_go: the thread's slot isn't where m0 thinks: stored {TLS_MAGIC:#x}, found {seen:#x}");
    }
    record.tls_checked = true;
}

/// 10. The two-way bind of this thread and its M, asserted: for M0 at boot and for every later M.
pub(crate) fn bind_m(sched: &Sched, mp: &M) {
    let binding = sched.bindings.get_or_default();
    // ORDERING: the binding is this thread's.
    binding.m.store(ptr::from_ref(mp).cast_mut(), Ordering::Release);
    // ORDERING: for dumps.
    mp.tls.store(getg::tls_slot(), Ordering::Relaxed);
    let back = sched.bindings.get().map(|b| b.m.load(Ordering::Acquire).cast_const());
    if back != Some(ptr::from_ref(mp)) || !ptr::eq(mp.sched(), sched) {
        gmp_base::throw!("mstart: m{} isn't bound to its thread", mp.id);
    }
}
