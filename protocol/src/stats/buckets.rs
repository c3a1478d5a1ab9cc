//! Locust's coarse buckets of response times (two significant digits), used only on the wire and in Locust-shaped outputs.

/// The bucket, in milliseconds, that Locust counts a response time of `ms` milliseconds in.
///
/// Under 100 the nearest integer, under 1000 the nearest 10, under 10 000 the nearest 100, else the nearest 1000; ties go to the even
/// multiple, as Python's `round` does. Negative and non-finite times count as 0.
pub fn locust_bucket_ms(ms: f64) -> u64 {
    if !ms.is_finite() || ms <= 0.0 {
        return 0;
    }
    let step = if ms < 100.0 {
        1.0
    } else if ms < 1_000.0 {
        10.0
    } else if ms < 10_000.0 {
        100.0
    } else {
        1_000.0
    };
    let below = (ms / step).floor();
    let rest = ms - below * step;
    let half = step / 2.0;
    let up = rest > half || (rest == half && below % 2.0 == 1.0);
    ((below + f64::from(u8::from(up))) * step) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_python_does() {
        let cases = [
            (0.0, 0),
            (0.5, 0),
            (1.5, 2),
            (2.5, 2),
            (0.4999, 0),
            (99.4, 99),
            (99.6, 100),
            (100.0, 100),
            (105.0, 100),
            (115.0, 120),
            (104.999_999, 100),
            (995.0, 1000),
            (985.0, 980),
            (994.0, 990),
            (1050.0, 1000),
            (1150.0, 1200),
            (1234.0, 1200),
            (9_950.0, 10_000),
            (10_500.0, 10_000),
            (11_500.0, 12_000),
            (58_760.9, 59_000),
        ];
        for (ms, bucket) in cases {
            assert_eq!(locust_bucket_ms(ms), bucket, "{ms}");
        }
    }

    #[test]
    fn nonsense_counts_as_zero() {
        for ms in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(locust_bucket_ms(ms), 0);
        }
    }
}
