//! Student's t-distribution, as far as a test needs it.

/// Terms of the continued fraction; it needs far fewer.
const MAX_TERMS: u32 = 500;
const PRECISION: f64 = 1e-12;
/// In place of a zero that would be divided by.
const TINY: f64 = 1e-300;

/// Chance that |t| is at least this, with so many degrees of freedom (above 0, not necessarily whole). Abramowitz and
/// Stegun, 26.7.1 and 26.5.27.
pub(super) fn two_sided(t: f64, freedom: f64) -> f64 {
    let x = freedom / (freedom + t * t);
    incomplete_beta(x, freedom / 2.0, 0.5)
}

/// The regularised incomplete beta function; 26.5.8, by Lentz's way of evaluating a continued fraction.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below this point only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for term in 1..=MAX_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for step in [even, odd] {
            d = 1.0 / away(1.0 + step * d);
            c = away(1.0 + step / c);
            fraction *= c * d;
        }
        if (fraction / before - 1.0).abs() < PRECISION {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

/// Logarithm of the gamma function of a number above 0; Stirling's series, 6.1.41, from 10 on.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < 10.0 {
        below += x.ln();
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_that_of_tables() {
        // Quantiles of 0.05 and 0.01, two-sided, from any printed table.
        for (freedom, t, chance) in [
            (1.0, 12.706_2, 0.05),
            (5.0, 2.570_58, 0.05),
            (10.0, 3.169_27, 0.01),
            (30.0, 2.042_27, 0.05),
            (120.0, 2.617_42, 0.01),
            (1e6, 1.959_97, 0.05),
        ] {
            let found = two_sided(t, freedom);
            assert!((found - chance).abs() < 1e-5, "{freedom} {t}: {found}");
        }
        assert!((two_sided(0.0, 7.0) - 1.0).abs() < 1e-12);
        assert!(two_sided(1e9, 7.0) < 1e-12);
    }
}
