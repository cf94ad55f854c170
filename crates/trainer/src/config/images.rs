//! How a user's pictures become the images of LeNet-5: the settings under `images`.

use datasets::{Colour, Framing, Ink, OpenOptions, PictureOptions};
use serde::{Deserialize, Serialize};

/// From picture files to images. Known and generated sets are images already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesConfig {
    /// Whether colours are kept; `auto` = if more than a tenth of the pictures show any.
    pub colour: ColourChoice,
    /// Grey pictures: which side of the scale is drawn with; `auto` = what differs from the border of each picture.
    pub ink: InkChoice,
    /// Pictures of another size: `centred` (as MNIST's digits; in colours as `whole`), `whole` or `cropped`.
    pub framing: FramingChoice,
}

/// What is kept of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourChoice {
    /// As the data are.
    Auto,
    /// One channel.
    Grey,
    /// Three channels.
    Rgb,
}

/// What is ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InkChoice {
    /// What differs from the border.
    Auto,
    /// Dark strokes on a light ground.
    Dark,
    /// Light strokes on a dark ground.
    Light,
}

/// How pictures are framed; see [`Framing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FramingChoice {
    /// [`Framing::Centred`]
    Centred,
    /// [`Framing::Whole`]
    Whole,
    /// [`Framing::Cropped`]
    Cropped,
}

impl Default for ImagesConfig {
    fn default() -> Self {
        Self {
            colour: ColourChoice::Auto,
            ink: InkChoice::Auto,
            framing: FramingChoice::Centred,
        }
    }
}

impl ImagesConfig {
    /// The same for a network that reads images of `channels` planes.
    pub fn for_channels(mut self, channels: usize) -> Self {
        self.colour = match channels {
            1 => ColourChoice::Grey,
            _ => ColourChoice::Rgb,
        };
        self
    }

    /// How pictures are read; grey where the data would decide.
    pub fn reading(self) -> PictureOptions {
        PictureOptions {
            colour: self.colour().unwrap_or_default(),
            ink: match self.ink {
                InkChoice::Auto => None,
                InkChoice::Dark => Some(Ink::Dark),
                InkChoice::Light => Some(Ink::Light),
            },
            framing: match self.framing {
                FramingChoice::Centred => Framing::Centred,
                FramingChoice::Whole => Framing::Whole,
                FramingChoice::Cropped => Framing::Cropped,
            },
        }
    }

    /// Lays these settings over what the data crate is asked for.
    pub fn lay_over(self, options: OpenOptions) -> OpenOptions {
        let PictureOptions { ink, framing, .. } = self.reading();
        OpenOptions {
            colour: self.colour(),
            ink,
            framing,
            ..options
        }
    }

    fn colour(self) -> Option<Colour> {
        match self.colour {
            ColourChoice::Auto => None,
            ColourChoice::Grey => Some(Colour::Grey),
            ColourChoice::Rgb => Some(Colour::Rgb),
        }
    }
}
