//! `TcpSocket`, and options of streams and listeners: what is set is what is got.

use crate::net_tcp::{listener, pair};
use crate::support::{current, on_each, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpListener, TcpSocket, TcpStream};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd};
use std::time::Duration;

/// Whether this machine has the loopback address of IPv6.
pub(crate) fn has_ipv6() -> bool {
    std::net::TcpListener::bind("[::1]:0").is_ok()
}

fn any() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn talk(a: &mut TcpStream, b: &mut TcpStream) {
    a.write_all(b"ping").await.unwrap();
    let mut buf = [0; 4];
    b.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"ping");
}

#[test]
fn listening_and_connecting() {
    on_each(|rt| {
        rt.block_on(async {
            type Make = fn() -> std::io::Result<TcpSocket>;
            for (make, addr) in [(TcpSocket::new_v4 as Make, "127.0.0.1:0"), (TcpSocket::new_v6, "[::1]:0")] {
                let addr: SocketAddr = addr.parse().unwrap();
                if addr.is_ipv6() && !has_ipv6() {
                    continue;
                }
                let socket = make().unwrap();
                socket.bind(addr).unwrap();
                let bound = socket.local_addr().unwrap();
                let listener = socket.listen(128).unwrap();
                assert_eq!(listener.local_addr().unwrap(), bound);

                // Bound before it connects: the listener sees that address.
                let socket = make().unwrap();
                socket.bind(addr).unwrap();
                let from = socket.local_addr().unwrap();
                let (client, server) = gmp::join!(socket.connect(bound), listener.accept());
                let (mut client, (mut server, seen)) = (client.unwrap(), server.unwrap());
                assert_eq!((seen, client.local_addr().unwrap()), (from, from));
                talk(&mut client, &mut server).await;
                talk(&mut server, &mut client).await;
            }
        });
    });
}

#[test]
fn options_stay_with_the_connection() {
    watched(|| {
        current().block_on(async {
            let (_listener, addr) = listener().await;
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_nodelay(true).unwrap();
            socket.set_zero_linger().unwrap();
            socket.set_tos_v4(0x10).unwrap();
            let stream = socket.connect(addr).await.unwrap();
            assert!(stream.nodelay().unwrap());
            assert_eq!(stream.linger().unwrap(), Some(Duration::ZERO));
        });
    });
}

macro_rules! sets {
    ($make:ident, $get:ident, $set:ident, $value:expr) => {
        sets!($make, $get, $set, $value, $value)
    };
    ($make:ident, $get:ident, $set:ident, $value:expr, $expected:expr) => {{
        let socket = TcpSocket::$make().unwrap();
        let name = stringify!($make $get);
        assert_ne!(socket.$get().unwrap(), $expected, "{name}: the default");
        socket.$set($value).unwrap();
        assert_eq!(socket.$get().unwrap(), $expected, "{name}");
    }};
}

/// No runtime is needed for any of it.
#[test]
#[expect(deprecated, reason = "deprecated options have to work, too")]
fn what_is_set_is_what_is_got() {
    // Linux doubles sizes, for its own needs.
    let doubled = if cfg!(target_os = "linux") { 40_000 } else { 20_000 };
    macro_rules! of_both {
        ($make:ident) => {
            sets!($make, keepalive, set_keepalive, true);
            sets!($make, reuseaddr, set_reuseaddr, true);
            sets!($make, reuseport, set_reuseport, true);
            sets!($make, send_buffer_size, set_send_buffer_size, 20_000, doubled);
            sets!($make, recv_buffer_size, set_recv_buffer_size, 20_000, doubled);
            sets!($make, nodelay, set_nodelay, true);
            sets!($make, linger, set_linger, Some(Duration::from_secs(10)));
            assert!(TcpSocket::$make().unwrap().take_error().unwrap().is_none());
        };
    }
    of_both!(new_v4);
    sets!(new_v4, tos_v4, set_tos_v4, 0x28);
    sets!(new_v4, tos, set_tos, 0x28);
    if has_ipv6() {
        of_both!(new_v6);
        sets!(new_v6, tclass_v6, set_tclass_v6, 0x28);
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_zero_linger().unwrap();
    assert_eq!(socket.linger().unwrap(), Some(Duration::ZERO));
    socket.set_linger(None).unwrap();
    assert_eq!(socket.linger().unwrap(), None);
}

#[test]
fn a_socket_can_be_bound_to_a_device() {
    let socket = TcpSocket::new_v4().unwrap();
    assert_eq!(socket.device().unwrap(), None);
    // Some kernels, and some users, may not.
    if socket.bind_device(Some(b"lo")).is_ok() {
        assert_eq!(socket.device().unwrap().as_deref(), Some(&b"lo"[..]));
        socket.bind_device(None).unwrap();
        assert_eq!(socket.device().unwrap(), None);
    }
    socket.bind_device(Some(b"no such device")).unwrap_err();
}

#[test]
#[expect(deprecated, reason = "deprecated options have to work, too")]
fn options_of_streams_and_listeners() {
    watched(|| {
        current().block_on(async {
            let (listener, addr) = listener().await;
            listener.set_ttl(77).unwrap();
            assert_eq!(listener.ttl().unwrap(), 77);
            let stream = TcpStream::connect(addr).await.unwrap();
            for on in [true, false] {
                stream.set_nodelay(on).unwrap();
                assert_eq!(stream.nodelay().unwrap(), on);
                stream.set_quickack(on).unwrap();
                stream.quickack().unwrap();
            }
            stream.set_ttl(99).unwrap();
            assert_eq!(stream.ttl().unwrap(), 99);
            assert_eq!(stream.linger().unwrap(), None);
            stream.set_linger(Some(Duration::from_secs(1))).unwrap();
            assert_eq!(stream.linger().unwrap(), Some(Duration::from_secs(1)));
            stream.set_zero_linger().unwrap();
            assert_eq!(stream.linger().unwrap(), Some(Duration::ZERO));
            assert!(stream.take_error().unwrap().is_none());
        });
    });
}

/// A second listener on the same port; each client goes to one of them.
#[test]
fn a_port_can_be_shared() {
    watched(|| {
        current().block_on(async {
            let shared = |addr| {
                let socket = TcpSocket::new_v4().unwrap();
                socket.set_reuseport(true).unwrap();
                socket.bind(addr).unwrap();
                socket.listen(64).unwrap()
            };
            let first = shared(any());
            let addr = first.local_addr().unwrap();
            let second = shared(addr);
            let unshared = TcpSocket::new_v4().unwrap().bind(addr).unwrap_err();
            assert_eq!(unshared.kind(), ErrorKind::AddrInUse);
            for _ in 0..20 {
                let client = TcpStream::connect(addr).await.unwrap();
                let (_, from) = gmp::select! {
                    accepted = first.accept() => accepted.unwrap(),
                    accepted = second.accept() => accepted.unwrap(),
                };
                assert_eq!(from, client.local_addr().unwrap());
            }
        });
    });
}

#[test]
fn a_listener_can_be_started_again_at_once() {
    watched(|| {
        current().block_on(async {
            let (listener, addr) = listener().await;
            let client = TcpStream::connect(addr).await.unwrap();
            // The side that closes first goes through TIME_WAIT, on the listener's port.
            drop(listener.accept().await.unwrap());
            drop(listener);
            client.readable().await.unwrap();
            drop(client);
            TcpListener::bind(addr).await.unwrap();
        });
    });
}

#[test]
fn sockets_of_others() {
    watched(|| {
        current().block_on(async {
            let (listener, addr) = listener().await;
            let socket = TcpSocket::new_v4().unwrap();
            assert_eq!(socket.as_fd().as_raw_fd(), socket.as_raw_fd());
            let fd = socket.into_raw_fd();
            // SAFETY: the descriptor is open, and `into_raw_fd` has given it to us.
            let socket = unsafe { TcpSocket::from_raw_fd(fd) };
            assert_eq!(socket.as_raw_fd(), fd);
            assert!(format!("{socket:?}").contains(&fd.to_string()));
            let mut client = socket.connect(addr).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            talk(&mut client, &mut server).await;

            // By way of the standard library, which has no type for a socket that isn't connected.
            let unconnected = TcpSocket::new_v4().unwrap();
            // SAFETY: as above.
            let std = unsafe { std::net::TcpStream::from_raw_fd(unconnected.into_raw_fd()) };
            let mut client = TcpSocket::from_std_stream(std).connect(addr).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            talk(&mut server, &mut client).await;
        });
    });
}

/// What was made is closed again: by what it becomes, and by what fails.
#[test]
fn no_descriptor_is_left() {
    if crate::support::in_child("net_tcp_socket::no_descriptor_is_left", &[], leave_no_descriptor)
        .is_some_and(|output| !output.status.success())
    {
        panic!("see above");
    }
}

/// In a process of its own: other tests open descriptors, too.
fn leave_no_descriptor() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let rt = current();
    let round = || {
        rt.block_on(async {
            let (mut a, mut b) = pair().await;
            talk(&mut a, &mut b).await;
            let (reader, writer) = a.into_split();
            drop(reader);
            drop(writer);
            drop(b.into_std().unwrap());
            let (listener, addr) = listener().await;
            drop(listener);
            TcpStream::connect(addr).await.unwrap_err();
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(any()).unwrap();
            drop(socket.listen(1).unwrap().into_std().unwrap());
        });
    };
    round();
    let before = open();
    for _ in 0..50 {
        round();
    }
    assert_eq!(open(), before);
}
