//! [`Child`]: a process that has been started.
//!
//! Go: os/exec.go (Process), os/exec/exec.go (Cmd.Wait)

use super::running::Running;
use super::stdio::{ChildStderr, ChildStdin, ChildStdout};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Output};
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A process that has been started by [`Command::spawn`](super::Command::spawn).
///
/// Dropping it doesn't end the process, unless [`kill_on_drop`](super::Command::kill_on_drop) has been asked for; see the
/// [module](super) for what becomes of it then.
///
/// # Examples
/// ```
/// use gmp::process::Command;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut child = Command::new("false").spawn()?;
/// assert_eq!(child.wait().await?.code(), Some(1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Child {
    state: State,

    /// The child's standard input, if that is a pipe. `child.stdin.take()` has it without moving out of the child, and keeps it from
    /// being closed by [`wait`](Child::wait).
    pub stdin: Option<ChildStdin>,

    /// The child's standard output, if that is a pipe. `child.stdout.take()` has it without moving out of the child.
    pub stdout: Option<ChildStdout>,

    /// The child's standard error, if that is a pipe. `child.stderr.take()` has it without moving out of the child.
    pub stderr: Option<ChildStderr>,
}

#[derive(Debug)]
enum State {
    Running(Running),
    /// Its number may be another process's by now.
    Over(ExitStatus),
}

impl Child {
    /// Takes over a process of std's and its pipes.
    ///
    /// # Panics
    /// Outside of a runtime's context.
    pub(super) fn new(mut child: std::process::Child, kill_on_drop: bool) -> io::Result<Self> {
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // First, so that an error below leaves nobody unattended.
        let state = State::Running(Running::new(child, kill_on_drop)?);
        Ok(Self {
            state,
            stdin: stdin.map(ChildStdin::from_std).transpose()?,
            stdout: stdout.map(ChildStdout::from_std).transpose()?,
            stderr: stderr.map(ChildStderr::from_std).transpose()?,
        })
    }

    /// The process's number, until its end has been seen: from then on the system may give the number to another process.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut child = Command::new("true").spawn()?;
    /// assert!(child.id().is_some());
    /// child.wait().await?;
    /// assert_eq!(child.id(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(&self) -> Option<u32> {
        match &self.state {
            State::Running(running) => Some(running.id()),
            State::Over(_) => None,
        }
    }

    /// Has the system end the process (`SIGKILL`), without waiting until it has: [`wait`](Self::wait) does that.
    ///
    /// Does nothing if the end of the process has been seen already.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// child.start_kill()?;
    /// assert!(!child.wait().await?.success());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_kill(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Running(running) => running.kill(),
            State::Over(_) => Ok(()),
        }
    }

    /// Has the system end the process (`SIGKILL`), and waits until it has.
    ///
    /// std's function of this name is [`start_kill`](Self::start_kill) here.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Cancel safety
    /// The process is told to end at the first poll; if the future is dropped later, only the waiting is given up.
    ///
    /// # Examples
    /// Until somebody says that it is enough:
    /// ```
    /// use gmp::process::Command;
    /// use gmp::sync::oneshot;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let (enough, is_enough) = oneshot::channel::<()>();
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// gmp::spawn(async move { enough.send(()) });
    /// gmp::select! {
    ///     status = child.wait() => println!("ended by itself: {}", status?),
    ///     _ = is_enough => child.kill().await?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn kill(&mut self) -> io::Result<()> {
        self.start_kill()?;
        self.wait().await?;
        Ok(())
    }

    /// Waits for the end of the process: how it ended. From then on the answer is always the same.
    ///
    /// Closes [`stdin`](Self::stdin) first, so that a child that reads to the end of its input comes to an end. Who wants to write
    /// meanwhile takes it out before.
    ///
    /// # Errors
    /// What the system says, for example if somebody else has waited for the process. If the runtime has ended on which the
    /// child was started, and this isn't called on another.
    ///
    /// # Cancel safety
    /// This is cancel safe; but `stdin` is closed by the first poll.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    /// use std::process::Stdio;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// // It would read for ever.
    /// let mut child = Command::new("cat").stdin(Stdio::piped()).spawn()?;
    /// assert!(child.wait().await?.success());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        match &mut self.state {
            State::Running(running) => {
                let status = poll_fn(|cx| running.poll_wait(cx)).await?;
                Ok(self.over(status))
            }
            State::Over(status) => Ok(*status),
        }
    }

    fn over(&mut self, status: ExitStatus) -> ExitStatus {
        if let State::Running(running) = &mut self.state {
            running.is_over();
        }
        self.state = State::Over(status);
        status
    }

    /// How the process ended, if it has. Neither waits nor has a task woken, and leaves [`stdin`](Self::stdin) open.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// assert_eq!(child.try_wait()?, None);
    /// child.kill().await?;
    /// assert!(child.try_wait()?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        match &mut self.state {
            State::Running(running) => {
                let status = running.try_wait()?;
                Ok(status.map(|status| self.over(status)))
            }
            State::Over(status) => Ok(Some(*status)),
        }
    }

    /// Waits for the end of the process, and collects what it writes until then: those of [`stdout`](Self::stdout) and
    /// [`stderr`](Self::stderr) that are pipes and have not been taken out.
    ///
    /// Closes [`stdin`](Self::stdin) first. Both streams are read at the same time, so the child doesn't get stuck with either.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Cancel safety
    /// This isn't cancel safe: the child belongs to the future, and is dropped with it, together with what has been read.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    /// use std::process::Stdio;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let child = Command::new("sh")
    ///     .args(["-c", "echo one; echo two >&2; exit 3"])
    ///     .stdout(Stdio::piped())
    ///     .stderr(Stdio::piped())
    ///     .spawn()?;
    /// let output = child.wait_with_output().await?;
    /// assert_eq!((&*output.stdout, &*output.stderr), (&b"one\n"[..], &b"two\n"[..]));
    /// assert_eq!(output.status.code(), Some(3));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        let (mut stdout, mut stderr) = (self.stdout.take(), self.stderr.take());
        // The pipes are closed only when all is over: a child that still writes isn't to be told that nobody reads.
        let (status, out, err) = all(self.wait(), read_to_end(&mut stdout), read_to_end(&mut stderr)).await?;
        Ok(Output { status, stdout: out, stderr: err })
    }
}

async fn read_to_end(pipe: &mut Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if let Some(pipe) = pipe {
        pipe.read_to_end(&mut all).await?;
    }
    Ok(all)
}

/// All three, or the first error.
async fn all<A, B, C>(
    a: impl Future<Output = io::Result<A>>,
    b: impl Future<Output = io::Result<B>>,
    c: impl Future<Output = io::Result<C>>,
) -> io::Result<(A, B, C)> {
    let (mut a, mut b, mut c) = (pin!(a), pin!(b), pin!(c));
    let mut done = (None, None, None);
    poll_fn(|cx| {
        if done.0.is_none() {
            if let Poll::Ready(result) = a.as_mut().poll(cx) {
                done.0 = Some(result?);
            }
        }
        if done.1.is_none() {
            if let Poll::Ready(result) = b.as_mut().poll(cx) {
                done.1 = Some(result?);
            }
        }
        if done.2.is_none() {
            if let Poll::Ready(result) = c.as_mut().poll(cx) {
                done.2 = Some(result?);
            }
        }
        match std::mem::take(&mut done) {
            (Some(a), Some(b), Some(c)) => Poll::Ready(Ok((a, b, c))),
            unfinished => {
                done = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}
