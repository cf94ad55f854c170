//! How data are read is typed once: a run keeps it, and every command that is printed holds it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::command::{Answer, answer, cnn, output, train, word};
use super::folders::long_run;
use super::samples::write_bars;

/// Options without which this table is read as another, or not at all.
const READ: [&str; 12] = [
    "--text-column",
    "2",
    "--label-column",
    "3",
    "--encoding",
    "windows-1252",
    "--separator",
    ";",
    "--header",
    "no",
    "--bad-rows",
    "9",
];

/// A table that cannot be guessed: two columns of texts, two of labels, no header, some rows broken.
fn write_odd(folder: &Path) -> PathBuf {
    let mut table = Vec::new();
    for i in 0..80 {
        let word = ["gut", "schlecht"][i % 2];
        let other = "ein viel l\u{e4}ngerer Text, der nichts sagt ".repeat(2);
        let line = format!(
            "{other}{i};der {}. Film war {word}e K\u{fc}r;{word};{}\n",
            i * 7,
            i % 3
        );
        table.extend(line.chars().map(|c| c as u8));
    }
    table.extend(b"broken;row\nanother;one\n");
    let path = folder.join("odd.txt");
    std::fs::write(&path, table).unwrap();
    path
}

/// A command that was printed, run: its words behind the program, and more.
fn pasted(command: &str, more: &[&str]) -> Answer {
    let (_, words) = command.split_once(' ').expect("a program and its words");
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.extend(more);
    output(&words)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_run_keeps_how_its_data_were_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let data = write_odd(folder.path());
    let guessed = train("textcnn", &data, &at("guessed"), &["--no-baseline"]);
    assert_ne!(
        guessed.code, 0,
        "the options would not be needed: {guessed:#?}"
    );
    train("textcnn", &data, &at("run"), &READ).done();
    let config = std::fs::read_to_string(at("run").join("config.toml")).unwrap();
    for line in [
        "text_column = \"2\"",
        "label_column = \"3\"",
        "encoding = \"windows-1252\"",
        "separator = \";\"",
        "header = \"no\"",
        "quoting = \"auto\"",
        "bad_rows = 9.0",
    ] {
        assert!(
            config.lines().any(|written| written == line),
            "{line}: {config}"
        );
    }
    let result = json(&at("run").join("result.json"));
    let judged = output(&["eval", "--run", word(&at("run")), "--json"]).done();
    assert_eq!(judged.json()[0]["accuracy"], result["test"]["accuracy"]);

    // The page and the card print one command that needs nothing else.
    let card = std::fs::read_to_string(at("run").join("README.md")).unwrap();
    let command = card
        .lines()
        .find(|line| line.starts_with("cnn train"))
        .expect(&card);
    let page = std::fs::read_to_string(at("run").join("report.html")).unwrap();
    assert!(page.contains(&format!("<pre>{command}</pre>")), "{command}");
    pasted(command, &["--out", word(&at("again"))]).done();
    let weights = |run: &str| std::fs::read(at(run).join("model.safetensors")).unwrap();
    assert!(weights("run") == weights("again"), "another network");

    // What is typed nevertheless is laid over what the run began with, and must be the same.
    let run = at("run");
    let resume = ["train", "textcnn", "--resume", "--out", word(&run)];
    let same = [&resume[..], &["--header", "no"]].concat();
    assert!(output(&same).done().err.contains("finished already"));
    let other = [&resume[..], &["--header", "yes"]].concat();
    let refused = output(&other);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .err
            .contains("`reading.header` was \"no\", now \"yes\""),
        "{}",
        refused.err
    );
}

#[cfg(unix)]
#[test]
fn the_command_that_an_interrupted_run_prints_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (write_odd(folder.path()), folder.path().join("run"));
    let run = long_run(&data, &out, &READ);
    let interrupt = |id: u32| {
        let kill = std::process::Command::new("kill")
            .args(["-s", "INT", &id.to_string()])
            .status();
        assert!(kill.unwrap().success());
    };
    interrupt(run.id());
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let (_, command) = said.trim_end().split_once("go on with: ").expect(&said);
    let (_, words) = command.split_once(' ').unwrap();
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut child = cnn(&words)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut heard = Vec::new();
    for line in lines {
        heard.push(line.unwrap());
        if heard
            .last()
            .is_some_and(|line| line.contains("resumed after step"))
        {
            interrupt(child.id());
        }
    }
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130), "{command}: {heard:#?}");
}

#[test]
fn a_search_ends_with_a_command_that_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let data = write_odd(folder.path());
    let mut search = vec![
        "tune",
        "textcnn",
        "--data",
        word(&data),
        "--quiet",
        "--trials",
        "2",
    ];
    let (out, run) = (at("search"), at("run"));
    search.extend(["--epochs", "2", "--out", word(&out)]);
    search.extend([
        "--set",
        "textcnn.dimension=16",
        "--set",
        "textcnn.filters=8",
    ]);
    search.extend(READ);
    let found = output(&search).done();
    let (_, command) = found
        .out
        .trim_end()
        .rsplit_once("train with: ")
        .expect(&found.out);
    let trained = pasted(command, &["--no-baseline", "--out", word(&run)]).done();
    assert!(
        trained.err.contains("2 of 82 rows cannot be read"),
        "{}",
        trained.err
    );
    assert!(trained.err.contains("windows-1252"), "{}", trained.err);
}

#[test]
fn settings_show_how_data_are_read() {
    let arguments = [
        "config",
        "print",
        "textcnn",
        "--data",
        "own.csv",
        "--separator",
        "tab",
    ];
    let more = [
        "--set",
        "reading.quoting=no",
        "--language",
        "zh",
        "--bad-rows",
        "0",
    ];
    let printed = output(&[&arguments[..], &more].concat()).done().out;
    for line in [
        "[reading]",
        "data = \"own.csv\"",
        "separator = \"tab\"",
        "quoting = \"no\"",
        "language = \"chinese\"",
        "encoding = \"auto\"",
        "bad_rows = 0.0",
    ] {
        assert!(
            printed.lines().any(|shown| shown == line),
            "{line}: {printed}"
        );
    }
    let wrong = output(&[
        "config",
        "print",
        "textcnn",
        "--set",
        "reading.encoding=klingon",
    ]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("expected an encoding such as"),
        "{}",
        wrong.err
    );
}

#[test]
fn a_folder_called_as_a_known_set_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    write_bars(&folder.path().join("digits"));
    write_bars(&folder.path().join("mr"));
    let here = |arguments: &[&str]| answer(cnn(arguments).current_dir(folder.path()));
    let known = here(&["data", "describe", "digits", "--no-baseline"]).done();
    let said = "`digits` is taken for the known set of that name; to mean the digits that lies here, give ./digits";
    assert!(
        known.out.contains(said) && known.out.contains("20000 rows"),
        "{}",
        known.out
    );
    let own = here(&["data", "describe", "./digits", "--no-baseline"]).done();
    assert!(
        !own.out.contains("is taken for") && own.out.contains("digits: 40 rows"),
        "{}",
        own.out
    );
    let wrong = here(&["train", "lenet5", "--data", "mr"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("give ./mr"), "{}", wrong.err);
    let missing = here(&["data", "describe", "mr", "--data-dir", "nowhere"]);
    assert!(
        missing.err.contains("cnn data fetch mr") && missing.err.contains("give ./mr"),
        "{}",
        missing.err
    );
}

#[test]
fn a_folder_of_pictures_is_described_with_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let bars = folder.path().join("bars");
    write_bars(&bars);
    let described = output(&["data", "describe", word(&bars)]).done();
    for part in [
        "bars: 40 rows, 2 classes",
        "pictures         40 of 28 x 28 pixels; 0 in colours, 40 grey",
        "worth a look:",
        "baseline on dev: accuracy ",
        "pixels, linear SVM, learned from 32 training images",
    ] {
        assert!(described.out.contains(part), "{part}: {}", described.out);
    }
    let described = output(&["data", "describe", word(&bars), "--json"]).done();
    let object = &described.json()[0];
    assert_eq!(object["pictures"]["sizes"], 1);
    assert_eq!(object["baseline"]["part"], "dev");
    let kinds: Vec<&Value> = object["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["kind"])
        .collect();
    assert!(kinds.contains(&&Value::from("few_rows")), "{kinds:?}");
}

#[test]
fn a_column_that_tells_the_label_better_than_the_texts_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.csv");
    let rows: String = (0..300)
        .map(|i| {
            let class = (i * i + i / 7) % 2;
            format!(
                "word{} here {i},{},{}\n",
                i % 5,
                ["yes", "no"][class],
                ["web", "app"][class]
            )
        })
        .collect();
    std::fs::write(&path, format!("text,label,source\n{rows}")).unwrap();
    let described = output(&["data", "describe", word(&path)]).done();
    let said = "column `source` gives the label away: its values tell it for 100.0 % of";
    assert!(described.out.contains(said), "{}", described.out);
    assert!(
        described.out.contains("(the texts' baseline: "),
        "{}",
        described.out
    );
}

#[test]
fn answers_name_the_line_of_their_row() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("own.jsonl"), folder.path().join("run"));
    let text = |i: usize| format!("row {i} says {}", ["yes", "no", "maybe"][i * 7 % 5 % 3]);
    let row = |i: usize| {
        // The last rows repeat the first ones, some under another label.
        let (text, label) = (text(i % 110), (i / 3 + i / 110) % 2);
        serde_json::json!({ "text": text, "label": label }).to_string() + "\n"
    };
    std::fs::write(&data, (0..120).map(row).collect::<String>()).unwrap();
    train("textcnn", &data, &out, &[]).done();
    let source = std::fs::read_to_string(&data).unwrap();
    let source: Vec<Value> = source
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answers = std::fs::read_to_string(out.join("predictions.jsonl")).unwrap();
    let (mut shown, mut lines) = (0, 0);
    for line in answers.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["file"], "own.jsonl");
        let row = &source[line["line"].as_u64().unwrap() as usize - 1];
        assert_eq!(row["label"].as_u64(), line["label"].as_u64());
        lines += 1;
        if !line["text"].is_null() {
            assert_eq!(row["text"], line["text"]);
            shown += 1;
        }
    }
    assert!(lines > 20 && shown > 0, "{lines} {shown}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains(", own.jsonl, line "), "places are shown");
    let card = json(&out.join("data.json"));
    assert_eq!(
        card["repeats"]["within"].as_u64().unwrap() + card["repeats"]["across"].as_u64().unwrap(),
        10
    );
    let pair = &card["repeats"]["pairs"][0];
    assert_eq!(pair["labels_differ"], true);
    let [first, again] = ["first", "again"].map(|row| pair[row]["line"].as_u64().unwrap());
    assert_eq!(first.abs_diff(again), 110, "{pair}");
    assert!(
        page.contains("<section id=\"repeated\">"),
        "repeats are shown"
    );
}
