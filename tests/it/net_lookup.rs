//! Names and addresses: what needs no look-up, what does, and what can't be found.

use crate::support::{block_on, current, multi, multi_builder, on_each, panic_of, watched};
use gmp::net::{ToSocketAddrs, lookup_host};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

async fn all(of: impl ToSocketAddrs) -> Vec<SocketAddr> {
    lookup_host(of).await.unwrap().collect()
}

/// On no runtime at all: nothing has to be looked up.
#[test]
fn addresses_are_themselves() {
    block_on(async {
        let v4 = SocketAddrV4::new(Ipv4Addr::new(10, 1, 2, 3), 80);
        let v6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 81, 0, 0);
        assert_eq!(all(v4).await, [v4.into()]);
        assert_eq!(all(v6).await, [v6.into()]);
        assert_eq!(all(SocketAddr::from(v4)).await, [v4.into()]);
        assert_eq!(all((IpAddr::V4(*v4.ip()), 80)).await, [v4.into()]);
        assert_eq!(all((*v4.ip(), 80)).await, [v4.into()]);
        assert_eq!(all((*v6.ip(), 81)).await, [v6.into()]);
        let several = [SocketAddr::from(v4), v6.into(), v4.into()];
        assert_eq!(all(&several[..]).await, several);
        assert_eq!(all(&several[..0]).await, []);
        // As many references as one likes.
        assert_eq!(all(&&&v4).await, [v4.into()]);
        assert_eq!(all(&&several[..]).await, several);
    });
}

#[test]
fn strings_that_spell_an_address_are_themselves() {
    block_on(async {
        let v4: SocketAddr = "10.1.2.3:80".parse().unwrap();
        let v6: SocketAddr = "[::1]:80".parse().unwrap();
        assert_eq!(all("10.1.2.3:80").await, [v4]);
        assert_eq!(all("10.1.2.3:80".to_owned()).await, [v4]);
        assert_eq!(all(&"10.1.2.3:80".to_owned()).await, [v4]);
        assert_eq!(all("[::1]:80").await, [v6]);
        assert_eq!(all(("10.1.2.3", 80)).await, [v4]);
        assert_eq!(all(("10.1.2.3".to_owned(), 80)).await, [v4]);
        assert_eq!(all(&("10.1.2.3".to_owned(), 80)).await, [v4]);
        assert_eq!(all(("::1", 80)).await, [v6]);
        let scoped: SocketAddr = "[fe80::1%7]:80".parse().unwrap();
        assert_eq!(all("[fe80::1%7]:80").await, [scoped]);
    });
}

#[test]
fn names_are_looked_up() {
    on_each(|rt| {
        rt.block_on(async {
            for found in [
                all("localhost:3000").await,
                all("localhost:3000".to_owned()).await,
                all(("localhost", 3000)).await,
                all(("localhost".to_owned(), 3000)).await,
            ] {
                assert!(!found.is_empty());
                assert!(found.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 3000), "{found:?}");
            }
        });
    });
}

/// A resolver may take its time: nobody else waits for it.
#[test]
fn looking_up_is_a_blocking_job() {
    watched(|| {
        let rt = multi(1);
        let threads = || rt.metrics().num_blocking_threads();
        rt.block_on(async { all("10.1.2.3:80").await });
        assert_eq!(threads(), 0, "for an address");
        rt.block_on(async { all("localhost:80").await });
        assert_eq!(threads(), 1, "for a name");
    });
}

#[test]
fn what_cannot_be_found_is_an_error() {
    on_each(|rt| {
        rt.block_on(async {
            // The top-level domain is reserved for this.
            assert!(lookup_host("gmp-tests.invalid:80").await.is_err());
            for nonsense in ["", "localhost", "localhost:", "localhost:http", "localhost:65536", "[::1]", "a\0b:80"] {
                assert!(lookup_host(nonsense).await.is_err(), "{nonsense:?}");
            }
            assert!(gmp::net::TcpStream::connect("gmp-tests.invalid:80").await.is_err());
            assert!(gmp::net::TcpListener::bind("localhost").await.is_err());
        });
    });
}

#[test]
fn names_need_a_runtime() {
    let panic = panic_of(|| block_on(lookup_host("localhost:80")).map(Iterator::count));
    assert_eq!(panic.text, "there is no reactor running, must be called from the context of a Tokio 1.x runtime");
}

#[test]
fn the_addresses_can_be_kept_and_sent() {
    watched(|| {
        let rt = current();
        let found = rt.block_on(async { lookup_host((Ipv4Addr::LOCALHOST, 1)).await.unwrap() });
        drop(rt);
        assert_eq!(found.size_hint(), (1, Some(1)));
        let thread = std::thread::spawn(move || found.collect::<Vec<_>>());
        assert_eq!(thread.join().unwrap(), ["127.0.0.1:1".parse().unwrap()]);
    });
}

/// A look-up that still waits for a thread.
#[test]
fn the_end_of_the_runtime_ends_a_lookup() {
    watched(|| {
        let rt = multi_builder(1).max_blocking_threads(1).build().unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        rt.spawn_blocking(move || held.recv());
        let mut lookup = Box::pin(lookup_host("localhost:80"));
        rt.block_on(async { assert!(futures::poll!(&mut lookup).is_pending()) });
        rt.shutdown_background();
        let error = block_on(lookup).map(Iterator::count).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
        drop(release);
    });
}
