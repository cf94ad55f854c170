//! What a kernel goes through in the tests of this crate: poisoned buffers, every instruction set, bounds on rounding.

use crate::Isa;

/// Runs `write` on a buffer of `len` NaNs between guard words and returns what it holds then.
///
/// # Panics
///
/// When a guard word has changed, or a NaN is left.
#[track_caller]
pub(crate) fn poisoned(len: usize, write: impl FnOnce(&mut [f32])) -> Vec<f32> {
    const GUARD: usize = 64;
    const WORD: u32 = 0x7FC0_BEEF;
    let mut buffer = vec![f32::from_bits(WORD); len + 2 * GUARD];
    write(&mut buffer[GUARD..GUARD + len]);
    let (before, rest) = buffer.split_at(GUARD);
    let (result, after) = rest.split_at(len);
    let intact = |words: &[f32]| words.iter().all(|word| word.to_bits() == WORD);
    assert!(intact(before) && intact(after), "wrote outside the buffer");
    assert!(
        result.iter().all(|number| number.to_bits() != WORD),
        "left a place unwritten"
    );
    result.to_vec()
}

/// Runs `f` for every instruction set of this machine and for the wide tiles in plain Rust, and says aloud (once) which are skipped.
pub(crate) fn for_each_isa(mut f: impl FnMut(Isa)) {
    static SAID: std::sync::Once = std::sync::Once::new();
    for isa in Isa::ALL.into_iter().chain([Isa::Wide]) {
        match isa.is_available() {
            true => f(isa),
            false => SAID.call_once(|| eprintln!("SKIPPED: this machine lacks {isa}")),
        }
    }
}

/// Asserts `|found - exact| <= units·u·magnitude` for each number, where u = 2^-24 and `magnitude` is the sum of the absolute
/// values of its terms.
#[track_caller]
pub(crate) fn assert_close(found: &[f32], exact: &[f64], magnitude: &[f64], units: f64) {
    assert_eq!(found.len(), exact.len());
    for (i, ((&found, &exact), &magnitude)) in found.iter().zip(exact).zip(magnitude).enumerate() {
        let error = (f64::from(found) - exact).abs();
        let bound = units * magnitude / f64::from(1 << 24);
        assert!(
            error <= bound,
            "number {i}: {found} instead of {exact}, error {error:e} above {bound:e}"
        );
    }
}

/// What a direct sum of `terms` terms may be off by, in units of u. Measured worst cases of sequential sums with mixed
/// signs are near 3 for 200 to 1,500 terms; a dropped term is off by hundreds of times the bound.
pub(crate) fn direct_sum(terms: usize) -> f64 {
    16.0 + 2.0 * (terms as f64).sqrt()
}
