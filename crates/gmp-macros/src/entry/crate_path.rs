//! The path under which the expansion finds the runtime's crate.
//!
//! The dependency may be renamed (`tokio = { package = "gmp" }`), in the package or through the workspace. A
//! procedural macro has no `$crate`, so the name is looked up in the manifest of the package that is being
//! compiled. Where there is no manifest, or it doesn't name the crate (another crate re-exports the macro),
//! the path is `::gmp`, and the `crate` argument says otherwise.
//!
//! Go: none — import paths are global.

use proc_macro_crate::FoundCrate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// The name of the runtime's package, and of its library.
const PACKAGE: &str = "gmp";

/// Where the runtime's crate is.
pub(super) enum CratePath {
    /// In the extern prelude under this name.
    Extern(String),
    /// Where the `crate` argument says.
    Given(Path),
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            CratePath::Extern(name) => {
                let span = Span::mixed_site();
                let name = Ident::new(name, span);
                tokens.extend(quote_spanned!(span=> ::#name));
            }
            CratePath::Given(path) => path.to_tokens(tokens),
        }
    }
}

/// Looks the crate up in the manifest of the package being compiled.
pub(super) fn find() -> CratePath {
    let name = match proc_macro_crate::crate_name(PACKAGE) {
        Ok(FoundCrate::Name(name)) => name,
        // The runtime's own tests, examples and documentation see it as an extern crate too.
        Ok(FoundCrate::Itself) | Err(_) => PACKAGE.to_owned(),
    };
    CratePath::Extern(name)
}
