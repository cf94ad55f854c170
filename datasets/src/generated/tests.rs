//! Tests of the generated sets: the bytes of a seed, the balance of classes, the rule behind the long documents.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{DIGIT_SIDE, digits, long_documents, phrases};

/// SHA-256 of examples, each as its label, a colon, its content and a line's end.
fn sha256<T: AsRef<[u8]>>(examples: &[(T, u32)]) -> String {
    let mut hash = Sha256::new();
    for (content, label) in examples {
        hash.update(format!("{label}:"));
        hash.update(content.as_ref());
        hash.update(b"\n");
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("a string takes all");
    }
    text
}

/// A seed gives these bytes on every machine and in every version. Whoever changes a generator on purpose puts the new
/// hash here and says so in CHANGELOG.md, since every score on the set changes with it.
#[test]
fn a_seed_gives_the_bytes_it_gave_before() {
    let found = [
        sha256(&digits(1, 300)),
        sha256(&phrases(1, 2_000)),
        sha256(&long_documents(1, 100)),
    ];
    let expected = [
        "241e01743966a3b3f64b69b69ff61ddbf2755fbcc396ec3bb87f8ae7d4399a46",
        "780c6d077498e48dc589d92a03262358361a41de50bbf2648d2a775942c2d04e",
        "154ff85a8d0c028bc86eea66eeef5fa16785651106482d3dd1e4830b8e18709f",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_sample_does_not_depend_on_how_many_are_made() {
    assert_eq!(digits(3, 30)[..10], digits(3, 10)[..]);
    assert_eq!(phrases(3, 30)[..10], phrases(3, 10)[..]);
    assert_eq!(long_documents(3, 30)[..10], long_documents(3, 10)[..]);
    assert_ne!(phrases(3, 10), phrases(4, 10));
    assert!(
        digits(3, 30)
            .iter()
            .all(|(pixels, _)| pixels.len() == DIGIT_SIDE * DIGIT_SIDE)
    );
}

/// Within five standard deviations of a fair draw.
#[test]
fn every_class_is_as_likely_as_another() {
    let labels = |examples: Vec<(String, u32)>| examples.into_iter().map(|(_, label)| label);
    let sets: [(&str, usize, Vec<u32>); 3] = [
        (
            "digits",
            10,
            digits(5, 2_000)
                .into_iter()
                .map(|(_, label)| label)
                .collect(),
        ),
        ("phrases", 2, labels(phrases(5, 4_000)).collect()),
        (
            "long documents",
            2,
            labels(long_documents(5, 1_000)).collect(),
        ),
    ];
    for (name, classes, labels) in sets {
        let share = 1.0 / classes as f64;
        let expected = labels.len() as f64 * share;
        let deviation = (expected * (1.0 - share)).sqrt();
        for class in 0..classes as u32 {
            let count = labels.iter().filter(|label| **label == class).count();
            let away = (count as f64 - expected).abs() / deviation;
            assert!(away < 5.0, "{name}: {count} of {} in {class}", labels.len());
        }
    }
}
