//! The end of a run whose rows may have any number of labels: thresholds on dev, the answers to the test set, their scores.

use super::{RunError, Work, baseline};
use crate::assembly::TextTask;
use crate::examples::Examples;
use crate::learning::{SetEvaluation, logits};
use crate::network::Network;
use crate::report::{Answers, Judged, SetAnswers, SetJudgement};
use crate::run_folder::{Predictions, RunResult, TestScore, TrainSummary};
use crate::statistics::sets_of;
use datasets::LabelSets;

/// A set whose rows may have any number of labels.
pub(super) struct ManyLabels<'a> {
    /// The labels behind each row's label.
    pub sets: &'a LabelSets,
    /// The set, for the baseline.
    pub task: &'a TextTask,
    /// Whether it is wanted.
    pub with_baseline: bool,
}

impl ManyLabels<'_> {
    /// Rows of each label; `cells` are the rows' cells.
    pub fn counts(&self, cells: &[u32]) -> Vec<u64> {
        let mut counts = vec![0; self.sets.classes().len()];
        let labels = cells.iter().flat_map(|cell| self.sets.set(*cell));
        labels.for_each(|label| counts[*label as usize] += 1);
        counts
    }

    /// Chooses the thresholds on dev, keeps them in the run's folder, and judges `kept` with them.
    pub fn judge<N, E>(
        &self,
        work: &Work<'_>,
        kept: &N,
        [dev, test]: [&E; 2],
        train: TrainSummary,
    ) -> Result<Judged, RunError>
    where
        N: Network,
        E: Examples<Batch = N::Batch>,
    {
        let evaluate = |part: &E| {
            let logits = logits(kept, part, &work.machine.device);
            SetEvaluation::of_logits(&logits, part.labels(), self.sets)
        };
        let on_dev = evaluate(dev);
        let thresholds = on_dev.best_thresholds();
        work.session.folder.write_thresholds(&thresholds)?;
        // The test set is read here for the first and only time, after every choice has been made.
        let on_test = evaluate(test);
        let loss = on_test.loss;
        let baseline = match self.with_baseline {
            true => Some(baseline::of_sets(self.task, self.sets)?),
            false => None,
        };
        let labels = self.sets.classes();
        let mut predictions = Predictions {
            dev: answers(on_dev, &thresholds),
            test: answers(on_test, &thresholds),
        };
        predictions.test.in_train = work.rows.in_train();
        let of_baseline = baseline
            .as_ref()
            .map(|run| sets_of(labels.len(), &run.predictions));
        predictions.test.baseline = of_baseline;
        let config = &work.session.config;
        let judgement = SetJudgement::of(&predictions, labels.len(), config.seed);
        work.keep_inputs(&mut predictions, |part| judgement.shown(part));
        let result = RunResult {
            model: config.model.name().to_owned(),
            data: work.data.to_owned(),
            backend: work.machine.backend.name().to_owned(),
            seed: config.seed,
            test: TestScore {
                sha256: Some(work.rows.test_sha256()),
                ..judgement.test_score(labels, &thresholds, loss)
            },
            baseline: baseline
                .and_then(|run| judgement.baseline_score(labels, &run.name, run.seconds)),
            train,
            classes: Vec::new(),
            calibration: Some(judgement.calibration()),
        };
        Ok(Judged {
            result,
            answers: Answers::Sets {
                predictions,
                judgement: Box::new(judgement),
            },
        })
    }
}

fn answers(evaluation: SetEvaluation, thresholds: &[f32]) -> SetAnswers {
    let given = evaluation.predictions(thresholds);
    SetAnswers {
        labels: sets_of(evaluation.classes, &evaluation.truths),
        predictions: sets_of(evaluation.classes, &given),
        probabilities: evaluation.probabilities,
        ..SetAnswers::default()
    }
}
