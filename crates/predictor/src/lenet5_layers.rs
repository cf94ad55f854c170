//! LeNet-5 layer by layer in plain loops, for whoever wants to follow its numbers by hand: the network of 1998 and the modern one.
//!
//! Every number here is a sum of products of f32 numbers that are there to be seen, taken in f64 and rounded once. So the products of
//! a window add up to the number that is shown, to its last digit or nearly so; the network itself adds in f32 and in an order of its
//! own, which moves its scores by rounding.

use cnn_kernels::Activation;
use cnn_kernels::math::tanh;

use crate::arrays::{Arrays, FrozenError, Taking};

/// Rows and columns of an image.
const SIDE: usize = 32;

/// Rows and columns of a kernel.
const KERNEL: usize = 5;

/// What the arrays of a LeNet-5 do not tell.
#[derive(Clone, Debug, PartialEq)]
pub struct LeNet5Form {
    /// After C1, C3, C5, F6, and after the subsampling where that is trainable.
    pub activation: Activation,
    /// How a block of 2 x 2 becomes one number, where no coefficients are trained.
    pub takes_maximum: bool,
    /// The maps of S2 that each map of C3 reads; `None` for all of them.
    pub connections: Option<Vec<Vec<usize>>>,
    /// The codes of the output units `[classes][84]`; `None` for a dense output layer.
    pub codes: Option<Vec<Vec<f32>>>,
}

/// What a layer does.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerKind {
    /// Each map is the sum of 5 x 5 windows of the maps that it reads, and a bias.
    Convolution {
        /// The maps below that each map reads.
        reads: Vec<Vec<usize>>,
    },
    /// Each number is the mean of 2 x 2.
    Average,
    /// Each number is the greatest of 2 x 2.
    Maximum,
    /// Each number is the sum of 2 x 2 times a coefficient, and a bias.
    Trainable,
    /// Each unit is the sum of all numbers below times weights, and a bias.
    Dense,
    /// Each unit is minus the squared distance of the numbers below to its code.
    Distance,
}

/// A layer and its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its name in the paper: `C1`, `S2`, `C3`, `S4`, `C5`, `F6`, `output`.
    pub name: &'static str,
    /// What it does.
    pub kind: LayerKind,
    /// How many maps or units it has.
    pub maps: usize,
    /// Rows and columns of a map; 1 for units.
    pub side: usize,
    /// Convolution: a kernel `[5, 5]` for each map and map that it reads, in that order. Trainable: a coefficient for each map. Dense:
    /// `[units, below]`. Distance: the codes `[units, below]`.
    pub weight: Vec<f32>,
    /// One for each map or unit; empty where there is none.
    pub bias: Vec<f32>,
    /// What follows.
    pub activation: Activation,
}

/// What a layer made of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerValues {
    /// Before the activation, `[maps, side, side]`.
    pub sums: Vec<f32>,
    /// After it.
    pub values: Vec<f32>,
}

/// A LeNet-5 whose numbers can be followed.
#[derive(Clone, Debug, PartialEq)]
pub struct LeNet5Layers {
    /// From C1 to the output.
    pub layers: Vec<Layer>,
}

impl LeNet5Layers {
    /// Numbers of an image.
    pub const INPUTS: usize = SIDE * SIDE;

    /// From the arrays of a trained network, by the names of [`FrozenLeNet5`](crate::FrozenLeNet5); or of 1998: `c3_sparse.weight` `[connections, 5,
    /// 5]`, `s2` and `s4` with a weight and a bias for each map, no `out`.
    ///
    /// # Errors
    ///
    /// [`FrozenError`] naming the array that is missing, of another shape or left over.
    pub fn new(arrays: Arrays, form: &LeNet5Form) -> Result<Self, FrozenError> {
        let mut arrays = Taking(arrays);
        let activation = form.activation;
        let all = |maps, below: usize| vec![(0..below).collect::<Vec<usize>>(); maps];
        let c1 = convolution(&mut arrays, ["C1", "c1"], all(6, 1), 28, activation, true)?;
        let s2 = subsampling(&mut arrays, ["S2", "s2"], 6, 14, form)?;
        let c3 = match &form.connections {
            Some(reads) => {
                let name = ["C3", "c3_sparse"];
                convolution(&mut arrays, name, reads.clone(), 10, activation, false)?
            }
            None => convolution(&mut arrays, ["C3", "c3"], all(16, 6), 10, activation, true)?,
        };
        let s4 = subsampling(&mut arrays, ["S4", "s4"], c3.maps, 5, form)?;
        let reads = all(120, s4.maps);
        let c5 = convolution(&mut arrays, ["C5", "c5"], reads, 1, activation, true)?;
        let f6 = dense(&mut arrays, ["F6", "f6"], Some(84), c5.maps, activation)?;
        let output = match &form.codes {
            None => dense(
                &mut arrays,
                ["output", "out"],
                None,
                f6.maps,
                Activation::Identity,
            )?,
            Some(codes) => Layer {
                name: "output",
                kind: LayerKind::Distance,
                maps: codes.len(),
                side: 1,
                weight: codes.concat(),
                bias: vec![],
                activation: Activation::Identity,
            },
        };
        arrays.finish()?;
        Ok(Self {
            layers: vec![c1, s2, c3, s4, c5, f6, output],
        })
    }

    /// What each layer makes of `image` `[1, 32, 32]`; the values of the last are the scores, of which the greatest is the prediction.
    ///
    /// # Panics
    ///
    /// If the image has another size.
    pub fn run(&self, image: &[f32]) -> Vec<LayerValues> {
        assert_eq!(image.len(), Self::INPUTS, "an image is [1, 32, 32]");
        let mut below = (SIDE, image.to_vec());
        let mut all = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let sums = layer.sums(below.0, &below.1);
            let values = match layer.activation {
                Activation::Identity => sums.clone(),
                activation => sums.iter().map(|sum| activated(activation, *sum)).collect(),
            };
            below = (layer.side, values.clone());
            all.push(LayerValues { sums, values });
        }
        all
    }
}

impl Layer {
    /// The numbers `[maps, side, side]` before the activation, from those below it, maps of `below_side` rows.
    fn sums(&self, below_side: usize, below: &[f32]) -> Vec<f32> {
        let mut sums = Vec::with_capacity(self.maps * self.side * self.side);
        let mut kernel = 0;
        for map in 0..self.maps {
            let kernels = kernel;
            if let LayerKind::Convolution { reads } = &self.kind {
                kernel += reads[map].len();
            }
            for place in 0..self.side * self.side {
                let at = [place / self.side, place % self.side];
                let block = || {
                    let from = map * below_side * below_side;
                    let pixel = |i: usize| (2 * at[0] + i / 2) * below_side + 2 * at[1] + i % 2;
                    (0..4).map(move |i| f64::from(below[from + pixel(i)]))
                };
                let own = || &self.weight[map * below.len()..][..below.len()];
                let bias = self.bias.get(map).map_or(0.0, |bias| f64::from(*bias));
                let sum: f64 = match &self.kind {
                    LayerKind::Convolution { reads } => {
                        let window = |(k, read): (usize, &usize)| -> f64 {
                            let kernel = &self.weight[(kernels + k) * KERNEL * KERNEL..];
                            let from = read * below_side * below_side;
                            let product = |i: usize| {
                                let pixel = (at[0] + i / KERNEL) * below_side + at[1] + i % KERNEL;
                                f64::from(below[from + pixel]) * f64::from(kernel[i])
                            };
                            (0..KERNEL * KERNEL).map(product).sum()
                        };
                        reads[map].iter().enumerate().map(window).sum::<f64>() + bias
                    }
                    LayerKind::Average => block().sum::<f64>() / 4.0,
                    LayerKind::Maximum => block().fold(f64::NEG_INFINITY, f64::max),
                    LayerKind::Trainable => {
                        block().sum::<f64>() * f64::from(self.weight[map]) + bias
                    }
                    LayerKind::Dense => {
                        let products = below.iter().zip(own());
                        products
                            .map(|(x, w)| f64::from(*x) * f64::from(*w))
                            .sum::<f64>()
                            + bias
                    }
                    LayerKind::Distance => {
                        let squares = below.iter().zip(own());
                        -squares
                            .map(|(x, w)| (f64::from(*x) - f64::from(*w)).powi(2))
                            .sum::<f64>()
                    }
                };
                sums.push(sum as f32);
            }
        }
        sums
    }
}

fn activated(activation: Activation, sum: f32) -> f32 {
    match activation {
        Activation::Identity => sum,
        Activation::Relu => sum.max(0.0),
        Activation::Tanh { scale, slope } => scale * tanh(slope * sum),
    }
}

/// A layer of 5 x 5 windows; its array is `[maps, below, 5, 5]` where `is_dense`, else `[connections, 5, 5]`.
fn convolution(
    arrays: &mut Taking,
    [name, array]: [&'static str; 2],
    reads: Vec<Vec<usize>>,
    side: usize,
    activation: Activation,
    is_dense: bool,
) -> Result<Layer, FrozenError> {
    let maps = reads.len();
    let (rows, columns) = (("rows", Some(KERNEL)), ("columns", Some(KERNEL)));
    let weight_name = format!("{array}.weight");
    let weight = match is_dense {
        true => {
            let below = reads.first().map(Vec::len);
            let axes = [("maps", Some(maps)), ("channels", below), rows, columns];
            arrays.take(&weight_name, axes)?.1
        }
        false => {
            let connections = reads.iter().map(Vec::len).sum();
            let axes = [("connections", Some(connections)), rows, columns];
            arrays.take(&weight_name, axes)?.1
        }
    };
    let bias = arrays
        .take(&format!("{array}.bias"), [("maps", Some(maps))])?
        .1;
    Ok(Layer {
        name,
        kind: LayerKind::Convolution { reads },
        maps,
        side,
        weight,
        bias,
        activation,
    })
}

fn subsampling(
    arrays: &mut Taking,
    [name, array]: [&'static str; 2],
    maps: usize,
    side: usize,
    form: &LeNet5Form,
) -> Result<Layer, FrozenError> {
    let axes = [("maps", Some(maps))];
    let trained = arrays.take_if_there(&format!("{array}.weight"), axes)?;
    let (kind, weight, bias, activation) = match trained {
        Some((_, weight)) => {
            let bias = arrays.take(&format!("{array}.bias"), axes)?.1;
            (LayerKind::Trainable, weight, bias, form.activation)
        }
        None if form.takes_maximum => (LayerKind::Maximum, vec![], vec![], Activation::Identity),
        None => (LayerKind::Average, vec![], vec![], Activation::Identity),
    };
    Ok(Layer {
        name,
        kind,
        maps,
        side,
        weight,
        bias,
        activation,
    })
}

fn dense(
    arrays: &mut Taking,
    [name, array]: [&'static str; 2],
    units: Option<usize>,
    below: usize,
    activation: Activation,
) -> Result<Layer, FrozenError> {
    let axes = [("units", units), ("features", Some(below))];
    let ([maps, _], weight) = arrays.take(&format!("{array}.weight"), axes)?;
    let bias = arrays
        .take(&format!("{array}.bias"), [("units", Some(maps))])?
        .1;
    Ok(Layer {
        name,
        kind: LayerKind::Dense,
        maps,
        side: 1,
        weight,
        bias,
        activation,
    })
}
