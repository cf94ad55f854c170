//! Whether a probability of 0.8 is right in eight of ten cases, drawn as a reliability diagram.

use super::Scaled;
use crate::html::Markup;
use crate::statistics::Reliability;

const SIDE: f64 = 380.0;
const MARGIN: f64 = 34.0;

/// What is asked about, in words.
pub(super) struct Words {
    /// What stands in a bin.
    noun: &'static str,
    /// What its probability is.
    probability: &'static str,
    /// The share that is counted.
    share: &'static str,
    /// What a dot below the line says.
    below: &'static str,
}

/// Where a row has one label: whether the predicted class is right.
pub(super) const CLASSES: Words = Words {
    noun: "rows,",
    probability: "confidence",
    share: "accuracy",
    below: "the network is too sure of itself",
};

/// Where a row may have any number of labels: whether it has one, asked of each.
pub(super) const LABELS: Words = Words {
    noun: "answers,",
    probability: "probability",
    share: "share that has the label",
    below: "the network thinks its labels more frequent than they are",
};

/// The section: the probabilities on test, of the mean loss `loss`, as they come and at the temperature of dev.
pub(super) fn section(
    page: &mut Markup,
    loss: f64,
    (reliability, scaled): (&Reliability, Option<&Scaled>),
    words: &Words,
) {
    let points = |reliability: &Reliability| format!("{:.2}", 100.0 * reliability.expected_error);
    page.put(
        "<section id=\"calibration\"><h2>Can its probabilities be believed?</h2><div class=\"pair\"><figure><figcaption>As they \
         come: expected calibration error {} points</figcaption>",
        &[&points(reliability)],
    );
    diagram(page, reliability, words);
    page.put("</figure>", &[]);
    if let Some(scaled) = scaled {
        page.put(
            "<figure><figcaption>At the temperature of dev, {}: {} points</figcaption>",
            &[
                &format!("{:.3}", scaled.temperature.value()),
                &points(&scaled.reliability),
            ],
        );
        diagram(page, &scaled.reliability, words);
        page.put("</figure>", &[]);
    }
    page.put("</div>", &[]);
    match scaled {
        Some(scaled) => {
            let better = scaled.reliability.expected_error < reliability.expected_error;
            page.put(
                "<p>Dividing the logits by {}, fitted on dev, changes no answer, and the mean loss on test from {} to {}. ",
                &[
                    &format!("{:.3}", scaled.temperature.value()),
                    &format!("{loss:.4}"),
                    &format!("{:.4}", scaled.loss),
                ],
            );
            page.put(
                if better {
                    "<code>cnn predict --calibrated</code> gives probabilities at this temperature; without the option they are as they come.</p>"
                } else {
                    "It does not make the probabilities on test more believable: use them as they come.</p>"
                },
                &[],
            );
        }
        None => {
            page.put(
                "<p>Dev has too few errors to fit a temperature: the probabilities stay as they come.</p>",
                &[],
            );
        }
    }
    page.put(
        "<p class=\"soft\">A dot for each of 15 bins of {} on test, with the 95 % interval of its {}; larger dots hold \
         more {}. On the dashed line {} and {} agree; below it {}.</p></section>\n",
        &[
            &words.probability, &words.share, &words.noun.trim_end_matches(','),
            &words.probability, &words.share, &words.below,
        ],
    );
}

fn diagram(page: &mut Markup, reliability: &Reliability, words: &Words) {
    let at = |share: f64| MARGIN + (SIDE - MARGIN - 10.0) * share;
    let up = |share: f64| SIDE - at(share);
    let show = |v: f64| format!("{v:.1}");
    page.put(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"The {} over the {}\">",
        &[&SIDE, &SIDE, &words.share, &words.probability],
    );
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        page.put(
            "<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            &[
                &show(at(0.0)), &show(at(1.0)), &show(up(tick)), &show(up(tick)),
                &show(at(0.0) - 4.0), &show(up(tick) + 4.0), &tick,
                &show(at(tick)), &show(up(0.0) + 15.0), &tick,
            ],
        );
    }
    page.put(
        "<line class=\"ideal\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
        &[
            &show(at(0.0)),
            &show(up(0.0)),
            &show(at(1.0)),
            &show(up(1.0)),
        ],
    );
    let most = reliability
        .bins
        .iter()
        .map(|bin| bin.count)
        .max()
        .unwrap_or(0)
        .max(1);
    for bin in reliability.bins.iter().filter(|bin| bin.count > 0) {
        let x = show(at(bin.confidence));
        let radius = 2.0 + 5.0 * (bin.count as f64 / most as f64).sqrt();
        page.put(
            "<line class=\"whisker\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/><circle class=\"f1\" cx=\"{}\" cy=\"{}\" r=\"{}\">\
             <title>{} {} {} {}, {} {}</title></circle>",
            &[
                &x, &x, &show(up(bin.interval[0])), &show(up(bin.interval[1])),
                &x, &show(up(bin.accuracy)), &show(radius),
                &bin.count, &words.noun,
                &words.probability, &format!("{:.3}", bin.confidence), &words.share, &format!("{:.3}", bin.accuracy),
            ],
        );
    }
    page.put("</svg>", &[]);
}
