//! A PNG or JPEG of any size and colour becomes a grey 28 x 28 image as LeNet-5 knows them: light ink on 0.
//!
//! The same function serves training and prediction, so that both see an image alike. Steps: EXIF rotation;
//! transparency onto a contrasting ground; grey by 0.299 R + 0.587 G + 0.114 B; ink told from ground by the
//! border; and, unless the picture is 28 x 28 already, the framing of MNIST: the ink's box scaled, aspect kept,
//! to 20 pixels on its longer side, its centre of mass in the middle.

use std::fmt;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader};

use super::{Limits, ReadError};
use crate::open::IMAGE_SIDE;
use crate::options::{Framing, Ink};

/// The most bytes that a decoded picture may take.
const DECODED_BYTES: u64 = 256 << 20;
/// The most bytes of a picture file.
const FILE_BYTES: u64 = 64 << 20;
/// Side of the box into which MNIST's digits were scaled.
const INNER_SIDE: u32 = 20;
/// Ink lighter than this (of 255, after stretching) does not count for the box: JPEG noise stays below.
const FAINT: u8 = 51;
/// A picture whose greys differ by less than this (of 255) from its ground is blank.
const BLANK: u8 = 16;

/// A picture as the network sees it, and how it came to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertedImage {
    /// `[28 * 28]`, row by row; 0 is ground, 255 is ink.
    pub pixels: Vec<u8>,
    /// What was done.
    pub conversion: Conversion,
}

/// What was done to a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Width before.
    pub width: u32,
    /// Height before.
    pub height: u32,
    /// Whether there were colours to turn to grey.
    pub colour: bool,
    /// Whether there was transparency to fill.
    pub transparent: bool,
    /// Whether EXIF data asked for a rotation.
    pub rotated: bool,
    /// Whether dark ink on a light ground was inverted.
    pub inverted: bool,
    /// How the picture was brought to 28 x 28, if it was not so before.
    pub framing: Option<Framing>,
    /// Nothing but ground was found: every pixel is 0.
    pub blank: bool,
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.width, self.height)?;
        let framing = match self.framing {
            Some(Framing::Centred) => Some("ink scaled to 20 pixels and centred in 28 x 28"),
            Some(Framing::Whole) => Some("whole picture scaled into 28 x 28"),
            None => None,
        };
        for (done, what) in [
            (self.rotated, "rotated as its EXIF data says"),
            (self.transparent, "transparency filled"),
            (self.colour, "colours to grey"),
            (self.inverted, "dark ink on light ground inverted"),
            (framing.is_some(), framing.unwrap_or_default()),
            (self.blank, "no ink found: blank"),
        ] {
            if done {
                write!(f, ", {what}")?;
            }
        }
        Ok(())
    }
}

/// Reads a picture file; see the module for the conversion.
///
/// # Errors
///
/// [`ReadError`] if the file cannot be read, is no PNG or JPEG, is damaged, or is larger than the limits.
pub fn read_picture(
    path: &Path,
    ink: Option<Ink>,
    framing: Framing,
    limits: &Limits,
) -> Result<ConvertedImage, ReadError> {
    let io = |source| ReadError::from_io(path, source);
    let size = fs::metadata(path).map_err(io)?.len();
    if size > FILE_BYTES {
        let why = format!("the file has {size} bytes; pictures up to {FILE_BYTES} bytes are read");
        return Err(ReadError::BadImage {
            path: path.into(),
            why,
        });
    }
    convert_picture(&fs::read(path).map_err(io)?, path, ink, framing, limits)
}

/// Converts the bytes of a PNG or JPEG; errors call it `name`.
///
/// # Errors
///
/// As [`read_picture`].
pub fn convert_picture(
    bytes: &[u8],
    name: &Path,
    ink: Option<Ink>,
    framing: Framing,
    limits: &Limits,
) -> Result<ConvertedImage, ReadError> {
    let (image, rotated) = decode(bytes, limits).map_err(|why| ReadError::BadImage {
        path: name.into(),
        why,
    })?;
    let mut conversion = Conversion {
        width: image.width(),
        height: image.height(),
        colour: image.color().has_color(),
        transparent: image.color().has_alpha(),
        rotated,
        inverted: false,
        framing: None,
        blank: false,
    };
    let mut grey = to_grey(&image);
    let ground = border_median(&grey);
    let dark_ink = ink.map_or(ground > 127, |ink| ink == Ink::Dark);
    if dark_ink {
        imageops::invert(&mut grey);
        conversion.inverted = true;
    }
    let side = IMAGE_SIDE as u32;
    if grey.dimensions() == (side, side) {
        conversion.blank = grey.pixels().all(|pixel| pixel.0[0] == 0);
        return Ok(ConvertedImage {
            pixels: grey.into_raw(),
            conversion,
        });
    }
    conversion.framing = Some(framing);
    let ground = if dark_ink { 255 - ground } else { ground };
    conversion.blank = !stretch(&mut grey, ground);
    let placed = match framing {
        Framing::Centred => centre(&grey),
        Framing::Whole => whole(&grey),
    };
    Ok(ConvertedImage {
        pixels: placed.into_raw(),
        conversion,
    })
}

/// A grey image, `[height * width]` row by row, as a PNG file; `None` if there are more or fewer pixels than that.
pub fn grey_png(pixels: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let image = GrayImage::from_raw(width, height, pixels.to_vec())?;
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png).ok()?;
    Some(file.into_inner())
}

/// Decodes within the limits and turns the picture upright.
fn decode(bytes: &[u8], limits: &Limits) -> Result<(DynamicImage, bool), String> {
    let damaged = |error: image::ImageError| match error {
        image::ImageError::Unsupported(_) => {
            "neither PNG nor JPEG: convert it to one of them".to_owned()
        }
        image::ImageError::Limits(error) => {
            format!(
                "{error}: pictures up to {0} x {0} are read; scale it down",
                limits.image_side
            )
        }
        error => format!("damaged: {error}"),
    };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err("neither PNG nor JPEG: convert it to one of them".into());
    }
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.image_side);
    bounds.max_image_height = Some(limits.image_side);
    bounds.max_alloc = Some(DECODED_BYTES);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    if decoder.total_bytes() > DECODED_BYTES {
        let (width, height) = decoder.dimensions();
        return Err(format!(
            "{width} x {height} pixels take more than {DECODED_BYTES} bytes: scale it down"
        ));
    }
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok((
        image,
        orientation != image::metadata::Orientation::NoTransforms,
    ))
}

/// Grey, transparency filled with white under dark pixels and with black under light ones.
fn to_grey(image: &DynamicImage) -> GrayImage {
    let rgba = image.to_rgba8();
    // Weights sum to 1,000, so a grey pixel keeps its value exactly.
    let luma = |[r, g, b, _]: [u8; 4]| {
        (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) + 500) / 1000
    };
    let (light, weight) = rgba.pixels().fold((0u64, 0u64), |(light, weight), pixel| {
        let alpha = u64::from(pixel.0[3]);
        (light + alpha * u64::from(luma(pixel.0)), weight + alpha)
    });
    let fill = if weight > 0 && light / weight > 127 {
        0
    } else {
        255
    };
    let pixels = rgba.pixels().map(|pixel| {
        let alpha = u32::from(pixel.0[3]);
        ((luma(pixel.0) * alpha + fill * (255 - alpha) + 127) / 255) as u8
    });
    let pixels: Vec<u8> = pixels.collect();
    GrayImage::from_raw(rgba.width(), rgba.height(), pixels).expect("one grey pixel for each pixel")
}

/// Median of the outermost pixels: the ground, unless most of the border is inked.
fn border_median(grey: &GrayImage) -> u8 {
    let (right, bottom) = (
        grey.width().saturating_sub(1),
        grey.height().saturating_sub(1),
    );
    let mut border: Vec<u8> = grey
        .enumerate_pixels()
        .filter(|&(x, y, _)| x == 0 || y == 0 || x == right || y == bottom)
        .map(|(_, _, pixel)| pixel.0[0])
        .collect();
    border.sort_unstable();
    border.get(border.len() / 2).copied().unwrap_or(0)
}

/// Brings `ground` to 0 and the lightest pixel to 255; `false`, and all 0, if there is no ink.
fn stretch(grey: &mut GrayImage, ground: u8) -> bool {
    let lightest = grey.pixels().map(|pixel| pixel.0[0]).max().unwrap_or(0);
    let range = u32::from(lightest.saturating_sub(ground));
    let inked = range >= u32::from(BLANK);
    for pixel in grey.pixels_mut() {
        let above = u32::from(pixel.0[0].saturating_sub(ground));
        pixel.0[0] = if inked {
            (above * 255 / range) as u8
        } else {
            0
        };
    }
    inked
}

/// MNIST's framing.
fn centre(grey: &GrayImage) -> GrayImage {
    let side = IMAGE_SIDE as u32;
    let mut placed = GrayImage::new(side, side);
    let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
    for (x, y, _) in grey
        .enumerate_pixels()
        .filter(|(_, _, pixel)| pixel.0[0] > FAINT)
    {
        (left, right) = (left.min(x), right.max(x));
        (top, bottom) = (top.min(y), bottom.max(y));
    }
    if left > right {
        return placed;
    }
    let ink = imageops::crop_imm(grey, left, top, right - left + 1, bottom - top + 1).to_image();
    let ink = scale_into(&ink, INNER_SIDE);
    let (mut mass, mut across, mut down) = (0u64, 0u64, 0u64);
    for (x, y, pixel) in ink.enumerate_pixels() {
        let value = u64::from(pixel.0[0]);
        mass += value;
        across += value * (2 * u64::from(x) + 1);
        down += value * (2 * u64::from(y) + 1);
    }
    // `across / mass` is twice the centre of mass, in pixels from the left edge.
    let offset = |twice: u64, length: u32| {
        let centre = twice as f64 / (2 * mass.max(1)) as f64;
        let offset = (f64::from(side) / 2.0 - centre).round();
        offset.clamp(0.0, f64::from(side - length)) as i64
    };
    imageops::replace(
        &mut placed,
        &ink,
        offset(across, ink.width()),
        offset(down, ink.height()),
    );
    placed
}

/// The whole picture, aspect kept, in the middle.
fn whole(grey: &GrayImage) -> GrayImage {
    let side = IMAGE_SIDE as u32;
    let scaled = scale_into(grey, side);
    let mut placed = GrayImage::new(side, side);
    let (x, y) = ((side - scaled.width()) / 2, (side - scaled.height()) / 2);
    imageops::replace(&mut placed, &scaled, x.into(), y.into());
    placed
}

/// Scales so that the longer side is `side`, and the shorter one at least 1.
fn scale_into(grey: &GrayImage, side: u32) -> GrayImage {
    let longer = u64::from(grey.width().max(grey.height()).max(1));
    let scaled = |length: u32| {
        (((u64::from(length) * u64::from(side) + longer / 2) / longer) as u32).clamp(1, side)
    };
    // Triangle averages over the area when it shrinks, so thin strokes do not vanish.
    imageops::resize(
        grey,
        scaled(grey.width()),
        scaled(grey.height()),
        FilterType::Triangle,
    )
}
