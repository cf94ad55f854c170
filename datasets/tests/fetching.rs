//! Fetching from a server on the loopback interface that breaks off, lies and flips bytes.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use datasets::fetch::{FetchError, Progress, fetch};
use datasets::manifest::Manifest;
use sha2::{Digest, Sha256};

/// What the server does with one request.
enum Answer {
    /// Sends the whole file, or the range asked for; stops after so many bytes of it if told.
    File { cut: Option<usize> },
    /// Ignores the range and sends the whole file.
    Whole,
    /// Sends other bytes of the same length.
    Wrong,
    /// Says that it sends a range that was not asked for.
    WrongRange,
    /// A bare status line.
    Status(&'static str),
    /// Sends another body, with no length.
    Body(Vec<u8>),
    /// Sends to another address.
    Redirect(String),
    /// Sends half and then nothing, for as long as the client stays.
    Stall,
}

/// A server that gives the answers in order and keeps the `Range` header of each request.
struct Server {
    url: String,
    ranges: Arc<Mutex<Vec<Option<String>>>>,
}

fn serve(content: Vec<u8>, answers: impl IntoIterator<Item = Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let (seen, mut answers) = (
        Arc::clone(&ranges),
        answers.into_iter().collect::<VecDeque<_>>(),
    );
    thread::spawn(move || {
        while let Some(answer) = answers.pop_front() {
            let Ok((stream, _)) = listener.accept() else {
                return;
            };
            let range = read_range(&stream);
            seen.lock().unwrap().push(range.clone());
            // The client may hang up early: that is its right.
            let _ = respond(stream, &content, range, answer);
        }
    });
    Server { url, ranges }
}

fn read_range(stream: &TcpStream) -> Option<String> {
    let mut range = None;
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap_or_default().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: ") {
            range = Some(value.to_owned());
        }
    }
    range
}

fn respond(
    mut stream: TcpStream,
    content: &[u8],
    range: Option<String>,
    answer: Answer,
) -> std::io::Result<()> {
    let from = range
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>()
                .ok()
        })
        .unwrap_or(0);
    let head = |status: &str, length: usize, extra: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{extra}Connection: close\r\n\r\n")
    };
    let rest = &content[from.min(content.len())..];
    match answer {
        Answer::File { cut } => {
            let extra = format!(
                "Content-Range: bytes {from}-{}/{}\r\n",
                content.len() - 1,
                content.len()
            );
            let (status, extra) = if from > 0 {
                ("206 Partial Content", extra)
            } else {
                ("200 OK", String::new())
            };
            stream.write_all(head(status, rest.len(), &extra).as_bytes())?;
            stream.write_all(&rest[..cut.unwrap_or(rest.len()).min(rest.len())])
        }
        Answer::Whole => {
            stream.write_all(head("200 OK", content.len(), "").as_bytes())?;
            stream.write_all(content)
        }
        Answer::Wrong => {
            let mut wrong = content.to_vec();
            wrong[content.len() / 2] ^= 1;
            stream.write_all(head("200 OK", wrong.len(), "").as_bytes())?;
            stream.write_all(&wrong)
        }
        Answer::WrongRange => {
            let extra = format!(
                "Content-Range: bytes 1-{}/{}\r\n",
                content.len() - 1,
                content.len()
            );
            stream.write_all(head("206 Partial Content", content.len() - 1, &extra).as_bytes())?;
            stream.write_all(&content[1..])
        }
        Answer::Status(status) => stream.write_all(head(status, 0, "").as_bytes()),
        Answer::Body(body) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(&body)
        }
        Answer::Redirect(to) => {
            stream.write_all(head("302 Found", 0, &format!("Location: {to}\r\n")).as_bytes())
        }
        Answer::Stall => {
            stream.write_all(head("200 OK", content.len(), "").as_bytes())?;
            stream.write_all(&content[..content.len() / 2])?;
            // Holds the connection until the client gives it up.
            let _ = std::io::Read::read(&mut stream, &mut [0]);
            Ok(())
        }
    }
}

/// 300,000 bytes without a pattern that a shifted range would leave intact.
fn content() -> Vec<u8> {
    (0..300_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn manifest(content: &[u8], urls: &[(&str, Option<&str>)]) -> Manifest {
    let sha256: String = Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let urls: Vec<String> = urls
        .iter()
        .map(|(url, member)| match member {
            Some(member) => format!("{{url='{url}', member='{member}'}}"),
            None => format!("{{url='{url}'}}"),
        })
        .collect();
    Manifest::parse(&format!(
        "name='tiny'\ntitle=''\nkind='text'\nhomepage=''\nlicence=''\ncitation=''\nlabels=['a']\nrows={{train=1}}\n\
         [[files]]\npath='data.bin'\npart='train'\nformat='label-text'\nbytes={}\nsha256='{sha256}'\nurls=[{}]\n",
        content.len(),
        urls.join(",")
    ))
    .unwrap()
}

fn run(manifest: &Manifest, folder: &Path) -> (Result<(), FetchError>, Vec<Progress>) {
    let mut said = Vec::new();
    let result = fetch(
        manifest,
        folder,
        Duration::from_millis(500),
        &mut |progress| said.push(progress),
    );
    (result.map(|_| ()), said)
}

/// Nothing under the set's file name but the right bytes, and no other file left visible.
fn assert_clean(folder: &Path, expected: Option<&[u8]>) {
    let visible: Vec<_> = fs::read_dir(folder.join("tiny"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    match expected {
        Some(bytes) => {
            assert_eq!(visible, ["data.bin"]);
            assert_eq!(fs::read(folder.join("tiny/data.bin")).unwrap(), bytes);
            assert!(!folder.join("tiny/.data.bin.part").exists());
        }
        None => assert!(visible.is_empty(), "{visible:?}"),
    }
}

#[test]
fn a_good_server_and_nothing_to_do_afterwards() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let server = serve(content.clone(), [Answer::File { cut: None }]);
    let manifest = manifest(&content, &[(&server.url, None)]);
    let (result, said) = run(&manifest, folder.path());
    result.unwrap();
    assert!(matches!(
        said.first(),
        Some(Progress::Started {
            kept: 0,
            bytes: Some(300_000),
            ..
        })
    ));
    assert!(matches!(said.last(), Some(Progress::Finished { .. })));
    assert_clean(folder.path(), Some(&content));
    // The server answers once only: the second time no one is asked.
    let (result, said) = run(&manifest, folder.path());
    result.unwrap();
    assert!(matches!(said.as_slice(), [Progress::Present { .. }]));
}

#[test]
fn a_download_that_breaks_off_is_continued() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let answers = [Some(100_000), Some(50_000), None].map(|cut| Answer::File { cut });
    let server = serve(content.clone(), answers);
    run(&manifest(&content, &[(&server.url, None)]), folder.path())
        .0
        .unwrap();
    assert_clean(folder.path(), Some(&content));
    let ranges = server.ranges.lock().unwrap();
    assert_eq!(
        *ranges,
        [
            None,
            Some("bytes=100000-".into()),
            Some("bytes=150000-".into())
        ]
    );
}

#[test]
fn what_an_earlier_run_left_is_continued_from_another_address() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let first = serve(
        content.clone(),
        [
            Answer::File { cut: Some(200_000) },
            Answer::Status("500 Oops"),
        ],
    );
    let (result, _) = run(&manifest(&content, &[(&first.url, None)]), folder.path());
    let error = result.unwrap_err().to_string();
    assert!(
        error.contains("500") && error.contains("copy the file to"),
        "{error}"
    );
    assert_clean(folder.path(), None);

    let second = serve(content.clone(), [Answer::File { cut: None }]);
    run(&manifest(&content, &[(&second.url, None)]), folder.path())
        .0
        .unwrap();
    assert_eq!(
        *second.ranges.lock().unwrap(),
        [Some("bytes=200000-".to_string())]
    );
    assert_clean(folder.path(), Some(&content));
}

#[test]
fn wrong_bytes_never_take_the_files_name() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let server = serve(content.clone(), [Answer::Wrong]);
    let (result, _) = run(&manifest(&content, &[(&server.url, None)]), folder.path());
    let error = result.unwrap_err().to_string();
    assert!(error.contains("SHA-256 differs"), "{error}");
    assert_clean(folder.path(), None);
    // The next address mends it.
    let (bad, good) = (
        serve(content.clone(), [Answer::Wrong]),
        serve(content.clone(), [Answer::File { cut: None }]),
    );
    let (result, said) = run(
        &manifest(&content, &[(&bad.url, None), (&good.url, None)]),
        folder.path(),
    );
    result.unwrap();
    assert!(
        said.iter()
            .any(|progress| matches!(progress, Progress::Failed { .. }))
    );
    assert_clean(folder.path(), Some(&content));
}

#[test]
fn a_wrong_piece_from_an_earlier_run_is_thrown_away() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("tiny")).unwrap();
    for piece in [
        vec![7; 1_000],
        vec![7; content.len()],
        vec![7; content.len() + 1],
    ] {
        fs::write(folder.path().join("tiny/.data.bin.part"), piece).unwrap();
        let server = serve(
            content.clone(),
            [Answer::File { cut: None }, Answer::File { cut: None }],
        );
        run(&manifest(&content, &[(&server.url, None)]), folder.path())
            .0
            .unwrap();
        assert_clean(folder.path(), Some(&content));
        fs::remove_file(folder.path().join("tiny/data.bin")).unwrap();
    }
}

#[test]
fn servers_without_ranges_or_with_wrong_ones_do() {
    let content = content();
    for answers in [
        vec![Answer::File { cut: Some(9) }, Answer::Whole],
        vec![
            Answer::File { cut: Some(9) },
            Answer::WrongRange,
            Answer::File { cut: None },
        ],
        vec![
            Answer::File { cut: Some(9) },
            Answer::Status("416 Range Not Satisfiable"),
            Answer::Whole,
        ],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(content.clone(), answers);
        run(&manifest(&content, &[(&server.url, None)]), folder.path())
            .0
            .unwrap();
        assert_clean(folder.path(), Some(&content));
    }
}

#[test]
fn too_many_bytes_a_stall_and_a_dead_port_are_errors() {
    let content = content();
    let endless = [&content[..], &content[..]].concat();
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let short = || Answer::Body(content[..5].to_vec());
    let cases = [
        (
            serve(content.clone(), [Answer::Body(endless)]).url,
            "more than the 300000 bytes",
        ),
        (
            serve(content.clone(), [short(), short()]).url,
            "broke off after 5 of 300000",
        ),
        (
            serve(content.clone(), [Answer::Stall, Answer::Stall]).url,
            "broke off after",
        ),
        (
            serve(
                content.clone(),
                [Answer::Redirect("file:///etc/passwd".into())],
            )
            .url,
            "",
        ),
        (
            serve(content.clone(), [Answer::Status("404 Not Found")]).url,
            "404",
        ),
        (dead, ""),
    ];
    for (url, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (result, _) = run(&manifest(&content, &[(&url, None)]), folder.path());
        let error = result.unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(&url), "{error}");
        assert_clean(folder.path(), None);
    }
}

#[test]
fn one_fetch_at_a_time_and_no_writing_through_links() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let tiny = folder.path().join("tiny");
    fs::create_dir(&tiny).unwrap();
    let manifest = manifest(&content, &[("http://127.0.0.1:9/", None)]);
    let lock = fs::File::create(tiny.join(".fetch.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(
        run(&manifest, folder.path()).0,
        Err(FetchError::Busy { .. })
    ));
    drop(lock);
    #[cfg(unix)]
    {
        let target = folder.path().join("precious");
        fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, tiny.join(".data.bin.part")).unwrap();
        assert!(matches!(
            run(&manifest, folder.path()).0,
            Err(FetchError::InTheWay { .. })
        ));
        assert_eq!(fs::read(&target).unwrap(), b"precious");
    }
}

#[test]
fn members_of_archives() {
    let content = content();
    let zipped = |name: &str, bytes: &[u8]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let tarred = |name: &str, bytes: &[u8]| {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
            Vec::new(),
            flate2::Compression::fast(),
        ));
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
        tar.into_inner().unwrap().finish().unwrap()
    };
    let fetch_member = |archive: Vec<u8>| {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(archive, [Answer::Whole]);
        let (result, _) = run(
            &manifest(&content, &[(&server.url, Some("in/data.txt"))]),
            folder.path(),
        );
        assert_clean(folder.path(), result.is_ok().then_some(&content[..]));
        assert!(!folder.path().join("tiny/.data.bin.archive").exists());
        result.map_err(|error| error.to_string())
    };
    fetch_member(zipped("in/data.txt", &content)).unwrap();
    fetch_member(tarred("in/data.txt", &content)).unwrap();
    for archive in [zipped("other.txt", &content), tarred("other.txt", &content)] {
        assert!(fetch_member(archive).unwrap_err().contains("in/data.txt"));
    }
    // A bomb stops one byte after the right size.
    let bomb = zipped("in/data.txt", &vec![0; 50 << 20]);
    assert!(
        fetch_member(bomb)
            .unwrap_err()
            .contains("has not 300000 bytes")
    );
    let mut wrong = content.clone();
    wrong[0] ^= 1;
    assert!(
        fetch_member(tarred("in/data.txt", &wrong))
            .unwrap_err()
            .contains("SHA-256 differs")
    );
    assert!(
        fetch_member(b"<html>moved</html>".to_vec())
            .unwrap_err()
            .contains("neither zip nor tar.gz")
    );
    assert!(fetch_member(zipped("in/data.txt", &content)[..5_000].to_vec()).is_err());
}
