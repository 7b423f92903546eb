//! `#[gmp::main]` and `#[gmp::test]` on real runtimes: what they accept, and whether main is a task.

use gmp::runtime::{Handle, RuntimeFlavor};
use std::error::Error;
use std::process::{ExitCode, Termination};
use std::rc::Rc;

/// How a body was run: its worker, its task, its runtime.
#[derive(Debug, PartialEq, Eq)]
struct How {
    is_task: bool,
    on_worker: bool,
    flavor: RuntimeFlavor,
    workers: usize,
    name: Option<String>,
}

fn how() -> How {
    let handle = Handle::current();
    How {
        is_task: gmp::task::try_id().is_some(),
        on_worker: gmp::runtime::worker_index().is_some(),
        flavor: handle.runtime_flavor(),
        workers: handle.metrics().num_workers(),
        name: handle.name().map(str::to_owned),
    }
}

async fn tick() {
    gmp::task::yield_now().await;
}

#[gmp::main]
async fn sendable() -> How {
    tick().await;
    how()
}

#[gmp::main]
async fn with_rc() -> How {
    let rc = Rc::new(1);
    tick().await;
    drop(rc);
    how()
}

#[gmp::main]
async fn returns_rc() -> Rc<How> {
    Rc::new(how())
}

#[gmp::main(worker_threads = 3, name = "nm", unhandled_panic = "ignore")]
async fn with_settings() -> How {
    tick().await;
    how()
}

#[gmp::main(flavor = "current_thread")]
async fn on_current_thread() -> How {
    tick().await;
    how()
}

/// A `Send` main is the first task, on a worker that is the calling thread; any other runs there, locked.
#[test]
fn main_is_a_task_if_it_can_be() {
    let how = sendable();
    assert!(how.is_task && how.on_worker);
    assert_eq!(how.flavor, RuntimeFlavor::MultiThread);
    for how in [with_rc(), Rc::into_inner(returns_rc()).unwrap()] {
        assert!(!how.is_task && !how.on_worker);
        assert_eq!(how.flavor, RuntimeFlavor::MultiThread);
    }
}

#[test]
fn settings_arrive() {
    let how = with_settings();
    assert!(how.is_task);
    assert_eq!((how.workers, how.name.as_deref()), (3, Some("nm")));
    let how = on_current_thread();
    assert!(!how.is_task);
    assert_eq!((how.flavor, how.workers), (RuntimeFlavor::CurrentThread, 1));
}

#[gmp::main(worker_threads = 2)]
async fn busy() -> u64 {
    // What main spawns is queued on its own worker, stolen by the other, awaited by main.
    let mut sum = 0;
    for round in 0..20 {
        let tasks: Vec<_> = (0..50).map(|i| gmp::spawn(async move { i * round })).collect();
        for task in tasks {
            sum += task.await.unwrap();
        }
        let job = gmp::task::spawn_blocking(move || round);
        sum += job.await.unwrap();
    }
    sum
}

#[test]
fn main_spawns_and_awaits() {
    for _ in 0..10 {
        assert_eq!(busy(), 49 * 25 * 190 + 190);
    }
}

#[gmp::main]
async fn question() -> Result<u8, Box<dyn Error + Send + Sync>> {
    tick().await;
    Ok("7".parse()?)
}

#[gmp::main]
async fn question_locked() -> Result<u8, Box<dyn Error>> {
    let n = "x".parse()?;
    tick().await;
    Ok(n)
}

#[gmp::main]
async fn termination() -> impl Termination {
    tick().await;
}

#[gmp::main]
async fn code() -> ExitCode {
    tick().await;
    ExitCode::from(3)
}

#[gmp::main]
async fn never() -> ! {
    tick().await;
    panic!("over")
}

#[gmp::main]
async fn empty() {}

#[test]
fn results() {
    assert_eq!(question().unwrap(), 7);
    assert!(question_locked().unwrap_err().to_string().contains("invalid digit"));
    assert_eq!(format!("{:?}", termination().report()), format!("{:?}", ExitCode::SUCCESS));
    assert_eq!(format!("{:?}", code()), format!("{:?}", ExitCode::from(3)));
    empty();
    // The payload only: main is a task, which may have panicked on any worker.
    let thrown = std::panic::catch_unwind(|| {
        never();
    });
    assert_eq!(crate::support::text_of(&*thrown.unwrap_err()), "over");
}

#[gmp::main]
async fn arguments(mut text: String, (b, c): (u8, u8), _: u8) -> String {
    tick().await;
    text += &format!("{b}{c}");
    text
}

#[gmp::main]
async fn borrowed(bytes: &mut [u8]) -> &mut u8 {
    tick().await;
    &mut bytes[0]
}

#[gmp::main(flavor = "current_thread")]
async fn generic<'a, T: AsRef<str> + ?Sized, const N: usize>(text: &'a T, _other: &str) -> [&'a str; N] {
    tick().await;
    [text.as_ref(); N]
}

#[gmp::main]
async fn either(text: impl Into<String>) -> impl Into<String> {
    tick().await;
    text.into()
}

#[gmp::main]
async fn coerced(fail: bool) -> Result<(), Box<dyn Error>> {
    tick().await;
    if fail {
        Err("x")?;
    }
    Ok(())
}

#[test]
fn functions_with_arguments() {
    assert_eq!(arguments("a".into(), (1, 2), 3), "a12");
    assert_eq!(*borrowed(&mut [5]), 5);
    assert_eq!(generic::<_, 2>("x", "y"), ["x", "x"]);
    let text: String = either("a").into();
    assert_eq!(text, "a");
    assert!(coerced(true).is_err() && coerced(false).is_ok());
}

struct Counter {
    n: u8,
}

impl Counter {
    #[gmp::main(flavor = "current_thread")]
    async fn by_ref(&self, k: u8) -> u8 {
        tick().await;
        self.n + k
    }

    #[gmp::main]
    async fn by_mut(&mut self) -> &mut u8 {
        tick().await;
        self.n += 1;
        &mut self.n
    }

    #[gmp::main]
    async fn by_value(self) -> Self {
        tick().await;
        self
    }

    #[gmp::main]
    async fn boxed(self: Box<Self>) -> u8 {
        tick().await;
        self.n
    }

    #[gmp::main]
    async fn fresh() -> Self {
        tick().await;
        Counter { n: 6 }
    }
}

#[test]
fn methods() {
    let mut counter = Counter { n: 1 };
    assert_eq!(counter.by_ref(1), 2);
    assert_eq!(*counter.by_mut(), 2);
    assert_eq!(Box::new(counter.by_value()).boxed(), 2);
    assert_eq!(Counter::fresh().n, 6);
}

macro_rules! make {
    ($(#[$attr:meta])* $name:ident, $ty:ty, $body:block) => {
        $(#[$attr])*
        #[gmp::main]
        async fn $name() -> $ty $body
    };
}

make!(
    /// Documented.
    made,
    u32,
    {
        let x = 3;
        tick().await;
        x
    }
);

mod elsewhere {
    pub(super) use gmp as other;
}

#[gmp::main(crate = "crate::macros::elsewhere::other")]
async fn by_path() -> u8 {
    1
}

#[gmp::main(crate = elsewhere::other, flavor = "current_thread")]
async fn by_bare_path() -> u8 {
    2
}

#[test]
fn in_macros_and_by_path() {
    assert_eq!(made(), 3);
    assert_eq!((by_path(), by_bare_path()), (1, 2));
}

/// A panic of main's is the caller's, and its runtime is gone.
#[test]
fn the_runtime_ends_with_main() {
    static CENSUS: std::sync::OnceLock<crate::support::Census> = std::sync::OnceLock::new();
    let census = CENSUS.get_or_init(Default::default);
    #[gmp::main(worker_threads = 2)]
    async fn leaves_tasks(fail: bool) -> Handle {
        leave(fail)
    }
    #[gmp::main(worker_threads = 2)]
    async fn leaves_tasks_as_a_task() -> Handle {
        leave(false)
    }
    fn leave(fail: bool) -> Handle {
        for _ in 0..100 {
            let live = CENSUS.get().unwrap().live();
            gmp::spawn(async move {
                let _live = live;
                std::future::pending::<()>().await;
            });
        }
        assert!(!fail, "as asked");
        Handle::current()
    }
    for handle in [leaves_tasks(false), leaves_tasks_as_a_task()] {
        assert_eq!(handle.metrics().num_alive_tasks(), 0);
        assert!(handle.spawn(async {}).is_finished());
    }
    census.assert_all_dropped();
    assert_eq!(crate::support::panic_of(|| leaves_tasks(true)).text, "as asked");
    census.assert_all_dropped();
}

#[gmp::test]
async fn plain_test() {
    let rc = Rc::new(1);
    tick().await;
    assert_eq!(*rc, 1);
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread);
}

#[gmp::test(flavor = "multi_thread", worker_threads = 2)]
async fn multi_thread_test() {
    assert_eq!(gmp::spawn(async { 1 }).await.unwrap(), 1);
    assert_eq!(Handle::current().metrics().num_workers(), 2);
}

#[gmp::test]
#[should_panic(expected = "boom")]
async fn panicking_test() {
    tick().await;
    panic!("boom")
}

#[gmp::test]
async fn result_test() -> Result<(), Box<dyn Error>> {
    tick().await;
    let _: u8 = "1".parse()?;
    Ok(())
}

#[gmp::test]
#[ignore = "an attribute that must be kept; it would fail"]
async fn ignored_test() {
    panic!()
}

#[gmp::test(flavor = "current_thread", unhandled_panic = "shutdown_runtime")]
#[should_panic(expected = "a spawned task panicked and the runtime is configured to shut down on unhandled panic")]
async fn test_with_unhandled_panic() {
    gmp::spawn(async { panic!("boom") });
    std::future::pending::<()>().await;
}

/// The re-exported macros find what they expand to.
#[gmp::test]
async fn other_macros() {
    let (a, b) = gmp::join!(async { 1 }, gmp::spawn(async { 2 }));
    assert_eq!((a, b.unwrap()), (1, 2));
    let both = gmp::try_join!(async { Ok::<_, u8>(1) }, async { Ok::<_, u8>(2) });
    assert_eq!(both, Ok((1, 2)));
    let first = gmp::select! {
        () = std::future::pending() => 1,
        two = async { 2 } => two,
        else => 3,
    };
    assert_eq!(first, 2);
    let future = async { 4 };
    gmp::pin!(future);
    assert_eq!(future.await, 4);
    gmp::task_local! {
        static NUMBER: u32;
    }
    let seen = NUMBER.scope(5, async {
        tick().await;
        NUMBER.get()
    });
    assert_eq!(gmp::spawn(seen).await.unwrap(), 5);
}
