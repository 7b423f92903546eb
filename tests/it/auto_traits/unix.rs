//! The same for what is there on Unix only.

use super::value::{SendNo as _, SendYes as _, SyncNo as _, SyncYes as _, of_output};
use super::{Ask, Traits, Without as _};
use std::cell::Cell;
use std::fs::File;
use std::marker::{PhantomData, PhantomPinned};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, RawFd};
use std::path::Path;
use std::rc::Rc;

/// A descriptor of a type that has other traits.
struct Odd<T>(PhantomData<T>);

impl<T> AsRawFd for Odd<T> {
    fn as_raw_fd(&self) -> RawFd {
        unreachable!("nobody makes one")
    }
}

/// A path that stays on its thread.
type RcPath = Rc<Path>;

macro_rules! named {
    ($($of:ty;)*) => {
        [$((stringify!($of), traits!($of))),*]
    };
}

macro_rules! types_of {
    ($krate:ident) => {{
        use $krate::{fs, io, net, process, signal};
        named! {
            process::Command;
            process::Child;
            process::ChildStdin;
            process::ChildStdout;
            process::ChildStderr;
            signal::unix::Signal;
            signal::unix::SignalKind;
            net::UnixListener;
            net::UnixStream;
            net::UnixDatagram;
            net::UnixSocket;
            net::unix::ReadHalf<'static>;
            net::unix::WriteHalf<'static>;
            net::unix::OwnedReadHalf;
            net::unix::OwnedWriteHalf;
            net::unix::ReuniteError;
            net::unix::SocketAddr;
            net::unix::UCred;
            net::unix::pipe::OpenOptions;
            net::unix::pipe::Sender;
            net::unix::pipe::Receiver;
            io::unix::AsyncFd<File>;
            io::unix::AsyncFd<Rc<File>>;
            io::unix::AsyncFd<Odd<Cell<u8>>>;
            io::unix::AsyncFd<Odd<&'static mut u8>>;
            io::unix::AsyncFd<Odd<PhantomPinned>>;
            io::unix::AsyncFdReadyGuard<'static, File>;
            io::unix::AsyncFdReadyGuard<'static, Rc<File>>;
            io::unix::AsyncFdReadyGuard<'static, Odd<Cell<u8>>>;
            io::unix::AsyncFdReadyGuard<'static, Odd<PhantomPinned>>;
            io::unix::AsyncFdReadyMutGuard<'static, File>;
            io::unix::AsyncFdReadyMutGuard<'static, Rc<File>>;
            io::unix::AsyncFdReadyMutGuard<'static, Odd<Cell<u8>>>;
            io::unix::AsyncFdReadyMutGuard<'static, Odd<PhantomPinned>>;
            io::unix::AsyncFdRegisterError<File>;
            io::unix::AsyncFdRegisterError<Rc<File>>;
            io::unix::AsyncFdRegisterError<PhantomPinned>;
            io::unix::TryIoError;
            io::Stdin;
            io::Stdout;
            io::Stderr;
            fs::File;
            fs::OpenOptions;
            fs::DirBuilder;
            fs::ReadDir;
            fs::DirEntry;
            fs::FileTimes;
        }
    }};
}

#[test]
fn types_have_the_auto_traits_of_tokios() {
    let ours: [(&str, Traits); 47] = types_of!(gmp);
    for ((name, ours), (_, theirs)) in ours.into_iter().zip(types_of!(tokio)) {
        assert_eq!(ours[..3], theirs[..3], "{name}: Send, Sync, Unpin");
        assert!(ours[3] >= theirs[3] && ours[4] >= theirs[4], "{name}: {ours:?}, tokio's {theirs:?}");
    }
}

macro_rules! futures_of {
    ($name:ident, $krate:ident) => {
        mod $name {
            use super::{AsRawFd, File};
            use std::path::Path;
            use $krate::io::Interest;
            use $krate::io::unix::AsyncFd;
            use $krate::net::unix::{SocketAddr, pipe};
            use $krate::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream};

            pub(super) async fn streams((mut stream, address): (UnixStream, SocketAddr)) {
                let _ = UnixStream::connect("nowhere").await;
                let _ = UnixStream::connect_addr(&address).await;
                let _ = stream.ready(Interest::READABLE).await;
                let _ = stream.readable().await;
                let _ = stream.writable().await;
                let _ = stream.async_io(Interest::READABLE, || Ok(())).await;
                let (reader, writer) = stream.split();
                let _ = reader.ready(Interest::READABLE).await;
                let _ = reader.readable().await;
                let _ = writer.ready(Interest::READABLE).await;
                let _ = writer.writable().await;
                let (reader, writer) = stream.into_split();
                let _ = reader.ready(Interest::READABLE).await;
                let _ = reader.readable().await;
                let _ = writer.ready(Interest::READABLE).await;
                let _ = writer.writable().await;
            }

            pub(super) async fn listener(listener: UnixListener) {
                let _ = listener.accept().await;
            }

            pub(super) async fn socket(socket: UnixSocket) {
                let _ = socket.connect("nowhere").await;
            }

            pub(super) async fn datagrams(socket: UnixDatagram) {
                let mut buf = [0; 8];
                let mut vec = Vec::new();
                let _ = socket.ready(Interest::READABLE).await;
                let _ = socket.readable().await;
                let _ = socket.writable().await;
                let _ = socket.send(&buf).await;
                let _ = socket.send_to(&buf, "nowhere").await;
                let _ = socket.recv(&mut buf).await;
                let _ = socket.recv_from(&mut buf).await;
                let _ = socket.recv_buf(&mut vec).await;
                let _ = socket.recv_buf_from(&mut vec).await;
                let _ = socket.async_io(Interest::READABLE, || Ok(())).await;
            }

            pub(super) async fn pipes((sender, receiver): (pipe::Sender, pipe::Receiver)) {
                let _ = sender.ready(Interest::WRITABLE).await;
                let _ = sender.writable().await;
                let _ = receiver.ready(Interest::READABLE).await;
                let _ = receiver.readable().await;
            }

            pub(super) async fn descriptor<T: AsRawFd>(mut fd: AsyncFd<T>) {
                fd.ready(Interest::READABLE).await.unwrap().retain_ready();
                fd.readable().await.unwrap().retain_ready();
                fd.writable().await.unwrap().retain_ready();
                fd.ready_mut(Interest::READABLE).await.unwrap().retain_ready();
                fd.readable_mut().await.unwrap().retain_ready();
                fd.writable_mut().await.unwrap().retain_ready();
                let _ = fd.async_io(Interest::READABLE, |_| Ok(())).await;
                let _ = fd.async_io_mut(Interest::READABLE, |_| Ok(())).await;
            }

            pub(super) async fn files<T: AsRef<Path>>((path, file): (T, $krate::fs::File)) {
                let path = &path;
                let options = $krate::fs::OpenOptions::new();
                let _ = options.open(path).await;
                let _ = $krate::fs::File::open(path).await;
                let _ = $krate::fs::DirBuilder::new().create(path).await;
                let _ = file.sync_all().await;
                let _ = file.set_len(1).await;
                let _ = file.metadata().await;
                let _ = file.set_times($krate::fs::FileTimes::new()).await;
                let _ = file.try_clone().await;
                let _ = $krate::fs::read(path).await;
                let _ = $krate::fs::write(path, path.as_ref().as_os_str().as_encoded_bytes()).await;
                let _ = $krate::fs::copy(path, path).await;
                if let Ok(mut entries) = $krate::fs::read_dir(path).await {
                    if let Ok(Some(entry)) = entries.next_entry().await {
                        let _ = entry.metadata().await;
                        let _ = entry.file_type().await;
                    }
                }
                let _ = file.into_std().await;
            }

            pub(super) async fn guard(fd: AsyncFd<File>) {
                let guard = fd.readable().await;
                std::future::ready(()).await;
                drop(guard);
            }
        }
    };
}

futures_of!(ours, gmp);
futures_of!(theirs, tokio);

#[test]
fn futures_have_the_auto_traits_of_tokios() {
    macro_rules! compare {
        ($($what:ident $(::<$of:ty>)?;)*) => {$({
            let (ours, theirs) = (of_output(ours::$what $(::<$of>)?), of_output(theirs::$what $(::<$of>)?));
            let name = stringify!($what $(::<$of>)?);
            assert_eq!((&ours).is_send(), (&theirs).is_send(), "{name}: Send");
            assert_eq!((&ours).is_sync(), (&theirs).is_sync(), "{name}: Sync");
            // So that it isn't two wrongs that are compared.
            assert_eq!((&ours).is_send(), !name.contains("Rc") && !name.contains("Cell"), "{name}");
        })*};
    }
    compare! {
        streams;
        listener;
        socket;
        datagrams;
        pipes;
        descriptor::<File>;
        descriptor::<Rc<File>>;
        descriptor::<Odd<Cell<u8>>>;
        guard;
        files::<&'static str>;
        files::<RcPath>;
    }
}

/// What libraries ask of a descriptor, and of what it is made of.
#[test]
fn they_have_the_conversions_of_tokios() {
    use std::os::unix::net;
    macro_rules! of {
        ($krate:ident) => {
            fn descriptor<T: AsFd + AsRawFd + std::fmt::Debug>() {}
            fn from_std<T: TryFrom<S, Error = std::io::Error>, S>() {}
            fn raw<T: FromRawFd + IntoRawFd>() {}
            fn stream<T: AsRef<$krate::net::UnixStream>>() {}
            fn error<T: std::error::Error + Send + Sync + 'static>() {}
            fn plain<T: Copy + Eq + std::hash::Hash + std::fmt::Debug>() {}
            descriptor::<$krate::net::UnixListener>();
            descriptor::<$krate::net::UnixStream>();
            descriptor::<$krate::net::UnixDatagram>();
            descriptor::<$krate::net::UnixSocket>();
            descriptor::<$krate::net::unix::pipe::Sender>();
            descriptor::<$krate::net::unix::pipe::Receiver>();
            descriptor::<$krate::io::unix::AsyncFd<File>>();
            descriptor::<$krate::fs::File>();
            descriptor::<$krate::io::Stdin>();
            descriptor::<$krate::io::Stdout>();
            descriptor::<$krate::io::Stderr>();
            from_std::<$krate::net::UnixListener, net::UnixListener>();
            from_std::<$krate::net::UnixStream, net::UnixStream>();
            from_std::<$krate::net::UnixDatagram, net::UnixDatagram>();
            raw::<$krate::net::UnixSocket>();
            stream::<$krate::net::UnixStream>();
            stream::<$krate::net::unix::ReadHalf<'static>>();
            stream::<$krate::net::unix::WriteHalf<'static>>();
            stream::<$krate::net::unix::OwnedReadHalf>();
            stream::<$krate::net::unix::OwnedWriteHalf>();
            error::<$krate::net::unix::ReuniteError>();
            error::<$krate::io::unix::AsyncFdRegisterError<File>>();
            plain::<$krate::net::unix::UCred>();
            let _: fn($krate::io::unix::AsyncFdRegisterError<File>) -> std::io::Error = Into::into;
            let _: fn($krate::net::unix::SocketAddr) -> net::SocketAddr = Into::into;
            let _: fn(net::SocketAddr) -> $krate::net::unix::SocketAddr = Into::into;
            let _: [$krate::net::unix::uid_t; 0] = [0_u32; 0];
            let _: [$krate::net::unix::gid_t; 0] = [0_u32; 0];
            let _: [$krate::net::unix::pid_t; 0] = [0_i32; 0];
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
}
