//! `tune`: a search on dev data that never sees the test part, is the same every time, and ends with a config to train by.

use std::path::Path;

use serde_json::Value;

use super::command::{Answer, output, word};
use super::samples::{write_bars, write_table};

/// A short search over small networks; what `more` says goes before the number of trials and epochs here.
fn search(data: &Path, out: &Path, more: &[&str]) -> Answer {
    let start = ["tune", "textcnn", "--data", word(data), "--out", word(out)];
    let small = [
        "--set",
        "textcnn.dimension=16",
        "--set",
        "textcnn.filters=8",
    ];
    let mut arguments = [&start[..], &small, more].concat();
    for (option, value) in [("--trials", "4"), ("--epochs", "3")] {
        if !more.contains(&option) {
            arguments.extend([option, value]);
        }
    }
    output(&arguments)
}

fn lines(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("tune.jsonl")).expect("trials");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_search_is_repeatable_and_ends_with_a_config_to_train_by() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_table(&at("own.csv"), ',');
    let found = search(&at("own.csv"), &at("search"), &["--seed", "3"]).done();
    let records = lines(&at("search"));
    // Four of a ninth, two of a third, one whole.
    let shares: Vec<u64> = records
        .iter()
        .map(|r| r["one_in"].as_u64().unwrap())
        .collect();
    assert_eq!(shares, [9, 9, 9, 9, 3, 3, 1]);
    assert_eq!(
        records[0]["settings"],
        serde_json::json!({}),
        "the defaults come first"
    );
    let drawn = records[1]["settings"].as_object().unwrap();
    assert!(drawn.contains_key("optimizer.learning_rate"));
    assert!(
        !drawn.contains_key("textcnn.filters"),
        "what was given is held"
    );
    assert!(
        found.err.contains("log-uniform"),
        "the space is said: {}",
        found.err
    );

    let again = search(
        &at("own.csv"),
        &at("again"),
        &["--seed", "3", "--threads", "1", "--quiet"],
    )
    .done();
    assert_eq!(again.err, "");
    let scores = |records: &[Value]| -> Vec<(Value, Value)> {
        records
            .iter()
            .map(|r| (r["settings"].clone(), r["score"].clone()))
            .collect()
    };
    assert_eq!(scores(&records), scores(&lines(&at("again"))));
    let best = |name: &str| std::fs::read_to_string(at(name).join("best.toml")).unwrap();
    assert_eq!(best("search"), best("again"));
    let other = search(&at("own.csv"), &at("other"), &["--seed", "4", "--quiet"]).done();
    assert_ne!(
        scores(&records),
        scores(&lines(&at("other"))),
        "{}",
        other.out
    );

    let command = found.out.lines().last().unwrap();
    let config = at("search").join("best.toml");
    let (_, pasted) = command
        .split_once(" train textcnn --config ")
        .expect(command);
    assert_eq!(pasted, word(&config));
    let arguments = [
        "train",
        "textcnn",
        "--config",
        word(&config),
        "--no-baseline",
        "--out",
    ];
    let trained = output(&[&arguments[..], &[word(&at("run"))]].concat()).done();
    assert!(trained.out.contains("test accuracy"), "{}", trained.out);
    let kept = std::fs::read_to_string(at("run").join("config.toml")).unwrap();
    let (_, without_comment) = best("search")
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert_eq!(kept, without_comment);

    let taken = search(&at("own.csv"), &at("search"), &[]);
    assert_eq!(taken.code, 1);
    assert!(taken.err.contains("--force"), "{}", taken.err);
    search(&at("own.csv"), &at("search"), &["--force", "--quiet"]).done();
}

#[test]
fn the_test_part_is_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("own")).unwrap();
    write_table(&at("own/train.csv"), ',');
    // Whoever opens it fails: that is what `train` does.
    std::fs::write(at("own/test.csv"), b"\xff\"\0").unwrap();
    let trained = super::command::train("textcnn", &at("own"), &at("run"), &["--no-baseline"]);
    assert_eq!(trained.code, 1);
    assert!(trained.err.contains("test.csv"), "{}", trained.err);
    let found = search(&at("own"), &at("search"), &["--trials", "2"]).done();
    assert!(found.err.contains("withheld"), "{}", found.err);
    let found = search(
        &at("own"),
        &at("folds"),
        &["--trials", "2", "--dev-folds", "3"],
    )
    .done();
    assert!(found.out.contains("train with: "), "{}", found.out);
}

#[test]
fn images_are_searched_too() {
    let folder = tempfile::tempdir().unwrap();
    let (bars, out) = (folder.path().join("bars"), folder.path().join("search"));
    write_bars(&bars);
    let start = [
        "tune",
        "lenet5",
        "--trials",
        "2",
        "--epochs",
        "1",
        "--data",
        word(&bars),
    ];
    output(&[&start[..], &["--out", word(&out)]].concat()).done();
    let drawn = lines(&out)[1]["settings"].clone();
    assert!(drawn["lenet5.pooling"].is_string(), "{drawn}");
}

#[test]
fn a_search_without_time_for_one_trial_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("own.csv"), folder.path().join("search"));
    write_table(&data, ',');
    let ended = search(
        &data,
        &out,
        &["--epochs", "100000", "--time-budget", "0.2s"],
    );
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
    assert!(ended.err.contains("--time-budget"), "{}", ended.err);
    let folds = search(&data, &out, &["--set", "examples.folds=3"]);
    assert_eq!(folds.code, 2);
    assert!(folds.err.contains("--dev-folds"), "{}", folds.err);
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_leaves_what_it_found() {
    use std::process::Stdio;
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("own.csv"), folder.path().join("search"));
    write_table(&data, ',');
    let mut search = super::command::cnn(&["tune", "textcnn", "--trials", "9000", "--epochs", "2"]);
    search.args([
        "--set",
        "textcnn.dimension=16",
        "--data",
        word(&data),
        "--out",
        word(&out),
    ]);
    let child = search
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !out.join("best.toml").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = ["-s", "INT", &child.id().to_string()].map(str::to_owned);
    assert!(
        std::process::Command::new("kill")
            .args(kill)
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(printed.contains("train with: "), "{printed}");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("--resume --out"), "{said}");
    let found = lines(&out);
    assert!(!found.is_empty());
    let again = ["tune", "textcnn", "--resume", "--out", word(&out)];
    output(&[&again[..], &["--trials", "1"]].concat()).done();
    assert_eq!(lines(&out)[..found.len()], found, "what was found stays");
}

#[test]
fn a_search_that_goes_on_ends_as_one_that_was_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_table(&at("own.csv"), ',');
    let whole = search(&at("own.csv"), &at("whole"), &["--seed", "3"]).done();
    let without_seconds = |name: &str| -> Vec<Value> {
        let mut lines = lines(&at(name));
        let seconds = lines.iter_mut().map(|line| line["seconds"].take());
        assert!(seconds.into_iter().all(|seconds| seconds.is_f64()));
        lines
    };
    let expected = without_seconds("whole");
    let trials = std::fs::read_to_string(at("whole").join("tune.jsonl")).unwrap();
    let read = |name: &str, file: &str| std::fs::read_to_string(at(name).join(file)).unwrap();
    // Stopped behind the first trial, between two shares of a run, before the last, and behind it.
    for done in [0, 1, 4, 6, 7] {
        let name = format!("stopped-{done}");
        std::fs::create_dir(at(&name)).unwrap();
        for file in ["config.toml", "environment.json"] {
            std::fs::copy(at("whole").join(file), at(&name).join(file)).unwrap();
        }
        let kept: String = trials.split_inclusive('\n').take(done).collect();
        std::fs::write(at(&name).join("tune.jsonl"), kept).unwrap();
        let resumed = search(&at("own.csv"), &at(&name), &["--seed", "3", "--resume"]).done();
        assert!(
            resumed.err.contains(&format!("behind {done} results")),
            "{}",
            resumed.err
        );
        let told = resumed.err.lines().filter(|line| line.starts_with("trial"));
        assert_eq!(
            told.count(),
            7 - done,
            "none is trained twice: {}",
            resumed.err
        );
        assert_eq!(without_seconds(&name), expected, "{name}");
        assert_eq!(read(&name, "best.toml"), read("whole", "best.toml"));
        let table = |answer: &Answer| answer.out.split("the best of").next().map(str::to_owned);
        assert_eq!(table(&resumed), table(&whole));
    }

    let refused = |more: &[&str], hint: &str| {
        let more = [&["--resume"], more].concat();
        let refused = search(&at("own.csv"), &at("whole"), &more);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{more:?}");
        assert!(refused.err.contains(hint), "{more:?}: {}", refused.err);
    };
    refused(&["--seed", "4"], "`seed` was 3, now 4");
    refused(&["--dev-folds", "2"], "`--dev-folds` was 0, now 2");
    let edited = read("whole", "tune.jsonl").replacen("{\"trial\":1", "{\"trail\":1", 1);
    std::fs::write(at("whole/tune.jsonl"), edited).unwrap();
    refused(&[], "line 2 is no trial");
    std::fs::write(at("whole/tune.jsonl"), &trials).unwrap();
    let table = read("", "own.csv");
    let half = table.lines().count() / 2;
    let fewer: String = table.split_inclusive('\n').take(half).collect();
    std::fs::write(at("own.csv"), fewer).unwrap();
    refused(&[], "sha256");
    let nothing = search(&at("own.csv"), &at("nowhere"), &["--resume"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("nowhere"), "{}", nothing.err);
}
