//! `explain`: parts that add up to the scores of `predict`, in the terminal, as JSON lines and as a page.

use std::path::Path;

use cnn_core::backend::Backend;
use serde_json::Value;
use trainer::examples::Images;
use trainer::prediction::Predictor;
use trainer::run::Machine;

use super::command::{Answer, given, output, word};
use super::samples::{Trained, bar};

/// Empty, blank, shorter than a filter, unknown, marked up, with marks of direction, and longer than any.
const TEXTS: [&str; 7] = [
    "",
    "   ",
    "good",
    "zzz qqq",
    "the film was dull , and <script>alert(1)</script> \"the\" 'room' too",
    "a \u{202e}good\u{202c} f\u{ed}lm\u{7} indeed",
    "i call this room lovely , and the game too , and the play was bad , and the song was good",
];

/// `explain` of a run, with what more it is asked.
fn explain(run: &Path, more: &[&str]) -> Answer {
    output(&[&["explain", "--run", word(run)], more].concat())
}

/// The JSON lines of `explain` for all of [`TEXTS`], given on stdin.
fn explain_texts(run: &Path, more: &[&str]) -> Answer {
    let arguments = [&["explain", "--run", word(run), "--json"], more].concat();
    given(&arguments, &TEXTS.join("\n")).done()
}

fn numbers(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().expect("a list of numbers");
    numbers
        .iter()
        .map(|n| n.as_f64().expect("a number"))
        .collect()
}

/// The parts of a line add up, and its words are where it says.
fn check_line(line: &Value, text: &str) {
    assert_eq!(line["text"], text);
    let labels: Vec<&String> = line["logits"]
        .as_object()
        .expect("by label")
        .keys()
        .collect();
    assert_eq!(labels, ["no", "yes"]);
    let of = |key: &str, class: usize| line[key][labels[class]].as_f64().expect("a number");
    let list = |key: &str| line[key].as_array().expect("a list").iter();
    for (class, label) in labels.iter().enumerate() {
        let (logit, residual) = (of("logits", class), of("residual", class));
        assert!(residual.abs() < 1e-5, "{line}");
        let words: f64 = list("words")
            .map(|word| numbers(&word["by_class"])[class])
            .sum();
        let words = of("bias", class) + of("filter_bias", class) + words + residual;
        assert!((words - logit).abs() < 1e-5, "{words} {logit}: {line}");
        if line["explained"] == label.as_str() {
            let ngrams = list("contributions").map(|ngram| ngram["value"].as_f64().unwrap());
            let ngrams = of("bias", class) + ngrams.sum::<f64>() + residual;
            assert!((ngrams - logit).abs() < 1e-5, "{ngrams} {logit}: {line}");
        }
    }
    for word in line["words"].as_array().expect("a list") {
        let place = |key: &str| word[key].as_u64().expect("a place") as usize;
        assert_eq!(word["word"], text[place("start")..place("end")]);
    }
    let (mut shown, mut others) = (0, 0);
    for ngram in line["contributions"].as_array().expect("a list") {
        assert!(ngram["filters"].as_u64() >= Some(1), "{ngram}");
        let Some(own) = ngram["ngram"].as_str() else {
            others += ngram["ngrams"].as_u64().expect("a number");
            continue;
        };
        assert_eq!(others, 0, "all others come last");
        shown += 1;
        let [from, to] = numbers(&ngram["words"])[..] else {
            panic!("{ngram}");
        };
        let place = |word: f64, key: &str| {
            let place = line["words"][word as usize][key].as_u64();
            place.expect("a word that was read") as usize
        };
        match from < to {
            true => assert_eq!(own, &text[place(from, "start")..place(to - 1.0, "end")]),
            false => assert_eq!(own, ""),
        }
    }
    assert!(shown <= 10 && (shown == 10 || others == 0), "{line}");
}

#[test]
fn the_parts_of_an_explanation_add_up_to_the_prediction() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let explained = explain_texts(&run, &[]);
    let predicted = given(&["predict", "--run", word(&run)], &TEXTS.join("\n")).done();
    let (explained_lines, predicted) = (explained.json(), predicted.json());
    assert_eq!(explained_lines.len(), TEXTS.len());
    for label in ["no", "yes"] {
        let lines = explain_texts(&run, &["--class", label]).json();
        for (line, text) in lines.iter().zip(TEXTS) {
            assert_eq!(line["explained"], label);
            check_line(line, text);
        }
    }
    for ((line, answer), text) in explained_lines.iter().zip(&predicted).zip(TEXTS) {
        check_line(line, text);
        for key in ["label", "probability", "tokens", "unknown", "truncated"] {
            let [ours, theirs] = [&line[key], &answer[key]];
            match (ours.as_f64(), theirs.as_f64()) {
                (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 1e-6, "{key}"),
                _ => assert_eq!(ours, theirs, "{key}"),
            }
        }
    }
    // In any company, on any number of threads.
    for (text, together) in TEXTS.iter().zip(explained.out.lines()).skip(2) {
        let alone = explain(&run, &["--json", "--threads", "1", text]);
        assert_eq!(alone.done().out.trim_end(), together);
    }
}

#[test]
fn a_cut_text_is_explained_as_far_as_it_was_read() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let config = run.join("config.toml");
    let settings = std::fs::read_to_string(&config).unwrap();
    let found = settings.lines().find(|line| line.starts_with("max_tokens"));
    let found = found.expect("a text run has a limit").to_owned();
    std::fs::write(&config, settings.replace(&found, "max_tokens = 3")).unwrap();
    let line = explain(&run, &["--json", TEXTS[6]]).done();
    let line = &line.json()[0];
    check_line(line, TEXTS[6]);
    assert_eq!(line["truncated"], true);
    assert_eq!(line["words"].as_array().map(Vec::len), Some(3));
    assert!(line["tokens"].as_u64() > Some(15));
    let said = explain(&run, &[TEXTS[6]]).done().out;
    assert!(said.contains("only the first 3 of"), "{said}");
}

#[test]
fn a_terminal_is_told_a_sum_that_can_be_checked() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let said = explain(&run, &["--class", "yes", "--top", "3", TEXTS[4]]);
    let said = said.done().out;
    assert!(!said.contains('\u{1b}'), "no colours in a pipe: {said}");
    let value = |line: &str| {
        line.trim()
            .split(' ')
            .next()
            .and_then(|n| n.parse::<f64>().ok())
    };
    let parts: Vec<f64> = said
        .lines()
        .filter(|l| l.starts_with("    "))
        .filter_map(value)
        .collect();
    let total = said
        .lines()
        .find_map(|line| value(line.trim().strip_prefix("= ")?));
    let total = total.expect("the score is shown");
    // Six digits are shown of each part.
    assert!((parts.iter().sum::<f64>() - total).abs() < 1e-5, "{said}");
    assert_eq!(
        parts.len(),
        1 + 3 + 1 + 1,
        "bias, three n-grams, the rest, residual: {said}"
    );

    let hidden = explain(&run, &[TEXTS[5]]).done().out;
    assert!(!hidden.contains(['\u{202e}', '\u{7}']), "{hidden:?}");
    assert!(hidden.contains("[U+202E]"), "{hidden}");

    let wrong = explain(&run, &["--class", "yess", "a"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean `yes`?"), "{}", wrong.err);
}

#[test]
fn a_page_holds_its_texts_as_data_alone() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let page = trained.beside("explain.html");
    let said = explain(&run, &[&["--html", word(&page)], &TEXTS[..]].concat()).done();
    assert_eq!(said.out, "");
    assert!(said.err.contains("explain.html"), "{}", said.err);
    let page = std::fs::read_to_string(&page).unwrap();
    assert_eq!(
        page.matches("<script").count(),
        2,
        "its data and its script"
    );
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("Content-Security-Policy"));
    let data = page
        .split("id=\"data\">")
        .nth(1)
        .and_then(|rest| rest.split("</script>").next());
    let data: Value = serde_json::from_str(data.expect("the page holds data")).unwrap();
    let texts = data["texts"].as_array().expect("a list");
    assert_eq!(texts.len(), TEXTS.len());
    let pieces = texts[4]["pieces"].as_array().expect("a list");
    let text: String = pieces
        .iter()
        .map(|piece| piece[0].as_str().expect("text"))
        .collect();
    assert_eq!(text, TEXTS[4]);

    let nowhere = trained.beside("no/such/folder/x.html");
    let refused = explain(&run, &["--html", word(&nowhere), "a"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("no/such/folder"), "{}", refused.err);
}

#[test]
fn a_dpcnn_is_taken_apart_to_what_is_said() {
    let trained = Trained::new("dpcnn");
    let run = trained.run();
    for (line, text) in explain_texts(&run, &[]).json().iter().zip(TEXTS) {
        assert_eq!(line["method"], "integrated gradients");
        let labels = line["logits"].as_object().expect("by label");
        for (class, (label, logit)) in labels.iter().enumerate() {
            let parts = line["words"].as_array().expect("a list");
            let sum: f64 = parts
                .iter()
                .map(|part| numbers(&part["by_class"])[class])
                .sum();
            let of = |key: &str| line[key][label].as_f64().expect("a number");
            let whole = logit.as_f64().expect("a number") - of("bias");
            assert!((whole - sum - of("residual")).abs() < 1e-5, "{line}");
            assert!(
                of("residual").abs() <= 0.01 * whole.abs().max(1.0),
                "{line}"
            );
        }
        let floors = line["pyramid"].as_array().expect("a list");
        assert_eq!(floors[0]["length"], line["tokens"]);
        assert_eq!(
            floors[0]["length"].as_u64().map(|n| n as usize),
            Some(words_of(text))
        );
        for pair in floors.windows(2) {
            let [below, above] = [&pair[0], &pair[1]].map(|f| f["length"].as_u64().unwrap());
            assert!(above <= below / 2 + 1, "{line}");
        }
    }
    let said = explain(&run, &[TEXTS[6]]).done().out;
    assert!(said.contains("what the integral misses"), "{said}");
    assert!(said.contains("floor 0"), "{said}");
}

/// As many as `predict` counts.
fn words_of(text: &str) -> usize {
    datasets::tokenize::Cleaning::Words.tokens(text).len()
}

#[test]
fn a_picture_is_explained_number_by_number() {
    let trained = Trained::new("lenet5");
    let run = trained.run();
    let picture = trained.data().join("upright/3.png");
    let line = explain(&run, &["--json", word(&picture)]).done();
    let answer = output(&["predict", "--run", word(&run), word(&picture)]).done();
    let (line, answer) = (&line.json()[0], &answer.json()[0]);
    assert_eq!(line["label"], answer["label"]);
    let probability = |line: &Value| line["probability"].as_f64().expect("a number");
    assert!((probability(line) - probability(answer)).abs() < 1e-5);
    let shapes: Vec<&Value> = line["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["shape"])
        .collect();
    let expected = [
        [6, 28, 28],
        [6, 14, 14],
        [16, 10, 10],
        [16, 5, 5],
        [120, 1, 1],
        [84, 1, 1],
        [2, 1, 1],
    ];
    assert_eq!(
        shapes,
        expected
            .map(|shape| serde_json::json!(shape))
            .iter()
            .collect::<Vec<_>>()
    );
    for (label, logit) in line["logits"].as_object().expect("by label") {
        let of = |key: &str| line[key][label].as_f64().expect("a number");
        let parts: f64 = numbers(&line["contributions"][label]).iter().sum();
        let sum = of("bias") + parts + of("residual");
        assert!((sum - logit.as_f64().unwrap()).abs() < 1e-5, "{label}");
        assert!(of("residual").abs() < 1e-5, "{label}");
    }

    let page = trained.beside("picture.html");
    let said = explain(&run, &["--html", word(&page), word(&picture)]);
    assert!(said.done().out.contains("picture.html"));
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    assert!(page.contains("Content-Security-Policy"));
    let two = trained.beside("two.html");
    let two = explain(
        &run,
        &["--html", word(&two), word(&picture), word(&picture)],
    );
    assert_eq!(two.code, 2);
    let text = explain(&run, &["--filters"]);
    assert_eq!(text.code, 2, "{text:#?}");
}

#[test]
fn a_covered_place_takes_what_the_network_says_it_takes() {
    let trained = Trained::new("lenet5");
    let backend = Backend::compiled()[0];
    let device = backend.device().expect("a device");
    let machine = Machine { backend, device };
    let predictor = Predictor::open(&trained.run(), &machine).expect("a finished run");
    let picture = |pixels: Vec<u8>| Images {
        pixels,
        channels: 1,
        height: 28,
        width: 28,
        labels: vec![0],
    };
    let margin = |pixels: &[u8]| {
        let scores = predictor.image_logits(&picture(pixels.to_vec()));
        let scores = scores.expect("a grey picture");
        f64::from(scores[0]) - f64::from(scores[1])
    };
    let whole = bar(true, 3);
    let covered = predictor
        .covered(&picture(whole.clone()), [0, 1])
        .expect("a grey picture");
    assert_eq!((covered.rows, covered.columns), (14, 14));
    assert_eq!(covered.margin, margin(&whole));
    let mut seen = 0;
    for (place, lost) in covered.lost.iter().enumerate() {
        let mut pixels = whole.clone();
        for row in (2 * (place / 14)).saturating_sub(1)..(2 * (place / 14) + 3).min(28) {
            for column in (2 * (place % 14)).saturating_sub(1)..(2 * (place % 14) + 3).min(28) {
                pixels[row * 28 + column] = 0;
            }
        }
        seen += usize::from(pixels != whole);
        assert_eq!(*lost, margin(&whole) - margin(&pixels), "place {place}");
    }
    assert!((20..100).contains(&seen), "{seen}");
}

#[test]
fn filters_and_faithfulness_read_the_data_of_the_run() {
    let trained = Trained::new("textcnn");
    let run = trained.run();
    let asked = ["--filters", "--json", "--quiet", "--top", "4"];
    let filters = explain(&run, &asked).done().json();
    assert!(filters.len() > 100, "{}", filters.len());
    for filter in &filters {
        let ngrams = filter["ngrams"].as_array().expect("a list");
        assert!(ngrams.len() <= 4);
        let activations: Vec<f64> = ngrams
            .iter()
            .map(|n| n["activation"].as_f64().unwrap())
            .collect();
        assert!(activations.is_sorted_by(|a, b| a >= b), "{filter}");
        for ngram in ngrams {
            assert_eq!(
                ngram["tokens"].as_array().map(Vec::len),
                filter["width"].as_u64().map(|w| w as usize)
            );
        }
    }
    let again = explain(&run, &[&asked[..], &["--threads", "1"]].concat());
    assert_eq!(again.done().json(), filters);

    let measure = ["--faithfulness", "--quiet"];
    let found = explain(&run, &[&measure[..], &["--json"]].concat())
        .done()
        .json();
    let found = &found[0];
    let area = |order: &str, curve: &str| found[order][curve]["mean"].as_f64().unwrap();
    for order in ["explanation", "occlusion", "random"] {
        for curve in ["deletion", "insertion"] {
            assert!((0.0..=1.0).contains(&area(order, curve)), "{found}");
            assert_eq!(
                found[order][format!("{curve}_curve")]
                    .as_array()
                    .map(Vec::len),
                Some(21)
            );
        }
        // Both curves end where the other begins: the whole text, and none of it.
        let curve = |name: &str| numbers(&found[order][name]);
        let (deletion, insertion) = (curve("deletion_curve"), curve("insertion_curve"));
        assert!(
            (deletion[0] - insertion[20]).abs() < 1e-9
                && (deletion[20] - insertion[0]).abs() < 1e-9
        );
    }
    let said = explain(&run, &measure).done().out;
    assert!(said.contains("explanation less chance"), "{said}");
}
