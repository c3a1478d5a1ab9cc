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
    renew) exit 75 ;;
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

/// Children of the given configurations, with files of this machine.
async fn supervised<T: Transport>(
    transport: &T,
    master: &Endpoint,
    configure: &dyn Fn(&Script, u32, &str) -> String,
    count: usize,
    lifeline: Lifeline,
) -> u8 {
    let crew = Crew {
        node_ids: (0..count).map(|index| format!("box_{index}")).collect(),
        script: Script::Own(Vec::new()),
        configure,
    };
    supervise(transport, master, &fake_python(), crew, lifeline)
        .await
        .unwrap()
}

async fn check(configs: &[&str], lifeline: Lifeline) -> u8 {
    let configure = |_: &Script, index: u32, _: &str| configs[index as usize].to_owned();
    let (transport, master) = (MemoryTransport::default(), Endpoint::new("master", 5557));
    supervised(&transport, &master, &configure, configs.len(), lifeline).await
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
    let configs = ["done", "crash"];
    let configure = |_: &Script, index: u32, _: &str| configs[index as usize].to_owned();
    let supervised = supervised(&transport, &master, &configure, 2, Lifeline::watch(false));
    let (code, heard) = tokio::join!(supervised, listener.recv());
    let heard = heard.unwrap();
    assert_eq!((code, heard.peer.as_str()), (137, "box_1"));
    assert_eq!(decode_to_master(&heard.payload).unwrap().message, ToMaster::Quit);
}

#[tokio::test]
async fn children_end_when_the_lifeline_closes() {
    let (cut, lifeline) = Lifeline::by_hand();
    cut.send(true).unwrap();
    // The signal may come before the shell has set its trap up: the end is as asked for all the same.
    assert_eq!(check(&["stay"], lifeline).await, 0);
}

#[tokio::test]
async fn a_child_that_makes_room_for_a_new_script_is_started_again_under_its_identity() {
    let asked = std::cell::RefCell::new(Vec::new());
    let configure = |_: &Script, index: u32, node_id: &str| {
        let mut asked = asked.borrow_mut();
        asked.push((index, node_id.to_owned()));
        let is_first = asked.iter().filter(|(other, _)| *other == index).count() == 1;
        if index == 0 && is_first { "renew" } else { "done" }.to_owned()
    };
    let (transport, master) = (MemoryTransport::default(), Endpoint::new("master", 5557));
    assert_eq!(
        supervised(&transport, &master, &configure, 2, Lifeline::watch(false)).await,
        0
    );
    let box_of = |index: u32| (index, format!("box_{index}"));
    assert_eq!(asked.take(), [box_of(0), box_of(1), box_of(0)]);
}
