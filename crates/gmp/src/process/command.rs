//! [`Command`]: what to start, and how.
//!
//! Go: os/exec/exec.go (Cmd)

mod settings;
mod unix;

use super::{Child, orphans};
use crate::runtime::NO_RUNTIME;
use std::ffi::OsStr;
use std::io;
use std::process::{Command as StdCommand, ExitStatus, Output, Stdio};

/// What to start, and how: std's [`Command`](std::process::Command), whose processes are waited for by tasks.
///
/// The settings are std's, with one more: [`kill_on_drop`](Self::kill_on_drop). Three functions start the process:
/// [`spawn`](Self::spawn), [`status`](Self::status), [`output`](Self::output). A command can be started again and again.
///
/// # Examples
/// ```
/// use gmp::process::Command;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let output = Command::new("sh").args(["-c", "echo $GREETING"]).env("GREETING", "hello").output().await?;
/// assert_eq!(output.stdout, b"hello\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Command {
    std: StdCommand,
    kill_on_drop: bool,
}

impl Command {
    /// A command that starts `program`.
    ///
    /// As long as nothing else is said: without arguments, with this process's environment, working directory and standard streams
    /// ([`output`](Self::output) makes pipes of two of them). A program without a slash in its name is searched in `PATH`.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    ///
    /// let command = Command::new("ls");
    /// assert_eq!(command.as_std().get_program(), "ls");
    /// ```
    pub fn new<S: AsRef<OsStr>>(program: S) -> Command {
        Self::from(StdCommand::new(program))
    }

    /// Whether the process is to be killed when its [`Child`] is dropped before its end has been seen; `false` if nothing is said.
    ///
    /// For [`status`](Self::status) and [`output`](Self::output) that is the drop of their futures. A killed process, too, has to be
    /// waited for, which the runtime does in the background as well as it can: see the [module](crate::process#zombies).
    ///
    /// # Examples
    /// At most so long:
    /// ```
    /// use gmp::process::Command;
    /// use gmp::time::{Duration, timeout};
    ///
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut command = Command::new("sleep");
    /// command.arg("1000").kill_on_drop(true);
    /// assert!(timeout(Duration::from_millis(10), command.status()).await.is_err());
    /// // It sleeps no more.
    /// # }
    /// ```
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// What [`kill_on_drop`](Self::kill_on_drop) was called with last; `false` if it wasn't.
    ///
    /// # Examples
    /// ```
    /// let mut command = gmp::process::Command::new("ls");
    /// assert!(!command.get_kill_on_drop());
    /// assert!(command.kill_on_drop(true).get_kill_on_drop());
    /// ```
    pub fn get_kill_on_drop(&self) -> bool {
        self.kill_on_drop
    }

    /// Starts the process.
    ///
    /// The process exists when this returns; what it does with the pipes that were asked for and how it ends is the business of the
    /// [`Child`].
    ///
    /// # Errors
    /// If the program can't be started: not found, not permitted, no room for another process (`WouldBlock` on Unix), a closure of
    /// [`pre_exec`](Self::pre_exec) that failed.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut child = Command::new("true").spawn()?;
    /// assert!(child.wait().await?.success());
    /// assert_eq!(Command::new("no-such-program").spawn().unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.spawn_with(StdCommand::spawn)
    }

    /// As [`spawn`](Self::spawn), with another function to start the process.
    ///
    /// # Errors
    /// What `with` returns, and what the system says when the child is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context, without calling `with`.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut child = Command::new("echo").spawn_with(|command| command.arg("hello").spawn())?;
    /// assert!(child.wait().await?.success());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_with(
        &mut self,
        with: impl FnOnce(&mut StdCommand) -> io::Result<std::process::Child>,
    ) -> io::Result<Child> {
        // Before there is a process that nobody could wait for.
        if gmp_sched::getg::current_runtime().is_none() {
            panic!("{NO_RUNTIME}");
        }
        orphans::take_over();
        // Until the program has been found and loaded this thread waits: milliseconds, with a slow disk more. And the child inherits
        // where it may run.
        let child = gmp_sched::section(|| gmp_sched::proc::pin::floating(|| with(&mut self.std)))?;
        Child::new(child, self.kill_on_drop)
    }

    /// Starts the process at once; the future waits for its end: how it ended.
    ///
    /// Our ends of pipes that were asked for are closed, so that the child doesn't wait for somebody to use them. If the future
    /// is dropped the process goes on, unless [`kill_on_drop`](Self::kill_on_drop) has been asked for.
    ///
    /// # Errors
    /// Those of [`spawn`](Self::spawn) and [`Child::wait`].
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// assert!(Command::new("true").status().await?.success());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let child = self.spawn();
        async {
            let mut child = child?;
            drop((child.stdin.take(), child.stdout.take(), child.stderr.take()));
            child.wait().await
        }
    }

    /// Starts the process at once; the future waits for its end and collects what it writes.
    ///
    /// Standard output and standard error are made pipes, for this and later uses of the command, whatever was said before;
    /// with [`spawn`](Self::spawn) and [`Child::wait_with_output`] they aren't. If the future is dropped the process goes on,
    /// unless [`kill_on_drop`](Self::kill_on_drop) has been asked for.
    ///
    /// # Errors
    /// Those of [`spawn`](Self::spawn) and [`Child::wait_with_output`].
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::process::Command;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("echo").arg("hello").output().await?;
    /// assert!(output.status.success());
    /// assert_eq!(output.stdout, b"hello\n");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        self.std.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.spawn();
        async { child?.wait_with_output().await }
    }

    /// The settings as std has them.
    ///
    /// # Examples
    /// ```
    /// let mut command = gmp::process::Command::new("ls");
    /// command.arg("-l");
    /// assert_eq!(command.as_std().get_args().collect::<Vec<_>>(), ["-l"]);
    /// ```
    pub fn as_std(&self) -> &StdCommand {
        &self.std
    }

    /// The settings as std has them, to be changed: for what std has and this type doesn't.
    ///
    /// # Examples
    /// ```
    /// let mut command = gmp::process::Command::new("ls");
    /// command.as_std_mut().arg("-l");
    /// ```
    pub fn as_std_mut(&mut self) -> &mut StdCommand {
        &mut self.std
    }

    /// The settings as std has them. [`kill_on_drop`](Self::kill_on_drop) isn't among these.
    ///
    /// # Examples
    /// ```
    /// let command = gmp::process::Command::new("true").into_std();
    /// # let mut command = command;
    /// assert!(command.status()?.success());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn into_std(self) -> StdCommand {
        self.std
    }
}

/// The same settings.
impl From<StdCommand> for Command {
    fn from(std: StdCommand) -> Command {
        Command { std, kill_on_drop: false }
    }
}
