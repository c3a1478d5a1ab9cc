//! The host's process and its answers, against small programs that stand in for it.

use std::sync::{Arc, Mutex};

use protocol::Value;
use settings::logging::LineSink;
use tokio::io::{AsyncWriteExt, DuplexStream};

use super::frames::{field, pack, read};
use super::statistics::map;
use super::*;
use crate::local_workers::Output;

/// A host whose "interpreter" is a shell script.
fn shell(script: &str) -> ScriptHost {
    ScriptHost {
        python: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: Vec::new(),
    }
}

async fn load(script: &str) -> Result<Loaded, ScriptError> {
    let mut host = shell(script).start(None).unwrap();
    host.load(&LoadRequest::default()).await
}

/// A host and its far end.
fn pair() -> (Host, DuplexStream) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (reader, writer) = tokio::io::split(near);
    (Host::over(reader, writer), far)
}

/// Reads one request and answers it.
async fn answer(far: &mut DuplexStream, op: &str, body: &Value) -> Value {
    let request = read(far).await.unwrap().unwrap();
    let id = field(&request, "id").and_then(Value::as_u64);
    far.write_all(&pack(op, id, body).unwrap()).await.unwrap();
    request
}

#[tokio::test]
async fn classes_and_arguments_are_read_with_defaults_for_what_is_left_out() {
    let (mut host, mut far) = pair();
    let class = map(vec![("name", "A".into()), ("weight", 2.into())]);
    let flags = Value::Array(vec!["--env".into()]);
    let argument = map(vec![
        ("dest", "env".into()),
        ("flags", flags),
        ("type", "str".into()),
    ]);
    let body = map(vec![
        ("user_classes", Value::Array(vec![class])),
        ("arguments", Value::Array(vec![argument])),
    ]);
    let request = LoadRequest {
        locustfiles: vec!["/a/shop.py".into()],
        own_flags: vec!["-u".to_owned()],
    };
    let (loaded, asked) = tokio::join!(host.load(&request), answer(&mut far, "done", &body));
    let loaded = loaded.unwrap();
    assert_eq!(
        (loaded.user_classes[0].weight, loaded.user_classes[0].fixed_count),
        (2.0, 0)
    );
    let argument = &loaded.arguments[0];
    assert_eq!(
        (
            argument.kind.as_str(),
            argument.required,
            argument.choices.is_none()
        ),
        ("str", false, true)
    );
    assert_eq!(
        field(&asked, "locustfiles"),
        Some(&Value::Array(vec!["/a/shop.py".into()]))
    );
}

#[tokio::test]
async fn a_scripts_error_is_one_line_with_the_traceback_apart() {
    let (mut host, mut far) = pair();
    let body = map(vec![
        ("kind", "syntax".into()),
        ("message", "invalid syntax (a.py, line 3)\nmore".into()),
        ("detail", "Traceback".into()),
    ]);
    let request = LoadRequest::default();
    let (loaded, _) = tokio::join!(host.load(&request), answer(&mut far, "failed", &body));
    let error = loaded.unwrap_err();
    assert_eq!(error.to_string(), "invalid syntax (a.py, line 3)");
    assert_eq!(error.detail(), Some("Traceback"));
}

#[tokio::test]
async fn what_the_script_says_in_init_is_kept_and_its_questions_are_answered() {
    let (mut host, mut far) = pair();
    let request = ConfigureRequest::default();
    let script = async {
        let send = map(vec![("type", "t".into()), ("data", 1.into())]);
        far.write_all(&pack("send", None, &send).unwrap()).await.unwrap();
        far.write_all(&pack("stats", Some(5), &map(vec![])).unwrap())
            .await
            .unwrap();
        let shape = map(vec![("shape", "Steps".into())]);
        answer(&mut far, "done", &shape).await;
        read(&mut far).await.unwrap().unwrap()
    };
    let (configured, figures) = tokio::join!(host.configure(&request), script);
    assert_eq!(configured.unwrap().shape.as_deref(), Some("Steps"));
    assert_eq!(host.shape().map(|shape| shape.use_common_options), Some(false));
    assert_eq!(field(&figures, "id"), Some(&Value::from(5)));
    let Heard::Says(ScriptSays::Send { kind, .. }) = host.next().await else {
        panic!("what was said is lost");
    };
    assert_eq!(kind, "t");
}

#[tokio::test]
async fn an_end_without_an_answer_tells_the_exit_status() {
    let error = load("exit 3").await.unwrap_err().to_string();
    assert!(error.contains("exit status: 3"), "{error}");
}

#[tokio::test]
async fn output_that_is_no_frame_is_an_error() {
    let error = load("echo hello").await.unwrap_err().to_string();
    assert!(error.contains("bytes is more than"), "{error}");
}

#[tokio::test]
async fn a_missing_interpreter_is_named() {
    let host = ScriptHost {
        python: "/nonexistent/python".into(),
        args: Vec::new(),
        env: Vec::new(),
    };
    let error = host.start(None).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/python"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_script_that_never_loads_is_given_up() {
    assert!(matches!(load("exec sleep 1000").await, Err(ScriptError::Timeout)));
}

#[derive(Default)]
struct Memory(Mutex<String>);

impl LineSink for Memory {
    fn write(&self, text: &[u8]) {
        self.0.lock().unwrap().push_str(&String::from_utf8_lossy(text));
    }
}

#[tokio::test]
async fn its_last_lines_are_shown_when_it_is_ended() {
    let sink = Arc::new(Memory::default());
    let output = Output(sink.clone());
    let mut host = shell("echo why >&2; exec sed q").start(Some(output)).unwrap();
    // It reads one line and ends.
    host.fire("a hook\n");
    let Heard::Lost(reason) = host.next().await else {
        panic!("it is not lost");
    };
    host.kill().await;
    assert_eq!(sink.0.lock().unwrap().as_str(), "why\n", "{reason}");
}

#[tokio::test]
async fn a_host_that_reads_nothing_is_lost_when_something_is_asked() {
    let (mut host, _far) = pair();
    let big = Value::from("x".repeat(1 << 20));
    for _ in 0..crate::limits::MAX_SCRIPT_QUEUE_BYTES / (1 << 20) + 2 {
        host.message("data", big.clone(), "w");
    }
    host.fire("test_start");
    let Heard::Lost(reason) = host.next().await else {
        panic!("it is not lost");
    };
    assert!(reason.contains("does not read"), "{reason}");
}
