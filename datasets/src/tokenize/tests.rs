//! Tests of cleanings, vocabulary, encoding and the saved form, on text made here.
//! Real data: `tests/tokenize_real.rs`.

use proptest::prelude::*;

use super::*;

/// The text as the saved pipeline reads it: jieba's is cut already.
fn as_saved(cleaning: Cleaning, text: &str) -> String {
    #[cfg(feature = "jieba")]
    if cleaning == Cleaning::Jieba {
        return jieba::cut(text).collect::<Vec<_>>().join("\u{1f}");
    }
    let _ = cleaning;
    text.to_owned()
}

fn reference_ids(reference: &tokenizers::Tokenizer, text: &str) -> Vec<u32> {
    reference.encode(text, false).unwrap().get_ids().to_vec()
}

#[test]
fn kims_recipe_to_the_letter() {
    let lower = Cleaning::KimWords { lowercase: true };
    let tokens = |text| lower.tokens(text).join("|");
    assert_eq!(
        tokens("It's well-made, isn't it?"),
        "it|'s|well|made|,|is|n't|it|?"
    );
    assert_eq!(
        tokens("(they've) we're he'd I'll!"),
        "(|they|'ve|)|we|'re|he|'d|i|'ll|!"
    );
    // His blank goes before the contraction only, so a quoted word keeps its quotation mark.
    assert_eq!(tokens("'swept away' 'drama"), "'swept|away'|'drama");
    // Contractions are matched before lower-casing.
    assert_eq!(tokens("DON'T don't"), "don't|do|n't");
    assert_eq!(tokens("caf\u{e9} \u{2019}s $5 `x"), "caf|s|5|`x");
    assert_eq!(tokens("  "), "");
    let cased = Cleaning::KimWords { lowercase: false };
    assert_eq!(cased.tokens("What's NASA ?"), ["What", "'s", "NASA", "?"]);
}

#[test]
fn the_other_recipes() {
    assert_eq!(
        Cleaning::SstWords.tokens("It's (not) good,ok"),
        ["it's", "(not)", "good,ok"]
    );
    assert_eq!(
        Cleaning::ImdbWords.tokens("Great!<br /><br />Don't\u{a0}MISS: 10/10 \u{212A}\u{130}x"),
        ["great", "don't", "miss", "10", "10", "ki", "x"]
    );
    assert_eq!(
        Cleaning::Characters.tokens("\u{4f60} a\n"),
        ["\u{4f60}", " ", "a", "\n"]
    );
}

#[test]
fn words_of_any_language() {
    let tokens = |text| Cleaning::Words.tokens(text).join("|");
    assert_eq!(
        tokens("Don\u{2019}t! It\u{2019}s 5\u{20ac}."),
        "do|n't|!|it|'s|5|\u{20ac}|."
    );
    assert_eq!(
        tokens("rock'n'roll o'clock 'quoted'"),
        "rock'n'roll|o'clock|'|quoted|'"
    );
    assert_eq!(
        tokens("CAF\u{c9} na\u{ef}ve cafe\u{301}"),
        "caf\u{e9}|na\u{ef}ve|cafe\u{301}"
    );
    assert_eq!(
        tokens("\u{5929}\u{6c14}ok\u{3001}"),
        "\u{5929}|\u{6c14}|ok|\u{3001}"
    );
    assert_eq!(tokens("a\u{0}b\u{7}\u{301}"), "a|b");
    assert_eq!(tokens("n't 's"), "n't|'|s");
    // A final sigma is lower-cased like any other: character by character.
    assert_eq!(tokens("\u{3a3}\u{3a3}"), "\u{3c3}\u{3c3}");
}

#[test]
fn suggested_cleaning_follows_the_script() {
    assert_eq!(Cleaning::suggest(["the weather is fine"]), Cleaning::Words);
    assert_eq!(
        Cleaning::suggest(["\u{5929}\u{6c14}\u{5f88}\u{597d} ok"]),
        Cleaning::Characters
    );
    assert_eq!(Cleaning::suggest(["", "123"]), Cleaning::Words);
}

#[test]
fn sets_and_languages_have_their_cleaning() {
    use crate::Language;
    let english = |name| Cleaning::for_set(name, Language::English).name();
    assert_eq!(english("mr"), "kim-words");
    assert_eq!(english("trec"), "kim-words-cased");
    assert_eq!(english("sst2"), "sst-words");
    assert_eq!(english("imdb"), "imdb-words");
    assert_eq!(english("my-reviews"), "words");
    assert_eq!(
        Cleaning::for_set("thucnews", Language::Other),
        Cleaning::Characters
    );
    assert_eq!(
        Cleaning::for_set("my-news", Language::Chinese),
        Cleaning::Characters
    );
}

#[test]
fn names_are_read_back_and_wrong_ones_refused() {
    for cleaning in Cleaning::ALL {
        assert_eq!(cleaning.name().parse(), Ok(cleaning));
        let json = serde_json::to_string(&cleaning).unwrap();
        assert_eq!(serde_json::from_str::<Cleaning>(&json).unwrap(), cleaning);
    }
    let error = "word".parse::<Cleaning>().unwrap_err();
    assert!(error.to_string().contains("kim-words, "), "{error}");
}

#[test]
fn vocabulary_is_ranked_by_count_then_first_appearance() {
    let texts = ["b a c", "c a d", "e"];
    let train = |options| Tokenizer::train(Cleaning::SstWords, texts, &options);
    let all = train(VocabularyOptions::default());
    assert_eq!(all.tokens(), ["[PAD]", "[UNK]", "a", "c", "b", "d", "e"]);
    let statistics = all.statistics().unwrap();
    assert_eq!(statistics.counts, [0, 0, 2, 2, 1, 1, 1]);
    assert_eq!(
        (statistics.shortest, statistics.longest, statistics.texts),
        (1, 3, 3)
    );
    assert_eq!(statistics.mean_length(), 7.0 / 3.0);

    let few = train(VocabularyOptions {
        max_size: Some(3),
        min_count: 1,
    });
    assert_eq!(few.tokens(), ["[PAD]", "[UNK]", "a", "c", "b"]);
    let frequent = train(VocabularyOptions {
        max_size: None,
        min_count: 2,
    });
    assert_eq!(frequent.tokens(), ["[PAD]", "[UNK]", "a", "c"]);
    assert_eq!(frequent.statistics().unwrap().counts, [0, 3, 2, 2]);
    assert_eq!(frequent.encode("a b c"), [2, UNKNOWN_ID, 3]);
    let none = train(VocabularyOptions {
        max_size: Some(0),
        min_count: 0,
    });
    assert_eq!(none.vocabulary_size(), 2);
    assert_eq!(none.encode("a"), [UNKNOWN_ID]);
}

#[test]
fn reserved_tokens_are_never_read_from_a_text() {
    for cleaning in Cleaning::ALL {
        let text = "[PAD] [UNK] [PAD]";
        let tokenizer = Tokenizer::train(cleaning, [text], &VocabularyOptions::default());
        assert!(!tokenizer.encode(text).contains(&PADDING_ID), "{cleaning}");
        assert!(!tokenizer.encode(text).contains(&UNKNOWN_ID), "{cleaning}");
        assert_eq!(
            (tokenizer.id("[PAD]"), tokenizer.id("[UNK]")),
            (Some(0), Some(1))
        );
        assert_eq!(tokenizer.id("nowhere"), None);
    }
}

#[test]
fn a_saved_tokenizer_loads_to_the_same_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let text = "Don't \u{5929} say \"no\" <br /> (it's) caf\u{e9}!";
    for cleaning in Cleaning::ALL {
        let tokenizer = Tokenizer::train(cleaning, [text], &VocabularyOptions::default());
        tokenizer.save(&path).unwrap();
        let loaded = Tokenizer::load(&path).unwrap();
        assert_eq!(loaded.cleaning(), Some(cleaning));
        assert_eq!(loaded.tokens(), tokenizer.tokens());
        assert_eq!(loaded.sha256(), tokenizer.sha256());
        let reference = tokenizers::Tokenizer::from_file(&path).unwrap();
        let other = "say it's caf\u{e9}, \u{5929}\u{6c14}, DON'T";
        assert_eq!(
            loaded.encode(other),
            reference_ids(&reference, &as_saved(cleaning, other)),
            "{cleaning}"
        );
        assert_eq!(loaded.encode(text), tokenizer.encode(text));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn every_edited_byte_is_an_error_or_another_digest() {
    let tokenizer = Tokenizer::train(
        Cleaning::ImdbWords,
        ["one two"],
        &VocabularyOptions::default(),
    );
    let (json, digest) = (tokenizer.to_json(), tokenizer.sha256());
    let mut errors = 0;
    for at in 0..json.len() {
        let mut edited = json.clone().into_bytes();
        edited[at] ^= 1;
        match Tokenizer::from_json(&edited) {
            Err(_) => errors += 1,
            // Written otherwise, and the same: a blank became another, or a name that the library does without.
            Ok(loaded) if loaded.sha256() == digest => {
                assert_eq!(loaded.encode("one two"), [2, 3], "byte {at}");
            }
            Ok(loaded) => drop(loaded.encode("one two")),
        }
    }
    assert!(
        errors > json.len() / 3,
        "only {errors} of {} edits were errors",
        json.len()
    );
}

#[test]
fn malformed_files_are_named_errors() {
    let good = Tokenizer::train(
        Cleaning::ImdbWords,
        ["one two"],
        &VocabularyOptions::default(),
    );
    let edit = |from: &str, to: &str| {
        let json = good.to_json();
        assert!(json.contains(from), "{from} is not in {json}");
        Tokenizer::from_json(json.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    use TokenizerError as E;
    assert!(matches!(
        Tokenizer::from_json(b"{").unwrap_err(),
        E::NotJson { line: 1, .. }
    ));
    assert!(matches!(
        Tokenizer::from_json(b"").unwrap_err(),
        E::NotJson { .. }
    ));
    assert!(matches!(
        Tokenizer::from_json(b"[1]").unwrap_err(),
        E::Field {
            field: "version",
            ..
        }
    ));
    assert!(matches!(
        edit("\"WordLevel\"", "\"BPE\""),
        E::Foreign { .. }
    ));
    assert!(matches!(
        edit("\"unk_token\": \"[UNK]\"", "\"unk_token\": \"x\""),
        E::NoUnknown { .. }
    ));
    assert!(matches!(
        edit("\"version\": \"1.0\"", "\"version\": \"2.0\""),
        E::Field {
            field: "version",
            ..
        }
    ));
    assert!(matches!(edit("\"one\": 2", "\"one\": 7"), E::Ids { .. }));
    assert!(matches!(edit("\"one\": 2", "\"one\": 3"), E::Ids { .. }));
    assert!(matches!(edit("\"one\": 2", "\"one\": -2"), E::Ids { .. }));
    assert!(matches!(
        edit("\"one\": 2", "\"one\": 4294967298"),
        E::Ids { .. }
    ));
    assert!(matches!(edit("\"one\": 2", "\"two\": 2"), E::Ids { .. }));
    assert!(matches!(
        edit("\"[PAD]\"", "\"pad\""),
        E::Reserved { id: 0, .. }
    ));
    let missing = Tokenizer::load(std::path::Path::new("no/such/tokenizer.json")).unwrap_err();
    assert!(missing.to_string().contains("no/such"), "{missing}");
    let repeated = Tokenizer::from_words(Cleaning::Words, ["a", "a"].map(String::from));
    assert!(matches!(
        repeated.unwrap_err(),
        E::Repeated {
            first: 2,
            second: 3,
            ..
        }
    ));
}

#[test]
fn encoding_many_texts_equals_encoding_one_by_one() {
    let texts: Vec<String> = (0..500)
        .map(|i| format!("text {i} of {}", i * 7 % 13))
        .collect();
    let options = VocabularyOptions {
        max_size: Some(100),
        min_count: 1,
    };
    let tokenizer = Tokenizer::train(Cleaning::Words, texts.iter().map(String::as_str), &options);
    let one_by_one: Vec<_> = texts.iter().map(|text| tokenizer.encode(text)).collect();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| tokenizer.encode_all(&texts)), one_by_one);
    }
}

/// Text that provokes the recipes: their own letters and marks, blanks, markup, other scripts, anything.
pub(super) fn provoking_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[nstvedlrm'’ ]{1,6}",
        3 => "[A-Za-z0-9(),!?'`<>/ ]{0,8}",
        1 => Just("<br />".to_owned()),
        1 => Just("n't".to_owned()),
        2 => "[\u{e9}\u{df}\u{130}\u{212a}\u{3a3}\u{1c5}\u{fb01}\u{301}\u{5929}\u{3042}\u{e01}\u{e31}\u{200d}\u{1f600}\u{fe0f}\u{3000}\u{a0}\u{85}\r\n\t]{0,4}",
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn fast_path_and_reference_agree_on_any_text(
        train in provoking_text(), text in provoking_text(), which in 0..Cleaning::ALL.len()
    ) {
        let cleaning = Cleaning::ALL[which];
        let tokenizer = Tokenizer::train(cleaning, [train.as_str()], &VocabularyOptions::default());
        let reference = tokenizer.to_reference();
        for text in [&train, &text] {
            let saved = as_saved(cleaning, text);
            prop_assert_eq!(tokenizer.encode(text), reference_ids(&reference, &saved), "{}", cleaning);
        }
        prop_assert!(!tokenizer.encode(&train).contains(&UNKNOWN_ID));
    }
}

#[test]
fn characters_saved_by_older_versions_are_read() {
    let tokenizer = Tokenizer::train(
        Cleaning::Characters,
        ["ab\n"],
        &VocabularyOptions::default(),
    );
    let json = tokenizer.to_json();
    assert!(json.contains(r"[\\s\\S]"), "{json}");
    let old = json.replace(r"[\\s\\S]", "(?s:.)");
    let loaded = Tokenizer::from_json(old.as_bytes()).unwrap();
    assert_eq!(loaded.cleaning(), Some(Cleaning::Characters));
    assert_eq!(loaded.to_json(), json);
}
