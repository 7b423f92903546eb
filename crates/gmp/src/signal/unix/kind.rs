//! [`SignalKind`]: which signal.
//!
//! Go: syscall.Signal

use std::os::raw::c_int;

/// Which signal to listen for.
///
/// # Examples
/// ```
/// use gmp::signal::unix::SignalKind;
///
/// assert_eq!(SignalKind::interrupt(), SignalKind::from_raw(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignalKind(c_int);

/// The constructors of signals that have a name.
macro_rules! kinds {
    ($($(#[$cfg:meta])* $name:ident $signal:ident $what:literal;)*) => {
        impl SignalKind {
            $(
                #[doc = concat!("`", stringify!($signal), "`: ", $what)]
                ///
                /// # Examples
                /// ```
                #[doc = concat!("let kind = gmp::signal::unix::SignalKind::", stringify!($name), "();")]
                #[doc = concat!("assert_eq!(kind.as_raw_value(), libc::", stringify!($signal), ");")]
                /// ```
                $(#[$cfg])*
                pub const fn $name() -> Self {
                    Self(libc::$signal)
                }
            )*
        }
    };
}

kinds! {
    alarm SIGALRM "a timer of the system's has run out. Ends the process by default.";
    child SIGCHLD "a child process has ended or stopped. Ignored by default.";
    hangup SIGHUP "the terminal is gone; for daemons, by custom, the configuration is to be read again. Ends the process by default.";
    #[cfg(any(
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "illumos"
    ))]
    info SIGINFO "somebody wants to know how far it has come. Ignored by default.";
    interrupt SIGINT "Ctrl-C. Ends the process by default.";
    #[cfg(not(target_os = "haiku"))]
    io SIGIO "a descriptor is ready, for who has asked for this signal. Ends the process on some systems, and is ignored on others, by default.";
    #[cfg(target_os = "haiku")]
    io SIGPOLL "a descriptor is ready, for who has asked for this signal. Ignored by default.";
    pipe SIGPIPE "a write to a pipe or socket that nobody reads. Ends the process by default; Rust programs ignore it from their start.";
    quit SIGQUIT "Ctrl-\\\\: stop, and leave a core dump. Ends the process by default.";
    terminate SIGTERM "what `kill` sends: please stop. Ends the process by default.";
    user_defined1 SIGUSR1 "means what the program says it does. Ends the process by default.";
    user_defined2 SIGUSR2 "means what the program says it does. Ends the process by default.";
    window_change SIGWINCH "the terminal has another size. Ignored by default.";
}

impl SignalKind {
    /// The signal with this number.
    ///
    /// That it isn't one, or can't be listened for, shows when somebody tries to.
    ///
    /// # Examples
    /// ```
    /// use gmp::signal::unix::SignalKind;
    ///
    /// const REAL_TIME: SignalKind = SignalKind::from_raw(40);
    /// ```
    pub const fn from_raw(signum: c_int) -> Self {
        Self(signum)
    }

    /// The signal's number.
    ///
    /// # Examples
    /// ```
    /// use gmp::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::terminate().as_raw_value(), 15);
    /// ```
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }
}

impl From<c_int> for SignalKind {
    fn from(signum: c_int) -> Self {
        Self::from_raw(signum)
    }
}

impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> Self {
        kind.as_raw_value()
    }
}
