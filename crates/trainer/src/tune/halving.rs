//! Successive halving: many settings are tried for a short time, the better third for longer, the best of them in full.
//!
//! Trials come in brackets of nine (Li et al. 2018, "Hyperband", with eta = 3), so that a search which is stopped has finished
//! whole brackets: nine runs of a ninth of the steps, three of a third, one of all. A bracket costs three whole runs.

/// Trials of a bracket.
const BRACKET: usize = 9;
/// One in so many goes up a rung.
const ETA: usize = 3;
/// The share of a whole run at each rung is one in so many.
pub const DIVISORS: [u64; 3] = [9, 3, 1];

/// How a trial did at a rung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Which trial, from 0.
    pub trial: usize,
    /// Which rung, an index into [`DIVISORS`].
    pub rung: usize,
    /// The higher the better.
    pub score: f64,
}

/// Runs a search over `trials` trials. `evaluate` gives the score of a trial at a rung, or `None` to end the search.
///
/// # Errors
///
/// Those of `evaluate`.
pub fn search<E>(
    trials: usize,
    mut evaluate: impl FnMut(usize, usize) -> Result<Option<f64>, E>,
) -> Result<(), E> {
    for first in (0..trials).step_by(BRACKET) {
        let mut standing: Vec<usize> = (first..trials.min(first + BRACKET)).collect();
        for rung in 0..DIVISORS.len() {
            let mut found = Vec::new();
            for &trial in &standing {
                let Some(score) = evaluate(trial, rung)? else {
                    return Ok(());
                };
                found.push(Found { trial, rung, score });
            }
            found.sort_by(better_first);
            found.truncate(found.len().div_ceil(ETA));
            standing = found.iter().map(|found| found.trial).collect();
            standing.sort_unstable();
        }
    }
    Ok(())
}

/// The best of what was found: a longer run before a shorter one, whose score says less; then the score; then the earlier trial.
pub fn best(found: &[Found]) -> Option<Found> {
    found.iter().copied().min_by(best_first)
}

/// The order of [`best`].
pub fn best_first(a: &Found, b: &Found) -> std::cmp::Ordering {
    b.rung.cmp(&a.rung).then_with(|| better_first(a, b))
}

fn better_first(a: &Found, b: &Found) -> std::cmp::Ordering {
    // A score that is no number is the worst.
    let score = |found: &Found| match found.score {
        score if score.is_nan() => f64::NEG_INFINITY,
        score => score,
    };
    score(b).total_cmp(&score(a)).then(a.trial.cmp(&b.trial))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(trials: usize, score: impl Fn(usize, usize) -> Option<f64>) -> Vec<Found> {
        let mut found = Vec::new();
        let ended: Result<(), ()> = search(trials, |trial, rung| {
            let score = score(trial, rung);
            found.extend(score.map(|score| Found { trial, rung, score }));
            Ok(score)
        });
        ended.unwrap();
        found
    }

    #[test]
    fn a_bracket_halves_twice() {
        // Trial 4 looks best at first, 7 in the end.
        let score = |trial: usize, rung: usize| match (trial, rung) {
            (4, 0) => Some(0.9),
            (4, _) => Some(0.6),
            (trial, _) => Some(trial as f64 / 10.0),
        };
        let found = run(9, score);
        let at = |rung| -> Vec<usize> {
            let found = found.iter().filter(|found| found.rung == rung);
            found.map(|found| found.trial).collect()
        };
        assert_eq!(at(0), (0..9).collect::<Vec<_>>());
        assert_eq!(at(1), [4, 7, 8]);
        assert_eq!(at(2), [8]);
        assert_eq!(best(&found).unwrap().trial, 8);
    }

    #[test]
    fn brackets_of_any_number_end_with_one_whole_run() {
        for trials in [1, 2, 4, 9, 10, 27, 30] {
            let found = run(trials, |trial, _| Some(trial as f64));
            let whole = found.iter().filter(|found| found.rung == 2).count();
            assert_eq!(whole, trials.div_ceil(BRACKET), "{trials}");
            assert_eq!(best(&found).unwrap().trial, trials - 1);
        }
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn a_longer_run_goes_before_a_higher_score_and_ties_to_the_earlier() {
        let found = |trial, rung, score| Found { trial, rung, score };
        let all = [
            found(0, 0, 0.99),
            found(1, 1, 0.5),
            found(2, 1, 0.5),
            found(3, 1, f64::NAN),
        ];
        assert_eq!(best(&all), Some(all[1]));
    }

    #[test]
    fn a_search_ends_when_it_is_told_to() {
        let found = run(27, |trial, rung| (trial < 12 || rung > 0).then_some(0.5));
        assert_eq!(found.len(), 9 + 3 + 1 + 3);
        let failed: Result<(), &str> = search(9, |_, _| Err("broken"));
        assert_eq!(failed, Err("broken"));
    }
}
