//! `predictions.jsonl`: what the network answered to every dev and test example, one line each.
//!
//! ```text
//! {"part":"test","index":7,"file":"reviews.csv","line":74,"label":1,"prediction":0,"baseline":1,"probabilities":[0.61,0.39]}
//! ```
//!
//! `index` counts the rows of a part from 0; `file` and `line` (`row` where a file has no lines) say where the row was read;
//! `baseline` is the linear baseline's answer, on test alone since it learns from
//! dev; `in_train` marks a test row that also stands in the training part. The input itself (`text`, or `image` as a
//! base64 PNG) is kept for the rows that a report shows and no others. Above 100 classes a line keeps the 100 most probable
//! ones and the label's, as pairs of class and probability. Where a row has any number of labels, `label`, `prediction` and
//! `baseline` are lists of classes, ascending.

use super::error::RunFolderError;
use crate::checkpoint::IoFailure;
use datasets::RowPlace;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// What a row is labelled as, or answered: a class, or any number of classes, ascending.
pub trait Answer: Clone + PartialEq + Serialize + DeserializeOwned {
    /// Its classes.
    fn classes(&self) -> &[u32];
}

impl Answer for u32 {
    fn classes(&self) -> &[u32] {
        std::slice::from_ref(self)
    }
}

impl Answer for Vec<u32> {
    fn classes(&self) -> &[u32] {
        self
    }
}

/// Probabilities a line keeps at most, the label's apart.
const MOST_KEPT: usize = 100;

/// Characters of a text that are kept.
pub const TEXT_KEPT: usize = 20_000;

/// Bytes of a line at most; a longer one is not ours.
const LONGEST_LINE: u64 = 1 << 20;

/// A part that is answered but not learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnsweredPart {
    /// What choices were made on.
    Dev,
    /// What was read once.
    Test,
}

impl AnsweredPart {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

/// An example as it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The beginning of a text.
    Text(String),
    /// A PNG in base64.
    Image(String),
}

/// The answers on one part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartAnswers<A = u32> {
    /// The label of each row.
    pub labels: Vec<A>,
    /// The network's class for each row.
    pub predictions: Vec<A>,
    /// The network's probabilities, `[rows, classes]`.
    pub probabilities: Vec<f32>,
    /// The baseline's class for each row, where it was asked.
    pub baseline: Option<Vec<A>>,
    /// Which rows also stand in the training part, ascending.
    pub in_train: Vec<usize>,
    /// Where each row was read; none at all where no row was read from a file.
    pub places: Vec<Option<RowPlace>>,
    /// The inputs of the rows that are shown.
    pub inputs: BTreeMap<usize, Input>,
}

impl<A> PartAnswers<A> {
    /// Where a row was read.
    pub fn place(&self, row: usize) -> Option<&RowPlace> {
        self.places.get(row)?.as_ref()
    }
}

impl<A> Default for PartAnswers<A> {
    fn default() -> Self {
        Self {
            labels: Vec::new(),
            predictions: Vec::new(),
            probabilities: Vec::new(),
            baseline: None,
            in_train: Vec::new(),
            places: Vec::new(),
            inputs: BTreeMap::new(),
        }
    }
}

/// All answers of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions<A = u32> {
    /// On dev.
    pub dev: PartAnswers<A>,
    /// On test.
    pub test: PartAnswers<A>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Answer")]
struct Line<A> {
    part: AnsweredPart,
    index: usize,
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    place: Option<RowPlace>,
    label: A,
    prediction: A,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline: Option<A>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_train: bool,
    probabilities: Kept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    All(Vec<f32>),
    Most(Vec<(u32, f32)>),
}

impl Kept {
    fn of(row: &[f32], label: &[u32]) -> Self {
        if row.len() <= MOST_KEPT {
            return Self::All(row.to_vec());
        }
        let mut order: Vec<u32> = (0..row.len() as u32).collect();
        order.sort_by(|a, b| row[*b as usize].total_cmp(&row[*a as usize]));
        order.truncate(MOST_KEPT);
        let far = label.iter().filter(|class| !order.contains(class));
        let far: Vec<u32> = far.copied().collect();
        order.extend(far);
        order.sort_unstable();
        let pairs = order.into_iter().map(|class| (class, row[class as usize]));
        Self::Most(pairs.collect())
    }

    /// Appends one row of `classes` probabilities.
    fn append_to(self, classes: usize, rows: &mut Vec<f32>) -> Result<(), String> {
        let start = rows.len();
        match self {
            Self::All(row) if row.len() == classes => rows.extend(row),
            Self::All(row) => {
                return Err(format!("{} probabilities for {classes} classes", row.len()));
            }
            Self::Most(pairs) => {
                rows.resize(start + classes, 0.0);
                for (class, probability) in pairs {
                    let place = rows[start..].get_mut(class as usize);
                    *place.ok_or_else(|| format!("there is no class {class}"))? = probability;
                }
            }
        }
        let wrong = rows[start..].iter().find(|p| !(0.0..=1.0001).contains(*p));
        wrong.map_or(Ok(()), |p| Err(format!("{p} is no probability")))
    }
}

impl<A: Answer> Predictions<A> {
    /// The part of this name.
    pub fn part(&self, part: AnsweredPart) -> &PartAnswers<A> {
        match part {
            AnsweredPart::Dev => &self.dev,
            AnsweredPart::Test => &self.test,
        }
    }

    pub(crate) fn part_mut(&mut self, part: AnsweredPart) -> &mut PartAnswers<A> {
        match part {
            AnsweredPart::Dev => &mut self.dev,
            AnsweredPart::Test => &mut self.test,
        }
    }

    /// The file's bytes.
    pub fn to_bytes(&self, classes: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [AnsweredPart::Dev, AnsweredPart::Test] {
            let answers = self.part(part);
            let rows = answers.probabilities.chunks_exact(classes.max(1));
            for (index, row) in rows.enumerate() {
                let (text, image) = match answers.inputs.get(&index) {
                    Some(Input::Text(text)) => (Some(text.clone()), None),
                    Some(Input::Image(png)) => (None, Some(png.clone())),
                    None => (None, None),
                };
                let line = Line {
                    part,
                    index,
                    place: answers.place(index).cloned(),
                    label: answers.labels[index].clone(),
                    prediction: answers.predictions[index].clone(),
                    baseline: answers.baseline.as_ref().map(|all| all[index].clone()),
                    in_train: answers.in_train.binary_search(&index).is_ok(),
                    probabilities: Kept::of(row, answers.labels[index].classes()),
                    text,
                    image,
                };
                serde_json::to_writer(&mut bytes, &line).expect("a line is plain data");
                bytes.push(b'\n');
            }
        }
        bytes
    }

    /// Reads the file of a run with so many classes, line by line.
    pub(super) fn read(
        reader: impl Read,
        path: &Path,
        classes: usize,
    ) -> Result<Self, RunFolderError> {
        let [dev, test] = [PartAnswers::default(), PartAnswers::default()];
        let mut found = Self { dev, test };
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(IoFailure::new("read", path))?;
            if read == 0 {
                break;
            }
            let malformed = |what: String| RunFolderError::Malformed {
                path: path.to_path_buf(),
                what: format!("line {number}: {what}"),
            };
            let line: Line<A> =
                serde_json::from_slice(&line).map_err(|error| malformed(error.to_string()))?;
            found.add(line, classes).map_err(malformed)?;
        }
        Ok(found)
    }

    fn add(&mut self, line: Line<A>, classes: usize) -> Result<(), String> {
        let answers = self.part_mut(line.part);
        let index = answers.labels.len();
        if line.index != index {
            return Err(format!("row {} where {index} should be", line.index));
        }
        let named = [
            Some(&line.label),
            Some(&line.prediction),
            line.baseline.as_ref(),
        ];
        for answer in named.into_iter().flatten().map(A::classes) {
            if let Some(class) = answer.iter().find(|class| **class as usize >= classes) {
                return Err(format!("there is no class {class}"));
            }
            if !answer.is_sorted_by(|a, b| a < b) {
                return Err(format!("the classes {answer:?} are not in their order"));
            }
        }
        answers.labels.push(line.label);
        if line.place.is_some() {
            answers.places.resize(index, None);
            answers.places.push(line.place);
        }
        answers.predictions.push(line.prediction);
        line.probabilities
            .append_to(classes, &mut answers.probabilities)?;
        match (line.baseline, &mut answers.baseline) {
            (Some(class), Some(baseline)) if baseline.len() == index => baseline.push(class),
            (Some(class), none @ None) if index == 0 => *none = Some(vec![class]),
            (None, None) => {}
            _ => return Err("some rows have a baseline's answer and some have none".to_owned()),
        }
        if line.in_train {
            answers.in_train.push(index);
        }
        let input = line.text.map(Input::Text).or(line.image.map(Input::Image));
        if let Some(input) = input {
            answers.inputs.insert(index, input);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(classes: usize) -> Predictions {
        sample_of(|row| row % classes as u32, classes)
    }

    fn sample_of<A: Answer>(label: impl Fn(u32) -> A, classes: usize) -> Predictions<A> {
        let part = |rows: usize, baseline: bool| PartAnswers {
            labels: (0..rows as u32).map(&label).collect(),
            predictions: vec![label(1); rows],
            probabilities: (0..rows * classes)
                .map(|place| 1.0 / (1 + place) as f32)
                .collect(),
            baseline: baseline.then(|| vec![label(0); rows]),
            in_train: if baseline { vec![1] } else { vec![] },
            places: (1..=rows as u32)
                .map(|line| {
                    let file = "reviews.csv".to_owned();
                    let (line, row) = (Some(line), None);
                    baseline.then_some(RowPlace { file, line, row })
                })
                .filter(Option::is_some)
                .collect(),
            inputs: BTreeMap::from([(1, Input::Text("a \"quoted\"\nline".to_owned()))]),
        };
        Predictions {
            dev: part(2, false),
            test: part(3, true),
        }
    }

    fn read<A: Answer>(bytes: &[u8], classes: usize) -> Result<Predictions<A>, RunFolderError> {
        Predictions::read(bytes, Path::new("predictions.jsonl"), classes)
    }

    #[test]
    fn every_answer_comes_back() {
        for classes in [2, 100] {
            let predictions = sample(classes);
            let bytes = predictions.to_bytes(classes);
            assert_eq!(read(&bytes, classes).unwrap(), predictions);
        }
        let sets = |row: u32| (0..row).collect::<Vec<u32>>();
        let predictions = sample_of(sets, 3);
        let bytes = predictions.to_bytes(3);
        assert_eq!(read(&bytes, 3).unwrap(), predictions);
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.contains(r#""label":[0,1],"prediction":[0],"baseline":[]"#),
            "{text}"
        );
        let twice = text.replace("\"label\":[0,1]", "\"label\":[1,1]");
        let error = read::<Vec<u32>>(twice.as_bytes(), 3).unwrap_err();
        assert!(error.to_string().contains("not in their order"), "{error}");
        assert!(read::<u32>(text.as_bytes(), 3).is_err());
    }

    #[test]
    fn of_many_classes_the_likely_ones_and_the_labels_come_back() {
        let (classes, mut predictions) = (150, sample(150));
        predictions.test.labels[0] = 149;
        let back: Predictions = read(&predictions.to_bytes(classes), classes).unwrap();
        let (was, is) = (&predictions.test.probabilities, &back.test.probabilities);
        assert_eq!(is[..100], was[..100]);
        assert_eq!(is[100..149], [0.0; 49]);
        assert_eq!(is[149], was[149]);
    }

    #[test]
    fn a_damaged_line_is_named() {
        let bytes = sample(2).to_bytes(2);
        let text = String::from_utf8(bytes).unwrap();
        for (damaged, said) in [
            (
                text.replacen("\"index\":1", "\"index\":5", 1),
                "line 2: row 5",
            ),
            (
                text.replacen("\"label\":1", "\"label\":9", 1),
                "line 2: there is no class 9",
            ),
            (
                text.replacen("[1.0,0.5]", "[1.0]", 1),
                "line 1: 1 probabilities",
            ),
            (
                text.replacen("[1.0,0.5]", "[7.0,0.5]", 1),
                "line 1: 7 is no",
            ),
            (text.replacen(",\"baseline\":0", "", 1), "line 4: some rows"),
            (text[..text.len() - 9].to_owned(), "line 5"),
        ] {
            let error = read::<u32>(damaged.as_bytes(), 2).unwrap_err().to_string();
            assert!(error.contains(said), "{said}: {error}");
        }
    }
}
