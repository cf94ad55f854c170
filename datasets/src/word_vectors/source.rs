//! Where the bytes come from: a plain file, a gzip, a file in a zip archive; with a look at the front.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::{VectorProblem, WORD_LIMIT};

/// How many bytes at the front the format is told from: a line of the largest dimension fits.
const FRONT: usize = 512 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK\x03\x04";

/// A zip archive of numpy arrays.
pub(super) type NumpyArchive = ZipArchive<BufReader<File>>;

pub(super) enum Opened {
    /// An `.npz`: its arrays are read by the numpy reader.
    Archive(Box<NumpyArchive>),
    /// Everything else.
    Stream {
        source: Source<Box<dyn Read>>,
        packed: bool,
    },
}

/// Opens `path` and unpacks what is around the vectors; `entry` names a file in an archive.
pub(super) fn open(path: &Path, entry: Option<&str>) -> Result<Opened, VectorProblem> {
    let mut file = File::open(path)?;
    let mut magic = Vec::new();
    (&mut file).take(4).read_to_end(&mut magic)?;
    file.rewind()?;
    if magic.starts_with(ZIP) {
        return open_archive(file, path, entry);
    }
    let packed = magic.starts_with(GZIP);
    let reader: Box<dyn Read> = if packed {
        Box::new(MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(file)
    };
    stream(reader, path, packed)
}

fn stream(reader: Box<dyn Read>, path: &Path, packed: bool) -> Result<Opened, VectorProblem> {
    let source = Source::new(reader)?;
    if super::detect::is_pickle(source.front()) {
        return Err(VectorProblem::Pickle {
            advice: super::pickle_advice(path),
        });
    }
    Ok(Opened::Stream { source, packed })
}

fn open_archive(file: File, path: &Path, entry: Option<&str>) -> Result<Opened, VectorProblem> {
    let archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let names = file_names(&archive)?;
    if names.iter().any(|name| name.ends_with(".npy")) {
        return Ok(Opened::Archive(Box::new(archive)));
    }
    let name = choose(&names, entry)?.to_owned();
    stream(Box::new(OwnedEntry::open(archive, &name)?), path, true)
}

/// The names of the files in an archive.
pub(super) fn file_names(archive: &NumpyArchive) -> Result<Vec<String>, VectorProblem> {
    let names = archive.file_names().map(|name| name.map(String::from));
    names.collect::<Result<_, _>>().map_err(damaged)
}

/// The entry asked for, or the only one.
pub(super) fn choose<'n>(
    names: &'n [String],
    entry: Option<&str>,
) -> Result<&'n str, VectorProblem> {
    let chosen = match entry {
        Some(entry) => names
            .iter()
            .find(|name| name.as_str() == entry || name.strip_suffix(".npy") == Some(entry)),
        None if names.len() == 1 => names.first(),
        None => None,
    };
    chosen
        .map(String::as_str)
        .ok_or_else(|| VectorProblem::Entries {
            names: names.to_owned(),
        })
}

pub(super) fn damaged(error: zip::result::ZipError) -> VectorProblem {
    VectorProblem::Archive {
        reason: error.to_string(),
    }
}

/// A file of an archive together with the archive: the zip reader lends entries, so the compressed bytes are read
/// from their place in the file instead.
struct OwnedEntry(Box<dyn Read>);

impl OwnedEntry {
    fn open(mut archive: NumpyArchive, name: &str) -> Result<Self, VectorProblem> {
        let (start, size, method) = {
            let entry = archive.by_name(name).map_err(damaged)?;
            let start = entry.data_start().ok_or_else(|| VectorProblem::Archive {
                reason: format!("{name} has no data"),
            })?;
            (start, entry.compressed_size(), entry.compression())
        };
        let mut file = archive.into_inner();
        file.seek(std::io::SeekFrom::Start(start))?;
        let bytes = file.take(size);
        match method {
            zip::CompressionMethod::Stored => Ok(Self(Box::new(bytes))),
            zip::CompressionMethod::Deflated => {
                Ok(Self(Box::new(flate2::read::DeflateDecoder::new(bytes))))
            }
            other => Err(VectorProblem::Archive {
                reason: format!("{name} is compressed with {other}; only deflate is read"),
            }),
        }
    }
}

impl Read for OwnedEntry {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

/// A stream that knows its place and showed its front.
pub(super) struct Source<R> {
    front: Vec<u8>,
    reader: BufReader<std::io::Chain<Cursor<Vec<u8>>, R>>,
    position: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(mut reader: R) -> Result<Self, VectorProblem> {
        let mut front = Vec::new();
        (&mut reader).take(FRONT as u64).read_to_end(&mut front)?;
        let chain = Cursor::new(front.clone()).chain(reader);
        Ok(Self {
            front,
            reader: BufReader::with_capacity(256 * 1024, chain),
            position: 0,
        })
    }

    /// The first bytes, however far reading has come.
    pub(super) fn front(&self) -> &[u8] {
        &self.front
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Fills `bytes`; the end of the file is an error that says it came in the middle of `what`.
    pub(super) fn read_exact(
        &mut self,
        bytes: &mut [u8],
        what: &'static str,
    ) -> Result<(), VectorProblem> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => return Err(self.truncated(what)),
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.read_error(error, what)),
            }
        }
        Ok(())
    }

    /// Passes over `count` bytes.
    pub(super) fn skip(&mut self, count: u64, what: &'static str) -> Result<(), VectorProblem> {
        let mut left = count;
        while left > 0 {
            let buffered = match self.reader.fill_buf() {
                Ok(buffered) => buffered.len(),
                Err(error) => return Err(self.read_error(error, what)),
            };
            if buffered == 0 {
                return Err(self.truncated(what));
            }
            let step = left.min(buffered as u64);
            self.reader.consume(step as usize);
            self.position += step;
            left -= step;
        }
        Ok(())
    }

    /// Bytes up to `end`, which is consumed and left out; `None` at the end of the file. The boolean says whether
    /// `end` was there. Fails with `too_long` after `limit` bytes.
    pub(super) fn until(
        &mut self,
        end: u8,
        limit: usize,
        bytes: &mut Vec<u8>,
        too_long: impl FnOnce() -> VectorProblem,
    ) -> Result<Option<bool>, VectorProblem> {
        bytes.clear();
        let limited = &mut (&mut self.reader).take(limit as u64 + 1);
        let read = match limited.read_until(end, bytes) {
            Ok(read) => read,
            Err(error) => return Err(self.read_error(error, "a word or line")),
        };
        self.position += read as u64;
        if read == 0 {
            return Ok(None);
        }
        let ended = bytes.last() == Some(&end);
        if ended {
            bytes.pop();
        } else if read > limit {
            return Err(too_long());
        }
        Ok(Some(ended))
    }

    /// A word that ends with `end`.
    pub(super) fn word(&mut self, end: u8, bytes: &mut Vec<u8>) -> Result<(), VectorProblem> {
        let byte = self.position;
        match self.until(end, WORD_LIMIT, bytes, || VectorProblem::WordTooLong {
            byte,
        })? {
            Some(true) => Ok(()),
            _ => Err(self.truncated("a word")),
        }
    }

    /// Little-endian f32 values.
    pub(super) fn floats(
        &mut self,
        vector: &mut [f32],
        bytes: &mut Vec<u8>,
    ) -> Result<(), VectorProblem> {
        bytes.resize(4 * vector.len(), 0);
        self.read_exact(bytes, "a vector")?;
        let values = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|value| f32::from_le_bytes(*value));
        vector
            .iter_mut()
            .zip(values)
            .for_each(|(place, value)| *place = value);
        Ok(())
    }

    /// Whether nothing follows; looks at the next byte without taking it.
    pub(super) fn at_end(&mut self) -> Result<bool, VectorProblem> {
        Ok(self.reader.fill_buf()?.is_empty())
    }

    pub(super) fn truncated(&self, what: &'static str) -> VectorProblem {
        VectorProblem::Truncated {
            byte: self.position,
            what,
        }
    }

    /// A compressed stream that stops early reports its end as an error.
    fn read_error(&self, error: std::io::Error, what: &'static str) -> VectorProblem {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            self.truncated(what)
        } else {
            VectorProblem::Read(error)
        }
    }
}
