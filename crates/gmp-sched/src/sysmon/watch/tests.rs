//! Tokens and kinds.
