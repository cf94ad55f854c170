//! An unsteady hand: what makes one person's five differ from another's.

use super::super::draw::Draw;
use super::stroke::{Point, Stroke};

/// A chain of points in the plane of the skeleton, unscaled.
pub(super) type Chain = Vec<Point>;

/// Writes the skeleton: jitter of every knot, then the smooth curves through slant, rotation, aspect and a warp.
pub(super) fn write(mut strokes: Vec<Stroke>, label: u32, draw: &mut Draw) -> Vec<Chain> {
    let jitter = draw.range(0.004, 0.045);
    let angular = if draw.chance(0.2) {
        draw.range(0.0, 0.5)
    } else {
        0.0
    };
    for knot in strokes.iter_mut().flat_map(|stroke| &mut stroke.knots) {
        knot.at.x += jitter * draw.bell();
        knot.at.y += jitter * draw.bell();
        knot.corner |= draw.chance(angular);
    }
    let warp = Warp::new(draw);
    let posture = Posture::new(label, draw);
    let bend = |point| posture.apply(warp.apply(point));
    strokes
        .iter()
        .map(|stroke| stroke.flatten().into_iter().map(bend).collect())
        .collect()
}

/// Slant, rotation and width of the writing.
struct Posture {
    slant: f64,
    width: f64,
    /// Cosine and sine of the rotation.
    turn: (f64, f64),
}

impl Posture {
    fn new(label: u32, draw: &mut Draw) -> Self {
        // A one is nothing but its slant, which varies more than that of other digits.
        let slant = if label == 1 {
            draw.around(0.28, 0.30)
        } else {
            draw.around(0.24, 0.24)
        };
        let width = draw.around(0.86, 0.23).clamp(0.4, 1.6);
        let tangent = draw.around(0.0, 0.09);
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        Self {
            slant,
            width,
            turn: (cosine, cosine * tangent),
        }
    }

    fn apply(&self, point: Point) -> Point {
        let (cosine, sine) = self.turn;
        let (x, y) = ((point.x - 0.5) * self.width, point.y - 0.5);
        let x = x - self.slant * y;
        Point {
            x: cosine * x - sine * y,
            y: sine * x + cosine * y,
        }
    }
}

/// A smooth random displacement of the plane: a uniform cubic B-spline over a lattice of random vectors.
struct Warp {
    lattice: [[Point; Warp::SIDE]; Warp::SIDE],
}

impl Warp {
    const SIDE: usize = 6;

    fn new(draw: &mut Draw) -> Self {
        let strength = draw.range(0.02, 0.18);
        let mut vector = || Point {
            x: strength * draw.bell(),
            y: strength * draw.bell(),
        };
        let lattice = std::array::from_fn(|_| std::array::from_fn(|_| vector()));
        Self { lattice }
    }

    fn apply(&self, point: Point) -> Point {
        // The lattice covers -0.25..1.25 of the skeleton's unit square; farther out its edge is continued.
        let cells = (Self::SIDE - 3) as f64;
        let place = |value: f64| ((value + 0.25) / 1.5 * cells).clamp(0.0, cells - 1e-9);
        let (column, row) = (place(point.x), place(point.y));
        let (left, top) = (column as usize, row as usize);
        let across = b_spline(column - left as f64);
        let down = b_spline(row - top as f64);
        let mut moved = point;
        for (line, weight) in self.lattice[top..].iter().zip(down) {
            for (vector, share) in line[left..].iter().zip(across) {
                moved.x += weight * share * vector.x;
                moved.y += weight * share * vector.y;
            }
        }
        moved
    }
}

/// The four weights of a uniform cubic B-spline at `t` of a cell; they add up to 1.
fn b_spline(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        s * s * s / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
        t * t * t / 6.0,
    ]
}
