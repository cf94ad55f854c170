//! Whether a probability of 0.8 is right in eight of ten cases, drawn as a reliability diagram.

use super::Material;
use crate::html::Markup;
use crate::statistics::Reliability;

const SIDE: f64 = 380.0;
const MARGIN: f64 = 34.0;

/// The section.
pub(super) fn section(page: &mut Markup, material: &Material) {
    let judgement = &material.judgement;
    let points = |reliability: &Reliability| format!("{:.2}", 100.0 * reliability.expected_error);
    page.put(
        "<section id=\"calibration\"><h2>Can its probabilities be believed?</h2><div class=\"pair\"><figure><figcaption>As they \
         come: expected calibration error {} points</figcaption>",
        &[&points(&judgement.reliability)],
    );
    diagram(page, &judgement.reliability);
    page.put("</figure>", &[]);
    if let Some(scaled) = &judgement.scaled {
        page.put(
            "<figure><figcaption>At the temperature of dev, {}: {} points</figcaption>",
            &[
                &format!("{:.3}", scaled.temperature.value()),
                &points(&scaled.reliability),
            ],
        );
        diagram(page, &scaled.reliability);
        page.put("</figure>", &[]);
    }
    page.put("</div>", &[]);
    match &judgement.scaled {
        Some(scaled) => {
            let better = scaled.reliability.expected_error < judgement.reliability.expected_error;
            page.put(
                "<p>Dividing the logits by {}, fitted on dev, changes no answer, and the mean loss on test from {} to {}. ",
                &[
                    &format!("{:.3}", scaled.temperature.value()),
                    &format!("{:.4}", material.result.test.loss),
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
        "<p class=\"soft\">A dot for each of 15 bins of confidence on test, with the 95 % interval of its accuracy; larger dots hold \
         more rows. On the dashed line confidence and accuracy agree; below it the network is too sure of itself.</p></section>\n",
        &[],
    );
}

fn diagram(page: &mut Markup, reliability: &Reliability) {
    let at = |share: f64| MARGIN + (SIDE - MARGIN - 10.0) * share;
    let up = |share: f64| SIDE - at(share);
    let show = |v: f64| format!("{v:.1}");
    page.put(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Accuracy over confidence\">",
        &[&SIDE, &SIDE],
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
             <title>{} rows, confidence {}, accuracy {}</title></circle>",
            &[
                &x, &x, &show(up(bin.interval[0])), &show(up(bin.interval[1])),
                &x, &show(up(bin.accuracy)), &show(radius),
                &bin.count, &format!("{:.3}", bin.confidence), &format!("{:.3}", bin.accuracy),
            ],
        );
    }
    page.put("</svg>", &[]);
}
