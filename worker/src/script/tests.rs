//! Tests of the download over the in-memory transport, in paused time.

use protocol::{Listener, MemoryTransport, decode_to_master, encode_to_worker};

use super::*;

fn source(filename: &str) -> SourceFile {
    SourceFile::File {
        filename: filename.to_owned(),
        contents: "x = 1\n".to_owned(),
    }
}

/// A master that answers the `nth` request (from 1) with `reply`.
async fn answering(
    transport: &MemoryTransport,
    endpoint: &Endpoint,
    nth: usize,
    reply: LocustfileReply,
) -> String {
    let mut listener = transport.bind(endpoint).await.unwrap();
    for _ in 1..nth {
        listener.recv().await.unwrap();
    }
    let incoming = listener.recv().await.unwrap();
    let question = decode_to_master(&incoming.payload).unwrap();
    assert!(matches!(question.message, ToMaster::Locustfile { .. }));
    let answer = Envelope {
        message: ToWorker::Locustfile(reply),
        node_id: incoming.peer.clone(),
    };
    listener
        .send(&incoming.peer, encode_to_worker(&answer))
        .await
        .unwrap();
    tokio::time::sleep(CLOSE * 10).await;
    incoming.peer
}

async fn check(nth: usize, reply: LocustfileReply) -> Result<Downloaded, CliError> {
    let (transport, endpoint) = (MemoryTransport::default(), Endpoint::new("master", 5557));
    let (result, peer) = tokio::join!(
        download(&transport, &endpoint),
        answering(&transport, &endpoint, nth, reply)
    );
    assert!(peer.contains("_download_locustfile_"), "{peer}");
    result
}

#[tokio::test(start_paused = true)]
async fn files_are_stored_by_base_name_and_deleted_with_the_handle() {
    let reply = LocustfileReply::Files(vec![source("../../etc/a.py"), source("C:\\x\\b.py")]);
    let downloaded = check(1, reply).await.unwrap();
    assert_eq!(names(downloaded.files()), "a.py, b.py");
    let directory = downloaded.files()[0].parent().unwrap().to_owned();
    assert_eq!(
        std::fs::read_to_string(directory.join("b.py")).unwrap(),
        "x = 1\n"
    );
    drop(downloaded);
    assert!(!directory.exists());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gets_no_answer_is_repeated() {
    assert!(
        check(3, LocustfileReply::Files(vec![source("a.py")]))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_master_that_refuses_is_quoted() {
    let error = check(1, LocustfileReply::Error("it was deleted".to_owned()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), 1);
    assert!(error.message().contains("it was deleted"));
}

#[tokio::test(start_paused = true)]
async fn a_master_that_never_comes_ends_the_worker_with_255() {
    let started = Instant::now();
    let error = download(&MemoryTransport::default(), &Endpoint::new("10.0.0.1", 5557))
        .await
        .unwrap_err();
    assert_eq!(error.code(), 255);
    assert!(
        error
            .message()
            .starts_with("cannot reach the master at 10.0.0.1:5557"),
        "{error}"
    );
    assert!(started.elapsed() <= PATIENCE && started.elapsed() > PATIENCE / 2);
}

#[test]
fn names_that_lead_elsewhere_are_not_used() {
    for (filename, expected) in [
        ("a.py", Some("a.py")),
        ("/etc/passwd", Some("passwd")),
        ("..", None),
        ("x/", None),
        ("", None),
        ("a\0.py", None),
    ] {
        assert_eq!(base_name(filename), expected, "{filename:?}");
    }
    assert!(
        store(&[source("a.py"), source("d/a.py")]).is_err(),
        "the second would replace the first"
    );
    assert!(store(&[SourceFile::Url("http://x/y.py".to_owned())]).is_err());
}
