//! What is asked of the routes of runs, checked.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::super::error::ApiError;
use crate::history::limits::{DEFAULT_LISTED, MAX_COMPARED, MAX_LISTED};
use crate::history::{self, BadText};

/// Which runs to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Words that all must be in the id, notes, tags, host, locustfile or profile
    search: Option<String>,
    /// A tag they have
    tag: Option<String>,
    /// At most so many; 50 if not given
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// So many of the newest are skipped
    #[param(value_type = Option<u32>, minimum = 0)]
    offset: Option<String>,
}

impl ListQuery {
    pub(super) fn read(self) -> Result<history::Query, ApiError> {
        let number = |name: &str, text: Option<String>, default: usize| match text {
            None => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| ApiError::field(name, format!("{name} must be a whole number of at least 0"))),
        };
        let limit = number("limit", self.limit, DEFAULT_LISTED)?;
        if !(1..=MAX_LISTED).contains(&limit) {
            return Err(ApiError::field(
                "limit",
                format!("limit must be from 1 to {MAX_LISTED}"),
            ));
        }
        Ok(history::Query {
            search: self.search.unwrap_or_default(),
            tag: self
                .tag
                .as_deref()
                .map(history::normal_tag)
                .filter(|tag| !tag.is_empty()),
            without: None,
            limit,
            offset: number("offset", self.offset, 0)?,
        })
    }
}

/// What to write about a run; what is not given stays.
#[derive(Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunChange {
    /// Notes; empty takes them away
    #[schema(max_length = 4000)]
    pub(super) notes: Option<String>,
    /// All tags it is to have
    #[schema(max_items = 20)]
    pub(super) tags: Option<Vec<String>>,
}

impl RunChange {
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Self, ApiError> {
        if let Some(unknown) = fields
            .keys()
            .find(|name| !matches!(name.as_str(), "notes" | "tags"))
        {
            let message = "There is no such field; there are: notes, tags";
            return Err(ApiError::field(unknown, message));
        }
        let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
        let wrong = |bad: BadText| ApiError::field(bad.field, bad.message);
        let notes = given("notes").map(|value| {
            let text = value
                .as_str()
                .ok_or_else(|| ApiError::field("notes", "notes must be a text"))?;
            history::notes(text).map_err(wrong)
        });
        let tags = given("tags").map(|value| {
            let texts: Option<Vec<&str>> = value
                .as_array()
                .and_then(|all| all.iter().map(Value::as_str).collect());
            let texts = texts.ok_or_else(|| ApiError::field("tags", "tags must be a list of texts"))?;
            history::tags(&texts).map_err(wrong)
        });
        Ok(Self {
            notes: notes.transpose()?,
            tags: tags.transpose()?,
        })
    }
}

/// Which runs to compare.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CompareQuery {
    /// Ids of two to five runs, separated by commas; `current` is one
    #[param(required = true, value_type = String, pattern = "^[A-Za-z0-9-]+(,[A-Za-z0-9-]+){1,4}$", example = "20261123-043522-7f3a,current")]
    runs: Option<String>,
    /// Which of them the others are compared with; the first if not given
    reference: Option<String>,
}

impl CompareQuery {
    /// The ids, and the place of the reference among them.
    pub(super) fn read(self) -> Result<(Vec<String>, usize), ApiError> {
        let mut ids: Vec<String> = Vec::new();
        for id in self.runs.unwrap_or_default().split(',').map(str::trim) {
            if !id.is_empty() && !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        if !(2..=MAX_COMPARED).contains(&ids.len()) {
            let message = format!("Name two to {MAX_COMPARED} different runs: runs=a,b");
            return Err(ApiError::field("runs", message));
        }
        let reference = match &self.reference {
            None => 0,
            Some(id) => ids.iter().position(|known| known == id.trim()).ok_or_else(|| {
                ApiError::field(
                    "reference",
                    "The reference must be one of the runs that are compared",
                )
            })?,
        };
        Ok((ids, reference))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(runs: &str, reference: Option<&str>) -> Option<(Vec<String>, usize)> {
        let query = CompareQuery {
            runs: Some(runs.to_owned()),
            reference: reference.map(str::to_owned),
        };
        query.read().ok()
    }

    #[test]
    fn two_to_five_runs_are_compared() {
        let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            compared("a,b,,a ,c", Some("c")),
            Some((names(&["a", "b", "c"]), 2))
        );
        assert_eq!(compared("a,b", None), Some((names(&["a", "b"]), 0)));
        for (runs, reference) in [
            ("a", None),
            ("a,a", None),
            ("", None),
            ("a,b,c,d,e,f", None),
            ("a,b", Some("c")),
        ] {
            assert_eq!(compared(runs, reference), None, "{runs}");
        }
    }

    #[test]
    fn changes_are_checked() {
        let read = |body: &str| RunChange::read(&serde_json::from_str(body).unwrap()).ok();
        let expected = RunChange {
            notes: Some("a".to_owned()),
            tags: Some(vec!["b-c".to_owned()]),
        };
        assert_eq!(read(r#"{"notes": " a ", "tags": ["B c"]}"#), Some(expected));
        assert_eq!(read("{}"), Some(RunChange::default()));
        assert_eq!(read(r#"{"notes": null}"#), Some(RunChange::default()));
        for bad in [
            r#"{"notes": 1}"#,
            r#"{"tags": "a"}"#,
            r#"{"tags": [1]}"#,
            r#"{"name": "a"}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_list_has_bounds() {
        let limited = |limit: &str| {
            let query = ListQuery {
                limit: Some(limit.to_owned()),
                ..ListQuery::default()
            };
            query.read().ok().map(|query| query.limit)
        };
        assert_eq!(limited("500"), Some(500));
        assert_eq!(
            [limited("0"), limited("501"), limited("-1"), limited("x")],
            [None; 4]
        );
    }
}
