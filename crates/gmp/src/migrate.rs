//! For those who come from elsewhere.
//!
//! * [From tokio](from_tokio): what changes, what is better, what behaves differently.
//! * [What isn't here](not_here): the table of what tokio has, and why.
//! * [From Go](from_go): which word here is which word there.

#[doc = include_str!("../docs/from_tokio.md")]
pub mod from_tokio {}

#[doc = "What tokio 1.54 has and gmp hasn't, or has otherwise. A tool holds this table to the two surfaces in every build.\n\n"]
#[doc = include_str!("../docs/not_here.md")]
pub mod not_here {}

#[doc = include_str!("../docs/from_go.md")]
pub mod from_go {}
