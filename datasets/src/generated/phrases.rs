//! Short phrases whose class lies in the order of the words.
//!
//! Every template is a *pair* of sentences made of exactly the same words, one favourable and one not:
//!
//! ```text
//! positive   good , not bad               it is good , is it not ?      the film is good , not only in parts
//! negative   bad , not good               it is not good , is it ?      the film is not good , only in parts
//! ```
//!
//! Template, words and class are drawn independently, so for any bag of words both classes are equally likely: no
//! model that ignores order can be right more than half of the time, however it is trained. A convolution over three
//! words sees "not good" and "not bad" and has it.

use super::draw::Draw;

/// Names of the classes; the index is the label.
pub const PHRASE_LABELS: [&str; 2] = ["negative", "positive"];

/// In a template: `G`, `H` two good words, `B`, `C` two bad ones, `N` a noun, `V` a degree word.
const TEMPLATES: [(&str, &str); 20] = [
    // (positive, negative)
    ("G , not B", "B , not G"),
    ("V G , not B at all", "V B , not G at all"),
    ("not B , V G", "not G , V B"),
    ("the N is not B , it is V G", "the N is not G , it is V B"),
    ("it is G , is it not ?", "it is not G , is it ?"),
    ("the N is not B , is it ?", "the N is B , is it not ?"),
    (
        "the N is G , not only in parts",
        "the N is not G , only in parts",
    ),
    ("not only G but H , this N", "not G , only this N but H"),
    ("what a G N after a B start", "what a B N after a G start"),
    (
        "i feared a B N and got a G one",
        "i feared a G N and got a B one",
    ),
    ("it went from B to V G", "it went from G to V B"),
    ("less B than G , this N", "less G than B , this N"),
    ("more G than B", "more B than G"),
    ("never B , always G", "never G , always B"),
    ("a N more G than B or C", "a N more B or C than G"),
    ("G instead of B", "B instead of G"),
    (
        "nobody calls it B , they call it G",
        "nobody calls it G , they call it B",
    ),
    (
        "the N should be B , but it is G",
        "the N should be G , but it is B",
    ),
    ("hardly B and V G", "hardly G and V B"),
    (
        "the B start is forgotten , the G end stays",
        "the G start is forgotten , the B end stays",
    ),
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

/// `count` phrases: `(text, label)`; label 1 = [`PHRASE_LABELS`]\[1\]. Words and marks are separated by blanks.
pub fn phrases(seed: u64, count: usize) -> Vec<(String, u32)> {
    (0..count as u64).map(|index| phrase(seed, index)).collect()
}

fn phrase(seed: u64, index: u64) -> (String, u32) {
    let mut draw = Draw::new(seed, "phrases", index);
    let label = draw.below(2) as u32;
    let (positive, negative) = *draw.pick(&TEMPLATES);
    let template = if label == 1 { positive } else { negative };
    let (good, other_good) = two_of(&GOOD, &mut draw);
    let (bad, other_bad) = two_of(&BAD, &mut draw);
    let (noun, degree) = (*draw.pick(&NOUNS), *draw.pick(&DEGREES));

    let opening = if draw.chance(0.4) {
        *draw.pick(&OPENINGS)
    } else {
        ""
    };
    let mut text = opening.to_owned();
    for (place, word) in template.split(' ').enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(match word {
            "G" => good,
            "H" => other_good,
            "B" => bad,
            "C" => other_bad,
            "N" => noun,
            "V" => degree,
            word => word,
        });
    }
    if draw.chance(0.4) {
        text.push_str(CLOSINGS[draw.below(CLOSINGS.len())]);
    }
    (text, label)
}

/// Two different items.
fn two_of<T: Copy>(items: &[T], draw: &mut Draw) -> (T, T) {
    let first = draw.below(items.len());
    let second = (first + 1 + draw.below(items.len() - 1)) % items.len();
    (items[first], items[second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sentences_of_a_pair_use_the_same_words() {
        for (positive, negative) in TEMPLATES {
            let sorted = |text: &'static str| {
                let mut words: Vec<&str> = text.split(' ').collect();
                words.sort_unstable();
                words
            };
            assert_eq!(sorted(positive), sorted(negative));
            assert_ne!(positive, negative);
        }
    }

    #[test]
    fn word_lists_do_not_overlap() {
        let lists = [&GOOD[..], &BAD[..], &NOUNS[..], &DEGREES[..]];
        let mut words: Vec<&str> = lists.concat();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
