//! What a run whose rows have any number of labels leaves to read: the report, the card, comparisons, and reasons.

use std::path::Path;

use serde_json::{Value, json};

use super::command::{output, word};
use super::many_labels::{COLOURS, learn, result, write_table};
use super::report::{has_all_sections, read};

/// Rows of three labels, one of them hostile, of which every seventh misses a label or has one too many.
fn write_noisy(path: &Path) {
    let rows = (0..420).map(|i| {
        let named: Vec<usize> = (0..3).filter(|c| i >> c & 1 == 1).collect();
        let words: Vec<&str> = named.iter().map(|c| COLOURS[*c]).collect();
        let has = |c: &usize| named.contains(c) != (i % 7 == 0 && i % 3 == *c);
        let names = ["<b onclick=\"x\">red", "green", "blue"];
        let labels: Vec<&str> = (0..3).filter(has).map(|c| names[c]).collect();
        let text = format!("thing {i} is <i>{}</i> indeed", words.join(" and "));
        json!({"text": text, "label": labels}).to_string() + "\n"
    });
    std::fs::write(path, rows.collect::<String>()).expect("a temporary folder");
}

/// The classes of a line of answers.
fn classes(answer: &Value) -> Vec<u64> {
    let classes = answer.as_array().expect("a list of classes").iter();
    classes.filter_map(Value::as_u64).collect()
}

#[test]
fn a_run_of_sets_leaves_a_report_that_a_rebuild_writes_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = at("run");
    write_noisy(&at("own.jsonl"));
    let trained = learn(&at("own.jsonl"), &run, &[]).done();
    let first = trained.out.lines().next().unwrap_or_default();
    for part in [
        "than the linear baseline",
        "micro-F1 ",
        "randomization p = ",
    ] {
        assert!(first.contains(part), "{part}: {}", trained.out);
    }
    let page = read(&run, "report.html");
    has_all_sections(&page);
    for part in [
        "Micro-F1 on dev over steps",
        "Label by label",
        "that were given both",
        "missed <",
        "wrongly given ",
        "by the score of its label alone",
        "spoke for the wrong answer",
        "<mark class=\"",
        "&lt;b onclick=",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for hostile in ["<script", "<b onclick", "<i>"] {
        let body = &page[page.find("<body").expect("a body")..];
        assert!(!body.contains(hostile), "{hostile}");
    }
    let card = read(&run, "README.md");
    for part in [
        "# TextCNN on own",
        "any number of these 3 labels",
        "| machine | micro-F1 | macro-F1 | Hamming loss |",
        "| label | threshold |",
        "--calibrated",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    let table = read(&run, "metrics.csv");
    assert!(
        table
            .lines()
            .next()
            .unwrap_or_default()
            .contains("micro_f1")
    );

    for name in ["report.html", "README.md", "metrics.csv"] {
        std::fs::remove_file(run.join(name)).unwrap();
    }
    let rebuilt = output(&["report", "--run", word(&run)]).done();
    assert_eq!(rebuilt.out.lines().next().unwrap_or_default(), first);
    assert_eq!(read(&run, "report.html"), page);
    assert_eq!(read(&run, "README.md"), card);
    assert_eq!(read(&run, "metrics.csv"), table);

    // The scores of the result, counted again from the answers.
    let result = result(&run);
    let thresholds: Vec<f64> =
        serde_json::from_str(&read(&run, "thresholds.json")).expect("a list of numbers");
    let (mut rows, mut found, mut whole, mut exact) = (0, 0, 0, 0);
    for line in read(&run, "predictions.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (labels, given) = (classes(&line["label"]), classes(&line["prediction"]));
        let probabilities = line["probabilities"].as_array().unwrap().iter();
        let reached = probabilities.zip(&thresholds).enumerate();
        let reached = reached.filter(|(_, (p, threshold))| p.as_f64().unwrap() >= **threshold);
        assert_eq!(
            given,
            reached.map(|(class, _)| class as u64).collect::<Vec<_>>()
        );
        if line["part"] == "dev" {
            assert!(line["baseline"].is_null());
            continue;
        }
        assert!(line["baseline"].is_array());
        rows += 1;
        found += labels.iter().filter(|class| given.contains(class)).count();
        whole += labels.len() + given.len();
        exact += usize::from(labels == given);
    }
    let close = |value: &Value, expected: f64| {
        assert!(
            (value.as_f64().unwrap() - expected).abs() < 1e-12,
            "{value} {expected}"
        );
    };
    let sets = &result["test"]["sets"];
    assert_eq!(result["test"]["count"], rows);
    close(&sets["micro_f1"], 2.0 * found as f64 / whole as f64);
    close(
        &sets["hamming_loss"],
        (whole - 2 * found) as f64 / (3 * rows) as f64,
    );
    close(&result["test"]["accuracy"], exact as f64 / rows as f64);
    assert_eq!(sets["micro_f1_ci95"].as_array().map(Vec::len), Some(2));
    assert!(result["baseline"]["micro_f1_difference"]["ci95"].is_array());
    assert!(result["calibration"]["expected_error"].is_number());

    // Compared with itself, and with another run on the same rows.
    let same = output(&["report", "--compare", word(&run), word(&run)]).done();
    assert!(same.out.starts_with("it cannot be told"), "{}", same.out);
    let other = at("other");
    let less = [
        "--no-report",
        "--no-baseline",
        "--set",
        "textcnn.dropout=0.9",
    ];
    learn(&at("own.jsonl"), &other, &less).done();
    assert!(!other.join("report.html").exists() && other.join("README.md").exists());
    let compared = output(&["report", "--compare", word(&run), word(&other)]).done();
    for part in [
        "micro-F1, first minus second",
        "randomization test of micro-F1",
    ] {
        assert!(compared.out.contains(part), "{part}: {}", compared.out);
    }
    let line = output(&["report", "--compare", word(&run), word(&other), "--json"]);
    let line = &line.done().json()[0];
    assert_eq!(line["micro_f1"][0], sets["micro_f1"]);
    assert!(line["randomization_p"].is_number(), "{line}");

    std::fs::remove_file(run.join("predictions.jsonl")).unwrap();
    let refused = output(&["report", "--run", word(&run)]);
    assert_eq!(refused.code, 1);
    for part in ["has no predictions.jsonl", "train it again with"] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    // Probabilities and thresholds at the temperature of dev: the same labels.
    let text = "thing 7 is <i>red and blue</i> indeed";
    let plain = output(&["predict", "--run", word(&run), text])
        .done()
        .json();
    let scaled = output(&["predict", "--run", word(&run), "--calibrated", text]);
    let scaled = &scaled.done().json()[0];
    assert_eq!(scaled["labels"], plain[0]["labels"]);
    assert!(scaled["temperature"].is_number(), "{scaled}");
    for label in ["green", "blue"] {
        let of = |key: &str| scaled[key][label].as_f64().unwrap();
        let given = scaled["labels"].as_array().unwrap().contains(&json!(label));
        assert_eq!(of("probabilities") >= of("thresholds"), given, "{scaled}");
    }
}

/// A number in single precision, in which it was computed, however many digits are printed.
pub fn single(number: &Value) -> f32 {
    number.as_f64().expect("a number") as f32
}

/// The logit of the explained label is its bias, all contributions and its residual.
pub fn adds_up(line: &Value) {
    let label = line["explained"].as_str().expect("a label");
    let of = |key: &str| line[key][label].as_f64().expect("a number");
    let parts = line["contributions"].as_array().expect("a list").iter();
    let parts: f64 = parts.filter_map(|part| part["value"].as_f64()).sum();
    let sum = of("bias") + parts + of("residual");
    assert!((of("logits") - sum).abs() < 1e-4, "{line}");
}

#[test]
fn each_label_of_a_text_is_explained_against_its_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = at("run");
    write_table(&at("own.csv"), "|");
    learn(&at("own.csv"), &run, &["--multi-label", "--no-baseline"]).done();
    let explain = |more: &[&str]| output(&[&["explain", "--run", word(&run)], more].concat());
    let texts = ["thing 7 is red and blue indeed", "thing 9 is  indeed"];

    let lines = explain(&["--json", texts[0], texts[1]]).done().json();
    let explained: Vec<&Value> = lines.iter().map(|line| &line["explained"]).collect();
    assert_eq!(explained[..2], [&json!("blue"), &json!("red")]);
    assert_eq!(lines.len(), 3, "the likeliest of a text without a label");
    let answers = output(&["predict", "--run", word(&run), texts[0], texts[1]]);
    let answers = answers.done().json();
    for line in &lines {
        adds_up(line);
        let answer = &answers[usize::from(line["text"] == texts[1])];
        let label = line["explained"].as_str().unwrap();
        assert_eq!(line["labels"], answer["labels"]);
        for (own, all) in [
            ("probability", "probabilities"),
            ("threshold", "thresholds"),
        ] {
            assert_eq!(single(&line[own]), single(&answer[all][label]));
        }
        let given = answer["labels"].as_array().unwrap().contains(&json!(label));
        assert_eq!(line["given"], given);
        assert!(
            line["label"].is_null() && line["method"] == "exact",
            "{line}"
        );
    }
    // The word that decides gives most to its label.
    let strongest = lines[1]["contributions"][0]["ngram"].as_str().unwrap();
    assert!(strongest.contains("red"), "{}", lines[1]);
    let asked = explain(&["--json", "--class", "green", texts[0]])
        .done()
        .json();
    assert_eq!((asked.len(), &asked[0]["given"]), (1, &json!(false)));

    let shown = explain(&[texts[0], texts[1]]).done().out;
    for part in [
        "the score (logit) of blue:",
        "the score (logit) of red:",
        "reached: the text is given it",
        "not reached: the text is not given it",
        "no label; the most probable is ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let page = at("why.html");
    explain(&["--html", word(&page), texts[0]]).done();
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("\"given\":[0,2],\"thresholds\":["), "{page}");

    let filters = explain(&["--filters", "--class", "red"]).done().out;
    assert!(filters.contains("red"), "{filters}");
    let measured = explain(&["--faithfulness", "--texts", "10", "--json"]);
    let measured = &measured.done().json()[0];
    assert_eq!(measured["texts"], 10, "{measured}");
}
