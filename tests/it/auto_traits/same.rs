//! Every type of ours that stands for one of tokio's: the same auto traits, asked at compile time.
//!
//! Made by `cargo run -p gmp-surface -- --write`.

use super::{Ask, Without as _};
use std::cell::Cell;
use std::rc::Rc;

same! { gmp::fs::DirBuilder, tokio::fs::DirBuilder }
same! { gmp::fs::DirEntry, tokio::fs::DirEntry }
same! { gmp::fs::File, tokio::fs::File }
same! { gmp::fs::FileTimes, tokio::fs::FileTimes }
same! { gmp::fs::OpenOptions, tokio::fs::OpenOptions }
same! { gmp::fs::ReadDir, tokio::fs::ReadDir }
same! { gmp::io::Stderr, tokio::io::Stderr }
same! { gmp::io::Stdin, tokio::io::Stdin }
same! { gmp::io::Stdout, tokio::io::Stdout }
same! { gmp::io::unix::AsyncFd<std::os::fd::OwnedFd>, tokio::io::unix::AsyncFd<std::os::fd::OwnedFd> }
same! { gmp::io::unix::AsyncFdReadyGuard<'static, std::os::fd::OwnedFd>, tokio::io::unix::AsyncFdReadyGuard<'static, std::os::fd::OwnedFd> }
same! { gmp::io::unix::AsyncFdReadyMutGuard<'static, std::os::fd::OwnedFd>, tokio::io::unix::AsyncFdReadyMutGuard<'static, std::os::fd::OwnedFd> }
same! { gmp::io::unix::AsyncFdRegisterError<u8>, tokio::io::unix::AsyncFdRegisterError<u8> }
same! { gmp::io::unix::AsyncFdRegisterError<Rc<u8>>, tokio::io::unix::AsyncFdRegisterError<Rc<u8>> }
same! { gmp::io::unix::AsyncFdRegisterError<Cell<u8>>, tokio::io::unix::AsyncFdRegisterError<Cell<u8>> }
same! { gmp::io::unix::AsyncFdRegisterError<&'static mut u8>, tokio::io::unix::AsyncFdRegisterError<&'static mut u8> }
same! { gmp::io::unix::TryIoError, tokio::io::unix::TryIoError }
same! { gmp::net::TcpListener, tokio::net::TcpListener }
same! { gmp::net::TcpSocket, tokio::net::TcpSocket }
same! { gmp::net::TcpStream, tokio::net::TcpStream }
same! { gmp::net::UdpSocket, tokio::net::UdpSocket }
same! { gmp::net::UnixDatagram, tokio::net::UnixDatagram }
same! { gmp::net::UnixListener, tokio::net::UnixListener }
same! { gmp::net::UnixSocket, tokio::net::UnixSocket }
same! { gmp::net::UnixStream, tokio::net::UnixStream }
same! { gmp::net::tcp::OwnedReadHalf, tokio::net::tcp::OwnedReadHalf }
same! { gmp::net::tcp::OwnedWriteHalf, tokio::net::tcp::OwnedWriteHalf }
same! { gmp::net::tcp::ReadHalf<'static>, tokio::net::tcp::ReadHalf<'static> }
same! { gmp::net::tcp::ReuniteError, tokio::net::tcp::ReuniteError }
same! { gmp::net::tcp::WriteHalf<'static>, tokio::net::tcp::WriteHalf<'static> }
same! { gmp::net::unix::OwnedReadHalf, tokio::net::unix::OwnedReadHalf }
same! { gmp::net::unix::OwnedWriteHalf, tokio::net::unix::OwnedWriteHalf }
same! { gmp::net::unix::ReadHalf<'static>, tokio::net::unix::ReadHalf<'static> }
same! { gmp::net::unix::ReuniteError, tokio::net::unix::ReuniteError }
same! { gmp::net::unix::UCred, tokio::net::unix::UCred }
same! { gmp::net::unix::WriteHalf<'static>, tokio::net::unix::WriteHalf<'static> }
same! { gmp::net::unix::pipe::OpenOptions, tokio::net::unix::pipe::OpenOptions }
same! { gmp::net::unix::pipe::Receiver, tokio::net::unix::pipe::Receiver }
same! { gmp::net::unix::pipe::Sender, tokio::net::unix::pipe::Sender }
same! { gmp::process::Child, tokio::process::Child }
same! { gmp::process::ChildStderr, tokio::process::ChildStderr }
same! { gmp::process::ChildStdin, tokio::process::ChildStdin }
same! { gmp::process::ChildStdout, tokio::process::ChildStdout }
same! { gmp::process::Command, tokio::process::Command }
same! { gmp::runtime::Builder, tokio::runtime::Builder }
same! { gmp::runtime::EnterGuard<'static>, tokio::runtime::EnterGuard<'static> }
same! { gmp::runtime::Handle, tokio::runtime::Handle }
same! { gmp::runtime::Id, tokio::runtime::Id }
same! { gmp::runtime::LocalOptions, tokio::runtime::LocalOptions }
same! { gmp::runtime::LocalRuntime, tokio::runtime::LocalRuntime }
same! { gmp::runtime::Runtime, tokio::runtime::Runtime }
same! { gmp::runtime::RuntimeFlavor, tokio::runtime::RuntimeFlavor }
same! { gmp::runtime::RuntimeMetrics, tokio::runtime::RuntimeMetrics }
same! { gmp::runtime::TryCurrentError, tokio::runtime::TryCurrentError }
same! { gmp::signal::unix::Signal, tokio::signal::unix::Signal }
same! { gmp::signal::unix::SignalKind, tokio::signal::unix::SignalKind }
same! { gmp::task::AbortHandle, tokio::task::AbortHandle }
same! { gmp::task::Id, tokio::task::Id }
same! { gmp::task::JoinError, tokio::task::JoinError }
same! { gmp::task::JoinHandle<u8>, tokio::task::JoinHandle<u8> }
same! { gmp::task::JoinHandle<Rc<u8>>, tokio::task::JoinHandle<Rc<u8>> }
same! { gmp::task::JoinHandle<Cell<u8>>, tokio::task::JoinHandle<Cell<u8>> }
same! { gmp::task::JoinHandle<&'static mut u8>, tokio::task::JoinHandle<&'static mut u8> }
same! { gmp::task::JoinSet<u8>, tokio::task::JoinSet<u8> }
same! { gmp::task::JoinSet<Rc<u8>>, tokio::task::JoinSet<Rc<u8>> }
same! { gmp::task::JoinSet<Cell<u8>>, tokio::task::JoinSet<Cell<u8>> }
same! { gmp::task::JoinSet<&'static mut u8>, tokio::task::JoinSet<&'static mut u8> }
same! { gmp::task::LocalEnterGuard, tokio::task::LocalEnterGuard }
same! { gmp::task::LocalSet, tokio::task::LocalSet }
same! { gmp::time::Instant, tokio::time::Instant }
same! { gmp::time::Interval, tokio::time::Interval }
same! { gmp::time::Sleep, tokio::time::Sleep }
same! { gmp::time::Timeout<u8>, tokio::time::Timeout<u8> }
same! { gmp::time::Timeout<Rc<u8>>, tokio::time::Timeout<Rc<u8>> }
same! { gmp::time::Timeout<Cell<u8>>, tokio::time::Timeout<Cell<u8>> }
same! { gmp::time::Timeout<&'static mut u8>, tokio::time::Timeout<&'static mut u8> }
same! { gmp::time::error::Elapsed, tokio::time::error::Elapsed }
