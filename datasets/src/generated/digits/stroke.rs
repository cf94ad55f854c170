//! Strokes: smooth curves through knots, with corners where the pen turns sharply.

/// A point of the plane; x runs right, y runs down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A point the pen passes through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knot {
    pub(super) at: Point,
    /// The pen turns sharply here.
    pub(super) corner: bool,
}

/// One movement of the pen without lifting it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stroke {
    pub(super) knots: Vec<Knot>,
}

impl Stroke {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Passes smoothly through (x, y).
    pub(super) fn to(mut self, x: f64, y: f64) -> Self {
        let at = Point { x, y };
        self.knots.push(Knot { at, corner: false });
        self
    }

    /// Turns sharply at (x, y).
    pub(super) fn corner(mut self, x: f64, y: f64) -> Self {
        let at = Point { x, y };
        self.knots.push(Knot { at, corner: true });
        self
    }

    /// Follows an ellipse around (x, y): from direction `first`, in `steps` eighths of a turn; directions count
    /// clockwise from 0 = right over 2 = down, 4 = left, 6 = up, negative steps turn the other way.
    pub(super) fn oval(
        mut self,
        (x, y): (f64, f64),
        (radius_x, radius_y): (f64, f64),
        first: i32,
        steps: i32,
    ) -> Self {
        const D: f64 = std::f64::consts::FRAC_1_SQRT_2;
        const EIGHTHS: [(f64, f64); 8] = [
            (1.0, 0.0),
            (D, D),
            (0.0, 1.0),
            (-D, D),
            (-1.0, 0.0),
            (-D, -D),
            (0.0, -1.0),
            (D, -D),
        ];
        for step in 0..=steps.abs() {
            let direction = (first + step * steps.signum()).rem_euclid(8) as usize;
            let (right, down) = EIGHTHS[direction];
            self = self.to(x + radius_x * right, y + radius_y * down);
        }
        self
    }

    /// The curve as a chain of points: a Catmull-Rom spline between the corners.
    pub(super) fn flatten(&self) -> Vec<Point> {
        const PIECES: usize = 8;
        let Some(first) = self.knots.first() else {
            return Vec::new();
        };
        let mut points = vec![first.at];
        for (index, pair) in self.knots.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            // Beyond an end or a corner the curve is continued by mirroring, which gives a natural end.
            let before = match index.checked_sub(1).map(|before| self.knots[before]) {
                Some(before) if !from.corner => before.at,
                _ => mirror(to.at, from.at),
            };
            let after = match self.knots.get(index + 2) {
                Some(after) if !to.corner => after.at,
                _ => mirror(from.at, to.at),
            };
            for piece in 1..=PIECES {
                let t = piece as f64 / PIECES as f64;
                points.push(Point {
                    x: catmull_rom([before.x, from.at.x, to.at.x, after.x], t),
                    y: catmull_rom([before.y, from.at.y, to.at.y, after.y], t),
                });
            }
        }
        points
    }
}

fn mirror(point: Point, at: Point) -> Point {
    Point {
        x: 2.0 * at.x - point.x,
        y: 2.0 * at.y - point.y,
    }
}

fn catmull_rom([a, b, c, d]: [f64; 4], t: f64) -> f64 {
    let linear = c - a;
    let square = 2.0 * a - 5.0 * b + 4.0 * c - d;
    let cube = 3.0 * b - a - 3.0 * c + d;
    b + 0.5 * t * (linear + t * (square + t * cube))
}
