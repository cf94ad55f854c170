//! Student's t distribution with whole degrees of freedom: the interval of a mean over a few runs.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// The `t` for which a variable of Student's distribution with `freedom` degrees of freedom lies within `-t..t` with a
/// probability of 95 %.
///
/// For whole degrees of freedom the probability is a finite sum (Abramowitz & Stegun, 26.7.3 and 26.7.4), with
/// `theta = atan(t / √freedom)`:
///
/// ```text
/// odd:   2/π (theta + sin(theta) (cos(theta) + 2/3 cos³(theta) + … + 2·4…(freedom-3) / 3·5…(freedom-2) cos^(freedom-2)(theta)))
/// even:  sin(theta) (1 + 1/2 cos²(theta) + … + 1·3…(freedom-3) / 2·4…(freedom-2) cos^(freedom-2)(theta))
/// ```
///
/// It grows with `theta`, so halving finds the one.
///
/// # Panics
/// Without a degree of freedom.
pub fn t_95(freedom: usize) -> f64 {
    assert!(freedom > 0, "one run has no spread, and no interval");
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // 60 halvings leave less than an f64 can tell apart.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if within(middle, freedom) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (freedom as f64).sqrt() * (0.5 * (low + high)).tan()
}

/// The probability of `-t..t`, by `theta`.
fn within(theta: f64, freedom: usize) -> f64 {
    let (sine, cosine) = theta.sin_cos();
    let is_odd = !freedom.is_multiple_of(2);
    let (mut term, mut power) = if is_odd { (cosine, 1) } else { (1.0, 0) };
    let mut sum = 0.0;
    while power + 2 <= freedom {
        sum += term;
        term *= cosine * cosine * (power + 1) as f64 / (power + 2) as f64;
        power += 2;
    }
    if is_odd {
        FRAC_2_PI * (theta + sine * sum)
    } else {
        sine * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_table() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, the column 0.975.
        for (freedom, known) in [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (6, 2.447),
            (7, 2.365),
            (8, 2.306),
            (9, 2.262),
            (10, 2.228),
            (19, 2.093),
            (20, 2.086),
            (29, 2.045),
            (60, 2.000),
            (99, 1.984),
            (100, 1.984),
        ] {
            let found = t_95(freedom);
            assert!(
                (found - known).abs() <= 5.1e-4,
                "{freedom}: {found}, not {known}"
            );
        }
    }

    #[test]
    fn where_there_is_a_closed_form_it_is_met() {
        assert!((t_95(1) - (0.475 * std::f64::consts::PI).tan()).abs() < 1e-11);
        assert!((t_95(2) - 2f64.sqrt() * 0.95 / (1.0 - 0.95f64 * 0.95).sqrt()).abs() < 1e-12);
        // Many runs: the normal distribution's.
        assert!((t_95(1_000_000) - 1.959_963_984_540_054).abs() < 1e-5);
    }
}
