//! A trained TextCNN.

use cnn_kernels::{
    FilterGroup, FilterMaxShape, LinearPacked, Offsets, WEIGHTED_ROW_BLOCK, Windows, WordTable,
};

use crate::arrays::{Arrays, FrozenError, Taking};

/// Documents whose features are held at a time.
const DOCUMENTS: usize = 1024;

/// A trained TextCNN (Kim 2014, section 2): what each word gives to each filter is remembered, so that an answer is additions,
/// maxima and one dense layer. See [`WordTable`].
///
/// Memory grows with the words that have been asked about: 9 KB a word under 256 filters each of the widths 2, 3 and 4.
pub struct FrozenTextCnn {
    pub(crate) table: WordTable,
    pub(crate) out: LinearPacked,
    /// The dense layer once more, `[filters, classes]`, and its bias `[classes]`: what explanations read.
    pub(crate) class_weights: Vec<f32>,
    /// The same in f64, rows padded to whole blocks.
    pub(crate) wide_weights: Vec<f64>,
    pub(crate) class_bias: Vec<f32>,
}

impl FrozenTextCnn {
    /// From the arrays of a trained network: `embedding.weight` `[words, dimension]` (and `static_embedding.weight`, of the
    /// same shape, where it is multichannel), `convs.N.weight` `[filters, dimension, width]`, `convs.N.bias` `[filters]`, `out.weight`
    /// `[classes, all filters]`, `out.bias` `[classes]`. `windows` as it was trained.
    ///
    /// # Errors
    ///
    /// [`FrozenError`] naming the array that is missing, of another shape or left over.
    pub fn new(arrays: Arrays, windows: Windows) -> Result<Self, FrozenError> {
        let mut arrays = Taking(arrays);
        let axes = [("words", None), ("dimension", None)];
        let ([count, dimension], mut words) = arrays.take("embedding.weight", axes)?;
        let axes = [("words", Some(count)), ("dimension", Some(dimension))];
        if let Some((_, fixed)) = arrays.take_if_there("static_embedding.weight", axes)? {
            // The channels share their filters: w·x + w·x' = w·(x + x').
            words.iter_mut().zip(fixed).for_each(|(a, b)| *a += b);
        }
        let (mut groups, mut weight, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        let axes = [
            ("filters", None),
            ("dimension", Some(dimension)),
            ("width", None),
        ];
        while let Some(([filters, _, width], numbers)) =
            arrays.take_if_there(&format!("convs.{}.weight", groups.len()), axes)?
        {
            let name = format!("convs.{}.bias", groups.len());
            let (_, own) = arrays.take(&name, [("filters", Some(filters))])?;
            bias.extend(own);
            weight.extend(numbers);
            groups.push(FilterGroup { width, filters });
        }
        if groups.is_empty() {
            let name = "convs.0.weight".to_owned();
            return Err(FrozenError::Missing { name });
        }
        let shape = FilterMaxShape {
            dimension,
            groups,
            windows,
        };
        let [out_weight, out_bias] = ["out.weight", "out.bias"].map(|name| {
            let array = arrays.0.get(name);
            array.map_or(Vec::new(), |array| array.values.clone())
        });
        let out = dense(&mut arrays, "out", ("filters", Some(shape.filters())))?;
        arrays.finish()?;
        let filters = shape.filters();
        let classes = out.features_out();
        let by_filter = |i: usize| out_weight[i % classes * filters + i / classes];
        let class_weights: Vec<f32> = (0..filters * classes).map(by_filter).collect();
        let row = classes.next_multiple_of(WEIGHTED_ROW_BLOCK);
        let mut wide_weights = vec![0.0; filters * row];
        let rows = wide_weights.chunks_exact_mut(row);
        for (wide, own) in rows.zip(class_weights.chunks_exact(classes)) {
            wide.iter_mut()
                .zip(own)
                .for_each(|(wide, own)| *wide = f64::from(*own));
        }
        Ok(Self {
            table: WordTable::new(&shape, words, &weight, &bias),
            out,
            class_weights,
            wide_weights,
            class_bias: out_bias,
        })
    }

    /// The number of words.
    pub fn words(&self) -> usize {
        self.table.words()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.out.features_out()
    }

    /// What each word of the vocabulary gives to each filter, once and for all. Without it, words are added as they are met.
    pub fn prepare(&self) {
        self.table.fill();
    }

    /// The scores (logits) `[documents, classes]` of documents of token ids, packed one after another and cut by `offsets`.
    ///
    /// # Panics
    ///
    /// If an id is neither a word nor [`SKIP`](cnn_kernels::SKIP), or a length disagrees with these shapes.
    pub fn scores(&self, offsets: &Offsets, ids: &[u32], scores: &mut [f32]) {
        let (filters, classes) = (self.table.filters(), self.classes());
        assert_eq!(
            (ids.len(), scores.len()),
            (offsets.total(), offsets.documents() * classes),
            "ids must be [tokens] and scores [documents, classes]"
        );
        if offsets.documents() <= DOCUMENTS {
            let mut features = vec![0.0; offsets.documents() * filters];
            self.table.forward(offsets, ids, &mut features);
            return self.out.forward(&features, scores);
        }
        for (chunk, scores) in scores.chunks_mut(DOCUMENTS * classes).enumerate() {
            let first = chunk * DOCUMENTS;
            let documents = first..first + scores.len() / classes;
            let tokens = offsets.as_slice()[documents.start]..offsets.as_slice()[documents.end];
            let offsets = Offsets::from_lengths(documents.map(|d| offsets.len_of(d)));
            self.scores(&offsets, &ids[tokens], scores);
        }
    }
}

/// Takes and packs a dense layer.
pub(crate) fn dense(
    arrays: &mut Taking,
    name: &str,
    inputs: crate::arrays::Axis,
) -> Result<LinearPacked, FrozenError> {
    let axes = [("classes", None), inputs];
    let ([classes, inputs], weight) = arrays.take(&format!("{name}.weight"), axes)?;
    let (_, bias) = arrays.take(&format!("{name}.bias"), [("classes", Some(classes))])?;
    Ok(LinearPacked::new(inputs, classes, &weight, Some(&bias)))
}
