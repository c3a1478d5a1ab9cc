//! The sequence of User classes: user number `i` of a run is of class `class_at(i)`, whatever happened in between. So
//! a ramp down and up again ends with the same mix, and fixed counts are refilled by themselves.
//!
//! Source of the rule: Locust's dispatcher. First the missing users of classes with a `fixed_count`, interleaved with
//! the missing numbers as weights; then, endlessly, the class whose next user lowers the Kullback-Leibler divergence
//! from the wanted ratio most.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// What the dispatcher must know of a User class.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassSpec {
    /// The class's name.
    pub name: String,
    /// Share relative to the other classes; 0 removes a class that has no fixed count.
    pub weight: f64,
    /// Exact number of users wanted; 0 means by weight.
    pub fixed_count: u64,
}

/// The sequence, generated as far as it was asked for.
#[derive(Debug, Clone)]
pub struct ClassMix {
    /// Every class that ever occurred in the run; a class id is an index into this.
    names: Vec<String>,
    active: Vec<(usize, ClassSpec)>,
    sequence: Vec<usize>,
    /// Users before this one were dealt for an earlier list of classes.
    frozen: usize,
    fixed: Weighted,
    fixed_missing: BTreeMap<usize, u64>,
    weighted: Weighted,
}

impl ClassMix {
    /// A fresh sequence over `classes`.
    pub fn new(classes: &[ClassSpec]) -> Self {
        let mut mix = Self {
            names: Vec::new(),
            active: Vec::new(),
            sequence: Vec::new(),
            frozen: 0,
            fixed: Weighted::default(),
            fixed_missing: BTreeMap::new(),
            weighted: Weighted::default(),
        };
        mix.set_classes(classes, 0);
        mix
    }

    /// Replaces the list of classes for the users after the first `kept`, which stay what they are.
    pub fn set_classes(&mut self, classes: &[ClassSpec], kept: usize) {
        let mut sorted: Vec<&ClassSpec> = classes.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        sorted.dedup_by(|a, b| a.name == b.name);
        self.active = sorted
            .into_iter()
            .map(|spec| (self.id_of(&spec.name), spec.clone()))
            .collect();
        self.regenerate_after(kept);
    }

    /// Tells that only the first `kept` users are left. Matters when the list of classes has changed during the run:
    /// what comes next is then of the present list.
    pub fn shrunk_to(&mut self, kept: usize) {
        if kept < self.frozen {
            self.regenerate_after(kept);
        }
    }

    /// Class id of user `index`; `None` when only classes with a fixed count are left and all of those are full.
    pub fn class_at(&mut self, index: usize) -> Option<usize> {
        while self.sequence.len() <= index {
            let next = self.next_class()?;
            self.sequence.push(next);
        }
        self.sequence.get(index).copied()
    }

    /// Name of a class id; empty for an unknown one.
    pub fn name(&self, class: usize) -> &str {
        self.names.get(class).map_or("", String::as_str)
    }

    /// Number of class ids in use.
    pub fn class_count(&self) -> usize {
        self.names.len()
    }

    fn id_of(&mut self, name: &str) -> usize {
        if let Some(id) = self.names.iter().position(|known| known == name) {
            return id;
        }
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    fn regenerate_after(&mut self, kept: usize) {
        self.sequence.truncate(kept);
        self.frozen = self.sequence.len();
        let mut present: BTreeMap<usize, u64> = BTreeMap::new();
        for class in &self.sequence {
            *present.entry(*class).or_default() += 1;
        }
        self.fixed_missing = self
            .active
            .iter()
            .filter_map(|(id, spec)| {
                let missing = spec
                    .fixed_count
                    .saturating_sub(present.get(id).copied().unwrap_or(0));
                (missing > 0).then_some((*id, missing))
            })
            .collect();
        self.fixed = Weighted::new(self.active.iter().filter_map(|(id, _)| {
            let missing = *self.fixed_missing.get(id)?;
            #[expect(clippy::cast_precision_loss, reason = "a count of users is far below 2^52")]
            Some((*id, missing as f64))
        }));
        self.weighted = Weighted::new(
            self.active
                .iter()
                .filter(|(_, spec)| spec.fixed_count == 0 && spec.weight.is_finite() && spec.weight > 0.0)
                .map(|(id, spec)| (*id, spec.weight)),
        );
    }

    fn next_class(&mut self) -> Option<usize> {
        while !self.fixed_missing.is_empty() {
            let class = self.fixed.next()?;
            if let Some(missing) = self.fixed_missing.get_mut(&class) {
                *missing -= 1;
                if *missing == 0 {
                    self.fixed_missing.remove(&class);
                }
                return Some(class);
            }
        }
        self.weighted.next()
    }
}

/// Endless interleaving by weight: a heap keyed by `w * log2(x / (x + 1))`, `x` starting at the weight and growing by
/// one with each choice; ties by `x`, weight, name.
#[derive(Debug, Clone, Default)]
struct Weighted {
    heap: BinaryHeap<Reverse<Candidate>>,
}

#[derive(Debug, Clone)]
struct Candidate {
    gain: f64,
    reached: f64,
    weight: f64,
    /// Position by name among the candidates.
    rank: usize,
    class: usize,
}

impl Weighted {
    /// `weights` must come sorted by class name.
    fn new(weights: impl Iterator<Item = (usize, f64)>) -> Self {
        let heap = weights
            .enumerate()
            .map(|(rank, (class, weight))| Reverse(Candidate::at(weight, weight, rank, class)))
            .collect();
        Self { heap }
    }

    fn next(&mut self) -> Option<usize> {
        let mut best = self.heap.peek_mut()?;
        let Reverse(Candidate {
            reached,
            weight,
            rank,
            class,
            ..
        }) = *best;
        *best = Reverse(Candidate::at(weight, reached, rank, class));
        Some(class)
    }
}

impl Candidate {
    fn at(weight: f64, reached: f64, rank: usize, class: usize) -> Self {
        let gain = weight * (reached / (reached + 1.0)).log2();
        Self {
            gain,
            reached: reached + 1.0,
            weight,
            rank,
            class,
        }
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain
            .total_cmp(&other.gain)
            .then(self.reached.total_cmp(&other.reached))
            .then(self.weight.total_cmp(&other.weight))
            .then(self.rank.cmp(&other.rank))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(list: &[(&str, f64, u64)]) -> Vec<ClassSpec> {
        list.iter()
            .map(|&(name, weight, fixed_count)| ClassSpec {
                name: name.to_owned(),
                weight,
                fixed_count,
            })
            .collect()
    }

    fn prefix(list: &[(&str, f64, u64)], count: usize) -> String {
        let mut mix = ClassMix::new(&specs(list));
        (0..count)
            .map_while(|i| mix.class_at(i).map(|class| mix.name(class).to_owned()))
            .collect()
    }

    fn count(sequence: &str, class: char) -> usize {
        sequence.chars().filter(|c| *c == class).count()
    }

    #[test]
    fn the_sequences_measured_on_locust_come_out() {
        assert_eq!(prefix(&[("B", 1.0, 0), ("A", 5.0, 0)], 16), "AABAAAAABAAAAABA");
        assert_eq!(
            prefix(&[("A", 3.0, 0), ("B", 3.0, 0), ("C", 1.0, 0)], 21),
            "ABCABABABCABABABCABAB"
        );
    }

    #[test]
    fn whole_periods_match_the_weights_exactly() {
        let nine = prefix(&[("A", 4.0, 0), ("B", 5.0, 0)], 9);
        assert_eq!((count(&nine, 'A'), count(&nine, 'B')), (4, 5));
        let eighteen = prefix(&[("A", 0.8, 0), ("B", 1.0, 0)], 18);
        assert_eq!((count(&eighteen, 'A'), count(&eighteen, 'B')), (8, 10));
    }

    #[test]
    fn fixed_counts_come_first_and_interleaved() {
        let sequence = prefix(&[("A", 1.0, 0), ("F", 1.0, 2), ("G", 1.0, 2)], 8);
        assert_eq!(&sequence[..4], "FGFG");
        assert_eq!(&sequence[4..], "AAAA");
    }

    #[test]
    fn only_fixed_classes_end_the_sequence() {
        assert_eq!(prefix(&[("F", 1.0, 2), ("G", 0.0, 1)], 50).len(), 3);
    }

    #[test]
    fn a_class_of_weight_zero_without_a_fixed_count_never_comes() {
        assert_eq!(prefix(&[("A", 0.0, 0), ("B", 1.0, 0)], 5), "BBBBB");
    }

    #[test]
    fn a_new_list_keeps_running_users_and_counts_them_towards_fixed_counts() {
        let mut mix = ClassMix::new(&specs(&[("A", 1.0, 0), ("F", 1.0, 1)]));
        let before: Vec<_> = (0..4).filter_map(|i| mix.class_at(i)).collect();
        mix.set_classes(&specs(&[("F", 1.0, 3), ("Z", 1.0, 0)]), 4);
        let after: Vec<_> = (0..8).filter_map(|i| mix.class_at(i)).collect();
        assert_eq!(after[..4], before[..]);
        let names: String = after[4..].iter().map(|class| mix.name(*class)).collect();
        assert_eq!(names, "FFZZ");
    }
}
