//! One convolution as the kernels see it, forward or backward: which taps of which maps each run of outputs needs.

use std::ops::Range;

use crate::tree::CHAIN;

/// A convolution with stride 1: `out[m, p, q] = Σ_{c,i,j} image[c, first[0] + p + i, first[1] + q + j]·weight[m, c, i, j]`, where
/// places outside the image count as zero. The gradient of the input is one too, with the maps' roles exchanged and the taps
/// in reverse.
#[derive(Clone, Copy)]
pub(super) struct Geometry {
    /// Maps that are read and summed over.
    pub(super) channels: usize,
    /// Maps that are written.
    pub(super) maps: usize,
    /// Rows and columns of a map that is read.
    pub(super) size: [usize; 2],
    /// Rows and columns of a map that is written.
    pub(super) out: [usize; 2],
    /// Rows and columns of the kernel.
    pub(super) kernel: [usize; 2],
    /// The place under the first tap of the first output; negative within the padding.
    pub(super) first: [isize; 2],
}

impl Geometry {
    /// Numbers of one image that is read.
    pub(super) fn inputs(&self) -> usize {
        self.channels * self.size[0] * self.size[1]
    }

    /// Numbers of one image that is written.
    pub(super) fn outputs(&self) -> usize {
        self.maps * self.out[0] * self.out[1]
    }

    /// Taps of the kernel.
    pub(super) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// The groups of channels whose terms form one chain of multiply-adds; the groups are added in order. A function of the
    /// kernel and the channels alone: it fixes the bits of the result.
    pub(super) fn groups(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let most = (CHAIN / self.taps()).max(1);
        let count = self.channels.div_ceil(most).max(1);
        let length = self.channels.div_ceil(count);
        let channels = self.channels;
        (0..count)
            .map(move |group| (group * length).min(channels)..((group + 1) * length).min(channels))
    }

    /// The taps along `axis` that see the image from the output in row (or column) `place`.
    fn visible(&self, axis: usize, place: usize) -> Range<usize> {
        let first = self.first[axis] + place as isize;
        let limit = |bound: isize| usize::try_from(bound).unwrap_or(0).min(self.kernel[axis]);
        let (from, to) = (limit(-first), limit(self.size[axis] as isize - first));
        from..to.max(from)
    }
}

/// A tap: where it reads relative to the run, and which weight it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tap {
    pub(super) image: usize,
    pub(super) weight: usize,
}

/// As many neighbouring numbers of one output row as a tile is wide.
pub(super) struct Run {
    /// Where the first tap of the run reads, within the first channel.
    pub(super) image: usize,
    /// Its taps, of [`Plan::taps`].
    pub(super) taps: Range<usize>,
}

/// How a block of samples is laid out and computed. The samples stand innermost, `[channel, row, column, sample]`, so that
/// neighbouring numbers belong to neighbouring samples, and then to the next column.
pub(super) struct Plan {
    /// Samples of the block.
    pub(super) samples: usize,
    /// Zero columns before and after each row of the image.
    pub(super) margins: [usize; 2],
    /// The runs of each output row, row after row.
    pub(super) runs: Vec<Run>,
    /// Runs in an output row.
    pub(super) runs_per_row: usize,
    pub(super) taps: Vec<Tap>,
}

impl Plan {
    /// Columns of a row of the image, margins included.
    pub(super) fn row_width(&self, geometry: &Geometry) -> usize {
        self.margins[0] + geometry.size[1] + self.margins[1]
    }

    /// The plan for `samples` samples and tiles that are `width` numbers wide.
    pub(super) fn new(geometry: &Geometry, samples: usize, width: usize) -> Self {
        let [height_out, width_out] = geometry.out;
        let [first_row, first_column] = geometry.first;
        // A run that is one position leaves the taps out that see no image. A run over several positions reads zeros there.
        let single = samples == width;
        let last_column = first_column + (width_out + geometry.kernel[1]) as isize - 2;
        let beyond = last_column - (geometry.size[1] as isize - 1);
        let margins = match single {
            true => [0, 0],
            false => [-first_column, beyond].map(|margin| usize::try_from(margin).unwrap_or(0)),
        };
        let runs_per_row = (width_out * samples).div_ceil(width);

        let mut plan = Self {
            samples,
            margins,
            runs: Vec::with_capacity(height_out * runs_per_row),
            runs_per_row,
            taps: Vec::new(),
        };
        let row_width = plan.row_width(geometry);
        let mut known: Vec<([Range<usize>; 2], Range<usize>)> = Vec::new();
        for p in 0..height_out {
            let rows = geometry.visible(0, p);
            for r in 0..runs_per_row {
                let columns = match single {
                    true => geometry.visible(1, r),
                    false => 0..geometry.kernel[1],
                };
                let key = [rows.clone(), columns.clone()];
                let taps = match known.iter().find(|(other, _)| *other == key) {
                    Some((_, taps)) => taps.clone(),
                    None => {
                        let begin = plan.taps.len();
                        plan.taps.extend(
                            rows.clone()
                                .flat_map(|i| columns.clone().map(move |j| (i, j)))
                                .map(|(i, j)| Tap {
                                    image: ((i - rows.start) * row_width + j - columns.start)
                                        * samples,
                                    weight: i * geometry.kernel[1] + j,
                                }),
                        );
                        known.push((key, begin..plan.taps.len()));
                        begin..plan.taps.len()
                    }
                };
                let image = match taps.is_empty() {
                    true => 0,
                    false => {
                        let row = first_row + (p + rows.start) as isize;
                        let column = margins[0] as isize + first_column + columns.start as isize;
                        let place = (row * row_width as isize + column) * samples as isize;
                        (place + (r * width) as isize) as usize
                    }
                };
                plan.runs.push(Run { image, taps });
            }
        }
        plan
    }
}
