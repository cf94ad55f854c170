//! Two classifiers on the same test rows: which is better, or that it cannot be told.

use super::bootstrap::PairedBootstrap;
use super::mcnemar::{McNemar, McNemarError};

/// What the figures allow to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first is right more often, and chance does not explain it.
    FirstBetter,
    /// The second is.
    SecondBetter,
    /// Chance explains the difference, or there is none.
    CannotBeTold,
}

/// Two classifiers compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// McNemar's exact test on the accuracies.
    pub mcnemar: McNemar,
    /// Differences with their intervals.
    pub bootstrap: PairedBootstrap,
}

impl Comparison {
    /// Compares predictions of the same rows; `seed` is the bootstrap's.
    ///
    /// # Errors
    /// [`McNemarError::LengthMismatch`] when the lists differ in length.
    ///
    /// # Panics
    /// When a label or prediction is not below `classes`.
    pub fn of(
        classes: usize,
        labels: &[u32],
        first: &[u32],
        second: &[u32],
        seed: u64,
    ) -> Result<Self, McNemarError> {
        Ok(Self {
            mcnemar: McNemar::compare(labels, first, second)?,
            bootstrap: PairedBootstrap::compare(classes, labels, first, second, seed),
        })
    }

    /// Which one is better, by McNemar's test at the 5 % level.
    pub fn verdict(&self) -> Verdict {
        let McNemar {
            only_first,
            only_second,
            ..
        } = self.mcnemar;
        if !self.mcnemar.is_significant() {
            Verdict::CannotBeTold
        } else if only_first > only_second {
            Verdict::FirstBetter
        } else {
            Verdict::SecondBetter
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_needs_more_than_a_difference() {
        let labels = [0; 20];
        let with_errors =
            |errors: usize| -> Vec<u32> { (0..20).map(|row| u32::from(row < errors)).collect() };
        let verdict = |a: usize, b: usize| {
            let comparison = Comparison::of(2, &labels, &with_errors(a), &with_errors(b), 1);
            comparison.unwrap().verdict()
        };
        assert_eq!(verdict(0, 6), Verdict::FirstBetter);
        assert_eq!(verdict(6, 0), Verdict::SecondBetter);
        assert_eq!(verdict(0, 5), Verdict::CannotBeTold);
        assert_eq!(verdict(3, 3), Verdict::CannotBeTold);
        assert!(Comparison::of(2, &labels, &[], &[], 1).is_err());
    }
}
