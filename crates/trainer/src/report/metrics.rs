//! The lines of `metrics.jsonl`: as curves, and as a table for a spreadsheet.

use serde_json::{Map, Value};

/// What a run logged, as curves over steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Metrics {
    /// Mean training loss of the epoch so far.
    pub(super) train_loss: Vec<(f64, f64)>,
    /// Loss at each look at dev.
    pub(super) dev_loss: Vec<(f64, f64)>,
    /// Accuracy at each look at dev.
    pub(super) dev_accuracy: Vec<(f64, f64)>,
    /// Micro-F1 at each look at dev, where rows may have any number of labels.
    pub(super) dev_micro_f1: Vec<(f64, f64)>,
    /// The step of the last look that was the best so far.
    pub(super) best_step: Option<f64>,
}

fn lines(text: &str) -> impl Iterator<Item = Map<String, Value>> {
    // A line that is none was torn by a kill after the last checkpoint; resuming would have cut it.
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

impl Metrics {
    /// Reads the lines.
    pub(super) fn of(text: &str) -> Self {
        let mut metrics = Self::default();
        for line in lines(text) {
            let number = |key: &str| line.get(key).and_then(Value::as_f64);
            let Some(step) = number("step") else { continue };
            let point = |key: &str| number(key).map(|value| (step, value));
            if line.get("kind").and_then(Value::as_str) == Some("dev") {
                metrics.train_loss.extend(point("train_loss"));
                metrics.dev_loss.extend(point("loss"));
                metrics.dev_accuracy.extend(point("accuracy"));
                metrics.dev_micro_f1.extend(point("micro_f1"));
                if line.get("best") == Some(&Value::Bool(true)) {
                    metrics.best_step = Some(step);
                }
            } else {
                metrics.train_loss.extend(point("loss"));
            }
        }
        metrics
    }
}

/// The lines as comma-separated values: a column for each field that any line has, in the order in which they appear.
pub(super) fn table(text: &str) -> String {
    let mut columns: Vec<String> = Vec::new();
    for line in lines(text) {
        for key in line.keys() {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
    }
    let mut table = columns.join(",") + "\n";
    for line in lines(text) {
        let cell = |column: &String| match line.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => field(text),
            Some(value) => field(&value.to_string()),
        };
        let cells: Vec<String> = columns.iter().map(cell).collect();
        table += &(cells.join(",") + "\n");
    }
    table
}

/// One field, in quotes where it must be (RFC 4180).
fn field(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = concat!(
        "{\"step\":50,\"kind\":\"train\",\"epoch\":1,\"loss\":0.5}\n",
        "{\"step\":60,\"kind\":\"dev\",\"epoch\":1,\"loss\":0.4,\"accuracy\":0.75,\"train_loss\":0.45,\"best\":true}\n",
        "{\"step\":120,\"kind\":\"dev\",\"epoch\":2,\"loss\":null,\"accuracy\":0.7,\"train_loss\":0.3,\"best\":false}\n",
        "{\"ste"
    );

    #[test]
    fn lines_become_curves() {
        let metrics = Metrics::of(LINES);
        assert_eq!(
            metrics.train_loss,
            [(50.0, 0.5), (60.0, 0.45), (120.0, 0.3)]
        );
        assert_eq!(metrics.dev_loss, [(60.0, 0.4)]);
        assert_eq!(metrics.dev_accuracy, [(60.0, 0.75), (120.0, 0.7)]);
        assert_eq!(metrics.best_step, Some(60.0));
        assert_eq!(Metrics::of(""), Metrics::default());
    }

    #[test]
    fn lines_become_a_table() {
        assert_eq!(
            table(LINES),
            "step,kind,epoch,loss,accuracy,train_loss,best\n50,train,1,0.5,,,\n60,dev,1,0.4,0.75,0.45,true\n120,dev,2,,0.7,0.3,false\n"
        );
        assert_eq!(
            table("{\"step\":1,\"note\":\"a, \\\"b\\\"\"}"),
            "step,note\n1,\"a, \"\"b\"\"\"\n"
        );
    }
}
