//! `eval`: the score of a trained network, on its own set or another.

use super::command::{output, train, word};
use super::samples::{Trained, write_json_lines};

#[test]
fn eval_finds_the_score_that_train_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (
        folder.path().join("reviews.jsonl"),
        folder.path().join("run"),
    );
    write_json_lines(&data);
    let trained = train("textcnn", &data, &run, &["--no-baseline"]).done();
    let judged = output(&["eval", "--run", word(&run)]).done();
    let score = |line: &str| -> String {
        let from = line.find("accuracy").expect("a score is printed");
        line[from..]
            .split([')', ','])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (then, now) = (trained.out.lines().next(), judged.out.lines().next());
    assert_eq!(score(then.unwrap()), score(now.unwrap()));
    assert!(
        judged.err.contains("8 : 1 : 1"),
        "the split is said: {judged:#?}"
    );
    for part in ["class", "precision", "recall", "no ", "yes "] {
        assert!(judged.out.contains(part), "{}", judged.out);
    }

    let result = std::fs::read_to_string(run.join("result.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    let line = output(&["eval", "--run", word(&run), "--json", "--quiet"]).done();
    assert_eq!(line.err, "");
    for key in ["accuracy", "macro_f1", "count"] {
        assert_eq!(line.json()[0][key], result["test"][key], "{key}");
    }
    let train = output(&["eval", "--run", word(&run), "--part", "train", "--json"]).done();
    assert!(train.json()[0]["count"].as_u64() > line.json()[0]["count"].as_u64());
}

/// New data are judged whole, whatever classes they hold; what the run learned from is not.
#[test]
fn another_set_without_parts_is_judged_whole() {
    let trained = Trained::new("textcnn");
    let (run, newer) = (trained.run(), trained.beside("newer.csv"));
    let rows: String = (0..40).map(|i| format!("a fine text {i},yes\n")).collect();
    std::fs::write(&newer, "text,label\n".to_owned() + &rows).unwrap();
    let judge = |more: &[&str]| {
        let start = [
            "eval",
            "--run",
            word(&run),
            "--json",
            "--data",
            word(&newer),
        ];
        output(&[&start[..], more].concat()).done()
    };
    let whole = judge(&[]);
    assert!(whole.err.contains("all rows are judged"), "{}", whole.err);
    assert_eq!(whole.json()[0]["count"], 40);
    assert_eq!(judge(&["--quiet"]).err, "");
    let part = judge(&["--part", "test"]);
    assert!(!part.err.contains("are judged"), "{}", part.err);
    assert_eq!(part.json()[0]["count"], 4);
    // The same data by another path are the same data.
    let copy = trained.beside("copy.jsonl");
    write_json_lines(&copy);
    let own = output(&["eval", "--run", word(&run), "--json"]).done();
    let copied = output(&["eval", "--run", word(&run), "--json", "--data", word(&copy)]).done();
    assert_eq!(copied.json(), own.json());
    assert!(own.err.contains("--part all"), "{}", own.err);
}

#[test]
fn a_set_with_other_labels_is_refused_by_name() {
    let trained = Trained::new("textcnn");
    let (run, other) = (trained.run(), trained.beside("other.csv"));
    let rows: String = (0..40)
        .map(|i| format!("text number {i},{}\n", ["maybe", "yes"][i % 2]))
        .collect();
    std::fs::write(&other, "text,label\n".to_owned() + &rows).unwrap();
    let refused = output(&["eval", "--run", word(&run), "--data", word(&other)]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    for part in ["`maybe`", "no, yes"] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }

    let images = trained.beside("images");
    super::samples::write_bars(&images);
    let refused = output(&["eval", "--run", word(&run), "--data", word(&images)]);
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.err.contains("images"), "{}", refused.err);
}
