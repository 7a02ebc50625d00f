//! Pictures that somebody gives are decoded within bounds and made anew: what is served is a JPEG of our own making, with
//! nothing in it that the giver put beside the pixels. Pure; it takes up to some hundred milliseconds.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder,
    imageops::FilterType,
};
use mist_proto::Hash;

/// The widest and highest picture that is decoded.
const MAX_SIDE: u32 = 6000;
/// The most that a picture may take in memory once it is decoded.
const MAX_DECODED: u64 = 112 << 20;
/// Sides of what is served, at most.
const LARGE: u32 = 1200;
const SMALL: u32 = 320;
/// Quality of what is served; at it, even noise of the largest size stays below 1.3 MB.
const QUALITY: u8 = 84;
/// What shows through where a picture is transparent.
const GROUND: [u8; 3] = [24, 32, 36];

/// A cover as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Hash of the large one.
    pub hash: Hash,
    /// JPEG of at most 1,200 pixels a side.
    pub large: Vec<u8>,
    /// JPEG of at most 320 pixels a side.
    pub small: Vec<u8>,
    /// Pixels of the large one: width and height.
    pub size: (u32, u32),
    /// The hue that strikes most, in degrees of OKLCH.
    pub hue: Option<u16>,
}

/// Why bytes are no cover.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Of no kind that is taken.
    #[error("this is no PNG, JPEG or WebP picture")]
    Kind,
    /// Larger than is decoded.
    #[error("the picture has {0} × {1} pixels; {MAX_SIDE} a side and 112 MiB when decoded are the most")]
    Large(u32, u32),
    /// Damaged, or not what it says.
    #[error("the picture can't be read: {0}")]
    Damaged(#[from] image::ImageError),
}

impl Picture {
    /// Makes a cover of the bytes of a picture.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn of(bytes: &[u8]) -> Result<Self, Unfit> {
        let whole = decoded(bytes)?;
        let large = if whole.width().max(whole.height()) > LARGE {
            whole.resize(LARGE, LARGE, FilterType::CatmullRom)
        } else {
            whole
        };
        let small = if large.width().max(large.height()) > SMALL {
            large.resize(SMALL, SMALL, FilterType::CatmullRom)
        } else {
            large.clone()
        };
        let (large, small) = (opaque(&large), opaque(&small));
        let packed = jpeg(&large)?;
        Ok(Self {
            hash: Hash::of(&packed),
            size: large.dimensions(),
            hue: dominant(&small),
            large: packed,
            small: jpeg(&small)?,
        })
    }
}

fn decoded(bytes: &[u8]) -> Result<DynamicImage, Unfit> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| Unfit::Damaged(image::ImageError::IoError(e)))?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Err(Unfit::Kind);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || decoder.total_bytes() > MAX_DECODED {
        return Err(Unfit::Large(width, height));
    }
    let turned = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turned);
    Ok(picture)
}

/// The picture without transparency.
fn opaque(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let from = picture.to_rgba8();
    RgbImage::from_fn(from.width(), from.height(), |x, y| {
        let [r, g, b, alpha] = from.get_pixel(x, y).0;
        let mixed = |over: u8, under: u8| {
            let sum = u32::from(over) * u32::from(alpha) + u32::from(under) * (255 - u32::from(alpha));
            u8::try_from(sum / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([mixed(r, GROUND[0]), mixed(g, GROUND[1]), mixed(b, GROUND[2])])
    })
}

fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, Unfit> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(picture)?;
    Ok(bytes)
}

/// Chroma below which a pixel counts as grey.
const GREY: f32 = 0.035;
/// Sectors of the circle of hues.
const SECTORS: usize = 24;

/// The hue that strikes most: that of the sector with the most chroma, squared so that a little strong colour counts as
/// much as a lot of weak. None if hardly anything has one.
fn dominant(picture: &RgbImage) -> Option<u16> {
    let mut sectors = [(0f32, 0f32, 0f32); SECTORS];
    for pixel in picture.pixels() {
        let (a, b) = oklab(pixel.0);
        let chroma = a.hypot(b);
        if chroma < GREY {
            continue;
        }
        let turn = b.atan2(a).rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU;
        #[expect(clippy::cast_possible_truncation, reason = "a share of the circle times 24")]
        let sector = ((turn * SECTORS as f32) as usize).min(SECTORS - 1);
        let weight = chroma * chroma;
        sectors[sector].0 += weight;
        sectors[sector].1 += weight * a / chroma;
        sectors[sector].2 += weight * b / chroma;
    }
    // With its neighbours, so that a colour on the border of two is not halved.
    let with_neighbours = |at: usize| {
        [SECTORS - 1, 0, 1].iter().fold((0f32, 0f32, 0f32), |sum, step| {
            let s = sectors[(at + step) % SECTORS];
            (sum.0 + s.0, sum.1 + s.1, sum.2 + s.2)
        })
    };
    let best = (0..SECTORS).map(with_neighbours).max_by(|x, y| x.0.total_cmp(&y.0))?;
    let least = GREY * GREY * 0.02;
    let pixels = (picture.width() * picture.height()) as f32;
    if best.0 < least * pixels {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 360")]
    let degrees = best.2.atan2(best.1).to_degrees().rem_euclid(360.0).round() as u16;
    Some(degrees % 360)
}

/// The two axes of colour of OKLab (Björn Ottosson, 2020, <https://bottosson.github.io/posts/oklab/>).
fn oklab([r, g, b]: [u8; 3]) -> (f32, f32) {
    let linear = |c: u8| {
        let c = f32::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    (
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    )
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, Rgb, Rgba, RgbaImage, codecs::png::PngEncoder};

    use super::*;

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (width, height) = (picture.width(), picture.height());
        PngEncoder::new(&mut bytes)
            .write_image(picture.as_bytes(), width, height, picture.color().into())
            .expect("a PNG");
        bytes
    }

    fn plain(width: u32, height: u32, colour: [u8; 3]) -> DynamicImage {
        RgbImage::from_pixel(width, height, Rgb(colour)).into()
    }

    #[test]
    fn a_picture_is_made_anew_in_two_sizes() {
        let made = Picture::of(&png(&plain(2400, 1200, [20, 90, 200]))).expect("a cover");
        assert_eq!(made.size, (1200, 600));
        let small = ImageReader::with_format(Cursor::new(&made.small), ImageFormat::Jpeg).into_dimensions();
        assert_eq!(small.expect("a JPEG"), (320, 160));
        assert_eq!(made.hash, Hash::of(&made.large));
        let tiny = Picture::of(&png(&plain(3, 5, [1, 2, 3]))).expect("a cover");
        assert_eq!(tiny.size, (3, 5), "nothing is made larger");
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused() {
        assert!(matches!(Picture::of(b""), Err(Unfit::Kind)));
        assert!(matches!(Picture::of(b"GIF89a\x01\x00\x01\x00"), Err(Unfit::Kind)));
        assert!(matches!(Picture::of(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(Unfit::Kind)));
        let whole = png(&plain(40, 40, [9, 9, 9]));
        assert!(matches!(Picture::of(&whole[..whole.len() / 2]), Err(Unfit::Damaged(_))));
        // A head that promises 60,000 by 60,000 pixels, in 60 bytes.
        let mut bomb = png(&plain(1, 1, [0, 0, 0]));
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let crc = bomb[12..29].iter().fold(!0u32, |mut crc, byte| {
            crc ^= u32::from(*byte);
            (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 });
            crc
        });
        bomb[29..33].copy_from_slice(&(!crc).to_be_bytes());
        let refused = Picture::of(&bomb).expect_err("refused");
        assert!(!matches!(refused, Unfit::Kind), "{refused}");
    }

    #[test]
    fn the_hue_is_that_of_what_strikes_and_none_of_grey() {
        let hue = |colour| Picture::of(&png(&plain(8, 8, colour))).expect("a cover").hue;
        let near = |colour, wanted: u16| {
            let found = hue(colour).expect("a hue");
            assert!(found.abs_diff(wanted) < 6, "{colour:?}: {found}, not {wanted}");
        };
        near([255, 0, 0], 29);
        near([0, 255, 0], 142);
        near([0, 0, 255], 264);
        assert_eq!(hue([128, 128, 128]), None);
        // One strong fifth of a grey picture.
        let mut mixed = RgbImage::from_pixel(50, 50, Rgb([90, 92, 94]));
        for (x, _, pixel) in mixed.enumerate_pixels_mut() {
            if x < 10 {
                *pixel = Rgb([0, 160, 60]);
            }
        }
        let found = Picture::of(&png(&mixed.into())).expect("a cover").hue.expect("a hue");
        assert!(found.abs_diff(150) < 12, "{found}");
    }

    #[test]
    fn what_is_transparent_shows_the_ground() {
        let clear = RgbaImage::from_pixel(4, 4, Rgba([255, 255, 255, 0]));
        let made = Picture::of(&png(&clear.into())).expect("a cover");
        let back = image::load_from_memory(&made.large).expect("a JPEG").to_rgb8();
        let [r, g, b] = back.get_pixel(2, 2).0;
        assert!(r < 40 && g < 48 && b < 52, "{r} {g} {b}");
    }
}
