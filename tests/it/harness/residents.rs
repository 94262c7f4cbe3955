//! The residential quarter: those who register, and the resident with a phone and a link.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::{Answer, App, Guest, Visit};

/// A resident as somebody types them: name, phone, house number.
pub type Typed = (&'static str, &'static str, &'static str);

/// As the register has them, written otherwise.
pub const KNOWN: Typed = ("王建国", "139 0000 0101", "３栋 2 单元 501");
/// The right name and phone, and another's house.
pub const UNKNOWN: Typed = ("王建国", "13900000101", "5-1-302");

impl Guest<'_> {
    /// What the form of 访客登记 holds when it is filled in rightly, for today and tomorrow.
    pub fn registering(&self, (name, phone, house): Typed) -> Value {
        json!({
            "resident": { "name": name, "phone": phone, "house": house },
            "starts_on": "2026-03-02", "ends_on": "2026-03-03",
            "visitor": { "name": self.name, "phone": self.phone, "plate": "渝AD12345" },
        })
    }

    /// Registers a visit to a resident.
    pub async fn register(&self, resident: Typed) -> Visit {
        let form = self.registering(resident);
        let registered = self.post("/api/registrations", &form).await;
        Visit::of(&registered.expect(201))
    }
}

/// Somebody who lives in the quarter, with a phone.
pub struct Resident<'a> {
    pub app: &'a App,
    pub phone: &'static str,
}

impl Resident<'_> {
    /// The SMS on their phone, in plain words.
    pub fn sms(&self) -> Vec<String> {
        let inbox = self.app.sandbox.sms_to(self.phone);
        inbox.iter().map(|sms| self.app.plain(&sms.text)).collect()
    }

    /// The link in the last SMS, as a path.
    pub fn link(&self) -> String {
        let inbox = self.app.sandbox.sms_to(self.phone);
        let text = &inbox.last().expect("an SMS").text;
        let from = text.find("/r/").expect("a link");
        text[from..]
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// What the page behind the link shows.
    pub async fn look(&self, link: &str) -> Answer {
        self.app.get(&link.replace("/r/", "/api/coming/")).await
    }

    /// `expect` or `disown`.
    pub async fn say(&self, link: &str, word: &str) -> Answer {
        let path = format!("{}/{word}", link.replace("/r/", "/api/coming/"));
        self.app
            .send(Request::post(path).body(Body::empty()).unwrap())
            .await
    }
}
