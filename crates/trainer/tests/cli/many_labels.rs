//! Rows with any number of labels, from the file to the answer.

use std::path::Path;

use serde_json::{Value, json};

use super::command::{Answer, output, train, word};
use super::many_labels_told::{adds_up, single};
use super::report::read;

pub const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// Rows that name each of three colours or not; a row has the labels of the colours it names, every eighth none.
fn rows() -> Vec<(String, Vec<&'static str>)> {
    (0..240)
        .map(|i| {
            let named: Vec<&str> = (0..3)
                .filter(|c| i >> c & 1 == 1)
                .map(|c| COLOURS[c])
                .collect();
            (
                format!("thing {i} is {} indeed", named.join(" and ")),
                named,
            )
        })
        .collect()
}

pub fn write_table(path: &Path, separator: &str) {
    let rows = rows().into_iter();
    let rows: String = rows
        .map(|(text, labels)| format!("{text},{}\n", labels.join(separator)))
        .collect();
    std::fs::write(path, "text,label\n".to_owned() + &rows).expect("a temporary folder");
}

fn write_lists(path: &Path) {
    let rows = rows().into_iter();
    let rows: String = rows
        .map(|(text, labels)| json!({"text": text, "label": labels}).to_string() + "\n")
        .collect();
    std::fs::write(path, rows).expect("a temporary folder");
}

pub fn learn(data: &Path, run: &Path, more: &[&str]) -> Answer {
    let small = [
        "--epochs",
        "12",
        "--set",
        "textcnn.dimension=24",
        "--set",
        "textcnn.filters=24",
        "--lr",
        "0.01",
    ];
    let start = [
        "train",
        "textcnn",
        "--data",
        word(data),
        "--out",
        word(run),
        "--threads",
        "2",
    ];
    output(&[&start[..], &small, more].concat())
}

pub fn result(run: &Path) -> Value {
    let text = std::fs::read_to_string(run.join("result.json")).expect("a finished run");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn several_labels_a_row_go_the_whole_way() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_table(&at("own.csv"), "|");
    write_lists(&at("own.jsonl"));
    let run = at("run");
    let trained = learn(&at("own.csv"), &run, &["--multi-label"]).done();
    for part in [
        "a sigmoid for each of the 3 labels",
        "3 classes",
        "micro-F1",
    ] {
        assert!(trained.err.contains(part), "{part}: {}", trained.err);
    }
    for part in [
        "than the linear baseline",
        "test micro-F1 ",
        "Hamming loss",
        "threshold",
        "baseline ",
        "one linear SVM a label",
        "calibration ",
    ] {
        assert!(trained.out.contains(part), "{part}: {}", trained.out);
    }
    let score = result(&run);
    let micro = score["test"]["sets"]["micro_f1"].as_f64().unwrap();
    assert!(micro > 0.95, "a word decides each label: {}", trained.out);
    let labels = score["test"]["sets"]["labels"].as_array().unwrap();
    let named: Vec<&str> = labels
        .iter()
        .map(|l| l["label"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["blue", "green", "red"]);
    let text = std::fs::read_to_string(run.join("thresholds.json")).unwrap();
    let thresholds: Vec<f64> = serde_json::from_str(&text).unwrap();
    assert_eq!(thresholds.len(), 3);

    let texts = [
        "thing 7 is red and blue indeed",
        "thing 3 is green indeed",
        "thing 9 is  indeed",
    ];
    let answers = output(&[&["predict", "--run", word(&run)], &texts[..]].concat())
        .done()
        .json();
    let labels: Vec<&Value> = answers.iter().map(|answer| &answer["labels"]).collect();
    assert_eq!(
        labels,
        [&json!(["blue", "red"]), &json!(["green"]), &json!([])]
    );
    for answer in &answers {
        let probabilities = answer["probabilities"].as_object().unwrap();
        for (label, threshold) in ["blue", "green", "red"].iter().zip(&thresholds) {
            let given = answer["labels"].as_array().unwrap().contains(&json!(label));
            assert_eq!(probabilities[*label].as_f64().unwrap() >= *threshold, given);
            assert_eq!(single(&answer["thresholds"][label]), *threshold as f32);
        }
    }
    // A text alone has the bits that it has in company.
    let alone = output(&["predict", "--run", word(&run), texts[1]])
        .done()
        .json();
    assert_eq!(alone[0], answers[1]);

    let judged = output(&["eval", "--run", word(&run), "--json", "--quiet"])
        .done()
        .json();
    for key in ["accuracy", "macro_f1", "count"] {
        assert_eq!(judged[0][key], score["test"][key], "{key}");
    }
    for key in [
        "micro_f1",
        "micro_f1_ci95",
        "hamming_loss",
        "hamming_loss_ci95",
    ] {
        assert_eq!(judged[0]["sets"][key], score["test"]["sets"][key], "{key}");
    }
    let words = output(&["eval", "--run", word(&run), "--part", "dev"]).done();
    assert!(words.out.contains("all labels right"), "{}", words.out);

    // The same rows as lists need no option, and train the same network.
    let lists = learn(&at("own.jsonl"), &at("lists"), &["--no-baseline"]).done();
    assert!(lists.err.contains("any number of labels"), "{}", lists.err);
    assert_eq!(result(&at("lists"))["test"], score["test"]);
    let judged = output(&[
        "eval",
        "--run",
        word(&run),
        "--data",
        word(&at("own.jsonl")),
        "--json",
        "--quiet",
    ]);
    assert_eq!(
        judged.done().json()[0]["accuracy"],
        score["test"]["accuracy"]
    );
}

#[test]
fn labels_are_described_each_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_table(&at("own.csv"), "|");
    let table = ["data", "describe", word(&at("own.csv")), "--multi-label"].map(str::to_owned);
    write_lists(&at("own.jsonl"));
    let lists = ["data", "describe", word(&at("own.jsonl"))].map(str::to_owned);
    for arguments in [&table[..], &lists] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let described = output(&arguments).done().out;
        for part in [
            "own: 240 rows, 3 labels, any number of them a row",
            "blue         96  50.0 %",
            "labels      0 to 3, median",
            "24 rows have none",
            "30 of 240 rows have no label",
            "baseline on dev: micro-F1 1.0000, macro-F1 1.0000, all labels right 100.00 %",
        ] {
            assert!(described.contains(part), "{part}: {described}");
        }
        let object = &output(&[&arguments[..], &["--json"]].concat())
            .done()
            .json()[0];
        assert_eq!(object["labels"], json!(["blue", "green", "red"]));
        assert_eq!(object["parts"][0]["classes"], json!([96, 96, 96]));
        assert_eq!(object["parts"][0]["unlabelled"], 24);
        assert_eq!(object["baseline"]["micro_f1"], 1.0);
    }
    super::samples::write_bars(&at("bars"));
    let images = output(&["data", "describe", word(&at("bars")), "--multi-label"]);
    assert_eq!(images.code, 2);
    assert!(images.err.contains("for texts"), "{}", images.err);
}

#[test]
fn what_does_not_go_with_several_labels_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_table(&at("own.csv"), ";");
    let weighted = ["--multi-label", ";", "--class-weights", "balanced"];
    let refused = learn(&at("own.csv"), &at("weighted"), &weighted);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(
        refused.err.contains("weights do not apply"),
        "{}",
        refused.err
    );
    // Without the option a row without a label is an error that names its line.
    let plain = learn(&at("own.csv"), &at("plain"), &[]);
    assert_eq!(plain.code, 1);
    assert!(plain.err.contains("label"), "{}", plain.err);
    let bars = at("bars");
    super::samples::write_bars(&bars);
    let images = train("lenet5", &bars, &at("images"), &["--multi-label"]);
    assert_eq!(images.code, 1);
    assert!(images.err.contains("for texts"), "{}", images.err);
    // A network of one label a row is not judged on sets.
    super::samples::write_json_lines(&at("one.jsonl"));
    train("textcnn", &at("one.jsonl"), &at("one"), &["--no-baseline"]).done();
    learn(
        &at("own.csv"),
        &at("run"),
        &["--multi-label", ";", "--no-baseline"],
    )
    .done();
    let compared = output(&["report", "--compare", word(&at("run")), word(&at("one"))]);
    assert_eq!(compared.code, 1, "{compared:?}");
    assert!(
        compared
            .err
            .contains("a row has one label, in the other any number"),
        "{}",
        compared.err
    );
    let foreign = output(&[
        "eval",
        "--run",
        word(&at("run")),
        "--data",
        word(&at("one.jsonl")),
    ]);
    assert_eq!(foreign.code, 1);
    assert!(
        foreign.err.contains("not trained on the labels"),
        "{}",
        foreign.err
    );
}

#[test]
fn sets_are_searched_and_dpcnn_learns_them_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (data, run) = (at("own.csv"), at("run"));
    write_table(&data, "|");
    let small = [
        "--epochs",
        "2",
        "--set",
        "dpcnn.dimension=8",
        "--set",
        "dpcnn.feature_maps=8",
    ];
    let start = [
        "tune",
        "dpcnn",
        "--multi-label",
        "--trials",
        "2",
        "--data",
        word(&data),
        "--out",
    ];
    let found = output(&[&start[..], &[word(&at("search"))], &small].concat()).done();
    assert!(found.out.contains("dev score"), "{}", found.out);
    let config = at("search").join("best.toml");
    let arguments = [
        "train",
        "dpcnn",
        "--config",
        word(&config),
        "--no-baseline",
        "--out",
        word(&run),
    ];
    let trained = output(&arguments).done();
    assert!(trained.out.contains("test micro-F1 "), "{}", trained.out);

    let text = "thing 7 is red and blue indeed";
    let lines = output(&["explain", "--run", word(&run), "--json", text]);
    let lines = lines.done().json();
    for line in &lines {
        assert_eq!(line["method"], "integrated gradients");
        adds_up(line);
    }
    assert!(read(&run, "report.html").contains("What goes together"));
}
