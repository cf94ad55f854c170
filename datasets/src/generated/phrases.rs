//! Short phrases whose class lies in which word a denial reaches.
//!
//! A phrase is two statements, one with a favourable word and one with an unfavourable one. Before one of the two
//! stands a denial, before the other an affirmation, and two or three words lie between:
//!
//! ```text
//! positive   the film is not for marlo very dull , but the cast is surely in truth great
//! negative   the film is surely for marlo very dull , but the cast is not in truth great
//! ```
//!
//! The class is that of the word that is *not* denied. Which word comes first, which statement is denied, and all
//! other words are drawn alike for both classes, so that
//!
//! - every bag of words is equally likely in both: a model that ignores order can be right half of the time;
//! - every window of up to three words is equally likely in both, since none holds a denial and the word it reaches:
//!   a linear model over 1-3-grams learns nothing, and neither does a TextCNN whose filters are three words wide;
//! - a window of five words always reaches from the denial to its word. The words between are from an open list (most
//!   names are seen once), so that such windows cannot be learned by heart: a filter has to look past what is between.

use super::draw::Draw;

/// Names of the classes; the index is the label.
pub const PHRASE_LABELS: [&str; 2] = ["negative", "positive"];

/// `N`: a noun; the statement goes on with a denial or an affirmation.
const SUBJECTS: [&str; 8] = [
    "the N is",
    "the N was",
    "its N is",
    "her N was",
    "this N is",
    "that N was",
    "our N is",
    "their N was",
];
const DENIALS: [&str; 5] = ["not", "never", "hardly", "scarcely", "rarely"];
const AFFIRMATIONS: [&str; 5] = ["surely", "always", "clearly", "certainly", "often"];
/// Two words each, said between denial and judgement.
const ASIDES: [&str; 16] = [
    "in truth",
    "at heart",
    "in parts",
    "at times",
    "on paper",
    "as such",
    "for once",
    "by now",
    "in fact",
    "these days",
    "all over",
    "from here",
    "at first",
    "in short",
    "to us",
    "of late",
];
/// Before a name, in the place of an aside.
const TOWARDS: [&str; 3] = ["for", "to", "with"];
/// What joins the statements.
const LINKS: [&str; 8] = [
    ", but",
    ", and yet",
    ", while",
    ", whereas",
    "; still ,",
    "; on the other hand ,",
    ", though",
    "; besides ,",
];

/// Said before or after a phrase; no part of it hints at the class.
const OPENINGS: [&str; 10] = [
    "honestly , ",
    "well , ",
    "in short : ",
    "they say : ",
    "to me , ",
    "as i said , ",
    "my view : ",
    "so , ",
    "again : ",
    "last week : ",
];
const CLOSINGS: [&str; 8] = [
    " , they said",
    " , i think",
    " , by the way",
    " .",
    " , as we saw",
    " !",
    " , said my friend",
    " , on the whole",
];

const GOOD: [&str; 36] = [
    "good",
    "great",
    "clever",
    "funny",
    "warm",
    "sharp",
    "brilliant",
    "charming",
    "fresh",
    "moving",
    "witty",
    "gripping",
    "lovely",
    "smart",
    "tender",
    "bright",
    "honest",
    "vivid",
    "elegant",
    "rich",
    "superb",
    "lively",
    "graceful",
    "delightful",
    "perfect",
    "kind",
    "splendid",
    "polished",
    "rewarding",
    "memorable",
    "inspired",
    "fine",
    "original",
    "heartfelt",
    "thrilling",
    "wonderful",
];
const BAD: [&str; 36] = [
    "bad",
    "dull",
    "weak",
    "slow",
    "silly",
    "flat",
    "stale",
    "clumsy",
    "cold",
    "tedious",
    "shallow",
    "messy",
    "bland",
    "noisy",
    "awkward",
    "lazy",
    "empty",
    "grim",
    "crude",
    "hollow",
    "awful",
    "lifeless",
    "boring",
    "dreary",
    "poor",
    "rude",
    "dismal",
    "sloppy",
    "tiresome",
    "forgettable",
    "uninspired",
    "terrible",
    "worn",
    "fake",
    "annoying",
    "ugly",
];
const NOUNS: [&str; 32] = [
    "film",
    "book",
    "plot",
    "meal",
    "hotel",
    "song",
    "story",
    "play",
    "show",
    "game",
    "album",
    "novel",
    "scene",
    "script",
    "ending",
    "cast",
    "concert",
    "lecture",
    "poem",
    "series",
    "picture",
    "dance",
    "speech",
    "garden",
    "room",
    "tour",
    "dinner",
    "report",
    "exhibition",
    "lesson",
    "comedy",
    "drama",
];
const DEGREES: [&str; 10] = [
    "very",
    "really",
    "quite",
    "rather",
    "so",
    "truly",
    "simply",
    "surprisingly",
    "unusually",
    "just",
];

/// A name is one of each: 19,200 names, so that most are met once.
const NAMES: [&[&str]; 4] = [
    &[
        "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br",
        "tr", "st", "gl", "kr", "pl", "fl",
    ],
    &["a", "e", "i", "o", "u"],
    &[
        "l", "n", "r", "m", "s", "t", "d", "v", "ll", "nn", "rr", "tt", "rl", "nd", "rt", "lm",
        "st", "lk", "rg", "nt",
    ],
    &["a", "o", "en", "in", "is", "us", "ey", "ia"],
];

/// `count` phrases: `(text, label)`; label 1 = [`PHRASE_LABELS`]\[1\]. Words and marks are separated by blanks.
pub fn phrases(seed: u64, count: usize) -> Vec<(String, u32)> {
    (0..count as u64).map(|index| phrase(seed, index)).collect()
}

fn phrase(seed: u64, index: u64) -> (String, u32) {
    let mut draw = Draw::new(seed, "phrases", index);
    let label = draw.below(2) as u32;
    let good_first = draw.chance(0.5);
    // The good word is denied in a negative phrase, the bad one in a positive phrase.
    let denies_first = good_first == (label == 0);
    let judgements = [*draw.pick(&GOOD), *draw.pick(&BAD)];
    let words = if good_first {
        judgements
    } else {
        [judgements[1], judgements[0]]
    };
    let attitudes = [*draw.pick(&DENIALS), *draw.pick(&AFFIRMATIONS)];
    let attitudes = if denies_first {
        attitudes
    } else {
        [attitudes[1], attitudes[0]]
    };

    let mut text = String::new();
    if draw.chance(0.4) {
        text += *draw.pick(&OPENINGS);
    }
    state(&mut text, attitudes[0], words[0], &mut draw);
    text = text + " " + *draw.pick(&LINKS) + " ";
    state(&mut text, attitudes[1], words[1], &mut draw);
    if draw.chance(0.4) {
        text += *draw.pick(&CLOSINGS);
    }
    (text, label)
}

/// Subject, denial or affirmation, two or three words, judgement.
fn state(text: &mut String, attitude: &str, word: &str, draw: &mut Draw) {
    let (subject, noun) = (*draw.pick(&SUBJECTS), *draw.pick(&NOUNS));
    let between = if draw.chance(0.6) {
        let towards = *draw.pick(&TOWARDS);
        towards.to_owned() + " " + &NAMES.map(|part| *draw.pick(part)).concat()
    } else {
        (*draw.pick(&ASIDES)).to_owned()
    };
    let degree = if draw.chance(0.5) {
        " ".to_owned() + *draw.pick(&DEGREES)
    } else {
        String::new()
    };
    *text += &[
        &subject.replace('N', noun),
        attitude,
        &(between + &degree),
        word,
    ]
    .join(" ");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The label by the rule that this file states, found anew from the words.
    fn judged(text: &str) -> u32 {
        let words: Vec<&str> = text.split(' ').collect();
        let places = |list: &[&str]| -> Vec<usize> {
            let is_in = |place: &usize| list.contains(&words[*place]);
            (0..words.len()).filter(is_in).collect()
        };
        let (good, bad) = (places(&GOOD), places(&BAD));
        let (denied, affirmed) = (places(&DENIALS), places(&AFFIRMATIONS));
        assert_eq!(
            [good.len(), bad.len(), denied.len(), affirmed.len()],
            [1; 4],
            "{text}"
        );
        let reaches = |from: usize, to: usize| (from + 3..=from + 4).contains(&to);
        let label = u32::from(reaches(denied[0], bad[0]));
        let [favoured, other] = if label == 1 { [good, bad] } else { [bad, good] };
        assert!(reaches(affirmed[0], favoured[0]), "{text}");
        assert!(reaches(denied[0], other[0]), "{text}");
        label
    }

    #[test]
    fn the_class_is_that_of_the_word_which_is_not_denied() {
        for (text, label) in phrases(7, 3_000) {
            assert_eq!(judged(&text), label, "{text}");
        }
    }

    /// What stands first tells nothing, be it the judgement or the denial; only both together do.
    #[test]
    fn neither_order_alone_tells_the_class() {
        let mut seen = [[0u32; 4]; 2];
        for (text, label) in phrases(8, 4_000) {
            let first = |list: &[&str]| text.split(' ').position(|word| list.contains(&word));
            let good_first = first(&GOOD) < first(&BAD);
            let denied_first = first(&DENIALS) < first(&AFFIRMATIONS);
            seen[label as usize][2 * usize::from(good_first) + usize::from(denied_first)] += 1;
        }
        for count in [seen[0][0], seen[0][3], seen[1][1], seen[1][2]] {
            assert!((900..1_100).contains(&count), "{seen:?}");
        }
    }

    #[test]
    fn word_lists_do_not_overlap() {
        let mut words: Vec<String> = [
            &GOOD[..],
            &BAD,
            &NOUNS,
            &DEGREES,
            &DENIALS,
            &AFFIRMATIONS,
            &TOWARDS,
        ]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
        for phrase in [&ASIDES[..], &SUBJECTS, &LINKS, &OPENINGS, &CLOSINGS].concat() {
            let once: BTreeSet<&str> = phrase.split_whitespace().collect();
            let judging = |word: &&&str| GOOD.contains(*word) || BAD.contains(*word);
            assert_eq!(once.iter().find(judging), None, "{phrase}");
        }
        for a in NAMES[0] {
            for b in NAMES[1] {
                for c in NAMES[2] {
                    words.extend(NAMES[3].iter().map(|d| [a, b, c, d].map(|s| *s).concat()));
                }
            }
        }
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
