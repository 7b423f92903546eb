//! The calls, each on a real descriptor.

use super::*;
use std::io::{ErrorKind, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixDatagram, UnixStream};

fn pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    (a, b)
}

#[test]
fn read_appends_to_what_is_filled_and_marks_no_more_than_it_wrote() {
    let (mut a, b) = pair();
    a.write_all(b"hello").unwrap();
    let mut memory = [MaybeUninit::uninit(); 16];
    let mut buf = ReadBuf::uninit(&mut memory);
    buf.put_slice(b">> ");
    assert_eq!(read(b.as_fd(), &mut buf).unwrap(), 5);
    assert_eq!(buf.filled(), b">> hello");
    assert_eq!(buf.initialized().len(), 8);
    assert_eq!(read(b.as_fd(), &mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(buf.filled(), b">> hello");
    drop(a);
    assert_eq!(read(b.as_fd(), &mut buf).unwrap(), 0, "the end");
}

#[test]
fn read_stops_where_the_buffer_ends() {
    let (mut a, b) = pair();
    a.write_all(b"hello").unwrap();
    let mut memory = [MaybeUninit::uninit(); 3];
    let mut buf = ReadBuf::uninit(&mut memory);
    assert_eq!(read(b.as_fd(), &mut buf).unwrap(), 3);
    assert_eq!(read(b.as_fd(), &mut buf).unwrap(), 0, "no room");
    buf.clear();
    assert_eq!(read(b.as_fd(), &mut buf).unwrap(), 2);
    assert_eq!(buf.filled(), b"lo");
    assert_eq!(buf.initialized(), b"lol", "what was initialised stays so");
}

#[test]
fn recv_peeks_if_asked_to() {
    let (a, b) = UnixDatagram::pair().unwrap();
    a.send(b"one").unwrap();
    let mut memory = [MaybeUninit::uninit(); 16];
    let mut buf = ReadBuf::uninit(&mut memory);
    assert_eq!(recv(b.as_fd(), &mut buf, libc::MSG_PEEK).unwrap(), 3);
    assert_eq!(recv(b.as_fd(), &mut buf, 0).unwrap(), 3);
    assert_eq!(buf.filled(), b"oneone");
}

#[test]
fn recv_from_says_who() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("a");
    let (a, b) = (UnixDatagram::bind(&at).unwrap(), UnixDatagram::unbound().unwrap());
    let c = UnixDatagram::bind(dir.path().join("c")).unwrap();
    a.send_to(b"named", dir.path().join("c")).unwrap();
    b.send_to(b"nameless", dir.path().join("c")).unwrap();
    let mut memory = [MaybeUninit::uninit(); 16];
    let mut buf = ReadBuf::uninit(&mut memory);
    for flags in [libc::MSG_PEEK, 0] {
        buf.clear();
        let (n, from) = recv_from(c.as_fd(), &mut buf, flags).unwrap();
        assert_eq!((n, buf.filled(), from.as_pathname()), (5, &b"named"[..], Some(&*at)));
    }
    buf.clear();
    let (n, from) = recv_from(c.as_fd(), &mut buf, 0).unwrap();
    // On Linux not even a family: the address is zero bytes long.
    assert_eq!((n, buf.filled(), from.as_pathname()), (8, &b"nameless"[..], None));
}

#[test]
fn other_flags_are_refused_before_anything_is_read() {
    let (a, b) = UnixDatagram::pair().unwrap();
    a.send(b"longer than the buffer").unwrap();
    let mut memory = [MaybeUninit::uninit(); 4];
    let mut buf = ReadBuf::uninit(&mut memory);
    assert_eq!(recv(b.as_fd(), &mut buf, libc::MSG_TRUNC).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(recv_from(b.as_fd(), &mut buf, libc::MSG_TRUNC).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(recv(b.as_fd(), &mut buf, 0).unwrap(), 4);
    assert_eq!(buf.filled(), b"long");
}

#[test]
fn flags_of_pipes_files_and_sockets() {
    let (writer, reader) = mio::unix::pipe::new().unwrap();
    assert!(is_fifo(reader.as_fd()).unwrap());
    assert_eq!(access(reader.as_fd()).unwrap(), Access { read: true, write: false });
    assert_eq!(access(writer.as_fd()).unwrap(), Access { read: false, write: true });
    let (socket, _other) = UnixStream::pair().unwrap();
    assert!(!is_fifo(socket.as_fd()).unwrap());
    assert_eq!(access(socket.as_fd()).unwrap(), Access { read: true, write: true });
    assert!(!is_fifo(tempfile::tempfile().unwrap().as_fd()).unwrap());

    assert!(is_nonblocking(reader.as_fd()).unwrap());
    for wanted in [false, false, true, true] {
        set_nonblocking(reader.as_fd(), wanted).unwrap();
        assert_eq!(is_nonblocking(reader.as_fd()).unwrap(), wanted);
    }
    assert_eq!(access(reader.as_fd()).unwrap(), Access { read: true, write: false }, "only the one flag has changed");
}

#[test]
fn the_peer_of_a_pair_is_this_process() {
    let (a, _b) = UnixStream::pair().unwrap();
    let cred = peer_cred(a.as_fd()).unwrap();
    // SAFETY: these have no requirements.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    assert_eq!((cred.uid, cred.gid), (uid, gid));
    if cfg!(any(target_os = "linux", target_vendor = "apple")) {
        assert_eq!(cred.pid, i32::try_from(std::process::id()).ok());
    }
    let (_writer, pipe) = mio::unix::pipe::new().unwrap();
    assert!(peer_cred(pipe.as_fd()).is_err());
}
