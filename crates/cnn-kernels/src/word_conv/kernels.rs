//! Sums of table entries, compiled for each instruction set: the channels are the lanes, the taps are the steps.

use crate::lanes::for_each_isa;

for_each_isa! {
    /// `y[p] = table[places[p, 0], 0] + table[places[p, 1], 1] + … + bias`; `table` `[entries, taps, bias.len()]`, `places` `[positions, taps]`.
    fn add_taps(places: &[u32], table: &[f32], bias: &[f32], y: &mut [f32]) {
        let channels = bias.len();
        let taps = places.len() / (y.len() / channels);
        for (y, places) in y.chunks_exact_mut(channels).zip(places.chunks_exact(taps)) {
            let entry = |tap: usize| &table[(places[tap] as usize * taps + tap) * channels..][..channels];
            match taps {
                3 => {
                    let (a, b, c) = (entry(0), entry(1), entry(2));
                    for o in 0..channels {
                        y[o] = a[o] + b[o] + c[o] + bias[o];
                    }
                }
                _ => {
                    y.copy_from_slice(entry(0));
                    for tap in 1..taps {
                        for (y, number) in y.iter_mut().zip(entry(tap)) {
                            *y += number;
                        }
                    }
                    for (y, bias) in y.iter_mut().zip(bias) {
                        *y += bias;
                    }
                }
            }
        }
    }
}
