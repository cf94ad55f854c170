//! The run over its steps: losses and the accuracy on dev, drawn as SVG.

use super::Material;
use super::metrics::Metrics;
use crate::html::Markup;

/// Points of a curve that are drawn; of more, every so-many-th.
const MOST_POINTS: usize = 400;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 240.0;
/// Left, top, right and bottom margins of the field.
const MARGINS: [f64; 4] = [46.0, 12.0, 10.0, 28.0];

/// A curve and the classes of its line and of its dots.
struct Curve<'a> {
    points: &'a [(f64, f64)],
    line: &'static str,
    dot: &'static str,
}

/// The section.
pub(super) fn section(page: &mut Markup, material: &Material) {
    let metrics = Metrics::of(&material.metrics);
    page.put("<section id=\"training\"><h2>Training</h2>", &[]);
    if metrics.train_loss.is_empty() && metrics.dev_accuracy.is_empty() {
        page.put("<p>Nothing was logged.</p></section>\n", &[]);
        return;
    }
    page.put(
        "<div class=\"pair\"><figure><figcaption>Loss over steps <span class=\"key\"></span>training <span class=\"key k2\"></span>dev\
         </figcaption>",
        &[],
    );
    let (first, second) = (("s1", "f1"), ("s2", "f2"));
    let curve = |points, (line, dot)| Curve { points, line, dot };
    chart(
        page,
        "Loss over steps",
        &[
            curve(&metrics.train_loss, first),
            curve(&metrics.dev_loss, second),
        ],
        metrics.best_step,
        |y| format!("{y:.2}"),
    );
    let (title, points) = match metrics.dev_micro_f1.is_empty() {
        true => ("Accuracy on dev over steps", &metrics.dev_accuracy),
        false => ("Micro-F1 on dev over steps", &metrics.dev_micro_f1),
    };
    page.put("</figure><figure><figcaption>{}</figcaption>", &[&title]);
    chart(
        page,
        title,
        &[curve(points, second)],
        metrics.best_step,
        |y| match metrics.dev_micro_f1.is_empty() {
            true => format!("{:.1} %", 100.0 * y),
            false => format!("{y:.3}"),
        },
    );
    page.put("</figure></div>", &[]);
    if let Some(best) = metrics.best_step {
        page.put(
            "<p class=\"soft\">The dashed line marks step {}, the best look at dev.</p>",
            &[&super::figures::grouped(best as u64)],
        );
    }
    page.put("</section>\n", &[]);
}

fn chart(
    page: &mut Markup,
    title: &'static str,
    curves: &[Curve<'_>],
    mark: Option<f64>,
    label: impl Fn(f64) -> String,
) {
    let points = || curves.iter().flat_map(|curve| curve.points);
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    };
    let (_, last) = range(&mut points().map(|p| p.0));
    let (low, high) = range(&mut points().map(|p| p.1));
    if !(last.is_finite() && low.is_finite()) {
        page.put("<p>Nothing was logged.</p>", &[]);
        return;
    }
    let ticks = ticks(low, high);
    let (bottom, top) = (ticks[0], ticks[ticks.len() - 1]);
    let [left, above, right, below] = MARGINS;
    let x = |step: f64| left + (WIDTH - left - right) * step / last.max(1.0);
    let y =
        |value: f64| above + (HEIGHT - above - below) * (1.0 - (value - bottom) / (top - bottom));
    let at = |v: f64| format!("{v:.1}");
    page.put(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        &[&WIDTH, &HEIGHT, &title],
    );
    for &tick in &ticks {
        page.put(
            "<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            &[&at(left), &at(WIDTH - right), &at(y(tick)), &at(y(tick)), &at(left - 5.0), &at(y(tick) + 4.0), &label(tick)],
        );
    }
    for share in [0.0, 0.5, 1.0] {
        let step = (share * last).round();
        let anchor = ["start", "middle", "end"][(2.0 * share) as usize];
        page.put(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
            &[
                &at(x(step)),
                &at(HEIGHT - 9.0),
                &anchor,
                &super::figures::grouped(step as u64),
            ],
        );
    }
    if let Some(step) = mark {
        page.put(
            "<line class=\"ideal\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>",
            &[&at(x(step)), &at(x(step)), &at(above), &at(HEIGHT - below)],
        );
    }
    for curve in curves {
        let stride = curve.points.len().div_ceil(MOST_POINTS).max(1);
        let drawn = curve.points.iter().rev().step_by(stride).rev();
        let line: Vec<String> = drawn
            .map(|p| format!("{:.1},{:.1}", x(p.0), y(p.1)))
            .collect();
        page.put(
            "<polyline class=\"{}\" points=\"{}\"/>",
            &[&curve.line, &line.join(" ")],
        );
        if line.len() <= 40 {
            for point in line.iter().filter_map(|point| point.split_once(',')) {
                page.put(
                    "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>",
                    &[&curve.dot, &point.0, &point.1],
                );
            }
        }
    }
    page.put("</svg>", &[]);
}

/// Round values from below `low` to above `high`, three to seven of them.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = (high - low).max(high.abs() * 1e-3).max(1e-6);
    let power = 10f64.powf((span / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| span / step <= 5.0)
        .unwrap_or(10.0 * power);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let last = last.max(first + 1.0);
    (0..=(last - first) as usize)
        .map(|i| (first + i as f64) * step)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        for (low, high) in [
            (0.0, 1.0),
            (0.31, 0.35),
            (2.0, 2.0),
            (0.0, 0.0),
            (0.91, 0.9999),
            (1e-7, 3e4),
        ] {
            let ticks = ticks(low, high);
            assert!((2..=8).contains(&ticks.len()), "{low} {high}: {ticks:?}");
            assert!(
                ticks[0] <= low + 1e-9 && ticks[ticks.len() - 1] >= high - 1e-9,
                "{ticks:?}"
            );
        }
        let shown: Vec<String> = ticks(0.31, 0.35)
            .iter()
            .map(|t| format!("{t:.2}"))
            .collect();
        assert_eq!(shown, ["0.31", "0.32", "0.33", "0.34", "0.35"]);
    }
}
