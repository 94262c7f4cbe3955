//! The campus's CAS: `/login` knows the member of staff and leads back with a ticket,
//! `/p3/serviceValidate` says whose it is.
//!
//! Source: CAS Protocol 3.0 Specification 3.0.3, sections 2.1, 2.5, 2.8 and 3.1.
//! <https://apereo.github.io/cas/7.1.x/protocol/CAS-Protocol-Specification.html>

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{Duration, SecondsFormat};
use quick_xml::escape::escape;

use super::Sandbox;
use super::call::{Call, fault_page, own_page, redirect};
use super::qyapi::{WHO, whose_desk};

/// How long a ticket lives where nobody changed Apereo's default (`cas.ticket.st.time-to-kill-in-seconds`).
const TICKET_LIFE: Duration = Duration::seconds(10);
const PURPOSE: &str = "cas";
/// What every ticket begins with.
const PREFIX: &str = "ST-";

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/login", get(login))
        .route("/p3/serviceValidate", get(validate))
}

/// The login page: it takes no password, for the member of staff is known as on WeCom's.
async fn login(call: Call) -> Response {
    let sandbox = &call.sandbox;
    let service = call.query("service");
    let Some(mut page) = own_page(sandbox, service) else {
        return fault_page("未认证授权的服务：该应用没有在统一身份认证登记");
    };
    let Some(userid) = whose_desk(&call) else {
        return fault_page("没有这位教职工");
    };
    let whose = format!("{userid} {service}");
    let (now, entropy) = (sandbox.now(), sandbox.entropy());
    let code = sandbox.state().codes.issue(PURPOSE, &whose, now, entropy);
    let ticket = format!("{PREFIX}{code}");
    page.query_pairs_mut().append_pair("ticket", &ticket);
    redirect(page, (WHO, &userid))
}

/// One try is all a ticket has, whether it succeeds or not (section 3.1.1).
async fn validate(call: Call) -> Response {
    let (service, ticket) = (call.query("service"), call.query("ticket"));
    if service.is_empty() || ticket.is_empty() {
        return failed("INVALID_REQUEST");
    }
    let sandbox = &call.sandbox;
    let code = ticket.strip_prefix(PREFIX).unwrap_or_default();
    let now = sandbox.now();
    let taken = sandbox
        .state()
        .codes
        .take_within(TICKET_LIFE, PURPOSE, code, now);
    let Ok(whose) = taken else {
        return failed("INVALID_TICKET");
    };
    let (userid, issued_for) = whose.split_once(' ').unwrap_or_default();
    if issued_for != service {
        return failed("INVALID_SERVICE");
    }
    let staff = sandbox.staff();
    let name = staff.iter().find(|member| member.userid == userid);
    let name = name.map_or("", |member| &member.name);
    let date = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    answer(&format!(
        "<cas:authenticationSuccess>\n\
         \x20 <cas:user>{}</cas:user>\n\
         \x20 <cas:attributes>\n\
         \x20   <cas:authenticationDate>{date}</cas:authenticationDate>\n\
         \x20   <cas:isFromNewLogin>true</cas:isFromNewLogin>\n\
         \x20   <cas:cn>{}</cas:cn>\n\
         \x20 </cas:attributes>\n\
         </cas:authenticationSuccess>",
        escape(userid),
        escape(name),
    ))
}

/// A refusal with a code of section 2.5.3.
pub(super) fn failed(code: &str) -> Response {
    // Apereo repeats the ticket in the sentence; here it would stand in the log of exchanges.
    let sentence = match code {
        "INVALID_REQUEST" => "'service' and 'ticket' parameters are both required",
        "INVALID_TICKET" => "Ticket not recognized",
        "INVALID_SERVICE" => "The ticket does not match the supplied service",
        _ => "CAS could not validate the ticket",
    };
    answer(&format!(
        "<cas:authenticationFailure code=\"{}\">{sentence}</cas:authenticationFailure>",
        escape(code)
    ))
}

fn answer(inner: &str) -> Response {
    let body = format!(
        "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">\n{inner}\n\
         </cas:serviceResponse>\n"
    );
    (
        [(header::CONTENT_TYPE, "application/xml;charset=UTF-8")],
        body,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use chrono::Duration;
    use insta::assert_snapshot;
    use tower::ServiceExt;

    use crate::sandbox::testing::Trial;
    use crate::sandbox::{Fault, FaultKind};

    /// `http://service.test/back?state=s`.
    const SERVICE: &str = "http%3A%2F%2Fservice.test%2Fback%3Fstate%3Ds";

    async fn ticket(world: &Trial, staff: &str) -> String {
        let login = format!("/cas/login?service={SERVICE}&sandbox_staff={staff}");
        let (status, location) = world.visit(&login).await;
        assert_eq!(status, 302);
        let back = location.strip_prefix("http://service.test/back?state=s&ticket=");
        let ticket = back.unwrap().to_owned();
        assert!(ticket.starts_with("ST-"), "{ticket}");
        ticket
    }

    async fn validate(world: &Trial, query: &str) -> String {
        let request = Request::get(format!("/cas/p3/serviceValidate?{query}")).body(Body::empty());
        let router = world.sandbox.router();
        let answer = router.oneshot(request.unwrap()).await.unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 16).await;
        String::from_utf8(bytes.unwrap().into()).unwrap()
    }

    fn code(answer: &str) -> &str {
        let (_, rest) = answer.split_once("code=\"").unwrap();
        rest.split('"').next().unwrap()
    }

    #[tokio::test]
    async fn a_ticket_names_the_member_of_staff_once() {
        let world = Trial::with_staff();
        let ticket = ticket(&world, "li").await;
        let query = format!("service={SERVICE}&ticket={ticket}");
        assert_snapshot!(validate(&world, &query).await, @r#"
        <cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
        <cas:authenticationSuccess>
          <cas:user>li</cas:user>
          <cas:attributes>
            <cas:authenticationDate>2026-02-25T06:13:20.000Z</cas:authenticationDate>
            <cas:isFromNewLogin>true</cas:isFromNewLogin>
            <cas:cn>李老师</cas:cn>
          </cas:attributes>
        </cas:authenticationSuccess>
        </cas:serviceResponse>
        "#);
        assert_snapshot!(validate(&world, &query).await, @r#"
        <cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
        <cas:authenticationFailure code="INVALID_TICKET">Ticket not recognized</cas:authenticationFailure>
        </cas:serviceResponse>
        "#);
    }

    #[tokio::test]
    async fn a_ticket_is_for_one_service_and_for_ten_seconds() {
        let world = Trial::with_staff();
        let first = ticket(&world, "li").await;
        let other = format!("service=http%3A%2F%2Fservice.test%2F&ticket={first}");
        assert_eq!(code(&validate(&world, &other).await), "INVALID_SERVICE");
        let query = format!("service={SERVICE}&ticket={first}");
        assert_eq!(code(&validate(&world, &query).await), "INVALID_TICKET");

        let late = ticket(&world, "li").await;
        world.later(Duration::seconds(11));
        let query = format!("service={SERVICE}&ticket={late}");
        assert_eq!(code(&validate(&world, &query).await), "INVALID_TICKET");
        assert_eq!(
            code(&validate(&world, "ticket=ST-1").await),
            "INVALID_REQUEST"
        );
    }

    #[tokio::test]
    async fn only_the_service_is_known_and_faults_are_told_in_cass_words() {
        let world = Trial::with_staff();
        let elsewhere = world
            .visit("/cas/login?service=http%3A%2F%2Felsewhere.test%2F")
            .await;
        assert_eq!(elsewhere, (200, String::new()));
        world.sandbox.add_fault(Fault {
            call: "cas:p3/serviceValidate".into(),
            kind: FaultKind::Errcode,
            errcode: Some("INTERNAL_ERROR".into()),
            ms: None,
            times: Some(1),
        });
        let query = format!("service={SERVICE}&ticket=ST-1");
        assert_eq!(code(&validate(&world, &query).await), "INTERNAL_ERROR");
    }
}
