//! 证件照 and 人脸照.

use super::actors::Account;
use crate::ids::PhotoId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoKind {
    /// 证件照.
    Document,
    /// 人脸照; only with consent.
    Face,
}

impl PhotoKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "id_card",
            Self::Face => "face",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Document, Self::Face]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A stored picture, without its bytes.
#[derive(Clone, Debug)]
pub struct Photo {
    pub id: PhotoId,
    pub owner: Account,
    pub kind: PhotoKind,
    /// The key it was sealed with.
    pub key_id: String,
    pub bytes: i32,
}

/// What a visitor consents to when they give a face photo; a new wording is a new version.
pub const FACE_CONSENT: (&str, &str) = ("face_gate", "2026-11");
