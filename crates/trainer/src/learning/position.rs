//! Where a run stands, as numbers that survive a file unchanged.

use serde::{Deserialize, Serialize};

/// Where a run stands. Sums of losses are kept as the bits of an f64, so that a file gives them back exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Steps done.
    pub step: u64,
    /// Bits of the sum of this epoch's losses.
    loss_sum: u64,
    /// Steps in that sum.
    loss_steps: u64,
    /// The best look at the dev set.
    pub best: Option<Best>,
    /// Right answers and count of the last look.
    last_look: Option<(u64, u64)>,
    /// Looks since the best one.
    pub looks_without_better: usize,
    /// Whether the looks without a better one have used up the patience.
    pub out_of_patience: bool,
    /// How many steps were found to fit into the time budget.
    pub planned_steps: Option<u64>,
    /// Whether the time budget ended the run before those steps were done.
    pub out_of_time: bool,
}

/// The best look at the dev set so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Steps done then.
    pub step: u64,
    /// Right answers.
    pub correct: u64,
    /// Of how many.
    pub count: u64,
    /// Bits of what the look was judged by: the higher the better.
    score: u64,
}

impl Best {
    /// What the look was judged by: the higher the better.
    pub fn score(&self) -> f64 {
        f64::from_bits(self.score)
    }
}

impl Position {
    /// Adds the loss of one step.
    pub(super) fn add_loss(&mut self, loss: f64) {
        self.step += 1;
        self.loss_sum = (f64::from_bits(self.loss_sum) + loss).to_bits();
        self.loss_steps += 1;
    }

    /// Starts the epoch's mean anew.
    pub(super) fn begin_epoch(&mut self) {
        (self.loss_sum, self.loss_steps) = (0, 0);
    }

    /// Notes a look; returns whether it is the best so far: whether its `score` is higher.
    pub(super) fn look(&mut self, correct: u64, count: u64, score: f64, patience: usize) -> bool {
        self.last_look = Some((correct, count));
        let best = self.best.as_ref();
        let better = best.is_none_or(|best| score > best.score());
        if better {
            self.best = Some(Best {
                step: self.step,
                correct,
                count,
                score: score.to_bits(),
            });
            self.looks_without_better = 0;
        } else {
            self.looks_without_better += 1;
            self.out_of_patience = patience > 0 && self.looks_without_better >= patience;
        }
        better
    }

    /// Whether the run is over before its last step.
    pub fn has_ended(&self) -> bool {
        self.out_of_patience || self.out_of_time
    }

    /// The mean loss of this epoch's steps so far; 0 before the first.
    pub fn mean_loss(&self) -> f64 {
        if self.loss_steps == 0 {
            0.0
        } else {
            f64::from_bits(self.loss_sum) / self.loss_steps as f64
        }
    }

    /// Accuracy at the last look.
    pub fn last_accuracy(&self) -> Option<f64> {
        self.last_look
            .map(|(correct, count)| correct as f64 / count.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_json_to_the_bit() {
        let mut position = Position::default();
        for loss in [0.1, 1.0 / 3.0, 2e-17] {
            position.add_loss(loss);
        }
        position.look(3, 7, 3.0 / 7.0, 0);
        let text = serde_json::to_string(&position).unwrap();
        assert_eq!(serde_json::from_str::<Position>(&text).unwrap(), position);
    }

    #[test]
    fn an_equal_look_is_no_better_and_patience_runs_out() {
        let mut position = Position::default();
        assert!(position.look(5, 10, 0.5, 2));
        assert!(!position.look(5, 10, 0.5, 2));
        assert!(!position.has_ended());
        assert!(!position.look(4, 10, 0.4, 2));
        assert!(position.has_ended());
    }

    #[test]
    fn the_score_decides_and_a_better_look_gives_patience_anew() {
        let mut position = Position::default();
        assert!(position.look(9, 10, -0.7, 2));
        assert!(!position.look(9, 10, -0.8, 2));
        assert!(
            position.look(5, 10, -0.6, 2),
            "fewer right, but a lower loss"
        );
        assert!(!position.look(9, 10, f64::NAN, 2));
        assert!(!position.has_ended());
        assert_eq!(position.best.map(|best| best.correct), Some(5));
    }
}
