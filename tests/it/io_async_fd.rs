//! `AsyncFd`: readiness that is kept or cleared by hand, of descriptors of all kinds; what its drop does; the end of the
//! runtime.

use crate::support::{ByHand, block_on, current, multi, on_each, panic_of, watched};
use gmp::io::unix::{AsyncFd, AsyncFdReadyGuard};
use gmp::io::{Interest, Ready};
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::Poll;

fn pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    (a, b)
}

/// For the values of these tests, which own an open descriptor and keep it.
fn register<T: AsRawFd>(inner: T) -> AsyncFd<T> {
    // SAFETY: see above.
    unsafe { AsyncFd::register(inner) }.unwrap()
}

fn fill(mut stream: &UnixStream) -> usize {
    let mut all = 0;
    while let Ok(n) = stream.write(&[0; 4096]) {
        all += n;
    }
    all
}

fn drain(mut stream: &UnixStream, mut len: usize) {
    while len > 0 {
        match stream.read(&mut [0; 4096]) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            Ok(n) => len -= n,
        }
    }
}

#[track_caller]
fn is_pending<T: AsRawFd>(fd: &AsyncFd<T>, interest: Interest) {
    assert!(ByHand::new(fd.ready(interest)).poll().is_pending());
}

/// Waits until the waker has been woken: the poller has to be asked for that.
async fn woken<F>(hand: &ByHand<F>) {
    while !hand.is_woken() {
        gmp::task::yield_now().await;
    }
}

#[test]
fn at_first_it_is_writable() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair();
            let (a, b) = (register(a), register(b));
            a.writable().await.unwrap().clear_ready();
            b.writable().await.unwrap().clear_ready();
            is_pending(&a, Interest::READABLE);
            is_pending(&a, Interest::WRITABLE);
            is_pending(&b, Interest::READABLE | Interest::WRITABLE);
        });
    });
}

/// Readiness stays until it is cleared, and comes again with the next event.
#[test]
fn readable_until_it_is_cleared() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = pair();
            let a = register(a);
            let mut readable = ByHand::new(a.readable());
            assert!(readable.poll().is_pending());
            b.write_all(b"0").unwrap();
            woken(&readable).await;
            let Poll::Ready(Ok(mut guard)) = readable.poll() else { panic!("it was woken") };
            assert_eq!(guard.try_io(|a| a.get_ref().read(&mut [0])).unwrap().unwrap(), 1);
            // Nothing is left, but nobody has said so.
            a.readable().await.unwrap().retain_ready();
            guard.clear_ready();
            assert_eq!(guard.ready(), Ready::EMPTY);
            is_pending(&a, Interest::READABLE);
            b.write_all(b"0").unwrap();
            a.readable().await.unwrap().clear_ready();
        });
    });
}

#[test]
fn writable_until_it_blocks() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair();
            let a = register(a);
            let mut guard = a.writable().await.unwrap();
            let mut len = 0;
            while let Ok(n) = guard.try_io(|a| a.get_ref().write(&[0; 512])) {
                len += n.unwrap();
            }
            let mut writable = ByHand::new(a.writable());
            assert!(writable.poll().is_pending());
            drain(&b, len);
            woken(&writable).await;
            assert!(matches!(writable.poll(), Poll::Ready(Ok(_))));
        });
    });
}

/// What has come since the guard was made isn't cleared by it.
#[test]
fn an_old_guard_clears_nothing_new() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = pair();
            let a = register(a);
            b.write_all(b"0").unwrap();
            let mut old = a.readable().await.unwrap();
            a.get_ref().read_exact(&mut [0]).unwrap();
            a.readable().await.unwrap().clear_ready();
            b.write_all(b"1").unwrap();
            a.readable().await.unwrap().retain_ready();
            old.clear_ready();
            a.readable().await.unwrap().retain_ready();
            assert!(matches!(ByHand::new(a.readable()).poll(), Poll::Ready(Ok(_))));
        });
    });
}

#[test]
fn one_kind_of_readiness_is_cleared_at_a_time() {
    on_each(|rt| {
        rt.block_on(async {
            const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
            let (a, mut b) = pair();
            let mut a = register(a);
            b.write_all(b"0").unwrap();
            a.readable().await.unwrap().retain_ready();
            a.writable().await.unwrap().retain_ready();

            let mut guard = a.ready(BOTH).await.unwrap();
            assert_eq!(guard.ready(), Ready::READABLE | Ready::WRITABLE);
            guard.clear_ready_matching(Ready::READABLE);
            assert_eq!(guard.ready(), Ready::WRITABLE);
            is_pending(&a, Interest::READABLE);
            assert_eq!(a.ready(BOTH).await.unwrap().ready(), Ready::WRITABLE);
            guard.clear_ready_matching(Ready::READABLE | Ready::WRITABLE);
            assert_eq!(guard.ready(), Ready::EMPTY);
            is_pending(&a, BOTH);

            b.write_all(b"0").unwrap();
            a.readable().await.unwrap().retain_ready();
            let mut guard = a.ready_mut(BOTH).await.unwrap();
            assert!(guard.ready().is_readable());
            guard.clear_ready_matching(Ready::READABLE);
            assert!(!guard.ready().is_readable());
            guard.clear_ready();
            assert_eq!(guard.ready(), Ready::EMPTY);
            is_pending(&a, Interest::READABLE);
        });
    });
}

#[test]
fn operations_through_a_guard() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = pair();
            let mut a = register(a);
            b.write_all(b"0").unwrap();
            let mut guard = a.readable().await.unwrap();
            assert!(format!("{guard:?}").contains("UnixStream"));
            assert!(std::ptr::eq(guard.get_ref(), &a) && std::ptr::eq(guard.get_inner(), a.get_ref()));
            // Other results are handed on and clear nothing.
            assert_eq!(guard.try_io(|_| Ok(5)).unwrap().unwrap(), 5);
            let error = guard.try_io(|_| Err::<(), _>(ErrorKind::AddrInUse.into())).unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            a.readable().await.unwrap().retain_ready();
            guard.try_io(|_| Err::<(), _>(ErrorKind::WouldBlock.into())).unwrap_err();
            is_pending(&a, Interest::READABLE);

            b.write_all(b"1").unwrap();
            let mut guard = a.readable_mut().await.unwrap();
            assert!(format!("{guard:?}").contains("UnixStream"));
            let mut buf = [0; 2];
            assert_eq!(guard.try_io(|a| a.get_mut().read(&mut buf)).unwrap().unwrap(), 2);
            assert_eq!(&buf, b"01");
            assert_eq!(guard.get_inner_mut().read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert_eq!(guard.get_inner().as_raw_fd(), guard.get_ref().as_raw_fd());
            guard.get_mut().get_mut().flush().unwrap();
            guard.try_io(|_| Err::<(), _>(ErrorKind::WouldBlock.into())).unwrap_err();
            is_pending(&a, Interest::READABLE);
            a.writable_mut().await.unwrap().retain_ready();
        });
    });
}

#[test]
fn operations_of_ones_own() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = pair();
            let mut a = register(a);
            a.writable().await.unwrap().retain_ready();
            let would_block = |result: io::Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
            would_block(a.try_io(Interest::READABLE, |_| panic!("it isn't readable")));
            would_block(a.try_io_mut(Interest::READABLE, |_| panic!("it isn't readable")));
            assert_eq!(a.try_io(Interest::WRITABLE, |_| Ok(5)).unwrap(), 5);
            assert_eq!(a.try_io_mut(Interest::WRITABLE, |_| Ok(6)).unwrap(), 6);
            would_block(a.try_io(Interest::WRITABLE, |_| Err(ErrorKind::WouldBlock.into())));
            would_block(a.try_io(Interest::WRITABLE, |_| panic!("it isn't writable any more")));

            let mut buf = [0; 8];
            let mut read = ByHand::new(a.async_io(Interest::READABLE, |mut a| a.read(&mut buf)));
            assert!(read.poll().is_pending());
            b.write_all(b"hello").unwrap();
            woken(&read).await;
            assert!(matches!(read.poll(), Poll::Ready(Ok(5))));
            drop(read);
            assert_eq!(&buf[..5], b"hello");

            // Woken for nothing: it goes on waiting.
            let mut tries = 0;
            let mut read = ByHand::new(a.async_io_mut(Interest::READABLE, |a| {
                tries += 1;
                a.read(&mut buf)
            }));
            assert!(read.poll().is_pending());
            b.write_all(b"again").unwrap();
            woken(&read).await;
            assert!(matches!(read.poll(), Poll::Ready(Ok(5))));
            drop(read);
            assert!((1..=2).contains(&tries), "{tries}");
        });
    });
}

#[test]
fn many_wait() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = pair();
            let a = Arc::new(register(a));
            let mut hands: Vec<_> = (0..10).map(|_| ByHand::new(a.readable())).collect();
            for hand in &mut hands {
                assert!(hand.poll().is_pending());
            }
            let tasks: Vec<_> = (0..10)
                .map(|_| {
                    let a = a.clone();
                    gmp::spawn(async move { a.readable().await.unwrap().retain_ready() })
                })
                .collect();
            b.write_all(b"0").unwrap();
            for task in tasks {
                task.await.unwrap();
            }
            for hand in &mut hands {
                woken(hand).await;
                assert!(matches!(hand.poll(), Poll::Ready(Ok(_))));
            }
        });
    });
}

/// Two places: for a reader and a writer. Whoever comes last has it.
#[test]
fn poll_functions_wake_the_last() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = pair();
            let mut a = register(a);
            let mut guard = a.writable().await.unwrap();
            let len = fill(a.get_ref());
            guard.clear_ready();
            let (mut first, mut last, mut writer) = (ByHand::new(()), ByHand::new(()), ByHand::new(()));
            assert!(writer.enter(|_, cx| a.poll_write_ready(cx).is_pending()));
            assert!(first.enter(|_, cx| a.poll_read_ready(cx).is_pending()));
            assert!(last.enter(|_, cx| a.poll_read_ready_mut(cx).is_pending()));
            assert_eq!((first.wakers(), last.wakers()), (0, 1));
            b.write_all(b"0").unwrap();
            woken(&last).await;
            assert!(!first.is_woken() && !writer.is_woken());
            poll_fn(|cx| a.poll_read_ready(cx).map_ok(|mut guard| guard.retain_ready())).await.unwrap();
            drain(&b, len);
            woken(&writer).await;
            poll_fn(|cx| a.poll_write_ready_mut(cx).map_ok(|mut guard| guard.retain_ready())).await.unwrap();
        });
    });
}

/// The value's drop closes the descriptor, if that is what it does; ours only forgets it.
#[test]
fn what_the_drop_closes() {
    watched(|| {
        current().block_on(async {
            #[derive(Debug)]
            struct Shared(Arc<UnixStream>);
            impl AsRawFd for Shared {
                fn as_raw_fd(&self) -> RawFd {
                    self.0.as_raw_fd()
                }
            }
            let (a, mut b) = pair();
            drop(register(a));
            assert_eq!(b.read(&mut [0]).unwrap(), 0);

            let (a, mut b) = pair();
            let a: UnixStream = register(a).into_inner();
            assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            // Registered again, and twice in a row.
            let a = register(register(a).into_inner());
            b.write_all(b"0").unwrap();
            a.readable().await.unwrap().retain_ready();

            let (a, mut b) = pair();
            let a = Arc::new(a);
            drop(register(Shared(a.clone())));
            assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            let again = register(Shared(a));
            b.write_all(b"0").unwrap();
            again.readable().await.unwrap().retain_ready();
        });
    });
}

#[test]
fn it_lends_what_it_has() {
    let rt = current();
    let _guard = rt.enter();
    let (a, _b) = pair();
    let number = a.as_raw_fd();
    let mut a = register(a);
    assert_eq!((a.as_raw_fd(), a.as_fd().as_raw_fd()), (number, number));
    assert_eq!((a.get_ref().as_raw_fd(), a.get_mut().as_raw_fd()), (number, number));
    assert!(format!("{a:?}").starts_with("AsyncFd"));
}

#[derive(Debug)]
struct NoDescriptor;

impl AsRawFd for NoDescriptor {
    fn as_raw_fd(&self) -> RawFd {
        -1
    }
}

/// A value that can't be registered is given back.
#[test]
fn what_cannot_be_registered() {
    watched(|| {
        current().block_on(async {
            let original = Arc::new(NoDescriptor);
            // SAFETY: nothing is registered, since it is no descriptor.
            let error = unsafe { AsyncFd::register(original.clone()) }.unwrap_err();
            assert_eq!(error.to_string(), io::Error::from_raw_os_error(libc::EBADF).to_string());
            assert!(std::error::Error::source(&error).is_some());
            let (value, cause) = error.into_parts();
            assert!(Arc::ptr_eq(&original, &value));
            assert_eq!(cause.raw_os_error(), Some(libc::EBADF));
            // SAFETY: as above.
            let error = unsafe { AsyncFd::register_with_interest(value, Interest::READABLE) }.unwrap_err();
            assert!(format!("{error:?}").contains("code: 9"));
            assert_eq!(io::Error::from(error).raw_os_error(), Some(libc::EBADF));
            #[cfg(target_os = "linux")]
            {
                let file = tempfile::tempfile().unwrap();
                // SAFETY: the file owns its descriptor.
                let error = unsafe { AsyncFd::register(file) }.unwrap_err();
                assert_eq!(io::Error::from(error).kind(), ErrorKind::PermissionDenied);
            }
        });
    });
}

#[test]
#[expect(deprecated, reason = "they are still there")]
fn the_former_constructors() {
    let panics = [
        (panic_of(|| AsyncFd::new(0)), line!()),
        (panic_of(|| AsyncFd::try_new(0)), line!()),
        (panic_of(|| AsyncFd::with_interest(0, Interest::READABLE)), line!()),
        (panic_of(|| AsyncFd::try_with_interest(0, Interest::READABLE)), line!()),
        // SAFETY: it panics before anything is registered.
        (panic_of(|| unsafe { AsyncFd::register(0) }), line!()),
    ];
    for (panic, line) in panics {
        assert_eq!(panic.text, "there is no reactor running, must be called from the context of a Tokio 1.x runtime");
        assert_eq!((&*panic.file, panic.line), (file!(), line));
    }
    watched(|| {
        current().block_on(async {
            let (a, mut b) = pair();
            let a = AsyncFd::new(a).unwrap();
            b.write_all(b"0").unwrap();
            a.readable().await.unwrap().retain_ready();
            let a = AsyncFd::with_interest(a.into_inner(), Interest::READABLE).unwrap();
            a.readable().await.unwrap().retain_ready();
            is_pending(&a, Interest::WRITABLE);
            let a = AsyncFd::try_with_interest(a.into_inner(), Interest::WRITABLE).unwrap();
            a.writable().await.unwrap().retain_ready();
            assert!(AsyncFd::try_new(a.into_inner()).is_ok());
            let error: gmp::io::unix::AsyncFdTryNewError<_> = AsyncFd::try_new(NoDescriptor).unwrap_err();
            let (NoDescriptor, _) = error.into_parts();
        });
    });
}

/// A number whose descriptor is closed too early, while another keeps the open file in the poller's set: its events have no
/// owner any more.
#[test]
#[expect(deprecated, reason = "only these take a mere number")]
fn closed_behind_its_back() {
    on_each(|rt| {
        rt.block_on(async {
            let (original, mut peer) = pair();
            let duplicate = original.try_clone().unwrap();
            let registered = AsyncFd::with_interest(original.as_raw_fd(), Interest::READABLE).unwrap();
            drop(original);
            drop(registered);
            gmp::task::yield_now().await;
            // Others take the places that are free now.
            let (others, peers): (Vec<_>, Vec<_>) = (0..4).map(|_| pair()).unzip();
            let others: Vec<_> = others.into_iter().map(register).collect();
            peer.write_all(b"x").unwrap();
            for _ in 0..100 {
                gmp::task::yield_now().await;
            }
            for other in &others {
                is_pending(other, Interest::READABLE);
            }
            for (other, mut peer) in others.iter().zip(&peers) {
                peer.write_all(b"x").unwrap();
                other.readable().await.unwrap().retain_ready();
            }
            drop(duplicate);
        });
    });
}

async fn poll_readable<T: AsRawFd>(fd: &AsyncFd<T>) -> io::Result<AsyncFdReadyGuard<'_, T>> {
    poll_fn(|cx| fd.poll_read_ready(cx)).await
}

#[test]
fn the_end_of_the_runtime() {
    on_each(|rt| {
        let (a, _b) = pair();
        let a = {
            let _guard = rt.enter();
            register(a)
        };
        let mut writable = rt.block_on(a.writable()).unwrap();
        let (mut readable, mut polled) = (ByHand::new(a.readable()), ByHand::new(poll_readable(&a)));
        assert!(readable.poll().is_pending() && polled.poll().is_pending());
        drop(rt);
        assert!(readable.is_woken() && polled.is_woken());
        assert!(matches!(readable.poll(), Poll::Ready(Err(_))));
        assert!(matches!(polled.poll(), Poll::Ready(Err(_))));
        assert!(block_on(a.readable()).is_err());
        assert!(block_on(poll_readable(&a)).is_err());
        assert!(block_on(a.async_io(Interest::READABLE, |_| Ok(()))).is_err());
        writable.clear_ready();
        drop((readable, polled));
        a.into_inner();
    });
}

/// Whoever waits on another thread while the runtime ends learns of it, at whatever moment.
#[test]
fn the_end_of_the_runtime_meanwhile() {
    for round in 0..100 {
        watched(move || {
            let rt = if round % 2 == 0 { current() } else { multi(2) };
            let (a, _b) = pair();
            let a = {
                let _guard = rt.enter();
                register(a)
            };
            std::thread::scope(|s| {
                s.spawn(|| drop(rt));
                if round % 3 == 0 {
                    assert!(block_on(a.readable()).is_err());
                } else {
                    assert!(block_on(poll_readable(&a)).is_err());
                }
            });
            assert!(block_on(a.readable()).is_err());
        });
    }
}
