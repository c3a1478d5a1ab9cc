//! Tests of the download over the in-memory transport, in paused time.

use std::os::unix::fs::PermissionsExt;

use protocol::{
    BundleFile, BundlePart, BundleRequest, Listener, MemoryTransport, decode_to_master, encode_to_worker,
};

use protocol::transport::MemoryListener;

use super::store::{base_name, flat, names};
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
    assert!(matches!(
        question.message,
        ToMaster::Locustfile { bundle: Some(_), .. }
    ));
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

async fn check(nth: usize, reply: LocustfileReply) -> Result<Script, CliError> {
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
        flat(&[source("a.py"), source("d/a.py")]).is_err(),
        "the second would replace the first"
    );
    assert!(flat(&[SourceFile::Url("http://x/y.py".to_owned())]).is_err());
}

const PART: usize = 10;

fn bundle(contents: &str) -> Bundle {
    let file = |name: &str| BundleFile {
        name: name.to_owned(),
        contents: contents.as_bytes().to_vec(),
    };
    Bundle {
        working_directory: "project".to_owned(),
        scripts: vec!["project/load/shop.py".to_owned()],
        files: vec![file("project/load/shop.py"), file("project/users.csv")],
    }
}

/// The next request, and whose.
async fn asked(listener: &mut MemoryListener) -> (String, BundleRequest) {
    let incoming = listener.recv().await.unwrap();
    match decode_to_master(&incoming.payload).unwrap().message {
        ToMaster::Locustfile {
            bundle: Some(request),
            ..
        } => (incoming.peer, request),
        other => panic!("{other:?}"),
    }
}

async fn send_part(listener: &mut MemoryListener, peer: String, packed: &Packed, offset: usize) {
    let end = packed.bytes.len().min(offset + PART);
    let part = BundlePart {
        hash: packed.hash.clone(),
        total: packed.bytes.len() as u64,
        offset: offset as u64,
        bytes: packed.bytes[offset..end].to_vec(),
    };
    let answer = encode_to_worker(&Envelope {
        message: ToWorker::Locustfile(LocustfileReply::Part(part)),
        node_id: peer.clone(),
    });
    listener.send(&peer, answer).await.unwrap();
}

/// A master that sends what is asked for, in small parts, until `result` is there.
async fn fetched_from(
    packed: &Packed,
    mut served: impl FnMut(usize),
    have: &str,
) -> Result<Option<Downloaded>, CliError> {
    let (transport, endpoint) = (MemoryTransport::default(), Endpoint::new("master", 5557));
    let mut listener = transport.bind(&endpoint).await.unwrap();
    let serve = async {
        loop {
            let (peer, request) = asked(&mut listener).await;
            served(request.offset as usize);
            send_part(&mut listener, peer, packed, request.offset as usize).await;
        }
    };
    tokio::select! {
        result = newer(&transport, &endpoint, have) => result,
        () = serve => unreachable!("the master serves for ever"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_comes_in_parts_and_keeps_its_tree() {
    let packed = bundle("x = 1\n").pack().unwrap();
    let mut parts = 0;
    let downloaded = fetched_from(&packed, |_| parts += 1, "").await.unwrap().unwrap();
    assert_eq!(parts, packed.bytes.len().div_ceil(PART));
    let script = Script::Downloaded(downloaded);
    assert_eq!(script.hash(), packed.hash);
    let cwd = script.working_directory().unwrap().to_owned();
    assert_eq!(script.files(), [cwd.join("load/shop.py")]);
    assert_eq!(std::fs::read_to_string(cwd.join("users.csv")).unwrap(), "x = 1\n");
    let root = std::fs::metadata(cwd.parent().unwrap()).unwrap();
    assert_eq!(root.permissions().mode() & 0o777, 0o700);
    drop(script);
    assert!(!cwd.exists());
}

#[tokio::test(start_paused = true)]
async fn a_bundle_that_is_here_is_not_sent_again() {
    let packed = bundle("x = 1\n").pack().unwrap();
    let result = fetched_from(&packed, |_| {}, &packed.hash).await.unwrap();
    assert!(result.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_damaged_bundle_is_asked_for_again_a_few_times_and_then_given_up() {
    let mut packed = bundle("x = 1\n").pack().unwrap();
    packed.hash = "0".repeat(64);
    let mut begun = 0;
    let error = fetched_from(&packed, |offset| begun += u32::from(offset == 0), "")
        .await
        .unwrap_err();
    assert_eq!((error.code(), begun), (1, MAX_DAMAGED));
    assert!(error.message().contains("does not match its hash"), "{error}");
}

#[test]
fn a_bundle_writes_nothing_twice() {
    let mut twice = bundle("x = 1\n");
    twice.files.push(twice.files[0].clone());
    assert!(store::bundle(&twice, String::new()).is_err());
    let mut inside_a_file = bundle("x = 1\n");
    inside_a_file.files[1].name = "project/load/shop.py/users.csv".to_owned();
    assert!(store::bundle(&inside_a_file, String::new()).is_err());
}
