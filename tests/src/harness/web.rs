//! The master's web port, ours or Locust's.

use serde_json::Value;

use super::http::send_json;
use super::{Answer, get, post_form, wait_for};

/// A web port.
#[derive(Clone, Copy, Debug)]
pub struct Web {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Web {
    /// `GET /stats/requests`, if the port answers.
    #[must_use]
    pub fn stats(&self) -> Option<Value> {
        self.get("/stats/requests")
    }

    /// The JSON at a path, if the port answers with some.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Value> {
        get(self.port, path)
            .ok()
            .filter(|answer| answer.status == 200)
            .map(|answer| answer.json())
    }

    /// PATCH of a JSON object.
    ///
    /// # Panics
    /// If nobody answers.
    #[must_use]
    pub fn patch(&self, path: &str, body: &str) -> Answer {
        send_json(self.port, "PATCH", path, body).expect("the web port answers")
    }

    /// DELETE.
    ///
    /// # Panics
    /// If nobody answers.
    #[must_use]
    pub fn delete(&self, path: &str) -> Answer {
        send_json(self.port, "DELETE", path, "").expect("the web port answers")
    }

    /// Waits until the statistics satisfy the condition.
    pub fn wait(&self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, || self.stats().filter(|stats| condition(stats)))
    }

    /// Waits for so many workers.
    pub fn wait_workers(&self, count: u64) {
        self.wait(&format!("{count} workers"), |stats| {
            stats["worker_count"] == count
        });
    }

    /// Waits for a state with so many users.
    pub fn wait_state(&self, state: &str, users: u64) -> Value {
        self.wait(&format!("state {state} with {users} users"), |stats| {
            stats["state"] == state && stats["user_count"] == users
        })
    }

    /// Waits for so many requests in all.
    pub fn wait_requests(&self, at_least: u64) -> Value {
        self.wait(&format!("{at_least} requests"), |stats| {
            requests(stats) >= at_least
        })
    }

    /// `POST /swarm`.
    ///
    /// # Panics
    /// If the port does not answer with JSON.
    #[must_use]
    pub fn swarm(&self, users: &str, rate: &str) -> Value {
        let fields = [("user_count", users), ("spawn_rate", rate)];
        post_form(self.port, "/swarm", &fields)
            .expect("the web port answers")
            .json()
    }

    /// `POST /stop`.
    ///
    /// # Panics
    /// If the port does not answer with JSON.
    #[must_use]
    pub fn stop(&self) -> Value {
        post_form(self.port, "/stop", &[])
            .expect("the web port answers")
            .json()
    }

    /// `POST /stats/reset`.
    ///
    /// # Panics
    /// If the port does not answer 200.
    pub fn reset(&self) {
        let answer = post_form(self.port, "/stats/reset", &[]).expect("the web port answers");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// The Aggregated row's requests.
fn requests(stats: &Value) -> u64 {
    let rows = stats["stats"].as_array();
    rows.and_then(|rows| rows.last())
        .and_then(|row| row["num_requests"].as_u64())
        .unwrap_or_default()
}
