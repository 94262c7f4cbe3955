//! 审批路线: who is asked about a visit is data of the campus.

use axum::http::Method;
use campus_pass::actions::steps::{end_due, remind_due};
use campus_pass::store::staff;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Approver, Guest, Visit, json_body};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// The id of a member and of their department.
async fn ids(app: &App, name: &'static str) -> (String, String) {
    let userid = app.approver(name).userid;
    let member = staff::find_by_userid(&app.ctx.db.read, userid).await;
    let member = member.unwrap().unwrap();
    (member.id.to_string(), member.department.to_string())
}

async fn member(app: &App, name: &'static str) -> Value {
    json!({ "who": "member", "staff": ids(app, name).await.0 })
}

async fn department_of(app: &App, name: &'static str) -> Value {
    json!({ "who": "department", "department": ids(app, name).await.1 })
}

fn host_department() -> Value {
    json!({ "who": "host_department" })
}

/// Sets the one route that every visit goes by.
async fn set(app: &App, steps: &[Value]) -> Value {
    let route = json!({ "name": "全部", "place": 1, "open": true, "steps": steps });
    let admin = app.approver("吴敏");
    admin.post("/api/admin/routes", &route).await.expect(201)
}

async fn booked(app: &App, guest: &Guest<'_>, host: &str) -> Visit {
    let visit = guest.book(host, FROM, UNTIL).await;
    app.deliver().await;
    visit
}

/// 审批流程 and then 审批历史, a line each.
async fn told(by: &Approver<'_>, visit: &Visit) -> String {
    let path = format!("/api/staff/approvals/{}", visit.id);
    let seen = by.get(&path).await.expect(200);
    let mut lines = Vec::new();
    for step in seen["steps"].as_array().unwrap() {
        let line = [&step["asked"], &step["decision"], &step["approver"]];
        lines.push(line.map(|part| part.as_str().unwrap_or("-")).join(" "));
    }
    for event in seen["history"].as_array().unwrap() {
        let line = [
            &event["who"],
            &event["for"],
            &event["what"],
            &event["comment"],
        ];
        lines.push(line.map(|part| part.as_str().unwrap_or("-")).join(" "));
    }
    lines.join("\n")
}

#[tokio::test]
async fn a_visit_goes_from_step_to_step_and_everybody_is_asked_in_turn() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let security = member(&app, "周岚").await;
    set(&app, &[host_department(), json!({"who": "host"}), security]).await;
    let visit = booked(&app, &guest, "刘明").await;
    let (chen, liu, zhou) = (
        app.approver("陈静"),
        app.approver("刘明"),
        app.approver("周岚"),
    );
    assert_eq!(
        zhou.decide(&visit, "approve", "").await.status.as_u16(),
        404
    );
    assert_eq!(chen.tap_approve(&visit).await.as_deref(), Some("已同意"));
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    // The first has had her say, by whatever way she comes back.
    assert_snapshot!(chen.decide(&visit, "reject", "等等").await.problem(), @"409 step_answered 该环节已由陈静处理，请等待后续审批");
    liu.decide(&visit, "approve", "是我的客人")
        .await
        .expect(200);
    app.deliver().await;
    zhou.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    assert!(
        app.gate("G01")
            .scan(&guest.code(&visit).await)
            .await
            .contains("not_yet")
    );
    assert_snapshot!(told(&zhou, &visit).await, @"
    信息中心 审批负责人 approve 陈静
    被访人 刘明 approve 刘明
    周岚 approve 周岚
    张小雨 - 提交 -
    陈静 - 同意 -
    刘明 - 同意 是我的客人
    周岚 - 同意 -
    ");
    assert_eq!(zhou.card(&visit).replaced.as_deref(), Some("已通过"));
    app.finish().await;
}

#[tokio::test]
async fn a_returned_visit_goes_the_whole_way_again_by_the_route_it_fits_now() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let security = member(&app, "周岚").await;
    set(&app, &[host_department(), security]).await;
    let visit = booked(&app, &guest, "刘明").await;
    let (chen, zhou, zhao) = (
        app.approver("陈静"),
        app.approver("周岚"),
        app.approver("赵敏"),
    );
    chen.decide(&visit, "approve", "").await.expect(200);
    zhou.decide(&visit, "return", "请改约王强")
        .await
        .expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "returned");
    let form = guest.form("王强", FROM, UNTIL).await;
    let path = format!("/api/visits/{}", visit.id);
    guest.put(&path, &form).await.expect(200);
    app.deliver().await;
    assert_snapshot!(chen.decide(&visit, "approve", "").await.problem(), @"409 step_answered 该环节已由陈静处理，请等待后续审批");
    zhao.decide(&visit, "approve", "").await.expect(200);
    zhou.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    assert_snapshot!(told(&chen, &visit).await, @"
    信息中心 审批负责人 approve 陈静
    周岚 return 周岚
    机械工程学院 审批负责人 approve 赵敏
    周岚 approve 周岚
    张小雨 - 提交 -
    陈静 - 同意 -
    周岚 - 退回 请改约王强
    张小雨 - 重新提交 -
    赵敏 - 同意 -
    周岚 - 同意 -
    ");
    app.finish().await;
}

#[tokio::test]
async fn of_all_who_must_agree_each_says_so_once_and_one_who_refuses_is_enough() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut both = department_of(&app, "赵敏").await;
    both["all"] = true.into();
    set(&app, &[both]).await;
    let (zhao, sun) = (app.approver("赵敏"), app.approver("孙丽"));
    let visit = booked(&app, &guest, "刘明").await;
    assert_eq!(zhao.tap_approve(&visit).await.as_deref(), Some("已同意"));
    app.deliver().await;
    assert_eq!(sun.card(&visit).replaced, None, "hers is still open");
    assert_snapshot!(zhao.decide(&visit, "approve", "").await.problem(), @"409 step_answered 该环节已由您处理，请等待后续审批");
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    sun.decide(&visit, "approve", "同意").await.expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    assert_snapshot!(told(&sun, &visit).await, @"
    机械工程学院 审批负责人 approve 孙丽
    张小雨 - 提交 -
    赵敏 - 同意 -
    孙丽 - 同意 同意
    ");

    let other = booked(&app, &guest, "刘明").await;
    zhao.decide(&other, "approve", "").await.expect(200);
    sun.decide(&other, "reject", "当天有考试").await.expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&other).await["stage"], "rejected");
    assert_eq!(sun.card(&other).replaced.as_deref(), Some("已拒绝"));
    app.finish().await;
}

#[tokio::test]
async fn a_route_that_asks_nobody_approves_at_once_but_not_whom_somebody_must_look_at() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let route = set(&app, &[]).await;
    let visit = booked(&app, &guest, "刘明").await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    assert_eq!(guest.sms().len(), 1, "the pass");
    let chen = app.approver("陈静");
    assert_eq!(chen.sms(), [""; 0], "nobody was asked");

    // A returned and corrected one is approved at once as well.
    let admin = app.approver("吴敏");
    let path = format!("/api/admin/routes/{}", route["id"].as_str().unwrap());
    let request = admin.request(Method::DELETE, &path).await;
    let gone = app
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(gone.status.as_u16(), 204);
    let second = booked(&app, &guest, "刘明").await;
    chen.decide(&second, "return", "请补充").await.expect(200);
    set(&app, &[]).await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    let path = format!("/api/visits/{}", second.id);
    assert_eq!(
        guest.put(&path, &form).await.expect(200)["stage"],
        "approved"
    );

    admin.list("phone", &guest.phone, "review").await;
    let third = booked(&app, &guest, "刘明").await;
    assert_eq!(guest.look(&third).await["stage"], "pending");
    chen.decide(&third, "approve", "").await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn no_rule_lets_in_whom_the_residents_register_does_not_know() {
    for steps in [vec![], vec![json!({ "who": "host" })]] {
        let app = App::start().await;
        let guest = app.guest("张小雨").await;
        app.deliver().await;
        set(&app, &steps).await;
        let stranger = ("王建国", "13900000101", "9栋9单元909");
        let visit = guest.register(stranger).await;
        app.deliver().await;
        let desk = app.approver("吴芳");
        assert_eq!(desk.sms().len(), 1, "the desk is asked");
        assert_eq!(guest.sms(), [""; 0], "no pass");
        desk.decide(&visit, "reject", "查无此住户")
            .await
            .expect(200);
        app.deliver().await;
        app.finish().await;
    }
}

#[tokio::test]
async fn nobody_decides_what_they_began_or_are_visited_in_and_administrators_stand_in() {
    let app = App::start().await;
    // 陈静 is the only approver of her department, and the host.
    let guest = app.guest("张小雨").await;
    let visit = booked(&app, &guest, "陈静").await;
    let (chen, wu) = (app.approver("陈静"), app.approver("吴敏"));
    assert_eq!(chen.sms(), [""; 0], "she is not asked");
    assert_eq!(
        chen.decide(&visit, "approve", "").await.status.as_u16(),
        404
    );
    wu.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;

    // One of two: the other decides, and she is told why she may not.
    let (zhao, sun) = (app.approver("赵敏"), app.approver("孙丽"));
    let (host, _) = ids(&app, "王强").await;
    let (visit, link) = zhao
        .invite_with(json!({ "capacity": 1, "host": host }))
        .await;
    guest.accept(&link).await.expect(201);
    app.deliver().await;
    assert_eq!((zhao.sms().len(), sun.sms().len()), (0, 1));
    assert_snapshot!(zhao.decide(&visit, "approve", "").await.problem(), @"409 own_visit 不能审批本人发起或被访的申请");
    let todo = zhao.get("/api/staff/approvals?box=todo").await.expect(200);
    assert_eq!(todo["items"], json!([]));
    assert_eq!(sun.tap_approve(&visit).await.as_deref(), Some("已通过"));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn those_who_let_it_wait_are_reminded_once_and_then_the_rule_decides() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut step = host_department();
    step["remind_after"] = 30.into();
    step["ends_after"] = 60.into();
    step["on_time_out"] = "reject".into();
    set(&app, &[step.clone()]).await;
    let visit = booked(&app, &guest, "刘明").await;
    let chen = app.approver("陈静");
    for (minutes, reminders) in [(29, 0), (2, 1), (1, 1)] {
        app.later(minutes * 60);
        remind_due(&app.ctx).await.unwrap();
        app.deliver().await;
        assert_eq!(chen.texts().len(), reminders);
    }
    assert_snapshot!(chen.texts().join("\n"), @r#"催办：张小雨 申请到访 校园区域（2026年03月02日 14:00 起），被访人 刘明，仍待您审批。单据号 [id] <a href="http://campus.test/h5/staff/approvals/[id]">打开审批</a>"#);
    end_due(&app.ctx).await.unwrap();
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    app.later(30 * 60);
    end_due(&app.ctx).await.unwrap();
    end_due(&app.ctx).await.unwrap();
    app.deliver().await;
    let seen = guest.look(&visit).await;
    assert_snapshot!(format!("{} {}", seen["stage"], seen["comment"]), @r#""rejected" "超过审批时限，系统自动拒绝""#);
    assert_eq!(chen.card(&visit).replaced.as_deref(), Some("已拒绝"));
    assert_snapshot!(told(&chen, &visit).await, @"
    信息中心 审批负责人 reject 系统
    张小雨 - 提交 -
    系统 - 拒绝 超过审批时限，系统自动拒绝
    ");
    app.finish().await;
}

#[tokio::test]
async fn what_the_rule_would_let_in_but_somebody_must_look_at_waits_for_people() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut step = host_department();
    step["ends_after"] = 60.into();
    step["on_time_out"] = "approve".into();
    set(&app, &[step]).await;
    let quick = booked(&app, &guest, "刘明").await;
    let other = app.guest("李四").await;
    let slow = booked(&app, &other, "刘明").await;
    app.approver("吴敏")
        .list("phone", &other.phone, "review")
        .await;
    app.later(61 * 60);
    end_due(&app.ctx).await.unwrap();
    app.deliver().await;
    assert_eq!(guest.look(&quick).await["stage"], "approved");
    assert_eq!(other.look(&slow).await["stage"], "pending");
    let chen = app.approver("陈静");
    assert_eq!(chen.texts().len(), 1, "she hears of it again");
    chen.decide(&slow, "approve", "").await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_route_is_chosen_by_what_the_visit_is() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let admin = app.approver("吴敏");
    let areas = app.get("/api/areas").await.expect(200);
    let library = areas[1]["id"].clone();
    let zhou = member(&app, "周岚").await;
    let routes = [
        json!({"name": "图书馆", "place": 1, "open": true, "area": library,
            "steps": [zhou]}),
        json!({"name": "两天以上", "place": 2, "open": true, "mode": "booking", "days": 2,
            "steps": [host_department(), {"who": "administrators"}]}),
    ];
    for route in &routes {
        admin.post("/api/admin/routes", route).await.expect(201);
    }
    let first_asked = async |form: &Value| {
        let visit = Visit::of(&guest.post("/api/visits", form).await.expect(201));
        let path = format!("/api/staff/approvals/{}", visit.id);
        // 刘明 is visited, so he sees each.
        let seen = app.approver("刘明").get(&path).await.expect(200);
        let asked = seen["steps"].as_array().unwrap().iter();
        let asked: Vec<_> = asked
            .map(|step| step["asked"].as_str().unwrap().to_owned())
            .collect();
        guest.withdraw(&visit).await.expect(200);
        asked.join(" > ")
    };
    let form = guest.form("刘明", FROM, UNTIL).await;
    let mut to_library = form.clone();
    to_library["area"] = library.clone();
    let long = guest.form("刘明", FROM, "2026-03-03 16:00").await;
    let asked = [
        first_asked(&form).await,
        first_asked(&to_library).await,
        first_asked(&long).await,
    ];
    assert_snapshot!(asked.join("\n"), @"
    信息中心 审批负责人
    周岚
    信息中心 审批负责人 > 访客管理员
    ");
    app.deliver().await;
    app.finish().await;
}

async fn change(app: &App, id: &str, route: &Value) -> Answer {
    let admin = app.approver("吴敏");
    admin.put(&format!("/api/admin/routes/{id}"), route).await
}

#[tokio::test]
async fn a_route_is_changed_by_whoever_saw_it_last_and_visits_under_way_keep_their_steps() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let route = set(&app, &[host_department()]).await;
    let visit = booked(&app, &guest, "刘明").await;
    let id = route["id"].as_str().unwrap();
    let mut closed = json!({ "name": "全部", "place": 1, "open": true, "version": 1,
        "steps": [{"who": "administrators"}] });
    assert_eq!(change(&app, id, &closed).await.expect(200)["version"], 2);
    assert_snapshot!(change(&app, id, &closed).await.problem(), @"409 changed_meanwhile 该审批路线已被他人修改，请刷新后重试");
    closed["version"] = 2.into();
    closed["open"] = false.into();
    change(&app, id, &closed).await.expect(200);
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let subject = format!("route:{id}");
    let audit = campus_pass::store::audit::about(&app.ctx.db.read, &subject).await;
    assert_snapshot!(app.plain(&audit.unwrap().join("\n")), @"
    staff:[id] route.add place=1 name=全部 open=true steps=host_department
    staff:[id] route.change place=1 name=全部 open=true steps=host_department → place=1 name=全部 open=true steps=administrators
    staff:[id] route.change place=1 name=全部 open=true steps=administrators → place=1 name=全部 open=false steps=administrators
    ");
    app.finish().await;
}

#[tokio::test]
async fn routes_are_tried_in_the_order_in_which_an_administrator_puts_them() {
    let app = App::start().await;
    let (admin, guest) = (app.approver("吴敏"), app.guest("张小雨").await);
    let add = async |name: &str, who: Value| {
        let route = json!({ "name": name, "place": 1, "open": true, "steps": [who] });
        let added = admin.post("/api/admin/routes", &route).await.expect(201);
        added["id"].as_str().unwrap().to_owned()
    };
    let first = add("院系", host_department()).await;
    let second = add("保卫处", member(&app, "周岚").await).await;
    let order = async |ids: &[&str]| {
        let form = json!({ "routes": ids });
        admin.post("/api/admin/routes/order", &form).await
    };
    // Neither a part of them nor one twice is an order.
    for ids in [&[&*first][..], &[&first, &first], &[&first, &second, "77"]] {
        let refused = order(ids).await.problem();
        assert!(refused.starts_with("409 changed_meanwhile "), "{refused}");
    }
    let ordered = order(&[&second, &first]).await.expect(200);
    let line = |route: &Value| format!("{} {} {}", route["name"], route["place"], route["version"]);
    let lines: Vec<_> = ordered["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    "保卫处" 1 1
    "院系" 2 2
    "#);
    assert_eq!(ordered["members"][0]["name"], "周岚");
    let listed = admin.get("/api/admin/routes").await.expect(200);
    assert_eq!(listed, ordered, "it is kept");
    let visit = booked(&app, &guest, "刘明").await;
    app.approver("周岚")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let subject = format!("route:{first}");
    let audit = campus_pass::store::audit::about(&app.ctx.db.read, &subject).await;
    assert_snapshot!(app.plain(&audit.unwrap().join("\n")), @"
    staff:[id] route.add place=1 name=院系 open=true steps=host_department
    staff:[id] route.change place=1 name=院系 open=true steps=host_department → place=2 name=院系 open=true steps=host_department
    ");
    let host = app.approver("刘明");
    let refused = host
        .post(
            "/api/admin/routes/order",
            &json!({ "routes": [second, first] }),
        )
        .await;
    assert_snapshot!(refused.problem(), @"403 forbidden 您没有此权限");
    app.finish().await;
}

#[tokio::test]
async fn a_route_that_makes_no_sense_is_refused_with_its_field() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let with = |more: Value| {
        let mut route = json!({ "name": "全部", "place": 1, "open": true, "steps": [] });
        for (key, value) in more.as_object().unwrap() {
            route[key] = value.clone();
        }
        route
    };
    let steps = |step: Value| with(json!({ "steps": [step] }));
    let six: Vec<_> = (0..6).map(|_| host_department()).collect();
    let mut told = Vec::new();
    for route in [
        with(json!({ "name": " " })),
        with(json!({ "mode": "walk" })),
        with(json!({ "days": 0 })),
        with(json!({ "area": "77" })),
        with(json!({ "department": "77" })),
        with(json!({ "reason": "77" })),
        with(json!({ "steps": six })),
        steps(json!({ "who": "everybody" })),
        steps(json!({ "who": "member" })),
        steps(json!({ "who": "department" })),
        steps(json!({ "who": "host", "staff": "77" })),
        steps(json!({ "who": "member", "staff": "77" })),
        steps(json!({ "who": "department", "department": "77" })),
        steps(json!({ "who": "host", "remind_after": 0 })),
        steps(json!({ "who": "host", "ends_after": 5 })),
        steps(json!({ "who": "host", "ends_after": 5, "on_time_out": "burn" })),
        with(json!({ "colour": "red" })),
    ] {
        let answer = admin.post("/api/admin/routes", &route).await;
        told.push(
            answer
                .problem()
                .replace("422 invalid 请检查填写的内容\n  ", ""),
        );
    }
    assert_snapshot!(told.join("\n"), @"
    name name_length 请填写1至40个字的名称
    mode mode_unknown 没有这种来源
    days days_range 时长应为1至366天
    area unknown 所选的内容不存在
    department unknown 所选的内容不存在
    reason unknown 所选的内容不存在
    steps too_many_steps 最多5个审批环节
    steps[0].who who_unknown 请选择该环节的审批人
    steps[0].staff staff_required 请选择人员
    steps[0].department department_required 请选择部门
    steps[0].who who_unknown 请选择该环节的审批人
    steps[0].staff unknown 所选的内容不存在
    steps[0].department unknown 所选的内容不存在
    steps[0].remind_after minutes_range 应为1分钟至365天
    steps[0].on_time_out time_out_unknown 超时时间与超时处理（approve 或 reject）须一并填写
    steps[0].on_time_out time_out_unknown 超时时间与超时处理（approve 或 reject）须一并填写
    colour field_type 没有这个字段：colour
    ");
    let routes = admin.get("/api/admin/routes").await.expect(200);
    assert_eq!(routes["items"], json!([]), "nothing of it is kept");
    let host = app.approver("刘明");
    assert_snapshot!(host.post("/api/admin/routes", &with(json!({}))).await.problem(), @"403 forbidden 您没有此权限");
    let request = admin.request(Method::PUT, "/api/admin/routes/77").await;
    let unknown = app
        .send(json_body(request, &with(json!({ "version": 1 }))))
        .await;
    assert_snapshot!(unknown.problem(), @"404 not_found 没有找到该审批路线");
    app.finish().await;
}
