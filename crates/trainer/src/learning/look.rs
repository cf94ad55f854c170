//! A look at the dev set: how good the network is now, and by what it is judged.

use burn::tensor::Device;

use super::Objective;
use super::evaluation::evaluate;
use super::set_evaluation::{SetEvaluation, logits};
use crate::config::JudgeBy;
use crate::examples::Examples;
use crate::network::Network;

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look {
    /// Mean loss, without class weights.
    pub loss: f64,
    /// Rows that are wholly right.
    pub correct: u64,
    /// Of how many.
    pub count: u64,
    /// Mean F1 over all classes.
    pub macro_f1: f64,
    /// F1 over all answers, where rows may have any number of classes.
    pub micro_f1: Option<f64>,
    /// What it is judged by: the higher the better.
    pub score: f64,
    /// The score in words, where it is neither accuracy nor loss.
    pub words: String,
}

impl Look {
    /// Looks at `dev`.
    pub fn at<N, E>(
        network: &N,
        objective: &Objective,
        dev: &E,
        device: &Device,
        asked: JudgeBy,
    ) -> Self
    where
        N: Network,
        E: Examples<Batch = N::Batch>,
    {
        let judge = judged_by(asked, objective);
        let (loss, correct, count, micro_f1, macro_f1) = match &objective.sets {
            None => {
                let look = evaluate(network, dev, device);
                let count = look.labels.len() as u64;
                (
                    look.loss,
                    look.correct(),
                    count,
                    look.accuracy(),
                    look.macro_f1(),
                )
            }
            Some(sets) => {
                let logits = logits(network, dev, device);
                let look = SetEvaluation::of_logits(&logits, dev.labels(), sets);
                // As the run will be used: with the thresholds that suit the dev set best.
                let scores = look.scores(&look.best_thresholds());
                let (micro, overall) = (scores.micro_f1(), scores.macro_f1());
                (look.loss, scores.exact(), scores.rows(), micro, overall)
            }
        };
        let (score, words) = match judge {
            JudgeBy::Auto | JudgeBy::Accuracy => {
                (correct as f64 / count.max(1) as f64, String::new())
            }
            JudgeBy::Loss => (-loss, String::new()),
            JudgeBy::MacroF1 => (macro_f1, format!(", macro-F1 {macro_f1:.4}")),
            JudgeBy::MicroF1 => (micro_f1, format!(", micro-F1 {micro_f1:.4}")),
        };
        Self {
            loss,
            correct,
            count,
            macro_f1,
            micro_f1: objective.sets.as_ref().map(|_| micro_f1),
            score,
            words,
        }
    }

    /// The share of rows that are wholly right.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.count.max(1) as f64
    }
}

/// What looks are judged by where the settings leave it open.
fn judged_by(asked: JudgeBy, objective: &Objective) -> JudgeBy {
    match (asked, objective) {
        (JudgeBy::Auto, Objective { sets: Some(_), .. }) => JudgeBy::MicroF1,
        (
            JudgeBy::Auto,
            Objective {
                class_weights: Some(_),
                ..
            },
        ) => JudgeBy::MacroF1,
        (JudgeBy::Auto, _) => JudgeBy::Accuracy,
        (asked, _) => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::LabelSets;

    #[test]
    fn what_is_left_open_follows_from_the_loss() {
        let sets = LabelSets::singles(&["a".to_owned(), "b".to_owned()]);
        let plain = Objective::default();
        let weighted = Objective {
            class_weights: Some([1.0, 2.0].into()),
            sets: None,
        };
        let many = Objective {
            class_weights: None,
            sets: Some(sets.into()),
        };
        for (objective, judge) in [
            (&plain, JudgeBy::Accuracy),
            (&weighted, JudgeBy::MacroF1),
            (&many, JudgeBy::MicroF1),
        ] {
            assert_eq!(judged_by(JudgeBy::Auto, objective), judge);
            assert_eq!(judged_by(JudgeBy::Loss, objective), JudgeBy::Loss);
        }
    }
}
