//! The end of a run whose rows may have any number of labels: thresholds on dev, the score on the test set, the baseline beside it.

use super::{RunError, Work, baseline};
use crate::assembly::TextTask;
use crate::examples::Examples;
use crate::label_sets::LabelSets;
use crate::learning::{SetEvaluation, logits};
use crate::network::Network;
use crate::run_folder::{BaselineScore, RunResult, SetScore, TestScore, TrainSummary};
use crate::statistics::{LabelSetScores, McNemar};

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
    ) -> Result<RunResult, RunError>
    where
        N: Network,
        E: Examples<Batch = N::Batch>,
    {
        let answers = |part: &E| {
            let logits = logits(kept, part, &work.machine.device);
            SetEvaluation::of_logits(&logits, part.labels(), self.sets)
        };
        let thresholds = answers(dev).best_thresholds();
        work.session.folder.write_thresholds(&thresholds)?;
        // The test set is read here for the first and only time, after every choice has been made.
        let answers = answers(test);
        let given = answers.predictions(&thresholds);
        let labels = self.sets.classes();
        let scores = LabelSetScores::of(labels.len(), &answers.truths, &given);
        let sets = SetScore::new(&scores, labels, &thresholds);
        let baseline = match self.with_baseline {
            true => Some(self.baseline(&answers.truths, &given)?),
            false => None,
        };
        let config = &work.session.config;
        Ok(RunResult {
            model: config.model.name().to_owned(),
            data: work.data.to_owned(),
            backend: work.machine.backend.name().to_owned(),
            seed: config.seed,
            test: TestScore::of_sets(&scores, sets, answers.loss),
            baseline,
            train,
            classes: Vec::new(),
            calibration: None,
        })
    }

    fn baseline(&self, truths: &[bool], given: &[bool]) -> Result<BaselineScore, RunError> {
        let run = baseline::of_sets(self.task, self.sets)?;
        let labels = self.sets.classes();
        let scores = LabelSetScores::of(labels.len(), truths, &run.predictions);
        let sets = SetScore::new(&scores, labels, &[]);
        let mut score = BaselineScore::of_sets(run.name, &scores, sets, run.seconds);
        // Rows whose labels are all right, by the one and by the other.
        let right = |predictions: &[bool]| -> Vec<u32> {
            let rows = truths.chunks_exact(labels.len());
            rows.zip(predictions.chunks_exact(labels.len()))
                .map(|(truth, given)| u32::from(truth == given))
                .collect()
        };
        let (network, other) = (right(given), right(&run.predictions));
        let test = McNemar::compare(&vec![1; network.len()], &network, &other);
        score.mcnemar_p = test.ok().map(|test| test.p_value);
        Ok(score)
    }
}
