//! `report.html`: one file without a script, a request or a font of its own, that opens from the disk.

use super::figures::{duration, grouped, interval, model_name, percent};
use super::{Answers, Judgement, Material, SHOWN};
use super::{calibration, classes, curves, errors, repeat, repeated, sentence, sets, verdict};
use crate::html::{Markup, Page};
use crate::run_folder::RunResult;
use crate::statistics::Verdict;

const STYLE: &str = include_str!("style.css");

/// A page is smaller than this many bytes, or shows fewer rows until it is.
const MOST_BYTES: usize = 2_000_000;

/// Rows of the two lists of examples that are tried.
const ROWS: [usize; 4] = [SHOWN, 20, 5, 0];

/// The page.
pub(super) fn page(material: &Material) -> String {
    let mut pages = ROWS.iter().map(|rows| whole(material, *rows));
    let fits = pages.find(|page| page.len() < MOST_BYTES);
    // Without any rows it is small: labels and notes are clipped.
    fits.unwrap_or_else(|| whole(material, 0))
}

fn whole(material: &Material, rows: usize) -> String {
    let title = format!(
        "{} on {}",
        model_name(&material.result.model),
        material.result.data
    );
    let mut page = Markup::new();
    page.put("<header><h1>{}</h1>", &[&title]);
    verdict_box(&mut page, material);
    page.put(
        "<nav><a href=\"#scores\">Scores</a><a href=\"#training\">Training</a><a href=\"#classes\">Classes</a>\
         <a href=\"#confusions\">Confusions</a><a href=\"#calibration\">Calibration</a><a href=\"#errors\">Errors</a>\
         <a href=\"#labels\">Suspected labels</a><a href=\"#data\">Data</a><a href=\"#repeat\">Repeat</a></nav></header>\n<main>\n",
        &[],
    );
    tiles(&mut page, material);
    match &material.answers {
        Answers::One {
            predictions,
            judgement,
        } => {
            scores(&mut page, material, judgement);
            curves::section(&mut page, material);
            classes::table(&mut page, material, judgement);
            classes::confusions(&mut page, material, judgement);
            calibration::section(
                &mut page,
                material.result.test.loss,
                (&judgement.reliability, judgement.scaled.as_ref()),
                &calibration::CLASSES,
            );
            errors::worst(&mut page, material, (predictions, judgement), rows);
            errors::suspected(&mut page, material, (predictions, judgement), rows);
        }
        Answers::Sets {
            predictions,
            judgement,
        } => sets::sections(&mut page, material, predictions, judgement, rows),
    }
    data(&mut page, material);
    repeated::section(&mut page, &material.data.repeats, rows);
    repeat::section(&mut page, material);
    page.put(
        "</main>\n<footer><p class=\"soft\">Written by cnn {}. This page holds no script and asks for nothing from outside.</p></footer>\n",
        &[&env!("CARGO_PKG_VERSION")],
    );
    Page {
        title: &title,
        style: STYLE,
        body: page,
        ..Page::default()
    }
    .render()
}

fn verdict_box(page: &mut Markup, material: &Material) {
    let sentence = sentence(&material.result);
    page.put("<p class=\"verdict ", &[]);
    match verdict(&material.result) {
        Some(Verdict::FirstBetter) => page.put("good", &[]),
        Some(Verdict::SecondBetter) => page.put("bad", &[]),
        _ => page.put("unsure", &[]),
    };
    page.put("\">{}.</p>", &[&sentence]);
}

fn tiles(page: &mut Markup, material: &Material) {
    let result = &material.result;
    let mut tiles = match &result.test.sets {
        Some(sets) => sets::tiles(result, sets),
        None => tiles_of_classes(result),
    };
    if let Some(calibration) = &result.calibration {
        tiles.push((
            format!("{:.2} points", 100.0 * calibration.expected_error),
            "calibration error".to_owned(),
        ));
    }
    tiles.push((
        duration(result.train.seconds),
        format!("training, {} steps", grouped(result.train.steps)),
    ));
    page.put("<div class=\"tiles\">", &[]);
    for (value, about) in tiles {
        page.put(
            "<div class=\"tile\"><b>{}</b><span>{}</span></div>",
            &[&value, &about],
        );
    }
    page.put("</div>\n", &[]);
}

fn tiles_of_classes(result: &RunResult) -> Vec<(String, String)> {
    let test = &result.test;
    let mut tiles = vec![
        (
            percent(test.accuracy),
            format!("accuracy on test, {}", interval(test.ci95)),
        ),
        (
            format!("{:.4}", test.macro_f1),
            "macro-F1 on test".to_owned(),
        ),
    ];
    if let Some(baseline) = &result.baseline {
        tiles.push((
            percent(baseline.accuracy),
            "accuracy of the linear baseline".to_owned(),
        ));
    }
    tiles
}

fn scores(page: &mut Markup, material: &Material, judgement: &Judgement) {
    let result = &material.result;
    page.put(
        "<section id=\"scores\"><h2>Scores on the test set</h2><div class=\"wide\"><table><thead><tr><th>machine</th>\
         <th>accuracy</th><th>95 % interval</th><th>macro-F1</th><th>wrong</th><th>rows</th></tr></thead><tbody>",
        &[],
    );
    let mut row =
        |name: &str, accuracy: f64, ci95: [f64; 2], macro_f1: f64, error: f64, count: u64| {
            let wrong = (error * count as f64).round() as u64;
            page.put(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                &[
                    &name,
                    &percent(accuracy),
                    &interval(ci95),
                    &format!("{macro_f1:.4}"),
                    &grouped(wrong),
                    &grouped(count),
                ],
            );
        };
    let test = &result.test;
    row(
        model_name(&result.model),
        test.accuracy,
        test.ci95,
        test.macro_f1,
        test.error,
        test.count,
    );
    if let Some(baseline) = &result.baseline {
        let (name, b) = (&baseline.name, baseline);
        row(name, b.accuracy, b.ci95, b.macro_f1, b.error, b.count);
    }
    page.put("</tbody></table></div>", &[]);
    if let Some(comparison) = &judgement.comparison {
        let points = |d: &crate::statistics::Difference| {
            let [value, low, high] = [d.value, d.low, d.high].map(|x| 100.0 * x);
            format!("{value:+.2} points ({low:+.2} to {high:+.2})")
        };
        page.put(
            "<p>Network minus baseline, with 95 % intervals of the paired bootstrap ({} resamples): accuracy {}, macro-F1 {}. \
             The network alone is right on {} rows, the baseline alone on {}: McNemar&#39;s exact test gives p = {}.</p>",
            &[
                &grouped(comparison.bootstrap.resamples as u64),
                &points(&comparison.bootstrap.accuracy),
                &points(&comparison.bootstrap.macro_f1),
                &grouped(comparison.mcnemar.only_first),
                &grouped(comparison.mcnemar.only_second),
                &super::p_value(comparison.mcnemar.p_value),
            ],
        );
    }
    if let Some(unseen) = &judgement.unseen {
        let repeated = test.count - unseen.count;
        page.put(
            "<p><b>{} test rows also stand in the training part.</b> On the other {} the network is right on {} ({}).</p>",
            &[
                &grouped(repeated),
                &grouped(unseen.count),
                &percent(unseen.accuracy),
                &interval(unseen.interval.to_array()),
            ],
        );
    }
    page.put(
        "<p class=\"soft\">The test set was read once, after every choice had been made on dev. Intervals of accuracies are \
         Wilson&#39;s. Macro-F1 is the mean over all classes, 0 where undefined.</p></section>\n",
        &[],
    );
}

fn data(page: &mut Markup, material: &Material) {
    let card = &material.data;
    let [train, dev, test] = card.rows().map(grouped);
    page.put(
        "<section id=\"data\"><h2>Data</h2><p>{}: {} training, {} dev and {} test rows, {} classes.</p>",
        &[&card.name, &train, &dev, &test, &material.labels.len()],
    );
    if !card.notes.is_empty() {
        page.put(
            "<h3>What was noticed when it was opened, repeats among it</h3><ul>",
            &[],
        );
        for note in card.notes.iter().take(100) {
            page.put("<li>{}</li>", &[&super::figures::clip(note, 1_000)]);
        }
        page.put("</ul>", &[]);
    }
    page.put(
        "<p>Test rows that also stand in the training part: {}.</p><p class=\"soft\">Texts are compared in lower case with each run of \
         white space as one blank; pictures pixel by pixel. sha256 of the examples and their split: <code>{}</code></p></section>\n",
        &[&grouped(material.answers.in_train().len() as u64), &card.sha256],
    );
}
