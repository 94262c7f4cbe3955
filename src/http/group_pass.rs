//! 通行凭证 of a group, as a screen shows it and as a file to be sent on.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::Json;
use super::guest::passes::PassOut;
use super::problem::Problem;
use super::qr;
use crate::actions::passes::Shown;
use crate::ctx::Ctx;
use crate::ids::VisitId;

/// 通行凭证 and the link by which it is shared.
#[derive(Serialize, ToSchema)]
pub struct GroupPassOut {
    pass: PassOut,
    /// A path of this site; whoever has it has the pass.
    #[schema(example = "/p/…")]
    link: String,
}

/// On the screen; not found while there is none.
pub fn shown(ctx: &Ctx, found: Option<Shown>) -> Result<Response, Problem> {
    let found = found.ok_or_else(Problem::not_found)?;
    let link = format!("/p/{}", found.token.reveal());
    let pass = PassOut::of(ctx, found)?;
    let out = Json(GroupPassOut { pass, link });
    Ok(([(header::CACHE_CONTROL, "no-store")], out).into_response())
}

/// What its QR is saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    Svg,
    Png,
}

impl Picture {
    /// By the last part of its path.
    pub fn named(file: &str) -> Result<Self, Problem> {
        match file {
            "qr.svg" => Ok(Self::Svg),
            "qr.png" => Ok(Self::Png),
            _ => Err(Problem::not_found()),
        }
    }

    /// As a file; not found while the pass opens nothing.
    pub fn saved(self, id: VisitId, found: Option<Shown>) -> Result<Response, Problem> {
        let code = found.and_then(|shown| shown.code);
        let code = code.ok_or_else(Problem::not_found)?;
        let (kind, ending, bytes) = match self {
            Self::Svg => ("image/svg+xml", "svg", qr::svg(&code)?.into_bytes()),
            Self::Png => ("image/png", "png", qr::png(&code)?),
        };
        let name = format!("attachment; filename=\"group-pass-{id}.{ending}\"");
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, &name),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Ok((headers, bytes).into_response())
    }
}
