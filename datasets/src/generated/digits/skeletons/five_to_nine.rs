//! Ways to write 5, 6, 7, 8 and 9.

use super::super::super::draw::Draw;
use super::super::stroke::Stroke;

/// A neck, a belly, and a bar that belongs to the stroke or is set on afterwards.
pub(super) fn five(draw: &mut Draw) -> Vec<Stroke> {
    let neck = draw.range(0.1, 0.42);
    let bar_end = draw.range(0.7, 1.3);
    let bar_rise = draw.around(0.04, 0.07);
    let shoulder = draw.range(0.24, 0.52);
    let belly = draw.range(0.66, 0.98);
    let bottom = draw.range(0.62, 0.8);
    let hump = (draw.range(0.4, 0.62), shoulder - draw.range(-0.06, 0.1));
    // The end of the belly, which may curl up.
    let mut ending = vec![(draw.range(0.3, 0.55), draw.range(0.95, 1.02))];
    if draw.chance(0.3) {
        ending.push((draw.range(0.0, 0.2), draw.range(0.86, 0.98)));
        ending.push((draw.range(-0.12, 0.1), draw.range(0.6, 0.82)));
    } else {
        ending.push((draw.range(-0.12, 0.2), draw.range(0.78, 1.0)));
    }
    let below = |stroke: Stroke| {
        let stroke = stroke.to(belly, bottom);
        ending
            .iter()
            .fold(stroke, |stroke, &(x, y)| stroke.to(x, y))
    };
    let bar_top = draw.range(-0.02, 0.08);
    let neck_foot = neck - draw.range(-0.02, 0.14);
    let sharp = draw.chance(0.5);
    let along_neck = |stroke: Stroke| {
        if sharp {
            stroke.corner(neck_foot, shoulder)
        } else {
            stroke.to(neck_foot, shoulder - 0.06)
        }
    };
    match draw.weighted(&[0.45, 0.38, 0.17]) {
        0 => {
            // Neck and belly, then the bar.
            let body = along_neck(Stroke::new().to(neck + 0.04, 0.02)).to(hump.0, hump.1);
            let gap = draw.around(0.04, 0.07);
            let bar = Stroke::new()
                .to(neck + gap, bar_top + bar_rise)
                .to((neck + bar_end) / 2.0, bar_top + draw.around(0.0, 0.03))
                .to(bar_end, bar_top - bar_rise);
            vec![below(body), bar]
        }
        1 => {
            // One go, beginning at the end of the bar.
            let body = Stroke::new()
                .to(bar_end, bar_top - bar_rise)
                .corner(neck + 0.05, bar_top + bar_rise);
            vec![below(along_neck(body).to(hump.0, hump.1))]
        }
        _ => {
            // All curves, like an S.
            let body = Stroke::new()
                .to(bar_end, bar_top - bar_rise)
                .to(draw.range(0.4, 0.6), bar_top + 0.02)
                .to(neck, draw.range(0.18, 0.28))
                .to(draw.range(0.4, 0.6), shoulder + 0.06);
            vec![below(body)]
        }
    }
}

/// A long bow into a loop.
pub(super) fn six(draw: &mut Draw) -> Vec<Stroke> {
    let left = draw.range(0.0, 0.2);
    let loop_top = draw.range(0.4, 0.76);
    let right = draw.range(0.6, 1.05);
    let start = draw.range(0.1, 0.9);
    let middle = (left + right) / 2.0;
    let low = draw.range(0.66, 0.84);
    let mut stroke = Stroke::new().to(start, draw.range(-0.02, 0.06));
    if draw.chance(0.4) {
        // A round back.
        stroke = stroke.to(
            left + draw.range(0.15, 0.4) * (start - left),
            draw.range(0.14, 0.24),
        );
    }
    stroke = stroke.to(
        left + draw.range(0.0, 0.3) * (start - left),
        draw.range(0.36, 0.52),
    );
    let bottom = draw.range(0.97, 1.02);
    if draw.chance(0.2) {
        // Straight down, sharply to the right.
        stroke = stroke
            .corner(left, draw.range(0.86, 1.0))
            .to(middle + 0.1, bottom);
    } else {
        stroke = stroke
            .to(left, low)
            .to(middle - draw.range(0.0, 0.12), bottom);
    }
    stroke = stroke
        .to(right, (loop_top + 1.0) / 2.0 + draw.around(0.0, 0.04))
        .to(
            middle + draw.range(-0.05, 0.15),
            loop_top + draw.around(0.0, 0.02),
        );
    stroke = match draw.weighted(&[0.5, 0.25, 0.25]) {
        // Back to the bow.
        0 => stroke.to(left + draw.range(0.0, 0.12), draw.range(0.7, 0.86)),
        // A curl that ends inside.
        1 => stroke.to(
            left + draw.range(0.12, 0.3),
            loop_top + draw.range(0.02, 0.2),
        ),
        // The loop crosses the bow.
        _ => stroke
            .to(left + 0.05, loop_top + draw.range(0.06, 0.16))
            .to(
                left - draw.range(0.02, 0.14),
                loop_top + draw.range(0.12, 0.3),
            ),
    };
    vec![stroke]
}

/// A bar and a slope; a serif at its beginning, a stroke across, a round or sharp turn.
pub(super) fn seven(draw: &mut Draw) -> Vec<Stroke> {
    let left = draw.range(-0.05, 0.2);
    let right = draw.range(0.75, 1.0);
    let top = draw.range(0.0, 0.12);
    let foot = draw.range(0.15, 0.75);
    let mut stroke = Stroke::new();
    if draw.chance(0.35) {
        let serif = draw.range(0.08, 0.42);
        stroke = stroke.to(left - draw.range(-0.02, 0.08), top + serif);
        stroke = if draw.chance(0.6) {
            stroke.corner(left, top)
        } else {
            stroke.to(left + 0.04, top + 0.04)
        };
    } else {
        stroke = stroke.to(left, top + draw.around(0.04, 0.07));
    }
    stroke = stroke.to((left + right) / 2.0, top + draw.around(0.0, 0.05));
    stroke = if draw.chance(0.55) {
        stroke.corner(right, draw.range(-0.08, 0.08))
    } else {
        stroke
            .to(right - 0.05, 0.04)
            .to(right, draw.range(0.1, 0.25))
    };
    let bow = draw.around(-0.01, 0.07);
    stroke = stroke.to((right + foot) / 2.0 + bow, 0.5).to(foot, 1.0);
    let mut strokes = vec![stroke];
    if draw.chance(0.18) {
        let at = draw.range(0.38, 0.62);
        let middle = right + (foot - right) * at + bow + draw.around(0.0, 0.05);
        let (before, after) = (draw.range(0.15, 0.4), draw.range(0.12, 0.4));
        let rise = draw.around(0.02, 0.04);
        strokes.push(
            Stroke::new()
                .to(middle - before, at + rise)
                .to(middle + after, at - rise),
        );
    }
    strokes
}

/// An S closed by its return, or two rings.
pub(super) fn eight(draw: &mut Draw) -> Vec<Stroke> {
    let waist = draw.range(0.34, 0.64);
    let upper = draw.range(0.1, 0.4);
    let lower = draw.range(0.15, 0.46);
    let lean = draw.around(0.0, 0.06);
    if draw.chance(0.10) {
        let top = Stroke::new().oval((0.5 + lean, waist / 2.0), (upper, waist / 2.0), 6, -8);
        let centre = (0.5 - lean, (1.0 + waist) / 2.0);
        let bottom = Stroke::new().oval(centre, (lower, (1.0 - waist) / 2.0), 6, -8);
        return vec![top, bottom];
    }
    let half = waist / 2.0;
    let ring = (1.0 + waist) / 2.0;
    let cross = 0.5 + draw.around(0.0, 0.05);
    // Begun at the upper right, drawn leftwards over the top; the beginning may stick out.
    let start = if draw.chance(0.3) {
        (
            0.5 + upper * draw.range(1.1, 2.4),
            half * draw.range(-0.4, 0.7),
        )
    } else {
        (
            0.5 + upper * draw.range(0.5, 1.0),
            half * draw.range(0.3, 1.0),
        )
    };
    let mut stroke = Stroke::new()
        .to(start.0, start.1)
        .to(0.5 + lean, draw.range(-0.01, 0.06))
        .to(0.5 - upper + 0.5 * lean, half + draw.around(0.0, 0.03))
        .to(cross, waist)
        .to(0.5 + lower, ring + draw.around(0.03, 0.04))
        .to(0.5 - lean, 1.0)
        .to(0.5 - lower, ring + draw.around(0.03, 0.04))
        .to(
            cross + draw.around(0.02, 0.05),
            waist + draw.around(0.0, 0.04),
        );
    stroke = match draw.weighted(&[0.5, 0.2, 0.3]) {
        // Back to the beginning, about.
        0 => stroke.to(
            start.0 - draw.range(-0.06, 0.1),
            start.1 + draw.range(-0.04, 0.12),
        ),
        // Past it.
        1 => stroke
            .to(0.5 + upper * draw.range(0.8, 1.1), half)
            .to(0.5 + lean + draw.range(0.0, 0.1), draw.range(-0.1, 0.05)),
        // The top stays open.
        _ => stroke.to(
            0.5 + upper * draw.range(0.7, 2.4),
            half * draw.range(-0.3, 1.2),
        ),
    };
    vec![stroke]
}

/// A loop and a stem, straight, bent or with a hook.
pub(super) fn nine(draw: &mut Draw) -> Vec<Stroke> {
    let right = draw.range(0.62, 0.95);
    let left = draw.range(0.0, 0.22);
    let bottom = draw.range(0.34, 0.68);
    let middle = (left + right) / 2.0;
    // Where the loop begins: at the stem, or short of it so that the top stays open.
    let begin = if draw.chance(0.25) {
        (right - draw.range(0.1, 0.35), draw.range(-0.02, 0.08))
    } else {
        (right - draw.range(-0.03, 0.12), draw.range(0.04, 0.24))
    };
    let mut stroke = Stroke::new().to(begin.0, begin.1);
    if begin.1 > 0.1 {
        stroke = stroke.to(middle + draw.range(-0.06, 0.08), draw.range(-0.01, 0.03));
    }
    stroke = stroke
        .to(left, bottom / 2.0 + draw.around(0.02, 0.05))
        .to(middle - draw.range(-0.04, 0.1), bottom);
    let foot = draw.range(0.25, 0.95);
    stroke = if draw.chance(0.55) {
        // The loop closes at the top of the stem.
        stroke
            .to(right - 0.06, bottom * draw.range(0.45, 0.75))
            .corner(right + draw.around(0.0, 0.03), draw.range(-0.02, 0.25))
    } else {
        stroke.to(right, bottom * draw.range(0.35, 0.7))
    };
    stroke = match draw.weighted(&[0.66, 0.16, 0.18]) {
        0 => stroke
            .to((right * 2.0 + foot) / 3.0 + draw.around(0.0, 0.035), 0.6)
            .to(foot, 1.0),
        1 => stroke
            .to(right, 0.65)
            .to(right + draw.around(0.0, 0.04), 1.0),
        _ => stroke
            .to(right - 0.02, 0.62)
            .to(right - draw.range(0.15, 0.3), draw.range(0.9, 1.0))
            .to(draw.range(0.0, 0.3), draw.range(0.76, 1.0)),
    };
    vec![stroke]
}
