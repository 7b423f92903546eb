//! [`FileTimes`].
//!
//! Go: os.Chtimes

use std::time::SystemTime;

/// When a file was used last, for [`File::set_times`](crate::fs::File::set_times). What isn't set stays as it is.
///
/// # Examples
/// ```
/// use gmp::fs::FileTimes;
/// use std::time::SystemTime;
///
/// let times = FileTimes::new().set_accessed(SystemTime::now()).set_modified(SystemTime::UNIX_EPOCH);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it changes nothing before it is given to `File::set_times`"]
pub struct FileTimes {
    accessed: Option<SystemTime>,
    modified: Option<SystemTime>,
    #[cfg(target_vendor = "apple")]
    created: Option<SystemTime>,
}

impl FileTimes {
    /// No time is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when the file was read last.
    pub fn set_accessed(mut self, t: SystemTime) -> Self {
        self.accessed = Some(t);
        self
    }

    /// Sets when the file was written last.
    pub fn set_modified(mut self, t: SystemTime) -> Self {
        self.modified = Some(t);
        self
    }

    /// Sets when the file was created.
    #[cfg(target_vendor = "apple")]
    pub fn set_created(mut self, t: SystemTime) -> Self {
        self.created = Some(t);
        self
    }

    pub(crate) fn into_std(self) -> std::fs::FileTimes {
        let mut times = std::fs::FileTimes::new();
        if let Some(t) = self.accessed {
            times = times.set_accessed(t);
        }
        if let Some(t) = self.modified {
            times = times.set_modified(t);
        }
        #[cfg(target_vendor = "apple")]
        if let Some(t) = self.created {
            times = std::os::darwin::fs::FileTimesExt::set_created(times, t);
        }
        times
    }
}
