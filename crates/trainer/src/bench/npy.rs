//! NumPy's `.npy`, as far as a workload uses it: little-endian f32, i32 or i64 in C order.
//!
//! Our own few lines, since the crates that read the format bring a grammar for Python's literals and a dozen dependencies.
//! Format (numpy, `numpy/lib/format.py`): `\x93NUMPY`, two bytes of version, the header's length (u16, from version 2 on u32), a
//! header that is a Python dictionary, the values.

/// A number that an array may hold.
pub(super) trait Element: Sized {
    /// Its name in a header.
    const DESCR: &'static str;

    /// All numbers of `bytes`.
    fn decode(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! elements {
    ($($type:ty = $descr:literal),+) => { $(impl Element for $type {
        const DESCR: &'static str = $descr;

        fn decode(bytes: &[u8]) -> Vec<Self> {
            let (numbers, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
            numbers.iter().map(|bytes| <$type>::from_le_bytes(*bytes)).collect()
        }
    })+ };
}
elements!(f32 = "<f4", i32 = "<i4", i64 = "<i8");

/// The shape and the numbers of an array; otherwise what is wrong.
pub(super) fn read<T: Element>(bytes: &[u8]) -> Result<(Vec<usize>, Vec<T>), String> {
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .ok_or("it does not begin with \\x93NUMPY")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (u32::from_le_bytes([*a, *b, 0, 0]), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), rest),
        _ => return Err("only versions 1 to 3 of the format are known".to_owned()),
    };
    let (header, values) = rest
        .split_at_checked(length as usize)
        .ok_or("it ends within its header")?;
    let header = String::from_utf8_lossy(header);
    let field = |name: &str| {
        let (_, rest) = header.split_once(&format!("'{name}':"))?;
        Some(rest.trim_start())
    };
    let is = |name, value: &str| field(name).is_some_and(|found| found.starts_with(value));
    if !is("descr", &format!("'{}'", T::DESCR)) || !is("fortran_order", "False") {
        return Err(format!(
            "an array of '{}' in C order is expected, its header is {header}",
            T::DESCR
        ));
    }
    let shape = field("shape").and_then(|shape| {
        let inside = shape.strip_prefix('(')?.split(')').next()?;
        let sizes = inside.split(',').map(str::trim).filter(|s| !s.is_empty());
        sizes
            .map(|size| size.parse().ok())
            .collect::<Option<Vec<usize>>>()
    });
    let shape = shape.ok_or_else(|| format!("its header has no shape: {header}"))?;
    let count = shape.iter().try_fold(1usize, |a, b| a.checked_mul(*b));
    if count.and_then(|count| count.checked_mul(size_of::<T>())) != Some(values.len()) {
        return Err(format!(
            "shape {shape:?} does not fit its {} bytes",
            values.len()
        ));
    }
    Ok((shape, T::decode(values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, values: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(values);
        bytes
    }

    #[test]
    fn an_array_is_read_and_every_other_file_is_refused() {
        let header = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 1), }";
        let whole = file(header, &[1, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(read::<i32>(&whole), Ok((vec![2, 1], vec![1, -1])));

        let problem = |bytes: &[u8]| read::<i32>(bytes).expect_err("not that array");
        assert!(problem(b"PK").contains("NUMPY"));
        assert!(problem(&whole[..20]).contains("within its header"));
        assert!(problem(&whole[..whole.len() - 1]).contains("does not fit"));
        assert!(read::<f32>(&whole).expect_err("integers").contains("'<f4'"));
        let columns = header.replace("False", "True");
        assert!(problem(&file(&columns, &[0; 8])).contains("C order"));
        let huge = header.replace("2, 1", "9999999999, 9999999999");
        assert!(problem(&file(&huge, &[0; 8])).contains("does not fit"));
    }
}
