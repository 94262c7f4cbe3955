//! From an upload to a plain JPEG.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

/// What is still a picture of a document or a face.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_bytes: usize,
    pub max_pixels: u64,
}

/// Why an upload is not taken; each has a stable code and a sentence for whoever uploaded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoFault {
    #[error("请选择照片")]
    Empty,
    #[error("照片过大，请压缩后再上传")]
    TooLarge,
    #[error("暂不支持HEIC格式，请在手机相机设置中改为“兼容性最佳”（JPEG）后重新拍照")]
    Heic,
    #[error("仅支持JPG、PNG、WebP格式的照片")]
    Format,
    #[error("照片像素过大，请压缩后再上传")]
    TooManyPixels,
    #[error("照片太小，看不清内容，请重新拍照")]
    TooSmall,
    #[error("照片过长或过宽，请裁剪后再上传")]
    Ratio,
    #[error("照片已损坏，请重新拍照")]
    Broken,
}

impl PhotoFault {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "photo_required",
            Self::TooLarge => "photo_too_large",
            Self::Heic => "photo_heic",
            Self::Format => "photo_format",
            Self::TooManyPixels => "photo_too_many_pixels",
            Self::TooSmall => "photo_too_small",
            Self::Ratio => "photo_ratio",
            Self::Broken => "photo_broken",
        }
    }
}

/// The shortest side on which a document can be read or a face known.
const MIN_SIDE: u32 = 100;
/// The longest side that is kept; more shows no more of an ID card.
const MAX_SIDE: u32 = 1600;

/// Checks the limits before unpacking, turns the picture upright and draws it as a JPEG without
/// metadata.
pub fn redraw(upload: &[u8], limits: Limits) -> Result<Vec<u8>, PhotoFault> {
    if upload.is_empty() {
        return Err(PhotoFault::Empty);
    }
    if upload.len() > limits.max_bytes {
        return Err(PhotoFault::TooLarge);
    }
    let reader = ImageReader::new(Cursor::new(upload)).with_guessed_format();
    let reader = reader.map_err(|_| PhotoFault::Broken)?;
    match reader.format() {
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) => {}
        _ if is_heic(upload) => return Err(PhotoFault::Heic),
        _ => return Err(PhotoFault::Format),
    }
    let mut decoder = reader.into_decoder().map_err(|_| PhotoFault::Broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(PhotoFault::TooManyPixels);
    }
    if width.min(height) < MIN_SIDE {
        return Err(PhotoFault::TooSmall);
    }
    if width.max(height) > 5 * width.min(height) {
        return Err(PhotoFault::Ratio);
    }
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| PhotoFault::Broken)?;
    picture.apply_orientation(upright);
    if width.max(height) > MAX_SIDE {
        picture = picture.thumbnail(MAX_SIDE, MAX_SIDE);
    }
    let mut jpeg = Vec::new();
    let drawn = picture
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 85));
    drawn.map(|()| jpeg).map_err(|_| PhotoFault::Broken)
}

/// ISO 14496-12: `ftyp` at byte 4, then the brand.
fn is_heic(upload: &[u8]) -> bool {
    let brands = [
        b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis",
    ];
    upload.get(4..8) == Some(b"ftyp")
        && upload
            .get(8..12)
            .is_some_and(|brand| brands.iter().any(|known| *known == brand))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    const LIMITS: Limits = Limits {
        max_bytes: 1_000_000,
        max_pixels: 4_000_000,
    };

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbImage::new(width, height)
            .write_to(&mut bytes, format)
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_are_drawn_anew_as_jpeg_without_metadata() {
        let mut jpeg = picture(300, 200, ImageFormat::Jpeg);
        // An APP1 segment right after the start, as a camera writes its Exif.
        let secret = b"\xff\xe1\x00\x16Exif\0\0GPS 29.6N 106.4E";
        jpeg.splice(2..2, secret[..24].iter().copied());
        let drawn = redraw(&jpeg, LIMITS).unwrap();
        assert_eq!(image::guess_format(&drawn).unwrap(), ImageFormat::Jpeg);
        assert!(
            !drawn
                .windows(4)
                .any(|window| window == b"Exif" || window == b"GPS ")
        );
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let drawn = redraw(&picture(300, 200, format), LIMITS).unwrap();
            assert_eq!(image::guess_format(&drawn).unwrap(), ImageFormat::Jpeg);
        }
    }

    #[test]
    fn what_is_no_usable_picture_is_told_why() {
        let png = |width, height| picture(width, height, ImageFormat::Png);
        let mut cut = picture(300, 200, ImageFormat::Png);
        cut.truncate(60);
        for (upload, fault) in [
            (vec![], PhotoFault::Empty),
            (vec![0; 1_000_001], PhotoFault::TooLarge),
            (
                b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(),
                PhotoFault::Heic,
            ),
            (b"GIF89a\x01\0\x01\0".to_vec(), PhotoFault::Format),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
                PhotoFault::Format,
            ),
            (png(2001, 2000), PhotoFault::TooManyPixels),
            (png(300, 99), PhotoFault::TooSmall),
            (png(100, 501), PhotoFault::Ratio),
            (cut, PhotoFault::Broken),
        ] {
            assert_eq!(redraw(&upload, LIMITS), Err(fault));
        }
    }
}
