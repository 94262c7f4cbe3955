//! Who is it? The login page of the Official Account's web pages (网页授权), and the mini-program's login.

use axum::response::Response;
use data_encoding::BASE64;
use serde_json::json;

use super::token::authenticated;
use crate::sandbox::Sandbox;
use crate::sandbox::call::{Answer, Call, Refusal, fault_page, own_page, redirect};
use crate::sandbox::tokens::{CodeFault, TOKEN_SECONDS};

/// The cookie, or the parameter, that says whose phone shows the login page.
const WHO: &str = "sandbox_person";
/// What `wx.login` gives in the developer tools to a project without an app id of its own (游客模式), each time:
/// there it stands for the first person in the box.
const VISITORS_CODE: &str = "the code is a mock one";
const SCOPES: &[&str] = &["snsapi_base", "snsapi_userinfo"];

/// The login page: it knows the person (the first follower, when nothing says who it is), asks
/// nothing, and leads back with a code.
pub(super) async fn authorize(call: Call) -> Response {
    let sandbox = &call.sandbox;
    let app = &sandbox.settings().official_account.app_id;
    if call.query("appid") != app {
        return fault_page("AppID参数错误，错误码:10013");
    }
    let Some(mut page) = own_page(sandbox, call.query("redirect_uri")) else {
        return fault_page("redirect_uri域名与后台配置不一致，错误码:10003");
    };
    let scope = call.query("scope");
    if call.query("response_type") != "code" || !SCOPES.contains(&scope) {
        return fault_page("Scope参数错误或没有Scope权限，错误码:10005");
    }
    let Some(openid) = whose_phone(sandbox, &call) else {
        return fault_page("没有人关注该公众号");
    };
    let (now, entropy) = (sandbox.now(), sandbox.entropy());
    let whose = format!("{openid} {scope}");
    let code = sandbox.state().codes.issue(app, &whose, now, entropy);
    page.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", call.query("state"));
    redirect(page, (WHO, &openid))
}

/// Takes the code of a web page.
pub(super) fn access_token(call: &Call) -> Answer {
    let sandbox = &call.sandbox;
    let app = &sandbox.settings().official_account.app_id;
    let whose = take_code(call, app, call.query("code"))?;
    let (openid, scope) = whose.split_once(' ').unwrap_or((&whose, ""));
    let mut answer = json!({
        "access_token": sandbox.entropy().token(),
        "expires_in": TOKEN_SECONDS,
        "refresh_token": sandbox.entropy().token(),
        "openid": openid,
        "scope": scope,
    });
    // The unionid is given only to a page that asked for the person's consent.
    if scope == "snsapi_userinfo" {
        let state = sandbox.state();
        answer["unionid"] = json!(state.people.find(openid).map(|person| &person.unionid));
    }
    Ok(answer)
}

/// Takes the code of a mini-program.
pub(super) fn session(call: &Call) -> Answer {
    let sandbox = &call.sandbox;
    let app = &sandbox.settings().mini_program.app_id;
    let code = call.query("js_code");
    let openid = if code == VISITORS_CODE {
        check_app(call, app)?;
        first_person(sandbox)
    } else {
        Some(take_code(call, app, code)?)
    };
    let state = sandbox.state();
    let person = openid.and_then(|openid| state.people.find(&openid));
    let person = person.ok_or_else(invalid_code)?;
    Ok(json!({
        "openid": person.mini_openid,
        "session_key": BASE64.encode(&sandbox.entropy().bytes::<16>()),
        "unionid": person.unionid,
    }))
}

fn first_person(sandbox: &Sandbox) -> Option<String> {
    let state = sandbox.state();
    let first = state.people.all().first();
    first.map(|person| person.openid.clone())
}

fn check_app(call: &Call, app: &str) -> Result<(), Refusal> {
    if call.query("appid") != app {
        return Err(Refusal::new(40013, "invalid appid"));
    }
    authenticated(&call.sandbox, app, call.query("secret"))?;
    if call.query("grant_type") != "authorization_code" {
        return Err(Refusal::new(40002, "invalid grant_type"));
    }
    Ok(())
}

fn take_code(call: &Call, app: &str, code: &str) -> Result<String, Refusal> {
    let sandbox = &call.sandbox;
    check_app(call, app)?;
    if code.is_empty() {
        return Err(Refusal::new(41008, "missing code"));
    }
    let taken = sandbox.state().codes.take(app, code, sandbox.now());
    taken.map_err(|fault| match fault {
        CodeFault::Unknown => invalid_code(),
        CodeFault::Used => Refusal::new(40163, "code been used"),
    })
}

fn invalid_code() -> Refusal {
    Refusal::new(40029, "invalid code")
}

fn whose_phone(sandbox: &Sandbox, call: &Call) -> Option<String> {
    let said = match call.query(WHO) {
        "" => call.cookie(WHO),
        openid => Some(openid.to_owned()),
    };
    let state = sandbox.state();
    let person = match said {
        Some(openid) => state.people.find(&openid),
        None => state.people.all().iter().find(|person| person.follows),
    };
    person.map(|person| person.openid.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::sandbox::testing::Trial;

    const LOGIN: &str = "/weixin/connect/oauth2/authorize?appid=wx-account&response_type=code\
        &redirect_uri=http%3A%2F%2Fservice.test%2Fback%3Fa%3D1&scope=snsapi_base&state=s";
    const TOKEN: &str = "/weixin/sns/oauth2/access_token?appid=wx-account&secret=account-secret\
        &grant_type=authorization_code&code=";

    #[tokio::test]
    async fn a_login_leads_back_with_a_code_that_works_once() {
        let world = Trial::new();
        world.follower("甲");
        let person = world.sandbox.add_person("乙");
        let login = format!("{LOGIN}&sandbox_person={}", person.openid);
        let (status, location) = world.visit(&login).await;
        assert_eq!(status, 302);
        let code = location
            .strip_prefix("http://service.test/back?a=1&code=")
            .unwrap();
        let code = code.strip_suffix("&state=s").unwrap();

        let first = world.get(&format!("{TOKEN}{code}")).await;
        assert_eq!(first["openid"], person.openid);
        assert_eq!(first["unionid"], Value::Null);
        assert_eq!(world.get(&format!("{TOKEN}{code}")).await["errcode"], 40163);
        assert_eq!(world.get(&format!("{TOKEN}other")).await["errcode"], 40029);
    }

    #[tokio::test]
    async fn a_login_leads_only_to_the_service() {
        let world = Trial::new();
        world.follower("甲");
        assert_eq!(world.visit(LOGIN).await.0, 302);
        let elsewhere = LOGIN.replace("service.test", "elsewhere.test");
        let (status, location) = world.visit(&elsewhere).await;
        assert_eq!((status, location.as_str()), (200, ""));
    }

    #[tokio::test]
    async fn a_mini_programs_code_gives_its_own_openid() {
        let world = Trial::new();
        let person = world.sandbox.add_person("甲");
        let code = world.sandbox.mini_code(&person.openid).unwrap();
        let path = |secret: &str| {
            format!(
                "/weixin/sns/jscode2session?appid=wx-mini&secret={secret}\
                 &js_code={code}&grant_type=authorization_code"
            )
        };
        assert_eq!(world.get(&path("wrong")).await["errcode"], 40125);
        let session = world.get(&path("mini-secret")).await;
        assert_eq!(session["openid"], person.mini_openid);
        assert_eq!(session["unionid"], person.unionid);
        let again = world.get(&path("mini-secret")).await;
        assert_eq!(again["errcode"], 40163);
        assert!(
            again["errmsg"]
                .as_str()
                .unwrap()
                .starts_with("code been used rid: ")
        );
    }

    /// `miniprogram/` opens in the developer tools as it is, without an app id of anybody's.
    #[tokio::test]
    async fn the_developer_tools_without_an_app_id_are_the_first_person() {
        let world = Trial::new();
        let login = "/weixin/sns/jscode2session?appid=wx-mini&secret=mini-secret\
            &js_code=the%20code%20is%20a%20mock%20one&grant_type=authorization_code";
        assert_eq!(world.get(login).await["errcode"], 40029, "nobody is there");
        let person = world.sandbox.add_person("甲");
        let _ = world.sandbox.add_person("乙");
        for _ in 0..2 {
            assert_eq!(world.get(login).await["openid"], person.mini_openid);
        }
        let wrong = login.replace("mini-secret", "wrong");
        assert_eq!(world.get(&wrong).await["errcode"], 40125);
    }
}
