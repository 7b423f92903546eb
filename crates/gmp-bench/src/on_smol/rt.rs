//! smol under the names that the scenarios use. Each is a thin cover of what smol's documentation recommends for the purpose:
//!
//! | the scenarios say | here |
//! |---|---|
//! | a runtime of n workers | n threads that all run one `smol::Executor`, until a channel closes |
//! | `JoinHandle` | `smol::Task`, detached when it is dropped |
//! | `sync::mpsc`, `oneshot`, `Notify` | `smol::channel`, bounded to one for the last two |
//! | `time` | `smol::Timer`; a timeout is `future::or` of the future and a timer |
//! | `net`, `fs`, `spawn_blocking` | `smol::net`, `smol::fs`, `smol::unblock` |
//!
//! What drives timers and sockets is smol's own: whichever thread has nothing to run, and the thread `async-io`.

pub(super) use smol::{fs, io, net};

pub(super) use task::spawn;

/// The executor and its threads.
pub(super) mod runtime {
    use std::future::Future;
    use std::io;
    use std::panic::catch_unwind;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::{self, JoinHandle as Thread};

    use smol::Executor;
    use smol::channel::{Sender, unbounded};

    use super::task::JoinHandle;

    /// What all tasks run on: as in most programs there is one. A runtime is who runs it, and there is one at a time.
    pub(super) static EXECUTOR: Executor<'static> = Executor::new();

    static IS_RUN: AtomicBool = AtomicBool::new(false);

    /// Starts the threads.
    #[derive(Debug)]
    pub(crate) struct Builder {
        workers: usize,
    }

    impl Builder {
        pub(crate) fn new_multi_thread() -> Self {
            Self { workers: 1 }
        }

        pub(crate) fn worker_threads(&mut self, workers: usize) -> &mut Self {
            self.workers = workers;
            self
        }

        /// Timers and sockets are always there.
        pub(crate) fn enable_all(&mut self) -> &mut Self {
            self
        }

        pub(crate) fn build(&mut self) -> io::Result<Runtime> {
            // ORDERING: Relaxed — a flag that nothing else depends on.
            assert!(!IS_RUN.swap(true, Ordering::Relaxed), "somebody runs the executor already");
            let (open, closed) = unbounded::<()>();
            let worker = |number: usize| {
                let closed = closed.clone();
                thread::Builder::new().name(format!("smol-{number}")).spawn(move || {
                    // Whoever awaits a task is told of its panic; the worker goes on.
                    while catch_unwind(|| smol::block_on(EXECUTOR.run(closed.recv()))).is_err() {}
                })
            };
            let threads = (1..=self.workers).map(worker).collect::<io::Result<_>>()?;
            Ok(Runtime { handle: Handle, open: Some(open), threads })
        }
    }

    /// Who runs the executor. The threads end with it; tasks that are there stay.
    #[derive(Debug)]
    pub(crate) struct Runtime {
        handle: Handle,
        open: Option<Sender<()>>,
        threads: Vec<Thread<()>>,
    }

    impl Runtime {
        pub(crate) fn handle(&self) -> &Handle {
            &self.handle
        }

        pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
        where
            F: Future<Output: Send> + Send + 'static,
        {
            self.handle.spawn(future)
        }

        pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
            smol::block_on(future)
        }
    }

    impl Drop for Runtime {
        fn drop(&mut self) {
            drop(self.open.take());
            for thread in self.threads.drain(..) {
                thread.join().expect("a worker catches its tasks' panics");
            }
            // ORDERING: Relaxed — as above.
            IS_RUN.store(false, Ordering::Relaxed);
        }
    }

    /// A way to it.
    #[derive(Clone, Debug)]
    pub(crate) struct Handle;

    impl Handle {
        #[expect(clippy::unused_self, reason = "the scenarios call it so")]
        pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
        where
            F: Future<Output: Send> + Send + 'static,
        {
            super::spawn(future)
        }
    }
}

/// Tasks.
pub(super) mod task {
    use std::convert::Infallible;
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use smol::Task;
    pub(crate) use smol::future::yield_now;

    use super::runtime::EXECUTOR;

    /// A task's output. smol's own handle cancels its task when it is dropped, this one lets it run.
    #[derive(Debug)]
    pub(crate) struct JoinHandle<T>(Option<Task<T>>);

    impl<T> JoinHandle<T> {
        pub(crate) fn is_finished(&self) -> bool {
            self.0.as_ref().is_none_or(Task::is_finished)
        }
    }

    impl<T> Future for JoinHandle<T> {
        /// smol hands a panic on, so there is no error.
        type Output = Result<T, Infallible>;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            let task = self.0.as_mut().expect("a handle has its task until it is dropped");
            Pin::new(task).poll(cx).map(Ok)
        }
    }

    impl<T> Drop for JoinHandle<T> {
        fn drop(&mut self) {
            if let Some(task) = self.0.take() {
                task.detach();
            }
        }
    }

    pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        JoinHandle(Some(EXECUTOR.spawn(future)))
    }

    pub(crate) fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        JoinHandle(Some(smol::unblock(work)))
    }

    /// smol has nothing of the kind, and the scenario that asks for it doesn't run here: the thread is just kept.
    pub(crate) fn block_in_place<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// Timers.
pub(super) mod time {
    use std::future::Future;
    use std::time::Duration;

    use smol::{Timer, future};

    /// The time was over.
    #[derive(Debug)]
    pub(crate) struct Elapsed;

    pub(crate) async fn sleep(time: Duration) {
        Timer::after(time).await;
    }

    pub(crate) async fn timeout<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
        let done = async { Ok(work.await) };
        let over = async {
            Timer::after(limit).await;
            Err(Elapsed)
        };
        future::or(done, over).await
    }
}

/// Channels.
pub(super) mod sync {
    use smol::channel::{Receiver, Sender, bounded};

    /// Wakes one waiter.
    #[derive(Debug)]
    pub(crate) struct Notify {
        sender: Sender<()>,
        receiver: Receiver<()>,
    }

    impl Notify {
        pub(crate) fn new() -> Self {
            let (sender, receiver) = bounded(1);
            Self { sender, receiver }
        }

        pub(crate) fn notify_one(&self) {
            // A full one has a notice already, which is all that there can be.
            let _ = self.sender.try_send(());
        }

        pub(crate) async fn notified(&self) {
            self.receiver.recv().await.expect("the sender is in the same place");
        }
    }

    /// From many to one.
    pub(crate) mod mpsc {
        pub(crate) use smol::channel::Sender;
        use smol::channel::{self, SendError};

        /// smol's own receiver can be cloned, and says who is gone by an error.
        #[derive(Debug)]
        pub(crate) struct Receiver<T>(channel::Receiver<T>);

        impl<T> Receiver<T> {
            pub(crate) async fn recv(&mut self) -> Option<T> {
                self.0.recv().await.ok()
            }
        }

        pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
            let (sender, receiver) = channel::bounded(capacity);
            (sender, Receiver(receiver))
        }

        /// Its `send` never waits.
        #[derive(Debug)]
        pub(crate) struct UnboundedSender<T>(Sender<T>);

        impl<T> Clone for UnboundedSender<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T> UnboundedSender<T> {
            pub(crate) fn send(&self, message: T) -> Result<(), SendError<T>> {
                // It is never full.
                self.0.try_send(message).map_err(|error| SendError(error.into_inner()))
            }
        }

        pub(crate) type UnboundedReceiver<T> = Receiver<T>;

        pub(crate) fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
            let (sender, receiver) = channel::unbounded();
            (UnboundedSender(sender), Receiver(receiver))
        }
    }

    /// One message.
    pub(crate) mod oneshot {
        use std::future::Future;
        use std::pin::Pin;
        use std::task::{Context, Poll};

        use pin_project_lite::pin_project;
        use smol::channel::{self, RecvError};
        use smol::stream::Stream;

        /// Its `send` is the last thing it does, and never waits.
        #[derive(Debug)]
        pub(crate) struct Sender<T>(channel::Sender<T>);

        impl<T> Sender<T> {
            pub(crate) fn send(self, message: T) -> Result<(), T> {
                self.0.try_send(message).map_err(channel::TrySendError::into_inner)
            }
        }

        pin_project! {
            /// smol's receiver as a future of the one message.
            #[derive(Debug)]
            pub(crate) struct Receiver<T> {
                #[pin]
                receiver: channel::Receiver<T>,
            }
        }

        impl<T> Future for Receiver<T> {
            type Output = Result<T, RecvError>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.project().receiver.poll_next(cx).map(|message| message.ok_or(RecvError))
            }
        }

        pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
            let (sender, receiver) = channel::bounded(1);
            (Sender(sender), Receiver { receiver })
        }
    }
}
