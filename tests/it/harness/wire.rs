//! Requests and answers.

use std::io::Cursor;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use campus_pass::http::language::english;
use image::{ImageFormat, RgbImage};
use serde_json::Value;

/// The codes that a device or a platform is told, whose sentences are English always.
pub const TOLD_TO_MACHINES: [&str; 12] = [
    "addressee",
    "clock_skew",
    "device",
    "device_differs",
    "envelope",
    "mode",
    "nonce_differs",
    "nonce_spent",
    "signature",
    "stale",
    "unreadable",
    "unsigned",
];

/// What the service answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let answer = Self {
            status: parts.status,
            headers: parts.headers,
            bytes: axum::body::to_bytes(body, usize::MAX).await.unwrap(),
        };
        if answer.header("content-type") == "application/problem+json" {
            answer.assert_has_english();
        }
        answer
    }

    /// Whatever a story provokes can be said to those who read no Chinese.
    fn assert_has_english(&self) {
        let body = self.json();
        let fields = body["errors"].as_array().into_iter().flatten();
        for said in std::iter::once(&body).chain(fields) {
            let code = said["code"].as_str().unwrap();
            let known = english(code).is_some() || TOLD_TO_MACHINES.contains(&code);
            assert!(known, "{code} has no line in src/http/english.txt");
        }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        let read = serde_json::from_slice(&self.bytes);
        read.unwrap_or_else(|_| panic!("{} with {:?}", self.status, self.bytes))
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// `409 too_many_pending 您向…`, and a line for each field: a problem in few words.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let mut lines = vec![format!(
            "{} {} {}",
            self.status.as_u16(),
            word(&body["code"]),
            word(&body["detail"])
        )];
        for error in body["errors"].as_array().into_iter().flatten() {
            let parts = ["field", "code", "detail"].map(|name| word(&error[name]));
            lines.push(format!("  {}", parts.join(" ")));
        }
        lines.join("\n")
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let mut set = self.headers.get_all(header::SET_COOKIE).iter();
        set.find_map(|cookie| {
            let (found, rest) = cookie.to_str().unwrap().split_once('=')?;
            let value = rest.split(';').next()?;
            (found == name).then(|| value.to_owned())
        })
    }
}

/// A request's body, and the rest of the request as it is.
pub fn body(request: axum::http::request::Builder, body: impl Into<Body>) -> Request<Body> {
    request.body(body.into()).unwrap()
}

pub fn json_body(request: axum::http::request::Builder, json: &Value) -> Request<Body> {
    let request = request.header(header::CONTENT_TYPE, "application/json");
    body(request, json.to_string())
}

/// A form with a picture, as browsers send it.
pub fn upload(request: axum::http::request::Builder, kind: &str, file: &[u8]) -> Request<Body> {
    let mut form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n{kind}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    form.extend_from_slice(file);
    form.extend_from_slice(b"\r\n--x--\r\n");
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    body(request, form)
}

/// A JPEG of this size.
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let drawn = RgbImage::new(width, height);
    drawn.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// What a phone's camera reads from a picture, by a crate that has nothing to do with the one that drew it.
pub fn read_qr(png: &[u8]) -> String {
    let picture = image::load_from_memory(png).unwrap().to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let grey = |x: usize, y: usize| {
        picture.get_pixel(u32::try_from(x).unwrap(), u32::try_from(y).unwrap())[0]
    };
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    prepared.detect_grids()[0].decode().unwrap().1
}

/// The same from rows of bits, drawn as a page draws them: four pixels a module, and a quiet zone.
pub fn read_modules(rows: &Value) -> String {
    let rows: Vec<u32> = serde_json::from_value(rows.clone()).unwrap();
    let size = rows.len();
    let pixels = (size + 8) * 4;
    let grey = |x: usize, y: usize| {
        let (column, row) = ((x / 4).wrapping_sub(4), (y / 4).wrapping_sub(4));
        let inside = column < size && row < size;
        let dark = inside && rows[row] >> (size - 1 - column) & 1 == 1;
        if dark { 0 } else { 255 }
    };
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, grey);
    prepared.detect_grids()[0].decode().unwrap().1
}
