//! What a process is started with: arguments, environment, directory, standard streams.
//!
//! Go: os/exec/exec.go (Cmd.Args, Env, Dir, Stdin, Stdout, Stderr)

use super::Command;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

impl Command {
    /// Adds an argument. It reaches the program as it is: no shell splits it or looks for quotes.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("printf").arg("%s,").arg("one two").arg("three").output().await?;
    /// assert_eq!(output.stdout, b"one two,three,");
    /// # Ok(())
    /// # }
    /// ```
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.std.arg(arg);
        self
    }

    /// Adds arguments.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("printf").args(["%s,", "one", "two"]).output().await?;
    /// assert_eq!(output.stdout, b"one,two,");
    /// # Ok(())
    /// # }
    /// ```
    pub fn args<I, S>(&mut self, args: I) -> &mut Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.std.args(args);
        self
    }

    /// Sets a variable of the environment.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("sh").args(["-c", "echo $COLOUR"]).env("COLOUR", "red").output().await?;
    /// assert_eq!(output.stdout, b"red\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn env<K, V>(&mut self, key: K, val: V) -> &mut Command
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.env(key, val);
        self
    }

    /// Sets variables of the environment.
    ///
    /// # Examples
    /// Nothing but these two kinds:
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let kept = std::env::vars().filter(|(name, _)| name == "PATH" || name.starts_with("LC_"));
    /// let status = Command::new("true").env_clear().envs(kept).status().await?;
    /// # assert!(status.success());
    /// # Ok(())
    /// # }
    /// ```
    pub fn envs<I, K, V>(&mut self, vars: I) -> &mut Command
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.envs(vars);
        self
    }

    /// Leaves a variable of this process's environment out.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("sh").args(["-c", "echo ${HOME-none}"]).env_remove("HOME").output().await?;
    /// assert_eq!(output.stdout, b"none\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Command {
        self.std.env_remove(key);
        self
    }

    /// Leaves out this process's environment, and what has been set for the child so far.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("/usr/bin/env").env_clear().env("ONLY", "this").output().await?;
    /// assert_eq!(output.stdout, b"ONLY=this\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// Sets the working directory.
    ///
    /// Whether a relative path to the program is then meant from there or from here depends on the system: use an absolute one.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("pwd").current_dir("/").output().await?;
    /// assert_eq!(output.stdout, b"/\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Command {
        self.std.current_dir(dir);
        self
    }

    /// Sets the standard input; this process's if nothing is said.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// use std::process::Stdio;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let output = Command::new("wc").arg("-c").stdin(Stdio::null()).output().await?;
    /// assert_eq!(output.stdout.trim_ascii(), b"0");
    /// # Ok(())
    /// # }
    /// ```
    pub fn stdin<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdin(cfg);
        self
    }

    /// Sets the standard output; for [`spawn`](Self::spawn) and [`status`](Self::status) this process's if nothing is said.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// use std::process::Stdio;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let status = Command::new("ls").stdout(Stdio::null()).status().await?;
    /// assert!(status.success());
    /// # Ok(())
    /// # }
    /// ```
    pub fn stdout<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdout(cfg);
        self
    }

    /// Sets the standard error; for [`spawn`](Self::spawn) and [`status`](Self::status) this process's if nothing is said.
    ///
    /// # Examples
    /// ```
    /// # use gmp::process::Command;
    /// use std::process::Stdio;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let status = Command::new("ls").arg("/no/such/place").stderr(Stdio::null()).status().await?;
    /// assert!(!status.success());
    /// # Ok(())
    /// # }
    /// ```
    pub fn stderr<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stderr(cfg);
        self
    }
}
