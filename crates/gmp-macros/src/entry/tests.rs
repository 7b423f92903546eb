//! What the attributes expand to and what they refuse, on token streams. That the expansion compiles, runs where
//! it should and reports errors at the right place takes a compiler: see the compile tests of the workspace.
//!
//! Go: none — see `entry.rs`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

use super::args::Entry;
use super::crate_path::{self, CratePath};
use super::entry;

fn at_gmp() -> CratePath {
    CratePath::Extern("gmp".to_owned())
}

fn parse(tokens: &str) -> TokenStream {
    tokens.parse().expect("tokens")
}

fn expand(kind: Entry, args: TokenStream, item: TokenStream) -> String {
    entry(kind, true, args, item, at_gmp).to_string()
}

#[track_caller]
fn expands(kind: Entry, args: TokenStream, item: TokenStream, expected: TokenStream) {
    assert_eq!(expand(kind, args, item), expected.to_string());
}

/// The messages of the `compile_error!`s in an expansion, in order.
fn messages(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens
        .windows(3)
        .filter_map(|window| match window {
            [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(group)]
                if name == "compile_error" && bang.as_char() == '!' =>
            {
                let message: syn::LitStr = syn::parse2(group.stream()).expect("a message");
                Some(message.value())
            }
            _ => None,
        })
        .collect()
}

#[track_caller]
fn refuses(kind: Entry, args: &str, item: &str, expected: &[&str]) {
    let expansion = entry(kind, true, parse(args), parse(item), at_gmp);
    assert_eq!(messages(expansion.clone()), expected);
    // The function is there all the same: there is no second error about a missing one.
    let function = expansion.to_string();
    assert!(function.contains("fn main") || function.contains("struct Main"));
}

#[test]
fn main_without_arguments_runs_as_a_task_if_it_can() {
    expands(
        Entry::Main,
        quote!(),
        quote! {
            /// Doc.
            #[allow(unused)]
            pub async fn main() -> Result<(), Error> {
                #![expect(dead_code)]
                run().await?;
                Ok(())
            }
        },
        quote! {
            #[doc = r" Doc."]
            #[allow(unused)]
            #[expect(dead_code)]
            pub fn main() -> Result<(), Error> {
                async fn __gmp_body() -> Result<(), Error> {
                    run().await?;
                    Ok(())
                }
                {
                    use ::gmp::__private::{RunAsG as _, RunLocked as _};
                    return (&mut ::gmp::__private::MainFuture::new(__gmp_body())).run_main(
                        ::gmp::runtime::Builder::new_multi_thread()
                            .enable_all()
                            .build()
                            .expect("Failed building the Runtime")
                    );
                }
            }
        },
    );
}

#[test]
fn main_that_never_returns_has_no_return() {
    expands(
        Entry::Main,
        quote!(flavor = "current_thread"),
        quote!(
            async fn main() -> ! {
                loop {}
            }
        ),
        quote! {
            fn main() -> ! {
                async fn __gmp_body() -> ! { loop {} }
                ::gmp::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("Failed building the Runtime")
                    .block_on(__gmp_body())
            }
        },
    );
}

#[test]
fn every_argument_has_its_setter() {
    let multi_thread = expand(
        Entry::Main,
        quote!(flavor = "multi_thread", worker_threads = 0x10, unhandled_panic = "ignore", name = "server",),
        quote!(
            async fn main() {}
        ),
    );
    let setters = quote! {
        ::gmp::runtime::Builder::new_multi_thread()
            .worker_threads(16usize)
            .enable_all()
            .name("server")
            .unhandled_panic(::gmp::runtime::UnhandledPanic::Ignore)
            .build()
    };
    assert!(multi_thread.contains(&setters.to_string()), "{multi_thread}");

    expands(
        Entry::Main,
        quote!(start_paused = true, flavor = "local", unhandled_panic = "shutdown_runtime"),
        quote!(
            async fn main() {}
        ),
        quote! {
            fn main() {
                async fn __gmp_body() {}
                return ::gmp::runtime::Builder::new_current_thread()
                    .enable_all()
                    .start_paused(true)
                    .unhandled_panic(::gmp::runtime::UnhandledPanic::ShutdownRuntime)
                    .build_local(::core::default::Default::default())
                    .expect("Failed building the Runtime")
                    .block_on(__gmp_body());
            }
        },
    );
}

#[test]
fn function_with_arguments_is_a_block() {
    expands(
        Entry::Main,
        quote!(),
        quote! {
            async fn run<T: Copy>(&self, n: T) -> Vec<T> where T: Sized { vec![n] }
        },
        quote! {
            fn run<T: Copy>(&self, n: T) -> Vec<T> where T: Sized {
                let body = async move {
                    if false {
                        return { ::gmp::__private::output::<Vec<T> >() };
                    }
                    { vec![n] }
                };
                return ::gmp::runtime::Builder::new_multi_thread()
                    .enable_all()
                    .build()
                    .expect("Failed building the Runtime")
                    .block_on(body);
            }
        },
    );
}

#[test]
fn output_is_named_where_it_can_be() {
    for (item, named) in [
        ("async fn f(n: u8) {}", Some("output :: < () >")),
        ("async fn f(n: &u8) -> &u8 { n }", Some("output :: < & u8 >")),
        ("async fn f(n: u8) -> ! { loop {} }", None),
        ("async fn f(n: u8) -> impl Sized { n }", None),
        ("async fn f(n: u8) -> Option<impl Sized> { n }", None),
        ("async fn f(n: u8) -> (u8, [impl Sized; 2]) { n }", None),
    ] {
        let expansion = expand(Entry::Main, quote!(), parse(item));
        match named {
            Some(output) => assert!(expansion.contains(output), "{expansion}"),
            None => assert!(!expansion.contains("output ::"), "{expansion}"),
        }
    }
}

#[test]
fn only_a_body_that_stands_alone_is_an_item() {
    for (item, alone) in [
        ("async fn f() {}", true),
        ("async fn f() -> impl Sized {}", true),
        ("async fn f(n: u8) {}", false),
        ("async fn f(self) {}", false),
        ("async fn f<const N: usize>() {}", false),
        ("async fn f() where u8: Copy {}", false),
        ("async unsafe fn f() {}", false),
        ("async extern \"C\" fn f() {}", false),
        ("async fn f() -> Self {}", false),
        ("async fn f() -> impl Into<Self> {}", false),
        ("async fn f() { Self::g() }", false),
        ("async fn f() { if true { vec![Self::g()] } }", false),
        // Items have a `Self` of their own.
        ("async fn f() { impl A { fn g() -> Self { Self } } }", true),
        ("async fn f() { trait A { fn g() -> Self; } }", true),
        ("async fn f() { struct A(Box<Self>); }", true),
        ("async fn f() { struct A; enum B {} Self::g() }", false),
    ] {
        let expansion = expand(Entry::Main, quote!(), parse(item));
        assert_eq!(expansion.contains("__gmp_body"), alone, "{expansion}");
    }
}

#[test]
fn test_runs_on_one_thread_behind_a_pointer() {
    expands(
        Entry::Test,
        quote!(),
        quote! {
            #[should_panic]
            async fn adds() { assert!(false); }
        },
        quote! {
            #[should_panic]
            #[::core::prelude::v1::test]
            fn adds() {
                async fn __gmp_body() { assert!(false); }
                return ::gmp::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("Failed building the Runtime")
                    .block_on(::gmp::__private::erase(::core::pin::pin!(__gmp_body())));
            }
        },
    );
}

#[test]
fn test_on_several_threads_is_no_task() {
    let expansion = expand(
        Entry::Test,
        quote!(flavor = "multi_thread", worker_threads = 2),
        quote!(
            async fn adds() {}
        ),
    );
    assert!(expansion.contains("new_multi_thread () . worker_threads (2usize)"));
    assert!(expansion.contains("block_on"));
    assert!(!expansion.contains("MainFuture"));
}

#[test]
fn test_may_have_arguments_for_another_macro() {
    let expansion = expand(
        Entry::Test,
        quote!(),
        quote! {
            #[test_case(1)]
            async fn adds(n: u8) {}
        },
    );
    assert!(!expansion.contains("compile_error"));
    assert!(expansion.contains("erase (:: core :: pin :: pin ! (body))"));
}

#[test]
fn crate_is_found_or_given() {
    // This package doesn't depend on gmp.
    let found = crate_path::find();
    assert_eq!(quote!(#found).to_string(), ":: gmp");

    let renamed = entry(
        Entry::Main,
        true,
        quote!(),
        quote!(
            async fn main() {}
        ),
        || CratePath::Extern("tokio".to_owned()),
    );
    assert!(renamed.to_string().contains(":: tokio :: runtime :: Builder"));
    assert!(!renamed.to_string().contains(":: gmp ::"));

    for args in ["crate = \"a::b\"", "crate = a::b", "Crate = a::b"] {
        let given = expand(
            Entry::Main,
            parse(args),
            quote!(
                async fn main() {}
            ),
        );
        assert!(given.contains("use a :: b :: __private"), "{given}");
        assert!(given.contains("(a :: b :: runtime :: Builder"), "{given}");
        assert!(!given.contains("compile_error"), "{given}");
    }
    let absolute = expand(
        Entry::Main,
        parse("crate = \"::a\""),
        quote!(
            async fn main() {}
        ),
    );
    assert!(absolute.contains("use :: a :: __private"), "{absolute}");
}

#[test]
fn values_may_come_through_a_macro() {
    // As `macro_rules!` passes a `$flavor:expr` on.
    let group = |tokens| TokenTree::Group(Group::new(Delimiter::None, tokens));
    let (flavor, path) = (group(quote!("local")), group(quote!(a::b)));
    let expansion = expand(
        Entry::Main,
        quote!(flavor = #flavor, crate = #path),
        quote!(
            async fn main() {}
        ),
    );
    assert!(expansion.contains("build_local"), "{expansion}");
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn function_is_checked() {
    let missing = "the `async` keyword is missing from the function declaration";
    refuses(Entry::Main, "", "fn main() {}", &[missing]);
    refuses(Entry::Test, "", "fn main() {}", &[missing]);
    refuses(Entry::Main, "", "struct Main;", &["expected `fn`"]);
    refuses(Entry::Main, "", "async fn main(n: u8) {}", &["the main function cannot accept arguments"]);
    refuses(
        Entry::Test,
        "",
        "#[ignore] #[doc = \"x\"] async fn main(n: u8) {}",
        &["the test function cannot accept arguments"],
    );
    let second = "second test attribute is supplied, consider removing or changing the order of \
                  your test attributes";
    for attribute in ["test", "core::prelude::v1::test", "::std::prelude::rust_2024::test"] {
        let item = format!("#[{attribute}] async fn main() {{}}");
        refuses(Entry::Test, "", &item, &[second]);
        let item = format!("#[{attribute}] fn main() {{}}");
        refuses(Entry::Test, "", &item, &[second]);
    }
    let other = expand(
        Entry::Test,
        quote!(),
        quote!(
            #[other::test]
            async fn f() {}
        ),
    );
    assert!(!other.contains("compile_error"));
}

#[test]
fn function_and_arguments_are_both_reported() {
    refuses(
        Entry::Main,
        "worker_threads = 0, name = 1",
        "async fn main(n: u8) {}",
        &[
            "the main function cannot accept arguments",
            "`worker_threads` may not be 0.",
            "Failed to parse value of `name` as string.",
        ],
    );
}

#[test]
fn wrong_arguments_leave_the_default_function() {
    let expansion = expand(
        Entry::Main,
        quote!(worker_threads = 0),
        quote!(
            async fn main() {
                body()
            }
        ),
    );
    let function = expand(
        Entry::Main,
        quote!(flavor = "current_thread"),
        quote!(
            async fn main() {
                body()
            }
        ),
    );
    assert!(expansion.starts_with(&function), "{expansion}");
}

#[test]
fn a_runtime_of_one_thread_has_no_default_flavor() {
    let without = |kind, args: &str| {
        let expansion = entry(kind, false, parse(args), parse("async fn main() {}"), at_gmp);
        assert!(expansion.to_string().contains("fn main"));
        messages(expansion)
    };
    let default = "The default runtime flavor is `multi_thread`, but the `rt-multi-thread` feature is disabled.";
    let asked = "The runtime flavor `multi_thread` requires the `rt-multi-thread` feature.";
    assert_eq!(without(Entry::Main, ""), [default]);
    for kind in [Entry::Main, Entry::Test] {
        assert_eq!(without(kind, "flavor = \"multi_thread\""), [asked]);
        assert_eq!(without(kind, "flavor = \"current_thread\""), [""; 0]);
        assert_eq!(without(kind, "flavor = \"local\""), [""; 0]);
    }
    assert_eq!(without(Entry::Test, ""), [""; 0]);
}
