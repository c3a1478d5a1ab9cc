use super::*;

async fn pair(transport: &MemoryTransport) -> (MemoryListener, MemoryLink) {
    let listener = transport.bind(&Endpoint::new("*", 0)).await.unwrap();
    let link = transport
        .connect(&Endpoint::new("x", listener.local_port()), "w_1")
        .await
        .unwrap();
    (listener, link)
}

#[tokio::test]
async fn messages_pass_both_ways() {
    let (mut listener, mut link) = pair(&MemoryTransport::new()).await;
    link.send(b"hello".to_vec()).await.unwrap();
    assert_eq!(
        listener.recv().await.unwrap(),
        Incoming {
            peer: "w_1".to_owned(),
            payload: Bytes::from_static(b"hello")
        }
    );
    listener.send("w_1", b"there".to_vec()).await.unwrap();
    assert_eq!(link.recv().await.unwrap(), "there");
}

#[tokio::test]
async fn a_cut_peer_is_unknown_to_the_master_and_told_so_itself() {
    let transport = MemoryTransport::new();
    let (mut listener, mut link) = pair(&transport).await;
    assert!(transport.disconnect("w_1") && !transport.disconnect("w_1"));
    assert!(link.recv().await.unwrap_err().is_disconnected());
    assert!(link.send(vec![1]).await.unwrap_err().is_disconnected());
    assert!(listener.send("w_1", vec![1]).await.unwrap_err().is_unknown_peer());
}

#[tokio::test]
async fn the_newer_connection_of_an_id_wins() {
    let transport = MemoryTransport::new();
    let (mut listener, mut old) = pair(&transport).await;
    let mut new = transport
        .connect(&Endpoint::new("x", listener.local_port()), "w_1")
        .await
        .unwrap();
    assert!(old.recv().await.unwrap_err().is_disconnected());
    drop(old);
    listener.send("w_1", b"you".to_vec()).await.unwrap();
    assert_eq!(new.recv().await.unwrap(), "you");
}

#[tokio::test]
async fn queues_are_bounded() {
    let (mut listener, mut link) = pair(&MemoryTransport::with_queues(2)).await;
    for _ in 0..2 {
        listener.send("w_1", vec![1]).await.unwrap();
        link.send(vec![1]).await.unwrap();
    }
    assert!(listener.send("w_1", vec![1]).await.unwrap_err().is_queue_full());
    assert!(link.send(vec![1]).await.unwrap_err().is_queue_full());
}

#[tokio::test]
async fn ports_refusals_and_silence_behave_as_on_a_network() {
    let transport = MemoryTransport::new();
    let (mut listener, mut link) = pair(&transport).await;
    let here = Endpoint::new("x", listener.local_port());
    assert!(transport.bind(&here).await.err().unwrap().is_address_in_use());
    transport.silence("w_1", true);
    link.send(b"lost".to_vec()).await.unwrap();
    transport.silence("w_1", false);
    link.send(b"kept".to_vec()).await.unwrap();
    assert_eq!(listener.recv().await.unwrap().payload, "kept");
    transport.refuse_connections(true);
    assert!(matches!(
        transport.connect(&here, "w_2").await,
        Err(TransportError::Connect { .. })
    ));
    transport.refuse_connections(false);
    drop(listener);
    assert!(matches!(
        transport.connect(&here, "w_2").await,
        Err(TransportError::Connect { .. })
    ));
}
