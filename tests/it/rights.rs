//! The statement of rights, held against every route and everybody.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use campus_pass::actions::campus::{NewMember, add_member};
use campus_pass::actions::sessions::{log_in, log_in_staff};
use campus_pass::domain::campus::Role;
use campus_pass::domain::{PersonName, Phone};
use campus_pass::http::api_document;
use campus_pass::http::rights::{RIGHTS, Who};
use campus_pass::store::people::WechatNames;
use campus_pass::store::staff;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Approver, KNOWN, Visit, json_body, rfc3339};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// Everybody who may come to a door.
#[derive(Clone, Copy, PartialEq)]
enum Asker {
    Nobody,
    Guest,
    /// A member of staff by their WeCom userid, and whether they administer.
    Staff(&'static str, bool),
}

/// A reader of nothing yet, whom the campus of the stories has none of.
const READER: &str = "lilei";

const ASKERS: [Asker; 8] = [
    Asker::Nobody,
    Asker::Guest,
    Asker::Staff("liuming", false),
    Asker::Staff("chenjing", false),
    Asker::Staff("zhaomin", false),
    Asker::Staff(READER, false),
    Asker::Staff("zhoulan", false),
    Asker::Staff("wumin", true),
];

impl Asker {
    fn may(self, who: Who) -> bool {
        match who {
            Who::Anyone => true,
            Who::LoggedIn => self != Self::Nobody,
            Who::Guest => self == Self::Guest,
            Who::Staff => matches!(self, Self::Staff(..)),
            Who::Guard => matches!(self, Self::Staff("zhoulan", _) | Self::Staff(_, true)),
            Who::Administrator => matches!(self, Self::Staff(_, true)),
            Who::Device | Who::Platform => false,
        }
    }

    /// A session of their own each time: one of the routes ends it.
    async fn token(self, app: &App) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Guest => {
                let names = WechatNames {
                    mini_openid: Some("somebody".to_owned()),
                    ..WechatNames::default()
                };
                Some(log_in(&app.ctx, &names).await.unwrap().0)
            }
            Self::Staff(userid, ..) => Some(log_in_staff(&app.ctx, userid).await.unwrap().0),
        }
    }
}

async fn ask(app: &App, (method, path): (&str, &str), by: Asker) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = by.token(app).await {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let body = if method == "GET" {
        Body::empty()
    } else {
        Body::from("{}")
    };
    app.send(request.body(body).unwrap()).await
}

/// The code of a problem; none of an answer that is no problem.
fn code(answer: &Answer) -> String {
    if answer.header("content-type") != "application/problem+json" {
        return String::new();
    }
    answer.json()["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    let app = App::start().await;
    let guard = staff::find_by_userid(&app.ctx.db.read, "zhoulan").await;
    let reader = NewMember {
        name: PersonName::parse("李雷").unwrap(),
        department: guard.unwrap().unwrap().department,
        wecom_userid: READER.to_owned(),
        phone: Phone::parse("13900000009").unwrap(),
        roles: vec![Role::Reader],
    };
    add_member(&app.ctx, reader).await.unwrap();
    let mut wrong = Vec::new();
    for (method, path, who) in RIGHTS {
        let filled = filled(path, &[]);
        for by in ASKERS {
            let answer = ask(&app, (method, &filled), by).await;
            let (status, code) = (answer.status.as_u16(), code(&answer));
            let refused = match (who, by) {
                (Who::Device, _) => status == 401 && code == "device",
                (Who::Platform, _) => matches!(status, 403 | 404) && code != "forbidden",
                (_, Asker::Nobody) => status == 401 && code == "unauthorized",
                (_, Asker::Guest | Asker::Staff(..)) => status == 403 && code == "forbidden",
            };
            let let_in = !matches!(
                code.as_str(),
                "unauthorized" | "forbidden" | "method_not_allowed"
            );
            let right = if by.may(*who) { let_in } else { refused };
            if !right {
                let at = ASKERS.iter().position(|asker| *asker == by);
                wrong.push(format!(
                    "{method} {path} ({who:?}), asker {at:?}: {status} {code}"
                ));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    app.deliver().await;
    app.finish().await;
}

/// `{id}` and the like become what is given for them, and else 1, which names nothing.
fn filled(path: &str, given: &[(&str, &str)]) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
        None => part.to_owned(),
        Some(name) => {
            let given = given.iter().find(|(known, _)| *known == name);
            given.map_or("1", |(_, value)| *value).to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_has_its_line_and_every_line_its_route() {
    let stated: BTreeSet<_> = RIGHTS
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    assert_eq!(stated.len(), RIGHTS.len(), "a line stands twice");
    let mut routes = BTreeSet::new();
    let document = serde_json::to_value(api_document()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        routes.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    // The routes that no document describes are told by the source alone.
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/router.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        let line = route.split('\n').next().unwrap();
        for method in ["get", "post", "put", "delete", "patch", "any"] {
            if line.contains(&format!("{method}(")) {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let difference: Vec<_> = stated.symmetric_difference(&routes).collect();
    assert_eq!(difference, [""; 0]);
}

/// What an owner has, by the beginning of the path that leads to it.
struct Rows(Vec<(&'static str, Vec<(&'static str, String)>)>);

impl Rows {
    fn of(&self, path: &str) -> Option<&[(&'static str, String)]> {
        let mut rows = self.0.iter();
        let found = rows.find(|(begin, _)| path.starts_with(begin));
        found.map(|(_, ids)| ids.as_slice())
    }
}

async fn group(by: &Approver<'_>) -> Value {
    let mut form = by.wanted().await;
    form["headcount"] = 14.into();
    form["contact"] = json!({ "name": "李四", "phone": "13800000777" });
    form
}

#[tokio::test]
async fn a_strangers_row_is_not_found_at_any_door() {
    let app = App::start().await;
    let (owner, other) = (app.guest("张小雨").await, app.guest("李四").await);
    app.deliver().await;
    let (host, stranger) = (app.approver("刘明"), app.approver("王强"));
    let (decides, of_another) = (app.approver("陈静"), app.approver("赵敏"));
    let visit = owner.book("刘明", FROM, UNTIL).await;
    let registered = owner.register(KNOWN).await;
    let (invitation, _) = host.invite(2).await;
    let applied = host.post("/api/staff/groups", &group(&host).await).await;
    let applied = Visit::of(&applied.expect(201));
    let picture = host.give_picture("id_card").await;
    let reader = id_of(&app, "zhoulan").await;
    let delegation = json!({
        "to": reader, "starts_at": rfc3339(FROM), "ends_at": rfc3339(UNTIL),
    });
    let delegation = host
        .post("/api/staff/delegations", &delegation)
        .await
        .expect(201);
    let delegation = delegation["items"][0]["id"].as_str().unwrap().to_owned();
    let of_visit = vec![
        ("visit", visit.id.clone()),
        ("photo", owner.photo.clone()),
        ("staff", reader.clone()),
    ];
    let own_group = vec![("id", applied.id), ("file", "qr.png".to_owned())];
    let rows = Rows(vec![
        ("/api/photos/", vec![("id", owner.photo.clone())]),
        ("/api/registrations/", vec![("id", registered.id)]),
        ("/api/visits/", vec![("id", visit.id.clone())]),
        ("/api/staff/photos/", vec![("id", picture)]),
        ("/api/staff/invitations/", vec![("id", invitation.id)]),
        ("/api/staff/groups/", own_group),
        ("/api/staff/delegations/", vec![("id", delegation)]),
        ("/api/staff/approvals/", of_visit),
        ("/api/admin/visits/", vec![("id", visit.id)]),
    ]);
    let (mut walked, mut found) = (0, Vec::new());
    for (method, path, who) in RIGHTS {
        let theirs = matches!(who, Who::Guest | Who::Staff);
        if !theirs || !(path.contains("{id}") || path.contains("{visit}")) {
            continue;
        }
        let ids = rows
            .of(path)
            .unwrap_or_else(|| panic!("{path}: whose row is it?"));
        let ids: Vec<_> = ids.iter().map(|(name, id)| (*name, id.as_str())).collect();
        let path = &filled(path, &ids);
        let approvals = path.contains("approvals");
        // A form that is filled in rightly, so that it is the row that is refused.
        let form = match (*method, *who) {
            ("PUT", Who::Guest) if path.contains("registrations") => other.registering(KNOWN),
            ("PUT", Who::Guest) => other.form("刘明", FROM, UNTIL).await,
            ("PUT", _) if path.contains("groups") => group(&stranger).await,
            ("PUT", _) => stranger.wanted().await,
            _ if path.ends_with("/extend") => json!({ "minutes": 60 }),
            _ if path.ends_with("/readers") => json!({ "staff": reader }),
            _ if approvals => json!({ "comment": "请补充" }),
            _ => json!({}),
        };
        let (strange, own) = if approvals {
            (&of_another, &decides)
        } else {
            (&stranger, &host)
        };
        let request = match who {
            Who::Guest => other.request(method.parse().unwrap(), path),
            _ => strange.request(method.parse().unwrap(), path).await,
        };
        let answer = app.send(json_body(request, &form)).await;
        walked += 1;
        if answer.status.as_u16() != 404 {
            found.push(format!("{method} {path}: {}", answer.text()));
        }
        if *method == "GET" && !path.contains("/pass") {
            // And the owner finds it, so that it is the stranger who does not.
            let seen = match who {
                Who::Guest => owner.get(path).await,
                _ => own.get(path).await,
            };
            assert_eq!(seen.status.as_u16(), 200, "{path}");
        }
    }
    assert_eq!(found, [""; 0]);
    assert!(walked > 20, "{walked}");
    app.deliver().await;
    app.finish().await;
}

async fn id_of(app: &App, userid: &str) -> String {
    let found = staff::find_by_userid(&app.ctx.db.read, userid).await;
    found.unwrap().unwrap().id.to_string()
}
