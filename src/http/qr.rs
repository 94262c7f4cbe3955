//! QRs: black on white with the quiet zone of the standard, whatever the page's colours.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

use super::problem::Problem;

/// As an SVG document, which a page puts in.
pub fn svg(text: &str) -> Result<String, Problem> {
    let qr = code(text)?;
    Ok(qr.render::<svg::Color>().min_dimensions(240, 240).build())
}

/// As rows of bits for a page that draws it itself: the side, and of each row the number whose highest bit is
/// its first module. For codes of up to 32 modules.
pub fn rows(text: &str) -> Result<(usize, Vec<u32>), Problem> {
    let qr = code(text)?;
    let dark = |row: u32, module: &Color| row << 1 | u32::from(*module == Color::Dark);
    let modules = qr.to_colors();
    let rows = modules.chunks(qr.width());
    let rows = rows.map(|row| row.iter().fold(0, dark));
    Ok((qr.width(), rows.collect()))
}

/// Pixels of a module, so that a saved picture is read from a screen.
const MODULE: u32 = 10;
/// Modules of white around it.
const QUIET: u32 = 4;

/// As a picture that WeChat can save and share, which it does not with an SVG.
pub fn png(text: &str) -> Result<Vec<u8>, Problem> {
    let qr = code(text)?;
    let width = u32::try_from(qr.width()).unwrap_or(0);
    let modules = qr.to_colors();
    let side = (width + 2 * QUIET) * MODULE;
    let dark = |x: u32, y: u32| {
        let (column, row) = (
            (x / MODULE).wrapping_sub(QUIET),
            (y / MODULE).wrapping_sub(QUIET),
        );
        let inside = column < width && row < width;
        let at = usize::try_from(row.wrapping_mul(width).wrapping_add(column)).unwrap_or(0);
        inside && modules.get(at) == Some(&Color::Dark)
    };
    let picture = GrayImage::from_fn(side, side, |x, y| Luma([if dark(x, y) { 0 } else { 255 }]));
    let mut bytes = Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, ImageFormat::Png);
    written.map_err(|error| {
        tracing::error!(%error, "a QR could not be drawn");
        Problem::failure()
    })?;
    Ok(bytes.into_inner())
}

fn code(text: &str) -> Result<QrCode, Problem> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error: QrError| {
        tracing::error!(%error, "a code does not fit a QR");
        Problem::failure()
    })
}
