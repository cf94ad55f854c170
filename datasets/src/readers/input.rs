//! One open file: gzip unpacked, total size capped, lines cut at LF and counted.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::error::FileTooBig;
use super::{Encoding, Limits, Place, ReadError};

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
    encoding: Encoding,
    /// A line as it stands in the file, before it is decoded.
    raw: Vec<u8>,
}

impl Input {
    /// Opens `path`; gzip is recognised by its first bytes, whatever the name.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        ReadError::unless_file(path)?;
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
            encoding: Encoding::Utf8,
            raw: Vec::new(),
        })
    }

    /// Opens `path` for [`Self::next_text`]: a byte order mark of `encoding` is passed over.
    pub fn open_text(path: &Path, encoding: Encoding, limits: &Limits) -> Result<Self, ReadError> {
        Self::open(path, limits)?.decoding(encoding)
    }

    /// Reads on in `encoding`; passes over its byte order mark.
    pub fn decoding(mut self, encoding: Encoding) -> Result<Self, ReadError> {
        let start = self
            .reader
            .fill_buf()
            .map_err(|source| ReadError::from_io(&self.path, source))?;
        if let Some((marked, length)) = Encoding::of_mark(start)
            && marked == encoding
        {
            self.reader.consume(length);
            self.byte += length as u64;
        }
        self.encoding = encoding;
        Ok(self)
    }

    /// Reads the next line into `text`, decoded; tells where it starts. `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// After [`ReadError::BadText`] and [`ReadError::NulByte`] the next call reads the next line.
    pub fn next_text(&mut self, text: &mut String) -> Result<Option<Place>, ReadError> {
        text.clear();
        let mut raw = std::mem::take(&mut self.raw);
        let result = self.next_line(&mut raw).and_then(|at| {
            let Some(at) = at else { return Ok(None) };
            self.encoding
                .decode_into(&raw, text)
                .map_err(|offset| ReadError::BadText {
                    at: at.later(offset),
                    encoding: self.encoding.to_string(),
                })?;
            if let Some(offset) = text.find('\0') {
                let offset = self.encoding.length_of(&text[..offset]);
                return Err(ReadError::NulByte {
                    at: at.later(offset),
                });
            }
            Ok(Some(at))
        });
        self.raw = raw;
        result
    }

    /// Whether the file is packed by gzip.
    pub fn is_packed(&self) -> bool {
        self.gzip
    }

    /// The encoding that [`Self::next_text`] decodes.
    pub fn encoding(&self) -> Encoding {
        self.encoding
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
        while self.read_to_lf(row, &at)? {
            if self.ends_line(row)? {
                return Ok(Some(at));
            }
        }
        Ok((self.byte > at.byte).then_some(at))
    }

    /// Appends the bytes up to and with the next LF; `false` if the file ends before one.
    fn read_to_lf(&mut self, row: &mut Vec<u8>, at: &Place) -> Result<bool, ReadError> {
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(self.failed(source)),
            };
            if available.is_empty() {
                return Ok(false);
            }
            let end = available.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            row.extend_from_slice(&available[..taken]);
            self.reader.consume(taken);
            self.byte += taken as u64;
            if row.len() > self.limits.row_bytes {
                return Err(ReadError::LongRow {
                    at: at.clone(),
                    limit: self.limits.row_bytes,
                });
            }
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// Whether the LF at the end of `row` ends a line, rather than being half of another character of UTF-16; if so,
    /// takes the line end away.
    fn ends_line(&mut self, row: &mut Vec<u8>) -> Result<bool, ReadError> {
        let carriage_return: &[u8] = match self.encoding {
            Encoding::Utf16Le if row.len().is_multiple_of(2) => return Ok(false),
            Encoding::Utf16Le => {
                let next = self.reader.fill_buf();
                let next = next.map_err(|source| ReadError::from_io(&self.path, source))?;
                if next.first() != Some(&0) {
                    return Ok(false);
                }
                self.reader.consume(1);
                self.byte += 1;
                b"\r\0"
            }
            Encoding::Utf16Be if row.len() % 2 == 1 || row[row.len() - 2] != 0 => {
                return Ok(false);
            }
            Encoding::Utf16Be => {
                row.pop();
                b"\0\r"
            }
            Encoding::Utf8 | Encoding::Latin1 | Encoding::Legacy(_) => b"\r",
        };
        row.pop();
        if row.ends_with(carriage_return) {
            row.truncate(row.len() - carriage_return.len());
        }
        Ok(true)
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

    /// The lines of `bytes` as text, `Err` for those that are none, with the byte where each starts or fails.
    fn texts(encoding: Encoding, bytes: &[u8]) -> Vec<(Result<String, String>, u64)> {
        let bytes = io::Cursor::new(bytes.to_vec());
        let input = Input::from_reader(Path::new("t"), bytes, &Limits::DEFAULT).unwrap();
        let mut input = input.decoding(encoding).unwrap();
        let (mut text, mut found) = (String::new(), Vec::new());
        loop {
            match input.next_text(&mut text) {
                Ok(None) => return found,
                Ok(Some(at)) => found.push((Ok(text.clone()), at.byte)),
                Err(ReadError::BadText { at, .. }) => found.push((Err("text".into()), at.byte)),
                Err(ReadError::NulByte { at }) => found.push((Err("nul".into()), at.byte)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn lines_of_utf16_end_at_whole_units() {
        // U+4E0A and U+0A41 hold the byte of LF in their lower and their upper half.
        let text = "\u{feff}\u{4e0a}\u{a41}a\r\n\nb\u{4e00}\n";
        for (encoding, bytes) in [
            (
                Encoding::Utf16Le,
                text.encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<u8>>(),
            ),
            (
                Encoding::Utf16Be,
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            ),
        ] {
            let expected = [
                (Ok("\u{4e0a}\u{a41}a".into()), 2),
                (Ok(String::new()), 12),
                (Ok("b\u{4e00}".into()), 14),
            ];
            assert_eq!(texts(encoding, &bytes), expected, "{encoding}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_does_not_stop_the_next() {
        let found = texts(Encoding::Utf8, b"\xef\xbb\xbfa\nb\xffc\nd\0\ne");
        let bad = |what: &str| Err(what.to_owned());
        assert_eq!(
            found,
            [
                (Ok("a".into()), 3),
                (bad("text"), 6),
                (bad("nul"), 10),
                (Ok("e".into()), 12)
            ]
        );
        let gb18030 = Encoding::for_label("gb18030").unwrap();
        let found = texts(gb18030, b"\xd6\xd0|\xff\n\xd6\x7c\0\n");
        assert_eq!(found, [(bad("text"), 3), (bad("nul"), 7)]);
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
