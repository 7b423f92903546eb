//! The annotated function, taken apart as far as the expansion needs it and no further.
//!
//! The body stays a token stream: an editor sends bodies that don't parse yet, and reading them would cost
//! compile time.
//!
//! Go: none — there is no such step in Go.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::token::Brace;
use syn::{AttrStyle, Attribute, Error, Meta, Signature, Visibility, braced};

use super::args::Entry;

/// Attributes of the language that a test can bear. Any other may be a macro that gives the test arguments.
const BUILT_IN: [&str; 14] = [
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "must_use",
    "should_panic",
    "warn",
];

/// An `async fn` with an attribute of ours on it.
pub(super) struct EntryFn {
    /// Outer attributes, then the inner ones made outer: a block, which is where the body goes, can't have any.
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    brace: Brace,
    statements: TokenStream,
}

impl Parse for EntryFn {
    fn parse(input: ParseStream<'_>) -> Result<Self, Error> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let content;
        let brace = braced!(content in input);
        for mut attr in Attribute::parse_inner(&content)? {
            attr.style = AttrStyle::Outer;
            attrs.push(attr);
        }
        Ok(EntryFn { attrs, vis, sig, brace, statements: content.parse()? })
    }
}

impl EntryFn {
    /// Refuses what the signature or the attributes make impossible. What isn't async never passes.
    pub(super) fn check(&self, entry: Entry) -> Result<(), Error> {
        let attr = self.attrs.iter().find(|attr| is_test(attr));
        if let (Entry::Test, Some(attr)) = (entry, attr) {
            return Err(Error::new_spanned(
                attr,
                "second test attribute is supplied, consider removing or changing the order of your \
                 test attributes",
            ));
        }
        if self.sig.asyncness.is_none() {
            return Err(Error::new_spanned(
                self.sig.fn_token,
                "the `async` keyword is missing from the function declaration",
            ));
        }
        let refused = match entry {
            Entry::Main => self.sig.ident == "main",
            // A macro that is yet to run may supply the arguments, as test_case and rstest do.
            Entry::Test => self.attrs.iter().all(|attr| {
                let path = attr.path();
                BUILT_IN.iter().any(|name| path.is_ident(name))
            }),
        };
        if self.sig.inputs.is_empty() || !refused {
            return Ok(());
        }
        let message = match entry {
            Entry::Main => "the main function cannot accept arguments",
            Entry::Test => "the test function cannot accept arguments",
        };
        Err(Error::new_spanned(&self.sig.inputs, message))
    }

    /// The body. For `hygiene` see [`in_braces`](Self::in_braces).
    pub(super) fn body(&self, hygiene: Option<Span>) -> TokenStream {
        self.in_braces(self.statements.clone(), hygiene)
    }

    /// `tokens` in braces that stand, for messages and for tools that count lines, where the body's stand. With
    /// `hygiene` they are those of a macro to lints.
    pub(super) fn in_braces(&self, tokens: TokenStream, hygiene: Option<Span>) -> TokenStream {
        let place = self.brace.span.join();
        let mut block = Group::new(Delimiter::Brace, tokens);
        block.set_span(hygiene.map_or(place, |hygiene| place.resolved_at(hygiene)));
        TokenTree::Group(block).into()
    }

    /// Whether the body can be moved into an item of its own: it then sees neither the arguments nor the
    /// parameters of the function, and no `Self`.
    ///
    /// The parameters of a surrounding `impl` can't be seen from here. A function without arguments that names
    /// them, but never `Self`, fails to compile.
    pub(super) fn can_be_item(&self) -> bool {
        let Signature { constness, unsafety, abi, generics, inputs, variadic, output, .. } = &self.sig;
        inputs.is_empty()
            && generics.params.is_empty()
            && generics.where_clause.is_none()
            && constness.is_none()
            && unsafety.is_none()
            && abi.is_none()
            && variadic.is_none()
            && !any_token(output.to_token_stream(), |token| matches!(token, TokenTree::Ident(ident) if ident == "Self"))
            && !names_self(self.statements.clone())
    }

    /// Whether the type of the output can be written outside of a signature, unlike `!` and `impl Trait`.
    pub(super) fn output_is_nameable(&self) -> bool {
        !any_token(self.sig.output.to_token_stream(), |token| match token {
            TokenTree::Ident(ident) => ident == "impl",
            // A macro's type has it too; it is only not named then.
            TokenTree::Punct(punct) => punct.as_char() == '!',
            _ => false,
        })
    }
}

/// `#[test]`, or the standard library's by its path.
fn is_test(attr: &Attribute) -> bool {
    let Meta::Path(path) = &attr.meta else {
        return false;
    };
    let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => path.leading_colon.is_none(),
        ["core" | "std", "prelude", _, "test"] => true,
        _ => false,
    }
}

/// Whether a body says `Self` where it means that of the surrounding `impl`: items have their own.
fn names_self(tokens: TokenStream) -> bool {
    let mut in_item = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "Self" && !in_item => return true,
            TokenTree::Ident(ident) => {
                in_item |= ["impl", "trait", "struct", "enum"].iter().any(|keyword| ident == keyword);
            }
            TokenTree::Group(group) => {
                if !in_item && names_self(group.stream()) {
                    return true;
                }
                if group.delimiter() == Delimiter::Brace {
                    in_item = false;
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => in_item = false,
            _ => {}
        }
    }
    false
}

/// Whether a token, at any depth, is one that `is` looks for.
fn any_token(tokens: TokenStream, is: fn(&TokenTree) -> bool) -> bool {
    tokens
        .into_iter()
        .any(|token| is(&token) || matches!(token, TokenTree::Group(group) if any_token(group.stream(), is)))
}
