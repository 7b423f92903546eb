//! The attribute macros of gmp: [`#[gmp::main]`](macro@main) and [`#[gmp::test]`](macro@test).
//!
//! Internal, no semver: name them through the `gmp` crate, which exports both and whose API their expansion
//! calls. This crate knows no more of the runtime than the paths that `entry/expand.rs` writes.
//!
//! `select!`, `join!` and the other macros of tokio's that gmp has are tokio's own and not here.
//!
//! Go: none — `func main` and `func TestXxx` need no mark.

mod entry;

use proc_macro::TokenStream;

/// Turns an `async fn` into a function that builds a runtime and runs the body on it.
///
/// For a program that needs no more of the runtime than the arguments below can say. For more, call
/// `gmp::runtime::Builder`.
///
/// ```ignore
/// // Needs the gmp crate, which depends on this one.
/// #[gmp::main]
/// async fn main() {
///     println!("Hello world");
/// }
/// ```
///
/// The attribute goes on any `async fn`, not only on `main`, and on methods. Each call then builds a runtime
/// and ends it; where that happens often, build one `Runtime` and keep it. Only `main` can't have arguments.
///
/// # Arguments
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `flavor = "multi_thread"` | yes | one worker a usable CPU, `Builder::new_multi_thread` |
/// | `flavor = "current_thread"` | | the calling thread only, `Builder::new_current_thread` |
/// | `flavor = "local"` | | the same, and futures that aren't `Send` can be spawned, `Builder::build_local` |
/// | `worker_threads = 4` | the builder's | `Builder::worker_threads`, for `multi_thread` only |
/// | `start_paused = true` | `false` | `Builder::start_paused`, for `current_thread` and `local` only |
/// | `unhandled_panic = "ignore"` or `"shutdown_runtime"` | the builder's | `Builder::unhandled_panic` |
/// | `name = "server"` | none | `Builder::name`, the name of the runtime |
/// | `crate = "some::path"` or `some::path` | see below | where the expansion finds gmp |
///
/// Names and values are tokio's; `unhandled_panic` goes with every flavor.
///
/// # The name of the crate
///
/// The expansion names gmp as the manifest of the package does. So it works where the dependency is renamed, in
/// the package or through the workspace:
///
/// ```toml
/// [dependencies]
/// tokio = { package = "gmp", version = "0.1" }
/// ```
///
/// ```ignore
/// // Needs that manifest.
/// #[tokio::main]
/// async fn main() {}
/// ```
///
/// A crate that only re-exports gmp isn't found in the manifest of those that use it: they say
/// `crate = "that_crate::gmp"`.
///
/// # Main is the first task
///
/// On a runtime of flavor `multi_thread` a body without arguments, generics or `self` runs as an ordinary task
/// if its future is `Send`: it may move between workers, and what it spawns goes to the queue of the worker that
/// it runs on. Any other future runs where the function was called, as in `Runtime::block_on`. Nothing but
/// speed depends on which: that a body holds an `Rc` across an await is no error.
///
/// ```text
/// #[gmp::main]                       fn main() -> R {
/// async fn main() -> R {                 async fn __gmp_body() -> R {
///     body                                   body
/// }                                      }
///                                        let runtime = ::gmp::runtime::Builder::new_multi_thread()
///                                            .enable_all()
///                                            .build()
///                                            .expect("Failed building the Runtime");
///                                        // as a task if __gmp_body() is Send, else by block_on
///                                    }
/// ```
///
/// Two kinds of function are refused that `Runtime::block_on` takes. Both are rare:
///
/// * A body that holds, across an await, a value of a type with an `unsafe impl Send` that demands an outlives
///   relation, such as `unsafe impl<T: 'static> Send for Raw<T>`. The error is "higher-ranked lifetime error"
///   and names `RunAsG`. Await a `Pin<Box<dyn Future>>` of the body instead: that isn't `Send`.
/// * A function in an `impl<T>` that has no arguments and names `T`, but never `Self`.
///
/// # Other forms
///
/// ```text
/// #[gmp::main(flavor = "local", start_paused = true)]
/// async fn run(n: u32) -> R {        fn run(n: u32) -> R {
///     body                               let body = async move { body };
/// }                                      ::gmp::runtime::Builder::new_current_thread()
///                                            .enable_all()
///                                            .start_paused(true)
///                                            .build_local(Default::default())
///                                            .expect("Failed building the Runtime")
///                                            .block_on(body)
///                                    }
/// ```
///
/// # Panics
///
/// The function panics if the runtime can't be built, and if it is called from within a runtime.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::main(true, args.into(), item.into()).into()
}

/// Turns an `async fn` into a test that runs the body on a runtime of its own.
///
/// ```ignore
/// // Needs the gmp crate, which depends on this one.
/// #[gmp::test]
/// async fn adds() {
///     assert_eq!(2 + 2, 4);
/// }
///
/// #[gmp::test(flavor = "multi_thread", worker_threads = 2)]
/// #[should_panic(expected = "over")]
/// async fn panics() {
///     panic!("over");
/// }
/// ```
///
/// The arguments are those of [`#[gmp::main]`](macro@main), but for the default flavor, which is
/// `current_thread`. With `start_paused = true` a test that sleeps takes no time.
///
/// The function has no arguments, unless another macro below this attribute supplies them. `#[should_panic]` and
/// `#[ignore]` work as on any test, and the output is what a test may return.
///
/// ```text
/// #[gmp::test]                       #[test]
/// async fn adds() {                  fn adds() {
///     body                               async fn __gmp_body() {
/// }                                          body
///                                        }
///                                        ::gmp::runtime::Builder::new_current_thread()
///                                            .enable_all()
///                                            .build()
///                                            .expect("Failed building the Runtime")
///                                            .block_on(__gmp_body())
///                                    }
/// ```
///
/// # Panics
///
/// The test fails if the runtime can't be built.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::test(true, args.into(), item.into()).into()
}

/// [`#[gmp::main]`](macro@main) of a gmp without the feature `rt-multi-thread`: there is no default flavor.
#[proc_macro_attribute]
pub fn main_rt(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::main(false, args.into(), item.into()).into()
}

/// [`#[gmp::test]`](macro@test) of a gmp without the feature `rt-multi-thread`.
#[proc_macro_attribute]
pub fn test_rt(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::test(false, args.into(), item.into()).into()
}
