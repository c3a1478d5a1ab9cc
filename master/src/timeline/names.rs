//! Ids of request names and errors, in the order in which they were first seen; bounded as the statistics are.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::ErrorEntry;
use protocol::limits::{FOLDED_NAME, MAX_ERRORS, MAX_NAMES};

use super::model::{ErrorExample, ErrorId, ErrorKey, RequestId, RequestKey};

/// Request names.
#[derive(Debug, Default)]
pub(super) struct RequestNames {
    keys: Arc<Vec<RequestKey>>,
    ids: HashMap<RequestKey, RequestId>,
}

impl RequestNames {
    pub(super) fn keys(&self) -> &Arc<Vec<RequestKey>> {
        &self.keys
    }

    /// The id to count under: its own, or that of "Other" if there are too many names.
    pub(super) fn id(&mut self, method: &str, name: &str) -> RequestId {
        let key = RequestKey {
            method: method.to_owned(),
            name: name.to_owned(),
        };
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        if self.keys.len() < MAX_NAMES {
            return self.insert(key);
        }
        let other = RequestKey {
            method: String::new(),
            name: FOLDED_NAME.to_owned(),
        };
        match self.ids.get(&other) {
            Some(id) => *id,
            None => self.insert(other),
        }
    }

    fn insert(&mut self, key: RequestKey) -> RequestId {
        let id = RequestId::try_from(self.keys.len()).unwrap_or(RequestId::MAX);
        Arc::make_mut(&mut self.keys).push(key.clone());
        self.ids.insert(key, id);
        id
    }
}

/// Errors.
#[derive(Debug, Default)]
pub(super) struct ErrorNames {
    keys: Arc<Vec<ErrorKey>>,
    ids: HashMap<(String, String, String), ErrorId>,
}

impl ErrorNames {
    pub(super) fn keys(&self) -> &Arc<Vec<ErrorKey>> {
        &self.keys
    }

    /// The id to count under, as for request names. What is known of the error is brought up to date.
    pub(super) fn id(&mut self, error: &ErrorEntry) -> ErrorId {
        let mut key = (error.method.clone(), error.name.clone(), error.error.clone());
        if !self.ids.contains_key(&key) && self.keys.len() >= MAX_ERRORS {
            key = (String::new(), FOLDED_NAME.to_owned(), FOLDED_NAME.to_owned());
        }
        if let Some(id) = self.ids.get(&key) {
            let id = *id;
            if let Some(known) = Arc::make_mut(&mut self.keys).get_mut(id as usize) {
                known.update(error);
            }
            return id;
        }
        let id = ErrorId::try_from(self.keys.len()).unwrap_or(ErrorId::MAX);
        let mut known = ErrorKey {
            method: key.0.clone(),
            name: key.1.clone(),
            error: key.2.clone(),
            fault: None,
            first_seen: None,
            last_seen: None,
            sample: None,
        };
        known.update(error);
        Arc::make_mut(&mut self.keys).push(known);
        self.ids.insert(key, id);
        id
    }
}

impl ErrorKey {
    fn update(&mut self, error: &ErrorEntry) {
        self.first_seen = super::sum::least(self.first_seen, error.first_seen);
        self.last_seen = super::sum::most(self.last_seen, error.last_seen);
        self.fault = self.fault.or(error.fault);
        if self.sample.is_none() {
            self.sample = error.sample.as_ref().map(|sample| ErrorExample {
                url: sample.url.clone(),
                status: sample.status,
                body: sample.body.clone(),
                node_id: sample.node_id.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_limit_names_and_errors_share_a_row() {
        let (mut names, mut errors) = (RequestNames::default(), ErrorNames::default());
        for number in 0..MAX_NAMES + 5 {
            names.id("GET", &number.to_string());
        }
        for number in 0..MAX_ERRORS + 5 {
            errors.id(&ErrorEntry::new("GET", "/", &number.to_string(), 1.0));
        }
        assert_eq!(names.keys().len(), MAX_NAMES + 1);
        assert_eq!(names.keys()[MAX_NAMES].name, FOLDED_NAME);
        assert_eq!(errors.keys().len(), MAX_ERRORS + 1);
        assert_eq!(errors.keys()[MAX_ERRORS].error, FOLDED_NAME);
    }
}
