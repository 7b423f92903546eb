//! What the tests share: runtimes by flavour, a watchdog, panics caught with their place, child processes, drop counters.
//!
//! A test that could hang runs under [`watched`]: a lost wake-up must be a failure with a message, not a CI job that is
//! killed after an hour.

use gmp::runtime::{Builder, Runtime};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Once, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// No test of ours takes longer unless something never happens.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `f` on a thread of its own; fails if that has not ended after a minute.
#[track_caller]
pub(crate) fn watched<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, result) = mpsc::channel();
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let thread = std::thread::Builder::new()
        .name(test.clone())
        .spawn(move || {
            let _ = done.send(catch_unwind(AssertUnwindSafe(f)));
        })
        .expect("a thread for the test");
    match result.recv_timeout(PATIENCE) {
        Ok(outcome) => {
            thread.join().expect("the thread has sent its outcome");
            outcome.unwrap_or_else(|payload| resume_unwind(payload))
        }
        Err(_) => panic!("{test} hangs: no end after {PATIENCE:?}\n{}", threads()),
    }
}

/// Where the threads of this process wait, as far as the kernel tells.
fn threads() -> String {
    let mut out = String::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file: &str| {
            let text = std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
            text.trim().to_owned()
        };
        let status = read("status");
        let state = status.lines().find(|l| l.starts_with("State:")).unwrap_or("");
        out += &format!("  {} {state} {}\n", read("comm"), read("wchan"));
    }
    out
}

/// A `multi_thread` runtime with so many workers, not pinned: tests run beside each other.
pub(crate) fn multi(workers: usize) -> Runtime {
    multi_builder(workers).build().expect("a runtime")
}

/// As [`multi`], to be finished by the caller.
pub(crate) fn multi_builder(workers: usize) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers).pin_workers(gmp::runtime::Pin::None).enable_all();
    builder
}

/// A `current_thread` runtime.
pub(crate) fn current() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs `f` on each kind of runtime in turn, each under the watchdog.
#[track_caller]
pub(crate) fn on_each(f: fn(Runtime)) {
    type Make = fn() -> Runtime;
    let kinds: [(&str, Make); 4] = [
        ("current_thread", current),
        ("multi_thread, 1 worker", || multi(1)),
        ("multi_thread, 2 workers", || multi(2)),
        ("multi_thread, 4 workers", || multi(4)),
    ];
    for (name, make) in kinds {
        // Shown by libtest if the test fails.
        println!("on {name}");
        watched(move || f(make()));
    }
}

/// As [`on_each`] for tests that need tasks to go on by themselves.
#[track_caller]
pub(crate) fn on_each_multi(f: fn(Runtime)) {
    for workers in [1, 2, 4] {
        println!("on multi_thread, {workers} workers");
        watched(move || f(multi(workers)));
    }
}

/// The smallest executor there is: one that isn't gmp's.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

/// A future that is polled by hand, with a waker that remembers.
pub(crate) struct ByHand<F> {
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<F> ByHand<F> {
    /// Takes a future into the hand.
    pub(crate) fn new(future: F) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    /// The future.
    pub(crate) fn as_mut(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }

    /// Runs `f` in the context that remembers.
    pub(crate) fn enter<R>(&mut self, f: impl FnOnce(Pin<&mut F>, &mut Context<'_>) -> R) -> R {
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(self.woken.clone());
        f(self.future.as_mut(), &mut Context::from_waker(&waker))
    }

    /// Whether the waker of the last poll has been woken since.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// How many of its wakers others have.
    pub(crate) fn wakers(&self) -> usize {
        Arc::strong_count(&self.woken) - 1
    }
}

impl<F: Future> ByHand<F> {
    /// Polls it once.
    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.enter(|future, cx| future.poll(cx))
    }
}

/// Runs `f` on a `current_thread` runtime whose clock is paused.
#[track_caller]
pub(crate) fn paused(f: impl AsyncFnOnce() + Send + 'static) {
    watched(move || {
        let rt = Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        rt.block_on(f());
    });
}

/// So many milliseconds.
pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until `f` says yes, for what has no other way to be waited for.
#[track_caller]
pub(crate) fn eventually(what: &str, f: impl Fn() -> bool) {
    let begun = Instant::now();
    while !f() {
        assert!(begun.elapsed() < PATIENCE, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How many threads of this process are called that. The kernel keeps 15 bytes of a name.
pub(crate) fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|comm| comm.trim_end() == name).count()
}

/// A panic: its text and where it points.
#[derive(Clone, Debug)]
pub(crate) struct Caught {
    /// The message.
    pub(crate) text: String,
    /// The file that the panic is attributed to.
    pub(crate) file: String,
    /// And the line.
    pub(crate) line: u32,
}

thread_local! {
    static LAST: RefCell<Option<Caught>> = const { RefCell::new(None) };
}

/// Runs `f`, which has to panic on this thread, and says with what and where.
#[track_caller]
pub(crate) fn panic_of<R>(f: impl FnOnce() -> R) -> Caught {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|l| (l.file().to_owned(), l.line()));
            let (file, line) = place.unwrap_or_default();
            let text = text_of(info.payload());
            LAST.with(|last| *last.borrow_mut() = Some(Caught { text, file, line }));
            before(info);
        }));
    });
    LAST.with(|last| last.borrow_mut().take());
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err(), "there was no panic");
    LAST.with(|last| last.borrow_mut().take()).expect("the hook has seen the panic")
}

/// The text of a panic's payload.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<String>(), payload.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (_, Some(text)) => (*text).to_owned(),
        _ => "not a text".to_owned(),
    }
}

/// The variable that tells a child process which test it is to play.
const CHILD: &str = "GMP_TESTS_CHILD";

/// Runs this test binary again for one test, with variables of the environment. In the child itself, runs `play` and
/// returns `None`. `test` is the full name of the calling test.
#[track_caller]
pub(crate) fn in_child(test: &str, env: &[(&str, &str)], play: fn()) -> Option<Output> {
    let mut command = child(test, play)?;
    command.envs(env.iter().copied());
    let output = output(command.spawn().expect("a child process"), test);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("running 1 test"), "there is no test {test:?}:\n{stdout}");
    Some(output)
}

/// As [`in_child`], for who wants to start the child in a way of his own: with pipes for its output, and without input.
pub(crate) fn child(test: &str, play: fn()) -> Option<Command> {
    if std::env::var_os(CHILD).is_some_and(|v| v == test) {
        play();
        return None;
    }
    let mut command = Command::new(std::env::current_exe().expect("this binary's path"));
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env_remove("GMP_MAXPROCS")
        .env_remove("TOKIO_WORKER_THREADS")
        .env_remove("GMP_PIN")
        .env_remove("GMP_SEED")
        .env_remove("GMP_DEBUG")
        .env_remove("GMP_FAULT")
        .env(CHILD, test)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Some(command)
}

/// What a child writes until it ends. If it doesn't end, it is killed and the test fails.
#[track_caller]
pub(crate) fn output(child: Child, test: &str) -> Output {
    let id = child.id();
    let (done, result) = mpsc::channel();
    let waiter = std::thread::spawn(move || {
        let _ = done.send(child.wait_with_output());
    });
    let Ok(output) = result.recv_timeout(PATIENCE) else {
        // The only process that this test has started.
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        panic!("the child of {test} hangs: no end after {PATIENCE:?}");
    };
    waiter.join().expect("the waiter has sent the output");
    output.expect("the child's output")
}

/// What a child wrote to stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Counts how many of its [`Live`]s are there, and how many there have been.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census(Arc<(AtomicUsize, AtomicUsize)>);

/// Counted by a [`Census`] until it is dropped.
#[derive(Debug)]
pub(crate) struct Live(Census, Option<std::thread::ThreadId>);

impl Census {
    /// One more.
    pub(crate) fn live(&self) -> Live {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        Live(self.clone(), None)
    }

    /// How many have been made.
    pub(crate) fn made(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    /// How many have been dropped.
    pub(crate) fn dropped(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    /// Fails unless each has been dropped, once.
    #[track_caller]
    pub(crate) fn assert_all_dropped(&self) {
        assert_eq!(self.made(), self.dropped(), "made and dropped");
    }
}

impl Live {
    /// Fails when it is dropped on the thread that calls this.
    pub(crate) fn not_here(mut self) -> Self {
        self.1 = Some(std::thread::current().id());
        self
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.0.1.fetch_add(1, Ordering::SeqCst);
        if let Some(forbidden) = self.1 {
            if forbidden == std::thread::current().id() {
                // A panic here may be swallowed, as a panic of a task's drop is.
                eprintln!("dropped on a thread outside of the runtime");
                std::process::abort();
            }
        }
    }
}

/// A number that says how busy the machine lets us be: fewer rounds without optimisation.
pub(crate) const fn rounds(release: usize) -> usize {
    if cfg!(debug_assertions) { release / 10 } else { release }
}
