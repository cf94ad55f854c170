//! Long documents whose class lies in two distant parts.
//!
//! A travel report of 200 to 600 words. In one passage everything is praised, in another, at least 60 words away,
//! everything is blamed; between, before and after them nothing is judged. The class is which passage comes *first*:
//!
//! ```text
//! ends well    … the room was awful … (60 to 500 words about nothing) … the garden was lovely …
//! ends badly   … the garden was lovely … (60 to 500 words about nothing) … the room was awful …
//! ```
//!
//! Both passages are drawn in the same way and the two classes differ in their places alone, so for every bag of
//! words, and for every bag of windows of up to 15 words, both classes are equally likely: a TextCNN with max over
//! time, whose features are such windows, can do no better than chance. (Longer windows could reach from a passage
//! to the edge of the document.) What is needed is the order of things far apart, which a DPCNN's last blocks see:
//! 637 words at a position of the seventh block.

use super::draw::Draw;

/// Names of the classes; the index is the label.
pub const LONG_DOCUMENT_LABELS: [&str; 2] = ["ends badly", "ends well"];

/// Words between the two passages, at least.
const GAP: usize = 60;
/// Words before the first and after the second passage, at least: no window of a convolution reaches both a passage
/// and the edge of the document.
const MARGIN: usize = 15;
/// Words of a document; what is drawn may be exceeded by a sentence in each of three parts.
const SHORTEST: usize = 200;
const LONGEST: usize = 600;
const LONGEST_SENTENCE: usize = 10;

const PRAISE: [&str; 16] = [
    "lovely",
    "superb",
    "delightful",
    "charming",
    "wonderful",
    "excellent",
    "splendid",
    "perfect",
    "brilliant",
    "fine",
    "great",
    "pleasant",
    "marvellous",
    "graceful",
    "good",
    "beautiful",
];
const BLAME: [&str; 16] = [
    "awful",
    "dreadful",
    "dirty",
    "terrible",
    "dull",
    "broken",
    "miserable",
    "horrid",
    "shabby",
    "poor",
    "bad",
    "unpleasant",
    "dismal",
    "filthy",
    "ugly",
    "disappointing",
];
const THINGS: [&str; 32] = [
    "room",
    "garden",
    "harbour",
    "market",
    "museum",
    "train",
    "street",
    "river",
    "tower",
    "bridge",
    "station",
    "table",
    "window",
    "door",
    "breakfast",
    "path",
    "hill",
    "boat",
    "church",
    "square",
    "library",
    "office",
    "kitchen",
    "roof",
    "lamp",
    "map",
    "guide",
    "ticket",
    "bench",
    "wall",
    "lake",
    "shop",
];
const DEEDS: [&str; 16] = [
    "passed",
    "reached",
    "saw",
    "crossed",
    "left",
    "found",
    "noticed",
    "followed",
    "watched",
    "entered",
    "described",
    "measured",
    "counted",
    "visited",
    "remembered",
    "showed",
];
const PEOPLE: [&str; 12] = [
    "we",
    "they",
    "everyone",
    "my brother",
    "the driver",
    "our guide",
    "the children",
    "a neighbour",
    "the others",
    "two friends",
    "the captain",
    "somebody",
];
const PLACES: [&str; 10] = [
    "near", "behind", "beside", "above", "below", "opposite", "towards", "past", "around", "beyond",
];
const TIMES: [&str; 10] = [
    "later",
    "then",
    "next",
    "meanwhile",
    "afterwards",
    "again",
    "there",
    "at noon",
    "by evening",
    "on monday",
];

/// `count` long documents: `(text, label)`; label 1 = [`LONG_DOCUMENT_LABELS`]\[1\]. Words and full stops are
/// separated by blanks and counted alike.
pub fn long_documents(seed: u64, count: usize) -> Vec<(String, u32)> {
    (0..count as u64)
        .map(|index| document(seed, index))
        .collect()
}

fn document(seed: u64, index: u64) -> (String, u32) {
    let mut draw = Draw::new(seed, "long documents", index);
    let label = draw.below(2) as u32;
    let mut passage = |words: &[&'static str]| {
        let mut text = Vec::new();
        for _ in 0..4 + draw.below(4) {
            judge(&mut text, words, &mut draw);
            if draw.chance(0.4) {
                narrate(&mut text, &mut draw);
            }
        }
        text
    };
    // The order of drawing follows the order in the document, never the class.
    let order = if label == 1 {
        [&BLAME, &PRAISE]
    } else {
        [&PRAISE, &BLAME]
    };
    let [first, second] = order.map(|words| passage(words));

    let length = SHORTEST + draw.below(LONGEST - SHORTEST - 3 * LONGEST_SENTENCE);
    let needed = first.len() + second.len() + GAP + 2 * MARGIN;
    let mut spare = length.saturating_sub(needed);
    let mut share = || {
        let part = draw.below(spare + 1);
        spare -= part;
        part
    };
    // Which of the three gets the first, largest share is drawn as well.
    let mut parts = [share(), share(), 0];
    parts[2] = spare;
    draw.shuffle(&mut parts);

    let mut text = Vec::with_capacity(LONGEST);
    let mut fill = |text: &mut Vec<&'static str>, words: usize| {
        let until = text.len() + words;
        while text.len() < until {
            narrate(text, &mut draw);
        }
    };
    fill(&mut text, MARGIN + parts[0]);
    text.extend(first);
    fill(&mut text, GAP + parts[1]);
    text.extend(second);
    fill(&mut text, MARGIN + parts[2]);
    (text.join(" "), label)
}

/// A sentence that judges something.
fn judge(text: &mut Vec<&'static str>, words: &[&'static str], draw: &mut Draw) {
    let (thing, word) = (*draw.pick(&THINGS), *draw.pick(words));
    match draw.below(4) {
        0 => text.extend(["the", thing, "was", word, "."]),
        1 => text.extend(["we", "found", "the", thing, word, "."]),
        2 => text.extend(["it", "had", "a", word, thing, "."]),
        _ => text.extend(["everyone", "called", "the", thing, word, "."]),
    }
}

/// A sentence that judges nothing; at most [`LONGEST_SENTENCE`] words.
fn narrate(text: &mut Vec<&'static str>, draw: &mut Draw) {
    let (thing, other) = (*draw.pick(&THINGS), *draw.pick(&THINGS));
    let (deed, place) = (*draw.pick(&DEEDS), *draw.pick(&PLACES));
    if draw.chance(0.3) {
        text.extend(draw.pick(&TIMES).split(' '));
    }
    text.extend(draw.pick(&PEOPLE).split(' '));
    match draw.below(3) {
        0 => text.extend([deed, "the", thing, "."]),
        1 => text.extend([deed, "a", thing, place, "the", other, "."]),
        _ => text.extend(["went", place, "the", thing, "."]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the head of this file says, found anew from the words: two passages, far apart and away from the edges.
    #[test]
    fn the_class_is_the_order_of_two_distant_passages() {
        for (text, label) in long_documents(7, 500) {
            let words: Vec<&str> = text.split(' ').collect();
            assert!(
                (SHORTEST..=LONGEST).contains(&words.len()),
                "{}",
                words.len()
            );
            let places = |list: &[&str]| -> Vec<usize> {
                let is_in = |place: &usize| list.contains(&words[*place]);
                (0..words.len()).filter(is_in).collect()
            };
            let (praised, blamed) = (places(&PRAISE), places(&BLAME));
            let [first, second] = if label == 1 {
                [&blamed, &praised]
            } else {
                [&praised, &blamed]
            };
            assert!(first.len() >= 4 && second.len() >= 4, "{text}");
            assert!(first[0] >= MARGIN, "{text}");
            assert!(second[0] - first[first.len() - 1] > GAP, "{text}");
            assert!(words.len() - second[second.len() - 1] > MARGIN, "{text}");
        }
    }

    #[test]
    fn a_word_of_judgement_stands_in_one_list_alone() {
        let plain = [&THINGS[..], &DEEDS, &PLACES, &TIMES].concat();
        for word in PRAISE {
            assert!(!BLAME.contains(&word) && !plain.contains(&word), "{word}");
        }
        for word in BLAME {
            assert!(!plain.contains(&word), "{word}");
        }
    }
}
