//! A picture file of any size, colour and depth becomes an image of the size that LeNet-5 reads.
//!
//! The same function serves training and prediction, so that both see an image alike. It is turned as its EXIF data says.
//! Then grey, 28 x 28, light ink on 0: transparency onto a contrasting ground; grey by 0.299 R + 0.587 G + 0.114 B; ink
//! told from ground by the border; and, unless the picture is 28 x 28 already, the framing of MNIST: the ink's box scaled,
//! aspect kept, to 20 pixels on its longer side, its centre of mass in the middle. Or in colours, 32 x 32: transparency
//! onto white, and the picture scaled.

use std::fmt;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::imageops::{self, FilterType};
use image::{
    DynamicImage, GrayImage, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Pixel, RgbImage,
};

use super::{Limits, ReadError};
use crate::open::IMAGE_SIDE;
use crate::options::{Colour, Framing, Ink, PictureOptions};

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
/// A pixel whose channels differ by more than this (of 255) shows a colour; yellowed paper stays below.
const COLOURFUL: u8 = 48;
/// What is read, for messages.
pub(crate) const FORMATS: &str = "PNG, JPEG, BMP, GIF, WebP or PNM";

/// A picture as the network sees it, and how it came to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertedImage {
    /// `[28 * 28]`, row by row, 0 is ground and 255 ink; or `[3 * 32 * 32]`, plane by plane.
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
    /// Whether the file holds colours.
    pub colour: bool,
    /// What was kept of them.
    pub kept: Colour,
    /// Whether there was transparency to fill.
    pub transparent: bool,
    /// Whether EXIF data asked for a rotation.
    pub rotated: bool,
    /// Whether dark ink on a light ground was inverted.
    pub inverted: bool,
    /// How the picture was brought to the image's size, if it did not have it.
    pub framing: Option<Framing>,
    /// Nothing but ground was found, and every pixel is 0; in colours: all of it has one colour.
    pub blank: bool,
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.width, self.height)?;
        let (grey, rgb) = (self.kept == Colour::Grey, self.kept == Colour::Rgb);
        let framing = match (self.framing, self.kept) {
            (Some(Framing::Centred), Colour::Grey) => {
                "ink scaled to 20 pixels and centred in 28 x 28"
            }
            (Some(Framing::Whole), Colour::Grey) => "whole picture scaled into 28 x 28",
            (Some(Framing::Cropped), Colour::Grey) => "square in the middle scaled to 28 x 28",
            (Some(Framing::Cropped), Colour::Rgb) => "square in the middle scaled to 32 x 32",
            (Some(_), Colour::Rgb) => "whole picture scaled into 32 x 32",
            (None, _) => "",
        };
        for (done, what) in [
            (self.rotated, "rotated as its EXIF data says"),
            (self.transparent, "transparency filled"),
            (self.colour && grey, "colours to grey"),
            (!self.colour && rgb, "grey in all three channels"),
            (self.inverted, "dark ink on light ground inverted"),
            (self.framing.is_some(), framing),
            (self.blank && grey, "no ink found: blank"),
            (self.blank && rgb, "of one colour: blank"),
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
/// [`ReadError`] if the file cannot be read, is of no format read here, is damaged, or is larger than the limits.
pub fn read_picture(
    path: &Path,
    options: &PictureOptions,
    limits: &Limits,
) -> Result<ConvertedImage, ReadError> {
    convert_picture(&read_bounded(path)?, path, options, limits)
}

/// Whether a picture file shows colours: whether they are plain to see in one pixel of a hundred.
///
/// # Errors
///
/// As [`read_picture`].
pub fn shows_colours(path: &Path, limits: &Limits) -> Result<bool, ReadError> {
    let (image, _) = decoded(&read_bounded(path)?, path, limits)?;
    if !image.color().has_color() {
        return Ok(false);
    }
    let image = over_white(&image);
    let spread = |[r, g, b]: [u8; 3]| r.max(g).max(b) - r.min(g).min(b);
    let colourful = image.pixels().filter(|pixel| spread(pixel.0) > COLOURFUL);
    Ok(100 * colourful.count() >= image.pixels().len())
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::from_io(path, source);
    let size = ReadError::unless_file(path)?.len();
    if size > FILE_BYTES {
        let why = format!("the file has {size} bytes; pictures up to {FILE_BYTES} bytes are read");
        return Err(ReadError::BadImage {
            path: path.into(),
            why,
        });
    }
    fs::read(path).map_err(io)
}

fn decoded(bytes: &[u8], name: &Path, limits: &Limits) -> Result<(DynamicImage, bool), ReadError> {
    decode(bytes, limits).map_err(|why| ReadError::BadImage {
        path: name.into(),
        why,
    })
}

/// Converts the bytes of a picture file; errors call it `name`.
///
/// # Errors
///
/// As [`read_picture`].
pub fn convert_picture(
    bytes: &[u8],
    name: &Path,
    options: &PictureOptions,
    limits: &Limits,
) -> Result<ConvertedImage, ReadError> {
    let (image, rotated) = decoded(bytes, name, limits)?;
    let mut conversion = Conversion {
        width: image.width(),
        height: image.height(),
        colour: image.color().has_color(),
        kept: options.colour,
        transparent: image.color().has_alpha(),
        rotated,
        inverted: false,
        framing: None,
        blank: false,
    };
    let pixels = match options.colour {
        Colour::Grey => grey(&image, options, &mut conversion),
        Colour::Rgb => rgb(&image, options.framing, &mut conversion),
    };
    Ok(ConvertedImage { pixels, conversion })
}

/// The picture in colours, `[3 * 32 * 32]`.
fn rgb(image: &DynamicImage, framing: Framing, conversion: &mut Conversion) -> Vec<u8> {
    let side = Colour::Rgb.side() as u32;
    let mut image = over_white(image);
    conversion.blank = is_even(&image);
    if image.dimensions() != (side, side) {
        conversion.framing = Some(framing);
        image = match framing {
            Framing::Cropped => cropped(&image, side),
            Framing::Centred | Framing::Whole => whole(&image, side),
        };
    }
    let plane = |channel: usize| image.pixels().map(move |pixel| pixel.0[channel]);
    (0..3).flat_map(plane).collect()
}

/// Whether all of a picture has one colour.
fn is_even(image: &RgbImage) -> bool {
    (0..3).all(|channel| {
        let values = || image.pixels().map(|pixel| pixel.0[channel]);
        let (least, most) = (values().min(), values().max());
        most.unwrap_or(0) - least.unwrap_or(0) < BLANK
    })
}

/// The picture as light ink on dark, `[28 * 28]`.
fn grey(image: &DynamicImage, options: &PictureOptions, conversion: &mut Conversion) -> Vec<u8> {
    let mut grey = to_grey(image);
    let ground = border_median(&grey);
    let dark_ink = options.ink.map_or(ground > 127, |ink| ink == Ink::Dark);
    if dark_ink {
        imageops::invert(&mut grey);
        conversion.inverted = true;
    }
    let side = IMAGE_SIDE as u32;
    if grey.dimensions() == (side, side) {
        conversion.blank = grey.pixels().all(|pixel| pixel.0[0] == 0);
        return grey.into_raw();
    }
    conversion.framing = Some(options.framing);
    let ground = if dark_ink { 255 - ground } else { ground };
    conversion.blank = !stretch(&mut grey, ground);
    let placed = match options.framing {
        Framing::Centred => centre(&grey),
        Framing::Whole => whole(&grey, side),
        Framing::Cropped => cropped(&grey, side),
    };
    placed.into_raw()
}

/// An image, `[channels * height * width]` plane by plane, as a PNG file; `None` if there are more or fewer pixels than that,
/// or channels other than 1 and 3.
pub fn png(pixels: &[u8], channels: usize, height: usize, width: usize) -> Option<Vec<u8>> {
    let size = height * width;
    if pixels.len() != channels * size {
        return None;
    }
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let image: DynamicImage = match channels {
        1 => GrayImage::from_raw(width, height, pixels.to_vec())?.into(),
        3 => {
            let mixed = (0..size).flat_map(|i| [0, 1, 2].map(|channel| pixels[channel * size + i]));
            RgbImage::from_raw(width, height, mixed.collect())?.into()
        }
        _ => return None,
    };
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png).ok()?;
    Some(file.into_inner())
}

/// The pixels of a file of [`png`], plane by plane, with its channels, height and width; `None` for what is no picture.
pub fn png_pixels(bytes: &[u8]) -> Option<(Vec<u8>, [usize; 3])> {
    let (image, _) = decode(bytes, &Limits::default()).ok()?;
    let [height, width] = [image.height(), image.width()].map(|side| side as usize);
    if !image.color().has_color() {
        return Some((image.into_luma8().into_raw(), [1, height, width]));
    }
    let image = image.into_rgb8();
    let plane = |channel: usize| image.pixels().map(move |pixel| pixel.0[channel]);
    Some(((0..3).flat_map(plane).collect(), [3, height, width]))
}

/// Decodes within the limits and turns the picture upright.
fn decode(bytes: &[u8], limits: &Limits) -> Result<(DynamicImage, bool), String> {
    let damaged = |error: image::ImageError| match error {
        image::ImageError::Unsupported(_) => not_read(),
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
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    if reader.format().is_none() {
        return Err(not_read());
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
    if image.width() == 0 || image.height() == 0 {
        return Err("damaged: it has no pixels".into());
    }
    image.apply_orientation(orientation);
    Ok((
        image,
        orientation != image::metadata::Orientation::NoTransforms,
    ))
}

fn not_read() -> String {
    format!("not a picture that is read ({FORMATS}): convert it to one of them")
}

/// Colours, transparency filled with white.
fn over_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let rgba = image.to_rgba8();
    let mixed = rgba.pixels().flat_map(|pixel| {
        let [r, g, b, alpha] = pixel.0.map(u32::from);
        [r, g, b].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
    });
    RgbImage::from_raw(rgba.width(), rgba.height(), mixed.collect())
        .expect("three numbers for each pixel")
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
    let ink: GrayImage = scale_into(&ink, INNER_SIDE);
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
fn whole<P>(image: &ImageBuffer<P, Vec<u8>>, side: u32) -> ImageBuffer<P, Vec<u8>>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let scaled = scale_into(image, side);
    let mut placed = ImageBuffer::new(side, side);
    let (x, y) = ((side - scaled.width()) / 2, (side - scaled.height()) / 2);
    imageops::replace(&mut placed, &scaled, x.into(), y.into());
    placed
}

/// The largest square in the middle.
fn cropped<P>(image: &ImageBuffer<P, Vec<u8>>, side: u32) -> ImageBuffer<P, Vec<u8>>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let square = image.width().min(image.height());
    let (x, y) = ((image.width() - square) / 2, (image.height() - square) / 2);
    let square = imageops::crop_imm(image, x, y, square, square).to_image();
    imageops::resize(&square, side, side, FilterType::Triangle)
}

/// Scales so that the longer side is `side`, and the shorter one at least 1.
fn scale_into<P>(image: &ImageBuffer<P, Vec<u8>>, side: u32) -> ImageBuffer<P, Vec<u8>>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let longer = u64::from(image.width().max(image.height()).max(1));
    let scaled = |length: u32| {
        (((u64::from(length) * u64::from(side) + longer / 2) / longer) as u32).clamp(1, side)
    };
    // Triangle averages over the area when it shrinks, so thin strokes do not vanish.
    imageops::resize(
        image,
        scaled(image.width()),
        scaled(image.height()),
        FilterType::Triangle,
    )
}
