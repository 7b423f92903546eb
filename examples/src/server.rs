//! The accept loop of `echo` and `proxy`: a task for each connection, and a stop that lets them finish.

use gmp::net::{TcpListener, TcpStream};
use gmp::task::JoinSet;
use gmp::time::timeout;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

/// How the connections have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// All that were accepted.
    pub connections: u64,
    /// Those that ended with an error.
    pub failed: u64,
    /// Those that had not ended when the time for it was over.
    pub cut: u64,
}

/// Accepts connections until `stop` completes, then waits for those that are there, for at most `grace`.
///
/// `make` makes the future of a connection. Its error is told on stderr, with the client's address.
pub async fn serve<F>(
    listener: TcpListener,
    make: impl Fn(TcpStream) -> F,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> Served
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut served = Served::default();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        // All three are cancel safe: nothing is lost of those that are dropped because another one was first.
        gmp::select! {
            biased;
            () = &mut stop => break,
            // Those that have ended are taken out, or the set would grow forever.
            Some(ended) = connections.join_next() => served.count(matches!(ended, Ok(true))),
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    served.connections += 1;
                    connections.spawn(told(client, make(stream)));
                }
                Err(error) => {
                    eprintln!("accept: {error}");
                    // It may be that there are no descriptors left. Asking again at once wouldn't bring any.
                    gmp::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }

    // From here on clients are refused.
    drop(listener);
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            served.count(matches!(ended, Ok(true)));
        }
    };
    if timeout(grace, finish).await.is_err() {
        served.cut = connections.len() as u64;
        // Waits until the tasks are gone, and with them their sockets.
        connections.shutdown().await;
    }
    served
}

/// Runs the future of a connection, and tells of its error. Returns whether there was none.
async fn told(client: SocketAddr, connection: impl Future<Output = io::Result<()>>) -> bool {
    let result = connection.await;
    if let Err(error) = &result {
        eprintln!("{client}: {error}");
    }
    result.is_ok()
}

impl Served {
    fn count(&mut self, well: bool) {
        self.failed += u64::from(!well);
    }
}

impl std::fmt::Display for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} connections, {} failed, {} cut", self.connections, self.failed, self.cut)
    }
}
