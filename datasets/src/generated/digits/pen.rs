//! Pen and paper: strokes become ink, sized and centred as MNIST's digits are.

use super::super::draw::Draw;
use super::hand::Chain;
use super::stroke::Point;

/// Rows and columns of the image.
pub(super) const SIDE: usize = 28;
/// The ink's longer side, in pixels.
const BOX: f64 = 20.0;

/// The image `[28, 28]` of the strokes, 255 = ink.
pub(super) fn ink(strokes: &[Chain], label: u32, draw: &mut Draw) -> Vec<u8> {
    let pen = Pen::new(label, draw);
    let sheet = Sheet::draw(&fit(strokes, pen.radius), &pen, draw);
    sheet.centred().into_bytes()
}

/// Scales and moves the strokes so that their ink fills the box by its longer side.
fn fit(strokes: &[Chain], radius: f64) -> Vec<Chain> {
    let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
    for point in strokes.iter().flatten() {
        for (axis, value) in [point.x, point.y].into_iter().enumerate() {
            low[axis] = low[axis].min(value);
            high[axis] = high[axis].max(value);
        }
    }
    let longest = (high[0] - low[0]).max(high[1] - low[1]).max(1e-6);
    let scale = (BOX - 2.0 * radius) / longest;
    let middle = SIDE as f64 / 2.0;
    let place = |point: &Point| Point {
        x: middle + (point.x - (low[0] + high[0]) / 2.0) * scale,
        y: middle + (point.y - (low[1] + high[1]) / 2.0) * scale,
    };
    let chain = |chain: &Chain| chain.iter().map(place).collect();
    strokes.iter().map(chain).collect()
}

/// What is written with.
struct Pen {
    /// Half the thickness of a line, in pixels.
    radius: f64,
    /// How much pressure varies, as a part of the radius.
    pressure: f64,
    /// How far a line gets thinner towards its ends.
    taper: f64,
    /// Width of the grey edge, in pixels.
    softness: f64,
    /// Unevenness of the edge.
    roughness: f64,
}

impl Pen {
    fn new(label: u32, draw: &mut Draw) -> Self {
        let radius = if label == 1 { 1.45 } else { 1.22 };
        Self {
            radius: draw.around(radius, 0.36).clamp(0.6, 3.0)
                * if draw.chance(0.06) { 1.5 } else { 1.0 },
            pressure: draw.range(0.0, 0.25),
            taper: if draw.chance(0.3) {
                draw.range(0.0, 0.5)
            } else {
                0.0
            },
            softness: draw.range(0.9, 1.5),
            roughness: draw.range(0.0, 0.12),
        }
    }

    /// The radius along a chain of `points` points: pressure wanders smoothly, ends may taper.
    fn radii(&self, points: usize, draw: &mut Draw) -> Vec<f64> {
        const BETWEEN: usize = 12;
        let anchors: Vec<f64> = (0..points / BETWEEN + 2).map(|_| draw.bell()).collect();
        (0..points)
            .map(|point| {
                let (anchor, t) = (point / BETWEEN, (point % BETWEEN) as f64 / BETWEEN as f64);
                let wander = anchors[anchor] * (1.0 - t) + anchors[anchor + 1] * t;
                let end = point.min(points - 1 - point) as f64 / 8.0;
                let thin = self.taper * (1.0 - end.min(1.0));
                self.radius * (1.0 + self.pressure * wander - thin).max(0.35)
            })
            .collect()
    }
}

/// Ink on paper: coverage of each pixel, 0 to 1.
struct Sheet([[f64; SIDE]; SIDE]);

impl Sheet {
    fn draw(strokes: &[Chain], pen: &Pen, draw: &mut Draw) -> Self {
        let mut sheet = Self([[0.0; SIDE]; SIDE]);
        for chain in strokes {
            let radii = pen.radii(chain.len(), draw);
            for (points, radii) in chain.windows(2).zip(radii.windows(2)) {
                sheet.line(points, radii, pen.softness);
            }
        }
        for coverage in sheet.0.iter_mut().flatten() {
            // Only edges are uneven: full ink and bare paper stay as they are.
            let edge = 4.0 * *coverage * (1.0 - *coverage);
            if edge > 0.0 {
                *coverage = (*coverage + pen.roughness * edge * draw.bell()).clamp(0.0, 1.0);
            }
        }
        sheet
    }

    /// One straight piece with round ends; overlapping pieces do not add up.
    fn line(&mut self, points: &[Point], radii: &[f64], softness: f64) {
        let (from, to) = (points[0], points[1]);
        let reach = radii[0].max(radii[1]) + softness;
        let rows = pixels(from.y.min(to.y) - reach, from.y.max(to.y) + reach);
        let columns = pixels(from.x.min(to.x) - reach, from.x.max(to.x) + reach);
        let (along_x, along_y) = (to.x - from.x, to.y - from.y);
        let length = along_x * along_x + along_y * along_y;
        for row in rows {
            for column in columns.clone() {
                let (x, y) = (column as f64 + 0.5 - from.x, row as f64 + 0.5 - from.y);
                let t = if length > 0.0 {
                    ((x * along_x + y * along_y) / length).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let (dx, dy) = (x - t * along_x, y - t * along_y);
                let distance = (dx * dx + dy * dy).sqrt();
                let radius = radii[0] * (1.0 - t) + radii[1] * t;
                let coverage = ((radius - distance) / softness + 0.5).clamp(0.0, 1.0);
                let pixel = &mut self.0[row][column];
                *pixel = pixel.max(coverage);
            }
        }
    }

    /// Moved by whole pixels so that the centre of mass lies in the middle; ink never leaves the paper.
    fn centred(self) -> Self {
        let (mut mass, mut sum) = (0.0, [0.0; 2]);
        let (mut low, mut high) = ([SIDE as i64; 2], [0i64; 2]);
        for (row, line) in self.0.iter().enumerate() {
            for (column, &coverage) in line.iter().enumerate() {
                if coverage > 0.0 {
                    mass += coverage;
                    for (axis, place) in [row, column].into_iter().enumerate() {
                        sum[axis] += coverage * (place as f64 + 0.5);
                        low[axis] = low[axis].min(place as i64);
                        high[axis] = high[axis].max(place as i64);
                    }
                }
            }
        }
        if mass == 0.0 {
            return self;
        }
        let shift: [i64; 2] = std::array::from_fn(|axis| {
            let wanted = (SIDE as f64 / 2.0 - sum[axis] / mass + 0.5).floor() as i64;
            wanted.clamp(-low[axis], SIDE as i64 - 1 - high[axis])
        });
        let mut moved = [[0.0; SIDE]; SIDE];
        for row in low[0]..=high[0] {
            for column in low[1]..=high[1] {
                moved[(row + shift[0]) as usize][(column + shift[1]) as usize] =
                    self.0[row as usize][column as usize];
            }
        }
        Self(moved)
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0
            .iter()
            .flatten()
            .map(|coverage| (coverage * 255.0 + 0.5) as u8)
            .collect()
    }
}

/// The pixels between two coordinates, within the paper.
fn pixels(low: f64, high: f64) -> std::ops::Range<usize> {
    let inside = |value: f64| value.clamp(0.0, SIDE as f64) as usize;
    inside(low.floor())..inside(high.ceil())
}
