//! The known answers of `tests/data/wechat.json`: made elsewhere, each with its source.

use serde::Deserialize;

/// One vector; a field it does not have is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Vector {
    pub id: String,
    pub kind: String,
    pub platform: String,
    pub token: String,
    pub timestamp: String,
    pub nonce: String,
    pub signature: String,
    pub msg_signature: Option<String>,
    pub encoding_aes_key: String,
    pub receive_id: String,
    pub ciphertext_b64: String,
    pub random16_hex: String,
    pub plaintext: String,
    pub inputs: Vec<String>,
    pub digest: String,
    pub jsapi_ticket: String,
    pub noncestr: String,
    pub url: String,
}

#[derive(Deserialize)]
struct Book {
    vectors: Vec<Vector>,
}

/// All vectors of one kind; never none.
pub fn of_kind(kind: &str) -> Vec<Vector> {
    let book: Book = serde_json::from_str(include_str!("../../tests/data/wechat.json")).unwrap();
    let vectors: Vec<Vector> = book
        .vectors
        .into_iter()
        .filter(|v| v.kind == kind)
        .collect();
    assert!(!vectors.is_empty(), "there is no vector of the kind {kind}");
    vectors
}

/// The vector with this id.
pub fn named(id: &str) -> Vector {
    let book: Book = serde_json::from_str(include_str!("../../tests/data/wechat.json")).unwrap();
    book.vectors.into_iter().find(|v| v.id == id).unwrap()
}
