//! How a run learns: class weights, early stopping, a number of steps, a time budget.

use std::path::Path;

use serde_json::Value;

use super::command::{output, train, word};
use super::samples::write_json_lines;

fn result(run: &Path) -> Value {
    let text = std::fs::read_to_string(run.join("result.json")).expect("a finished run");
    serde_json::from_str(&text).expect("JSON")
}

/// The arrays of the network; the file also names the settings.
fn weights(run: &Path) -> trainer::weights::Arrays {
    let bytes = std::fs::read(run.join("model.safetensors")).expect("a finished run has weights");
    trainer::weights::from_safetensors(&bytes).expect("it was written whole")
}

/// 90 rows that say yes and 10 that say no, by one word.
fn write_rare(path: &Path) {
    let row = |i: usize| {
        let (word, label) = if i.is_multiple_of(10) {
            ("dull", "no")
        } else {
            ("fine", "yes")
        };
        format!("number {i} was a {word} one,{label}\n")
    };
    let rows: String = (0..100).map(row).collect();
    std::fs::write(path, "text,label\n".to_owned() + &rows).expect("a temporary folder");
}

#[test]
fn class_weights_are_said_and_change_the_weights() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_rare(&at("rare.csv"));
    let trained = |name: &str, weights: &[&str]| {
        let more = [&["--no-baseline"][..], weights].concat();
        train("textcnn", &at("rare.csv"), &at(name), &more).done()
    };
    let plain = trained("plain", &[]);
    assert!(!plain.err.contains("class weights"), "{}", plain.err);
    // 8 of 80 training rows say no: 80 / (2 * 8) and 80 / (2 * 72).
    let balanced = trained("balanced", &["--class-weights", "balanced"]);
    let said = "class weights in the loss: no 5.0000, yes 0.5556";
    assert!(balanced.err.contains(said), "{}", balanced.err);
    assert!(
        balanced.err.contains("macro-F1"),
        "looks are judged by it: {}",
        balanced.err
    );
    trained("named", &["--class-weights", "no=5,yes=0.5555555555555556"]);
    assert!(weights(&at("plain")) != weights(&at("balanced")));
    assert!(
        weights(&at("named")) == weights(&at("balanced")),
        "the same weights by name"
    );
    trained(
        "equal",
        &[
            "--class-weights",
            "no=1,yes=1",
            "--set",
            "training.judge_by=accuracy",
        ],
    );
    let line = std::fs::read_to_string(at("balanced").join("config.toml")).unwrap();
    assert!(line.contains("class_weights = \"balanced\""), "{line}");

    // The baseline takes them, too, and says so.
    for (name, weights, machine) in [
        ("with", "balanced", "linear SVM with the class weights"),
        ("without", "none", "linear SVM"),
    ] {
        let more = ["--class-weights", weights];
        let trained = train("textcnn", &at("rare.csv"), &at(name), &more).done();
        let name = result(&at(name))["baseline"]["name"].clone();
        assert_eq!(
            name,
            format!("tf-idf of 1-3-grams of words, {machine}"),
            "{}",
            trained.out
        );
    }

    let wrong = train(
        "textcnn",
        &at("rare.csv"),
        &at("wrong"),
        &["--class-weights", "yess=2"],
    );
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
    assert!(wrong.err.contains("did you mean `yes`?"), "{}", wrong.err);
    let wrong = train(
        "textcnn",
        &at("rare.csv"),
        &at("wrong"),
        &["--class-weights", "balance"],
    );
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("balanced"), "{}", wrong.err);
}

#[test]
fn lenet5_takes_class_weights_in_both_variants() {
    let folder = tempfile::tempdir().unwrap();
    for variant in ["modern", "1998"] {
        let (run, set) = (
            folder.path().join(variant),
            format!("lenet5.variant={variant}"),
        );
        let arguments = [
            "train",
            "lenet5",
            "--limit",
            "200",
            "--epochs",
            "1",
            "--no-baseline",
        ];
        let weights = [
            "--class-weights",
            "3=2.5",
            "--set",
            &set,
            "--out",
            word(&run),
        ];
        let trained = output(&[&arguments[..], &weights].concat()).done();
        let said = "2 1.0000, 3 2.5000, 4 1.0000";
        assert!(trained.err.contains(said), "{}", trained.err);
    }
}

#[test]
fn patience_ends_a_run_and_the_best_look_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("own.jsonl"), folder.path().join("run"));
    write_json_lines(&data);
    let arguments = ["train", "textcnn", "--epochs", "200", "--patience", "3"];
    let rest = ["--no-baseline", "--data", word(&data), "--out", word(&run)];
    let trained = output(&[&arguments[..], &rest].concat()).done();
    assert!(
        trained
            .out
            .contains("stopped early: no look at dev was better"),
        "{}",
        trained.out
    );
    let train = &result(&run)["train"];
    assert_eq!(train["ended_by"], "patience");
    let [steps, best] = ["steps", "best_step"].map(|key| train[key].as_u64().unwrap());
    let looks = trained
        .err
        .lines()
        .filter(|line| line.contains("dev accuracy"));
    let looks: Vec<&str> = looks.collect();
    let last_best = looks
        .iter()
        .rposition(|line| line.ends_with("(best)"))
        .unwrap();
    assert_eq!(
        looks.len() - 1 - last_best,
        3,
        "three looks without a better one"
    );
    assert!(
        looks[last_best].contains(&format!("step {best:>6}")),
        "{best}: {looks:?}"
    );
    assert!(steps > best && train["epochs"].as_u64().unwrap() < 200);
}

#[test]
fn a_run_planned_by_the_clock_is_repeated_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("own.jsonl"));
    let data = at("own.jsonl");
    let run = |name: &str, more: &[&str]| {
        let start = [
            "train",
            "textcnn",
            "--no-baseline",
            "--data",
            word(&data),
            "--out",
        ];
        output(&[&start[..], &[word(&at(name))], more].concat()).done()
    };
    let clock = run("clock", &["--epochs", "100000", "--time-budget", "2s"]);
    let train = result(&at("clock"))["train"].clone();
    let planned = train["planned_steps"].as_u64().expect("a plan").to_string();
    let steps = train["steps"].as_u64().unwrap();
    assert!(steps >= 1 && steps.to_string().len() <= planned.len());
    assert!(
        clock.err.contains(&format!("{planned} steps fit")),
        "{}",
        clock.err
    );
    let advice = clock
        .out
        .lines()
        .find(|line| line.contains("to repeat the run"));
    let advice = advice.expect("how to repeat it").to_owned();
    assert!(advice.contains(&format!("--steps {planned}")), "{advice}");
    let mut more = vec!["--steps", planned.as_str()];
    let stop = format!("training.stop_after={steps}");
    if train["ended_by"] == "time budget" {
        assert!(advice.contains(&format!("--set {stop}")), "{advice}");
        more.extend(["--set", &stop]);
    }
    let again = run("again", &more);
    assert!(
        weights(&at("clock")) == weights(&at("again")),
        "{}",
        again.err
    );
    assert_eq!(result(&at("again"))["train"]["steps"], steps);
    assert_eq!(result(&at("again"))["test"], result(&at("clock"))["test"]);
}

#[test]
fn times_and_steps_that_are_none_are_wrong_usage() {
    for (arguments, hint) in [
        (&["--time-budget", "soon"][..], "10m"),
        (&["--time-budget", "0s"], "10m"),
        (&["--steps", "0"], "1"),
        (&["--steps", "5", "--epochs", "2"], "--epochs"),
        (&["--patience", "-1"], "-1"),
    ] {
        let wrong = output(&[&["train", "textcnn"], arguments].concat());
        assert_eq!(wrong.code, 2, "{arguments:?}: {}", wrong.err);
        assert!(wrong.err.contains(hint), "{arguments:?}: {}", wrong.err);
    }
}

#[test]
fn seeds_share_one_test_set_and_are_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let (data, root) = (folder.path().join("own.jsonl"), folder.path().join("seeds"));
    write_json_lines(&data);
    let more = ["--no-baseline", "--quiet", "--seed", "5", "--seeds", "3"];
    let trained = train("textcnn", &data, &root, &more).done();
    let lines: Vec<&str> = trained.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", trained.out);
    assert!(
        lines[0].starts_with("seed 5: test accuracy "),
        "{}",
        lines[0]
    );
    let mean = "mean test accuracy over 3 seeds: ";
    assert!(
        lines[3].starts_with(mean) && lines[3].contains("95 % interval"),
        "{}",
        lines[3]
    );
    assert!(lines[4].starts_with("predict with: "), "{}", lines[4]);

    let text = std::fs::read_to_string(root.join("seeds.json")).unwrap();
    let series: Value = serde_json::from_str(&text).unwrap();
    let accuracies: Vec<f64> = (5..8)
        .map(|seed| {
            let run = root.join(format!("seed-{seed}"));
            assert_eq!(result(&run)["seed"], seed);
            result(&run)["test"]["accuracy"].as_f64().unwrap()
        })
        .collect();
    let found = series["accuracy"]["mean"].as_f64().unwrap();
    assert!((found - accuracies.iter().sum::<f64>() / 3.0).abs() < 1e-12);
    let sha256 = |seed: u64| {
        let path = root.join(format!("seed-{seed}")).join("environment.json");
        let text = std::fs::read_to_string(path).unwrap();
        let environment: Value = serde_json::from_str(&text).unwrap();
        environment["data_sha256"].clone()
    };
    assert_eq!(sha256(5), sha256(7), "the split is that of the first seed");
    assert!(weights(&root.join("seed-5")) != weights(&root.join("seed-6")));

    // Interrupted after the first, the series goes on with the others.
    std::fs::remove_dir_all(root.join("seed-7")).unwrap();
    let again = train(
        "textcnn",
        &data,
        &root,
        &[&more[..], &["--resume"]].concat(),
    )
    .done();
    assert_eq!(again.out, trained.out);
    let both = train("textcnn", &data, &root, &["--seeds", "2", "--folds", "2"]);
    assert_eq!(both.code, 2, "{both:?}");
}

#[test]
fn folds_of_a_set_with_parts_of_its_own_put_them_together() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("own")).unwrap();
    write_rare(&at("own/train.csv"));
    write_json_lines(&at("other.jsonl"));
    std::fs::copy(at("own/train.csv"), at("own/test.csv")).unwrap();
    let more = ["--no-baseline", "--folds", "2"];
    let trained = train("textcnn", &at("own"), &at("folds"), &more).done();
    assert!(trained.err.contains("put together"), "{}", trained.err);
    let text = std::fs::read_to_string(at("folds").join("folds.json")).unwrap();
    let series: Value = serde_json::from_str(&text).unwrap();
    let counts: Vec<u64> = (0..2)
        .map(|fold| series["runs"][fold]["count"].as_u64().unwrap())
        .collect();
    // Every row of the training file stands in the test file too: both are on one side.
    assert_eq!(counts.iter().sum::<u64>(), 200);
    assert!(
        counts.iter().all(|count| count.is_multiple_of(2)),
        "{counts:?}"
    );
}
