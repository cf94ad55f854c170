//! A user's own files, from the path to a prediction: tables, JSON lines, folders of images, word vectors, folds.

use std::path::Path;

use super::command::{output, train, word};
use super::samples::{write_bars, write_json_lines, write_table};

/// The digest of the examples and their split, as the run wrote it down.
fn data_sha256(run: &Path) -> String {
    let text = std::fs::read_to_string(run.join("environment.json")).unwrap();
    let environment: serde_json::Value = serde_json::from_str(&text).unwrap();
    environment["data_sha256"]
        .as_str()
        .expect("a digest")
        .to_owned()
}

#[test]
fn tables_and_json_lines_go_the_whole_way() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_table(&at("reviews.csv"), ',');
    write_table(&at("reviews.tsv"), '\t');
    write_json_lines(&at("reviews.jsonl"));
    let mut digests = Vec::new();
    for (name, said) in [
        ("reviews.csv", ["`review`", "`verdict`"]),
        ("reviews.tsv", ["`review`", "`verdict`"]),
        ("reviews.jsonl", ["`text`", "`label`"]),
    ] {
        let run = at(&format!("run of {name}"));
        let trained = train("textcnn", &at(name), &run, &["--no-baseline"]).done();
        for part in said.into_iter().chain(["8 : 1 : 1", "2 classes"]) {
            assert!(trained.err.contains(part), "{part}: {}", trained.err);
        }
        let answers = output(&["predict", "--run", word(&run), "the film was good"]).done();
        let label = answers.json()[0]["label"].clone();
        assert!(label == "yes" || label == "no", "{label}");
        digests.push(data_sha256(&run));
    }
    assert_eq!(
        digests[0], digests[1],
        "the same rows from a csv and a tsv file"
    );
    assert_eq!(digests[0], digests[2], "and from JSON lines");
}

#[test]
fn a_folder_of_images_goes_the_whole_way() {
    let folder = tempfile::tempdir().unwrap();
    let (bars, run) = (folder.path().join("bars"), folder.path().join("run"));
    write_bars(&bars);
    let more = ["--epochs", "20", "--batch-size", "8"];
    let mut arguments = vec![
        "train",
        "lenet5",
        "--data",
        word(&bars),
        "--out",
        word(&run),
    ];
    arguments.extend(more);
    let trained = output(&arguments).done();
    assert!(trained.err.contains("40 images"), "{}", trained.err);
    assert!(trained.out.contains("baseline"), "{}", trained.out);
    for (name, label) in [("upright/3.png", "upright"), ("lying/5.png", "lying")] {
        let image = bars.join(name);
        let answers = output(&["predict", "--run", word(&run), word(&image)]).done();
        assert_eq!(answers.json()[0]["label"], label);
    }
}

#[test]
fn a_split_is_the_same_again_for_the_same_seed_alone() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.csv");
    write_table(&own, ',');
    let digest = |run: &str, seed: &str| {
        let run = folder.path().join(run);
        train(
            "textcnn",
            &own,
            &run,
            &["--no-baseline", "--quiet", "--seed", seed],
        )
        .done();
        (
            data_sha256(&run),
            std::fs::read(run.join("model.safetensors")).unwrap(),
        )
    };
    let (first, again, other) = (digest("a", "3"), digest("b", "3"), digest("c", "4"));
    assert!(
        first == again,
        "the same seed gave another split or other weights"
    );
    assert_ne!(first.0, other.0);

    // `data describe` shows the split of the same seed.
    let described = output(&["data", "describe", word(&own), "--seed", "3"]).done();
    assert!(described.out.contains(&first.0), "{}", described.out);
}

#[test]
fn columns_can_be_named_and_wrong_ones_are_answered_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (own, run) = (folder.path().join("own.csv"), folder.path().join("run"));
    let rows: String = (0..40)
        .map(|i| format!("{},row {i} of a,{i} words b\n", ["x", "y"][i % 2]))
        .collect();
    std::fs::write(&own, "kind,first,second\n".to_owned() + &rows).unwrap();
    let named = [
        "--text-column",
        "second",
        "--label-column",
        "kind",
        "--no-baseline",
    ];
    let trained = train("textcnn", &own, &run, &named).done();
    assert!(trained.err.contains("`second`"), "{}", trained.err);
    let wrong = train(
        "textcnn",
        &own,
        &folder.path().join("no"),
        &["--text-column", "secand"],
    );
    assert_eq!(wrong.code, 1, "{wrong:#?}");
    let said = "own.csv: no column `secand`; the columns are kind, first, second";
    assert!(wrong.err.contains(said), "{}", wrong.err);
    assert!(
        wrong.err.contains("did you mean `second`?"),
        "{}",
        wrong.err
    );
}

#[test]
fn word_vectors_are_taken_up_and_their_coverage_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("own.jsonl"));
    let line = |word: &str, x: f32| format!("{word} {x} {} 0.25 -0.5\n", -x);
    let words = ["film", "good", "bad", "elsewhere"];
    let glove: String = words
        .iter()
        .zip([0.1, 0.2, 0.3, 0.4])
        .map(|(w, x)| line(w, x))
        .collect();
    std::fs::write(at("glove.txt"), glove).unwrap();
    let vectors = format!("text.vectors={}", word(&at("glove.txt")));
    for model in ["textcnn", "dpcnn"] {
        let run = at(model);
        let dimension = format!("{model}.dimension=0");
        let more = ["--no-baseline", "--set", &vectors, "--set", &dimension];
        let trained = train(model, &at("own.jsonl"), &run, &more).done();
        let said = trained
            .err
            .lines()
            .find(|line| line.starts_with("word vectors: "));
        let said = said.unwrap_or_else(|| panic!("no coverage: {}", trained.err));
        assert!(
            said.contains("3 of ") && said.contains(" words of the vocabulary"),
            "{said}"
        );
        // The run needs the file no more.
        output(&["predict", "--run", word(&run), "a good film"]).done();
    }
    let wrong = train("textcnn", &at("own.jsonl"), &at("no"), &["--set", &vectors]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.err.contains("300") && wrong.err.contains("text.vectors have 4"),
        "{}",
        wrong.err
    );
    let gone = train(
        "textcnn",
        &at("own.jsonl"),
        &at("no2"),
        &["--set", "text.vectors=gone.vec"],
    );
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("gone.vec"), "{}", gone.err);
}

#[test]
fn folds_are_trained_one_by_one_and_averaged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("own.jsonl"));
    let more = ["--no-baseline", "--quiet", "--folds", "2"];
    let trained = train("textcnn", &at("own.jsonl"), &at("folds"), &more).done();
    let lines: Vec<&str> = trained.out.lines().collect();
    assert!(
        lines[0].starts_with("fold 0: test accuracy "),
        "{}",
        trained.out
    );
    assert!(
        lines[1].starts_with("fold 1: test accuracy "),
        "{}",
        trained.out
    );
    assert!(
        lines[2].starts_with("mean test accuracy over 2 folds: "),
        "{}",
        trained.out
    );
    assert!(lines[3].starts_with("predict with: "), "{}", trained.out);

    // One fold alone is the same run.
    let more = [
        "--no-baseline",
        "--quiet",
        "--set",
        "examples.folds=2",
        "--set",
        "examples.fold=1",
    ];
    train("textcnn", &at("own.jsonl"), &at("one"), &more).done();
    let weights = |run: &Path| std::fs::read(run.join("model.safetensors")).unwrap();
    assert!(weights(&at("one")) == weights(&at("folds").join("fold-1")));
    assert_ne!(data_sha256(&at("folds/fold-0")), data_sha256(&at("one")));
}

#[test]
fn rows_that_cannot_be_read_are_shown_and_too_many_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (own, run) = (folder.path().join("own.csv"), folder.path().join("run"));
    let mut lines: Vec<String> = (0..200)
        .map(|i| {
            format!(
                "take {i} was {},{}",
                ["fine", "dull"][i % 2],
                ["yes", "no"][i % 2]
            )
        })
        .collect();
    lines[50] = "no label here".into();
    std::fs::write(&own, lines.join("\n")).unwrap();
    let trained = train("textcnn", &own, &run, &["--no-baseline"]).done();
    assert!(
        trained.err.contains("1 of 200 rows cannot be read"),
        "{}",
        trained.err
    );
    assert!(
        trained.err.contains("own.csv, line 51, byte"),
        "{}",
        trained.err
    );

    for line in &mut lines[60..70] {
        *line = "\"never closed,yes".into();
    }
    std::fs::write(&own, lines.join("\n")).unwrap();
    let other = folder.path().join("other");
    let refused = train("textcnn", &own, &other, &[]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("11 of 200 rows cannot be read"),
        "{}",
        refused.err
    );
    assert!(!other.exists(), "a refused run leaves nothing");
    // Nor does it take anything away: the run that it was to replace is as it was.
    let before = std::fs::read(run.join("result.json")).unwrap();
    assert_eq!(train("textcnn", &own, &run, &["--force"]).code, 1);
    assert_eq!(std::fs::read(run.join("result.json")).unwrap(), before);
    let more = ["--no-baseline", "--bad-rows", "6"];
    train("textcnn", &own, &other, &more).done();
}
