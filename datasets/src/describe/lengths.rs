//! Lengths in five figures.

use std::fmt;

use serde::Serialize;

/// Five figures of a list of lengths.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lengths {
    /// The shortest.
    pub least: usize,
    /// Half are not longer.
    pub median: usize,
    /// The mean.
    pub mean: f64,
    /// 95 % are not longer.
    pub percentile_95: usize,
    /// The longest.
    pub most: usize,
}

impl Lengths {
    /// `None` of no lengths.
    pub fn of(mut lengths: Vec<usize>) -> Option<Self> {
        lengths.sort_unstable();
        let (&least, &most) = (lengths.first()?, lengths.last()?);
        // The smallest length that at least this share of the rows does not exceed.
        let at = |percent: usize| lengths[(lengths.len() * percent).div_ceil(100).max(1) - 1];
        let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
        Some(Self {
            least,
            median: at(50),
            mean,
            percentile_95: at(95),
            most,
        })
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            least,
            median,
            mean,
            percentile_95,
            most,
        } = self;
        write!(
            f,
            "{least} to {most}, median {median}, mean {mean:.1}, 95 % up to {percentile_95}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_figures() {
        let lengths = Lengths::of((1..=100).rev().collect()).unwrap();
        let expected = Lengths {
            least: 1,
            median: 50,
            mean: 50.5,
            percentile_95: 95,
            most: 100,
        };
        assert_eq!(lengths, expected);
        assert_eq!(Lengths::of(vec![7]).unwrap().percentile_95, 7);
        assert_eq!(Lengths::of(vec![]), None);
    }
}
