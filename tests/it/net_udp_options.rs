//! Options of UDP sockets, broadcasting, groups.

use crate::net_tcp_socket::has_ipv6;
use crate::support::{current, watched};
use gmp::net::UdpSocket;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

macro_rules! sets {
    ($socket:expr, $get:ident, $set:ident, $value:expr) => {{
        assert_ne!($socket.$get().unwrap(), $value, "{}: the default", stringify!($get));
        $socket.$set($value).unwrap();
        assert_eq!($socket.$get().unwrap(), $value, stringify!($get));
    }};
}

#[test]
#[expect(deprecated, reason = "deprecated options have to work, too")]
fn what_is_set_is_what_is_got() {
    watched(|| {
        current().block_on(async {
            let v4 = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            sets!(v4, broadcast, set_broadcast, true);
            sets!(v4, ttl, set_ttl, 77);
            sets!(v4, tos_v4, set_tos_v4, 0x28);
            sets!(v4, tos, set_tos, 0x10);
            sets!(v4, multicast_loop_v4, set_multicast_loop_v4, false);
            sets!(v4, multicast_ttl_v4, set_multicast_ttl_v4, 4);
            assert!(v4.take_error().unwrap().is_none());
            assert_eq!(v4.device().unwrap(), None);
            v4.bind_device(Some(b"no such device")).unwrap_err();
            if has_ipv6() {
                let v6 = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap();
                sets!(v6, multicast_loop_v6, set_multicast_loop_v6, false);
                sets!(v6, tclass_v6, set_tclass_v6, 0x28);
            }
        });
    });
}

#[test]
fn broadcasting_has_to_be_allowed() {
    watched(|| {
        current().block_on(async {
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            let to: SocketAddr = (Ipv4Addr::new(127, 255, 255, 255), 9).into();
            let error = socket.send_to(b"all", to).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            socket.set_broadcast(true).unwrap();
            socket.send_to(b"all", to).await.unwrap();
        });
    });
}

/// On the loopback interface, where a machine has no other.
#[test]
fn groups_are_joined_and_left() {
    watched(|| {
        current().block_on(async {
            let group = Ipv4Addr::new(239, 77, 77, 77);
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            // Not all machines have multicast; that an error is one is checked below.
            if socket.join_multicast_v4(group, Ipv4Addr::LOCALHOST).is_ok() {
                let twice = socket.join_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap_err();
                assert_eq!(twice.kind(), ErrorKind::AddrInUse);
                socket.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap();
            }
            assert!(socket.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).is_err());
            assert!(socket.join_multicast_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED).is_err());
            if has_ipv6() {
                let socket = UdpSocket::bind("[::]:0").await.unwrap();
                let group: Ipv6Addr = "ff02::7777".parse().unwrap();
                if socket.join_multicast_v6(&group, 0).is_ok() {
                    socket.leave_multicast_v6(&group, 0).unwrap();
                }
                assert!(socket.leave_multicast_v6(&group, 0).is_err());
            }
        });
    });
}
