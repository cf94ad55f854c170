//! `data list`, `data verify` and `data describe`.

use super::command::{answer, cnn, output, word};
use super::samples::write_table;

#[test]
fn every_set_is_listed_with_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sms_spam")).unwrap();
    let listed = output(&["data", "list", "--data-dir", word(folder.path())]).done();
    assert_eq!(listed.err, "");
    let line = |name: &str| {
        let find = |line: &&str| line.split_whitespace().next() == Some(name);
        listed
            .out
            .lines()
            .find(find)
            .unwrap_or_else(|| panic!("{name}: {}", listed.out))
    };
    for name in ["digits", "phrases", "long_documents"] {
        assert!(line(name).contains("generated"), "{}", line(name));
    }
    for name in [
        "mnist", "mr", "sst2", "trec", "thucnews", "imdb", "sms_spam",
    ] {
        assert!(line(name).contains("not here"), "{}", line(name));
    }
    assert!(
        listed
            .out
            .ends_with(&format!("folder: {}\n", word(folder.path())))
    );

    // The environment names the folder where no option does.
    let by_variable = answer(cnn(&["data", "list"]).env("CNN_DATA", folder.path())).done();
    assert_eq!(by_variable.out, listed.out);
}

#[test]
fn files_that_are_not_the_published_ones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let verify = |names: &[&str]| {
        let mut arguments = vec!["data", "verify", "--data-dir", word(folder.path())];
        arguments.extend(names);
        output(&arguments)
    };
    let nothing = verify(&[]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("data fetch"), "{nothing:#?}");
    let missing = verify(&["mr"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("missing"), "{missing:#?}");

    let spam = folder.path().join("sms_spam");
    std::fs::create_dir(&spam).unwrap();
    let listed = verify(&["sms_spam"]).out;
    let path = listed.split(": missing").next().unwrap();
    std::fs::write(path, "ham\tnot the real one\n").unwrap();
    let different = verify(&[]);
    assert_eq!(different.code, 1);
    assert!(
        different.out.contains("not as published (sha256 "),
        "{different:#?}"
    );

    let made = verify(&["phrases"]);
    assert_eq!(made.code, 2);
    assert!(made.err.contains("`phrases` is generated"), "{made:#?}");
    let typo = verify(&["thucnew"]);
    assert_eq!(typo.code, 2);
    assert!(typo.err.contains("did you mean `thucnews`?"), "{typo:#?}");
}

#[test]
fn real_files_are_the_published_ones() {
    let Some(folder) = std::env::var_os("CNN_DATA") else {
        eprintln!("SKIPPED: CNN_DATA names no folder with real data");
        return;
    };
    let checked = answer(cnn(&["data", "verify", "mr", "trec"]).env("CNN_DATA", &folder)).done();
    assert!(checked.out.lines().count() >= 4, "{}", checked.out);
    let good = |line: &str| line.contains("as published") || line.contains("published rows");
    assert!(checked.out.lines().all(good), "{}", checked.out);
}

#[test]
fn a_set_is_described_in_figures() {
    let described = output(&["data", "describe", "phrases"]).done();
    for part in [
        "phrases: 12000 rows, 2 classes",
        "sha256 ",
        "negative",
        "positive",
        "tokens ",
        "vocabulary ",
        "repeats across",
        "baseline on dev: accuracy ",
    ] {
        assert!(described.out.contains(part), "{part}: {}", described.out);
    }
    let other = output(&["data", "describe", "phrases", "--seed", "2"]).done();
    assert_ne!(other.out, described.out);

    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.csv");
    write_table(&own, ',');
    let described = output(&["data", "describe", word(&own)]).done();
    for part in [
        "own: 64 rows, 2 classes",
        "no ",
        "yes ",
        "`review`",
        "`verdict`",
    ] {
        assert!(described.out.contains(part), "{part}: {}", described.out);
    }
    let ids = ["--text-column", "verdict", "--label-column", "id"];
    let mut arguments = vec!["data", "describe", word(&own)];
    arguments.extend(ids);
    let ids = output(&arguments);
    assert_eq!(ids.code, 1);
    assert!(
        ids.err.contains("64 different labels in 64 rows"),
        "{ids:#?}"
    );

    let typo = output(&["data", "describe", "phrase"]);
    assert_eq!(typo.code, 2);
    assert!(typo.err.contains("did you mean `phrases`?"), "{typo:#?}");
}

#[test]
fn a_set_is_described_for_machines() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.csv");
    write_table(&own, ',');
    let described = output(&["data", "describe", word(&own), "--json"]).done();
    let object = &described.json()[0];
    assert_eq!(object["name"], "own");
    let rows: u64 = (0..3)
        .filter_map(|part| object["parts"][part]["rows"].as_u64())
        .sum();
    assert_eq!(rows, 64);
    assert!(
        object["vocabulary"]["distinct"].as_u64() > Some(3),
        "{object}"
    );
    assert_eq!(object["baseline"]["part"], "dev");
    assert!(
        object["baseline"]["accuracy"].as_f64() > Some(0.0),
        "{object}"
    );
    assert_eq!(object["findings"][0]["kind"], "few_rows");
    let without = output(&["data", "describe", word(&own), "--json", "--no-baseline"]).done();
    assert!(without.json()[0]["baseline"].is_null());
}

#[test]
fn how_a_file_is_read_is_said_and_settled_by_options() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.txt");
    let rows: String = (0..60)
        .map(|i| format!("caf\u{e9} num {i}|{}\n", ["x", "y"][i % 2]))
        .collect();
    // windows-1252: one byte for each of these characters.
    std::fs::write(&own, rows.chars().map(|c| c as u8).collect::<Vec<u8>>()).unwrap();
    let describe = |more: &[&str]| {
        let mut arguments = vec!["data", "describe", word(&own), "--no-baseline"];
        arguments.extend(more);
        output(&arguments)
    };
    let guessed = describe(&[]).done();
    assert!(
        guessed.out.contains("own.txt: windows-1252, separator `|`"),
        "{}",
        guessed.out
    );
    assert!(
        guessed
            .out
            .contains("to say otherwise: --encoding, --separator"),
        "{}",
        guessed.out
    );
    let settled = [
        "--encoding",
        "latin1",
        "--separator",
        "|",
        "--quoting",
        "no",
        "--header",
        "no",
    ];
    let more = [
        "--text-column",
        "1",
        "--label-column",
        "2",
        "--language",
        "chinese",
    ];
    let named = describe(&[&settled[..], &more].concat()).done();
    assert!(
        named
            .out
            .contains("own.txt: iso-8859-1, separator `|`, quotes are text"),
        "{}",
        named.out
    );
    assert!(!named.out.contains("guessed"), "{}", named.out);
    let wrong = describe(&["--encoding", "utf-8"]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.err.contains("own.txt, line 1, byte 3"),
        "{}",
        wrong.err
    );
    assert!(
        wrong.err.contains("60 of 60 rows cannot be read") || wrong.err.contains("no utf-8"),
        "{}",
        wrong.err
    );
    for (option, value, said) in [
        ("--encoding", "klingon", "an encoding such as utf-8"),
        ("--separator", "ab", "one ASCII character"),
        ("--bad-rows", "101", "from 0 to 100"),
        ("--header", "perhaps", "yes or no"),
        ("--language", "klingon", "english, chinese or other"),
    ] {
        let refused = describe(&[option, value]);
        assert_eq!(refused.code, 2, "{option}");
        assert!(refused.err.contains(said), "{}", refused.err);
    }
}
