//! A TCP proxy: connects each client to another server, and copies in both directions.
//!
//! It shows timeouts: one for a future as a whole, the connecting; and one for a connection on which nothing moves, which
//! is more than wrapping a future, because each byte counts.
//!
//! ```text
//! cargo run --release --example proxy -- --to example.com:80      # then, elsewhere: nc 127.0.0.1 7008
//! ```
//!
//! The loop that accepts connections is in `src/server.rs`, the sign of life in `src/alive.rs`.

use gmp::io;
use gmp::net::{TcpListener, TcpStream};
use gmp::time::timeout;
use gmp_examples::alive::Alive;
use gmp_examples::args::{Arguments, Seconds};
use gmp_examples::{server, stop};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const USAGE: &str = "usage: proxy --to HOST:PORT [OPTIONS]

Connects each client to another server, until stdin ends or has a line \"quit\".
  --to HOST:PORT              the other server
  --listen HOST:PORT          where to listen (127.0.0.1:7008); with port 0 it is told on stdout which one it is
  --connect-timeout SECONDS   how long connecting to the other server may take (5)
  --idle-timeout SECONDS      how long nothing may move on a connection, in either direction (60)
  --for SECONDS               stop after that time instead
  --grace SECONDS             how long connections may go on after that (10)";

#[derive(Debug)]
struct Settings {
    listen: String,
    route: Route,
    time: Option<Duration>,
    grace: Duration,
}

/// What is the same for all connections.
#[derive(Debug)]
struct Route {
    to: String,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

#[gmp::main]
async fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(complaint) => {
            eprintln!("proxy: {complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, String> {
    let mut arguments = Arguments::from_env()?;
    let mut time = |name| Ok::<_, String>(arguments.take(name)?.map(|Seconds(time)| time));
    let (connect_timeout, idle_timeout) = (time("--connect-timeout")?, time("--idle-timeout")?);
    let (stop, grace) = (time("--for")?, time("--grace")?);
    let settings = Settings {
        listen: arguments.take("--listen")?.unwrap_or_else(|| "127.0.0.1:7008".to_owned()),
        route: Route {
            to: arguments.take("--to")?.ok_or("--to is missing")?,
            connect_timeout: connect_timeout.unwrap_or(Duration::from_secs(5)),
            idle_timeout: idle_timeout.unwrap_or(Duration::from_secs(60)),
        },
        time: stop,
        grace: grace.unwrap_or(Duration::from_secs(10)),
    };
    arguments.finish()?;
    Ok(settings)
}

async fn run(settings: Settings) -> io::Result<()> {
    let Settings { listen, route, time, grace } = settings;
    let listener =
        TcpListener::bind(&listen).await.map_err(|error| io::Error::new(error.kind(), format!("{listen}: {error}")))?;
    let mut out = std::io::stdout();
    writeln!(out, "proxy: listening on {}, to {}", listener.local_addr()?, route.to)?;
    let route = Arc::new(route);
    let served = server::serve(listener, |client| proxy(client, route.clone()), stop::asked(time), grace).await;
    writeln!(out, "proxy: {served}")
}

/// Connects a client to the server. A client that can't be connected is hung up on: TCP has no words for it.
async fn proxy(client: TcpStream, route: Arc<Route>) -> io::Result<()> {
    let Route { to, connect_timeout, idle_timeout } = &*route;
    let mut server = match timeout(*connect_timeout, TcpStream::connect(to)).await {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => return Err(io::Error::new(error.kind(), format!("to {to}: {error}"))),
        Err(_) => return Err(timed_out(format!("to {to}: not connected within {connect_timeout:?}"))),
    };
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;

    // All bytes pass the client's side, whichever way they go.
    let mut client = Alive::new(client);
    let pulse = client.pulse();
    gmp::select! {
        // When one side has sent all, the other is told, and its direction goes on.
        result = io::copy_bidirectional(&mut client, &mut server) => result.map(drop),
        () = pulse.stopped(*idle_timeout) => Err(timed_out(format!("nothing moved for {idle_timeout:?}"))),
    }
}

fn timed_out(text: String) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, text)
}
