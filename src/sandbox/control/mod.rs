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
        .routes(routes!(phones::tap))
        .routes(routes!(phones::say))
        .routes(routes!(phones::chat))
        .routes(routes!(phones::menu))
        .routes(routes!(phones::sms))
        .routes(routes!(desks::staff, desks::add_staff))
        .routes(routes!(desks::messages))
        .routes(routes!(desks::tap))
        .routes(routes!(outside::scan))
        .routes(routes!(
            outside::faults,
            outside::add_fault,
            outside::clear_faults
        ))
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
            Self::NoSuchPerson | Self::NoSuchStaff | Self::NoSuchCard | Self::NoSuchDevice => {
                StatusCode::NOT_FOUND
            }
            Self::NotFollowing | Self::NoSuchKey | Self::NoSuchButton => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::BadKey | Self::NoAnswer => StatusCode::BAD_GATEWAY,
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
