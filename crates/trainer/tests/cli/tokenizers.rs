//! Every tokenizer from `--set text.tokens` to the run folder and back out of it.

use super::command::{output, train, word};
use super::samples::write_table;

#[test]
fn a_run_keeps_the_tokenizer_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("table.csv");
    write_table(&data, ',');
    let mut files = Vec::new();
    for name in ["characters", "jieba", "bpe", "wordpiece"] {
        let run = folder.path().join(name);
        let tokens = format!("text.tokens={name}");
        let trained = train("textcnn", &data, &run, &["--no-baseline", "--set", &tokens]).done();
        assert!(
            trained.err.contains(&format!("tokens: {name}; ")),
            "{}",
            trained.err
        );
        let said = output(&["predict", "--run", word(&run), "the film was good"]).done();
        assert_eq!(said.json()[0]["unknown"], 0, "{said:#?}");
        files.push(run.join("tokenizer.json"));
    }
    // A file of another place, which is then no longer needed.
    let own = folder.path().join("own.json");
    std::fs::copy(&files[3], &own).unwrap();
    let run = folder.path().join("own");
    let tokens = format!("text.tokens={}", word(&own));
    let trained = train("textcnn", &data, &run, &["--no-baseline", "--set", &tokens]).done();
    assert!(trained.err.contains("own.json"), "{}", trained.err);
    std::fs::remove_file(&own).unwrap();
    output(&["predict", "--run", word(&run), "the film was good"]).done();
    assert_eq!(
        std::fs::read(run.join("tokenizer.json")).unwrap(),
        std::fs::read(&files[3]).unwrap()
    );

    let missing = train(
        "textcnn",
        &data,
        &folder.path().join("no"),
        &["--set", &tokens],
    );
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("own.json"), "{}", missing.err);
    let wrong = train(
        "textcnn",
        &data,
        &folder.path().join("no"),
        &["--set", "text.tokens=wordpeice"],
    );
    assert!(
        wrong.err.contains("did you mean `wordpiece`?"),
        "{}",
        wrong.err
    );
}

#[test]
fn the_choice_by_language_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("table.csv");
    write_table(&data, ',');
    let trained = train(
        "textcnn",
        &data,
        &folder.path().join("run"),
        &["--no-baseline"],
    )
    .done();
    let said = "tokens: words (chosen by the set and its language; text.tokens names another)";
    assert!(trained.err.contains(said), "{}", trained.err);

    // Of texts in characters the filters are others, unless they are set.
    let data = folder.path().join("headlines.csv");
    let rows = (0..60).map(|i| format!("今天天气很好第{i}天,{}\n", ["yes", "no"][i % 2]));
    std::fs::write(&data, "text,label\n".to_owned() + &rows.collect::<String>()).unwrap();
    let trained = train(
        "textcnn",
        &data,
        &folder.path().join("headlines"),
        &["--no-baseline", "--set", "textcnn.max_norm=1"],
    )
    .done();
    let said = "settings for texts in characters: ";
    let said = trained.err.lines().find(|line| line.contains(said));
    let said = said.unwrap_or_else(|| panic!("{}", trained.err));
    assert!(said.contains("textcnn.widths=[2, 3, 4]"), "{said}");
    assert!(!said.contains("max_norm"), "{said}");
    let print = |more: &[&str]| {
        let arguments = ["config", "print", "textcnn", "--data", word(&data)];
        output(&[&arguments[..], more].concat()).done().out
    };
    assert!(print(&[]).contains("widths = [2, 3, 4]"));
    for words in [&["--language", "other"], &["--set", "text.tokens=jieba"]] {
        assert!(print(words).contains("widths = [3, 4, 5]"));
    }
}
