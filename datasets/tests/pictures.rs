//! Pictures of any size and colour become 28 x 28 grey: framing, polarity, transparency, damage.

use std::fs;
use std::path::{Path, PathBuf};

use datasets::readers::picture::{ConvertedImage, convert_picture, png_pixels};
use datasets::{
    Colour, Framing, Ink, Limits, OpenOptions, PictureOptions, ReadError, open_image, open_text,
};
use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

/// A dark stroke on white paper, 200 x 100, left of the middle.
fn stroke() -> RgbImage {
    RgbImage::from_fn(200, 100, |x, y| {
        let inked = (30..50).contains(&x) && (10..90).contains(&y);
        if inked {
            Rgb([10, 20, 120])
        } else {
            Rgb([250, 250, 245])
        }
    })
}

fn png(image: image::DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn pixels_come_back_from_a_png() {
    for channels in [1usize, 3] {
        let pixels: Vec<u8> = (0..channels * 5 * 7)
            .map(|i| (i * 37 % 251) as u8)
            .collect();
        let png = datasets::readers::picture::png(&pixels, channels, 5, 7).unwrap();
        assert_eq!(png_pixels(&png), Some((pixels, [channels, 5, 7])));
        assert_eq!(png_pixels(&png[..png.len() / 2]), None);
    }
    assert_eq!(png_pixels(b""), None);
}

#[test]
fn a_folder_of_pictures_becomes_28_by_28() {
    let (folder, mut paths) = (tempfile::tempdir().unwrap(), Vec::<PathBuf>::new());
    for (class, count) in [("one", 12), ("zero", 12)] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for i in 0..count {
            let mut image = stroke();
            image.put_pixel(199 - i, 99, Rgb([0, 0, 0]));
            let path = folder.path().join(class).join(format!("{i}.png"));
            fs::write(&path, png(image.into())).unwrap();
            paths.push(path);
        }
    }
    fs::write(folder.path().join("one/notes.txt"), "x").unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    let grey = OpenOptions {
        colour: Some(Colour::Grey),
        ..OpenOptions::default()
    };
    let set = open_image(&path, &grey).unwrap();
    assert_eq!(
        (set.labels.as_slice(), set.split.rows()),
        (&["one".into(), "zero".into()][..], 24)
    );
    let notes = set.notes.join("\n");
    for expected in [
        "24 images of 200 x 100 pixels, read as grey 28 x 28",
        "24 images inverted: dark ink on a light ground",
        "24 images turned from colours to grey",
        "1 files that are no pictures passed over",
    ] {
        assert!(notes.contains(expected), "{notes}");
    }
    fs::write(&paths[3], b"\x89PNG\r\n\x1a\nbroken").unwrap();
    let error = open_image(&path, &grey).unwrap_err().to_string();
    assert!(error.contains("3.png: damaged"), "{error}");
    let error = open_text(&path, &OpenOptions::default()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("a NUL byte: this is no text file"),
        "{error}"
    );
}

fn convert(bytes: &[u8], ink: Option<Ink>, framing: Framing) -> Result<ConvertedImage, ReadError> {
    let options = PictureOptions {
        colour: Colour::Grey,
        ink,
        framing,
    };
    convert_picture(bytes, Path::new("p.png"), &options, &Limits::DEFAULT)
}

fn centred(bytes: &[u8]) -> ConvertedImage {
    convert(bytes, None, Framing::Centred).unwrap()
}

fn box_of(pixels: &[u8]) -> [usize; 4] {
    let inked: Vec<(usize, usize)> = (0..784)
        .filter(|&i| pixels[i] > 51)
        .map(|i| (i % 28, i / 28))
        .collect();
    let xs = || inked.iter().map(|(x, _)| *x);
    let ys = || inked.iter().map(|(_, y)| *y);
    [
        xs().min().unwrap(),
        ys().min().unwrap(),
        xs().max().unwrap(),
        ys().max().unwrap(),
    ]
}

#[test]
fn the_stroke_is_centred_with_its_aspect() {
    let converted = centred(&png(stroke().into()));
    // 20 x 80 pixels of ink: 5 x 20 in the middle.
    let [left, top, right, bottom] = box_of(&converted.pixels);
    assert_eq!((right - left + 1, bottom - top + 1), (5, 20));
    assert_eq!((top, bottom), (4, 23));
    assert!((11..=12).contains(&left), "{left}");
    assert_eq!(converted.pixels.iter().max(), Some(&255));
    assert_eq!(
        converted.conversion.to_string(),
        "200 x 100, colours to grey, dark ink on light ground inverted, ink scaled to 20 pixels and centred in 28 x 28"
    );
    let whole = convert(&png(stroke().into()), None, Framing::Whole).unwrap();
    assert_eq!(
        box_of(&whole.pixels)[0],
        4,
        "the stroke keeps its place left of the middle"
    );
}

#[test]
fn light_on_dark_and_dark_on_light_agree() {
    let mut negative = stroke();
    image::imageops::invert(&mut negative);
    let (dark, light) = (
        centred(&png(stroke().into())),
        centred(&png(negative.into())),
    );
    assert_eq!(dark.pixels, light.pixels);
    assert!(dark.conversion.inverted && !light.conversion.inverted);
}

#[test]
fn a_picture_of_the_right_size_keeps_its_pixels() {
    let digit = GrayImage::from_fn(28, 28, |x, y| {
        Luma([if (8..20).contains(&x) && (8..20).contains(&y) {
            (x * 9 + y) as u8
        } else {
            0
        }])
    });
    assert_eq!(
        centred(&png(digit.clone().into())).pixels,
        digit.clone().into_raw()
    );
    let inverted = convert(
        &png(digit.clone().into()),
        Some(Ink::Dark),
        Framing::Centred,
    )
    .unwrap();
    assert_eq!(
        inverted.pixels[0], 255,
        "the option decides, whatever the border says"
    );
    let wide: image::ImageBuffer<Luma<u16>, Vec<u16>> =
        image::ImageBuffer::from_fn(28, 28, |x, y| {
            Luma([u16::from(digit.get_pixel(x, y).0[0]) * 257])
        });
    assert_eq!(
        centred(&png(wide.into())).pixels,
        digit.into_raw(),
        "16 bits to 8"
    );
}

#[test]
fn transparency_gets_a_contrasting_ground() {
    let ink_on_nothing = |ink: [u8; 3]| {
        let [r, g, b] = ink;
        RgbaImage::from_fn(60, 60, |x, y| {
            let inked = (25..35).contains(&x) && (10..50).contains(&y);
            Rgba([r, g, b, if inked { 255 } else { 0 }])
        })
    };
    let black = centred(&png(ink_on_nothing([0; 3]).into()));
    let white = centred(&png(ink_on_nothing([255; 3]).into()));
    assert_eq!(black.pixels, white.pixels);
    assert!(black.conversion.transparent && !black.conversion.blank);
}

#[test]
fn blank_tiny_and_narrow_pictures_are_defined() {
    for (width, height) in [(1, 1), (1, 400), (400, 1), (27, 28), (300, 300)] {
        let blank = centred(&png(
            GrayImage::from_pixel(width, height, Luma([200])).into()
        ));
        assert!(
            blank.conversion.blank && blank.pixels.iter().all(|&pixel| pixel == 0),
            "{width} x {height}"
        );
        assert_eq!(blank.pixels.len(), 784);
    }
    let mut line = GrayImage::from_pixel(400, 300, Luma([255]));
    (0..400).for_each(|x| line.put_pixel(x, 150, Luma([0])));
    let pixels = centred(&png(line.into())).pixels;
    assert!(
        box_of(&pixels)[2] - box_of(&pixels)[0] >= 18,
        "a hairline does not vanish"
    );
}

#[test]
fn jpeg_is_read_and_other_formats_are_named() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(stroke())
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    let from_jpeg = centred(&bytes.into_inner()).pixels;
    let from_png = centred(&png(stroke().into())).pixels;
    let distance: u32 = from_jpeg
        .iter()
        .zip(&from_png)
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    assert!(distance < 784 * 4, "{distance}");
    let error = convert(b"MM\x00*\x00\x00\x00\x08", None, Framing::Centred)
        .unwrap_err()
        .to_string();
    assert!(error.contains("not a picture that is read"), "{error}");
    let error = convert(b"", None, Framing::Centred)
        .unwrap_err()
        .to_string();
    assert!(error.contains("the file is empty"), "{error}");
}

#[test]
fn exif_rotation_is_obeyed() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(stroke())
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    let plain = bytes.into_inner();
    // One entry: tag 0x0112 (orientation), a short, value 6 (a quarter turn clockwise).
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let turned = [&plain[..2], &[0xff, 0xe1], &length[..], exif, &plain[2..]].concat();
    let (plain, turned) = (centred(&plain), centred(&turned));
    assert!(turned.conversion.rotated && !plain.conversion.rotated);
    assert_eq!(
        (turned.conversion.width, turned.conversion.height),
        (100, 200)
    );
    let [left, top, right, bottom] = box_of(&turned.pixels);
    assert_eq!(
        (right - left + 1, bottom - top + 1),
        (20, 5),
        "the upright stroke lies now"
    );
    assert!((11..=12).contains(&top), "{top}");
    assert_eq!(box_of(&plain.pixels)[1], 4);
}

#[test]
fn damaged_and_giant_pictures_are_refused() {
    let whole = png(stroke().into());
    // The last 12 bytes hold nothing, the 4 before them a checksum.
    for cut in (8..whole.len() - 20).step_by(7) {
        assert!(
            convert(&whole[..cut], None, Framing::Centred).is_err(),
            "cut at {cut}"
        );
    }
    // A header that claims 60,000 x 60,000 pixels; the checksum of the header is mended.
    let mut giant = whole.clone();
    giant[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let mut crc = flate2::Crc::new();
    crc.update(&giant[12..29]);
    giant[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let error = convert(&giant, None, Framing::Centred)
        .unwrap_err()
        .to_string();
    assert!(error.contains("16384"), "{error}");
    giant[16..24].copy_from_slice(&[0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80]);
    let mut crc = flate2::Crc::new();
    crc.update(&giant[12..29]);
    giant[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let error = convert(&giant, None, Framing::Centred)
        .unwrap_err()
        .to_string();
    assert!(error.contains("scale it down"), "{error}");
}
