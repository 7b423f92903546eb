//! The examples as their users have them: as programs, driven from outside by something that isn't gmp.

mod support;

mod blocking;
mod echo;
mod http;
mod proxy;
mod wc;
