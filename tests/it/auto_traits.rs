//! Send, Sync, Unpin, UnwindSafe and RefUnwindSafe of the public types: as tokio's types of the same name have them.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// Send, Sync, Unpin, UnwindSafe, RefUnwindSafe.
type Traits = [bool; 5];

/// Asks about `T`: the inherent constants apply where `T` has the trait, and stand before those of [`Without`].
struct Ask<T>(PhantomData<T>);

trait Without {
    const SEND: bool = false;
    const SYNC: bool = false;
    const UNPIN: bool = false;
    const UNWIND_SAFE: bool = false;
    const REF_UNWIND_SAFE: bool = false;
}

impl<T> Without for Ask<T> {}

impl<T: Send> Ask<T> {
    const SEND: bool = true;
}

impl<T: Sync> Ask<T> {
    const SYNC: bool = true;
}

impl<T: Unpin> Ask<T> {
    const UNPIN: bool = true;
}

impl<T: UnwindSafe> Ask<T> {
    const UNWIND_SAFE: bool = true;
}

impl<T: RefUnwindSafe> Ask<T> {
    const REF_UNWIND_SAFE: bool = true;
}

/// A macro, for the question is answered where the type is written.
macro_rules! traits {
    ($ty:ty) => {{
        let answers: Traits = [
            <Ask<$ty>>::SEND,
            <Ask<$ty>>::SYNC,
            <Ask<$ty>>::UNPIN,
            <Ask<$ty>>::UNWIND_SAFE,
            <Ask<$ty>>::REF_UNWIND_SAFE,
        ];
        answers
    }};
}

/// Compares two types while the tests are compiled. What is safe to see after a panic may be more than tokio's: its lists
/// of tasks aren't, ours are.
macro_rules! same {
    ($ours:ty, $theirs:ty) => {
        const _: () = {
            assert!(<Ask<$ours>>::SEND == <Ask<$theirs>>::SEND, concat!(stringify!($ours), ": Send"));
            assert!(<Ask<$ours>>::SYNC == <Ask<$theirs>>::SYNC, concat!(stringify!($ours), ": Sync"));
            assert!(<Ask<$ours>>::UNPIN == <Ask<$theirs>>::UNPIN, concat!(stringify!($ours), ": Unpin"));
            assert!(
                <Ask<$ours>>::UNWIND_SAFE || !<Ask<$theirs>>::UNWIND_SAFE,
                concat!(stringify!($ours), ": UnwindSafe")
            );
            assert!(
                <Ask<$ours>>::REF_UNWIND_SAFE || !<Ask<$theirs>>::REF_UNWIND_SAFE,
                concat!(stringify!($ours), ": RefUnwindSafe")
            );
        };
    };
}

mod same;
mod unix;

#[test]
fn the_question_can_be_answered_no() {
    assert_eq!(traits!(u8), [true; 5]);
    assert_eq!(traits!(Rc<u8>), [false, false, true, true, true]);
    assert_eq!(traits!(Cell<u8>), [true, false, true, true, false]);
    assert_eq!(traits!((std::marker::PhantomPinned, &mut u8)), [true, true, false, false, true]);
}

macro_rules! as_in_tokio {
    ($($($path:ident)::+ $(<$($arg:ty),*>)?;)*) => {
        [$((
            stringify!($($path)::+ $(<$($arg),*>)?),
            traits!(gmp::$($path)::+ $(<$($arg),*>)?),
            traits!(tokio::$($path)::+ $(<$($arg),*>)?),
        )),*]
    };
}

#[test]
fn types_have_the_auto_traits_of_tokios() {
    let table = as_in_tokio! {
        runtime::Runtime;
        runtime::Handle;
        runtime::TryCurrentError;
        runtime::RuntimeFlavor;
        runtime::RuntimeMetrics;
        task::JoinHandle<u8>;
        task::JoinHandle<Rc<u8>>;
        task::JoinHandle<Cell<u8>>;
        task::JoinHandle<&'static mut u8>;
        task::JoinSet<u8>;
        task::JoinSet<Rc<u8>>;
        task::JoinSet<Cell<u8>>;
        task::JoinSet<&'static mut u8>;
        task::AbortHandle;
        task::JoinError;
        task::Id;
        time::Instant;
        time::Sleep;
        time::Interval;
        time::Timeout<u8>;
        time::Timeout<Rc<u8>>;
        time::Timeout<Cell<u8>>;
        time::Timeout<&'static mut u8>;
        time::Timeout<std::marker::PhantomPinned>;
        time::error::Elapsed;
        time::error::Error;
        time::MissedTickBehavior;
        net::TcpListener;
        net::TcpStream;
        net::TcpSocket;
        net::UdpSocket;
        net::tcp::OwnedReadHalf;
        net::tcp::OwnedWriteHalf;
        net::tcp::ReuniteError;
        io::Interest;
        io::Ready;
    };
    let halves = [
        ("ReadHalf", traits!(gmp::net::tcp::ReadHalf<'static>), traits!(tokio::net::tcp::ReadHalf<'static>)),
        ("WriteHalf", traits!(gmp::net::tcp::WriteHalf<'static>), traits!(tokio::net::tcp::WriteHalf<'static>)),
    ];
    let guard = (
        "runtime::EnterGuard",
        traits!(gmp::runtime::EnterGuard<'static>),
        traits!(tokio::runtime::EnterGuard<'static>),
    );
    for (name, ours, theirs) in table.into_iter().chain([guard]).chain(halves) {
        let [send, sync, unpin, unwind, ref_unwind] = ours;
        assert_eq!([send, sync, unpin], theirs[..3], "{name}: Send, Sync, Unpin");
        // What is safe to see after a panic may be more than tokio's: its lists of tasks aren't, ours are.
        assert!(unwind >= theirs[3] && ref_unwind >= theirs[4], "{name}: {ours:?}, tokio's {theirs:?}");
    }
}

/// tokio's is neither `Sync` nor unwind safe by chance; what its users need is `Send`, and so that it can be kept in a field.
#[test]
fn a_builder_can_be_sent() {
    let [send, _, unpin, ..] = traits!(gmp::runtime::Builder);
    let [theirs, ..] = traits!(tokio::runtime::Builder);
    assert!(send && unpin && theirs);
}

/// The types that are re-exported are tokio's own, not look-alikes.
#[test]
fn re_exports_are_the_same_types() {
    fn same<T>(_: PhantomData<T>, _: PhantomData<T>) {}
    same::<tokio::sync::Mutex<u8>>(PhantomData::<gmp::sync::Mutex<u8>>, PhantomData);
    same::<tokio::sync::mpsc::Sender<u8>>(PhantomData::<gmp::sync::mpsc::Sender<u8>>, PhantomData);
    same::<tokio::sync::Notify>(PhantomData::<gmp::sync::Notify>, PhantomData);
    same::<tokio::io::ReadBuf<'static>>(PhantomData::<gmp::io::ReadBuf<'static>>, PhantomData);
    same::<tokio::io::DuplexStream>(PhantomData::<gmp::io::DuplexStream>, PhantomData);
    same::<tokio::task::LocalKey<u8>>(PhantomData::<gmp::task::LocalKey<u8>>, PhantomData);
    same::<tokio::task::Unconstrained<u8>>(PhantomData::<gmp::task::Unconstrained<u8>>, PhantomData);
    same::<tokio::time::MissedTickBehavior>(PhantomData::<gmp::time::MissedTickBehavior>, PhantomData);
    same::<tokio::time::error::Error>(PhantomData::<gmp::time::error::Error>, PhantomData);
    fn reads<T: tokio::io::AsyncRead + gmp::io::AsyncRead>() {}
    reads::<gmp::io::DuplexStream>();
}

/// Whether the value of an unnameable type is `Send`, `Sync` and `Unpin`: the impl that needs fewer
/// references wins, if it applies.
mod value {
    pub(super) struct Of<T>(std::marker::PhantomData<T>);

    pub(super) fn of<T>(_: &T) -> Of<T> {
        Of(std::marker::PhantomData)
    }

    /// What an async function returns, without a call of it.
    pub(super) fn of_output<A, F>(_: impl Fn(A) -> F) -> Of<F> {
        Of(std::marker::PhantomData)
    }

    pub(super) trait SendYes {
        fn is_send(&self) -> bool {
            true
        }
    }

    pub(super) trait SendNo {
        fn is_send(&self) -> bool {
            false
        }
    }

    impl<T: Send> SendYes for Of<T> {}
    impl<T> SendNo for &Of<T> {}

    pub(super) trait SyncYes {
        fn is_sync(&self) -> bool {
            true
        }
    }

    pub(super) trait SyncNo {
        fn is_sync(&self) -> bool {
            false
        }
    }

    impl<T: Sync> SyncYes for Of<T> {}
    impl<T> SyncNo for &Of<T> {}
}

use value::{SendNo as _, SendYes as _, SyncNo as _, SyncYes as _, of, of_output};

macro_rules! future_traits {
    ($future:expr) => {{
        let future = $future;
        let asked = of(&future);
        [(&asked).is_send(), (&asked).is_sync()]
    }};
}

/// Whether a future is `Send` is known outside of the function that makes it only; so each has a function.
async fn holds_an_rc() {
    let rc = Rc::new(1);
    std::future::ready(()).await;
    drop(rc);
}

macro_rules! futures_of {
    ($name:ident, $krate:ident) => {
        mod $name {
            use $krate::task::{JoinHandle, JoinSet};

            pub(super) async fn join_next<T: 'static>(mut set: JoinSet<T>) {
                set.join_next().await;
            }

            pub(super) async fn join_next_with_id<T: 'static>(mut set: JoinSet<T>) {
                set.join_next_with_id().await;
            }

            pub(super) async fn shutdown<T: 'static>(mut set: JoinSet<T>) {
                set.shutdown().await;
            }

            pub(super) async fn join_all<T: 'static>(set: JoinSet<T>) {
                set.join_all().await;
            }

            pub(super) async fn join<T: 'static>(handle: JoinHandle<T>) {
                let _ = handle.await;
            }

            pub(super) async fn sleeps() {
                let mut interval = $krate::time::interval($krate::time::Duration::from_secs(1));
                interval.tick().await;
                $krate::time::sleep(interval.period()).await;
                let _ = $krate::time::timeout(interval.period(), std::future::pending::<()>()).await;
            }

            pub(super) async fn yields() {
                $krate::task::yield_now().await;
                $krate::task::consume_budget().await;
                $krate::task::unconstrained(async {}).await;
            }
        }
    };
}

futures_of!(ours, gmp);
futures_of!(theirs, tokio);

macro_rules! futures_as_in_tokio {
    ($($what:ident ($arg:ident<$of:ty>);)*) => {
        [$((
            stringify!($what of $of),
            future_traits!(ours::$what(gmp::task::$arg::<$of>::new())),
            future_traits!(theirs::$what(tokio::task::$arg::<$of>::new())),
        )),*]
    };
}

#[test]
fn futures_have_the_auto_traits_of_tokios() {
    assert_eq!(future_traits!(holds_an_rc()), [false, false]);
    assert_eq!(future_traits!(ours::yields()), future_traits!(theirs::yields()));
    assert_eq!(future_traits!(ours::sleeps()), future_traits!(theirs::sleeps()));
    assert_eq!(future_traits!(gmp::task::yield_now()), future_traits!(tokio::task::yield_now()));
    let table = futures_as_in_tokio! {
        join_next(JoinSet<u8>);
        join_next(JoinSet<Cell<u8>>);
        join_next(JoinSet<Rc<u8>>);
        join_next_with_id(JoinSet<u8>);
        join_next_with_id(JoinSet<Cell<u8>>);
        shutdown(JoinSet<u8>);
        shutdown(JoinSet<Cell<u8>>);
        join_all(JoinSet<u8>);
        join_all(JoinSet<Cell<u8>>);
        join_all(JoinSet<Rc<u8>>);
    };
    for (name, ours, theirs) in table {
        assert_eq!(ours, theirs, "{name}: Send, Sync");
    }
    let rt = crate::support::current();
    let theirs = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(
        future_traits!(ours::join(rt.spawn(async { Cell::new(1) }))),
        future_traits!(theirs::join(theirs.spawn(async { Cell::new(1) })))
    );
}

macro_rules! net_futures_of {
    ($name:ident, $krate:ident) => {
        mod $name {
            use $krate::io::Interest;
            use $krate::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs, UdpSocket, lookup_host};

            pub(super) async fn names<T: ToSocketAddrs + Copy>(name: T) {
                let _ = TcpStream::connect(name).await;
                let _ = TcpListener::bind(name).await;
                let _ = UdpSocket::bind(name).await;
                let found = lookup_host(name).await;
                std::future::ready(()).await;
                drop(found);
            }

            pub(super) async fn stream(mut stream: TcpStream) {
                let mut buf = [0; 8];
                let _ = stream.ready(Interest::READABLE).await;
                let _ = stream.readable().await;
                let _ = stream.writable().await;
                let _ = stream.peek(&mut buf).await;
                let _ = stream.async_io(Interest::READABLE, || Ok(())).await;
                let (mut reader, writer) = stream.split();
                let _ = reader.peek(&mut buf).await;
                let _ = reader.ready(Interest::READABLE).await;
                let _ = reader.readable().await;
                let _ = writer.ready(Interest::READABLE).await;
                let _ = writer.writable().await;
                let (mut reader, writer) = stream.into_split();
                let _ = reader.peek(&mut buf).await;
                let _ = reader.ready(Interest::READABLE).await;
                let _ = reader.readable().await;
                let _ = writer.ready(Interest::READABLE).await;
                let _ = writer.writable().await;
            }

            pub(super) async fn listener(listener: TcpListener) {
                let _ = listener.accept().await;
            }

            pub(super) async fn socket(socket: TcpSocket) {
                let _ = socket.connect(([127, 0, 0, 1], 80).into()).await;
            }

            pub(super) async fn udp<T: ToSocketAddrs + Copy>((socket, name): (UdpSocket, T)) {
                let mut buf = [0; 8];
                let mut vec = Vec::new();
                let _ = socket.connect(name).await;
                let _ = socket.send_to(&buf, name).await;
                let _ = socket.send(&buf).await;
                let _ = socket.recv(&mut buf).await;
                let _ = socket.recv_from(&mut buf).await;
                let _ = socket.recv_buf(&mut vec).await;
                let _ = socket.recv_buf_from(&mut vec).await;
                let _ = socket.peek(&mut buf).await;
                let _ = socket.peek_from(&mut buf).await;
                let _ = socket.peek_sender().await;
                let _ = socket.ready(Interest::WRITABLE).await;
                let _ = socket.readable().await;
                let _ = socket.writable().await;
                let _ = socket.async_io(Interest::READABLE, || Ok(())).await;
            }
        }
    };
}

net_futures_of!(our_net, gmp);
net_futures_of!(their_net, tokio);

#[test]
fn futures_of_sockets_have_the_auto_traits_of_tokios() {
    macro_rules! compare {
        ($($what:ident $(::<$of:ty>)?;)*) => {$({
            let (ours, theirs) = (of_output(our_net::$what $(::<$of>)?), of_output(their_net::$what $(::<$of>)?));
            let name = stringify!($what $(::<$of>)?);
            assert_eq!((&ours).is_send(), (&theirs).is_send(), "{name}: Send");
            assert_eq!((&ours).is_sync(), (&theirs).is_sync(), "{name}: Sync");
            assert!((&ours).is_send(), "{name}");
        })*};
    }
    assert!(!(&of_output(|()| holds_an_rc())).is_send());
    compare! {
        names::<std::net::SocketAddr>;
        names::<&'static str>;
        names::<&'static String>;
        names::<(&'static str, u16)>;
        names::<&'static [std::net::SocketAddr]>;
        stream;
        listener;
        socket;
        udp::<std::net::SocketAddr>;
        udp::<&'static str>;
    }
}

/// What libraries ask of a socket's descriptor, and of what it is made of.
#[test]
fn sockets_have_the_conversions_of_tokios() {
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd};
    macro_rules! of {
        ($krate:ident) => {
            fn descriptor<T: AsFd + AsRawFd + std::fmt::Debug>() {}
            fn from_std<T: TryFrom<S, Error = std::io::Error>, S>() {}
            fn raw<T: FromRawFd + IntoRawFd>() {}
            fn stream<T: AsRef<$krate::net::TcpStream>>() {}
            descriptor::<$krate::net::TcpListener>();
            descriptor::<$krate::net::TcpStream>();
            descriptor::<$krate::net::TcpSocket>();
            descriptor::<$krate::net::UdpSocket>();
            from_std::<$krate::net::TcpListener, std::net::TcpListener>();
            from_std::<$krate::net::TcpStream, std::net::TcpStream>();
            from_std::<$krate::net::UdpSocket, std::net::UdpSocket>();
            raw::<$krate::net::TcpSocket>();
            stream::<$krate::net::TcpStream>();
            stream::<$krate::net::tcp::ReadHalf<'static>>();
            stream::<$krate::net::tcp::WriteHalf<'static>>();
            stream::<$krate::net::tcp::OwnedReadHalf>();
            stream::<$krate::net::tcp::OwnedWriteHalf>();
        };
    }
    fn ours() {
        of!(gmp);
    }
    fn theirs() {
        of!(tokio);
    }
    ours();
    theirs();
    let _: fn(gmp::net::tcp::ReuniteError) -> Box<dyn std::error::Error + Send + Sync> = |e| Box::new(e);
}

#[test]
fn unsize_and_object_safety() {
    // A handle can be a trait object among others, as tokio's can.
    type Boxed = Box<dyn std::future::Future<Output = Result<u8, gmp::task::JoinError>> + Send>;
    let _: fn(gmp::task::JoinHandle<u8>) -> Boxed = |handle| Box::new(handle);
    let _: fn(gmp::task::JoinError) -> Box<dyn std::error::Error + Send + Sync> = |e| Box::new(e);
    let _: fn(gmp::task::JoinError) -> std::io::Error = Into::into;
    let _: fn(gmp::time::error::Elapsed) -> Box<dyn std::error::Error + Send + Sync> = |e| Box::new(e);
    let _: fn(gmp::time::error::Elapsed) -> std::io::Error = Into::into;
    let _: fn(gmp::time::Sleep) -> Box<dyn std::future::Future<Output = ()> + Send + Sync> = |s| Box::new(s);
    let _: fn(gmp::runtime::TryCurrentError) -> Box<dyn std::error::Error + Send + Sync> = |e| Box::new(e);
}
