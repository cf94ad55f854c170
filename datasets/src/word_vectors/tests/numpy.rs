//! numpy arrays and the lists of tokens that belong to them.

use super::*;
use VectorProblem as P;

fn npy(header: &str, values: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values);
    bytes
}

fn pets(descr: &str, values: impl Fn(f64) -> Vec<u8>) -> Vec<u8> {
    let header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (3, 2), }}          \n");
    let values: Vec<u8> = [1.0, -2.5, 7.0, 8.0, 0.5, 1e-3]
        .into_iter()
        .flat_map(values)
        .collect();
    npy(&header, &values)
}

fn with_tokens(tokens: &[&str]) -> VectorOptions {
    let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    VectorOptions {
        tokens: Some(TokenList::new(tokens)),
        ..Default::default()
    }
}

#[test]
fn arrays_of_every_float_type() {
    let options = with_tokens(&["cat", "the", "Dog"]);
    let f8 = pets("<f8", |value| value.to_le_bytes().to_vec());
    for bytes in [
        f8.clone(),
        pets(">f8", |value| value.to_be_bytes().to_vec()),
        pets("<f4", |value| (value as f32).to_le_bytes().to_vec()),
        pets(">f4", |value| (value as f32).to_be_bytes().to_vec()),
        zip(&[("embeddings.npy", &f8)]),
    ] {
        check_pets(&read_bytes(&bytes, &options).unwrap(), VectorFormat::Numpy);
    }
}

#[test]
fn archives_of_several_arrays_need_a_name() {
    let f8 = pets("<f8", |value| value.to_le_bytes().to_vec());
    let two = zip(&[("a.npy", b"x"), ("vectors.npy", &f8)]);
    let mut options = with_tokens(&["cat", "the", "Dog"]);
    assert!(matches!(
        read_bytes(&two, &options).unwrap_err(),
        P::Entries { .. }
    ));
    for name in ["vectors", "vectors.npy"] {
        options.entry = Some(name.into());
        check_pets(&read_bytes(&two, &options).unwrap(), VectorFormat::Numpy);
    }
    options.entry = Some("a".into());
    assert!(matches!(
        read_bytes(&two, &options).unwrap_err(),
        P::Truncated { .. }
    ));
    options.entry = Some("b".into());
    assert!(matches!(
        read_bytes(&two, &options).unwrap_err(),
        P::Entries { .. }
    ));
}

#[test]
fn malformed_arrays() {
    let options = with_tokens(&["cat", "the", "Dog"]);
    let good = pets("<f8", |value| value.to_le_bytes().to_vec());
    let header = |header: &str| read_bytes(&npy(header, &[0; 64]), &options).unwrap_err();
    let shaped = |shape: &str| {
        header(&format!(
            "{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"
        ))
    };
    assert!(matches!(read_default(&good).unwrap_err(), P::TokensNeeded));
    let short = with_tokens(&["cat"]);
    assert!(matches!(
        read_bytes(&good, &short).unwrap_err(),
        P::TokensCount { rows: 3, tokens: 1 }
    ));
    assert!(matches!(
        header("{'descr': '|O', 'fortran_order': False}"),
        P::NumpyType { .. }
    ));
    assert!(matches!(
        header("{'descr': [('a', '<f8')]}"),
        P::NumpyType { .. }
    ));
    assert!(matches!(
        header("{'descr': '<f8', 'fortran_order': True}"),
        P::NumpyOrder
    ));
    assert!(matches!(header("{'descr': '<f8'}"), P::NumpyHeader { .. }));
    assert!(matches!(header(""), P::NumpyHeader { .. }));
    assert!(matches!(
        header("{'descr': '<f8', 'fortran_order': False}"),
        P::NumpyHeader { .. }
    ));
    assert!(matches!(shaped("6"), P::NumpyHeader { .. }));
    assert!(matches!(shaped("(3, x)"), P::NumpyHeader { .. }));
    assert!(matches!(shaped("(3,)"), P::NumpyShape { .. }));
    assert!(matches!(shaped("(3, 2, 1)"), P::NumpyShape { .. }));
    assert!(matches!(shaped("(3, 99999999999)"), P::Dimension { .. }));
    assert!(matches!(shaped("(99999999999, 2)"), P::TokensCount { .. }));
    assert!(matches!(shaped("(3, 2)"), P::TrailingBytes { .. }));
    assert!(matches!(
        read_bytes(&good[..good.len() - 1], &options).unwrap_err(),
        P::Truncated { .. }
    ));
    let mut future = good.clone();
    future[6] = 9;
    assert!(matches!(
        read_bytes(&future, &options).unwrap_err(),
        P::NumpyHeader { .. }
    ));
    let long = [&b"\x93NUMPY\x02\0"[..], &u32::MAX.to_le_bytes()].concat();
    assert!(matches!(
        read_bytes(&long, &options).unwrap_err(),
        P::NumpyHeader { .. }
    ));
}

#[test]
fn lists_of_tokens_as_lines_and_json() {
    let made = Made::new();
    let read = |bytes: &[u8]| TokenList::read(&made.file("tokens", bytes));
    let tokens = |bytes: &[u8]| read(bytes).unwrap().tokens().to_vec();
    // A blank is a token like any other.
    assert_eq!(
        tokens("a\n \n\u{3000}\n".as_bytes()),
        ["a", " ", "\u{3000}"]
    );
    assert_eq!(tokens(b"a\r\n[\r\nb"), ["a", "[", "b"]);
    assert_eq!(tokens(b"[\na\n"), ["[", "a"]);
    assert_eq!(tokens(br#"["a", "\n", " "]"#), ["a", "\n", " "]);
    assert_eq!(tokens(br#"{"b": 1, "a": 0}"#), ["a", "b"]);
    for wrong in [
        &b"[1, 2]"[..],
        br#"{"a": 0, "b": 0}"#,
        br#"{"a": 5}"#,
        br#"{"a": "0"}"#,
        b"a\xff\n",
    ] {
        assert!(matches!(read(wrong).unwrap_err(), P::TokensJson { .. }));
    }
    let error = read(b"\x80\x03}q\0.").unwrap_err();
    assert!(error.to_string().contains("never opened"), "{error}");
    assert!(matches!(
        TokenList::read(Path::new("no/such")).unwrap_err(),
        P::Read(_)
    ));
}
