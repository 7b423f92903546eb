//! HTTP/2 from end to end, the one protocol that needs the executor; and where it spawns.

use crate::{GmpExecutor, GmpIo, GmpTimer};
use gmp::runtime::Runtime;
use gmp::sync::Barrier;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};
use std::panic::catch_unwind;
use std::sync::Arc;

#[gmp::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_one_connection_run_beside_each_other() {
    const STREAMS: usize = 20;
    let (ours, theirs) = gmp::io::duplex(1_000);
    // Nobody is answered before all have asked.
    let all = Arc::new(Barrier::new(STREAMS));
    let answer = service_fn(move |request: Request<Incoming>| {
        let all = all.clone();
        async move {
            let body = request.into_body().collect().await?.to_bytes();
            all.wait().await;
            Ok::<_, hyper::Error>(Response::new(Full::new(body)))
        }
    });
    let mut http2 = server::conn::http2::Builder::new(GmpExecutor::new());
    http2.timer(GmpTimer::new());
    let server = gmp::spawn(http2.serve_connection(GmpIo::new(ours), answer));

    let mut http2 = client::conn::http2::Builder::new(GmpExecutor::new());
    http2.timer(GmpTimer::new());
    let (client, connection) = http2.handshake(GmpIo::new(theirs)).await.unwrap();
    let connection = gmp::spawn(connection);
    let streams: Vec<_> = (0..STREAMS)
        .map(|i| {
            let mut client = client.clone();
            gmp::spawn(async move {
                // More than the pipe and the window of a stream hold at once.
                let body = Bytes::from(vec![i as u8; 100_000]);
                let request = Request::post("http://localhost/").body(Full::new(body.clone())).unwrap();
                let answer = client.send_request(request).await.unwrap();
                assert!(answer.into_body().collect().await.unwrap().to_bytes() == body, "stream {i}");
            })
        })
        .collect();
    for stream in streams {
        stream.await.unwrap();
    }
    drop(client);
    connection.await.unwrap().unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn it_spawns_on_the_current_runtime() {
    let runtime = Runtime::new().unwrap();
    let (told, tells) = gmp::sync::oneshot::channel();
    let id = runtime.block_on(async {
        GmpExecutor::new().execute(async { told.send(gmp::runtime::Handle::current().id()).unwrap() });
        tells.await.unwrap()
    });
    assert_eq!(id, runtime.handle().id());

    let outside = catch_unwind(|| GmpExecutor::new().execute(async {}));
    assert!(outside.is_err(), "spawned without a runtime");
}
