//! What the arguments may be, and tokio's words for what they may not.
//!
//! Go: none — see `args.rs`.

use proc_macro2::TokenStream;
use syn::Error;

use super::{Args, Entry, Flavor, UnhandledPanic};

fn parse(entry: Entry, args: &str) -> Result<Args, Error> {
    let tokens: TokenStream = args.parse().expect("tokens");
    Args::parse(entry, tokens)
}

#[track_caller]
fn refuses(entry: Entry, args: &str, expected: &[&str]) {
    let Err(error) = parse(entry, args) else {
        panic!("`{args}` is accepted");
    };
    let messages: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
    assert_eq!(messages, expected, "for `{args}`");
}

#[track_caller]
fn refuses_args(args: &str, expected: &[&str]) {
    refuses(Entry::Main, args, expected);
}

const UNKNOWN: &str = "is specified; expected one of: `flavor`, `worker_threads`, `start_paused`, \
                       `crate`, `unhandled_panic`, `name`.";

#[test]
fn defaults_are_those_of_the_attribute() {
    for (entry, flavor) in [(Entry::Main, Flavor::MultiThread), (Entry::Test, Flavor::CurrentThread)] {
        let args = parse(entry, "").expect("no arguments");
        assert_eq!(args.flavor, flavor);
        assert_eq!(args.worker_threads, None);
        assert_eq!(args.start_paused, None);
        assert_eq!(args.unhandled_panic, None);
        assert_eq!(args.name, None);
        assert!(args.crate_path.is_none());
    }
}

#[test]
fn values_are_read() {
    let args = parse(
        Entry::Main,
        "flavor = \"multi_thread\", worker_threads = 1_6usize, unhandled_panic = \"ignore\", name = r\"a\",",
    )
    .expect("right arguments");
    assert_eq!(args.flavor, Flavor::MultiThread);
    assert_eq!(args.worker_threads, Some(16));
    assert_eq!(args.unhandled_panic, Some(UnhandledPanic::Ignore));
    assert_eq!(args.name.as_deref(), Some("a"));

    let args = parse(Entry::Main, "Start_Paused = false, flavor = \"local\", unhandled_panic = \"shutdown_runtime\"")
        .expect("right arguments");
    assert_eq!(args.flavor, Flavor::Local);
    assert_eq!(args.start_paused, Some(false));
    assert_eq!(args.unhandled_panic, Some(UnhandledPanic::ShutdownRuntime));
}

#[test]
fn arguments_are_known() {
    refuses_args("threads = 4", &[&format!("Unknown attribute threads {UNKNOWN}")]);
    refuses_args("foo", &[&format!("Unknown attribute foo {UNKNOWN}")]);
    refuses_args("foo(1)", &["Unknown attribute inside the macro"]);
    refuses_args("a::flavor = 1", &["Must have specified ident"]);
    refuses_args("a::flavor", &["Must have specified ident"]);
    refuses_args("core_threads = 4", &["Attribute `core_threads` is renamed to `worker_threads`"]);
    for name in ["flavor", "worker_threads", "start_paused", "crate", "unhandled_panic", "name"] {
        let message = format!("The `{name}` attribute requires an argument.");
        refuses_args(name, &[&message]);
    }
    for (name, flavor) in [
        ("threaded_scheduler", "multi_thread"),
        ("multi_thread", "multi_thread"),
        ("basic_scheduler", "current_thread"),
        ("current_thread", "current_thread"),
        ("single_threaded", "current_thread"),
        ("local", "local"),
    ] {
        let message = format!("Set the runtime flavor with #[gmp::main(flavor = \"{flavor}\")].");
        refuses_args(name, &[&message]);
    }
}

#[test]
fn values_are_checked() {
    let renamed = |old, new| format!("The `{old}` runtime flavor has been renamed to `{new}`.");
    for (args, message) in [
        ("flavor = FAST", "Must be a literal"),
        ("worker_threads = -1", "Failed to parse value of `worker_threads` as integer: invalid digit found in string"),
        ("flavor = 1", "Failed to parse value of `flavor` as string."),
        (
            "flavor = \"fast\"",
            "No such runtime flavor `fast`. The runtime flavors are `current_thread`, `local`, and \
             `multi_thread`.",
        ),
        ("flavor = \"single_thread\"", "The single threaded runtime flavor is called `current_thread`."),
        ("flavor = \"basic_scheduler\"", &renamed("basic_scheduler", "current_thread")),
        ("flavor = \"threaded_scheduler\"", &renamed("threaded_scheduler", "multi_thread")),
        ("worker_threads = 0", "`worker_threads` may not be 0."),
        ("worker_threads = \"4\"", "Failed to parse value of `worker_threads` as integer."),
        (
            "worker_threads = 99999999999999999999999",
            "Failed to parse value of `worker_threads` as integer: number too large to fit in target \
             type",
        ),
        ("start_paused = 1", "Failed to parse value of `start_paused` as bool."),
        ("unhandled_panic = true", "Failed to parse value of `unhandled_panic` as string."),
        (
            "unhandled_panic = \"abort\"",
            "No such unhandled panic behavior `abort`. The unhandled panic behaviors are `ignore` and \
             `shutdown_runtime`.",
        ),
        ("name = 1", "Failed to parse value of `name` as string."),
        ("crate = 456", "Failed to parse value of `crate` as path."),
        ("crate = \"456\"", "Failed to parse value of `crate` as path: \"456\""),
    ] {
        refuses_args(args, &[message]);
    }
    // All that are wrong for themselves are reported.
    refuses_args(
        "worker_threads = 0, name = 1, flavor = \"local\"",
        &["`worker_threads` may not be 0.", "Failed to parse value of `name` as string."],
    );
}

#[test]
fn arguments_are_given_once() {
    for argument in [
        "flavor = \"local\"",
        "worker_threads = 4",
        "start_paused = true",
        "unhandled_panic = \"ignore\"",
        "name = \"a\"",
        "crate = \"gmp\"",
    ] {
        let (name, _) = argument.split_once(" =").expect("a name");
        refuses_args(&format!("{argument}, {argument}"), &[&format!("`{name}` set multiple times.")]);
    }
}

#[test]
fn arguments_go_together() {
    let option = |attribute, option, flavor| {
        format!(
            "The `{option}` option requires the `{flavor}` runtime flavor. \
             Use `#[{attribute}(flavor = \"{flavor}\")]`"
        )
    };
    let workers = option("gmp::main", "worker_threads", "multi_thread");
    refuses_args("flavor = \"local\", worker_threads = 4", &[&workers]);
    refuses_args("worker_threads = 4, flavor = \"current_thread\"", &[&workers]);
    let paused = option("gmp::main", "start_paused", "current_thread");
    refuses_args("start_paused = false", &[&paused]);

    // The defaults of a test are others.
    let workers = option("gmp::test", "worker_threads", "multi_thread");
    refuses(Entry::Test, "worker_threads = 4", &[&workers]);
    let paused = option("gmp::test", "start_paused", "current_thread");
    refuses(Entry::Test, "flavor = \"multi_thread\", start_paused = true", &[&paused]);
}
