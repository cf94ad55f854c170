//! One open file: gzip unpacked, total size capped, lines cut at LF and counted.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::error::FileTooBig;
use super::{Limits, Place, ReadError};

/// First bytes of every gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Byte order marks.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// A file being read.
pub(crate) struct Input {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    line: u64,
    byte: u64,
    limits: Limits,
    gzip: bool,
}

impl Input {
    /// Opens `path`; gzip is recognised by its first bytes, whatever the name.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(|source| ReadError::from_io(path, source))?;
        Self::from_reader(path, file, limits)
    }

    /// Reads from `file`, which errors call `path`.
    pub fn from_reader(
        path: &Path,
        file: impl Read + 'static,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let start = file
            .fill_buf()
            .map_err(|source| ReadError::from_io(path, source))?;
        let gzip = start.starts_with(&GZIP_MAGIC);
        let capped = |reader: Box<dyn Read>| Capped {
            reader,
            left: limits.file_bytes,
            limit: limits.file_bytes,
        };
        let reader: Box<dyn BufRead> = if gzip {
            Box::new(BufReader::with_capacity(
                1 << 16,
                capped(Box::new(MultiGzDecoder::new(file))),
            ))
        } else {
            Box::new(BufReader::with_capacity(1 << 16, capped(Box::new(file))))
        };
        Ok(Self {
            path: path.into(),
            reader,
            line: 0,
            byte: 0,
            limits: *limits,
            gzip,
        })
    }

    /// The file's path, for errors.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the next byte stands.
    pub fn place(&self) -> Place {
        Place {
            path: self.path.clone(),
            line: self.line,
            byte: self.byte,
        }
    }

    /// Turns a failed read of this file into the error that says why.
    pub fn failed(&self, source: io::Error) -> ReadError {
        let damaged = matches!(
            source.kind(),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
        ) || source.kind() == io::ErrorKind::UnexpectedEof;
        if self.gzip && damaged {
            return ReadError::Gzip {
                path: self.path.clone(),
                reason: source.to_string(),
            };
        }
        ReadError::from_io(&self.path, source)
    }

    /// Drops a UTF-8 mark at the start of the file; refuses those of UTF-16.
    pub fn skip_mark(&mut self) -> Result<(), ReadError> {
        let start = self
            .reader
            .fill_buf()
            .map_err(|source| ReadError::from_io(&self.path, source))?;
        if UTF16_MARKS.iter().any(|mark| start.starts_with(mark)) {
            return Err(ReadError::Utf16 {
                path: self.path.clone(),
            });
        }
        if start.starts_with(UTF8_MARK) {
            self.reader.consume(UTF8_MARK.len());
            self.byte += UTF8_MARK.len() as u64;
        }
        Ok(())
    }

    /// Reads the next line into `row`, without its LF and without a CR before it; tells where it starts.
    ///
    /// Only LF ends a line: 0x85, which ISO-8859-1 files may hold, does not. `None` at the end of the file.
    pub fn next_line(&mut self, row: &mut Vec<u8>) -> Result<Option<Place>, ReadError> {
        row.clear();
        self.line += 1;
        let at = self.place();
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(self.failed(source)),
            };
            if available.is_empty() {
                return Ok((self.byte > at.byte).then_some(at));
            }
            let end = available.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            row.extend_from_slice(&available[..end.unwrap_or(taken)]);
            self.reader.consume(taken);
            self.byte += taken as u64;
            if row.len() > self.limits.row_bytes {
                return Err(ReadError::LongRow {
                    at,
                    limit: self.limits.row_bytes,
                });
            }
            if end.is_some() {
                if row.last() == Some(&b'\r') {
                    row.pop();
                }
                return Ok(Some(at));
            }
        }
    }

    /// Reads `count` bytes, or fewer at the end of the file. Memory grows with the bytes that are really there.
    pub fn read_up_to(&mut self, count: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(count).read_to_end(&mut bytes);
        read.map_err(|source| self.failed(source))?;
        self.byte += bytes.len() as u64;
        Ok(bytes)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// A reader that fails, rather than ends, after `limit` bytes.
struct Capped {
    reader: Box<dyn Read>,
    left: u64,
    limit: u64,
}

impl Read for Capped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(FileTooBig { limit: self.limit }))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(Vec<u8>, u64, u64)> {
        let mut input = Input::from_reader(
            Path::new("t"),
            io::Cursor::new(bytes.to_vec()),
            &Limits::DEFAULT,
        )
        .unwrap();
        let (mut row, mut found) = (Vec::new(), Vec::new());
        while let Some(at) = input.next_line(&mut row).unwrap() {
            found.push((row.clone(), at.line, at.byte));
        }
        found
    }

    #[test]
    fn only_lf_ends_a_line_and_places_are_counted() {
        let found = lines(b"a\x85b\r\n\nc\rd");
        assert_eq!(
            found,
            [
                (b"a\x85b".to_vec(), 1, 0),
                (vec![], 2, 5),
                (b"c\rd".to_vec(), 3, 6)
            ]
        );
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_limit() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            packer.write_all(&vec![b'\n'; 1 << 20]).unwrap();
        }
        let bomb = packer.finish().unwrap();
        assert!(bomb.len() < 1 << 17, "64 MiB in {} bytes", bomb.len());
        let limits = Limits {
            file_bytes: 1 << 20,
            ..Limits::DEFAULT
        };
        let mut input =
            Input::from_reader(Path::new("bomb.gz"), io::Cursor::new(bomb), &limits).unwrap();
        let (mut row, mut count) = (Vec::new(), 0u64);
        let error = loop {
            match input.next_line(&mut row) {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("the bomb was read to its end"),
                Err(error) => break error,
            }
        };
        assert!(count <= 1 << 20);
        assert!(
            matches!(
                error,
                ReadError::Limit {
                    name: "file_bytes",
                    limit: 1048576,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_line_without_end_stops_at_the_limit() {
        let limits = Limits {
            row_bytes: 1000,
            ..Limits::DEFAULT
        };
        let mut input = Input::from_reader(Path::new("t"), io::repeat(b'x'), &limits).unwrap();
        let error = input.next_line(&mut Vec::new()).unwrap_err();
        assert!(
            matches!(error, ReadError::LongRow { limit: 1000, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_truncated_gzip_says_so() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"0 some text\n").unwrap();
        let whole = packer.finish().unwrap();
        for cut in 3..whole.len() {
            let cut = io::Cursor::new(whole[..cut].to_vec());
            let mut input = Input::from_reader(Path::new("t.gz"), cut, &Limits::DEFAULT).unwrap();
            let error = loop {
                match input.next_line(&mut Vec::new()) {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("read to the end"),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, ReadError::Gzip { .. }), "{error}");
        }
    }

    #[test]
    fn utf16_is_refused_and_a_utf8_mark_dropped() {
        let open = |bytes: &'static [u8]| {
            let mut input = Input::from_reader(Path::new("t"), bytes, &Limits::DEFAULT).unwrap();
            input.skip_mark().map(|()| input)
        };
        assert!(matches!(open(b"\xff\xfea\0"), Err(ReadError::Utf16 { .. })));
        let mut row = Vec::new();
        let at = open(b"\xef\xbb\xbfa\n")
            .unwrap()
            .next_line(&mut row)
            .unwrap()
            .unwrap();
        assert_eq!((row.as_slice(), at.byte), (&b"a"[..], 3));
    }
}
