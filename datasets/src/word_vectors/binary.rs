//! word2vec's binary format: `words dimension\n`, then for each word the word, a blank, `dimension` little-endian f32
//! values and, in the files of the original tool, a newline.

use std::io::Read;

use super::detect::header;
use super::source::Source;
use super::wanted::Wanted;
use super::{Found, VectorOptions, VectorProblem, checked_dimension};

pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    wanted: &mut Wanted<'_>,
    options: &VectorOptions,
) -> Result<Found, VectorProblem> {
    let (mut word, mut bytes) = (Vec::new(), Vec::new());
    source.word(b'\n', &mut word)?;
    let (promised, dimension) = header(&word).unwrap_or_default();
    let dimension = checked_dimension(dimension)?;
    let mut vector = vec![0.0; dimension];
    let limit = options.limit.unwrap_or(u64::MAX);
    for read in 0..promised.min(limit) {
        if source.at_end()? {
            return Err(VectorProblem::Count {
                promised,
                found: read,
            });
        }
        source.word(b' ', &mut word)?;
        // The newline after the vector before.
        let word = word.strip_prefix(b"\n").unwrap_or(&word);
        let takers = wanted.ask(word)?;
        if takers.is_empty() {
            source.skip(4 * dimension as u64, "a vector")?;
        } else {
            source.floats(&mut vector, &mut bytes)?;
            wanted.keep(&takers, &vector)?;
        }
    }
    if promised <= limit {
        let byte = source.position();
        let mut rest = Vec::new();
        source.until(b'\n', 1, &mut rest, || VectorProblem::TrailingBytes {
            byte,
            promised,
        })?;
        if !rest.is_empty() || !source.at_end()? {
            return Err(VectorProblem::TrailingBytes { byte, promised });
        }
    }
    Ok(Found {
        dimension,
        words: promised.min(limit),
    })
}
