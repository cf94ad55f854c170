//! What is worth a look in a set of pictures: unreadable ones, sizes, colours, blanks, and sizes or colours that give the
//! class away.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use super::telling::told;
use crate::example::{ImageExample, ImageSet, PictureFacts};

/// A picture whose longer side is below this is scaled up: little is to be seen in it.
const TINY: u32 = 16;
/// A picture that is so many times as long as wide leaves most of the field empty.
const LONG: u32 = 2;
/// A share of odd pictures that is worth saying.
const MANY: f64 = 0.10;

/// The pictures of a set before they became images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PictureFigures {
    /// Pictures.
    pub count: usize,
    /// Those that could not be read.
    pub unreadable: usize,
    /// Different sizes.
    pub sizes: usize,
    /// The size of most pictures, `[width, height]`.
    pub most_frequent: [u32; 2],
    /// Pictures of that size.
    pub of_that_size: usize,
    /// The size with the fewest pixels.
    pub smallest: [u32; 2],
    /// The size with the most pixels.
    pub largest: [u32; 2],
    /// Files that hold colours; the others are grey.
    pub in_colours: usize,
}

impl PictureFigures {
    /// `None` of a set that was no pictures.
    pub(super) fn of(set: &ImageSet) -> Option<Self> {
        let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        let (mut count, mut in_colours) = (0, 0);
        for (_, _, facts) in facts(set) {
            count += 1;
            in_colours += usize::from(facts.colour);
            *sizes.entry((facts.width, facts.height)).or_default() += 1;
        }
        let pixels = |&(width, height): &(u32, u32)| u64::from(width) * u64::from(height);
        let &smallest = sizes.keys().min_by_key(|size| pixels(size))?;
        let &largest = sizes.keys().max_by_key(|size| pixels(size))?;
        let (&most, &of_that_size) = sizes.iter().max_by_key(|&(_, &count)| count)?;
        let pair = |(width, height)| [width, height];
        Some(Self {
            count,
            unreadable: set.unreadable.count,
            sizes: sizes.len(),
            most_frequent: pair(most),
            of_that_size,
            smallest: pair(smallest),
            largest: pair(largest),
            in_colours,
        })
    }
}

impl fmt::Display for PictureFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [width, height] = self.most_frequent;
        match self.sizes {
            1 => write!(f, "{} of {width} x {height} pixels", self.count)?,
            sizes => {
                let ([w, h], [wide, high]) = (self.smallest, self.largest);
                write!(
                    f,
                    "{} of {sizes} sizes, from {w} x {h} to {wide} x {high} pixels; {} are {width} x {height}",
                    self.count, self.of_that_size
                )?;
            }
        }
        write!(
            f,
            "; {} in colours, {} grey",
            self.in_colours,
            self.count - self.in_colours
        )
    }
}

/// Part, row and facts of each picture.
fn facts(set: &ImageSet) -> impl Iterator<Item = (usize, usize, PictureFacts)> {
    let parts = set.split.parts().into_iter().enumerate();
    parts.flat_map(|(part, (_, rows))| {
        let facts = rows.iter().enumerate();
        facts.filter_map(move |(row, image)| Some((part, row, image.picture?)))
    })
}

/// Looks at the pictures of a set.
pub(super) fn find_in_pictures(set: &ImageSet, figures: &PictureFigures) -> Vec<Finding> {
    let mut found = Vec::new();
    let such = |is: &dyn Fn(&PictureFacts) -> bool| {
        let (mut rows, mut examples) = (0, Vec::new());
        for (part, row, facts) in facts(set) {
            if is(&facts) {
                rows += 1;
                if examples.len() < EXAMPLES {
                    examples.push(ShownRow::of_image(set, part, row));
                }
            }
        }
        (rows, examples)
    };
    let all = figures.count;
    let mut say =
        |kind, (rows, examples): (usize, Vec<ShownRow>), least: f64, what: &str, advice: &str| {
            if rows > 0 && rows as f64 >= least * all as f64 {
                found.push(Finding {
                    kind,
                    rows,
                    what: format!("{rows} of {all} pictures {what}"),
                    advice: advice.into(),
                    examples,
                });
            }
        };
    say(
        FindingKind::Blank,
        such(&|facts| facts.blank),
        0.0,
        "have one colour throughout: nothing is to be seen in them",
        "remove them, or settle by images.ink what is drawn: nothing can be learned from them, and the answer to them is a guess",
    );
    say(
        FindingKind::Tiny,
        such(&|facts| facts.width.max(facts.height) < TINY),
        0.0,
        &format!("are smaller than {TINY} pixels on their longer side"),
        "look at them: thumbnails, icons and cut-off downloads do not belong to the set",
    );
    if set.channels > 1 {
        let long = |facts: &PictureFacts| {
            let (short, long) = (facts.width.min(facts.height), facts.width.max(facts.height));
            long >= LONG.saturating_mul(short.max(1))
        };
        say(
            FindingKind::Sizes,
            such(&long),
            MANY,
            "are at least twice as long as wide: scaled whole, they leave most of the field empty",
            "--set images.framing=cropped takes the square in the middle, if what matters is there",
        );
    }
    // The rarer of the two is shown.
    let colours_are_rare = 2 * figures.in_colours < all;
    let what = match colours_are_rare {
        true => "hold colours, the others are grey",
        false => "are grey, the others hold colours",
    };
    if figures.in_colours > 0 && figures.in_colours < all {
        say(
            FindingKind::Channels,
            such(&|facts| facts.colour == colours_are_rare),
            0.01,
            what,
            "if colours do not matter, images.colour=grey makes all pictures alike",
        );
    }
    found.extend(gives_away(set));
    found
}

/// Sizes and kinds of files that tell the class: pictures of each class from a source of its own.
fn gives_away(set: &ImageSet) -> Option<Finding> {
    type Value = fn(&PictureFacts) -> u64;
    let size: Value = |facts| u64::from(facts.width) << 32 | u64::from(facts.height);
    let colour: Value = |facts| u64::from(facts.colour);
    let judged = [("size", size), ("kind (grey or in colours)", colour)].map(|(name, value)| {
        let (train, dev) = (
            values_of(&set.split.train, value),
            values_of(&set.split.dev, value),
        );
        let told = told(train.iter().copied(), dev.iter().copied())?;
        told.gives_away(None).then_some((name, told))
    });
    let (name, told) = judged.into_iter().flatten().next()?;
    Some(Finding {
        kind: FindingKind::Leak,
        rows: told.rows,
        what: format!(
            "the {name} of a picture alone tells its class for {:.1} % of {} dev pictures (without looking: {:.1} %)",
            100.0 * told.accuracy,
            told.rows,
            100.0 * told.always
        ),
        advice: "the classes come from different sources: a network may learn to tell the sources apart; take pictures of all classes from each"
            .into(),
        examples: Vec::new(),
    })
}

fn values_of(rows: &[ImageExample], value: fn(&PictureFacts) -> u64) -> Vec<(u64, u32)> {
    let values = rows
        .iter()
        .filter_map(|row| Some((value(row.picture.as_ref()?), row.label)));
    values.collect()
}
