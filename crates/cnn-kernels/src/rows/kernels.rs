//! Sums of rows, compiled for each instruction set: the width is the lanes, the terms are the steps.

use crate::lanes::for_each_isa;
use crate::tree::CHAIN;

for_each_isa! {
    /// `sum = x[terms[0]] + x[terms[1]] + ...`, from left to right; 0 without terms. `x` is `[rows, sum.len()]`.
    fn sum_rows(terms: &[u32], x: &[f32], sum: &mut [f32]) {
        sum_in_order(terms, x, sum);
    }
}

for_each_isa! {
    /// The same in blocks of [`CHAIN`] terms, whose sums are added in order.
    fn sum_tokens(terms: &[u32], x: &[f32], sum: &mut [f32]) {
        let (first, rest) = terms.split_at(terms.len().min(CHAIN));
        sum_in_order(first, x, sum);
        if rest.is_empty() {
            return;
        }
        let mut partial = vec![0.0; sum.len()];
        for block in rest.chunks(CHAIN) {
            sum_in_order(block, x, &mut partial);
            for (sum, &partial) in sum.iter_mut().zip(&partial) {
                *sum += partial;
            }
        }
    }
}

#[inline(always)]
fn sum_in_order(terms: &[u32], x: &[f32], sum: &mut [f32]) {
    let width = sum.len();
    let row = |term: u32| &x[term as usize * width..][..width];
    let Some((&first, rest)) = terms.split_first() else {
        sum.fill(0.0);
        return;
    };
    sum.copy_from_slice(row(first));
    for &term in rest {
        for (sum, &x) in sum.iter_mut().zip(row(term)) {
            *sum += x;
        }
    }
}
