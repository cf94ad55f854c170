//! Several runs instead of one: a network per fold, or per seed, and what they say together.

use std::path::PathBuf;

use super::CliError;
use crate::config::RunConfig;
use crate::run_folder::Series;

/// Which runs are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One per fold of the set.
    Folds(usize),
    /// One per seed, on one split.
    Seeds(usize),
}

/// One of the runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its settings.
    pub config: RunConfig,
    /// Its folder, inside that of the series.
    pub folder: String,
    /// What it is called: `fold 0`, `seed 1`.
    pub name: String,
}

impl Kind {
    /// What differs between the runs.
    pub const fn differs(self) -> &'static str {
        match self {
            Self::Folds(_) => "fold",
            Self::Seeds(_) => "seed",
        }
    }

    /// How many runs.
    const fn count(self) -> usize {
        match self {
            Self::Folds(count) | Self::Seeds(count) => count,
        }
    }

    /// The folder of the series where none is named: `runs/textcnn-mr-10-folds`.
    pub fn folder(self, runs: &std::path::Path, model: &str, data: &str) -> PathBuf {
        runs.join(format!(
            "{model}-{data}-{}-{}s",
            self.count(),
            self.differs()
        ))
    }

    /// The runs.
    ///
    /// # Errors
    ///
    /// [`CliError::Usage`] for seeds that a file of settings cannot hold.
    pub fn members(self, config: &RunConfig) -> Result<Vec<Member>, CliError> {
        (0..self.count())
            .map(|number| self.member(config, number))
            .collect()
    }

    fn member(self, config: &RunConfig, number: usize) -> Result<Member, CliError> {
        let mut config = config.clone();
        let shown = match self {
            Self::Folds(folds) => {
                (config.examples.fold, config.examples.folds) = (number, folds);
                number as u64
            }
            Self::Seeds(_) => {
                // All runs are judged on the rows of the first one's test set.
                let first = i64::try_from(config.seed);
                let last = config.seed.checked_add(number as u64);
                let (Ok(first), Some(seed)) = (first, last) else {
                    let seed = config.seed;
                    return Err(CliError::Usage(format!(
                        "--seed {seed} is too large to count on from"
                    )));
                };
                if config.examples.split_seed < 0 {
                    config.examples.split_seed = first;
                }
                config.seed = seed;
                seed
            }
        };
        let differs = self.differs();
        Ok(Member {
            config,
            folder: format!("{differs}-{shown}"),
            name: format!("{differs} {shown}"),
        })
    }
}

/// `mean test accuracy over 10 folds: 76.84 % (sd 1.61, 95 % interval 75.69 to 77.99), baseline …`; of sets of labels micro-F1.
pub fn line(series: &Series) -> String {
    let (name, network, baseline) = match &series.micro_f1 {
        None => ("accuracy", &series.accuracy, &series.baseline_accuracy),
        Some(micro_f1) => ("micro-F1", micro_f1, &series.baseline_micro_f1),
    };
    let baseline = baseline.as_ref();
    let baseline = baseline.map(|spread| format!(", baseline {}", spread.sentence()));
    format!(
        "mean test {name} over {} {}s: {}{}",
        series.runs.len(),
        series.differs,
        network.sentence(),
        baseline.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;

    #[test]
    fn seeds_count_up_and_share_one_split() {
        let mut config = RunConfig::defaults(ModelKind::Textcnn, "mr");
        config.seed = 7;
        let members = Kind::Seeds(3).members(&config).unwrap();
        let seeds: Vec<_> = members
            .iter()
            .map(|m| {
                (
                    m.config.seed,
                    m.config.examples.split_seed,
                    m.folder.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seeds,
            [(7, 7, "seed-7"), (8, 7, "seed-8"), (9, 7, "seed-9")]
        );
        // Asked for, a split of its own is kept.
        config.examples.split_seed = 3;
        let members = Kind::Seeds(2).members(&config).unwrap();
        assert!(members.iter().all(|m| m.config.examples.split_seed == 3));
        config.seed = u64::MAX;
        assert!(matches!(
            Kind::Seeds(2).members(&config),
            Err(CliError::Usage(_))
        ));
    }

    #[test]
    fn folds_differ_in_their_fold_alone() {
        let config = RunConfig::defaults(ModelKind::Textcnn, "mr");
        let members = Kind::Folds(2).members(&config).unwrap();
        assert_eq!(members[1].name, "fold 1");
        let mut expected = config;
        (expected.examples.fold, expected.examples.folds) = (1, 2);
        assert_eq!(members[1].config, expected);
        let folder = Kind::Folds(2).folder("runs".as_ref(), "textcnn", "mr");
        assert_eq!(folder, PathBuf::from("runs/textcnn-mr-2-folds"));
    }
}
