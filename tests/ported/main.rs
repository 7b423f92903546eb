//! Programs as they are written for tokio: nothing here says `gmp`. Two packages compile this file, one against tokio and one
//! against gmp, and both must pass.

mod chat; //    a chat server: a task for each peer, a channel for each peer
mod redis; //   a small Redis: a shared table, keys that expire, publish and subscribe, a stop that lets clients finish
mod proxy; //   proxies: TCP with limits, UDP with a table of peers
mod watcher; // watches a folder, by timers; signals make it look at once, or end it
mod runner; //  runs commands, so many at a time, with limits of time

// And what programs rely on without saying so.
mod entry; //   the attributes of main and of tests
mod clock; //   the paused clock
mod fair; //    loops over what is always ready
mod turns; //   when tasks are polled, and when they are dropped
mod cancel; //  futures that are dropped halfway
