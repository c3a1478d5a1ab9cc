//! A locustfile that changes between two runs: the old script host makes room for the new one.

use std::collections::VecDeque;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use master::bundle::BundleSource;
use master::events::{EndCause, RunState};
use master::server::{BundleConfig, MasterConfig, Reload, Reloaded, Room};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::script_peer::{Peer, Script, host, map};
use crate::support::{Bench, Manner, class, config, swarm};

type Reloading = Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send>>;

/// A master whose locustfile is a real file, with the far ends of its hosts: the present one is the last.
struct Stage {
    bench: Bench,
    peers: Arc<Mutex<Vec<Peer>>>,
    path: PathBuf,
    _dir: TempDir,
}

impl Stage {
    /// `reload` is what happens when the file has changed.
    async fn new(first: Script, reload: impl Fn(Room, Peers) -> Reloading + Send + Sync + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap();
        let path = folder.join("shop.py");
        std::fs::write(&path, "one").unwrap();
        let source = BundleSource {
            locustfiles: vec![path.clone()],
            working_directory: folder,
            ..BundleSource::default()
        };
        let (host, peer) = host(first).await;
        let peers = Arc::new(Mutex::new(vec![peer]));
        let of_reload = Arc::clone(&peers);
        let reload: Reload = Arc::new(move |room| reload(room, Arc::clone(&of_reload)));
        let packed = source.pack().map_err(|error| error.to_string());
        let bench = Bench::new(MasterConfig {
            bundle: Some(BundleConfig {
                source,
                packed,
                reload,
            }),
            script_host: Some(host),
            ..config()
        })
        .await;
        let _a = bench
            .worker_that(
                "h_a",
                Manner {
                    ours: false,
                    ..Manner::OBEDIENT
                },
            )
            .await;
        bench.until_workers(1).await;
        Self {
            bench,
            peers,
            path,
            _dir: dir,
        }
    }

    fn change(&self, contents: &str) {
        std::fs::write(&self.path, contents).unwrap();
    }

    async fn run_once(&self) {
        self.bench.control.start(swarm(1, 10.0)).await.unwrap();
        self.bench.until(RunState::Running).await;
        self.bench.control.stop().await.unwrap();
        self.bench.until_workers(1).await;
    }

    fn hooks(&self, peer: usize) -> Vec<String> {
        self.peers.lock().unwrap()[peer].hooks()
    }
}

type Peers = Arc<Mutex<Vec<Peer>>>;

/// Another host, which comes into being when the present one has ended.
async fn another(room: Room, peers: Peers, script: Script) -> Result<Reloaded, String> {
    let values = room.make().await?;
    let has_exited = |peers: &Peers| peers.lock().unwrap().last().unwrap().heard("exit").len() == 1;
    assert!(has_exited(&peers), "the old script has not ended");
    let (mut host, peer) = host(script).await;
    peers.lock().unwrap().push(peer);
    host.restore_options(values).await.unwrap();
    Ok(Reloaded {
        classes: vec![class("A")],
        options: None,
        host: Some(host),
    })
}

const RUN: [&str; 3] = ["test_start", "test_stopping", "test_stop"];

#[tokio::test(start_paused = true)]
async fn a_changed_script_comes_after_the_end_of_the_old_one_and_has_its_options() {
    let raised = Script {
        unhandled: true,
        ..Script::default()
    };
    let reload = |room, peers| Box::pin(another(room, peers, Script::default())) as Reloading;
    let stage = Stage::new(raised, reload).await;
    let env = map(&[("env", "prod".into())]);
    stage.bench.control.set_options(env.clone()).await.unwrap();
    stage.run_once().await;
    stage.change("two");
    stage.run_once().await;
    assert_eq!(stage.hooks(0), [&RUN[..], &["quitting"]].concat());
    assert_eq!(stage.hooks(1), RUN);
    assert_eq!(
        stage.peers.lock().unwrap()[1].heard("set_options")[0]["values"],
        env
    );
    stage.bench.control.quit(EndCause::Signal).await;
    let outcome = stage.bench.master.await.unwrap().unwrap();
    assert!(outcome.script_host.is_some());
    assert!(outcome.script.unhandled, "what the old script said still counts");
}

#[tokio::test(start_paused = true)]
async fn the_record_names_the_script_and_the_classes_of_its_run() {
    let reload = |room, peers| Box::pin(another(room, peers, Script::default())) as Reloading;
    let stage = Stage::new(Script::default(), reload).await;
    let mut chosen = swarm(1, 10.0);
    chosen.user_classes = Some(vec!["B".to_owned()]);
    stage.bench.control.start(chosen).await.unwrap();
    stage.bench.until(RunState::Running).await;
    stage.bench.control.stop().await.unwrap();
    stage.bench.until_workers(1).await;
    let first = stage.bench.runs.current().unwrap().info;
    assert_eq!(first.user_classes, ["B"]);
    assert_eq!(first.ratio["per_class"]["B"]["ratio"], 1.0);
    assert!(!first.script_hash.is_empty());
    stage.run_once().await;
    let same = stage.bench.runs.current().unwrap().info;
    assert_eq!(same.user_classes, ["A", "B"], "a choice is of one run");
    assert_eq!(same.script_hash, first.script_hash);
    stage.change("two");
    stage.run_once().await;
    let changed = stage.bench.runs.current().unwrap().info;
    assert_eq!(changed.user_classes, ["A"]);
    assert_ne!(changed.script_hash, first.script_hash);
}

#[tokio::test(start_paused = true)]
async fn a_changed_script_that_does_not_load_leaves_the_old_one_at_work() {
    let reload = |_, _| Box::pin(async { Err("line 3".to_owned()) }) as Reloading;
    let stage = Stage::new(Script::default(), reload).await;
    stage.change("two");
    let refused = stage.bench.control.start(swarm(1, 10.0)).await;
    assert_eq!(refused, Err("line 3".to_owned()));
    stage.change("one");
    stage.run_once().await;
    assert_eq!(stage.hooks(0), RUN);
}

#[tokio::test(start_paused = true)]
async fn a_script_that_fails_in_the_place_of_the_old_one_is_loaded_again_with_the_next_start() {
    let outcomes = Mutex::new(VecDeque::from([None, Some(Script::default())]));
    let reload = move |room: Room, peers| {
        let script = outcomes.lock().unwrap().pop_front().unwrap();
        Box::pin(async move {
            match script {
                Some(script) => another(room, peers, script).await,
                None => {
                    room.make().await?;
                    Err("init failed".to_owned())
                }
            }
        }) as Reloading
    };
    let stage = Stage::new(Script::default(), reload).await;
    stage.change("two");
    let refused = stage.bench.control.start(swarm(1, 10.0)).await;
    assert_eq!(refused, Err("init failed".to_owned()));
    // What it was before: there is no host for it any more.
    stage.change("one");
    stage.run_once().await;
    assert_eq!(
        (stage.hooks(0), stage.hooks(1)),
        (vec!["quitting".to_owned()], RUN.map(str::to_owned).to_vec())
    );
}

#[tokio::test(start_paused = true)]
async fn a_master_that_ends_does_not_wait_for_a_script_that_is_being_loaded() {
    let never = |room: Room, _| {
        Box::pin(async move {
            room.make().await?;
            std::future::pending().await
        }) as Reloading
    };
    let stage = Stage::new(Script::default(), never).await;
    stage.change("two");
    let control = stage.bench.control.clone();
    let started = tokio::spawn(async move { control.start(swarm(1, 10.0)).await });
    for _ in 0..100 {
        sleep(Duration::from_millis(20)).await;
        if stage.hooks(0) == ["quitting"] {
            break;
        }
    }
    let refused = stage.bench.control.set_options(map(&[])).await.unwrap_err();
    assert!(refused.contains("still being loaded"), "{refused}");
    let begun = Instant::now();
    stage.bench.control.quit(EndCause::Signal).await;
    let outcome = stage.bench.master.await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(outcome.script_host.is_none() && !outcome.script.lost);
    assert_eq!(started.await.unwrap(), Err("The master is ending".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_master_on_its_way_out_keeps_the_script_whose_last_hooks_run() {
    let reload = |room, peers: Peers| {
        Box::pin(async move {
            // Loading takes until the master waits for the hook below.
            sleep(Duration::from_secs(5)).await;
            another(room, peers, Script::default()).await
        }) as Reloading
    };
    let slow = Script {
        slow: [("quitting", Duration::from_secs(20))].into(),
        ..Script::default()
    };
    let stage = Stage::new(slow, reload).await;
    stage.change("two");
    let control = stage.bench.control.clone();
    let started = tokio::spawn(async move { control.start(swarm(1, 10.0)).await });
    sleep(Duration::from_secs(1)).await;
    stage.bench.control.quit(EndCause::Signal).await;
    assert_eq!(started.await.unwrap(), Err("The master is ending".to_owned()));
    let outcome = stage.bench.master.await.unwrap().unwrap();
    assert!(outcome.script_host.is_some());
    assert_eq!(stage.peers.lock().unwrap().len(), 1);
}
