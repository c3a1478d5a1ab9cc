use super::*;
use crate::limits::MAX_FEW_CELLS;
use proptest::prelude::*;

fn times(us: &[u64]) -> Times {
    let mut times = Times::new();
    us.iter().for_each(|&t| times.record_us(t));
    times
}

#[test]
fn an_empty_one_takes_no_memory_and_has_no_percentiles() {
    let empty = Times::new();
    assert_eq!(empty.len(), 0);
    assert_eq!(empty.percentile_ms(0.5), None);
    assert_eq!(empty.to_bytes(), None);
}

#[test]
fn a_time_over_the_limit_counts_as_an_hour() {
    let mut times = Times::new();
    times.record_us(u64::MAX);
    times.record_ms(f64::MAX);
    assert_eq!(times.len(), 2);
    let hour = times.percentile_ms(1.0).unwrap();
    assert!((hour - 3_600_000.0).abs() / 3_600_000.0 < 0.001, "{hour}");
}

#[test]
fn nonsense_times_count_as_zero() {
    let mut times = Times::new();
    for ms in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        times.record_ms(ms);
    }
    assert_eq!(times.percentile_ms(1.0), Some(0.0));
}

#[test]
fn hostile_serialisations_are_refused_before_memory_is_taken() {
    let good = times(&[5, 70_000, 3_000_000]).to_bytes().unwrap();
    assert!(Times::from_bytes(&good).is_some());
    for (at, bytes) in [
        (4, vec![0xff; 4]),
        (12, vec![0, 0, 0, 5]),
        (16, vec![0; 8]),
        (24, vec![0xff; 8]),
        (0, vec![0; 4]),
    ] {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(&bytes);
        assert!(Times::from_bytes(&bad).is_none(), "offset {at}");
    }
    assert!(Times::from_bytes(&good[..good.len() - 1]).is_none());
    assert!(Times::from_bytes(&[]).is_none());
}

#[test]
fn counts_near_the_integer_limit_do_not_overflow() {
    let mut a = Times::new();
    a.record_n_us(1_000, u64::MAX);
    let mut b = a.clone();
    b.merge(&a);
    assert_eq!(b.len(), u64::MAX);
    assert_eq!(b.percentile_ms(0.99), Some(1.0));
    assert_eq!(
        b.to_bytes(),
        None,
        "a count that V2 cannot carry is left out, not a panic"
    );
}

/// The same times as a whole histogram, whatever their number.
fn whole(us: &[u64]) -> Histogram<u64> {
    let mut whole = *histogram_of(&Few::default());
    for &us in us {
        add_to(&mut whole, us.min(MAX_RESPONSE_TIME_US), 1);
    }
    whole
}

fn cells_of(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    let cells = histogram.iter_recorded();
    cells
        .map(|cell| {
            let us = histogram.median_equivalent(cell.value_iterated_to());
            (us, cell.count_since_last_iteration())
        })
        .collect()
}

#[test]
fn times_that_fill_few_cells_take_no_histogram() {
    let mut times = Times::new();
    for us in 0..MAX_FEW_CELLS as u64 {
        times.record_n_us(us * 1_000, 1_000);
    }
    assert!(matches!(times.cells, Cells::Few(_)));
    times.record_us(500_500);
    assert!(matches!(times.cells, Cells::Many(_)));
    assert_eq!(times.len(), 1_000 * MAX_FEW_CELLS as u64 + 1);
}

proptest! {
    #[test]
    fn few_cells_and_a_whole_histogram_tell_and_write_the_same(
        us in prop::collection::vec(prop_oneof![0u64..5_000, 0u64..4_000_000_000], 1..100),
    ) {
        let (times, whole) = (times(&us), whole(&us));
        prop_assert_eq!(times.iter_us().collect::<Vec<_>>(), cells_of(&whole));
        let bytes = times.to_bytes().unwrap();
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        prop_assert_eq!(cells_of(&read), cells_of(&whole));
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&whole, &mut bytes).unwrap();
        prop_assert_eq!(Times::from_bytes(&bytes).unwrap(), times);
    }

    #[test]
    fn percentiles_are_within_a_thousandth_of_the_sorted_values(
        mut us in prop::collection::vec(prop_oneof![0u64..5_000, 0u64..3_600_000_000], 1..200),
        p in 0.0f64..=1.0,
    ) {
        let found = times(&us).percentile_ms(p).unwrap();
        us.sort_unstable();
        let rank = ((us.len() as f64 * p) as usize).min(us.len() - 1);
        let exact = us[rank] as f64 / 1_000.0;
        prop_assert!((found - exact).abs() <= exact * 0.001, "{found} {exact}");
    }

    #[test]
    fn several_percentiles_in_one_pass_are_those_taken_one_by_one(
        us in prop::collection::vec(prop_oneof![0u64..5_000, 0u64..3_600_000_000], 0..200),
        mut ps in prop::collection::vec(0.0f64..=1.0, 0..12),
    ) {
        ps.sort_by(f64::total_cmp);
        let times = times(&us);
        let one_by_one: Vec<_> = ps.iter().map(|&p| times.percentile_ms(p)).collect();
        prop_assert_eq!(times.percentiles_ms(&ps), one_by_one);
    }

    #[test]
    fn merging_is_commutative_and_associative(
        a in prop::collection::vec(0u64..100_000_000, 0..40),
        b in prop::collection::vec(0u64..100_000, 0..40),
        c in prop::collection::vec(0u64..4_000_000_000, 0..40),
    ) {
        let merged = |parts: &[&Times]| {
            let mut sum = Times::new();
            parts.iter().for_each(|t| sum.merge(t));
            sum
        };
        let (a, b, c) = (times(&a), times(&b), times(&c));
        let left = merged(&[&merged(&[&a, &b]), &c]);
        prop_assert_eq!(&left, &merged(&[&a, &merged(&[&b, &c])]));
        prop_assert_eq!(&left, &merged(&[&c, &b, &a]));
        prop_assert_eq!(left.len(), a.len() + b.len() + c.len());
        prop_assert_eq!(left.locust_buckets().values().sum::<u64>(), left.len());
    }

    #[test]
    fn serialisation_round_trips(us in prop::collection::vec(0u64..4_000_000_000, 1..100)) {
        let original = times(&us);
        prop_assert_eq!(Times::from_bytes(&original.to_bytes().unwrap()).unwrap(), original);
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), fix in any::<bool>()) {
        if fix && bytes.len() >= 40 {
            let payload = (bytes.len() - 40) as u32;
            bytes[..40].copy_from_slice(&times(&[1]).to_bytes().unwrap()[..40]);
            bytes[4..8].copy_from_slice(&payload.to_be_bytes());
        }
        if let Some(times) = Times::from_bytes(&bytes) {
            let _ = times.percentile_ms(0.9);
            let _ = times.locust_buckets();
        }
    }
}
