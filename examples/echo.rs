//! A TCP server that sends back what it receives.
//!
//! It shows a task for each connection, half-closed connections, and a stop that lets the connections finish.
//!
//! ```text
//! cargo run --release --example echo                  # then, elsewhere: nc 127.0.0.1 7007
//! ```
//!
//! The loop that accepts connections is in `src/server.rs`.

use gmp::io::{self, AsyncWriteExt};
use gmp::net::{TcpListener, TcpStream};
use gmp_examples::args::{Arguments, Seconds};
use gmp_examples::{server, stop};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "usage: echo [OPTIONS]

Sends back what it receives, until stdin ends or has a line \"quit\".
  --addr HOST:PORT   where to listen (127.0.0.1:7007); with port 0 it is told on stdout which one it is
  --for SECONDS      stop after that time instead
  --grace SECONDS    how long connections may go on after that (10)";

#[derive(Debug)]
struct Settings {
    addr: String,
    time: Option<Duration>,
    grace: Duration,
}

#[gmp::main]
async fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(complaint) => {
            eprintln!("echo: {complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, String> {
    let mut arguments = Arguments::from_env()?;
    let settings = Settings {
        addr: arguments.take("--addr")?.unwrap_or_else(|| "127.0.0.1:7007".to_owned()),
        time: arguments.take("--for")?.map(|Seconds(time)| time),
        grace: arguments.take("--grace")?.map_or(Duration::from_secs(10), |Seconds(time)| time),
    };
    arguments.finish()?;
    Ok(settings)
}

async fn run(settings: Settings) -> io::Result<()> {
    let Settings { addr, time, grace } = settings;
    let listener =
        TcpListener::bind(&addr).await.map_err(|error| io::Error::new(error.kind(), format!("{addr}: {error}")))?;
    let mut out = std::io::stdout();
    writeln!(out, "echo: listening on {}", listener.local_addr()?)?;
    let served = server::serve(listener, echo, stop::asked(time), grace).await;
    writeln!(out, "echo: {served}")
}

/// Sends back what comes. When the client has sent all, it is told that this was all from us too.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    // What comes in small pieces goes back at once.
    stream.set_nodelay(true)?;
    let (mut from, mut to) = stream.split();
    // Holds no more than a buffer: if the client doesn't read, nothing more is read from it.
    io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}
