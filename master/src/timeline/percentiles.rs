//! Percentiles of a distribution in one pass over its cells.

/// The times at `fractions` (0 to 1, in any order), milliseconds: the cell at 0-based rank `min(int(n*p), n-1)`, as
/// [`protocol::Times::percentile_ms`] has it. `n` is the number of times, `each` goes over the cells in ascending order.
pub(super) fn of_cells(
    n: u64,
    each: impl FnOnce(&mut dyn FnMut(u64, u64)),
    fractions: &[f64],
) -> Vec<Option<f64>> {
    let mut found = vec![None; fractions.len()];
    if n == 0 {
        return found;
    }
    let mut ranks: Vec<(u64, usize)> = fractions
        .iter()
        .enumerate()
        .map(|(at, p)| (((n as f64 * p.clamp(0.0, 1.0)) as u64).min(n - 1), at))
        .collect();
    ranks.sort_unstable();
    let (mut seen, mut next) = (0u64, 0usize);
    each(&mut |us, count| {
        seen = seen.saturating_add(count);
        while let Some(&(rank, at)) = ranks.get(next).filter(|(rank, _)| *rank < seen) {
            debug_assert!(rank < seen);
            if let Some(slot) = found.get_mut(at) {
                *slot = Some(us as f64 / 1_000.0);
            }
            next += 1;
        }
    });
    found
}
