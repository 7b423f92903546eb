//! The attributes, wherever a function with one can stand.

use std::error::Error;
use std::fmt::Display;
use std::process::{ExitCode, Termination};
use std::rc::Rc;
use tokio::runtime::{Handle, RuntimeFlavor};

macro_rules! entries {
    ($($(#[$attribute:meta])* $name:ident $(<$parameter:ident: $bound:path>)? ($($argument:ident: $ty:ty),*) -> $output:ty $body:block)*) => { $(
        #[tokio::main]
        $(#[$attribute])*
        async fn $name $(<$parameter: $bound>)? ($($argument: $ty),*) -> $output $body
    )* };
}

entries! {
    /// Docs, and another attribute.
    #[must_use]
    plain() -> u8 { 1 }
    questions(text: &str) -> Result<u32, Box<dyn Error + Send + Sync>> {
        let number: u32 = tokio::spawn(std::future::ready(text.to_owned())).await?.parse()?;
        Ok(number + 1)
    }
    generic<T: Display>(value: T) -> String {
        tokio::task::yield_now().await;
        value.to_string()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn stays_on_its_thread() -> Rc<u8> {
    let value = Rc::new(2);
    tokio::task::yield_now().await;
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread);
    value
}

#[tokio::main(flavor = "multi_thread", worker_threads = 3)]
async fn how_many() -> usize {
    Handle::current().metrics().num_workers()
}

#[tokio::main]
async fn a_code() -> ExitCode {
    ExitCode::from(3)
}

struct Program {
    name: &'static str,
}

impl Program {
    #[tokio::main]
    async fn run(&self) -> &'static str {
        tokio::task::yield_now().await;
        self.name
    }
}

#[test]
fn mains_are_functions() {
    assert_eq!(plain(), 1);
    assert_eq!(questions("5").unwrap(), 6);
    assert_eq!(questions("five").unwrap_err().to_string(), "invalid digit found in string");
    assert_eq!(generic(7), "7");
    assert_eq!(*stays_on_its_thread(), 2);
    assert_eq!(how_many(), 3);
    assert_eq!(a_code().report(), ExitCode::from(3));
    assert_eq!(Program { name: "program" }.run(), "program");
}

macro_rules! tests {
    ($($(#[$attribute:meta])* $name:ident ($($setting:tt)*) $body:block)*) => { $(
        #[tokio::test($($setting)*)]
        $(#[$attribute])*
        async fn $name() $body
    )* };
}

tests! {
    generated_test() { assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread); }
    generated_test_on_several_threads(flavor = "multi_thread", worker_threads = 2) {
        assert_eq!(Handle::current().metrics().num_workers(), 2);
    }
    #[should_panic(expected = "on purpose")]
    generated_test_that_panics() { panic!("on purpose"); }
}

#[tokio::test]
#[should_panic(expected = "InvalidDigit")]
async fn a_test_that_fails_with_an_error() {
    let parsed: Result<u8, _> = "x".parse::<u8>();
    parsed.unwrap();
}

#[tokio::test]
async fn a_test_with_a_result() -> Result<(), Box<dyn Error>> {
    let text = tokio::spawn(async { "5" }).await?;
    assert_eq!(text.parse::<u8>()?, 5);
    Ok(())
}
