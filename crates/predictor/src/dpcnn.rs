//! A trained DPCNN.

use std::sync::Mutex;

use cnn_kernels::awake::keep_threads_awake;
use cnn_kernels::{
    Conv1dPacked, Conv1dShape, LinearPacked, Offsets, WordConvTable, bag_forward,
    max_over_time_forward, max_pool_forward,
};

use crate::arrays::{Arrays, FrozenError, Taking};
use crate::text_cnn::dense;

/// What the arrays of a DPCNN do not tell.
#[derive(Clone, Copy, Debug)]
pub struct DpcnnShape {
    /// Words of a region, where the region embedding is a bag of words; odd.
    pub region_size: usize,
    /// Blocks of two convolutions.
    pub blocks: usize,
    /// Positions that remain of a document of so many, as the network was trained.
    pub pooled_length: fn(usize) -> usize,
}

/// A trained DPCNN (Johnson and Zhang 2017, section 2).
pub struct FrozenDpcnn {
    pub(crate) shape: DpcnnShape,
    pub(crate) region: Region,
    /// Two convolutions for each floor of the pyramid.
    pub(crate) blocks: Vec<[Packed; 2]>,
    pub(crate) maps: usize,
    out: LinearPacked,
    /// The weights `[classes, maps]` of `out` once more, as they came: what the way back reads.
    pub(crate) out_weight: Vec<f32>,
    buffers: Mutex<Vec<Buffers>>,
}

pub(crate) enum Region {
    /// The vectors `[words, maps]` and the bias `[maps]`.
    BagOfWords {
        words: Vec<f32>,
        bias: Vec<f32>,
    },
    WordVectors(WordConvTable),
}

/// A convolution, packed for the way up, and its weights as they came, for the way back.
pub(crate) struct Packed {
    pub(crate) packed: Conv1dPacked,
    pub(crate) weight: Vec<f32>,
}

struct Conv {
    shape: Conv1dShape,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Working memory of one call, kept for the next.
#[derive(Default)]
pub(crate) struct Buffers {
    pub(crate) x: Vec<f32>,
    pooled: Vec<f32>,
    inner: Vec<f32>,
    winners: Vec<u32>,
}

/// Tokens that are computed together, if they are of several documents: it bounds memory and does not change the answers.
pub(crate) const TOKENS: usize = 1 << 14;

/// Positions on both sides of a filter's centre.
pub(crate) const AROUND: usize = 1;
pub(crate) const WIDTH: usize = 2 * AROUND + 1;

impl FrozenDpcnn {
    /// From the arrays of a trained network: `embedding.weight` `[words, dimension]`; `region.weight` `[maps, dimension, 3]` and
    /// `region.bias` `[maps]`, or `region_bag.bias` `[maps]` where words are summed; `blocks.N.conv1.weight` and
    /// `blocks.N.conv2.weight` `[maps, maps, 3]` with their biases `[maps]`; `out.weight` `[classes, maps]`, `out.bias` `[classes]`.
    ///
    /// # Errors
    ///
    /// [`FrozenError`] naming the array that is missing, of another shape or left over, or the setting that is out of range.
    pub fn new(arrays: Arrays, shape: DpcnnShape) -> Result<Self, FrozenError> {
        let mut arrays = Taking(arrays);
        let axes = [("words", None), ("dimension", None)];
        let ([_, dimension], words) = arrays.take("embedding.weight", axes)?;
        let (maps, region) = if arrays.0.contains_key("region.weight") {
            let conv = Conv::take(&mut arrays, "region", None, dimension)?;
            let table = WordConvTable::new(&conv.shape, words, &conv.weight, &conv.bias);
            (conv.shape.channels_out, Region::WordVectors(table))
        } else {
            if shape.region_size.is_multiple_of(2) {
                return Err(FrozenError::Setting {
                    setting: "region_size",
                    value: shape.region_size,
                    expected: "but a region has a centre: give an odd number of words",
                });
            }
            let (_, bias) = arrays.take("region_bag.bias", [("maps", Some(dimension))])?;
            (dimension, Region::BagOfWords { words, bias })
        };
        let mut blocks = Vec::new();
        while blocks.len() < shape.blocks {
            let conv = |arrays: &mut Taking, name| {
                let name = format!("blocks.{}.{name}", blocks.len());
                Conv::take(arrays, &name, Some(maps), maps).map(Conv::pack)
            };
            let block = [conv(&mut arrays, "conv1")?, conv(&mut arrays, "conv2")?];
            blocks.push(block);
        }
        let out_weight = arrays.0.get("out.weight");
        let out_weight = out_weight.map_or(Vec::new(), |array| array.values.clone());
        let out = dense(&mut arrays, "out", ("maps", Some(maps)))?;
        arrays.finish()?;
        Ok(Self {
            shape,
            region,
            blocks,
            maps,
            out,
            out_weight,
            buffers: Mutex::default(),
        })
    }

    /// The number of words.
    pub fn words(&self) -> usize {
        match &self.region {
            Region::BagOfWords { words, .. } => words.len() / self.maps,
            Region::WordVectors(table) => table.words(),
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.out.features_out()
    }

    /// The scores (logits) `[documents, classes]` of documents of token ids, packed one after another and cut by `offsets`.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`](cnn_kernels::SKIP), or a length disagrees with these shapes.
    pub fn scores(&self, offsets: &Offsets, ids: &[u32], scores: &mut [f32]) {
        assert_eq!(
            (ids.len(), scores.len()),
            (offsets.total(), offsets.documents() * self.classes()),
            "ids must be [tokens] and scores [documents, classes]"
        );
        keep_threads_awake(); // a single headline is two dozen short products
        let lent = self.lent().pop();
        let mut buffers = lent.unwrap_or_default();
        let mut scores = scores;
        let mut first = 0;
        while first < offsets.documents() {
            let (documents, part) = next_part(offsets, first);
            let tokens = offsets.as_slice()[first]..offsets.as_slice()[documents];
            self.top(&part, &ids[tokens], &mut buffers);
            let (own, rest) = scores.split_at_mut(part.documents() * self.classes());
            self.out
                .forward(&buffers.x[..part.documents() * self.maps], own);
            (first, scores) = (documents, rest);
        }
        self.lent().push(buffers);
    }

    /// A thread that panics leaves no buffer half changed here: it has taken its own out.
    fn lent(&self) -> std::sync::MutexGuard<'_, Vec<Buffers>> {
        self.buffers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The top vectors `[documents, maps]`, left in `buffers.x`.
    fn top(&self, offsets: &Offsets, ids: &[u32], buffers: &mut Buffers) {
        let maps = self.maps;
        let mut positions = offsets.clone();
        self.embed(offsets, ids, buffers);
        let Buffers {
            x,
            pooled,
            inner,
            winners,
        } = buffers;
        for (floor, [conv1, conv2]) in self.blocks.iter().enumerate() {
            if floor > 0 {
                let output = positions.map_lengths(self.shape.pooled_length);
                let size = output.total() * maps;
                winners.resize(size.max(winners.len()), 0);
                max_pool_forward(
                    maps,
                    &positions,
                    &output,
                    WIDTH,
                    2,
                    AROUND,
                    &x[..positions.total() * maps],
                    part(pooled, size),
                    &mut winners[..size],
                );
                std::mem::swap(x, pooled);
                positions = output;
            }
            let size = positions.total() * maps;
            let (inner, outer) = (part(inner, size), part(pooled, size));
            let activated = floor > 0; // no activation before the very first convolution
            let (conv1, conv2) = (&conv1.packed, &conv2.packed);
            conv1.forward(&positions, &x[..size], activated, None, inner);
            conv2.forward(&positions, inner, true, Some(&x[..size]), outer);
            std::mem::swap(x, pooled);
        }
        let size = positions.documents() * maps;
        winners.resize(size.max(winners.len()), 0);
        max_over_time_forward(
            maps,
            &positions,
            &x[..positions.total() * maps],
            None,
            part(pooled, size),
            &mut winners[..size],
        );
        std::mem::swap(x, pooled);
    }

    /// The region embedding `[tokens, maps]`, left in `buffers.x`.
    pub(crate) fn embed(&self, offsets: &Offsets, ids: &[u32], buffers: &mut Buffers) {
        let x = part(&mut buffers.x, ids.len() * self.maps);
        match &self.region {
            Region::BagOfWords { words, bias } => {
                bag_forward(self.maps, self.shape.region_size, offsets, words, ids, x);
                for x in x.chunks_exact_mut(self.maps) {
                    x.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
                }
            }
            Region::WordVectors(table) => table.forward(offsets, ids, x),
        }
    }
}

/// The documents from `first` on that are computed together: their end, and where each begins.
fn next_part(offsets: &Offsets, first: usize) -> (usize, Offsets) {
    let start = offsets.as_slice()[first];
    let fits = |end: &usize| offsets.as_slice()[end + 1] - start <= TOKENS;
    let end = (first + 1..offsets.documents()).take_while(fits).last();
    let end = end.unwrap_or(first) + 1;
    (
        end,
        Offsets::from_lengths((first..end).map(|d| offsets.len_of(d))),
    )
}

/// The first `size` places of a buffer, which grows where it must.
fn part(buffer: &mut Vec<f32>, size: usize) -> &mut [f32] {
    if buffer.len() < size {
        buffer.resize(size, 0.0);
    }
    &mut buffer[..size]
}

impl Conv {
    fn take(
        arrays: &mut Taking,
        name: &str,
        maps: Option<usize>,
        channels: usize,
    ) -> Result<Self, FrozenError> {
        let axes = [
            ("maps", maps),
            ("channels", Some(channels)),
            ("width", Some(WIDTH)),
        ];
        let ([maps, ..], weight) = arrays.take(&format!("{name}.weight"), axes)?;
        let (_, bias) = arrays.take(&format!("{name}.bias"), [("maps", Some(maps))])?;
        Ok(Self {
            shape: Conv1dShape {
                channels_in: channels,
                channels_out: maps,
                kernel_size: WIDTH,
                padding_left: AROUND,
                padding_right: AROUND,
            },
            weight,
            bias,
        })
    }

    fn pack(self) -> Packed {
        Packed {
            packed: Conv1dPacked::new(&self.shape, &self.weight, Some(&self.bias)),
            weight: self.weight,
        }
    }
}
