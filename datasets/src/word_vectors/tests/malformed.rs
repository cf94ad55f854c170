//! Every malformed file is an error of the right kind, never a panic and never a large allocation.

use proptest::prelude::*;

use super::*;
use VectorProblem as P;

#[track_caller]
fn fails(bytes: &[u8]) -> VectorProblem {
    read_default(bytes).unwrap_err()
}

#[test]
fn files_of_other_kinds() {
    assert!(matches!(fails(b""), P::Empty));
    assert!(matches!(fails(b"\n"), P::Unrecognised { .. }));
    assert!(matches!(
        fails(b"\x89PNG\r\n\x1a\n\0\0"),
        P::Unrecognised { .. }
    ));
    assert!(matches!(
        fails(b"Dear reader,\nthis is a letter.\n"),
        P::Unrecognised { .. }
    ));
    let error = fails(b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.");
    assert!(
        error.to_string().contains("json.dump(pickle.load("),
        "{error}"
    );
    assert!(matches!(fails(b"(dp0\nS'a'\np1\nI0\ns."), P::Pickle { .. }));
    assert!(matches!(
        fails(&[&b"PK\x03\x04"[..], &[0; 40]].concat()),
        P::Archive { .. }
    ));
    let missing = read_word_vectors(Path::new("no/such/file"), &WORDS, &Default::default());
    let error = missing.unwrap_err();
    assert!(matches!(error.problem, P::Read(_)));
    assert!(error.to_string().contains("no/such/file"));
}

#[test]
fn text_lines_of_another_length() {
    assert!(matches!(
        fails(b"cat 1 2\nDog 1\n"),
        P::Fields {
            line: 2,
            expected: 2,
            found: 1
        }
    ));
    assert!(matches!(
        fails(b"cat 1 2\nDog 1 2 3\n"),
        P::Fields {
            line: 2,
            expected: 2,
            found: 3
        }
    ));
    assert!(matches!(
        fails(b"cat 1 2\n\nDog 1 2\n"),
        P::Fields {
            line: 2,
            found: 0,
            ..
        }
    ));
    assert!(matches!(
        fails(b"2 3\ncat 1 2\nDog 1 2\n"),
        P::Fields {
            line: 2,
            expected: 3,
            found: 2
        }
    ));
    let long = [&b"cat 1\n"[..], &vec![b'x'; 1 << 20][..]].concat();
    assert!(matches!(fails(&long), P::LineTooLong { line: 2, .. }));
}

#[test]
fn numbers_that_are_none() {
    assert!(matches!(
        fails(b"the 1 2\ncat 1 x2\n"),
        P::Number { line: 2, place: 2, ref word, ref text } if word == "cat" && text == "x2"
    ));
    assert!(matches!(
        fails(b"the 1 2\ncat nan 2\n"),
        P::NotFinite { place: 1, .. }
    ));
    assert!(matches!(
        fails(b"the 1 2\ncat 1 1e999\n"),
        P::NotFinite { place: 2, .. }
    ));
    let words: [(&[u8], &[f32]); 1] = [(b"cat", &[1.0, f32::NEG_INFINITY])];
    assert!(matches!(
        fails(&binary("1 2", &words, true)),
        P::NotFinite { place: 2, .. }
    ));
}

#[test]
fn headers_that_promise_something_else() {
    assert!(matches!(
        fails(b"3 1\ncat 1\nDog 2\n"),
        P::Count {
            promised: 3,
            found: 2
        }
    ));
    assert!(matches!(
        fails(b"1 1\ncat 1\nDog 2\n"),
        P::TrailingBytes { promised: 1, .. }
    ));
    let words: [(&[u8], &[f32]); 2] = [(b"cat", &[1.5]), (b"Dog", &[2.0])];
    for newline in [true, false] {
        let error = fails(&binary("3 1", &words, newline));
        assert!(
            matches!(
                error,
                P::Count {
                    promised: 3,
                    found: 2
                } | P::Truncated { .. }
            ),
            "{error}"
        );
        assert!(matches!(
            fails(&binary("1 1", &words, newline)),
            P::TrailingBytes { .. }
        ));
    }
}

#[test]
fn sizes_are_bounded_before_anything_is_allocated() {
    for header in ["1 0", "1 99999999999", "1 18446744073709551615"] {
        let bytes = binary(header, &[(b"cat", &[1.5])], true);
        assert!(matches!(fails(&bytes), P::Dimension { .. }), "{header}");
    }
    let endless = binary("18446744073709551615 1", &[(b"cat", &[1.5])], false);
    assert!(matches!(fails(&endless), P::Count { found: 1, .. }));
    let word = vec![b'x'; WORD_LIMIT + 2];
    let bytes = binary("2 1", &[(b"cat", &[1.5]), (&word, &[1.0])], true);
    assert!(matches!(fails(&bytes), P::WordTooLong { .. }));
}

#[test]
fn every_cut_of_a_binary_file_is_an_error() {
    let words: [(&[u8], &[f32]); 2] = [(b"the", &[1.5, 2.0]), (b"cat", &[3.5, 4.0])];
    let whole = binary("2 2", &words, false);
    for length in 0..whole.len() {
        let error = fails(&whole[..length]);
        assert!(
            matches!(
                error,
                P::Truncated { .. } | P::Count { .. } | P::Empty | P::Unrecognised { .. }
            ),
            "{length}: {error}"
        );
    }
    let packed = gzip(&whole);
    for length in 2..packed.len() {
        fails(&packed[..length]);
    }
}

proptest! {
    /// Bytes of any kind, also behind a valid beginning: an answer or an error, never a panic.
    #[test]
    fn no_bytes_make_a_reader_panic(
        start in prop_oneof![
            Just(b"".to_vec()), Just(b"2 2\ncat ".to_vec()), Just(b"cat 1 2\n".to_vec()),
            Just(b"\xba\x16O/\x0c\0\0\0".to_vec()), Just(b"\x93NUMPY\x01\0".to_vec()), Just(b"PK\x03\x04".to_vec()),
            Just(b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec()),
            Just(fasttext::model(2, [1, 3], 4, &[("cat", 0)], 5, &[1.0; 10])),
        ],
        rest in proptest::collection::vec(any::<u8>(), 0..200),
        cut in 0usize..300,
    ) {
        let mut bytes = start;
        bytes.truncate(cut);
        bytes.extend(rest);
        let tokens = Some(TokenList::new(vec!["cat".into(), "Dog".into()]));
        let options = VectorOptions { tokens, lower_case: true, ..Default::default() };
        let _ = read_bytes(&bytes, &options);
    }
}
