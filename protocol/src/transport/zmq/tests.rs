use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::super::{Endpoint, Incoming, Link, Listener, Transport, TransportError};
use super::handshake::{read_greeting, read_ready, ready_frame};
use super::{ZmqLink, ZmqListener, ZmqTransport};
use crate::limits::{MAX_MESSAGE_BYTES, SEND_QUEUE_MESSAGES};

const SOON: Duration = Duration::from_secs(10);

fn local(port: u16) -> Endpoint {
    Endpoint::new("127.0.0.1", port)
}

async fn bound() -> ZmqListener {
    ZmqTransport.bind(&local(0)).await.unwrap()
}

async fn linked(listener: &ZmqListener, id: &str) -> ZmqLink {
    ZmqTransport
        .connect(&local(listener.local_port()), id)
        .await
        .unwrap()
}

async fn next(listener: &mut ZmqListener) -> Incoming {
    timeout(SOON, listener.recv()).await.unwrap().unwrap()
}

fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

/// A peer that spoke the handshake as `id` and now sends raw frames.
async fn raw(listener: &ZmqListener, id: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", listener.local_port()))
        .await
        .unwrap();
    stream.write_all(&greeting()).await.unwrap();
    stream
        .write_all(&ready_frame(b"DEALER", id.as_bytes()))
        .await
        .unwrap();
    read_greeting(&mut stream).await.unwrap();
    read_ready(&mut stream).await.unwrap();
    stream
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(SOON, stream.read_to_end(&mut rest)).await.is_ok()
}

/// The same while the listener is being read, as a master does: only then does it learn that a peer has gone.
async fn is_closed_by(listener: &mut ZmqListener, stream: &mut TcpStream) -> bool {
    tokio::select! {
        closed = is_closed(stream) => closed,
        received = listener.recv() => panic!("{received:?}"),
    }
}

#[tokio::test]
async fn messages_of_any_size_pass_both_ways_in_order() {
    let mut listener = bound().await;
    let mut link = linked(&listener, "w_1").await;
    for size in [0, 1, 255, 256, 70_000, 3_000_000] {
        link.send(vec![7; size]).await.unwrap();
    }
    for size in [0, 1, 255, 256, 70_000, 3_000_000] {
        let incoming = next(&mut listener).await;
        assert_eq!((incoming.peer.as_str(), incoming.payload.len()), ("w_1", size));
        listener.send("w_1", incoming.payload.to_vec()).await.unwrap();
        assert_eq!(timeout(SOON, link.recv()).await.unwrap().unwrap().len(), size);
    }
}

#[tokio::test]
async fn a_busy_port_is_a_typed_error() {
    let listener = bound().await;
    let error = ZmqTransport
        .bind(&local(listener.local_port()))
        .await
        .err()
        .unwrap();
    assert!(error.is_address_in_use(), "{error}");
    assert!(
        ZmqTransport
            .bind(&Endpoint::new("*", listener.local_port()))
            .await
            .err()
            .unwrap()
            .is_address_in_use()
    );
}

#[tokio::test]
async fn any_address_means_both_families() {
    let listener = ZmqTransport.bind(&Endpoint::new("*", 0)).await.unwrap();
    let _v4 = linked(&listener, "w_4").await;
    if TcpListener::bind("[::1]:0").await.is_ok() {
        ZmqTransport
            .connect(&Endpoint::new("[::1]", listener.local_port()), "w_6")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn nobody_listening_is_a_connect_error() {
    let port = bound().await.local_port();
    assert!(matches!(
        ZmqTransport.connect(&local(port), "w_1").await,
        Err(TransportError::Connect { .. })
    ));
}

#[tokio::test]
async fn an_unknown_peer_is_a_typed_error() {
    assert!(
        bound()
            .await
            .send("nobody", vec![1])
            .await
            .unwrap_err()
            .is_unknown_peer()
    );
}

#[tokio::test]
async fn a_link_learns_at_once_that_its_master_is_gone() {
    let mut listener = bound().await;
    let mut link = linked(&listener, "w_1").await;
    link.send(vec![1]).await.unwrap();
    next(&mut listener).await;
    drop(listener);
    assert!(
        timeout(SOON, link.recv())
            .await
            .unwrap()
            .unwrap_err()
            .is_disconnected()
    );
    assert!(link.recv().await.unwrap_err().is_disconnected());
    assert!(link.send(vec![1]).await.unwrap_err().is_disconnected());
}

#[tokio::test]
async fn a_worker_that_went_away_becomes_unknown_and_may_return() {
    let mut listener = bound().await;
    drop(linked(&listener, "w_1").await);
    let gone = async {
        loop {
            match listener.send("w_1", vec![1]).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        }
    };
    assert!(timeout(SOON, gone).await.unwrap().is_unknown_peer());
    let mut back = linked(&listener, "w_1").await;
    back.send(b"back".to_vec()).await.unwrap();
    assert_eq!(next(&mut listener).await.payload, "back");
    listener.send("w_1", b"hello".to_vec()).await.unwrap();
    assert_eq!(timeout(SOON, back.recv()).await.unwrap().unwrap(), "hello");
}

#[tokio::test]
async fn the_newer_connection_of_an_id_wins_and_stays() {
    let mut listener = bound().await;
    let mut old = linked(&listener, "w_1").await;
    old.send(b"old".to_vec()).await.unwrap();
    next(&mut listener).await;
    let mut new = linked(&listener, "w_1").await;
    new.send(b"new".to_vec()).await.unwrap();
    next(&mut listener).await;
    listener.send("w_1", b"a".to_vec()).await.unwrap();
    assert_eq!(timeout(SOON, new.recv()).await.unwrap().unwrap(), "a");
    assert!(
        timeout(SOON, old.recv())
            .await
            .unwrap()
            .unwrap_err()
            .is_disconnected()
    );
    drop(old);
    listener.send("w_1", b"b".to_vec()).await.unwrap();
    assert_eq!(timeout(SOON, new.recv()).await.unwrap().unwrap(), "b");
}

/// The crate alone removes the newer connection when the older one's blocked writer fails at last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_connection_that_hangs_cannot_hurt_the_newer() {
    let mut listener = bound().await;
    let mut old = raw(&listener, "w_1").await;
    old.write_all(b"\x00\x03old").await.unwrap();
    assert_eq!(next(&mut listener).await.payload, "old");
    for _ in 0..300 {
        listener.send("w_1", vec![0; 100_000]).await.unwrap();
    }
    let port = listener.local_port();
    let newer = tokio::spawn(async move {
        let mut newer = ZmqTransport.connect(&local(port), "w_1").await.unwrap();
        newer.send(b"new".to_vec()).await.unwrap();
        newer
    });
    assert_eq!(next(&mut listener).await.payload, "new");
    let mut newer = newer.await.unwrap();
    drop(old);
    for i in 0..20_u8 {
        listener.send("w_1", vec![i]).await.unwrap();
        assert_eq!(timeout(SOON, newer.recv()).await.unwrap().unwrap(), vec![i]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_returns_under_its_id_again_and_again_is_heard_every_time() {
    let mut listener = bound().await;
    let port = listener.local_port();
    let returning = tokio::spawn(async move {
        let mut kept = Vec::new();
        for round in 0..200_u8 {
            let mut link = ZmqTransport.connect(&local(port), "w_1").await.unwrap();
            link.send(vec![round]).await.unwrap();
            assert_eq!(timeout(SOON, link.recv()).await.unwrap().unwrap(), vec![round]);
            // Every third connection is left standing until it is replaced.
            if round % 3 == 0 {
                kept.push(link);
            }
        }
    });
    for round in 0..200_u8 {
        assert_eq!(next(&mut listener).await.payload, vec![round]);
        listener.send("w_1", vec![round]).await.unwrap();
    }
    let listening = async {
        loop {
            listener.recv().await.unwrap();
        }
    };
    tokio::select! {
        done = returning => done.unwrap(),
        () = listening => {}
    }
}

#[tokio::test]
async fn closing_gives_up_on_a_peer_that_does_not_read() {
    let mut listener = bound().await;
    let mut deaf = raw(&listener, "deaf").await;
    deaf.write_all(b"\x00\x02hi").await.unwrap();
    next(&mut listener).await;
    for _ in 0..300 {
        listener.send("deaf", vec![0; 100_000]).await.unwrap();
    }
    assert!(!listener.close(Duration::from_millis(200)).await);
}

#[tokio::test]
async fn what_was_queued_is_delivered_by_close() {
    let mut listener = bound().await;
    let mut link = linked(&listener, "w_1").await;
    for _ in 0..100 {
        link.send(vec![1; 10_000]).await.unwrap();
    }
    let count = async {
        for _ in 0..100 {
            listener.recv().await.unwrap();
        }
    };
    let (delivered, ()) = tokio::join!(link.close(SOON), count);
    assert!(delivered);
    let mut other = linked(&listener, "w_2").await;
    other.send(vec![1]).await.unwrap();
    next(&mut listener).await;
    listener.send("w_2", b"quit".to_vec()).await.unwrap();
    let last = async {
        let last = other.recv().await.unwrap();
        let closed = other.recv().await.unwrap_err();
        drop(other);
        (last, closed.is_disconnected())
    };
    let (delivered, last) = tokio::join!(listener.close(SOON), last);
    assert!(delivered);
    assert_eq!(last, ("quit".into(), true));
}

#[tokio::test]
async fn a_peer_that_does_not_read_fills_only_its_own_queue() {
    let mut listener = bound().await;
    let _deaf = raw(&listener, "deaf").await;
    let mut link = linked(&listener, "w_1").await;
    link.send(vec![1]).await.unwrap();
    next(&mut listener).await;
    let mut full = false;
    for _ in 0..100 * SEND_QUEUE_MESSAGES {
        match listener.send("deaf", vec![0; 100_000]).await {
            Err(error) if error.is_queue_full() => {
                full = true;
                break;
            }
            // Still joining.
            Err(error) => assert!(error.is_unknown_peer()),
            Ok(()) => {}
        }
        tokio::task::yield_now().await;
    }
    assert!(full);
    listener.send("w_1", b"ok".to_vec()).await.unwrap();
    assert_eq!(timeout(SOON, link.recv()).await.unwrap().unwrap(), "ok");
}

#[tokio::test]
async fn a_frame_that_declares_too_much_closes_the_connection() {
    let mut listener = bound().await;
    for declared in [MAX_MESSAGE_BYTES as u64 + 1, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let mut peer = raw(&listener, "liar").await;
        peer.write_all(&[&[0x02][..], &declared.to_be_bytes()].concat())
            .await
            .unwrap();
        assert!(is_closed_by(&mut listener, &mut peer).await);
    }
    for nonsense in [&[0xff_u8; 100][..], &[0x01, 0].repeat(100), &[0x80, 1, 1]] {
        let mut peer = raw(&listener, "liar").await;
        peer.write_all(nonsense).await.unwrap();
        assert!(is_closed_by(&mut listener, &mut peer).await);
    }
    linked(&listener, "w_1").await;
}

#[tokio::test]
async fn whoever_is_no_zeromq_peer_is_closed_and_harms_nobody() {
    let mut listener = bound().await;
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0x00; 64]] {
        let mut stream = TcpStream::connect(("127.0.0.1", listener.local_port()))
            .await
            .unwrap();
        stream.write_all(bytes).await.unwrap();
        assert!(is_closed(&mut stream).await);
    }
    let mut link = linked(&listener, "w_1").await;
    link.send(vec![1]).await.unwrap();
    next(&mut listener).await;
}

#[tokio::test]
async fn only_the_first_frame_counts_and_heartbeats_of_zeromq_are_refused() {
    let mut listener = bound().await;
    let mut peer = raw(&listener, "w_1").await;
    peer.write_all(b"\x01\x03one\x00\x03two").await.unwrap();
    assert_eq!(next(&mut listener).await.payload, "one");
    peer.write_all(b"\x04\x09\x04PING\0\x05hi").await.unwrap();
    assert!(is_closed(&mut peer).await);
}

#[tokio::test]
async fn identities_have_a_length_and_oversized_messages_are_refused() {
    let listener = bound().await;
    for id in [String::new(), "x".repeat(256)] {
        let result = ZmqTransport.connect(&local(listener.local_port()), &id).await;
        assert!(matches!(result, Err(TransportError::BadIdentity { .. })));
    }
    let mut link = linked(&listener, &"x".repeat(255)).await;
    assert!(matches!(
        link.send(vec![0; MAX_MESSAGE_BYTES + 1]).await,
        Err(TransportError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn receiving_is_cancel_safe() {
    let mut listener = bound().await;
    let mut link = linked(&listener, "w_1").await;
    for i in 0..50u8 {
        link.send(vec![i; 100_000]).await.unwrap();
    }
    let mut seen = Vec::new();
    let all = async {
        while seen.len() < 50 {
            tokio::select! {
                biased;
                () = tokio::task::yield_now() => {}
                incoming = listener.recv() => seen.push(incoming.unwrap().payload[0]),
            }
            if let Ok(incoming) = timeout(Duration::ZERO, listener.recv()).await {
                seen.push(incoming.unwrap().payload[0]);
            }
        }
    };
    timeout(SOON, all).await.unwrap();
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
}
