//! Synchronization primitives for use in asynchronous contexts: tokio's own, re-exported.
//!
//! They share the poll budget of the runtime: a loop over a ready channel yields after a while, so that other tasks get
//! their turn (see [`task::coop`](crate::task::coop)).
//!
//! `mpsc::Sender::send_timeout` is the exception: it uses tokio's own timer, which doesn't run here, and panics. Use
//! `time::timeout(duration, sender.send(value))`.
//!
//! ```
//! # #[gmp::main(flavor = "current_thread")]
//! # async fn main() {
//! let (tx, mut rx) = gmp::sync::mpsc::channel(8);
//! gmp::spawn(async move {
//!     for i in 0..3 {
//!         tx.send(i).await.unwrap();
//!     }
//! });
//! let mut sum = 0;
//! while let Some(i) = rx.recv().await {
//!     sum += i;
//! }
//! assert_eq!(sum, 3);
//! # }
//! ```

pub use tokio::sync::{
    AcquireError, Barrier, BarrierWaitResult, MappedMutexGuard, Mutex, MutexGuard, Notify, OnceCell,
    OwnedMappedMutexGuard, OwnedMutexGuard, OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard,
    OwnedSemaphorePermit, RwLock, RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard, Semaphore,
    SemaphorePermit, SetError, SetOnce, SetOnceError, TryAcquireError, TryLockError, broadcast, futures, mpsc, oneshot,
    watch,
};
