//! Reading the CSV files of a run.

use std::collections::BTreeMap;
use std::path::Path;

/// A CSV file with a header.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a file.
    ///
    /// # Panics
    /// If it is missing or not CSV.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let mut reader = csv::ReaderBuilder::new()
            .from_path(path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let fields = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = reader
            .headers()
            .map(fields)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rows = reader
            .records()
            .map(|record| fields(&record.unwrap_or_else(|error| panic!("{}: {error}", path.display()))))
            .collect();
        Self { header, rows }
    }

    /// The header's fields joined by commas.
    #[must_use]
    pub fn header(&self) -> String {
        self.header.join(",")
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is only the header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A field of the row whose Name is given.
    ///
    /// # Panics
    /// If there is no such row or column.
    #[must_use]
    pub fn text(&self, name: &str, column: &str) -> &str {
        let row = self.rows.iter().find(|row| row[self.column("Name")] == name);
        let row = row.unwrap_or_else(|| panic!("no row named {name:?} among {:?}", self.names()));
        &row[self.column(column)]
    }

    /// As [`Table::text`], as a number.
    ///
    /// # Panics
    /// Also if it is none.
    #[must_use]
    pub fn number(&self, name: &str, column: &str) -> f64 {
        let text = self.text(name, column);
        text.parse()
            .unwrap_or_else(|_| panic!("{name} / {column} is not a number: {text:?}"))
    }

    /// The request count of a row.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count in a CSV file is a whole number"
    )]
    pub fn count(&self, name: &str) -> u64 {
        self.number(name, "Request Count") as u64
    }

    /// The failure count of a row.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count in a CSV file is a whole number"
    )]
    pub fn failures(&self, name: &str) -> u64 {
        self.number(name, "Failure Count") as u64
    }

    /// The names of all rows, in the file's order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let column = self.column("Name");
        self.rows.iter().map(|row| row[column].as_str()).collect()
    }

    /// All values of a column.
    #[must_use]
    pub fn values(&self, column: &str) -> Vec<&str> {
        let column = self.column(column);
        self.rows.iter().map(|row| row[column].as_str()).collect()
    }

    /// Request counts by name without the total.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.names()
            .into_iter()
            .filter(|name| *name != "Aggregated")
            .map(|n| (n.to_owned(), self.count(n)))
            .collect()
    }

    fn column(&self, name: &str) -> usize {
        let found = self.header.iter().position(|field| field == name);
        found.unwrap_or_else(|| panic!("no column {name:?} in {:?}", self.header))
    }
}

/// Asserts that two ways of counting agree, showing both if not.
///
/// # Panics
/// If they do not.
pub fn same_counts(what: &str, ours: &BTreeMap<String, u64>, target: &BTreeMap<String, u64>) {
    assert_eq!(
        ours, target,
        "{what} (left) against what reached the target (right)"
    );
}
