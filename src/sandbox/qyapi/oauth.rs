//! Which member of staff is it? The login page of WeCom (网页授权登录) and GET /cgi-bin/auth/getuserinfo.

use axum::response::Response;
use serde_json::json;

use super::authorised;
use crate::sandbox::call::{Answer, Call, Refusal, fault_page, own_page, redirect};

/// The cookie, or the parameter, that says whose WeCom shows the login page.
pub(in crate::sandbox) const WHO: &str = "sandbox_staff";

/// The login page: it knows the member of staff (the first, when nothing says who it is) and leads
/// back with a code.
pub(super) async fn authorize(call: Call) -> Response {
    let sandbox = &call.sandbox;
    let corp = &sandbox.settings().wecom.corp_id;
    if call.query("appid") != corp {
        return fault_page("appid 参数错误");
    }
    let Some(mut page) = own_page(sandbox, call.query("redirect_uri")) else {
        return fault_page("redirect_uri 需使用应用可信域名");
    };
    if call.query("response_type") != "code" {
        return fault_page("response_type 参数错误");
    }
    let Some(userid) = whose_desk(&call) else {
        return fault_page("没有这位成员");
    };
    let (now, entropy) = (sandbox.now(), sandbox.entropy());
    let code = sandbox.state().codes.issue(corp, &userid, now, entropy);
    page.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", call.query("state"));
    redirect(page, (WHO, &userid))
}

pub(super) fn user_info(call: &Call) -> Answer {
    authorised(call)?;
    let sandbox = &call.sandbox;
    let corp = &sandbox.settings().wecom.corp_id;
    let taken = sandbox
        .state()
        .codes
        .take(corp, call.query("code"), sandbox.now());
    let userid = taken.map_err(|_| Refusal::new(40029, "invalid code"))?;
    Ok(json!({"errcode": 0, "errmsg": "ok", "userid": userid}))
}

/// Who sits before the login page.
pub(in crate::sandbox) fn whose_desk(call: &Call) -> Option<String> {
    let said = match call.query(WHO) {
        "" => call.cookie(WHO),
        userid => Some(userid.to_owned()),
    };
    let mut staff = call.sandbox.staff().into_iter();
    let member = match said {
        Some(userid) => staff.find(|member| member.userid == userid),
        None => staff.next(),
    };
    member.map(|member| member.userid)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::Trial;

    #[tokio::test]
    async fn a_code_names_the_member_of_staff_once() {
        let world = Trial::new();
        world.sandbox.add_staff("zhang", "张老师");
        world.sandbox.add_staff("li", "李老师");
        let (status, location) = world
            .visit(
                "/qyapi/connect/oauth2/authorize?appid=corp&response_type=code&scope=snsapi_base\
                 &redirect_uri=http%3A%2F%2Fservice.test%2Fback&state=s&agentid=1000002\
                 &sandbox_staff=li",
            )
            .await;
        assert_eq!(status, 302);
        let code = location
            .strip_prefix("http://service.test/back?code=")
            .unwrap();
        let code = code.strip_suffix("&state=s").unwrap();
        let token = world.wecom_token().await;
        let path = format!("/qyapi/cgi-bin/auth/getuserinfo?access_token={token}&code={code}");
        assert_eq!(world.get(&path).await["userid"], "li");
        assert_eq!(world.get(&path).await["errcode"], 40029);
    }
}
