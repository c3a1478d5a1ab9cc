//! Tests of the supervision with a shell script in Python's place and a master in memory.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use protocol::{Listener, MemoryTransport, decode_to_master};

use super::*;

/// Answers the check as Python would, then does what its configuration line says.
const SCRIPT: &str = r#"#!/bin/sh
if [ "$1" = -c ]; then echo '{"version": [3, 12, 0], "gevent": null, "engine": null}'; exit; fi
trap 'exit 0' TERM
read -r line
case "$line" in
    fail) exit 42 ;;
    crash) kill -9 $$ ;;
    stay) while read -r line; do :; done; exit 7 ;;
esac
"#;

/// Written once: a script may not be executed while any process holds it open for writing.
fn fake_python() -> Python {
    static PATH: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PATH.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("python");
        std::fs::write(&path, SCRIPT).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        (dir, path)
    });
    settings::python::find(Some(path)).unwrap()
}

fn specs(configs: &[&str]) -> Vec<ChildSpec> {
    let spec = |(index, config): (usize, &&str)| ChildSpec {
        index: u32::try_from(index).unwrap(),
        node_id: format!("box_{index}"),
        config: (*config).to_owned(),
    };
    configs.iter().enumerate().map(spec).collect()
}

async fn check(configs: &[&str], lifeline: Lifeline) -> u8 {
    let master = Endpoint::new("master", 5557);
    supervise(
        &MemoryTransport::default(),
        &master,
        &fake_python(),
        specs(configs),
        lifeline,
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn children_that_end_well_give_code_0() {
    assert_eq!(check(&["done", "done", "done"], Lifeline::watch(false)).await, 0);
}

#[tokio::test]
async fn the_code_of_a_failed_child_is_the_launchers() {
    assert_eq!(check(&["done", "fail"], Lifeline::watch(false)).await, 42);
    assert_eq!(check(&["crash", "done"], Lifeline::watch(false)).await, 137);
}

#[tokio::test]
async fn the_master_hears_of_a_dead_child_under_its_own_identity() {
    let (transport, master) = (MemoryTransport::default(), Endpoint::new("master", 5557));
    let mut listener = transport.bind(&master).await.unwrap();
    let python = fake_python();
    let supervised = supervise(
        &transport,
        &master,
        &python,
        specs(&["done", "crash"]),
        Lifeline::watch(false),
    );
    let (code, heard) = tokio::join!(supervised, listener.recv());
    let heard = heard.unwrap();
    assert_eq!((code.unwrap(), heard.peer.as_str()), (137, "box_1"));
    assert_eq!(decode_to_master(&heard.payload).unwrap().message, ToMaster::Quit);
}

#[tokio::test]
async fn children_end_when_the_lifeline_closes() {
    let (cut, lifeline) = Lifeline::by_hand();
    cut.send(true).unwrap();
    // The signal may come before the shell has set its trap up: the end is as asked for all the same.
    assert_eq!(check(&["stay"], lifeline).await, 0);
}
