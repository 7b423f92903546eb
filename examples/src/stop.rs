//! When a server is to stop.

use gmp::sync::oneshot;
use std::io::{self, BufRead};
use std::thread;
use std::time::Duration;

/// Completes after the given time; without one, when stdin ends or has a line `quit`.
///
/// With a time stdin is left alone, so that a server in the background, whose stdin may be empty, can be told to go on.
pub async fn asked(after: Option<Duration>) {
    match after {
        Some(time) => gmp::time::sleep(time).await,
        None => stdin().await,
    }
}

async fn stdin() {
    let (tell, told) = oneshot::channel::<()>();
    // Not `spawn_blocking`, for a runtime waits for such a job when it shuts down, and this one may wait for the user. A thread
    // of our own ends with the process.
    thread::spawn(move || {
        let lines = io::stdin().lock().split(b'\n');
        for line in lines.map_while(Result::ok) {
            if line.trim_ascii() == b"quit" {
                break;
            }
        }
        drop(tell);
    });
    // Nothing is sent: that the sender is dropped says it.
    let _ = told.await;
}
