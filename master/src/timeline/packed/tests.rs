use proptest::prelude::*;

use super::*;

fn times(us: &[u64]) -> Times {
    let mut times = Times::new();
    us.iter().for_each(|&us| times.record_us(us));
    times
}

fn unpacked(packed: &PackedTimes) -> Times {
    let mut times = Times::new();
    packed.merge_into(&mut times);
    times
}

fn any_times() -> impl Strategy<Value = Vec<u64>> {
    let one = prop_oneof![0..3_000u64, 0..5_000_000u64, 0..u64::MAX];
    proptest::collection::vec(one, 0..60)
}

#[test]
fn a_few_times_take_a_few_bytes() {
    let packed = PackedTimes::from(&times(&[100, 100, 105, 2_000]));
    assert_eq!(packed.as_bytes(), [100, 2, 5, 1, 0xe7, 14, 1]);
    assert_eq!(
        packed.cells().collect::<Vec<_>>(),
        [(100, 2), (105, 1), (2_000, 1)]
    );
    assert_eq!(PackedTimes::from(&Times::new()).as_bytes(), [0u8; 0]);
}

#[test]
fn what_is_no_packed_times_is_refused() {
    let wrong: [&[u8]; 7] = [
        &[5],                                                                // no count
        &[5, 0],                                                             // an empty cell
        &[5, 1, 0, 1],                                                       // the same cell again
        &[0x80, 0x80],                                                       // cut off
        &[0xff; 11],                                                         // a number over 64 bits
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1, 1], // the sum overflows
        &[0, 1, 0x80],                                                       // cut off after a good cell
    ];
    for bytes in wrong {
        assert_eq!(PackedTimes::from_bytes(bytes), None, "{bytes:?}");
    }
    assert_eq!(PackedTimes::from_bytes(&vec![1; MAX_PACKED_BYTES + 2]), None);
    let json = serde_json::from_str::<PackedTimes>("\"AAAA\"");
    assert!(json.is_err(), "{json:?}");
}

#[test]
fn a_full_histogram_is_within_the_limit() {
    let mut all = Times::new();
    let mut us = 0u64;
    while us < protocol::limits::MAX_RESPONSE_TIME_US {
        all.record_n_us(us, u64::from(u32::MAX));
        us += (us / 2_048).max(1);
    }
    let packed = PackedTimes::from(&all);
    assert!(
        PackedTimes::from_bytes(packed.as_bytes()).is_some(),
        "{}",
        packed.as_bytes().len()
    );
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked_the_same(us in any_times()) {
        let all = times(&us);
        let packed = PackedTimes::from(&all);
        prop_assert_eq!(&unpacked(&packed), &all);
        prop_assert_eq!(packed.count(), all.len());
        let json = serde_json::to_string(&packed).unwrap();
        prop_assert_eq!(&serde_json::from_str::<PackedTimes>(&json).unwrap(), &packed);
        let binary = rmp_serde::to_vec(&packed).unwrap();
        prop_assert_eq!(&rmp_serde::from_slice::<PackedTimes>(&binary).unwrap(), &packed);
        prop_assert_eq!(PackedTimes::from_bytes(packed.as_bytes()), Some(packed));
    }

    #[test]
    fn packed_ones_add_up_and_come_apart(ours in any_times(), theirs in any_times()) {
        let (a, b) = (PackedTimes::from(&times(&ours)), PackedTimes::from(&times(&theirs)));
        let mut sum = a.clone();
        sum.add(&b);
        let both: Vec<u64> = ours.iter().chain(&theirs).copied().collect();
        prop_assert_eq!(unpacked(&sum), times(&both));
        prop_assert_eq!(sum.without(&b), a.clone());
        prop_assert!(a.without(&sum).is_empty());
    }

    #[test]
    fn percentiles_are_those_of_the_histogram(us in any_times(), fractions in proptest::collection::vec(0.0..=1.0f64, 0..8)) {
        let all = times(&us);
        let expected: Vec<_> = fractions.iter().map(|p| all.percentile_ms(*p)).collect();
        prop_assert_eq!(PackedTimes::from(&all).percentiles_ms(&fractions), expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Some(packed) = PackedTimes::from_bytes(&bytes) {
            prop_assert_eq!(unpacked(&packed).len(), packed.count());
        }
    }
}
