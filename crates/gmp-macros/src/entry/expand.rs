//! The synchronous function that is emitted for an `async fn`.
//!
//! There are three forms. All of them begin with the builder's chain, here `runtime`:
//!
//! ```text
//! fn main() -> R {                               the body as an item of its own, and a runtime that can run
//!     async fn __gmp_body() -> R { body }        main as its first task
//!     {
//!         use ::gmp::__private::{RunAsG as _, RunLocked as _};
//!         (&mut ::gmp::__private::MainFuture::new(__gmp_body())).run_main(runtime)
//!     }
//! }
//!
//! fn main() -> R {                               the same, with one thread or in a test (there through
//!     async fn __gmp_body() -> R { body }        `erase(pin!(…))`)
//!     runtime.block_on(__gmp_body())
//! }
//!
//! fn run(&self, n: u32) -> R {                   a function that has something its body may name
//!     let body = async move { check; { body } };
//!     runtime.block_on(body)
//! }
//! ```
//!
//! **Why an item.** Whether a future is `Send` isn't known inside the function that creates it: the compiler
//! decides that last. For a call of another `async fn` it is. The type errors of the body are those of any
//! `async fn`, too.
//!
//! **Which of the two traits.** The receiver is `&mut MainFuture<F>`. `RunAsG` is implemented for that type, if
//! `F` and its output are `Send + 'static`; `RunLocked` for `&mut &mut MainFuture<F>`, which a method call
//! borrows its way to only when the first doesn't apply. A future that holds something across an await of which
//! the compiler can't say that it is `Send` for all lifetimes ("not general enough", where a spawn would not
//! compile) takes the second. What does not compile is a future that holds a type whose own
//! `unsafe impl Send` demands an outlives relation (`T: 'static`); that bound is checked after the choice.
//!
//! **Spans.** What is ours is spanned at the attribute with `mixed_site`, so that lints take it for a macro's
//! code and our variables can't meet the user's. What is the user's keeps its span.
//!
//! Go: none — the linker's entry calls `runtime.main`, which calls `main.main`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReturnType, Signature, Token, Type};

use super::args::{Args, Entry, Flavor, UnhandledPanic};
use super::crate_path::CratePath;
use super::item::EntryFn;

/// Writes the function anew.
pub(super) fn expand(entry: Entry, args: &Args, gmp: &CratePath, function: EntryFn) -> TokenStream {
    let span = Span::mixed_site();
    let runtime = runtime(args, gmp);
    let statements = if !function.can_be_item() {
        let body = block(&function, gmp);
        let future = future(entry, gmp, &quote_spanned!(span=> body));
        let run = leave(&function, &quote_spanned!(span=> #runtime.block_on(#future)));
        quote_spanned! {span=>
            let body = #body;
            #run
        }
    } else if entry == Entry::Main && args.flavor == Flavor::MultiThread {
        let item = item(&function);
        let run = leave(
            &function,
            &quote_spanned! {span=>
                (&mut #gmp::__private::MainFuture::new(__gmp_body())).run_main(#runtime)
            },
        );
        quote_spanned! {span=>
            #item
            {
                use #gmp::__private::{RunAsG as _, RunLocked as _};
                #run
            }
        }
    } else {
        let item = item(&function);
        let future = future(entry, gmp, &quote_spanned!(span=> __gmp_body()));
        let run = leave(&function, &quote_spanned!(span=> #runtime.block_on(#future)));
        quote_spanned! {span=>
            #item
            #run
        }
    };

    let test = (entry == Entry::Test).then(|| {
        // After the user's attributes, so that the macros among them see that this is a test.
        quote_spanned!(span=> #[::core::prelude::v1::test])
    });
    let statements = function.in_braces(statements, None);
    let EntryFn { attrs, vis, sig, .. } = function;
    let sig = Signature { asyncness: None, ..sig };
    quote_spanned! {span=>
        #(#attrs)*
        #test
        #vis #sig #statements
    }
}

/// The expression that builds the runtime.
fn runtime(args: &Args, gmp: &CratePath) -> TokenStream {
    let span = Span::mixed_site();
    let constructor = match args.flavor {
        Flavor::MultiThread => quote_spanned!(span=> new_multi_thread),
        Flavor::CurrentThread | Flavor::Local => quote_spanned!(span=> new_current_thread),
    };
    let worker_threads = args.worker_threads.map(|n| quote_spanned!(span=> .worker_threads(#n)));
    let start_paused = args.start_paused.map(|paused| quote_spanned!(span=> .start_paused(#paused)));
    let name = args.name.as_ref().map(|name| quote_spanned!(span=> .name(#name)));
    let unhandled_panic = args.unhandled_panic.map(|policy| {
        let policy = match policy {
            UnhandledPanic::Ignore => quote_spanned!(span=> Ignore),
            UnhandledPanic::ShutdownRuntime => quote_spanned!(span=> ShutdownRuntime),
        };
        quote_spanned!(span=> .unhandled_panic(#gmp::runtime::UnhandledPanic::#policy))
    });
    let build = match args.flavor {
        Flavor::Local => {
            quote_spanned!(span=> build_local(::core::default::Default::default()))
        }
        Flavor::MultiThread | Flavor::CurrentThread => quote_spanned!(span=> build()),
    };
    quote_spanned! {span=>
        #gmp::runtime::Builder::#constructor()
            #worker_threads
            .enable_all()
            #start_paused
            #name
            #unhandled_panic
            .#build
            .expect("Failed building the Runtime")
    }
}

/// The argument of `block_on`. All tests use the same `block_on`, that of a pointer to any future: it is not
/// compiled once a test.
fn future(entry: Entry, gmp: &CratePath, future: &TokenStream) -> TokenStream {
    match entry {
        Entry::Main => future.clone(),
        Entry::Test => {
            quote_spanned!(Span::mixed_site()=> #gmp::__private::erase(::core::pin::pin!(#future)))
        }
    }
}

/// Ends the function with `value`: by a `return`, because some users ask for one everywhere; without it where
/// there is nothing to return.
fn leave(function: &EntryFn, value: &TokenStream) -> TokenStream {
    let span = Span::mixed_site();
    match &function.sig.output {
        ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => value.clone(),
        _ => quote_spanned!(span=> return #value;),
    }
}

/// The body as an `async fn` inside the function. The attributes stay outside, where those that set lints reach
/// the body as well, and the macros among them find one function.
fn item(function: &EntryFn) -> TokenStream {
    let span = Span::mixed_site();
    let body = function.body(None);
    let sig = Signature {
        // With our spans on the keywords, lints about functions pass over this one.
        asyncness: Some(Token![async](span)),
        fn_token: Token![fn](span),
        ident: Ident::new("__gmp_body", function.sig.ident.span().resolved_at(span)),
        ..function.sig.clone()
    };
    quote_spanned!(span=> #sig #body)
}

/// The body as a block that takes what it uses of the function's arguments.
///
/// The type of an `async` block is what its first `return` has. So the body comes after one that never runs
/// and has the type that the signature promises: a body that has another is wrong where it says so, and the
/// conversions of an `async fn`'s output apply. The body keeps a block of its own, with a macro's braces,
/// because lints look at statements that stand before items, and at braces that could go.
fn block(function: &EntryFn, gmp: &CratePath) -> TokenStream {
    let span = Span::mixed_site();
    let check = function.output_is_nameable().then(|| {
        let (output, place) = match &function.sig.output {
            ReturnType::Default => (quote_spanned!(span=> ()), function.sig.ident.span()),
            ReturnType::Type(_, ty) => (ty.to_token_stream(), ty.span()),
        };
        // Messages about the type point to where the braces are.
        let value = quote_spanned! {place.resolved_at(span)=>
            { #gmp::__private::output::<#output>() }
        };
        quote_spanned!(span=> if false { return #value; })
    });
    let body = function.body(Some(span));
    let block = function.in_braces(quote_spanned!(span=> #check #body), None);
    let place = function.sig.fn_token.span;
    quote_spanned!(place.resolved_at(span)=> async move #block)
}
