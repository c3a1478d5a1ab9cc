//! What happened when: the marks on the time axis.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::limits::{MAX_MARKS, MAX_TEXT_BYTES};
use super::model::Mark;

/// Marks in order of time, bounded.
#[derive(Debug, Default)]
pub(super) struct Marks {
    all: Arc<Vec<Mark>>,
    dropped: u64,
}

impl Marks {
    pub(super) fn all(&self) -> &Arc<Vec<Mark>> {
        &self.all
    }

    /// Adds one. Past the limit the oldest of workers that joined or returned makes room, or else the oldest but the first; the
    /// newest mark says how many are gone.
    pub(super) fn add(&mut self, mut mark: Mark) {
        mark.text.truncate(mark.text.floor_char_boundary(MAX_TEXT_BYTES));
        let all = Arc::make_mut(&mut self.all);
        if all.len() >= MAX_MARKS {
            let is_minor = |mark: &Mark| matches!(mark.kind.as_str(), "worker_joined" | "worker_returned");
            all.remove(all.iter().position(is_minor).unwrap_or(1));
            self.dropped += 1;
            mark.data.insert("dropped".to_owned(), self.dropped.into());
        }
        all.push(mark);
    }
}

/// A mark. `at_s` and texts as in [`Mark`].
pub(super) fn mark<const N: usize>(at_s: f64, kind: &str, text: String, data: [(&str, Value); N]) -> Mark {
    Mark {
        at_s: super::series::rounded(at_s),
        kind: kind.to_owned(),
        text,
        data: data
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map<_, _>>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_that_joined_make_room_for_what_matters_more() {
        let mut marks = Marks::default();
        marks.add(mark(0.0, "start", String::new(), []));
        marks.add(mark(1.0, "worker_joined", String::new(), []));
        for number in 0..MAX_MARKS {
            marks.add(mark(2.0 + number as f64, "edit", String::new(), []));
        }
        let all = marks.all();
        assert_eq!(all.len(), MAX_MARKS);
        assert_eq!((all[0].kind.as_str(), all[1].at_s), ("start", 3.0));
        assert!(!all.iter().any(|mark| mark.kind == "worker_joined"));
        assert_eq!(
            all.last().map(|mark| mark.data["dropped"].clone()),
            Some(2.into())
        );
    }
}
