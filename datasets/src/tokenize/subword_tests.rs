//! Tests of subwords, of other programs' tokenizers, of spans and of the names they are chosen by.

use proptest::prelude::*;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::{Model, Trainer};

use super::tests::provoking_text;
use super::*;

const TEXTS: [&str; 6] = [
    "the goodness of the film is its goodness",
    "a bad film, badly made; the badness of it!",
    "Goodness \u{2019}tis good: don\u{2019}t be bad",
    "\u{5929}\u{6c14}\u{5f88}\u{597d}\u{5929}\u{6c14}\u{4e0d}\u{597d} ok",
    "\u{5929}\u{6c14}\u{9884}\u{62a5}\u{ff1a}\u{5929}\u{6c14}\u{5f88}\u{597d}",
    "caf\u{e9} [UNK] [PAD] \u{2581} \u{2581}x 2\u{2581}",
];

fn trained(model: SubwordModel) -> Tokenizer {
    Tokenizer::train_subwords(model, &TEXTS, &VocabularyOptions::default())
}

#[test]
fn pieces_are_learned_from_the_texts() {
    let pieces = |model: SubwordModel, text: &str| -> Vec<String> {
        let tokenizer = trained(model);
        let ids = tokenizer.encode(text).into_iter();
        ids.map(|id| tokenizer.token(id).unwrap().to_owned())
            .collect()
    };
    assert_eq!(pieces(SubwordModel::Bpe, "Goodness")[0], "\u{2581}goodness");
    assert_eq!(
        pieces(SubwordModel::WordPiece, "good badness"),
        ["good", "bad", "##ness"]
    );
    // Chinese is not cut by character: the weather is one piece.
    let chinese = "\u{4e0d}\u{5929}\u{6c14}";
    assert!(pieces(SubwordModel::Bpe, chinese).contains(&"\u{5929}\u{6c14}".to_owned()));
    for model in SubwordModel::ALL {
        let tokenizer = trained(model);
        assert_eq!(tokenizer.tokens()[..2], [PADDING, UNKNOWN]);
        assert_eq!(tokenizer.unknown_id(), Some(UNKNOWN_ID));
        assert!(
            tokenizer.encode("\u{4f60}").contains(&UNKNOWN_ID),
            "a new character"
        );
        assert!(tokenizer.encode(" \n\u{7}").is_empty());
        // What the texts call unknown or padding is none.
        let ids = tokenizer.encode("[UNK] [PAD]");
        assert!(ids.iter().all(|id| *id > UNKNOWN_ID), "{ids:?}");
    }
}

#[test]
fn a_small_vocabulary_keeps_the_most_frequent_characters() {
    for model in SubwordModel::ALL {
        for size in [0, 1, 10, 60, 100] {
            let options = VocabularyOptions {
                max_size: Some(size),
                min_count: 1,
            };
            let tokenizer = Tokenizer::train_subwords(model, &TEXTS, &options);
            let known = tokenizer.vocabulary_size() - 2;
            assert!(known <= size + 1, "{known} of {size}");
            tokenizer.encode(TEXTS[0]);
        }
    }
    let none = Tokenizer::train_subwords(SubwordModel::Bpe, &[], &VocabularyOptions::default());
    assert_eq!(
        none.encode("a"),
        [2, UNKNOWN_ID],
        "the start of a run is known always"
    );
}

/// The trainer of the `tokenizers` crate is the judge, where it decides nothing by the order of a hash table.
#[test]
fn merges_are_those_of_the_reference() {
    let texts: Vec<String> = (0..400u32)
        .map(|i| format!("{} {}ing {}ed x{}", i % 97, i * 7 % 31, i * i % 57, i % 13))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let ours = Tokenizer::train_subwords(SubwordModel::Bpe, &texts, &VocabularyOptions::default());
    let mut trainer = BpeTrainer::builder()
        .show_progress(false)
        .min_frequency(2)
        .vocab_size(10_000)
        .build();
    let marked = |text: &str| {
        Ok(text
            .split(' ')
            .map(|run| format!("\u{2581}{run}"))
            .collect())
    };
    trainer.feed(texts.iter(), marked).unwrap();
    let mut judge = BPE::default();
    trainer.train(&mut judge).unwrap();
    for word in ["96", "30ing", "56ed", "x12", "9ing", "edx"] {
        let judged = judge.tokenize(&format!("\u{2581}{word}")).unwrap();
        let judged: Vec<String> = judged.into_iter().map(|token| token.value).collect();
        let ids = ours.encode(word).into_iter();
        let found: Vec<&str> = ids.map(|id| ours.token(id).unwrap()).collect();
        assert_eq!(found, judged, "{word}");
    }
    assert!(ours.vocabulary_size() > 100);
}

#[test]
fn training_does_not_depend_on_threads() {
    let texts: Vec<String> = (0..9000u64)
        .map(|i| {
            format!(
                "{} {}",
                TEXTS[i as usize % 6],
                i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48
            )
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let options = VocabularyOptions::default();
    let names = TokenizerSource::names();
    let all = || -> Vec<String> {
        let open = |name: &&str| {
            name.parse::<TokenizerSource>()
                .unwrap()
                .open(&texts, &options)
        };
        names
            .iter()
            .map(|name| open(name).unwrap().to_json())
            .collect()
    };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(all)
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
    // Counted in pieces or at once: the same statistics.
    let whole = Tokenizer::train(Cleaning::Words, texts.iter().copied(), &options);
    let statistics = whole.statistics().unwrap();
    assert_eq!(statistics.texts, 9000);
    assert_eq!(statistics.counts.iter().sum::<u64>(), statistics.tokens);
}

#[test]
fn saved_subwords_load_to_the_same_ids() {
    for model in SubwordModel::ALL {
        let tokenizer = trained(model);
        let json = tokenizer.to_json();
        let loaded = Tokenizer::from_json(json.as_bytes()).unwrap();
        assert_eq!(loaded.to_string(), model.name());
        assert_eq!(loaded.to_json(), json);
        for text in TEXTS
            .into_iter()
            .chain(["badly made goodness, \u{5929}\u{6c14}\u{4f60}"])
        {
            assert_eq!(loaded.encode(text), tokenizer.encode(text), "{text}");
        }
    }
}

/// A file as `tokenizers` in Python writes it for BERT, with added tokens, a post-processor, truncation and padding.
fn bert() -> String {
    let vocabulary = [
        "[PAD]", "x", "[CLS]", "[SEP]", "[UNK]", "good", "##ness", "bad", ",",
    ];
    let entries: Vec<String> = (vocabulary.iter().enumerate())
        .map(|(id, token)| format!("{token:?}: {id}"))
        .collect();
    let added = |id: u32, token: &str| {
        format!(
            r#"{{"id": {id}, "content": "{token}", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}}"#
        )
    };
    format!(
        r###"{{"version": "1.0",
        "truncation": {{"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}},
        "padding": {{"strategy": {{"Fixed": 9}}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}},
        "added_tokens": [{}, {}],
        "normalizer": {{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}},
        "pre_tokenizer": {{"type": "BertPreTokenizer"}},
        "post_processor": {{"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}},
        "decoder": {{"type": "WordPiece", "prefix": "##", "cleanup": true}},
        "model": {{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {{{}}}}}}}"###,
        added(0, "[PAD]"),
        added(4, "[UNK]"),
        entries.join(", ")
    )
}

#[test]
fn another_programs_tokenizer_keeps_its_ids() {
    let tokenizer = Tokenizer::from_json(bert().as_bytes()).unwrap();
    assert_eq!(tokenizer.to_string(), "another program's WordPiece");
    let ids = tokenizer.encode("Goodness, badness bad good w\u{f6}rd");
    // Neither cut nor filled up nor put between marks.
    assert_eq!(ids, [5, 6, 8, 7, 6, 7, 5, 4]);
    assert_eq!(
        (tokenizer.unknown_id(), tokenizer.vocabulary_size()),
        (Some(4), 9)
    );
    let again = Tokenizer::from_json(tokenizer.to_json().as_bytes()).unwrap();
    assert_eq!(again.to_json(), tokenizer.to_json());
    assert_eq!(again.encode("good bad"), [5, 7]);
}

#[test]
fn damaged_files_of_other_programs_are_errors() {
    let bpe = trained(SubwordModel::Bpe).to_json();
    let merge = bpe.find("\"merges\"").unwrap();
    let broken = |from: &str, to: &str| {
        let at = merge + bpe[merge..].find(from).unwrap();
        let edited = format!("{}{to}{}", &bpe[..at], &bpe[at + from.len()..]);
        Tokenizer::from_json(edited.as_bytes())
    };
    use TokenizerError as E;
    for (from, to) in [("\"o\"", "\"zz\""), ("\"o\"", "3")] {
        let field = matches!(
            broken(from, to),
            Err(E::Field {
                field: "model.merges",
                ..
            })
        );
        assert!(field, "{from} to {to}");
    }
    let edit = |from: &str, to: &str| {
        let file = bert();
        assert!(file.contains(from), "{from}");
        Tokenizer::from_json(file.replacen(from, to, 1).as_bytes())
    };
    assert!(matches!(
        edit("\"bad\": 7", "\"bad\": 4000000000"),
        Err(E::Ids { .. })
    ));
    assert!(matches!(
        edit("\"unk_token\": \"[UNK]\"", "\"unk_token\": \"?\""),
        Err(E::NoUnknown { .. })
    ));
    assert!(matches!(
        edit("BertPreTokenizer", "Nothing"),
        Err(E::Foreign { .. })
    ));
    // Any byte changed: an error or another tokenizer, but no panic.
    let mut errors = 0;
    for file in [bert(), bpe] {
        for at in (0..file.len()).step_by(17) {
            let mut edited = file.clone().into_bytes();
            edited[at] ^= 2;
            match Tokenizer::from_json(&edited) {
                Err(_) => errors += 1,
                Ok(tokenizer) => drop(tokenizer.encode("goodness, bad")),
            }
        }
    }
    assert!(errors > 30, "{errors}");
}

#[test]
fn names_and_files_choose_a_tokenizer() {
    let parse = |name: &str| name.parse::<TokenizerSource>();
    assert_eq!(
        parse("bpe"),
        Ok(TokenizerSource::Subwords(SubwordModel::Bpe))
    );
    assert_eq!(
        parse("words"),
        Ok(TokenizerSource::Cleaning(Cleaning::Words))
    );
    assert_eq!(
        parse("a/b.JSON"),
        Ok(TokenizerSource::File("a/b.JSON".into()))
    );
    for name in TokenizerSource::names() {
        assert_eq!(parse(name).unwrap().to_string(), name);
    }
    let error = parse("wordpeice").unwrap_err().to_string();
    assert!(error.contains("did you mean `wordpiece`?"), "{error}");
    let missing = parse("no/such.json")
        .unwrap()
        .open(&[], &VocabularyOptions::default());
    assert!(missing.unwrap_err().to_string().contains("no/such.json"));
}

#[cfg(feature = "jieba")]
#[test]
fn chinese_words_by_dictionary() {
    let tokens = Cleaning::Jieba.tokens(
        "\u{6211}\u{6765}\u{5230}\u{5317}\u{4eac}\u{6e05}\u{534e}\u{5927}\u{5b66}\u{ff0c}OK 3.5%",
    );
    assert_eq!(
        tokens,
        [
            "\u{6211}",
            "\u{6765}\u{5230}",
            "\u{5317}\u{4eac}",
            "\u{6e05}\u{534e}\u{5927}\u{5b66}",
            "\u{ff0c}",
            "ok",
            "3.5%"
        ]
    );
}

#[test]
fn spans_show_the_words_as_they_were_written() {
    let shown = |tokenizer: &Tokenizer, text: &'static str| -> Vec<&str> {
        let spans = tokenizer.spans(text).into_iter();
        spans.map(|span| &text[span]).collect()
    };
    let words = |cleaning| Tokenizer::train(cleaning, TEXTS, &VocabularyOptions::default());
    assert_eq!(
        shown(
            &words(Cleaning::Words),
            "DON\u{2019}T say \u{130}x\u{5929}!"
        ),
        ["DO", "N\u{2019}T", "say", "\u{130}x", "\u{5929}", "!"]
    );
    assert_eq!(
        shown(&words(Cleaning::ImdbWords), "But<br />\u{e9}Bad"),
        ["But", "Bad"]
    );
    assert_eq!(
        shown(
            &words(Cleaning::KimWords { lowercase: true }),
            "\u{e9}It's (OK)"
        ),
        ["It", "'s", "(", "OK", ")"]
    );
    assert_eq!(
        shown(&trained(SubwordModel::WordPiece), "GOOD Badness"),
        ["GOOD", "Bad", "ness"]
    );
    assert_eq!(shown(&trained(SubwordModel::Bpe), "Goodness"), ["Goodness"]);
    let foreign = Tokenizer::from_json(bert().as_bytes()).unwrap();
    assert_eq!(
        shown(&foreign, "GOODNESS, w\u{f6}rd"),
        ["GOOD", "NESS", ",", "w\u{f6}rd"]
    );
}

proptest! {
    #[test]
    fn subwords_agree_with_the_reference_on_any_text(text in provoking_text(), which in 0..2usize) {
        let tokenizer = trained(SubwordModel::ALL[which]);
        let reference = tokenizer.to_reference().encode(text.as_str(), false).unwrap();
        prop_assert_eq!(tokenizer.encode(&text), reference.get_ids());
    }

    /// A span for each id, in order, between characters, and holding what the token says.
    #[test]
    fn spans_fit_any_text(text in provoking_text(), which in 0..Cleaning::ALL.len() + 2) {
        let tokenizer = match Cleaning::ALL.get(which) {
            Some(cleaning) => Tokenizer::train(*cleaning, [text.as_str()], &VocabularyOptions::default()),
            None => trained(SubwordModel::ALL[which - Cleaning::ALL.len()]),
        };
        let (ids, spans) = (tokenizer.encode(&text), tokenizer.spans(&text));
        prop_assert_eq!(ids.len(), spans.len());
        let mut last = 0;
        for (id, span) in ids.into_iter().zip(spans) {
            prop_assert!(span.start >= last || span.end <= last, "{:?} after {}", span, last);
            last = span.start;
            let written = &text[span.clone()];
            if tokenizer.cleaning().is_some() {
                let folded: String = written.chars().flat_map(char::to_lowercase).collect();
                let token = tokenizer.token(id).unwrap().replace('\u{2019}', "'");
                let token: String = token.chars().flat_map(char::to_lowercase).collect();
                // The span of a token that begins or ends inside a folded character is all of that character.
                prop_assert!(folded.replace('\u{2019}', "'").contains(&token), "{written:?} is no {token:?}");
            }
        }
    }
}
