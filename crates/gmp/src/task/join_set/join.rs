//! Waiting for the tasks of a [`JoinSet`], in the order in which they finish.

use super::JoinSet;
use crate::task::{Id, JoinError, coop};
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

impl<T: 'static> JoinSet<T> {
    /// Waits until one of the tasks completes and returns its output; `None` if the set is empty.
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, no task has been removed from the set.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`join_next`](Self::join_next), with the id of the task.
    ///
    /// # Cancel safety
    /// As [`join_next`](Self::join_next).
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// let task = set.spawn(async { "output" });
    /// let (id, output) = set.join_next_with_id().await.unwrap().unwrap();
    /// assert_eq!((id, output), (task.id(), "output"));
    /// # }
    /// ```
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// Returns the output of a task that has completed; `None` if there is none.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// let (tx, rx) = gmp::sync::oneshot::channel();
    /// set.spawn(rx);
    /// assert!(set.try_join_next().is_none());
    /// tx.send(5).unwrap();
    /// let received = loop {
    ///     match set.try_join_next() {
    ///         Some(result) => break result.unwrap(),
    ///         None => gmp::task::yield_now().await,
    ///     }
    /// };
    /// assert_eq!(received, Ok(5));
    /// # }
    /// ```
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_join_next_with_id().map(|res| res.map(|(_, output)| output))
    }

    /// As [`try_join_next`](Self::try_join_next), with the id of the task.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// let task = set.spawn(async {});
    /// while !task.is_finished() {
    ///     gmp::task::yield_now().await;
    /// }
    /// assert_eq!(set.try_join_next_with_id().unwrap().unwrap(), (task.id(), ()));
    /// # }
    /// ```
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        // Not a wait, so the budget doesn't apply: all that have finished can be had in one go.
        while let Some(key) = self.finished.pop(None) {
            let poll = {
                let mut cx = Context::from_waker(Waker::noop());
                Pin::new(&mut coop::unconstrained(poll_fn(|_| Poll::Ready(self.poll_key(key))))).poll(&mut cx)
            };
            if let Poll::Ready(Some(result)) = poll {
                return Some(result);
            }
        }
        None
    }

    /// Polls the task with this key; if it is done it leaves the set.
    fn poll_key(&mut self, key: usize) -> Option<Result<(Id, T), JoinError>> {
        let entry = self.entries.get_mut(key)?.as_mut()?;
        // ORDERING: before the poll, see `EntryWaker::wake_by_ref`.
        entry.waker.queued.swap(false, Ordering::AcqRel);
        let id = entry.handle.id();
        let waker = Waker::from(entry.waker.clone());
        match Pin::new(&mut entry.handle).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                drop(self.take(key));
                Some(result.map(|output| (id, output)))
            }
            Poll::Pending => None,
        }
    }

    /// Polls for one of the tasks to complete.
    ///
    /// `Poll::Pending` means that the set isn't empty and no task is done; or that the budget is used up, and then the waker has
    /// been woken already.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// let joined = std::future::poll_fn(|cx| set.poll_join_next(cx)).await;
    /// assert_eq!(joined.unwrap().unwrap(), 1);
    /// # }
    /// ```
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_join_next_with_id(cx).map(|opt| opt.map(|res| res.map(|(_, output)| output)))
    }

    /// As [`poll_join_next`](Self::poll_join_next), with the id of the task.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// let task = set.spawn(async { 1 });
    /// let joined = std::future::poll_fn(|cx| set.poll_join_next_with_id(cx)).await;
    /// assert_eq!(joined.unwrap().unwrap(), (task.id(), 1));
    /// # }
    /// ```
    pub fn poll_join_next_with_id(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Id, T), JoinError>>> {
        loop {
            if self.is_empty() {
                return Poll::Ready(None);
            }
            if !coop::has_budget_remaining() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let Some(key) = self.finished.pop(Some(cx)) else {
                return Poll::Pending;
            };
            if let Some(result) = self.poll_key(key) {
                return Poll::Ready(Some(result));
            }
        }
    }

    /// Aborts all tasks and waits until they have ended.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// for _ in 0..3 {
    ///     set.spawn(std::future::pending::<()>());
    /// }
    /// set.shutdown().await;
    /// assert!(set.is_empty());
    /// # }
    /// ```
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Waits for all tasks and returns their outputs in the order of completion.
    ///
    /// # Panics
    /// If a task panicked or was cancelled, with the task's own panic if it was that; the other tasks are aborted.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let set: gmp::task::JoinSet<u32> = (0..3).map(|i| async move { i * i }).collect();
    /// let mut squares = set.join_all().await;
    /// squares.sort();
    /// assert_eq!(squares, [0, 1, 4]);
    /// # }
    /// ```
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(result) = self.join_next().await {
            match result {
                Ok(output) => outputs.push(output),
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(error) => panic!("{error}"),
            }
        }
        outputs
    }
}
