//! One HTTP download into a file, continued from what the file holds.

use std::fs::OpenOptions as FileOptions;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, header};

use super::{Failure, FetchError, Progress, length};

/// Bytes between two reports of progress.
const REPORT_EVERY: u64 = 256 << 10;

/// What is asked for.
pub(super) struct Request<'a> {
    pub url: &'a str,
    /// The file's name, for progress.
    pub file: &'a str,
    /// Bytes of the whole file, if known.
    pub bytes: Option<u64>,
    pub patience: Duration,
}

/// Downloads into `path`, appending to what is there if the server agrees; at most `limit` bytes in all.
///
/// Whole when it returns without error, as far as the server tells; the caller verifies. After an error the
/// bytes that came stay in `path`.
pub(super) fn download(
    request: &Request<'_>,
    path: &Path,
    limit: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Failure> {
    let disk = |source| {
        Failure::Disk(FetchError::Folder {
            path: path.into(),
            source,
        })
    };
    let mut kept = length(path);
    if request.bytes.is_some_and(|bytes| kept > bytes) {
        kept = 0;
    }
    if kept > 0 && request.bytes == Some(kept) {
        return Ok(());
    }
    let mut response = ask(request, kept)?;
    if kept > 0 && !continues_at(&response, kept) {
        match response.status().as_u16() {
            // Everything, from the first byte: the server knows no ranges.
            200 => kept = 0,
            // Another range, or none of that kind: ask for everything.
            206 | 416 => {
                kept = 0;
                response = ask(request, kept)?;
            }
            _ => {}
        }
    }
    let expected_status = if kept > 0 { 206 } else { 200 };
    if response.status() != expected_status {
        return Err(Failure::Address(format!(
            "the server answers {}",
            response.status()
        )));
    }
    // A body with a length tells when it is cut short; the manifest's size tells it for the others.
    let whole = request.bytes.or_else(|| content_length(&response));

    let mut file = FileOptions::new()
        .create(true)
        .write(true)
        .truncate(kept == 0)
        .open(path)
        .map_err(disk)?;
    file.set_len(kept).map_err(disk)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map_err(disk)?;
    let (url, name) = (request.url.to_owned(), request.file.to_owned());
    progress(Progress::Started {
        file: name.clone(),
        url,
        kept,
        bytes: whole,
    });

    let mut body = response.body_mut().as_reader();
    let (mut done, mut reported, mut buffer) = (kept, kept, vec![0; 1 << 16]);
    loop {
        let read = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => {
                return Err(Failure::Address(format!(
                    "broke off after {done} bytes: {error}"
                )));
            }
        };
        if done + read as u64 > limit {
            file.set_len(0).map_err(disk)?;
            return Err(Failure::Address(format!(
                "sends more than the {limit} bytes that are right"
            )));
        }
        file.write_all(&buffer[..read]).map_err(disk)?;
        done += read as u64;
        if done - reported >= REPORT_EVERY {
            reported = done;
            progress(Progress::Advanced {
                file: name.clone(),
                done,
                bytes: whole,
            });
        }
    }
    file.flush().map_err(disk)?;
    progress(Progress::Advanced {
        file: name,
        done,
        bytes: whole,
    });
    match whole {
        Some(whole) if done < whole => Err(Failure::Address(format!(
            "broke off after {done} of {whole} bytes"
        ))),
        _ => Ok(()),
    }
}

fn ask(request: &Request<'_>, from: u64) -> Result<Response<ureq::Body>, Failure> {
    let agent: Agent = Agent::config_builder()
        // An https address may not lead to an unprotected one.
        .https_only(request.url.starts_with("https://"))
        .http_status_as_error(false)
        .timeout_connect(Some(request.patience))
        .timeout_recv_response(Some(request.patience))
        .timeout_per_read(Some(request.patience))
        .build()
        .into();
    // `identity`: a server must not pack the bytes on the way, the hash is that of the file as it lies.
    let mut call = agent
        .get(request.url)
        .header(header::ACCEPT_ENCODING, "identity");
    if from > 0 {
        call = call.header(header::RANGE, format!("bytes={from}-"));
    }
    call.call()
        .map_err(|error| Failure::Address(error.to_string()))
}

/// Whether the answer holds the bytes from `from` on.
fn continues_at(response: &Response<ureq::Body>, from: u64) -> bool {
    let range = response
        .headers()
        .get(header::CONTENT_RANGE)
        .and_then(|value| value.to_str().ok());
    response.status() == 206
        && range.is_some_and(|range| range.trim().starts_with(&format!("bytes {from}-")))
}

fn content_length(response: &Response<ureq::Body>) -> Option<u64> {
    response
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}
