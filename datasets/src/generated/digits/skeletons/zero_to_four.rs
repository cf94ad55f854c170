//! Ways to write 0, 1, 2, 3 and 4.

use super::super::super::draw::Draw;
use super::super::stroke::Stroke;

/// An oval, begun near the top; its ends meet, cross, leave a gap or curl inwards.
pub(super) fn zero(draw: &mut Draw) -> Vec<Stroke> {
    let radius = (draw.range(0.22, 0.56), 0.5);
    let first = *draw.pick(&[5, 6, 6, 7, 7]);
    let steps = *draw.pick(&[-7, -8, -8, -8, -9]);
    let mut stroke = Stroke::new().oval((0.5, 0.5), radius, first, steps);
    let inward = draw.around(0.0, 0.14);
    if let Some(end) = stroke.knots.last_mut() {
        end.at.x += inward * (0.5 - end.at.x);
        end.at.y += inward * (0.5 - end.at.y) + draw.around(0.0, 0.03);
    }
    if draw.chance(0.2) {
        // The pen goes on into the oval.
        stroke = stroke.to(
            0.5 + draw.around(0.0, 0.5) * radius.0,
            draw.range(0.15, 0.5),
        );
    }
    vec![stroke]
}

/// A bar; now and then with a flag, and then with a foot.
pub(super) fn one(draw: &mut Draw) -> Vec<Stroke> {
    let bow = draw.around(0.0, 0.035);
    let flag = draw.chance(0.16);
    let bar = if flag {
        let reach = draw.range(0.1, 0.42);
        let begin = Stroke::new().to(0.5 - reach, draw.range(0.08, 0.35));
        if draw.chance(0.7) {
            begin.corner(0.5, 0.0)
        } else {
            begin.to(0.46, 0.01).to(0.51, 0.1)
        }
    } else {
        Stroke::new().to(0.5, 0.0)
    };
    let mut strokes = vec![bar.to(0.5 + bow, 0.5).to(0.5, 1.0)];
    if flag && draw.chance(0.5) {
        let (left, right) = (draw.range(0.15, 0.45), draw.range(0.15, 0.45));
        let tilt = draw.around(0.0, 0.03);
        strokes.push(
            Stroke::new()
                .to(0.5 - left, 1.0 + tilt)
                .to(0.5 + right, 1.0 - tilt),
        );
    }
    strokes
}

/// An arch, a slope, a base; the turn between the last two is a corner, a curve or a loop.
pub(super) fn two(draw: &mut Draw) -> Vec<Stroke> {
    let right = draw.range(0.66, 1.0);
    let shoulder = draw.range(0.18, 0.36);
    let left = draw.range(0.0, 0.28);
    let mut stroke = Stroke::new();
    if draw.chance(0.4) {
        stroke = stroke.to(
            left + draw.range(-0.02, 0.12),
            shoulder + draw.range(0.05, 0.2),
        );
    }
    stroke = stroke
        .to(left, draw.range(0.12, 0.3))
        .to(draw.range(0.3, 0.58), draw.range(-0.02, 0.05))
        .to(right, shoulder);
    if draw.chance(0.25) {
        // A round right side.
        stroke = stroke.to(
            right - draw.range(0.0, 0.08),
            shoulder + draw.range(0.18, 0.3),
        );
    }
    let foot = draw.range(-0.08, 0.25);
    stroke = stroke.to(
        (right + foot) / 2.0 + draw.range(0.05, 0.18),
        draw.range(0.55, 0.72),
    );
    // The base may be short, or run on far to the right, rising or falling.
    let base_end = if draw.chance(0.3) {
        draw.range(1.05, 1.5)
    } else {
        draw.range(0.7, 1.1)
    };
    let base_fall = draw.around(0.0, 0.09);
    let sag = draw.around(0.95, 0.05);
    match draw.weighted(&[0.36, 0.44, 0.20]) {
        0 => {
            stroke = stroke
                .corner(foot, draw.range(0.88, 1.0))
                .to((foot + base_end) / 2.0, sag)
                .to(base_end, 0.95 + base_fall);
        }
        1 => {
            // The pen turns left and up, crosses the slope and leaves to the right; a big loop makes the two look
            // like a delta, and its end often hangs below it.
            let size = draw.range(0.06, 0.32);
            let width = draw.range(0.6, 1.6) * size + 0.04;
            let foot = foot.min(0.12);
            let end = base_end.max(foot + width + draw.range(0.45, 0.9));
            let low = draw.range(0.84, 0.99);
            stroke = stroke
                .to(foot + width + 0.06, low - 0.02)
                .to(foot + 0.3 * width, low)
                .to(foot - 0.1 * width, low - 0.45 * size)
                .to(foot + 0.5 * width, low - size)
                .to(foot + 1.4 * width + 0.1, low - draw.range(0.3, 0.7) * size)
                .to(
                    (foot + width + end) / 2.0 + 0.1,
                    low + draw.range(-0.04, 0.08),
                )
                .to(end, low + base_fall + draw.range(-0.05, 0.14));
        }
        _ => {
            stroke = stroke
                .to(foot + 0.05, draw.range(0.84, 0.95))
                .to(foot + 0.22, 1.0)
                .to(base_end, 0.95 + base_fall);
        }
    }
    vec![stroke]
}

/// Two bows, open to the left; the waist is a corner, a small loop or a curve; the top may be flat.
pub(super) fn three(draw: &mut Draw) -> Vec<Stroke> {
    let waist = draw.range(0.36, 0.58);
    let notch = draw.range(0.18, 0.55);
    let upper = draw.range(0.6, 0.95);
    let lower = draw.range(0.68, 1.0);
    let mut stroke = if draw.chance(0.12) {
        // A flat top and a straight way back.
        Stroke::new()
            .to(draw.range(0.0, 0.25), draw.range(0.0, 0.1))
            .corner(upper, draw.range(-0.02, 0.06))
    } else {
        let mut begin = Stroke::new();
        if draw.chance(0.25) {
            begin = begin.to(draw.range(0.08, 0.3), draw.range(0.24, 0.38));
        }
        begin
            .to(draw.range(0.0, 0.25), draw.range(0.06, 0.24))
            .to(draw.range(0.28, 0.58), draw.range(-0.01, 0.04))
            .to(upper, draw.range(0.14, 0.3) * waist / 0.47)
            .to(draw.range(0.5, 0.75), waist - draw.range(0.05, 0.12))
    };
    stroke = match draw.weighted(&[0.55, 0.2, 0.25]) {
        0 => stroke.corner(notch, waist),
        1 => stroke
            .to(notch, waist)
            .to(notch - 0.05, waist + 0.05)
            .to(notch + 0.04, waist + 0.06),
        _ => stroke.to(notch + 0.12, waist + 0.02),
    };
    stroke = stroke
        .to(draw.range(0.6, 0.8), waist + draw.range(0.03, 0.12))
        .to(lower, (waist + 1.0) / 2.0 + draw.around(0.02, 0.04))
        .to(draw.range(0.35, 0.65), draw.range(0.95, 1.02));
    if draw.chance(0.25) {
        stroke = stroke
            .to(draw.range(0.02, 0.2), draw.range(0.86, 0.98))
            .to(draw.range(-0.08, 0.15), draw.range(0.65, 0.85));
    } else {
        stroke = stroke.to(draw.range(-0.1, 0.25), draw.range(0.75, 1.02));
    }
    vec![stroke]
}

/// Open, closed, or written in one go.
pub(super) fn four(draw: &mut Draw) -> Vec<Stroke> {
    let bar = draw.range(0.42, 0.74);
    let stem = draw.range(0.55, 0.85);
    let rise = draw.around(-0.02, 0.06);
    match draw.weighted(&[0.60, 0.20, 0.20]) {
        0 => {
            // Down, sharply or roundly to the right; the stem crosses the bar.
            let top = draw.range(0.0, 0.5);
            let corner = draw.range(-0.02, 0.15);
            let end = draw.range(0.78, 1.15);
            let mut first = Stroke::new().to(top, draw.range(0.0, 0.15));
            first = if draw.chance(0.65) {
                first
                    .to((top + corner) / 2.0 - 0.02, bar * 0.6)
                    .corner(corner, bar)
            } else {
                first.to(corner, bar - 0.1).to(corner + 0.12, bar + 0.02)
            };
            first = first
                .to((corner + end) / 2.0, bar + rise / 2.0)
                .to(end, bar + rise);
            let high = draw.range(-0.02, 0.35);
            let second = Stroke::new()
                .to(stem + draw.range(-0.05, 0.14), high)
                .to(stem, 0.6)
                .to(stem - draw.range(-0.03, 0.1), 1.0);
            vec![first, second]
        }
        1 => {
            // A closed triangle on a stem.
            let left = draw.range(-0.05, 0.1);
            let first = Stroke::new()
                .to(stem, 0.0)
                .corner(left, bar)
                .to(draw.range(0.85, 1.1), bar + rise);
            let second = Stroke::new()
                .to(stem, 0.0)
                .to(stem, 0.5)
                .to(stem - draw.around(0.02, 0.03), 1.0);
            vec![first, second]
        }
        _ => {
            // One stroke: down, across, up to the top of the stem, and down.
            let left = draw.range(0.0, 0.18);
            let stroke = Stroke::new()
                .to(draw.range(0.08, 0.3), draw.range(0.0, 0.12))
                .to(left, bar * 0.6)
                .to(left + 0.15, bar)
                .to(stem - 0.12, bar - draw.range(0.0, 0.1))
                .corner(stem + 0.06, draw.range(0.0, 0.2))
                .to(stem, 0.6)
                .to(stem - draw.range(-0.02, 0.12), 1.0);
            vec![stroke]
        }
    }
}
