//! People with voices: visitors and approvers.

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request, header};
use campus_pass::sandbox::{Card, Person, Said, TemplateMessage};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{Answer, App, MEMBERS, json_body, picture, rfc3339, upload};

/// A visitor with WeChat on their phone.
pub struct Guest<'a> {
    app: &'a App,
    pub name: String,
    pub phone: String,
    pub person: Person,
    pub token: String,
    /// The id of the picture of their ID card.
    pub photo: String,
}

/// An application as its visitor sees it.
#[derive(Clone, Debug)]
pub struct Visit {
    pub id: String,
}

/// What the specimen of GB 11643-1999 carries, so nobody's.
pub const ID_NUMBER: &str = "11010519491231002X";

impl<'a> Guest<'a> {
    pub async fn new(app: &'a App, name: &str) -> Self {
        let person = app.sandbox.add_person(name);
        let token = log_in(app, &person).await;
        let phone = format!("138{:08}", app.sandbox.people().len());
        let mut guest = Self {
            app,
            name: name.to_owned(),
            phone,
            person,
            token,
            photo: String::new(),
        };
        guest.photo = guest.give_picture("id_card").await;
        guest
    }

    /// A request with the session's token.
    pub fn request(&self, method: Method, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.app.send(request).await
    }

    pub async fn post(&self, path: &str, json: &Value) -> Answer {
        let request = self.request(Method::POST, path);
        self.app.send(json_body(request, json)).await
    }

    pub async fn put(&self, path: &str, json: &Value) -> Answer {
        let request = self.request(Method::PUT, path);
        self.app.send(json_body(request, json)).await
    }

    /// Uploads a picture; gives its id.
    pub async fn give_picture(&self, kind: &str) -> String {
        let request = self.request(Method::POST, "/api/photos");
        let request = upload(request, kind, &picture(300, 200));
        let kept = self.app.send(request).await.expect(201);
        kept["id"].as_str().unwrap().to_owned()
    }

    /// What the form of a booking holds when it is filled in rightly.
    pub async fn form(&self, host: &str, from: &str, until: &str) -> Value {
        let hosts = self.get(&format!("/api/hosts?q={}", percent(host))).await;
        let areas = self.app.get("/api/areas").await.expect(200);
        let reasons = self.app.get("/api/reasons").await.expect(200);
        let mut form = form(from, until);
        form["host"] = hosts.expect(200)[0]["id"].clone();
        form["area"] = areas[0]["id"].clone();
        form["reason"] = reasons[0]["id"].clone();
        form["visitor"]["name"] = self.name.clone().into();
        form["visitor"]["phone"] = self.phone.clone().into();
        form["visitor"]["id_photo"] = self.photo.clone().into();
        form
    }

    /// Books a visit to `host`.
    pub async fn book(&self, host: &str, from: &str, until: &str) -> Visit {
        let form = self.form(host, from, until).await;
        let booked = self.post("/api/visits", &form).await.expect(201);
        Visit::of(&booked)
    }

    /// The same, with so many places for companions; gives the link as well.
    pub async fn invite(&self, host: &str, capacity: u32) -> (Visit, String) {
        let mut form = self
            .form(host, "2026-03-02 14:00", "2026-03-02 16:00")
            .await;
        form["companions"] = json!({ "capacity": capacity });
        invited(&self.post("/api/visits", &form).await)
    }

    /// What the form of 接受邀请 holds when it is filled in rightly.
    pub fn joining(&self) -> Value {
        // A passport of their own; nobody joins twice.
        let document = format!("E{}", &self.phone[3..]);
        let mut form =
            json!({ "visitor": form("2026-03-02 14:00", "2026-03-02 16:00")["visitor"] });
        form["visitor"]["name"] = self.name.clone().into();
        form["visitor"]["phone"] = self.phone.clone().into();
        form["visitor"]["id_number"] = document.into();
        form["visitor"]["id_photo"] = self.photo.clone().into();
        form
    }

    /// Joins by a link, with the details of one's own.
    pub async fn accept(&self, link: &str) -> Answer {
        self.accept_with(link, &self.joining()).await
    }

    pub async fn accept_with(&self, link: &str, form: &Value) -> Answer {
        let path = link.replace("/i/", "/api/invitations/");
        self.post(&format!("{path}/accept"), form).await
    }

    /// Proves the phone with the mini-program's button.
    pub async fn prove(&self, phone: &str) {
        let code = self.app.sandbox.phone_code(&self.person.openid, phone);
        let code = json!({ "code": code.unwrap() });
        self.post("/api/login/mini/phone", &code).await.expect(200);
    }

    /// The visit as it is now.
    pub async fn look(&self, visit: &Visit) -> Value {
        self.get(&format!("/api/visits/{}", visit.id))
            .await
            .expect(200)
    }

    pub async fn withdraw(&self, visit: &Visit) -> Answer {
        let path = format!("/api/visits/{}/withdraw", visit.id);
        self.post(&path, &json!({})).await
    }

    /// What the QR of the visit's pass says.
    pub async fn code(&self, visit: &Visit) -> String {
        let link = self.look(visit).await["visitors"][0]["pass"]["link"].clone();
        let token = link.as_str().expect("a visit with a pass")[3..].to_owned();
        let pass = self.app.get(&format!("/api/passes/{token}")).await;
        pass.expect(200)["code"].as_str().unwrap().to_owned()
    }

    /// A visit of today from 14:00 to 16:00 that was approved, of which everybody was told, and its code.
    pub async fn approved(&self) -> (Visit, String) {
        let form = self.form("刘明", "2026-03-02 14:00", "2026-03-02 16:00");
        self.approved_with(&form.await).await
    }

    pub async fn approved_with(&self, form: &Value) -> (Visit, String) {
        let visit = Visit::of(&self.post("/api/visits", form).await.expect(201));
        self.app.deliver().await;
        let approver = self.app.approver("陈静");
        approver.decide(&visit, "approve", "").await.expect(200);
        self.app.deliver().await;
        let code = self.code(&visit).await;
        (visit, code)
    }

    /// The SMS on their phone, in plain words.
    pub fn sms(&self) -> Vec<String> {
        let inbox = self.app.sandbox.sms_to(&self.phone);
        inbox.iter().map(|sms| self.app.plain(&sms.text)).collect()
    }

    /// The link in the last SMS, as a path.
    pub fn link(&self) -> String {
        let inbox = self.app.sandbox.sms_to(&self.phone);
        let text = &inbox.last().expect("an SMS").text;
        let from = text.find("/p/").expect("a link");
        text[from..]
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// The template messages in the chat.
    pub fn templates(&self) -> Vec<TemplateMessage> {
        let chat = self.app.sandbox.chat(&self.person.openid).into_iter();
        chat.filter_map(|line| match line.what {
            Said::Template(message) => Some(message),
            Said::Custom { .. } | Said::Mine { .. } | Said::Reply { .. } | Said::Fault { .. } => {
                None
            }
        })
        .collect()
    }
}

/// An invitation that was just made: its visit, and its link.
#[track_caller]
pub fn invited(answer: &Answer) -> (Visit, String) {
    let made = answer.expect(201);
    let link = made["invitation"]["link"].as_str().unwrap().to_owned();
    (Visit::of(&made), link)
}

impl Visit {
    pub fn of(told: &Value) -> Self {
        let id = told["id"].as_str().unwrap().to_owned();
        Self { id }
    }
}

async fn log_in(app: &App, person: &Person) -> String {
    let code = app.sandbox.mini_code(&person.openid).unwrap();
    let request = json_body(Request::post("/api/login/mini"), &json!({ "code": code }));
    let session = app.send(request).await.expect(200);
    session["token"].as_str().unwrap().to_owned()
}

/// A booking's form; who, where and why are still open.
fn form(from: &str, until: &str) -> Value {
    json!({
        "host": "", "area": "", "reason": "",
        "starts_at": rfc3339(from), "ends_at": rfc3339(until),
        "visitor": { "name": "", "phone": "", "id_number": ID_NUMBER, "id_photo": "" },
    })
}

pub fn percent(text: &str) -> String {
    campus_pass::tencent::call::percent_encoded(text)
}

/// A member of staff who decides, by WeCom's card or by the page.
pub struct Approver<'a> {
    app: &'a App,
    pub userid: &'static str,
    pub phone: &'static str,
    session: OnceCell<String>,
}

impl<'a> Approver<'a> {
    pub fn new(app: &'a App, name: &'static str) -> Self {
        let member = MEMBERS.into_iter().find(|member| member.0 == name).unwrap();
        Self {
            app,
            userid: member.2,
            phone: member.3,
            session: OnceCell::new(),
        }
    }

    /// The card of a visit as it lies on the desk now.
    #[track_caller]
    pub fn card(&self, visit: &Visit) -> Card {
        let cards = self.app.sandbox.cards_of(self.userid).into_iter();
        let about = |card: &Card| card.details.iter().any(|row| row.value == visit.id);
        let found = cards.rev().find(about);
        found.unwrap_or_else(|| panic!("{} has no card of this visit", self.userid))
    }

    /// Taps 同意; gives the words that then stand on the card.
    pub async fn tap_approve(&self, visit: &Visit) -> Option<String> {
        let task = self.card(visit).task_id;
        let tapped = self
            .app
            .sandbox
            .tap_card(self.userid, &task, "approve")
            .await;
        let (pushed, card) = tapped.unwrap();
        assert_eq!((pushed.status, pushed.fault), (200, None));
        card.replaced
    }

    /// The texts of the application on the desk.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.app.sandbox.texts_of(self.userid).into_iter();
        texts.map(|text| self.app.plain(&text.content)).collect()
    }

    pub fn sms(&self) -> Vec<String> {
        let inbox = self.app.sandbox.sms_to(self.phone);
        inbox.iter().map(|sms| self.app.plain(&sms.text)).collect()
    }

    /// The session's token, by WeCom's login page.
    pub async fn session(&self) -> &str {
        let log_in = async || log_in_by_wecom(self.app, self.userid).await;
        self.session.get_or_init(log_in).await
    }

    /// A request of a browser that holds the session's cookie, from our own page.
    pub async fn request(&self, method: Method, path: &str) -> Builder {
        let cookie = format!("campus_staff={}", self.session().await);
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookie)
            .header(header::ORIGIN, &self.app.base)
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).await;
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, json: &Value) -> Answer {
        let request = self.request(Method::POST, path).await;
        self.app.send(json_body(request, json)).await
    }

    pub async fn put(&self, path: &str, json: &Value) -> Answer {
        let request = self.request(Method::PUT, path).await;
        self.app.send(json_body(request, json)).await
    }

    /// Uploads a picture of somebody else; gives its id.
    pub async fn give_picture(&self, kind: &str) -> String {
        let request = self.request(Method::POST, "/api/staff/photos").await;
        let request = upload(request, kind, &picture(300, 200));
        let kept = self.app.send(request).await.expect(201);
        kept["id"].as_str().unwrap().to_owned()
    }

    /// 到访信息 of a visit to oneself this afternoon.
    pub async fn wanted(&self) -> Value {
        let areas = self.app.get("/api/areas").await.expect(200);
        let reasons = self.app.get("/api/reasons").await.expect(200);
        json!({
            "area": areas[0]["id"], "reason": reasons[0]["id"],
            "starts_at": rfc3339("2026-03-02 14:00"), "ends_at": rfc3339("2026-03-02 16:00"),
        })
    }

    /// Invites so many, whoever they are; gives the visit and the link.
    pub async fn invite(&self, capacity: u32) -> (Visit, String) {
        self.invite_with(json!({ "capacity": capacity })).await
    }

    /// The same with other words in the form.
    pub async fn invite_with(&self, more: Value) -> (Visit, String) {
        let mut form = self.wanted().await;
        for (field, value) in more.as_object().unwrap() {
            form[field] = value.clone();
        }
        invited(&self.post("/api/staff/invitations", &form).await)
    }

    /// One's own invitation as it is now.
    pub async fn look(&self, visit: &Visit) -> Value {
        let path = format!("/api/staff/invitations/{}", visit.id);
        self.get(&path).await.expect(200)
    }

    /// `submit`, `extend`, `close` or `withdraw` of one's own invitation.
    pub async fn change(&self, visit: &Visit, what: &str, form: &Value) -> Answer {
        let path = format!("/api/staff/invitations/{}/{what}", visit.id);
        self.post(&path, form).await
    }

    /// Puts somebody on the blacklist, everywhere and for good; gives the entry.
    pub async fn list(&self, kind: &str, value: &str, effect: &str) -> Value {
        let form = json!({ "kind": kind, "value": value, "effect": effect, "cause": "扰乱秩序" });
        self.post("/api/admin/blacklist", &form).await.expect(201)
    }

    /// Takes an entry off the blacklist.
    pub async fn lift(&self, entry: &Value) -> Answer {
        let id = entry["id"].as_str().unwrap();
        let path = format!("/api/admin/blacklist/{id}/lift");
        self.post(&path, &json!({})).await
    }

    /// `approve`, `reject` or `return` on the page.
    pub async fn decide(&self, visit: &Visit, decision: &str, comment: &str) -> Answer {
        let path = format!("/api/staff/approvals/{}/{decision}", visit.id);
        let request = self.request(Method::POST, &path).await;
        let said = json!({ "comment": comment });
        self.app.send(json_body(request, &said)).await
    }
}

/// Goes through the login page as a browser does; who names no page gets to the staff's.
async fn log_in_by_wecom(app: &App, userid: &str) -> String {
    let started = app.get("/login/wecom").await;
    let state = started.cookie("campus_login").unwrap();
    let page = started.header("location").strip_prefix(&app.base).unwrap();
    let page = page.split('#').next().unwrap();
    let shown = app.get(&format!("{page}&sandbox_staff={userid}")).await;
    let back = shown.header("location").strip_prefix(&app.base).unwrap();
    let back = Request::get(back).header(header::COOKIE, format!("campus_login={state}"));
    let done = app.send(back.body(Body::empty()).unwrap()).await;
    assert_eq!(done.header("location"), "/h5/staff", "{}", done.text());
    done.cookie("campus_staff").unwrap()
}
