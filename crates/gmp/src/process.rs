//! Child processes, for asynchronous code.
//!
//! [`Command`] is std's, but what it starts is a [`Child`] that a task waits for: [`Child::wait`] for its end, the pipes to its standard
//! streams through [`AsyncRead`](crate::io::AsyncRead) and [`AsyncWrite`](crate::io::AsyncWrite).
//!
//! ```
//! use gmp::process::Command;
//!
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! let mut child = Command::new("echo").arg("hello").spawn()?;
//! let status = child.wait().await?;
//! assert!(status.success());
//! # Ok(())
//! # }
//! ```
//!
//! What it has written, all at once or as it comes:
//! ```
//! use gmp::io::{AsyncBufReadExt, BufReader};
//! use gmp::process::Command;
//! use std::process::Stdio;
//!
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! let output = Command::new("echo").arg("hello").output().await?;
//! assert_eq!(output.stdout, b"hello\n");
//!
//! let mut child = Command::new("printf").arg(r"one\ntwo\n").stdout(Stdio::piped()).spawn()?;
//! let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
//! // Somebody has to wait for the child while its output is being read.
//! let waiter = gmp::spawn(async move { child.wait().await });
//! let mut seen = Vec::new();
//! while let Some(line) = lines.next_line().await? {
//!     seen.push(line);
//! }
//! assert_eq!(seen, ["one", "two"]);
//! assert!(waiter.await?.unwrap().success());
//! # Ok(())
//! # }
//! ```
//!
//! A child that reads and writes. One task writes, another reads: a child whose output nobody reads stops reading its input.
//! ```
//! use gmp::io::AsyncWriteExt;
//! use gmp::process::Command;
//! use std::process::Stdio;
//!
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! let mut child = Command::new("sort").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//! let mut stdin = child.stdin.take().unwrap();
//! let writer = gmp::spawn(async move {
//!     // The end of the input is the drop of `stdin`, behind this.
//!     stdin.write_all(b"dog\nbird\ncat\n").await
//! });
//! let output = child.wait_with_output().await?;
//! writer.await??;
//! assert_eq!(output.stdout, b"bird\ncat\ndog\n");
//! # Ok(())
//! # }
//! ```
//!
//! The output of one as the input of another:
//! ```
//! use gmp::process::Command;
//! use std::process::Stdio;
//!
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! let mut echo = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
//! let between: Stdio = echo.stdout.take().unwrap().try_into()?;
//! let tr = Command::new("tr").args(["a-z", "A-Z"]).stdin(between).stdout(Stdio::piped()).spawn()?;
//! let (echo, tr) = gmp::join!(echo.wait(), tr.wait_with_output());
//! assert!(echo?.success());
//! assert_eq!(tr?.stdout, b"HELLO\n");
//! # Ok(())
//! # }
//! ```
//!
//! # A dropped child lives on
//! As in std, and unlike tasks and futures: dropping a [`Child`] doesn't end the process, unless
//! [`kill_on_drop`](Command::kill_on_drop) has been asked for.
//!
//! # Zombies
//! A process that has ended stays in the system's table until its parent has waited for it. The runtime waits for the dropped children that
//! it has started, in the background, as soon as each has ended. This is done as well as it can be and not promised: when a runtime ends
//! before its children, the others of the program take them over; if there is none, they stay until one starts a child. Who
//! has to be sure awaits [`Child::wait`] or [`Child::kill`].
//!
//! # Behaviour at the time of writing
//! On Linux since 5.3 the end of a child is an event of a descriptor (`pidfd_open`). Elsewhere, and where there are no descriptors left, it
//! is the signal `SIGCHLD`, whose handler is installed for the process when the first such child is started.

mod child;
mod command;
pub(crate) mod orphans;
mod pidfd;
mod running;
mod stdio;

pub use child::Child;
pub use command::Command;
pub use stdio::{ChildStderr, ChildStdin, ChildStdout};
