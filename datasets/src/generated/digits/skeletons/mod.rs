//! Which strokes make a digit. Coordinates: the unit square, x right, y down; proportions are random.

use super::super::draw::Draw;
use super::stroke::Stroke;

mod five_to_nine;
mod zero_to_four;

/// The strokes of one way to write `label` (0 to 9).
pub(super) fn skeleton(label: u32, draw: &mut Draw) -> Vec<Stroke> {
    match label {
        0 => zero_to_four::zero(draw),
        1 => zero_to_four::one(draw),
        2 => zero_to_four::two(draw),
        3 => zero_to_four::three(draw),
        4 => zero_to_four::four(draw),
        5 => five_to_nine::five(draw),
        6 => five_to_nine::six(draw),
        7 => five_to_nine::seven(draw),
        8 => five_to_nine::eight(draw),
        _ => five_to_nine::nine(draw),
    }
}
