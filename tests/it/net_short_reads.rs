//! Reads that are short although there is more: whoever takes them for the last waits for an event that doesn't come.

#![cfg(target_os = "linux")]

use crate::support::on_each;
use gmp::io::{AsyncRead, AsyncReadExt};
use gmp::net::{TcpStream, UnixStream};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

/// Reads with more room than there is to read, as often as it takes.
async fn read_in_pieces(mut reader: impl AsyncRead + Unpin, len: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < len {
        let mut buf = [0; 64];
        let n = reader.read(&mut buf).await.unwrap();
        assert!(n > 0);
        all.extend_from_slice(&buf[..n]);
    }
    all
}

/// A stream and a blocking one at the other end.
fn unix_pair() -> (UnixStream, std::os::unix::net::UnixStream) {
    let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    (UnixStream::from_std(a).unwrap(), b)
}

fn send_urgent(socket: &impl AsRawFd) {
    // SAFETY: one byte is read, of a constant.
    let n = unsafe { libc::send(socket.as_raw_fd(), b"!".as_ptr().cast(), 1, libc::MSG_OOB) };
    assert_eq!(n, 1);
}

/// Sends bytes with a descriptor beside them.
fn send_with_descriptor(socket: &impl AsRawFd, bytes: &[u8], descriptor: &OwnedFd) {
    let mut control = [0_u64; 8];
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let len = size_of::<libc::c_int>() as libc::c_uint;
    // SAFETY: all zeros is a valid header: null pointers and no lengths.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: only computes a length, which `control` has.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(len) } as _;
    // SAFETY: the control part has room for a header.
    let header = unsafe { &mut *libc::CMSG_FIRSTHDR(&raw const message) };
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: only computes a length.
    header.cmsg_len = unsafe { libc::CMSG_LEN(len) } as _;
    // SAFETY: behind the header there is room for a number.
    unsafe { libc::CMSG_DATA(header).cast::<libc::c_int>().write_unaligned(descriptor.as_raw_fd()) };
    // SAFETY: what the header points to is there and as long as said.
    let n = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, 0) };
    assert_eq!(n, bytes.len() as isize);
}

/// The kernel ends a read of a Unix stream behind bytes that came with a descriptor.
#[test]
fn bytes_behind_a_descriptor() {
    on_each(|rt| {
        rt.block_on(async {
            let (reader, mut writer) = unix_pair();
            let descriptor = OwnedFd::from(tempfile::tempfile().unwrap());
            send_with_descriptor(&writer, b"one", &descriptor);
            writer.write_all(b"two").unwrap();
            send_with_descriptor(&writer, b"three", &descriptor);
            send_with_descriptor(&writer, b"four", &descriptor);
            writer.write_all(b"five").unwrap();
            assert_eq!(read_in_pieces(reader, 19).await, b"onetwothreefourfive");
        });
    });
}

/// It ends it where another writer's bytes begin, too, if the reader has asked for credentials.
#[test]
fn bytes_of_several_writers() {
    on_each(|rt| {
        rt.block_on(async {
            let (reader, mut writer) = unix_pair();
            let on: libc::c_int = 1;
            // SAFETY: the value is an int, alive for the call, and its size is said.
            let result = unsafe {
                let len = size_of::<libc::c_int>() as libc::socklen_t;
                libc::setsockopt(reader.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PASSCRED, (&raw const on).cast(), len)
            };
            assert_eq!(result, 0);
            writer.write_all(b"ours").unwrap();
            let mut child = std::process::Command::new("echo");
            child.arg("theirs").stdout(OwnedFd::from(writer.try_clone().unwrap()));
            assert!(child.status().unwrap().success());
            writer.write_all(b"ours").unwrap();
            assert_eq!(read_in_pieces(reader, 15).await, b"ourstheirs\nours");
        });
    });
}

/// A read ends before the place of urgent data.
#[test]
fn bytes_behind_urgent_data() {
    on_each(|rt| {
        rt.block_on(async {
            let (reader, mut writer) = unix_pair();
            writer.write_all(b"before").unwrap();
            send_urgent(&writer);
            writer.write_all(b"behind").unwrap();
            assert_eq!(read_in_pieces(reader, 12).await, b"beforebehind");

            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let mut writer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (reader, _) = listener.accept().unwrap();
            reader.set_nonblocking(true).unwrap();
            let mut reader = TcpStream::from_std(reader).unwrap();
            for _ in 0..3 {
                writer.write_all(b"before").unwrap();
                send_urgent(&writer);
                writer.write_all(b"behind").unwrap();
                assert_eq!(read_in_pieces(&mut reader, 12).await, b"beforebehind");
            }
        });
    });
}
