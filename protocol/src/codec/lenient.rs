//! Reading values whatever legal form they come in: integers as floats and back, bin for str, numbers as map keys in text.

use std::collections::BTreeMap;

use rmpv::ValueRef;

use super::error::DecodeError;

/// A map's fields by name. Of a repeated key the last counts, as in Python.
pub(super) struct Fields<'v, 'b> {
    pairs: &'v [(ValueRef<'b>, ValueRef<'b>)],
    of: &'static str,
}

impl<'v, 'b> Fields<'v, 'b> {
    /// The fields of `value`, which must be a map; `of` names it in errors.
    pub(super) fn of(value: &'v ValueRef<'b>, of: &'static str) -> Result<Self, DecodeError> {
        match value {
            ValueRef::Map(pairs) => Ok(Self { pairs, of }),
            _ => Err(DecodeError::shape(format!("{of}: the data must be a map"))),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'v ValueRef<'b>> {
        let found = self
            .pairs
            .iter()
            .rev()
            .find(|(k, _)| text(k) == Some(key))
            .map(|(_, v)| v);
        found.filter(|v| !matches!(v, ValueRef::Nil))
    }

    pub(super) fn pairs(&self) -> &'v [(ValueRef<'b>, ValueRef<'b>)] {
        self.pairs
    }

    /// Text that must be there.
    pub(super) fn text(&self, key: &str) -> Result<&'v str, DecodeError> {
        self.get(key)
            .and_then(text)
            .ok_or_else(|| self.missing(key, "a string"))
    }

    /// Text, or "" if it is missing.
    pub(super) fn text_or_empty(&self, key: &str) -> String {
        self.get(key).and_then(text).unwrap_or_default().to_owned()
    }

    /// A count, or 0 if it is missing or no number.
    pub(super) fn count(&self, key: &str) -> u64 {
        self.get(key).and_then(count).unwrap_or(0)
    }

    /// A finite number, if there is one.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.get(key).and_then(number)
    }

    /// A map from names to counts; empty if missing.
    pub(super) fn counts_by_name(&self, key: &str) -> BTreeMap<String, u64> {
        let Some(ValueRef::Map(pairs)) = self.get(key) else {
            return BTreeMap::new();
        };
        pairs
            .iter()
            .filter_map(|(name, n)| Some((text(name)?.to_owned(), count(n)?)))
            .collect()
    }

    /// Integer keys and their counts, in any order; keys in text are taken too. Empty if missing.
    pub(super) fn counts_by_number(&self, key: &str) -> impl Iterator<Item = (i64, u64)> + use<'v, 'b> {
        let pairs: &'v [(ValueRef<'b>, ValueRef<'b>)] = match self.get(key) {
            Some(ValueRef::Map(pairs)) => pairs,
            _ => &[],
        };
        pairs.iter().filter_map(|(k, n)| Some((whole(k)?, count(n)?)))
    }

    pub(super) fn missing(&self, key: &str, kind: &str) -> DecodeError {
        DecodeError::shape(format!("{}: field `{key}` must be {kind}", self.of))
    }
}

/// Text in a str or a bin.
pub(super) fn text<'v>(value: &'v ValueRef<'_>) -> Option<&'v str> {
    match value {
        ValueRef::String(text) => text.as_str(),
        ValueRef::Binary(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// A finite number of any form.
pub(super) fn number(value: &ValueRef<'_>) -> Option<f64> {
    let number = match value {
        ValueRef::Integer(n) => n.as_f64()?,
        ValueRef::F32(n) => f64::from(*n),
        ValueRef::F64(n) => *n,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// A count of any form; negative ones are 0.
pub(super) fn count(value: &ValueRef<'_>) -> Option<u64> {
    match value {
        ValueRef::Integer(n) => n.as_u64().or(Some(0)),
        // `as` saturates, and takes negative numbers to 0.
        other => number(other).map(|n| n as u64),
    }
}

/// A whole number: as integer, float, or decimal text.
fn whole(value: &ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(n) => n.as_i64(),
        ValueRef::F32(_) | ValueRef::F64(_) => number(value).map(|n| n as i64),
        other => text(other)?.trim().parse().ok(),
    }
}
