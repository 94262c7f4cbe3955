//! The gates, the faults and the log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Refused;
use crate::sandbox::{Deliveries, Exchange, Fault, GateDevice, Sandbox, Scan, Scanned, Unpushed};

/// The devices at the gates.
#[utoipa::path(get, path = "/control/gate", tag = "outside",
    responses((status = 200, body = Vec<GateDevice>)))]
pub(super) async fn gates(State(sandbox): State<Sandbox>) -> Json<Vec<GateDevice>> {
    Json(sandbox.gates())
}

/// Holds a code before a reader.
#[utoipa::path(post, path = "/control/gate/{dev}/scan", tag = "outside", request_body = Scan,
    responses((status = 200, body = Scanned), (status = 404, body = Refused),
        (status = 502, body = Refused)))]
pub(super) async fn scan(
    State(sandbox): State<Sandbox>,
    Path(dev): Path<String>,
    Json(scan): Json<Scan>,
) -> Result<Json<Scanned>, Unpushed> {
    sandbox.scan(&dev, scan).await.map(Json)
}

/// The faults in force.
#[utoipa::path(get, path = "/control/faults", tag = "outside",
    responses((status = 200, body = Vec<Fault>)))]
pub(super) async fn faults(State(sandbox): State<Sandbox>) -> Json<Vec<Fault>> {
    Json(sandbox.faults())
}

/// Adds a fault that the service's calls run into.
#[utoipa::path(post, path = "/control/faults", tag = "outside", request_body = Fault,
    responses((status = 204)))]
pub(super) async fn add_fault(
    State(sandbox): State<Sandbox>,
    Json(fault): Json<Fault>,
) -> StatusCode {
    sandbox.add_fault(fault);
    StatusCode::NO_CONTENT
}

/// Lifts every fault, lets hanging calls go, and delivers once and in order again.
#[utoipa::path(delete, path = "/control/faults", tag = "outside", responses((status = 204)))]
pub(super) async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}

/// How WeChat and WeCom deliver what happens.
#[utoipa::path(get, path = "/control/deliveries", tag = "outside",
    responses((status = 200, body = Deliveries)))]
pub(super) async fn deliveries(State(sandbox): State<Sandbox>) -> Json<Deliveries> {
    Json(sandbox.deliveries())
}

/// Delivers repeatedly, later or in another order from now on.
#[utoipa::path(put, path = "/control/deliveries", tag = "outside", request_body = Deliveries,
    responses((status = 204)))]
pub(super) async fn deliver_as(
    State(sandbox): State<Sandbox>,
    Json(deliveries): Json<Deliveries>,
) -> StatusCode {
    sandbox.deliver_as(deliveries);
    StatusCode::NO_CONTENT
}

/// Makes every access token worthless.
#[utoipa::path(post, path = "/control/tokens/revoke", tag = "outside", responses((status = 204)))]
pub(super) async fn revoke_tokens(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.revoke_tokens();
    StatusCode::NO_CONTENT
}

/// The last 2000 exchanges, oldest first.
#[utoipa::path(get, path = "/control/log", tag = "outside",
    responses((status = 200, body = Vec<Exchange>)))]
pub(super) async fn log(State(sandbox): State<Sandbox>) -> Json<Vec<Exchange>> {
    Json(sandbox.log())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    #[tokio::test]
    async fn the_gates_are_listed_without_their_keys() {
        let listed = Trial::new().get("/control/gate").await;
        assert_eq!(listed, json!([{"dev": "G03", "place": "东门 · 进"}]));
    }

    /// What a test from outside can do to a call of the service, each by one request.
    #[tokio::test]
    async fn every_kind_of_fault_is_put_in_over_http_and_wears_off() {
        let world = Trial::with_staff();
        let call = "/qyapi/cgi-bin/gettoken?corpid=corp&corpsecret=wecom-secret";
        let asked = async || {
            let request = Request::get(call).body(Body::empty()).unwrap();
            let (status, _, body) = world.ask(request).await;
            (status, body["errcode"].clone())
        };
        for (fault, answered) in [
            (
                json!({"kind": "errcode", "errcode": 45009}),
                (200, json!(45009)),
            ),
            (json!({"kind": "errcode", "errcode": -1}), (200, json!(-1))),
            (json!({"kind": "delay_ms", "ms": 1}), (200, json!(0))),
            (json!({"kind": "http_500"}), (500, Value::Null)),
            // Half an answer is none.
            (json!({"kind": "lost_answer"}), (200, Value::Null)),
        ] {
            let mut fault = fault;
            fault["call"] = json!("qy:gettoken");
            fault["times"] = json!(1);
            world.post("/control/faults", &fault).await;
            assert_eq!(asked().await, answered, "{fault}");
            assert_eq!(asked().await, (200, json!(0)), "{fault} wore off");
        }
        let put = |body: Value| {
            let request = Request::put("/control/deliveries");
            let request = request.header("content-type", "application/json");
            request.body(Body::from(body.to_string())).unwrap()
        };
        let (status, _, _) = world.ask(put(json!({"repeats": 2, "held": true}))).await;
        assert_eq!(status, 204);
        assert_eq!(
            world.get("/control/deliveries").await,
            json!({"repeats": 2, "held": true, "reversed": false})
        );
        let lift = Request::delete("/control/faults").body(Body::empty());
        world.ask(lift.unwrap()).await;
        assert_eq!(
            world.get("/control/deliveries").await,
            json!({"repeats": 0, "held": false, "reversed": false})
        );
    }
}
