//! The boot path, in the order of Go's `rt0_go`: a function a step, called from one place that reads like the assembly.
//!
//! `Builder::build` is steps 1 to 14; steps 15 to 17 (newproc(mainPC), mstart, and mstart's return) are `main_g.rs` and
//! `proc/needm.rs`.
//!
//! Go: runtime/asm_amd64.s (rt0_go)

pub mod record;
pub(crate) mod fault;
mod args;
mod osinit;
pub(crate) mod tls;
mod check;
mod schedinit;

pub use args::EnvError;

use crate::runtime2::config::Config;
use crate::runtime2::schedt::Sched;
use record::BootRecord;
use std::io;
use std::sync::Arc;

/// Boots a runtime on the calling thread, which becomes its M0.
///
/// # Errors
/// What the environment asks for makes no sense, or the system has no selector for the netpoller.
///
/// # Panics
/// Passes on a panic of the embedder's boot hook. A failed check of the machine or of ourselves aborts.
pub fn rt0_go(config: Config) -> io::Result<Arc<Sched>> {
    let mut config = config;
    let mut record = BootRecord::default();

    copy_args(&mut record); //           1: argc, argv, an even stack
    create_istack(&mut record); //       2: g0 out of the OS stack
    find_out_info(&mut record); //       3: CPUID 0, nocpuinfo
    vendor(&mut record); //              4: "Genu" "ineI" "ntel"
    processor_version(&mut record); //   5: CPUID 1; the CPU level of the build
    cgo_init(&mut config, &record); //   6: the embedder's hook
    tls::settls(&mut record); //         7, 8: the thread's g slot
    tls::tls_check(&mut record); //      9: store 0x123, compare, abort
    check::check(&mut record); //        11: CLD; check()
    args::args(&mut config, &mut record)?; //  12
    osinit::osinit(&mut record); //      13
    let sched = schedinit::schedinit(config, record); // 14, and 10: m0.g0 = g0, g0.m = m0, now that m0 is there
    // Go's netpollinit waits for the first descriptor. Who has asked for the netpoller is to know now whether there is one.
    if sched.config.netpoll {
        crate::netpoll::init(&sched)?;
    }
    if sched.boot.debug.boot {
        eprint!("{}", sched.boot);
    }
    Ok(sched)
}

/// 1. The arguments, once, and whether the stack is aligned as the ABI says.
fn copy_args(record: &mut BootRecord) {
    record.args = std::env::args_os().collect();
    #[repr(align(16))]
    struct Aligned(u8);
    let probe = std::hint::black_box(Aligned(0));
    record.stack_aligned = (&raw const probe.0).addr() % 16 == 0;
}

/// 2. g0 gets the bounds of the stack that we stand on.
fn create_istack(record: &mut BootRecord) {
    record.stack = gmp_arch::stack::current_thread_bounds();
    record.stack_guard = crate::runtime2::m::STACK_GUARD;
}

/// 3. Leaf 0: is there a CPUID at all? If not, `nocpuinfo`: nothing is known, and booting goes on.
fn find_out_info(record: &mut BootRecord) {
    record.cpu =
        if fault::is("no-cpuid") { gmp_arch::cpuid::CpuInfo::unknown() } else { gmp_arch::cpuid::host().clone() };
}

/// 4. The vendor, in rt0_go's register order (in `gmp_arch::cpuid`), decides how the TSC is read.
fn vendor(record: &mut BootRecord) {
    record.is_intel = record.cpu.is_intel;
    record.lfence_before_rdtsc = record.cpu.lfence_before_rdtsc;
}

/// 5. Leaf 1; and a CPU below what the build was compiled for ends the process with a message, not with SIGILL.
fn processor_version(record: &mut BootRecord) {
    record.processor_version_info = record.cpu.version.map_or(0, |v| v.raw_eax);
    let checked = if fault::is("bad-cpu") {
        let mut required = gmp_arch::features::compiled_for();
        required.insert(gmp_arch::features::Feature::Avx512f);
        gmp_arch::features::compare(required, gmp_arch::features::FeatureSet::EMPTY)
    } else {
        gmp_arch::cpuid::check_build_level()
    };
    if let Err(error) = checked {
        // Go: bad_cpu. The process cannot run this program; nothing has been started that would have to be stopped.
        eprintln!("gmp: {error}");
        std::process::exit(1);
    }
}

/// 6. Go calls `_cgo_init` here if it is linked; we call the embedder.
fn cgo_init(config: &mut Config, record: &BootRecord) {
    if let Some(hook) = config.on_boot.take() {
        hook(record);
    }
}
