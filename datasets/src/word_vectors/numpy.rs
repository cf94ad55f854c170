//! numpy arrays: `.npy`, alone or in a `.npz` archive; a table `[tokens, dimension]` of floats in C order.
//!
//! Format (numpy, `numpy/lib/format.py`): `\x93NUMPY`, two bytes of version, the header's length (u16, from version
//! 2 on u32), a header that is a Python dictionary `{'descr': '<f8', 'fortran_order': False, 'shape': (4762, 200), }`,
//! the values. Types f2, f4, f8 of either byte order are read, everything is rounded to f32.

use std::io::Read;

use super::source::{NumpyArchive, Source, choose, damaged, file_names};
use super::wanted::Wanted;
use super::{Found, VectorOptions, VectorProblem, checked_dimension};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// numpy itself refuses longer headers.
const HEADER_LIMIT: usize = 10_000;

pub(super) fn read_archive(
    mut archive: NumpyArchive,
    wanted: &mut Wanted<'_>,
    options: &VectorOptions,
) -> Result<Found, VectorProblem> {
    let names = file_names(&archive)?;
    let name = choose(&names, options.entry.as_deref())?;
    let entry = archive.by_name(name).map_err(damaged)?;
    read_array(&mut Source::new(entry)?, wanted, options)
}

pub(super) fn read_array<R: Read>(
    source: &mut Source<R>,
    wanted: &mut Wanted<'_>,
    options: &VectorOptions,
) -> Result<Found, VectorProblem> {
    let header = Header::read(source)?;
    let tokens = options
        .tokens
        .as_ref()
        .ok_or(VectorProblem::TokensNeeded)?
        .tokens();
    if tokens.len() as u64 != header.rows {
        return Err(VectorProblem::TokensCount {
            rows: header.rows,
            tokens: tokens.len(),
        });
    }
    let mut vector = vec![0.0; header.dimension];
    let mut bytes = vec![0; header.dimension * header.value.size()];
    let words = header.rows.min(options.limit.unwrap_or(u64::MAX));
    for token in tokens.iter().take(words as usize) {
        let takers = wanted.ask(token.as_bytes())?;
        if takers.is_empty() {
            source.skip(bytes.len() as u64, "the array")?;
        } else {
            source.read_exact(&mut bytes, "the array")?;
            header.value.decode(&bytes, &mut vector);
            wanted.keep(&takers, &vector)?;
        }
    }
    if words == header.rows && !source.at_end()? {
        return Err(VectorProblem::TrailingBytes {
            byte: source.position(),
            promised: header.rows,
        });
    }
    Ok(Found {
        dimension: header.dimension,
        words,
    })
}

struct Header {
    rows: u64,
    dimension: usize,
    value: ValueType,
}

impl Header {
    fn read<R: Read>(source: &mut Source<R>) -> Result<Self, VectorProblem> {
        const WHAT: &str = "the array's header";
        let wrong = |header: &str, reason| VectorProblem::NumpyHeader {
            header: header.chars().take(120).collect(),
            reason,
        };
        let mut start = [0; 8];
        source.read_exact(&mut start, WHAT)?;
        if !start.starts_with(MAGIC) {
            return Err(wrong(
                &String::from_utf8_lossy(&start),
                "it does not begin with \\x93NUMPY",
            ));
        }
        let mut length = [0; 4];
        match start[6] {
            1 => source.read_exact(&mut length[..2], WHAT)?,
            2 | 3 => source.read_exact(&mut length, WHAT)?,
            _ => {
                return Err(wrong(
                    &format!("version {}", start[6]),
                    "only versions 1 to 3 are known",
                ));
            }
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > HEADER_LIMIT {
            return Err(wrong(
                &format!("{length} bytes"),
                "it is longer than any real one",
            ));
        }
        let mut header = vec![0; length];
        source.read_exact(&mut header, WHAT)?;
        let header = String::from_utf8_lossy(&header).into_owned();

        let descr = field(&header, "descr").ok_or_else(|| wrong(&header, "it has no 'descr'"))?;
        let value = ValueType::parse(descr)?;
        match field(&header, "fortran_order") {
            Some(order) if order.starts_with("False") => {}
            Some(order) if order.starts_with("True") => return Err(VectorProblem::NumpyOrder),
            _ => return Err(wrong(&header, "it has no 'fortran_order'")),
        }
        let shape = field(&header, "shape").ok_or_else(|| wrong(&header, "it has no 'shape'"))?;
        let inside = shape
            .strip_prefix('(')
            .and_then(|shape| shape.split(')').next());
        let inside = inside.ok_or_else(|| wrong(&header, "its 'shape' is no tuple"))?;
        let sizes: Option<Vec<u64>> = inside
            .split(',')
            .map(str::trim)
            .filter(|size| !size.is_empty())
            .map(|size| size.parse().ok())
            .collect();
        match sizes.ok_or_else(|| wrong(&header, "its 'shape' holds no numbers"))?[..] {
            [rows, dimension] => Ok(Self {
                rows,
                dimension: checked_dimension(dimension)?,
                value,
            }),
            _ => Err(VectorProblem::NumpyShape {
                found: format!("({inside})"),
            }),
        }
    }
}

/// What follows `'name':` in the header.
fn field<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let (_, rest) = header.split_once(&format!("'{name}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// A floating-point type and its byte order.
#[derive(Clone, Copy, Debug)]
enum ValueType {
    Half { little: bool },
    Single { little: bool },
    Double { little: bool },
}

impl ValueType {
    fn parse(descr: &str) -> Result<Self, VectorProblem> {
        let name = descr
            .strip_prefix('\'')
            .and_then(|descr| descr.split('\'').next());
        match name {
            Some("<f2") => Ok(Self::Half { little: true }),
            Some(">f2") => Ok(Self::Half { little: false }),
            Some("<f4") => Ok(Self::Single { little: true }),
            Some(">f4") => Ok(Self::Single { little: false }),
            Some("<f8") => Ok(Self::Double { little: true }),
            Some(">f8") => Ok(Self::Double { little: false }),
            // `|O` (Python objects) is a pickle inside.
            _ => Err(VectorProblem::NumpyType {
                found: name.unwrap_or(descr).chars().take(40).collect(),
            }),
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Half { .. } => 2,
            Self::Single { .. } => 4,
            Self::Double { .. } => 8,
        }
    }

    fn decode(self, bytes: &[u8], vector: &mut [f32]) {
        let chunks = bytes.chunks_exact(self.size());
        for (value, chunk) in vector.iter_mut().zip(chunks) {
            let mut little = [0; 8];
            little[..chunk.len()].copy_from_slice(chunk);
            let [a, b, c, d, ..] = little;
            *value = match self {
                Self::Half { little: true } => half(u16::from_le_bytes([a, b])),
                Self::Half { little: false } => half(u16::from_be_bytes([a, b])),
                Self::Single { little: true } => f32::from_le_bytes([a, b, c, d]),
                Self::Single { little: false } => f32::from_be_bytes([a, b, c, d]),
                Self::Double { little: true } => f64::from_le_bytes(little) as f32,
                Self::Double { little: false } => f64::from_be_bytes(little) as f32,
            };
        }
    }
}

/// IEEE half precision: 1 sign, 5 exponent, 10 fraction bits.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = u32::from(bits >> 10) & 31;
    let fraction = f32::from(bits & 1023) / 1024.0;
    sign * match exponent {
        // Subnormal: no implicit one.
        0 => fraction * 2.0f32.powi(-14),
        31 if fraction > 0.0 => f32::NAN,
        31 => f32::INFINITY,
        _ => (1.0 + fraction) * f32::from_bits((exponent + 127 - 15) << 23),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_values() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x3555, 0.333_251_95),
            (0, 0.0),
        ] {
            assert_eq!(half(bits), value);
        }
        assert_eq!(half(1), 2.0f32.powi(-24));
        assert_eq!(half(0x7c00), f32::INFINITY);
        assert!(half(0x7c01).is_nan());
    }
}
