//! Backward: one window per document and filter has a gradient; its sums run filter by filter and word by word.

use rayon::prelude::*;

use super::FilterGroup;
use super::places::Places;
use super::shape::{Batch, Bundle};
use super::strips::{Strips, Term};
use super::taps::{join, part};
use super::tuning::TUNING;
use crate::scratch::{Buffer, Scratch};
use crate::tree::CHAIN;
use crate::{Isa, NO_WINNER};

pub(crate) fn backward_weight_on(
    isa: Isa,
    batch: Batch<'_>,
    winners: &[u32],
    grad: &[f32],
    rows: &[f32],
    dweight: &mut [f32],
) {
    if dweight.is_empty() {
        return;
    }
    let shape = batch.shape;
    let (dimension, filters) = (shape.dimension, shape.filters());
    let documents = batch.offsets.documents();
    let distinct = rows.len() / dimension;
    let places = Places::new(batch, distinct as u32);
    let strips = Strips::pack(isa, [distinct, dimension], |first, width, strip| {
        let columns = width.min(dimension - first);
        for (strip, row) in strip
            .chunks_exact_mut(width)
            .zip(rows.chunks_exact(dimension))
        {
            strip[..columns].copy_from_slice(&row[first..][..columns]);
            strip[columns..].fill(0.0);
        }
    });
    // A list for each filter and tap, with room for a term of each document.
    let bundles: Vec<Bundle> = shape.bundles(TUNING.filters_of_task).collect();
    let taps = shape.weights() / dimension;
    let mut terms = Buffer::<Term>::take(taps * documents);
    let mut lists = Buffer::<(u32, u32)>::take(taps);
    let room = u32::try_from(documents).expect("documents fit 32 bits");
    for (i, list) in (0..).zip(lists.iter_mut()) {
        *list = (i * room, i * room);
    }
    let (mut rest_terms, mut rest_lists) = (&mut terms[..], &mut lists[..]);
    let split = |bundle: &Bundle| {
        let sums = bundle.filters * bundle.width;
        let (terms, others) = std::mem::take(&mut rest_terms).split_at_mut(sums * documents);
        rest_terms = others;
        let (lists, others) = std::mem::take(&mut rest_lists).split_at_mut(sums);
        rest_lists = others;
        (*bundle, terms, lists)
    };
    let tasks: Vec<_> = bundles.iter().map(split).collect();
    tasks
        .into_par_iter()
        .with_max_len(1)
        .for_each(|(bundle, terms, lists)| {
            let base = lists[0].0;
            for d in 0..documents {
                let here = d * filters + bundle.first..d * filters + bundle.first + bundle.filters;
                let words = places.of(batch, d, bundle.width);
                let outputs = winners[here.clone()].iter().zip(&grad[here]);
                for (lists, (&winner, &grad)) in lists.chunks_exact_mut(bundle.width).zip(outputs) {
                    if winner == NO_WINNER || grad == 0.0 {
                        continue;
                    }
                    batch.check_winner(winner, d, bundle.width);
                    let words = &words[winner as usize..][..bundle.width];
                    for ((_, to), &word) in lists.iter_mut().zip(words) {
                        // What stands for no word is overwritten by the next term.
                        terms[(*to - base) as usize] = (word, grad);
                        *to += u32::from(word as usize != distinct);
                    }
                }
            }
        });
    let sums = strips.combine(isa, &terms, &lists);

    let (mut rest, mut list) = (dweight, 0);
    let split = |bundle: &Bundle| {
        let size = bundle.filters * dimension * bundle.width;
        let (dweight, others) = std::mem::take(&mut rest).split_at_mut(size);
        rest = others;
        list += bundle.filters * bundle.width;
        (bundle.width, list - bundle.filters * bundle.width, dweight)
    };
    let tasks: Vec<_> = bundles.iter().map(split).collect();
    tasks
        .into_par_iter()
        .with_max_len(1)
        .for_each(|(taps, mut list, dweight)| {
            for dweight in dweight.chunks_exact_mut(dimension * taps) {
                for (first, width, sums) in sums.of(list, taps) {
                    let columns = first..dimension.min(first + width);
                    join(
                        isa,
                        taps,
                        sums,
                        width,
                        &mut dweight[columns.start * taps..columns.end * taps],
                    );
                }
                list += taps;
            }
        });
}

pub(crate) fn backward_rows_on(
    isa: Isa,
    batch: Batch<'_>,
    winners: &[u32],
    grad: &[f32],
    weight: &[f32],
    drows: &mut [f32],
) {
    if drows.is_empty() {
        return;
    }
    let shape = batch.shape;
    let dimension = shape.dimension;
    let taps: usize = shape.groups.iter().map(|g| g.width * g.filters).sum();
    let strips = Strips::pack(isa, [taps, dimension], |first, width, strip| {
        let columns = width.min(dimension - first);
        let mut row = 0;
        for bundle in shape.bundles(1) {
            let taps = bundle.width;
            let filter = &weight[bundle.weights + first * taps..][..columns * taps];
            let strip = &mut strip[row * width..][..taps * width];
            part(isa, taps, filter, strip, width);
            for tap in strip.chunks_exact_mut(width) {
                tap[columns..].fill(0.0);
            }
            row += taps;
        }
    });
    let won = Won::new(batch, winners, grad);
    let words = drows.len() / dimension;
    let seen = Seen::new(batch, words);

    // A list for each word.
    let mut lists = Buffer::<(u32, u32)>::take(words);
    let mut count = 0;
    for (word, list) in lists.iter_mut().enumerate() {
        list.0 = count;
        for &token in seen.tokens(word) {
            won.at_token(batch, &seen, token, |_, _, won| count += won.len() as u32);
        }
        list.1 = count;
    }
    let mut terms = Buffer::<Term>::take(count as usize);
    let mut rest = &mut terms[..];
    let split = |(chunk, lists): (usize, &[(u32, u32)])| {
        let size = lists[lists.len() - 1].1 - lists[0].0;
        let (terms, others) = std::mem::take(&mut rest).split_at_mut(size as usize);
        rest = others;
        (
            chunk * TUNING.words_of_task..chunk * TUNING.words_of_task + lists.len(),
            terms,
        )
    };
    let tasks: Vec<_> = lists
        .chunks(TUNING.words_of_task)
        .enumerate()
        .map(split)
        .collect();
    tasks
        .into_par_iter()
        .with_max_len(1)
        .for_each(|(words, terms)| {
            let mut next = 0;
            for &token in words.flat_map(|word| seen.tokens(word)) {
                won.at_token(batch, &seen, token, |first, width, won| {
                    for (term, &(filter, grad)) in terms[next..].iter_mut().zip(won) {
                        *term = (first + filter * width, grad);
                    }
                    next += won.len();
                });
            }
        });
    let sums = strips.combine(isa, &terms, &lists);
    drows
        .par_chunks_mut(TUNING.words_of_task * dimension)
        .enumerate()
        .for_each(|(chunk, drows)| {
            for (word, drow) in
                (chunk * TUNING.words_of_task..).zip(drows.chunks_exact_mut(dimension))
            {
                for (first, width, sum) in sums.of(word, 1) {
                    let columns = first..dimension.min(first + width);
                    drow[columns.clone()].copy_from_slice(&sum[..columns.len()]);
                }
            }
        });
}

/// The gradients of all windows that won, added to `dbias` `[filters]`.
pub(super) fn backward_bias(winners: &[u32], grad: &[f32], dbias: &mut [f32]) {
    let filters = dbias.len().max(1);
    dbias.fill(0.0);
    let mut block = Scratch::take(dbias.len());
    for (winners, grad) in winners
        .chunks(CHAIN * filters)
        .zip(grad.chunks(CHAIN * filters))
    {
        block.fill(0.0);
        for (winners, grad) in winners.chunks(filters).zip(grad.chunks(filters)) {
            for ((sum, &winner), &grad) in block.iter_mut().zip(winners).zip(grad) {
                *sum += if winner == NO_WINNER { 0.0 } else { grad };
            }
        }
        for (dbias, &sum) in dbias.iter_mut().zip(&*block) {
            *dbias += sum;
        }
    }
}

/// The gradients of each document and group, sorted by the window that won.
struct Won {
    /// Filter within its group and gradient: those of a document and group in the order of windows, then filters.
    terms: Buffer<Term>,
    /// For each document and group, where each window's terms begin and the last one's end.
    starts: Buffer<u32>,
    /// Where the starts of each document begin.
    documents: Buffer<u32>,
}

impl Won {
    fn new(batch: Batch<'_>, winners: &[u32], grad: &[f32]) -> Self {
        let Batch { shape, offsets, .. } = batch;
        let filters = shape.filters();
        let mut documents = Buffer::<u32>::take(offsets.documents() + 1);
        documents[0] = 0;
        for d in 0..offsets.documents() {
            let begins = |group: &FilterGroup| batch.windows(d, group.width) as u32 + 2;
            documents[d + 1] = documents[d] + shape.groups.iter().map(begins).sum::<u32>();
        }
        let mut terms = Buffer::<Term>::take(winners.len());
        let mut starts = Buffer::<u32>::take(documents[offsets.documents()] as usize);
        let (mut rest_terms, mut rest_starts) = (&mut terms[..], &mut starts[..]);
        let mut tasks = Vec::with_capacity(offsets.documents());
        for d in 0..offsets.documents() {
            let (own_terms, others) = rest_terms.split_at_mut(filters);
            rest_terms = others;
            let (own_starts, others) =
                rest_starts.split_at_mut((documents[d + 1] - documents[d]) as usize);
            rest_starts = others;
            tasks.push((d, own_terms, own_starts));
        }
        tasks
            .into_par_iter()
            .for_each(|(d, mut terms, mut starts)| {
                let (mut winners, mut grad) = (
                    &winners[d * filters..][..filters],
                    &grad[d * filters..][..filters],
                );
                for group in &shape.groups {
                    let windows = batch.windows(d, group.width);
                    let (own, others) = std::mem::take(&mut terms).split_at_mut(group.filters);
                    terms = others;
                    let (begin, others) = std::mem::take(&mut starts).split_at_mut(windows + 2);
                    starts = others;
                    let (here, others) = winners.split_at(group.filters);
                    winners = others;
                    let (grads, others) = grad.split_at(group.filters);
                    grad = others;
                    sort(batch, [d, group.width], here, grads, own, begin);
                }
            });
        Self {
            terms,
            starts,
            documents,
        }
    }

    /// Calls `visit(first row, width, terms)` for each window over `token`, group after group and tap after tap: filter `f` of
    /// `terms` saw the token through row `first row + f · width` of the weights.
    #[inline(always)]
    fn at_token(
        &self,
        batch: Batch<'_>,
        seen: &Seen,
        token: u32,
        mut visit: impl FnMut(u32, u32, &[Term]),
    ) {
        let d = seen.documents[token as usize] as usize;
        let shape = batch.shape;
        let place = token as usize - batch.offsets.range(d).start;
        let mut starts = &self.starts[self.documents[d] as usize..];
        let mut terms = &self.terms[d * shape.filters()..];
        let mut row = 0;
        for group in &shape.groups {
            let windows = batch.windows(d, group.width);
            for tap in 0..group.width {
                let window = (place + batch.before(group.width)).checked_sub(tap);
                if let Some(window) = window
                    && window < windows
                {
                    let here = starts[window] as usize..starts[window + 1] as usize;
                    visit((row + tap) as u32, group.width as u32, &terms[here]);
                }
            }
            starts = &starts[windows + 2..];
            terms = &terms[group.filters..];
            row += group.filters * group.width;
        }
    }
}

/// A stable counting sort of a group's filters by the window that won; what has no gradient, or touches no token, is left out.
fn sort(
    batch: Batch<'_>,
    [d, width]: [usize; 2],
    winners: &[u32],
    grad: &[f32],
    terms: &mut [Term],
    starts: &mut [u32],
) {
    let windows = batch.windows(d, width);
    starts.fill(0);
    for (&winner, &grad) in winners.iter().zip(grad) {
        if winner != NO_WINNER && grad != 0.0 {
            batch.check_winner(winner, d, width);
            // Two places on, so that the loops below end with the starts.
            if let Some(count) = starts.get_mut(winner as usize + 2) {
                *count += 1;
            }
        }
    }
    for window in 0..windows {
        starts[window + 2] += starts[window + 1];
    }
    for (filter, (&winner, &grad)) in winners.iter().zip(grad).enumerate() {
        if (winner as usize) < windows && grad != 0.0 {
            let place = &mut starts[winner as usize + 1];
            terms[*place as usize] = (filter as u32, grad);
            *place += 1;
        }
    }
}

/// Where each word stands.
struct Seen {
    by_row: crate::rows::ByRow,
    /// The document of each token.
    documents: Buffer<u32>,
}

impl Seen {
    fn new(batch: Batch<'_>, distinct: usize) -> Self {
        let Batch { offsets, ids, .. } = batch;
        let mut documents = Buffer::<u32>::take(ids.len());
        for d in 0..offsets.documents() {
            documents[offsets.range(d)].fill(d as u32);
        }
        Self {
            by_row: crate::rows::ByRow::new(distinct, ids),
            documents,
        }
    }

    /// The tokens of a word, in order.
    fn tokens(&self, word: usize) -> &[u32] {
        self.by_row.tokens(word)
    }
}
