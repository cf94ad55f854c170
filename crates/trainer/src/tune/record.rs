//! The trials of a search as the lines of a file, which a search that goes on reads again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DIVISORS, Drawn, Found};
use crate::run::{RunError, Session};
use crate::run_folder::{RunFile, RunFolderError};

/// One trial at one rung: a line of `tune.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which trial, from 0: the base.
    pub trial: usize,
    /// Which rung, from 0.
    pub rung: usize,
    /// The share of a whole run that was trained: one in so many steps.
    pub one_in: u64,
    /// Folds of the training and dev rows that it was judged on; 0: the dev part.
    pub dev_folds: usize,
    /// What looks at dev are judged by, the higher the better (a loss with its sign turned); `null` where the loss became
    /// infinite. The mean over the dev folds.
    pub score: Option<f64>,
    /// Seconds.
    pub seconds: f64,
    /// The settings that were drawn.
    pub settings: Map<String, Value>,
}

impl Record {
    /// What the search goes by.
    pub fn found(&self) -> Found {
        Found {
            trial: self.trial,
            rung: self.rung,
            score: self.score.unwrap_or(f64::NEG_INFINITY),
        }
    }

    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("a record has string keys and finite numbers") + "\n"
    }

    fn read(line: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(line).ok()?;
        DIVISORS.get(record.rung)?;
        // serde_json reads a number to within its last digit; trials that were level must stay so.
        let (_, score) = line.split_once("\"score\":")?;
        let score = score.split([',', '}']).next()?.trim();
        let score = match score {
            "null" => None,
            number => Some(number.parse().ok()?),
        };
        Some(Self { score, ..record })
    }
}

/// What was drawn for a trial, as a record keeps it.
pub(super) fn settings(drawn: &Drawn) -> Map<String, Value> {
    let pairs = drawn.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), value.clone().into()))
        .collect()
}

/// Another version of this program drew otherwise.
pub(super) fn redrawn(session: &Session, known: &Record, now: &Map<String, Value>) -> RunError {
    let shown = |settings: &Map<String, Value>| Value::from(settings.clone()).to_string();
    let what = format!("the settings of trial {} were", known.trial);
    session.differs(&what, shown(&known.settings), shown(now))
}

/// The finished trials of the search in the folder; none where it is a new one.
///
/// # Errors
///
/// [`RunError::Differs`] where they were judged on other rows, [`RunFolderError`] where the file cannot be read.
pub fn finished(session: &Session, dev_folds: usize) -> Result<Vec<Record>, RunError> {
    let files = session.folder.files();
    if !session.resumed || !files.path(RunFile::Tune).exists() {
        return Ok(Vec::new());
    }
    let mut records = Vec::new();
    for (number, line) in (1..).zip(files.read_trials()?.lines()) {
        let Some(record) = Record::read(line) else {
            let path = files.path(RunFile::Tune);
            let what = format!("line {number} is no trial");
            return Err(RunFolderError::Malformed { path, what }.into());
        };
        if record.dev_folds != dev_folds {
            let [then, now] = [record.dev_folds, dev_folds].map(|folds| folds.to_string());
            return Err(session.differs("`--dev-folds` was", then, now));
        }
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_read_to_the_bit() {
        for score in [
            1.0 / 3.0,
            0.1 + 0.2,
            0.786_543_209_876_543_2,
            f64::MIN_POSITIVE,
        ] {
            let record = Record {
                trial: 3,
                rung: 1,
                one_in: 3,
                dev_folds: 0,
                score: Some(score),
                seconds: 0.25,
                settings: settings(&vec![("training.batch_size", "32".to_owned())]),
            };
            assert_eq!(Record::read(record.line().trim()), Some(record.clone()));
            let infinite = Record {
                score: None,
                ..record
            };
            assert_eq!(Record::read(infinite.line().trim()), Some(infinite));
        }
        for wrong in ["{}", "", "[1]"] {
            assert_eq!(Record::read(wrong), None);
        }
        let rung = r#"{"trial":0,"rung":3,"one_in":9,"dev_folds":0,"score":0.5,"seconds":1.0,"settings":{}}"#;
        assert_eq!(Record::read(rung), None);
    }
}
