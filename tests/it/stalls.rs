//! Nothing stalls: tasks that block or compute without saying so, on every worker, and everybody else goes on.
//!
//! The offenders here end when the test lets them, so what the others do in the meantime is done beside them, however slow the
//! machine is.

mod report; //    the hook, and what is printed
mod computing; // tasks that use the CPU without a pause
mod crowded; //   on a machine that others keep busy

use crate::support::{PATIENCE, eventually, in_child, ms, multi, multi_builder, stderr, threads_called, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpListener, TcpStream};
use gmp::runtime::{Runtime, StallKind};
use gmp::task::JoinHandle;
use gmp::time::sleep;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Tasks wait here without saying so.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar, AtomicUsize)>);

impl Gate {
    /// Blocks the calling thread until the gate is open.
    fn pass(&self) {
        let (open, changed, waiting) = &*self.0;
        waiting.fetch_add(1, Ordering::SeqCst);
        let guard = changed.wait_timeout_while(open.lock().unwrap(), PATIENCE, |open| !*open).unwrap();
        assert!(!guard.1.timed_out(), "the gate was never opened");
    }

    /// Keeps the calling thread computing until the gate is open.
    fn spin(&self) {
        self.0.2.fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        while !*self.0.0.lock().unwrap() {
            for _ in 0..100 {
                std::hint::spin_loop();
            }
            assert!(begun.elapsed() < PATIENCE, "the gate was never opened");
        }
    }

    fn waiting(&self) -> usize {
        self.0.2.load(Ordering::SeqCst)
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

/// So many tasks that wait at the gate.
fn offenders(rt: &Runtime, gate: &Gate, count: usize, wait: fn(&Gate)) -> Vec<JoinHandle<()>> {
    (0..count)
        .map(|_| {
            let gate = gate.clone();
            rt.spawn(async move { wait(&gate) })
        })
        .collect()
}

async fn ticks(count: usize) -> usize {
    for _ in 0..count {
        sleep(ms(1)).await;
    }
    count
}

fn all_done(rt: &Runtime, tasks: Vec<JoinHandle<()>>) {
    rt.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Timers, new tasks and tasks that were queued behind, beside more blocked tasks than there are workers.
#[test]
fn blocked_tasks_stall_nobody() {
    watched(|| {
        for workers in [1, 2, 4] {
            let rt = multi(workers);
            let gate = Gate::default();
            let tasks = offenders(&rt, &gate, 2 * workers + 1, Gate::pass);
            assert_eq!(rt.block_on(rt.spawn(ticks(50))).unwrap(), 50);
            eventually("all of them block", || gate.waiting() == 2 * workers + 1);
            assert_eq!(rt.block_on(async { gmp::spawn(ticks(20)).await.unwrap() }), 20);
            let metrics = rt.metrics();
            assert!(metrics.retaken_count(StallKind::Blocked) > workers as u64, "{metrics:?}");
            assert!(metrics.stalled_poll_count(StallKind::Blocked) > 0);
            assert_eq!(metrics.retaken_count(StallKind::Busy), 0);
            gate.open();
            all_done(&rt, tasks);
        }
    });
}

#[test]
fn main_goes_on_whichever_way_it_was_started() {
    watched(|| {
        let gate = Gate::default();
        let rt = multi(2);
        let tasks = offenders(&rt, &gate, 6, Gate::pass);
        // Locked to this thread.
        rt.block_on(async {
            ticks(30).await;
            eventually("all of them block", || gate.waiting() == 6);
            ticks(30).await;
        });
        gate.open();
        all_done(&rt, tasks);
    });
    // An ordinary task, on a thread that runs others.
    #[gmp::main(worker_threads = 2)]
    async fn main() -> usize {
        let gate = Gate::default();
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let gate = gate.clone();
                gmp::spawn(async move { gate.pass() })
            })
            .collect();
        while gate.waiting() < 6 {
            sleep(ms(1)).await;
        }
        let count = ticks(30).await;
        gate.open();
        for task in tasks {
            task.await.unwrap();
        }
        count
    }
    assert_eq!(watched(main), 30);
}

#[test]
fn sockets_are_served() {
    watched(|| {
        let rt = multi(2);
        let gate = Gate::default();
        let listener = rt.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let addr = listener.local_addr().unwrap();
        let server = rt.spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                gmp::spawn(async move {
                    let mut byte = [0];
                    while socket.read_exact(&mut byte).await.is_ok() {
                        socket.write_all(&byte).await.unwrap();
                    }
                });
            }
        });
        let tasks = offenders(&rt, &gate, 4, Gate::pass);
        eventually("all of them block", || gate.waiting() == 4);
        let client = rt.spawn(async move {
            for i in 0..10 {
                let mut socket = TcpStream::connect(addr).await.unwrap();
                for j in 0..10 {
                    socket.write_all(&[i * j]).await.unwrap();
                    assert_eq!(socket.read_u8().await.unwrap(), i * j);
                }
            }
        });
        rt.block_on(client).unwrap();
        gate.open();
        all_done(&rt, tasks);
        server.abort();
    });
}

/// What a blocked task has spawned and woken before it blocked is in its own queue, and what it does so afterwards is its too.
#[test]
fn work_behind_a_blocked_poll() {
    watched(|| {
        let rt = multi(1);
        let gate = Gate::default();
        let (tell, told) = mpsc::channel();
        let blocked = {
            let gate = gate.clone();
            rt.spawn(async move {
                for i in 0..300 {
                    let tell = tell.clone();
                    gmp::spawn(async move { tell.send(i).unwrap() });
                }
                gate.pass();
                for i in 300..600 {
                    let tell = tell.clone();
                    gmp::spawn(async move { tell.send(i).unwrap() });
                }
                Gate::default().0.0.lock().map(|open| *open).unwrap()
            })
        };
        let mut first: Vec<i32> =
            (0..300).map(|_| told.recv_timeout(PATIENCE).expect("beside the blocked one")).collect();
        first.sort_unstable();
        assert_eq!(first, (0..300).collect::<Vec<_>>());
        gate.open();
        let mut then: Vec<i32> = (0..300).map(|_| told.recv_timeout(PATIENCE).expect("afterwards")).collect();
        then.sort_unstable();
        assert_eq!(then, (300..600).collect::<Vec<_>>());
        assert!(!rt.block_on(blocked).unwrap());
    });
}

/// While nothing runs, sysmon sleeps.
#[test]
fn an_idle_runtime_isnt_watched() {
    watched(|| {
        let rt = multi(2);
        rt.block_on(async { gmp::spawn(async {}).await.unwrap() });
        let quiet = (0..20).any(|_| {
            let before = rt.metrics().watcher_tick_count();
            thread::sleep(ms(100));
            rt.metrics().watcher_tick_count() == before
        });
        assert!(quiet, "it never sleeps");
        // And wakes when it is needed.
        let gate = Gate::default();
        let tasks = offenders(&rt, &gate, 3, Gate::pass);
        rt.block_on(rt.spawn(ticks(5))).unwrap();
        gate.open();
        all_done(&rt, tasks);
    });
}

/// Polls that block though nobody waits for anything lose their P too, so that sysmon can sleep.
#[test]
fn a_lonely_blocked_poll_lets_go() {
    watched(|| {
        let rt = multi(2);
        let gate = Gate::default();
        let tasks = offenders(&rt, &gate, 1, Gate::pass);
        eventually("its P is taken", || rt.metrics().retaken_count(StallKind::Blocked) == 1);
        gate.open();
        all_done(&rt, tasks);
    });
}

#[test]
fn without_detection_nobody_is_helped() {
    let run = in_child("stalls::without_detection_nobody_is_helped", &[], || {
        let rt = multi_builder(1).stall_detection(false).build().unwrap();
        let gate = Gate::default();
        let tasks = offenders(&rt, &gate, 1, Gate::pass);
        eventually("it blocks", || gate.waiting() == 1);
        let behind = rt.spawn(async {});
        thread::sleep(ms(200));
        assert!(!behind.is_finished(), "somebody has taken the P");
        assert!(threads_called("gmp-worker") > 0);
        assert_eq!(threads_called("gmp-sysmon"), 0);
        gate.open();
        all_done(&rt, tasks);
        rt.block_on(behind).unwrap();
        assert_eq!(rt.metrics().watcher_tick_count(), 0);
    });
    if let Some(run) = run {
        assert!(run.status.success(), "{}", stderr(&run));
    }
}

/// A runtime ends while its tasks block: it waits for them, or doesn't, as it is told.
#[test]
fn the_end_while_tasks_block() {
    watched(|| {
        let gate = Gate::default();
        let rt = multi(2);
        let tasks = offenders(&rt, &gate, 5, Gate::pass);
        rt.block_on(rt.spawn(ticks(5))).unwrap();
        eventually("all of them block", || gate.waiting() == 5);
        rt.shutdown_timeout(Duration::ZERO);
        gate.open();
        drop(tasks);
        let rt = multi(2);
        let gate = Gate::default();
        drop(offenders(&rt, &gate, 5, Gate::pass));
        eventually("all of them block", || gate.waiting() == 5);
        let opens = gate.clone();
        let opener = thread::spawn(move || {
            thread::sleep(ms(50));
            opens.open();
        });
        drop(rt);
        opener.join().unwrap();
    });
}

/// Threads that took the place of stuck ones end when nobody has needed them for a while, and others are started when they are
/// needed again.
#[test]
fn threads_that_are_not_needed_end() {
    let run = in_child("stalls::threads_that_are_not_needed_end", &[], || {
        let workers = || threads_called("gmp-worker");
        let rt = multi_builder(2).thread_keep_alive(ms(30)).build().unwrap();
        for _ in 0..3 {
            let gate = Gate::default();
            let tasks = offenders(&rt, &gate, 12, Gate::pass);
            eventually("all of them block", || gate.waiting() == 12);
            assert!(workers() >= 12);
            gate.open();
            all_done(&rt, tasks);
            // One for each P, and a spare one.
            eventually("the others end", || workers() <= 3);
            assert_eq!(rt.block_on(rt.spawn(ticks(3))).unwrap(), 3);
        }
        // Threads of before don't come back as somebody else.
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| rt.block_on(async { gmp::spawn(ticks(3)).await.unwrap() }));
            }
        });
    });
    if let Some(run) = run {
        assert!(run.status.success(), "{}", stderr(&run));
    }
}
