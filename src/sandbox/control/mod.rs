//! The control API: what people in the box do with their hands, over HTTP, for the page at `/sandbox`, for
//! demonstrations and for tests from outside. Described at `/openapi.json`.

#![expect(
    clippy::disallowed_types,
    reason = "the sandbox is the outside: its answers are not the service's"
)]

mod desks;
mod outside;
mod phones;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::openapi::{InfoBuilder, OpenApiBuilder, ServerBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Sandbox, Unpushed};

pub(super) fn router(sandbox: &Sandbox) -> Router {
    let info = InfoBuilder::new()
        .title("campus-pass sandbox")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The outside world in a box: the people, the staff, the gates.",
        ))
        .build();
    let server = ServerBuilder::new().url(&sandbox.settings().here).build();
    let described = OpenApiBuilder::new()
        .info(info)
        .servers(Some([server]))
        .build();
    let (router, described) = OpenApiRouter::with_openapi(described)
        .routes(routes!(phones::people, phones::add_person))
        .routes(routes!(phones::follow))
        .routes(routes!(phones::unfollow))
        .routes(routes!(phones::block))
        .routes(routes!(phones::unblock))
        .routes(routes!(phones::mini_code))
        .routes(routes!(phones::phone_code))
        .routes(routes!(phones::mini_push))
        .routes(routes!(phones::page))
        .routes(routes!(phones::tap))
        .routes(routes!(phones::say))
        .routes(routes!(phones::chat))
        .routes(routes!(phones::scan))
        .routes(routes!(phones::subscribe))
        .routes(routes!(phones::notices))
        .routes(routes!(phones::menu))
        .routes(routes!(phones::menu_of))
        .routes(routes!(phones::tag))
        .routes(routes!(phones::sms))
        .routes(routes!(phones::sms_off))
        .routes(routes!(phones::sms_on))
        .routes(routes!(desks::staff, desks::add_staff))
        .routes(routes!(desks::leave))
        .routes(routes!(desks::unlicense))
        .routes(routes!(desks::messages))
        .routes(routes!(desks::tap))
        .routes(routes!(outside::gates))
        .routes(routes!(outside::scan))
        .routes(routes!(
            outside::faults,
            outside::add_fault,
            outside::clear_faults
        ))
        .routes(routes!(outside::deliveries, outside::deliver_as))
        .routes(routes!(outside::revoke_tokens))
        .routes(routes!(outside::log))
        .split_for_parts();
    let described = Json(described);
    router
        .route("/openapi.json", get(async move || described.clone()))
        .with_state(sandbox.clone())
}

/// Why a hand could not do what it was asked.
#[derive(Serialize, utoipa::ToSchema)]
struct Refused {
    detail: String,
}

impl IntoResponse for Unpushed {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoSuchPerson
            | Self::NoSuchStaff
            | Self::NoSuchCard
            | Self::NoSuchScene
            | Self::NoSuchDevice => StatusCode::NOT_FOUND,
            Self::NotFollowing | Self::NoSuchKey | Self::NoSuchButton => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::BadKey | Self::NoAnswer | Self::NotTaken => StatusCode::BAD_GATEWAY,
        };
        (
            status,
            Json(Refused {
                detail: self.to_string(),
            }),
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    #[tokio::test]
    async fn every_control_is_described() {
        let world = Trial::new();
        let described = world.get("/openapi.json").await;
        assert_eq!(
            described["servers"][0]["url"],
            "http://service.test/sandbox"
        );
        let paths = described["paths"].as_object().unwrap();
        let mut lines: Vec<_> = paths
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{method} {path}"))
            })
            .collect();
        lines.sort();
        insta::assert_snapshot!(lines.join("\n"), @"
        delete /control/faults
        delete /control/wecom/{userid}
        get /control/deliveries
        get /control/faults
        get /control/gate
        get /control/log
        get /control/menu
        get /control/people
        get /control/people/{openid}/chat
        get /control/people/{openid}/menu
        get /control/people/{openid}/notices
        get /control/sms
        get /control/wecom
        get /control/wecom/{userid}/messages
        post /control/faults
        post /control/gate/{dev}/scan
        post /control/page
        post /control/people
        post /control/people/{openid}/block
        post /control/people/{openid}/follow
        post /control/people/{openid}/mini-code
        post /control/people/{openid}/mini-push
        post /control/people/{openid}/phone-code
        post /control/people/{openid}/say
        post /control/people/{openid}/scan
        post /control/people/{openid}/subscriptions
        post /control/people/{openid}/tags
        post /control/people/{openid}/tap
        post /control/people/{openid}/unblock
        post /control/people/{openid}/unfollow
        post /control/sms/{phone}/off
        post /control/sms/{phone}/on
        post /control/tokens/revoke
        post /control/wecom
        post /control/wecom/{userid}/tap
        post /control/wecom/{userid}/unlicense
        put /control/deliveries
        ");
    }

    #[tokio::test]
    async fn people_and_faults_are_handled_over_http() {
        let world = Trial::new();
        let person = world
            .post("/control/people", &json!({"nickname": "甲"}))
            .await;
        let openid = person["openid"].as_str().unwrap();
        assert_eq!(
            (openid.len(), &person["follows"]),
            (28, &Value::Bool(false))
        );
        assert_eq!(world.get("/control/people").await[0]["openid"], openid);
        let code = world
            .post(&format!("/control/people/{openid}/mini-code"), &json!({}))
            .await;
        assert_eq!(code["code"].as_str().unwrap().len(), 43);
        let tap = world
            .post(
                &format!("/control/people/{openid}/tap"),
                &json!({"key": "k"}),
            )
            .await;
        assert_eq!(
            tap,
            json!({"detail": "the person does not follow the account"})
        );

        let fault = json!({"call": "sms", "kind": "http_500", "times": 2});
        world.post("/control/faults", &fault).await;
        assert_eq!(world.get("/control/faults").await, json!([fault]));
        assert_eq!(world.get("/control/menu").await, Value::Null);
    }
}
