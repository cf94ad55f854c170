//! From a run's answers to its scores.

use super::Work;
use crate::baseline::BaselineRun;
use crate::learning::{self, Evaluation, Position, Trainer};
use crate::network::Network;
use crate::report::{Answers, Judged, Judgement};
use crate::run_folder::{
    Answer, AnsweredPart, BaselineScore, PartAnswers, Predictions, RunResult, TestScore,
    TrainSummary, peak_rss_bytes,
};

impl Work<'_> {
    /// What the training took.
    pub(super) fn summary<N: Network>(
        &self,
        trainer: &Trainer<N>,
        examples: usize,
    ) -> TrainSummary {
        let position = trainer.position();
        let (steps, seconds) = (position.step, trainer.seconds());
        let per_epoch = learning::steps_per_epoch(&self.session.config, examples);
        let trained = (steps / per_epoch) * examples as u64
            + (steps % per_epoch) * self.session.config.training.batch_size as u64;
        TrainSummary {
            epochs: steps.div_ceil(per_epoch),
            steps,
            seconds,
            samples_per_s: if seconds > 0.0 {
                trained as f64 / seconds
            } else {
                0.0
            },
            peak_rss_bytes: peak_rss_bytes(),
            best_step: position.best.as_ref().map(|best| best.step),
            planned_steps: position.planned_steps,
            ended_by: ended_by(position),
        }
    }

    /// The scores of the answers on dev and test, and the answers with the inputs that a report shows.
    pub(super) fn judge(
        &self,
        dev: Evaluation,
        test: Evaluation,
        baseline: Option<BaselineRun>,
        train: TrainSummary,
    ) -> Judged {
        let loss = test.loss;
        let config = &self.session.config;
        let mut predictions = Predictions {
            dev: answers(dev),
            test: answers(test),
        };
        predictions.test.in_train = self.rows.in_train();
        predictions.test.baseline = baseline.as_ref().map(|run| run.predictions.clone());
        let judgement = Judgement::of(&predictions, self.labels.len(), config.seed);
        self.keep_inputs(&mut predictions, |part| judgement.shown(part));
        let baseline = baseline.map(|run| {
            let score = BaselineScore::new(run.name, &run.matrix, run.seconds);
            let comparison = judgement.comparison.as_ref();
            score.compared(comparison.expect("its answers were compared"))
        });
        let result = RunResult {
            model: config.model.name().to_owned(),
            data: self.data.to_owned(),
            backend: self.machine.backend.name().to_owned(),
            seed: config.seed,
            test: TestScore {
                sha256: Some(self.rows.test_sha256()),
                ..TestScore::new(&judgement.matrix, loss)
            },
            baseline,
            train,
            classes: judgement.class_scores(self.labels),
            calibration: Some(judgement.calibration()),
        };
        Judged {
            result,
            answers: Answers::One {
                predictions,
                judgement: Box::new(judgement),
            },
        }
    }

    /// Puts beside the answers where their rows were read, and the inputs of those that are shown.
    pub(super) fn keep_inputs<A: Answer>(
        &self,
        predictions: &mut Predictions<A>,
        shown: impl Fn(AnsweredPart) -> Vec<usize>,
    ) {
        for part in [AnsweredPart::Dev, AnsweredPart::Test] {
            let inputs = shown(part).into_iter();
            let answers = predictions.part_mut(part);
            answers.inputs = inputs
                .filter_map(|row| Some((row, self.rows.input(part, row)?)))
                .collect();
            let rows = 0..answers.labels.len();
            answers.places = rows.map(|row| self.rows.place(part, row)).collect();
            if answers.places.iter().all(Option::is_none) {
                answers.places.clear();
            }
        }
    }
}

fn answers(evaluation: Evaluation) -> PartAnswers {
    let Evaluation {
        predictions,
        labels,
        probabilities,
        ..
    } = evaluation;
    PartAnswers {
        labels,
        predictions,
        probabilities,
        ..PartAnswers::default()
    }
}

/// What ended a run before its last step.
fn ended_by(position: &Position) -> Option<String> {
    match (position.out_of_patience, position.out_of_time) {
        (true, _) => Some("patience".to_owned()),
        (false, true) => Some("time budget".to_owned()),
        (false, false) => None,
    }
}
