//! What a DPCNN's score comes from: a part for each word, by integrated gradients, and its pyramid floor by floor.
//!
//! A DPCNN is no sum over its words, so any split is a choice. Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic Attribution for
//! Deep Networks", 2017) have the one property that can be checked on each text: completeness. With `x` the word vectors, `0` a document
//! of as many words that are skipped, and `F` a score,
//!
//! ```text
//! part(word i) = x_i · ∫₀¹ ∂F/∂x_i (α·x) dα            Σ_i part(i) = F(x) - F(0)
//! ```
//!
//! The region embedding is linear in `x`, so the path runs straight through it, and a gradient there is shared out among the words of its
//! region by what each of them adds to it. The integral is a sum over the middles of equal steps, which double until what is
//! missing from `F(x) - F(0)` is below one part in a hundred, or there are [`MOST_STEPS`]. What is missing then is the `residual`.
//!
//! Gradient times vector alone would be one step at α = 1: cheaper, and far from complete, since biases keep the rest.

use cnn_kernels::{
    Offsets, SKIP, conv1d_backward_input, max_over_time_backward, max_over_time_forward,
    max_pool_backward, max_pool_forward, relu_conv1d_backward_input,
};

use crate::dpcnn::{AROUND, FrozenDpcnn, Region, TOKENS, WIDTH};

/// Steps that every integral takes.
const FIRST_STEPS: usize = 16;

/// The most steps an integral takes.
pub const MOST_STEPS: usize = 256;

/// The share of `F(x) - F(0)` that may be missing.
const ENOUGH: f64 = 0.01;

/// What the scores of one document come from.
#[derive(Clone, Debug, PartialEq)]
pub struct DpcnnShares {
    /// The scores (logits) `[classes]`: the bits of [`FrozenDpcnn::scores`].
    pub scores: Vec<f32>,
    /// The scores `[classes]` of as many words that are all skipped.
    pub start: Vec<f32>,
    /// What each token gives, `[tokens, classes]`; 0 for classes that were not asked for.
    pub words: Vec<f64>,
    /// `scores` less `start` and all `words`: what the integral misses, `[classes]`; 0 for classes that were not asked for.
    pub residual: Vec<f64>,
    /// Steps of the integral.
    pub steps: usize,
    /// The pyramid, longest floor first.
    pub floors: Vec<Floor>,
}

/// One floor of the pyramid, as it stands for the document itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Floor {
    /// The root mean square of the maps at each position.
    pub strength: Vec<f32>,
    /// How many maps of the top vector have their maximum at each position; only the last floor has any.
    pub won: Vec<u32>,
    /// Maps times their gradients at each position, for the first class that was asked for: where its score comes from.
    pub pull: Vec<f64>,
}

/// What a pass through the pyramid leaves for the way back.
struct Pass {
    /// Numbers of the region embedding.
    embedded: usize,
    floors: Vec<FloorPass>,
    top: Vec<f32>,
    top_winners: Vec<u32>,
}

struct FloorPass {
    positions: Offsets,
    /// What the floor reads, `[positions, maps]`.
    input: Vec<f32>,
    /// Between its convolutions.
    inner: Vec<f32>,
    /// What it gives.
    output: Vec<f32>,
    /// The winners of the pooling before it.
    winners: Vec<u32>,
}

impl FrozenDpcnn {
    /// What the scores of `classes` come from in one document.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`], or a class is none.
    pub fn shares(&self, ids: &[u32], classes: &[usize]) -> DpcnnShares {
        let count = self.classes();
        assert!(
            classes.iter().all(|class| *class < count),
            "a class is below {count}"
        );
        let offsets = Offsets::from_lengths([ids.len()]);
        let mut scores = vec![0.0; count];
        self.scores(&offsets, ids, &mut scores);
        let mut start = vec![0.0; count];
        self.scores(&offsets, &vec![SKIP; ids.len()], &mut start);
        let floors = self.floors(ids, classes.first().copied());

        let mut steps = FIRST_STEPS;
        let mut words = self.integrals(ids, classes, steps);
        let mut residual = missing(&scores, &start, &words, classes);
        let is_enough = |residual: &[f64]| {
            classes.iter().all(|class| {
                let whole = f64::from(scores[*class]) - f64::from(start[*class]);
                residual[*class].abs() <= ENOUGH * whole.abs().max(1.0)
            })
        };
        while steps < MOST_STEPS && !is_enough(&residual) {
            steps *= 2;
            words = self.integrals(ids, classes, steps);
            residual = missing(&scores, &start, &words, classes);
        }
        DpcnnShares {
            scores,
            start,
            words,
            residual,
            steps,
            floors,
        }
    }

    /// Integrated gradients `[tokens, all classes]` over so many steps, without a look at what they miss; 0 for classes that are not among
    /// `classes`.
    ///
    /// # Panics
    ///
    /// As [`FrozenDpcnn::shares`], and if there are no steps.
    pub fn integrals(&self, ids: &[u32], classes: &[usize], steps: usize) -> Vec<f64> {
        assert!(steps > 0, "an integral takes a step at least");
        let (maps, tokens) = (self.maps, ids.len());
        let mut words = vec![0.0; tokens * self.classes()];
        if tokens == 0 {
            return words;
        }
        let offsets = Offsets::from_lengths([tokens]);
        let (embedded, ground) = (self.embedded(&offsets, ids), self.ground());
        // The mean gradient of each class in the region embedding, [classes asked for, tokens, maps].
        let mut means = vec![vec![0.0f64; tokens * maps]; classes.len()];
        let together = (TOKENS / tokens).clamp(1, steps);
        for first in (0..steps).step_by(together) {
            let some = first..steps.min(first + together);
            let mut x = Vec::with_capacity(some.len() * tokens * maps);
            for step in some.clone() {
                let part = (step as f32 + 0.5) / steps as f32;
                let along =
                    |(i, e): (usize, &f32)| ground[i % maps] + part * (e - ground[i % maps]);
                x.extend(embedded.iter().enumerate().map(along));
            }
            let copies = Offsets::from_lengths(some.map(|_| tokens));
            let pass = self.pass(&copies, x);
            for (class, mean) in classes.iter().zip(&mut means) {
                let gradient = self.back(&pass, *class, |_, _| {});
                for copy in gradient.chunks_exact(tokens * maps) {
                    let sums = mean.iter_mut().zip(copy);
                    sums.for_each(|(sum, number)| *sum += f64::from(*number) / steps as f64);
                }
            }
        }
        for (class, mean) in classes.iter().zip(&means) {
            for (token, part) in self.shared_out(ids, mean).into_iter().enumerate() {
                words[token * self.classes() + class] = part;
            }
        }
        words
    }

    /// The parts `[tokens]` of a sum over the region embedding, weighted by `gradient` `[tokens, maps]`: what each word adds to it.
    fn shared_out(&self, ids: &[u32], gradient: &[f64]) -> Vec<f64> {
        let maps = self.maps;
        let dot = |numbers: &[f32], token: usize| -> f64 {
            let gradient = &gradient[token * maps..][..maps];
            numbers
                .iter()
                .zip(gradient)
                .map(|(n, g)| f64::from(*n) * g)
                .sum()
        };
        let mut parts = vec![0.0; ids.len()];
        match &self.region {
            Region::BagOfWords { words, .. } => {
                let around = self.shape.region_size / 2;
                for token in 0..ids.len() {
                    let region = token.saturating_sub(around)..(token + around + 1).min(ids.len());
                    for place in region.clone() {
                        // A word that stands in a region twice counts once: for its first place.
                        let id = ids[place];
                        if id != SKIP && !ids[region.start..place].contains(&id) {
                            parts[place] += dot(&words[id as usize * maps..][..maps], token);
                        }
                    }
                }
            }
            Region::WordVectors(table) => {
                // Each word between two that are skipped: what it adds to the position before it, its own, and the one behind.
                let alone: Vec<u32> = ids.iter().flat_map(|id| [SKIP, *id, SKIP]).collect();
                let offsets = Offsets::from_lengths(ids.iter().map(|_| WIDTH));
                let mut products = vec![0.0; alone.len() * maps];
                table.forward(&offsets, &alone, &mut products);
                let ground = self.ground();
                for row in products.chunks_exact_mut(maps) {
                    row.iter_mut().zip(&ground).for_each(|(n, bias)| *n -= bias);
                }
                for (place, part) in parts.iter_mut().enumerate() {
                    for near in 0..WIDTH {
                        let Some(token) = (place + near).checked_sub(AROUND) else {
                            continue;
                        };
                        if token < ids.len() {
                            *part += dot(&products[(place * WIDTH + near) * maps..][..maps], token);
                        }
                    }
                }
            }
        }
        parts
    }

    fn floors(&self, ids: &[u32], class: Option<usize>) -> Vec<Floor> {
        let maps = self.maps;
        let offsets = Offsets::from_lengths([ids.len()]);
        let pass = self.pass(&offsets, self.embedded(&offsets, ids));
        let strength = |row: &[f32]| {
            let squares: f64 = row.iter().map(|n| f64::from(*n).powi(2)).sum();
            (squares / maps as f64).sqrt() as f32
        };
        let floor = |floor: &FloorPass| Floor {
            strength: floor.output.chunks_exact(maps).map(strength).collect(),
            won: vec![0; floor.positions.total()],
            pull: vec![0.0; floor.positions.total()],
        };
        let mut floors: Vec<Floor> = pass.floors.iter().map(floor).collect();
        if ids.is_empty() {
            return floors;
        }
        if let Some(last) = floors.last_mut() {
            for winner in &pass.top_winners {
                last.won[*winner as usize] += 1;
            }
        }
        if let Some(class) = class {
            self.back(&pass, class, |number, gradient| {
                let rows = pass.floors[number].output.chunks_exact(maps);
                for ((pull, row), gradient) in floors[number]
                    .pull
                    .iter_mut()
                    .zip(rows)
                    .zip(gradient.chunks_exact(maps))
                {
                    let products = row.iter().zip(gradient);
                    *pull = products.map(|(n, g)| f64::from(*n) * f64::from(*g)).sum();
                }
            });
        }
        floors
    }

    fn embedded(&self, offsets: &Offsets, ids: &[u32]) -> Vec<f32> {
        let mut buffers = crate::dpcnn::Buffers::default();
        self.embed(offsets, ids, &mut buffers);
        buffers.x.truncate(ids.len() * self.maps);
        buffers.x
    }

    /// The region embedding `[maps]` of skipped words: its bias.
    fn ground(&self) -> Vec<f32> {
        self.embedded(&Offsets::from_lengths([1]), &[SKIP])
    }

    /// The way up from a region embedding `[tokens, maps]`.
    fn pass(&self, offsets: &Offsets, embedded: Vec<f32>) -> Pass {
        let maps = self.maps;
        let size = embedded.len();
        let (mut x, mut positions) = (embedded, offsets.clone());
        let mut floors = Vec::with_capacity(self.blocks.len());
        for (floor, [conv1, conv2]) in self.blocks.iter().enumerate() {
            let mut winners = Vec::new();
            if floor > 0 {
                let output = positions.map_lengths(self.shape.pooled_length);
                let mut pooled = vec![0.0; output.total() * maps];
                winners = vec![0; pooled.len()];
                max_pool_forward(
                    maps,
                    &positions,
                    &output,
                    WIDTH,
                    2,
                    AROUND,
                    &x,
                    &mut pooled,
                    &mut winners,
                );
                (x, positions) = (pooled, output);
            }
            let (mut inner, mut output) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            conv1
                .packed
                .forward(&positions, &x, floor > 0, None, &mut inner);
            conv2
                .packed
                .forward(&positions, &inner, true, Some(&x), &mut output);
            floors.push(FloorPass {
                positions: positions.clone(),
                input: std::mem::replace(&mut x, output.clone()),
                inner,
                output,
                winners,
            });
        }
        let mut top = vec![0.0; positions.documents() * maps];
        let mut top_winners = vec![0; top.len()];
        max_over_time_forward(maps, &positions, &x, None, &mut top, &mut top_winners);
        Pass {
            embedded: size,
            floors,
            top,
            top_winners,
        }
    }

    /// The gradient of the score of `class`, in the region embedding; `visit` is shown that in what each floor gives, the last first.
    fn back(&self, pass: &Pass, class: usize, mut visit: impl FnMut(usize, &[f32])) -> Vec<f32> {
        let maps = self.maps;
        let weights = &self.out_weight[class * maps..][..maps];
        let grad: Vec<f32> = (0..pass.top.len()).map(|i| weights[i % maps]).collect();
        let size = |floor: &FloorPass| floor.output.len();
        let mut dz = vec![0.0; pass.floors.last().map_or(pass.embedded, size)];
        max_over_time_backward(maps, &pass.top_winners, &grad, &mut dz, None);
        for (number, (floor, [conv1, conv2])) in
            pass.floors.iter().zip(&self.blocks).enumerate().rev()
        {
            visit(number, &dz);
            let positions = &floor.positions;
            let (mut dinner, mut dx) = (vec![0.0; dz.len()], vec![0.0; dz.len()]);
            let (shape1, shape2) = (conv1.packed.shape(), conv2.packed.shape());
            relu_conv1d_backward_input(
                shape2,
                positions,
                &floor.inner,
                &dz,
                &conv2.weight,
                &mut dinner,
            );
            match number {
                0 => conv1d_backward_input(shape1, positions, &dinner, &conv1.weight, &mut dx),
                _ => relu_conv1d_backward_input(
                    shape1,
                    positions,
                    &floor.input,
                    &dinner,
                    &conv1.weight,
                    &mut dx,
                ),
            }
            dx.iter_mut().zip(&dz).for_each(|(dx, dz)| *dx += dz);
            if number > 0 {
                dz = vec![0.0; pass.floors[number - 1].output.len()];
                max_pool_backward(maps, &floor.winners, &dx, &mut dz);
            } else {
                dz = dx;
            }
        }
        dz
    }
}

/// What the parts of the wanted classes leave of their scores.
fn missing(scores: &[f32], start: &[f32], words: &[f64], classes: &[usize]) -> Vec<f64> {
    let mut residual = vec![0.0; scores.len()];
    for &class in classes {
        let parts: f64 = words.iter().skip(class).step_by(scores.len()).sum();
        residual[class] = f64::from(scores[class]) - f64::from(start[class]) - parts;
    }
    residual
}
