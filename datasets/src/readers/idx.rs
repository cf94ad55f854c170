//! IDX, the format of MNIST: a magic number, big-endian sizes, bytes.
//!
//! Layout: two zero bytes, the element type (0x08 = unsigned byte), the number of dimensions, each size as 4
//! big-endian bytes, then the elements in row-major order. The file may be gzip-packed.

use std::path::Path;

use super::{Input, Limits, ReadError};

/// The element type that MNIST-like files use.
const UNSIGNED_BYTE: u8 = 0x08;

/// Images of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdxImages {
    /// Rows of pixels of each image.
    pub height: usize,
    /// Columns of pixels of each image.
    pub width: usize,
    /// `[count, height, width]`.
    pub pixels: Vec<u8>,
}

impl IdxImages {
    /// The images one by one, each `[height * width]`.
    pub fn images(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.height * self.width)
    }
}

/// Reads a file of images: dimensions `[count, height, width]`, unsigned bytes.
///
/// # Errors
///
/// [`ReadError`] for a wrong magic number, sizes of zero or above the limits (checked before any memory is
/// taken), a file shorter or longer than its header says, damaged gzip data.
pub fn read_idx_images(path: &Path, limits: &Limits) -> Result<IdxImages, ReadError> {
    let mut input = Input::open(path, limits)?;
    let [count, height, width] = read_sizes(&mut input, limits)?;
    for (name, side) in [("height", height), ("width", width)] {
        if side == 0 || side > limits.image_side {
            let what = format!("the {name} is {side}: 1 to {} are read", limits.image_side);
            return Err(ReadError::BadHeader {
                path: path.into(),
                what,
            });
        }
    }
    let pixels = read_elements(&mut input, [count, height, width], limits)?;
    Ok(IdxImages {
        height: height as usize,
        width: width as usize,
        pixels,
    })
}

/// Reads a file of labels: dimension `[count]`, unsigned bytes.
///
/// # Errors
///
/// As [`read_idx_images`].
pub fn read_idx_labels(path: &Path, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let mut input = Input::open(path, limits)?;
    let [count] = read_sizes(&mut input, limits)?;
    read_elements(&mut input, [count], limits)
}

/// Reads the header of a file with `N` dimensions.
fn read_sizes<const N: usize>(input: &mut Input, limits: &Limits) -> Result<[u32; N], ReadError> {
    let header = input.read_up_to(4 + 4 * N as u64)?;
    let path = input.path();
    let expected = if N == 1 {
        "an IDX file of labels"
    } else {
        "an IDX file of images"
    };
    if !header.starts_with(&[0, 0, UNSIGNED_BYTE, N as u8]) {
        let found = header
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" ");
        return Err(ReadError::WrongMagic {
            path: path.into(),
            expected,
            found,
        });
    }
    let (sizes, rest) = header[4..].as_chunks::<4>();
    if sizes.len() < N || !rest.is_empty() {
        let (promised, found) = (4 + 4 * N as u64, header.len().to_string());
        return Err(ReadError::WrongSize {
            path: path.into(),
            promised,
            found,
        });
    }
    let mut result = [0; N];
    for (size, &bytes) in result.iter_mut().zip(sizes) {
        *size = u32::from_be_bytes(bytes);
    }
    match result.first() {
        Some(0) => Err(ReadError::Empty {
            path: path.into(),
            what: "the header says 0 rows".into(),
        }),
        Some(&count) if count as usize > limits.rows => {
            let limit = limits.rows as u64;
            Err(ReadError::Limit {
                path: path.into(),
                limit,
                unit: "rows",
                name: "rows",
            })
        }
        _ => Ok(result),
    }
}

/// Reads exactly the product of `sizes` bytes.
fn read_elements<const N: usize>(
    input: &mut Input,
    sizes: [u32; N],
    limits: &Limits,
) -> Result<Vec<u8>, ReadError> {
    let path = input.path().to_owned();
    let promised = sizes
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size.into()));
    let Some(promised) = promised.filter(|&bytes| bytes <= limits.file_bytes) else {
        let limit = limits.file_bytes;
        return Err(ReadError::Limit {
            path,
            limit,
            unit: "bytes",
            name: "file_bytes",
        });
    };
    let elements = input.read_up_to(promised)?;
    if (elements.len() as u64) < promised {
        return Err(ReadError::WrongSize {
            path,
            promised,
            found: elements.len().to_string(),
        });
    }
    if !input.read_up_to(1)?.is_empty() {
        return Err(ReadError::WrongSize {
            path,
            promised,
            found: "more".into(),
        });
    }
    Ok(elements)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn idx(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTE, sizes.len() as u8];
        for size in sizes {
            bytes.extend(size.to_be_bytes());
        }
        bytes.extend(elements);
        bytes
    }

    fn images(bytes: &[u8]) -> Result<IdxImages, ReadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images");
        std::fs::write(&path, bytes).unwrap();
        read_idx_images(&path, &Limits::DEFAULT)
    }

    #[test]
    fn plain_and_packed_files_read_the_same() {
        let plain = idx(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&plain).unwrap();
        let read = images(&plain).unwrap();
        assert_eq!(read, images(&packer.finish().unwrap()).unwrap());
        assert_eq!(read.images().collect::<Vec<_>>(), [[1, 2, 3], [4, 5, 6]]);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let whole = idx(&[2, 2, 2], &[0; 8]);
        for cut in 0..whole.len() {
            assert!(images(&whole[..cut]).is_err(), "cut at {cut}");
        }
        let longer = [whole.clone(), vec![0]].concat();
        assert!(
            matches!(images(&longer), Err(ReadError::WrongSize { found, .. }) if found == "more")
        );
    }

    #[test]
    fn hostile_headers_are_refused_before_memory_is_taken() {
        let refused = |sizes: &[u32]| images(&idx(sizes, &[])).unwrap_err();
        assert!(matches!(
            refused(&[1 << 31, 28, 28]),
            ReadError::Limit { name: "rows", .. }
        ));
        assert!(matches!(
            refused(&[u32::MAX, u32::MAX, u32::MAX]),
            ReadError::Limit { .. }
        ));
        assert!(matches!(
            refused(&[1, u32::MAX, u32::MAX]),
            ReadError::BadHeader { .. }
        ));
        assert!(matches!(
            refused(&[40_000_000, 16_384, 16_384]),
            ReadError::Limit {
                name: "file_bytes",
                ..
            }
        ));
        // Within the limits, but the bytes are not there: read_to_end takes what exists, not what is promised.
        assert!(matches!(
            refused(&[5_000_000, 28, 28]),
            ReadError::WrongSize { .. }
        ));
        assert!(matches!(refused(&[0, 28, 28]), ReadError::Empty { .. }));
        assert!(matches!(refused(&[1, 0, 28]), ReadError::BadHeader { .. }));
        assert!(matches!(refused(&[10]), ReadError::WrongMagic { .. }));
        assert!(matches!(
            images(b"<html>not here</html>"),
            Err(ReadError::WrongMagic { .. })
        ));
        let floats = [&[0, 0, 0x0d, 3][..], &[0; 12]].concat();
        assert!(
            matches!(images(&floats), Err(ReadError::WrongMagic { found, .. }) if found == "00 00 0d 03")
        );
    }
}
