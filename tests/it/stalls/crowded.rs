//! Others keep every CPU busy, so that what comes is left to the Ms that are awake. One of them blocks with it.

use super::*;
use gmp::net::UdpSocket;
use std::sync::atomic::AtomicBool;

/// As many threads as there are CPUs compute, until this is dropped.
struct Others(Arc<AtomicBool>, Vec<thread::JoinHandle<()>>);

impl Others {
    fn new() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let count = thread::available_parallelism().unwrap().get();
        let threads = (0..count).map(|_| {
            let over = over.clone();
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        });
        Self(over.clone(), threads.collect())
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        for thread in self.1.drain(..) {
            thread.join().unwrap();
        }
    }
}

/// A socket that sends back what it gets, and one that talks to it.
async fn talkers(rt: &Runtime) -> (UdpSocket, JoinHandle<()>) {
    let (server, client) =
        (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    client.connect(server.local_addr().unwrap()).await.unwrap();
    let echo = rt.spawn(async move {
        let mut byte = [0];
        loop {
            let (_, from) = server.recv_from(&mut byte).await.unwrap();
            server.send_to(&byte, from).await.unwrap();
        }
    });
    (client, echo)
}

async fn exchange(client: &UdpSocket) {
    client.send(&[1]).await.unwrap();
    client.recv(&mut [0]).await.unwrap();
}

/// While a task blocks, which ends only after that: events, timers, and tasks from outside.
#[test]
fn events_timers_and_new_tasks_beside_a_task_that_blocks_on_a_busy_machine() {
    watched(|| {
        let others = Others::new();
        let rt = Arc::new(multi(2));
        let (client, echo) = rt.block_on(talkers(&rt));
        let client = Arc::new(client);
        for _ in 0..20 {
            // For long enough that sysmon knows how busy the machine is; there is nothing to be seen of it from here.
            let talking = client.clone();
            let talk = rt.spawn(async move {
                for _ in 0..200 {
                    exchange(&talking).await;
                }
            });
            rt.block_on(talk).unwrap();
            let gate = Gate::default();
            let blocked = offenders(&rt, &gate, 1, Gate::pass);
            eventually("the task blocks", || gate.waiting() == 1);
            let talking = client.clone();
            let done = rt.spawn(async move {
                exchange(&talking).await;
                ticks(3).await
            });
            // This thread isn't the runtime's.
            while !done.is_finished() {
                thread::sleep(ms(1));
            }
            gate.open();
            all_done(&rt, blocked);
        }
        echo.abort();
        drop(others);
    });
}
