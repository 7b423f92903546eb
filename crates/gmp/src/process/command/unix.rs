//! Settings that there are on Unix only.
//!
//! Go: syscall/exec_linux.go (SysProcAttr)

#![allow(unsafe_code, reason = "`pre_exec` is unsafe to call, as std's")]

use super::Command;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;

impl Command {
    /// Sets the user that the process runs as. If that isn't permitted, it isn't started.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let status = gmp::process::Command::new("id").uid(65534).status().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn uid(&mut self, id: u32) -> &mut Command {
        self.std.uid(id);
        self
    }

    /// Sets the group that the process runs as. If that isn't permitted, it isn't started.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let status = gmp::process::Command::new("id").gid(65534).status().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn gid(&mut self, id: u32) -> &mut Command {
        self.std.gid(id);
        self
    }

    /// Sets the name that the program is told it was started by, `argv[0]`; what was given to [`new`](Self::new) if nothing is said.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = gmp::process::Command::new("sh").arg0("me").args(["-c", "echo $0"]).output().await?;
    /// assert_eq!(output.stdout, b"me\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn arg0<S>(&mut self, arg: S) -> &mut Command
    where
        S: AsRef<OsStr>,
    {
        self.std.arg0(arg);
        self
    }

    /// Sets the process group; 0 is a new one. The group that a process is in decides which signals it gets: Ctrl-C goes to that in the
    /// foreground.
    ///
    /// # Examples
    /// Not to be ended by a Ctrl-C that is meant for us:
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let status = gmp::process::Command::new("true").process_group(0).status().await?;
    /// # assert!(status.success());
    /// # Ok(())
    /// # }
    /// ```
    pub fn process_group(&mut self, pgroup: i32) -> &mut Command {
        self.std.process_group(pgroup);
        self
    }

    /// Has a closure run in the child before the program is loaded. Several run in the order in which they were added.
    ///
    /// If one returns an error the others don't run, nothing is started, and starting fails with that error's code. Standard streams and the
    /// working directory are the child's by then.
    ///
    /// # Safety
    /// The closure runs in a copy of this process in which no thread but the calling one exists. What another thread had locked stays
    /// locked: memory must not be allocated or freed, nor anything else done that isn't allowed in a signal handler. Descriptors and
    /// mapped memory are copies, too, whose invariants the closure has to keep. What it stores isn't seen here.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut command = gmp::process::Command::new("sh");
    /// command.args(["-c", "umask"]);
    /// // SAFETY: umask is allowed in a signal handler.
    /// unsafe {
    ///     command.pre_exec(|| {
    ///         libc::umask(0o77);
    ///         Ok(())
    ///     });
    /// }
    /// assert_eq!(command.output().await?.stdout.trim_ascii(), b"0077");
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn pre_exec<F>(&mut self, f: F) -> &mut Command
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY: the caller's promise is the one that std asks for.
        unsafe { self.std.pre_exec(f) };
        self
    }
}
