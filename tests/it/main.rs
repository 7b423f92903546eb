//! The integration tests of gmp, in one binary: what a user of tokio or of Go would expect, seen from outside.

#![expect(clippy::async_yields_async, reason = "handles that come out of tasks are what is under test")]
#![expect(clippy::waker_clone_wake, reason = "a wake that gives its waker up is what is under test")]

mod support; //       runtimes by flavour, watchdog, child processes

mod tidy; //          rules that a text scan can hold
mod auto_traits; //   Send, Sync and the like, as tokio's types have them
mod rt_basic; //      block_on, spawn, handles, hooks, the builder
mod rt_shutdown; //   what the end of a runtime promises
mod rt_panic; //      the words of panics, and where they point
mod panic_words; //   … compared with tokio's, misuse by misuse
mod error_words; //   … and of errors, likewise
mod differences; //   what isn't as in tokio, in both
mod rt_metrics; //    the figures add up
mod rt_boot; //       the boot path, and how it ends when a step fails
mod rt_pin; //        where workers run
mod rt_leaks; //      nothing is left behind
mod rt_maxprocs; //   workers come and go
mod rt_blocking; //   the pool behind spawn_blocking
mod rt_blocking_threads; // when its threads end all the time, or are refused
mod rt_fairness; //   the promises of runtime.rs, one test each
mod task_join; //     JoinHandle, JoinError
mod task_abort; //    abort, AbortHandle
mod task_join_set; // JoinSet
mod local_set; //     LocalSet, spawn_local
mod lock_os_thread; // tasks that stay on one thread by choice
mod local_runtime; // LocalRuntime, the local flavour
mod task_observe; //  hooks, histograms, names
mod sync_yields; //   a loop over each re-exported primitive yields
mod time_sleep; //    Sleep: when, reset, drop, the end of its runtime
mod time_revival; // a timer in the place of a cancelled one
mod time_interval; // Interval, and what becomes of missed ticks
mod time_timeout; //  Timeout
mod time_pause; //    the clock that is paused, moved, and moves by itself
mod go_proc; //       Go's proc_test.go and chan_test.go
mod two_runtimes; //  several runtimes in one process
mod macros; //        #[gmp::main], #[gmp::test]
mod ui; //            their messages
mod regression_sched; // faults of the scheduler, one test each
mod retire; //        a P taken from a thread that is stuck
mod stalls; //        sysmon: tasks that block and compute stall nobody
mod block_in_place; // blocking sections
mod wakers; //        wakers and tasks outliving what they belong to
mod stall_stress; //  a thousand tasks that block at random
mod regression; //    one test an issue
mod net_tcp; //       connections, and peers that close, reset, or never answer
mod net_tcp_split; // their halves
mod net_tcp_life; //  how they begin, and whose they are
mod net_tcp_ready; // readiness, and what never waits
mod net_tcp_socket; // before they are connections; options
mod net_udp; //       datagrams
mod net_udp_options; // their options, groups
mod net_lookup; //    names and addresses
mod net_unix_stream; // Unix listeners and streams
mod net_unix_split; // their halves
mod net_unix_ready; // readiness, and the end of the runtime
mod net_unix_datagram; // messages
mod net_unix_socket; // before it is known what they will be
mod net_unix_pipe; // pipes, with names and without
mod net_short_reads; // reads that end early
mod io_async_fd; //   any descriptor
mod io_copy; //       tokio's copying over our sockets
mod net_leaks; //     connections and runtimes by the thousand leave nothing behind
mod net_hostile; //   resets, closes and ends while everything is on its way
mod net_wakes; //     wakes that interrupt the netpoller
mod fs_functions; //  the free functions, beside the standard library's
mod fs_file; //       files that are open
mod fs_file_life; //  what they are made of, and the runtimes that they meet
mod fs_pool; //       pools that are full, runtimes that end, pipes, no descriptors left
mod io_std; //        standard input, output, error
#[cfg(target_os = "linux")]
mod signal; //        signals and who hears them
#[cfg(target_os = "linux")]
mod signal_ctrl_c; // Ctrl-C
#[cfg(target_os = "linux")]
mod process; //       child processes
#[cfg(target_os = "linux")]
mod process_settings; // how they are started
#[cfg(target_os = "linux")]
mod process_life; //  and what they leave behind
mod chaos; //         any thread stopped at any instruction
mod hostile; //       what must be survived, case by case
