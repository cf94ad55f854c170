//! The Large Movie Review Dataset as one tar.gz, read without unpacking anything to disk.
//!
//! Layout: `aclImdb/{train,test}/{neg,pos}/<id>_<rating>.txt`, one review a file. Whatever else the archive
//! holds (unlabelled reviews, word counts) is passed over.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use tar::{Archive, EntryType};

use super::lines::decode_row;
use super::{Encoding, Input, Limits, Place, ReadError};
use crate::example::{Split, TextExample};
use crate::origin::{Counted, Origin, Origins};

/// Reads the labelled reviews: `train` and `test`; `dev` stays empty. Each review is a file of `origins`.
///
/// The rows are ordered by part, class and file name, not as the archive has them: every packing of the same
/// files gives the same rows.
///
/// # Errors
///
/// [`ReadError`] if the data is damaged or cut short, if an entry is a link, a device or has a name that leads
/// out of its folder or occurs twice, if a review is no UTF-8, or if a class of a part has no review.
pub fn read_acl_imdb(
    path: &Path,
    labels: &[String],
    origins: &mut Origins,
    limits: &Limits,
) -> Result<Split<TextExample>, ReadError> {
    let input = Input::open(path, limits)?;
    let mut archive = Archive::new(input);
    let mut reviews = read_reviews(&mut archive, path, labels, limits)?;
    // The archive ends before the file does: only the last bytes carry the gzip checksum.
    let mut rest = archive.into_inner();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|source| rest.failed(source))?;
    reviews.sort_unstable_by(|a, b| (a.test, a.label, &a.file).cmp(&(b.test, b.label, &b.file)));

    let mut split = Split {
        train: Vec::new(),
        dev: Vec::new(),
        test: Vec::new(),
    };
    let mut found = HashSet::new();
    for review in reviews {
        found.insert((review.test, review.label));
        let part = if review.test {
            &mut split.test
        } else {
            &mut split.train
        };
        part.push(TextExample {
            origin: Origin::at(1).of_file(origins.add(review.file, Counted::Whole)),
            ..TextExample::new(review.text, review.label)
        });
    }
    for (test, part) in [(false, "train"), (true, "test")] {
        for (label, name) in (0u32..).zip(labels) {
            if !found.contains(&(test, label)) {
                let what =
                    format!("no reviews under aclImdb/{part}/{name}/: wrong file, or cut short");
                return Err(ReadError::Empty {
                    path: path.into(),
                    what,
                });
            }
        }
    }
    Ok(split)
}

struct Review {
    test: bool,
    label: u32,
    file: String,
    text: String,
}

fn read_reviews(
    archive: &mut Archive<Input>,
    path: &Path,
    labels: &[String],
    limits: &Limits,
) -> Result<Vec<Review>, ReadError> {
    let broken = |source: std::io::Error| match ReadError::from_io(path, source) {
        ReadError::Io { source, .. } => ReadError::Gzip {
            path: path.into(),
            reason: source.to_string(),
        },
        limit => limit,
    };
    let (mut reviews, mut seen) = (Vec::new(), HashSet::new());
    // Raw entries: the tar crate would otherwise gather long-name records of any size in memory. Names of the
    // set are short, so such records are passed over as the foreign entries they are.
    for (index, entry) in archive.entries().map_err(broken)?.raw(true).enumerate() {
        if index == limits.rows {
            let limit = limits.rows as u64;
            return Err(ReadError::Limit {
                path: path.into(),
                limit,
                unit: "entries",
                name: "rows",
            });
        }
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let refused = |why: &str| ReadError::BadEntry {
            path: path.into(),
            entry: name.clone(),
            why: why.into(),
        };
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory
            | EntryType::XHeader
            | EntryType::XGlobalHeader
            | EntryType::GNULongName
            | EntryType::GNULongLink => continue,
            _ => return Err(refused("links and devices have no place in a data set")),
        }
        let parts: Vec<&str> = name.trim_start_matches("./").split('/').collect();
        if parts.iter().any(|part| matches!(*part, ".." | "" | ".")) || name.contains(['\\', '\0'])
        {
            return Err(refused("its name leads out of its folder"));
        }
        let (test, label) = match parts[..] {
            ["aclImdb", part @ ("train" | "test"), class, file] if file.ends_with(".txt") => {
                match labels.iter().position(|label| label == class) {
                    Some(label) => (part == "test", label as u32),
                    None => continue,
                }
            }
            _ => continue,
        };
        if !seen.insert(name.clone()) {
            return Err(refused("it occurs twice"));
        }
        let mut bytes = Vec::new();
        entry
            .by_ref()
            .take(limits.row_bytes as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(broken)?;
        let at = Place {
            path: path.join(&name),
            line: 1,
            byte: 0,
        };
        if bytes.len() > limits.row_bytes {
            return Err(ReadError::LongRow {
                at,
                limit: limits.row_bytes,
            });
        }
        if (bytes.len() as u64) < entry.size() {
            return Err(ReadError::Gzip {
                path: path.into(),
                reason: format!("{name} is cut short"),
            });
        }
        let text = decode_row(&bytes, Encoding::Utf8, &at)?;
        reviews.push(Review {
            test,
            label,
            file: name,
            text,
        });
    }
    Ok(reviews)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    const REVIEWS: [(&str, &str); 4] = [
        ("aclImdb/test/pos/0_10.txt", "fine"),
        ("aclImdb/train/pos/1_8.txt", "good<br />film"),
        ("aclImdb/train/neg/1_2.txt", "naïve"),
        ("aclImdb/test/neg/0_1.txt", "bad"),
    ];

    fn entry(kind: EntryType, size: usize) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(0o644);
        header
    }

    /// Writes the name bytes directly: the builder's own method refuses what these tests need.
    fn named(mut header: Header, name: &str) -> Header {
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        header
    }

    fn pack(entries: &[(&str, &str)], extra: Option<Header>) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, text) in entries {
            let header = named(entry(EntryType::Regular, text.len()), name);
            builder.append(&header, text.as_bytes()).unwrap();
        }
        if let Some(header) = extra {
            builder.append(&header, std::io::empty()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Split<TextExample>, ReadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aclImdb.tar.gz");
        std::fs::write(&path, bytes).unwrap();
        let limits = Limits {
            row_bytes: 1000,
            file_bytes: 1 << 20,
            ..Limits::DEFAULT
        };
        read_acl_imdb(
            &path,
            &["neg".into(), "pos".into()],
            &mut Origins::default(),
            &limits,
        )
    }

    #[test]
    fn any_order_of_entries_gives_the_same_rows() {
        let split = read(&pack(&REVIEWS, None)).unwrap();
        let rows = |part: &[TextExample]| {
            part.iter()
                .map(|e| (e.text.clone(), e.label))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            rows(&split.train),
            [("naïve".into(), 0), ("good<br />film".into(), 1)]
        );
        assert_eq!(rows(&split.test), [("bad".into(), 0), ("fine".into(), 1)]);
        let mut backwards = REVIEWS.to_vec();
        backwards.reverse();
        backwards.push(("aclImdb/train/unsup/0_0.txt", "no label"));
        backwards.push(("aclImdb/README", "read me"));
        assert_eq!(read(&pack(&backwards, None)).unwrap(), split);
    }

    #[test]
    fn hostile_entries_are_refused() {
        for name in [
            "../aclImdb/train/pos/2_9.txt",
            "/etc/passwd",
            "aclImdb/train/../../x",
            "aclImdb/a\\b",
        ] {
            let extra = named(entry(EntryType::Regular, 0), name);
            let error = read(&pack(&REVIEWS, Some(extra))).unwrap_err();
            assert!(
                matches!(&error, ReadError::BadEntry { entry, .. } if entry == name),
                "{error}"
            );
        }
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Char,
            EntryType::Fifo,
        ] {
            let extra = named(entry(kind, 0), "aclImdb/train/pos/2_9.txt");
            assert!(
                matches!(
                    read(&pack(&REVIEWS, Some(extra))),
                    Err(ReadError::BadEntry { .. })
                ),
                "{kind:?}"
            );
        }
        let twice = [&REVIEWS[..], &REVIEWS[..1]].concat();
        let error = read(&pack(&twice, None)).unwrap_err().to_string();
        assert!(error.contains("occurs twice"), "{error}");
    }

    #[test]
    fn damage_is_an_error_wherever_it_is() {
        let whole = pack(&REVIEWS, None);
        for cut in 0..whole.len() {
            assert!(
                read(&whole[..cut]).is_err(),
                "cut at {cut} of {}",
                whole.len()
            );
        }
        assert!(matches!(
            read(&pack(&REVIEWS[..3], None)),
            Err(ReadError::Empty { .. })
        ));
        let long = "x".repeat(1001);
        let error = read(&pack(&[("aclImdb/train/pos/2_9.txt", &long)], None)).unwrap_err();
        assert!(matches!(error, ReadError::LongRow { .. }), "{error}");
        let error = read(&pack(&[("aclImdb/train/pos/2_9.txt", "a\0")], None)).unwrap_err();
        assert!(matches!(error, ReadError::NulByte { .. }), "{error}");
        // A size field of eight gigabytes in front of nothing.
        let giant = named(
            entry(EntryType::Regular, 8 << 30),
            "aclImdb/train/pos/2_9.txt",
        );
        assert!(read(&pack(&REVIEWS, Some(giant))).is_err());
    }
}
