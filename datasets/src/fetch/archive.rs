//! Taking one file out of a fetched zip or tar.gz.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

/// First bytes of a zip file.
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
/// First bytes of a gzip file.
const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
/// The most entries that are looked through.
const ENTRIES: usize = 100_000;

/// Writes `member` of `archive` to `target`: exactly `bytes` bytes. Only that one entry is ever unpacked, and
/// the name it has in the archive does not become a path.
pub(super) fn take_out(
    archive: &Path,
    member: &str,
    target: &Path,
    bytes: u64,
) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let mut file = File::open(archive).map_err(text)?;
    let mut magic = [0; 4];
    let read = file.read(&mut magic).map_err(text)?;
    file.rewind().map_err(text)?;
    let file = BufReader::new(file);
    if magic[..read].starts_with(ZIP_MAGIC) {
        let mut archive =
            ZipArchive::new(file).map_err(|error| format!("a damaged zip: {error}"))?;
        let entry = archive
            .by_name(member)
            .map_err(|error| format!("`{member}` in the zip: {error}"))?;
        if !entry.is_file() {
            return Err(format!("`{member}` in the zip is no file"));
        }
        return copy(entry, target, bytes);
    }
    if magic[..read].starts_with(GZIP_MAGIC) {
        let mut archive = tar::Archive::new(MultiGzDecoder::new(file));
        // Raw entries, so that long-name records of any size are not gathered in memory.
        let entries = archive.entries().map_err(text)?.raw(true).take(ENTRIES);
        for entry in entries {
            let entry = entry.map_err(|error| format!("a damaged tar.gz: {error}"))?;
            if entry.header().entry_type().is_file() && *entry.path_bytes() == *member.as_bytes() {
                return copy(entry, target, bytes);
            }
        }
        return Err(format!("the tar.gz has no file `{member}`"));
    }
    Err("the archive is neither zip nor tar.gz".into())
}

fn copy(entry: impl Read, target: &Path, bytes: u64) -> Result<(), String> {
    let mut file = File::create(target).map_err(|error| error.to_string())?;
    // One byte more than is right shows that there is more, and bounds what a bomb can write.
    let copied = io::copy(&mut entry.take(bytes + 1), &mut file)
        .map_err(|error| format!("damaged: {error}"))?;
    if copied == bytes {
        Ok(())
    } else {
        Err(format!("the file in it has not {bytes} bytes"))
    }
}
