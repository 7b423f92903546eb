//! Knobs of the runtime's threads.

use crate::runtime::Builder;
use std::sync::Arc;
use std::time::Duration;

impl Builder {
    /// The name of the runtime's threads; "gmp-worker" if not said.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().thread_name("my-pool").build()?;
    /// let name = rt.block_on(rt.spawn(async { std::thread::current().name().map(String::from) })).unwrap();
    /// assert_eq!(name.as_deref(), Some("my-pool"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn thread_name(&mut self, val: impl Into<String>) -> &mut Self {
        let name = val.into();
        self.thread_name = Some(Arc::new(move || name.clone()));
        self
    }

    /// A function that names each of the runtime's threads.
    ///
    /// # Examples
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// let rt = gmp::runtime::Builder::new_multi_thread()
    ///     .thread_name_fn(|| {
    ///         static NEXT: AtomicUsize = AtomicUsize::new(0);
    ///         format!("my-pool-{}", NEXT.fetch_add(1, Ordering::SeqCst))
    ///     })
    ///     .build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn thread_name_fn<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.thread_name = Some(Arc::new(f));
        self
    }

    /// The stack of the runtime's threads in bytes; std's default if not said.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().thread_stack_size(4 << 20).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn thread_stack_size(&mut self, val: usize) -> &mut Self {
        self.thread_stack_size = Some(val);
        self
    }

    /// How long an idle thread of the blocking pool stays; 10 seconds if not said.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let rt = gmp::runtime::Builder::new_multi_thread().thread_keep_alive(Duration::from_millis(100)).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.thread_keep_alive = Some(duration);
        self
    }

    /// Called on each of the runtime's threads when it starts, before anything else. It should be short: the thread was started
    /// because there is work. A hook that panics aborts.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().on_thread_start(|| println!("thread started")).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_thread_start<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.hooks.on_thread_start = Some(Arc::new(f));
        self
    }

    /// Called on each of the runtime's threads before it ends. A hook that panics aborts.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().on_thread_stop(|| println!("thread stops")).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_thread_stop<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.hooks.on_thread_stop = Some(Arc::new(f));
        self
    }

    /// Called on a worker before it goes to sleep. It should be short: the worker may have been given work already. A hook that
    /// panics aborts.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// let sleeps = Arc::new(AtomicUsize::new(0));
    /// let counted = sleeps.clone();
    /// let rt = gmp::runtime::Builder::new_current_thread()
    ///     .on_thread_park(move || drop(counted.fetch_add(1, Ordering::Relaxed)))
    ///     .build()?;
    /// rt.block_on(async { gmp::time::sleep(std::time::Duration::from_millis(1)).await });
    /// assert!(sleeps.load(Ordering::Relaxed) > 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_thread_park<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.hooks.on_thread_park = Some(Arc::new(f));
        self
    }

    /// Called on a worker after it has woken. It should be short, as the others. A hook that panics aborts.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().on_thread_unpark(|| println!("a worker wakes")).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_thread_unpark<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.hooks.on_thread_unpark = Some(Arc::new(f));
        self
    }
}
