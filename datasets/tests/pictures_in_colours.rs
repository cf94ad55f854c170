//! Sets of pictures in colours and of every format; unreadable ones are counted, shown and bounded.

use std::fs;
use std::path::Path;

use datasets::readers::picture::{ConvertedImage, convert_picture};
use datasets::{Colour, Framing, Limits, OpenOptions, PictureOptions, ReadError, open_image};
use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

fn png(image: image::DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn grey(bytes: &[u8]) -> Result<ConvertedImage, ReadError> {
    let options = PictureOptions::default();
    convert_picture(bytes, Path::new("p"), &options, &Limits::DEFAULT)
}

/// A scene in colours: a red left half, a green right half, a blue band below, and a mark that tells pictures apart.
fn scene(width: u32, height: u32, mark: u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        match (x * 2 < width, y * 4 < height * 3) {
            _ if (x, y) == (0, 0) => Rgb([mark; 3]),
            (_, false) => Rgb([0, 0, 200]),
            (true, _) => Rgb([220, 10, 10]),
            (false, _) => Rgb([10, 180, 10]),
        }
    })
}

fn colours(bytes: &[u8], framing: Framing) -> ConvertedImage {
    let options = PictureOptions {
        colour: Colour::Rgb,
        ink: None,
        framing,
    };
    convert_picture(bytes, Path::new("p"), &options, &Limits::DEFAULT).unwrap()
}

/// Red, green, blue at a place.
fn at(image: &ConvertedImage, x: usize, y: usize) -> [u8; 3] {
    [0, 1, 2].map(|channel| image.pixels[channel * 1024 + y * 32 + x])
}

#[test]
fn colours_are_three_planes_of_32_by_32() {
    let exact = colours(&png(scene(32, 32, 9).into()), Framing::Centred);
    assert_eq!(exact.pixels.len(), 3 * 32 * 32);
    assert_eq!(at(&exact, 0, 0), [9; 3]);
    assert_eq!(at(&exact, 15, 5), [220, 10, 10]);
    assert_eq!(at(&exact, 16, 5), [10, 180, 10]);
    assert_eq!(at(&exact, 16, 24), [0, 0, 200]);
    assert_eq!(exact.conversion.to_string(), "32 x 32");
    // 64 x 32: a band of 16 rows in the middle, or the square in the middle.
    let wide = png(scene(64, 32, 0).into());
    let whole = colours(&wide, Framing::Whole);
    assert_eq!([at(&whole, 5, 7), at(&whole, 5, 24)], [[0; 3]; 2]);
    assert_eq!(at(&whole, 5, 12), [220, 10, 10]);
    let cropped = colours(&wide, Framing::Cropped);
    assert_eq!(
        [at(&cropped, 0, 0), at(&cropped, 31, 0)],
        [[220, 10, 10], [10, 180, 10]]
    );
    assert_eq!(
        cropped.conversion.to_string(),
        "64 x 32, square in the middle scaled to 32 x 32"
    );
    // Of other kinds: grey in all channels, transparency over white, 16 bits.
    let grey = colours(
        &png(GrayImage::from_pixel(32, 32, Luma([77])).into()),
        Framing::Whole,
    );
    assert_eq!(at(&grey, 3, 3), [77; 3]);
    assert_eq!(
        grey.conversion.to_string(),
        "32 x 32, grey in all three channels, of one colour: blank"
    );
    let clear = RgbaImage::from_pixel(32, 32, Rgba([255, 0, 0, 0]));
    assert_eq!(
        at(&colours(&png(clear.into()), Framing::Whole), 3, 3),
        [255; 3]
    );
    let deep: image::ImageBuffer<Rgb<u16>, Vec<u16>> =
        image::ImageBuffer::from_pixel(32, 32, Rgb([257 * 7, 257 * 8, 65_535]));
    assert_eq!(
        at(&colours(&png(deep.into()), Framing::Whole), 3, 3),
        [7, 8, 255]
    );
}

#[test]
fn every_format_and_depth_gives_the_same_picture() {
    let expected = colours(&png(scene(32, 32, 0).into()), Framing::Whole).pixels;
    use image::ImageFormat as F;
    for format in [F::Bmp, F::Gif, F::WebP, F::Pnm, F::Png] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = image::DynamicImage::from(scene(32, 32, 0));
        image.write_to(&mut bytes, format).unwrap();
        let read = colours(&bytes.into_inner(), Framing::Whole).pixels;
        let distance = expected
            .iter()
            .zip(&read)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        // A palette may move a colour by a shade.
        assert!(
            distance.unwrap() <= if format == F::Gif { 6 } else { 0 },
            "{format:?}: {distance:?}"
        );
    }
    // One bit a pixel, black on white: light ink on black.
    let bits = b"P4\n28 28\n"
        .iter()
        .copied()
        .chain((0..28).flat_map(|row| [0, u8::from(row == 14), 0, 0]));
    let converted = grey(&bits.collect::<Vec<u8>>()).unwrap();
    assert_eq!(
        converted
            .pixels
            .iter()
            .filter(|pixel| **pixel == 255)
            .count(),
        1
    );
}

/// A set in a folder: `draw(class, number)` for each of two classes.
fn folder_of(count: u32, draw: impl Fn(u32, u32) -> Vec<u8>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for class in 0..2 {
        // Two layers of folders inside the class.
        let inner = folder
            .path()
            .join(["cat", "dog"][class as usize])
            .join("2024/june");
        fs::create_dir_all(&inner).unwrap();
        for number in 0..count {
            let place = if number % 2 == 0 {
                inner.as_path()
            } else {
                inner.parent().unwrap()
            };
            fs::write(place.join(format!("{number}.png")), draw(class, number)).unwrap();
        }
    }
    folder
}

#[test]
fn the_channels_follow_the_data() {
    let folder = folder_of(10, |class, number| {
        png(scene(20 + number, 30, (class * 100 + number) as u8).into())
    });
    let path = folder.path().to_string_lossy().into_owned();
    let set = open_image(&path, &OpenOptions::default()).unwrap();
    assert_eq!((set.channels, set.height, set.width), (3, 32, 32));
    assert_eq!(
        (set.labels.as_slice(), set.split.rows()),
        (&["cat".into(), "dog".into()][..], 20)
    );
    let notes = set.notes.join("\n");
    assert!(
        notes.contains("20 of 20 pictures looked at show colours: read as colours"),
        "{notes}"
    );
    assert!(
        notes.contains("read as colours (3 channels) 32 x 32"),
        "{notes}"
    );
    let grey = OpenOptions {
        colour: Some(Colour::Grey),
        ..OpenOptions::default()
    };
    assert_eq!(open_image(&path, &grey).unwrap().channels, 1);
    // Grey pictures that are stored in colours show none.
    let stored = folder_of(6, |_, number| {
        png(RgbImage::from_fn(28, 28, |x, y| Rgb([(x * y + number) as u8; 3])).into())
    });
    let set = open_image(&stored.path().to_string_lossy(), &OpenOptions::default()).unwrap();
    assert_eq!((set.channels, set.height, set.width), (1, 28, 28));
    assert!(
        !set.notes.iter().any(|note| note.contains("looked at")),
        "{:?}",
        set.notes
    );
}

#[test]
fn unreadable_pictures_are_counted_shown_and_bounded() {
    let folder = folder_of(100, |class, number| match (class, number) {
        (0, 3) => Vec::new(),
        (1, 5) => b"\x89PNG\r\n\x1a\nbroken".to_vec(),
        _ => png(GrayImage::from_fn(28, 28, |x, y| Luma([(x * number + y * class) as u8])).into()),
    });
    let path = folder.path().to_string_lossy().into_owned();
    let set = open_image(&path, &OpenOptions::default()).unwrap();
    assert_eq!(set.split.rows(), 198);
    let notes = set.notes.join("\n");
    assert!(
        notes.contains("2 of 200 pictures cannot be read and are left out"),
        "{notes}"
    );
    assert!(notes.contains("3.png: the file is empty"), "{notes}");
    let strict = OpenOptions {
        bad_rows: Some(0.0),
        ..OpenOptions::default()
    };
    let error = open_image(&path, &strict).unwrap_err().to_string();
    assert!(
        error.contains("3.png: the file is empty") && error.contains("5.png: damaged"),
        "{error}"
    );
    assert!(
        error.contains("2 of 200 pictures cannot be read, and at most 0 % are passed over"),
        "{error}"
    );
    // One in a hundred and one more.
    fs::write(folder.path().join("cat/2024/1.png"), "text").unwrap();
    let error = open_image(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("3 of 200 pictures"), "{error}");
    let lenient = OpenOptions {
        bad_rows: Some(5.0),
        ..OpenOptions::default()
    };
    assert_eq!(open_image(&path, &lenient).unwrap().split.rows(), 197);
    fs::remove_dir_all(folder.path().join("dog")).unwrap();
    let error = open_image(&path, &lenient).unwrap_err().to_string();
    assert!(error.contains("every row has the label `cat`"), "{error}");
}

#[test]
fn headers_of_every_format_are_not_believed() {
    // 60,000 x 60,000 pixels in a few bytes.
    let (little, big) = (60_000u32.to_le_bytes(), 60_000u16.to_le_bytes());
    let bmp = [
        b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".as_slice(),
        &little,
        &little,
        b"\x01\0\x18\0",
        &[0; 24],
    ];
    let gif = [
        b"GIF89a".as_slice(),
        &big,
        &big,
        &[0; 3],
        b",\0\0\0\0",
        &big,
        &big,
        b"\0\x02\0;",
    ];
    let files = [
        bmp.concat(),
        gif.concat(),
        b"P6 60000 60000 255 x".to_vec(),
        b"P5 0 0 255 ".to_vec(),
    ];
    for file in files {
        assert!(grey(&file).is_err(), "{:?}", &file[..6]);
    }
}
