//! `report`: the page, the card and the table of a run, and two runs compared.

#[path = "../pages/sections.rs"]
mod sections;

use std::path::Path;

use datasets::readers::picture::png;

use self::sections::SECTIONS;
use super::command::{Answer, output, train, word};
use super::samples::{bar, write_json_lines};

/// The text of a file of a run.
pub fn read(run: &Path, name: &str) -> String {
    std::fs::read_to_string(run.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Every report has these.
pub fn has_all_sections(page: &str) {
    for section in SECTIONS {
        assert!(
            page.contains(&format!("<section id=\"{section}\">")),
            "{section}"
        );
    }
}

/// Everything hostile that a file can hold: as labels, and as texts that a network cannot learn.
const HOSTILE: [&str; 6] = [
    "<script>alert('x')</script>",
    "\"><img src=x onerror=alert(1)>",
    "</style><style>*{display:none}</style>",
    "a\u{202e}b\u{200b}c\u{7}",
    "' onmouseover='alert(1)",
    "&lt;b&gt; {} %s ${x} [l](javascript:alert(1)) | cell",
];

fn train_hostile(model: &str, folder: &Path, out: &str, more: &[&str]) -> Answer {
    let data = folder.join("hostile.jsonl");
    let labels = ["<b onclick=\"x\">good", "ba\u{202e}d'\"|"];
    let mut rows = String::new();
    for number in 0..120 {
        let text = format!("{} number {number}", HOSTILE[number % HOSTILE.len()]);
        let label = labels[number * 7 % 11 % 2];
        rows += &(serde_json::json!({ "text": text, "label": label }).to_string() + "\n");
    }
    std::fs::write(&data, rows).unwrap();
    train(model, &data, &folder.join(out), more).done()
}

/// Bars whose labels follow nothing that can be learned.
fn train_mislabelled(folder: &Path, out: &str) -> Answer {
    let data = folder.join("bars");
    for number in 0..120 {
        let label = ["<i>one", "two"][number * 7 % 11 % 2];
        std::fs::create_dir_all(data.join(label)).unwrap();
        let png = png(&bar(number % 2 == 0, number % 40), 1, 28, 28).unwrap();
        std::fs::write(data.join(label).join(format!("{number}.png")), png).unwrap();
    }
    train("lenet5", &data, &folder.join(out), &["--no-baseline"]).done()
}

#[test]
fn the_worst_errors_of_every_network_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    train_hostile("textcnn", folder.path(), "textcnn", &["--no-baseline"]);
    train_hostile("dpcnn", folder.path(), "dpcnn", &["--no-baseline"]);
    train_mislabelled(folder.path(), "lenet5");
    for (model, told, shown) in [
        (
            "textcnn",
            "exactly, as cnn explain has it",
            "<mark class=\"w",
        ),
        ("dpcnn", "estimated by integrated gradients", " · missed "),
        ("lenet5", "4 x 4 pixels were covered", "<path class=\"w"),
    ] {
        let run = folder.path().join(model);
        let page = read(&run, "report.html");
        let errors =
            &page[page.find("id=\"errors\"").unwrap()..page.find("id=\"labels\"").unwrap()];
        assert!(
            errors.contains(told) && errors.contains(shown),
            "{model}: {errors}"
        );
        assert!(page.len() < 2_000_000, "{model}: {}", page.len());
        output(&["report", "--run", word(&run)]).done();
        assert_eq!(read(&run, "report.html"), page, "{model}");
    }
}

#[test]
fn a_run_leaves_a_report_that_a_rebuild_writes_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let trained = train_hostile("textcnn", folder.path(), "run", &[]);
    let first = trained.out.lines().next().unwrap_or_default();
    assert!(
        first.contains("than the linear baseline"),
        "{}",
        trained.out
    );

    let page = read(&run, "report.html");
    assert!(page.len() < 2_000_000, "{}", page.len());
    let verdict = page.find("class=\"verdict").expect("the verdict is shown");
    assert!(verdict < page.find("<section").expect("sections follow"));
    has_all_sections(&page);
    // Half of the labels follow nothing that can be learned: there are errors, and they are explained.
    assert!(page.contains("spoke for the wrong answer"), "explained");
    assert!(page.contains("<mark class=\"w") && page.contains("<mark class=\"r"));
    let table = read(&run, "metrics.csv");
    assert!(table.starts_with("step,kind,epoch,loss"), "{table}");
    assert_eq!(
        table.lines().count(),
        1 + read(&run, "metrics.jsonl").lines().count()
    );
    let card = read(&run, "README.md");
    for part in [
        "# TextCNN on hostile",
        "## Intended use",
        "## Scores",
        "## Calibration",
        "## Limits",
        "## Licence",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }

    for name in ["report.html", "README.md", "metrics.csv"] {
        std::fs::remove_file(run.join(name)).unwrap();
    }
    let rebuilt = output(&["report", "--run", word(&run)]).done();
    assert_eq!(rebuilt.out.lines().next().unwrap_or_default(), first);
    assert_eq!(read(&run, "report.html"), page);
    assert_eq!(read(&run, "README.md"), card);
    assert_eq!(read(&run, "metrics.csv"), table);

    let without = folder.path().join("without");
    train_hostile(
        "textcnn",
        folder.path(),
        "without",
        &["--no-report", "--no-baseline"],
    );
    assert!(!without.join("report.html").exists());
    assert!(without.join("README.md").exists());
    assert!(read(&without, "README.md").contains("without a baseline"));
}

/// What a csv cell holds is text on the page: no tag, no attribute, no request, no policy that would let one through.
#[test]
fn nothing_that_a_file_holds_can_run_in_the_page() {
    let folder = tempfile::tempdir().unwrap();
    train_hostile("textcnn", folder.path(), "run", &["--no-baseline"]);
    let page = read(&folder.path().join("run"), "report.html");
    let policy = "content=\"default-src 'none'; style-src 'sha256-";
    assert!(page.contains(policy), "the policy is there");
    for forbidden in [
        "http://",
        "https://",
        "//www",
        "url(",
        "@import",
        "<script",
        "<link",
        "<iframe",
        "<base",
        "javascript:alert(1)\"",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // Only tags and attributes of the program's own.
    let tags = [
        "!DOCTYPE",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "h1",
        "h2",
        "h3",
        "p",
        "nav",
        "a",
        "main",
        "div",
        "b",
        "span",
        "section",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "caption",
        "figure",
        "figcaption",
        "svg",
        "line",
        "text",
        "polyline",
        "circle",
        "ul",
        "ol",
        "li",
        "code",
        "pre",
        "details",
        "summary",
        "footer",
        "img",
        "mark",
        "i",
    ];
    let attributes = [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "href",
        "title",
        "viewBox",
        "role",
        "aria-label",
        "x1",
        "x2",
        "y1",
        "y2",
        "x",
        "y",
        "text-anchor",
        "points",
        "cx",
        "cy",
        "r",
        "dir",
        "alt",
        "src",
        "html",
    ];
    let body = &page[page.find("</style>").expect("a style")..];
    for piece in body.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let mut quoted = tag.split('"');
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n'])
            .next()
            .unwrap_or_default();
        assert!(tags.contains(&name), "<{tag}>");
        while let Some(outside) = quoted.next() {
            for attribute in outside
                .split_whitespace()
                .filter_map(|word| word.strip_suffix('='))
            {
                assert!(attributes.contains(&attribute), "{attribute} in <{tag}>");
            }
            quoted.next();
        }
    }
    assert!(page.contains("[U+202E]") && page.contains("[U+200B]") && page.contains("[U+0007]"));
    assert!(!page.contains(['\u{202e}', '\u{200b}', '\u{7}']));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
}

#[test]
fn two_runs_on_one_test_set_are_compared_and_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("reviews.jsonl"));
    let more = ["--no-baseline", "--quiet", "--no-report"];
    train("textcnn", &at("reviews.jsonl"), &at("a"), &more).done();
    train(
        "textcnn",
        &at("reviews.jsonl"),
        &at("b"),
        &[&more[..], &["--lr", "0.01"]].concat(),
    )
    .done();
    train(
        "textcnn",
        &at("reviews.jsonl"),
        &at("c"),
        &[&more[..], &["--seed", "9"]].concat(),
    )
    .done();

    let (a, b, c) = (at("a"), at("b"), at("c"));
    let same = output(&["report", "--compare", word(&a), word(&a)]).done();
    assert!(
        same.out.starts_with("it cannot be told which is better, "),
        "{}",
        same.out
    );
    let compared = output(&["report", "--compare", word(&a), word(&b)]).done();
    for part in [
        "McNemar's exact test: p = ",
        "10,000 resamples",
        "first minus second",
    ] {
        assert!(compared.out.contains(part), "{part}: {}", compared.out);
    }
    let json = output(&["report", "--compare", word(&a), word(&b), "--json"]).done();
    let line = &json.json()[0];
    assert!(
        line["mcnemar_p"]
            .as_f64()
            .is_some_and(|p| (0.0..=1.0).contains(&p)),
        "{line}"
    );
    assert_eq!(
        line["accuracy_difference"]["ci95"].as_array().map(Vec::len),
        Some(2)
    );

    let refused = output(&["report", "--compare", word(&a), word(&c)]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(
        refused.err.contains("their test sets differ"),
        "{}",
        refused.err
    );
}

#[test]
fn a_run_without_the_answers_says_how_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_json_lines(&at("reviews.jsonl"));
    train(
        "textcnn",
        &at("reviews.jsonl"),
        &at("run"),
        &["--no-baseline", "--quiet"],
    )
    .done();
    let run = at("run");
    std::fs::remove_file(run.join("predictions.jsonl")).unwrap();
    for arguments in [
        vec!["report", "--run", word(&run)],
        vec!["report", "--compare", word(&run), word(&run)],
    ] {
        let refused = output(&arguments);
        assert_eq!(
            (refused.code, refused.out.as_str()),
            (1, ""),
            "{refused:#?}"
        );
        assert!(
            refused.err.contains("has no predictions.jsonl"),
            "{}",
            refused.err
        );
        assert!(
            refused.err.contains("train it again with"),
            "{}",
            refused.err
        );
    }
    let nothing = output(&["report", "--run", word(&at("nothing"))]);
    let said = [" the runs beside it are ", word(&run)];
    assert!(
        said.iter().all(|said| nothing.err.contains(said)),
        "{}",
        nothing.err
    );
    assert_eq!(output(&["report"]).code, 2);

    // Probabilities at dev's temperature sum to 1 too, or there is none and it is said.
    let answered = output(&[
        "predict",
        "--run",
        word(&run),
        "--calibrated",
        "a good film",
    ]);
    match answered.code {
        0 => {
            let line = &answered.json()[0];
            let sum: f64 = ["no", "yes"]
                .iter()
                .filter_map(|label| line["probabilities"][label].as_f64())
                .sum();
            assert!(
                (sum - 1.0).abs() < 1e-5 && line["temperature"].is_number(),
                "{line}"
            );
        }
        _ => assert!(
            answered.err.contains("leave out --calibrated"),
            "{}",
            answered.err
        ),
    }
}
