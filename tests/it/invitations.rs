//! 访客邀约, 邀请多人随行 and 访客代约, told by those who invite and those who come.

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, Guest, Visit, invited, json_body, moment, read_qr};

/// The page behind a link.
pub async fn page(app: &App, link: &str) -> Value {
    let path = link.replace("/i/", "/api/invitations/");
    app.get(&path).await.expect(200)
}

/// What the link says in short: stage, ending, and who is in.
pub fn told(page: &Value) -> String {
    let places = page["invitation"]["places"].as_array().unwrap().iter();
    let name = |place: &Value| place["name"].as_str().unwrap_or("·").to_owned();
    let places: Vec<_> = places
        .map(|place| format!("{} {}", place["state"].as_str().unwrap(), name(place)))
        .collect();
    let ending = page["invitation"]["ending"].as_str().unwrap_or("open");
    let stage = page["stage_text"].as_str().unwrap();
    format!("{stage} {ending}: {}", places.join(", "))
}

/// The state of the pass behind the last SMS, and what the gate says to its code.
async fn enter(app: &App, guest: &Guest<'_>) -> String {
    let path = guest.link().replace("/p/", "/api/passes/");
    let pass = app.get(&path).await.expect(200);
    let scanned = app.gate("G01").scan(pass["code"].as_str().unwrap()).await;
    format!("{} {scanned}", pass["holder"].as_str().unwrap())
}

#[tokio::test]
async fn those_who_are_named_get_the_link_join_and_go_in() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let (li, wang) = (app.guest("李四").await, app.guest("王小五").await);
    let named = json!([
        { "name": "李四", "phone": li.phone }, { "name": "王小五", "phone": wang.phone },
    ]);
    let more = json!({
        "capacity": 3, "invitees": named, "area_note": "第三实验楼", "note": "交流会",
    });
    let (visit, link) = host.invite_with(more).await;
    app.deliver().await;
    assert_snapshot!(li.sms().join("\n"), @"【重工校园通】刘明邀请您来访，请于03月02日11:00前填写信息：http://campus.test/i/[token] 接受邀请。");
    assert!(app.sandbox.sms_to(&wang.phone)[0].text.contains(&link));
    let html = app.get(&link).await;
    assert_eq!(
        (html.status.as_u16(), html.header("cache-control")),
        (200, "no-store")
    );

    // The link shows what the handbook's page shows, and no more of the others than a mask.
    let shown = app.get(&link.replace("/i/", "/api/invitations/")).await;
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_snapshot!(app.plain(&format!("{:#}", shown.expect(200))), @r#"
    {
      "area": "校园区域",
      "department": "信息中心",
      "ends_at": "2026-03-02T16:00:00+08:00",
      "host": "刘明",
      "initiator": "刘*",
      "invitation": {
        "capacity": 3,
        "ending": null,
        "joined": 0,
        "lapses_at": "2026-03-02T11:00:00+08:00",
        "link": "/i/[token]",
        "now": "2026-03-02T09:00:00+08:00",
        "open": true,
        "places": [
          {
            "invitee": null,
            "name": "李*",
            "phone": null,
            "state": "invited"
          },
          {
            "invitee": null,
            "name": "王**",
            "phone": null,
            "state": "invited"
          },
          {
            "invitee": null,
            "name": null,
            "phone": null,
            "state": "empty"
          }
        ],
        "qr": "/api/invitations/[token]/qr.png"
      },
      "reason": "业务洽谈",
      "stage": "inviting",
      "stage_text": "邀请中",
      "starts_at": "2026-03-02T14:00:00+08:00"
    }
    "#);

    // 李四's place is theirs alone, and theirs only with their own phone.
    assert_snapshot!(li.accept(&link).await.problem(), @"409 place_not_yours 该名额已留给指定的受邀人，请先用该手机号验证身份");
    li.prove(&li.phone).await;
    let joined = li.accept(&link).await.expect(201);
    assert_eq!(joined["outcome"], "accepted");
    assert_snapshot!(told(&joined["invited"]), @"邀请中 open: joined 李*, invited 王**, empty ·");
    let zhao = app.guest("赵六").await;
    zhao.accept(&link).await.expect(201);
    let qian = app.guest("钱七").await;
    assert_snapshot!(qian.accept(&link).await.problem(), @"409 place_reserved 剩余名额已留给指定的受邀人，请使用收到邀请的手机号");
    let mut as_wang = qian.joining();
    as_wang["visitor"]["phone"] = wang.phone.clone().into();
    assert_snapshot!(qian.accept_with(&link, &as_wang).await.problem(), @"409 place_not_yours 该名额已留给指定的受邀人，请先用该手机号验证身份");
    assert_eq!(host.look(&visit).await["stage"], "inviting");

    // The last one submits it, and the approver is told.
    wang.prove(&wang.phone).await;
    let last = wang.accept(&link).await.expect(201);
    assert_eq!(last["outcome"], "full");
    assert_snapshot!(qian.accept(&link).await.problem(), @"409 invitation_full 名额已满");
    app.deliver().await;
    let approver = app.approver("陈静");
    assert_eq!(approver.card(&visit).desc, "李四等3人 申请到访 校园区域");
    assert_snapshot!(app.plain(&format!("{:#}", approver.get(&format!("/api/staff/approvals/{}", visit.id)).await.expect(200)["visitors"])), @r#"
    [
      {
        "alert": null,
        "face_photo": null,
        "id_number": "E****01",
        "id_photo": "[id]",
        "items": null,
        "name": "李四",
        "phone": "138****0001",
        "plate": null
      },
      {
        "alert": null,
        "face_photo": null,
        "id_number": "E****03",
        "id_photo": "[id]",
        "items": null,
        "name": "赵六",
        "phone": "138****0003",
        "plate": null
      },
      {
        "alert": null,
        "face_photo": null,
        "id_number": "E****02",
        "id_photo": "[id]",
        "items": null,
        "name": "王小五",
        "phone": "138****0002",
        "plate": null
      }
    ]
    "#);
    assert_eq!(
        approver.tap_approve(&visit).await.as_deref(),
        Some("已通过")
    );
    app.deliver().await;

    // The host invited and is told once; everybody has a pass of their own.
    assert_snapshot!(host.texts().join("\n"), @"李四等3人 到访 校园区域（2026年03月02日 14:00 起）的申请已通过。单据号 [id]");
    // WeCom would swallow a second text with the same words, so the outbox is asked.
    let sent = app.owed("sent").await;
    let approvals = sent.iter().filter(|row| row.starts_with("visit_approved"));
    assert_eq!(approvals.collect::<Vec<_>>(), ["visit_approved/1"]);
    assert_eq!(host.look(&visit).await["visitors"][0]["pass"], Value::Null);
    app.it_is("2026-03-02 14:05");
    for guest in [&li, &wang, &zhao] {
        let entered = enter(&app, guest).await;
        assert!(entered.contains(r#""r":"ok""#), "{}: {entered}", guest.name);
    }
    app.deliver().await;
    assert_snapshot!(host.texts().last().unwrap(), @"您的访客 李四等3人 已于 14:05 进入校园区域。单据号 [id]");
    app.finish().await;
}

#[tokio::test]
async fn a_booking_with_companions_has_its_first_place_taken() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let (visit, link) = guest.invite("刘明", 2).await;
    let made = guest.look(&visit).await;
    assert_eq!(made["stage"], "inviting");
    assert_snapshot!(app.plain(&format!("{:#}", made["invitation"])), @r#"
    {
      "capacity": 2,
      "ending": null,
      "joined": 1,
      "lapses_at": "2026-03-02T11:00:00+08:00",
      "link": "/i/[token]",
      "now": "2026-03-02T09:00:00+08:00",
      "open": true,
      "places": [
        {
          "invitee": null,
          "name": "张小雨",
          "phone": "138****0001",
          "state": "joined"
        },
        {
          "invitee": null,
          "name": null,
          "phone": null,
          "state": "empty"
        }
      ],
      "qr": "/api/invitations/[token]/qr.png"
    }
    "#);
    app.deliver().await;
    assert_eq!(app.approver("陈静").sms(), [""; 0], "nothing waits yet");

    let li = app.guest("李四").await;
    assert_eq!(li.accept(&link).await.expect(201)["outcome"], "full");
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    // One's own pass is shown, a companion's is theirs.
    let seen = guest.look(&visit).await;
    assert!(seen["visitors"][0]["pass"]["link"].is_string());
    assert_eq!(seen["visitors"][1]["pass"], Value::Null);
    let results = |guest: &Guest<'_>| {
        let told = guest.templates().into_iter();
        told.map(|t| t.title).collect::<Vec<_>>()
    };
    let mut told = results(&guest);
    told.sort();
    assert_eq!(told, ["访客申请结果通知", "通行凭证通知"]);
    assert_eq!(
        results(&li),
        ["通行凭证通知"],
        "the result is the initiator's"
    );
    assert_eq!(app.approver("刘明").texts().len(), 1);
    let asked = app.sandbox.say(&guest.person.openid, "我的通行证").await;
    let passes = asked.unwrap().text.unwrap();
    assert_eq!(passes.matches("/p/").count(), 1, "{passes}");
    app.it_is("2026-03-02 14:05");
    for guest in [&guest, &li] {
        assert!(enter(&app, guest).await.contains(r#""r":"ok""#));
    }
    app.deliver().await;
    // Withdrawn, nobody's opens any more.
    guest.withdraw(&visit).await.expect(200);
    let path = li.link().replace("/p/", "/api/passes/");
    assert_eq!(app.get(&path).await.expect(200)["state"], "revoked");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn one_phone_fills_several_places_but_nobody_joins_twice() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let (visit, link) = host.invite(3).await;
    // The host opens their own link in WeChat and fills in for two guests (代约 on the phone).
    let filler = app.guest("刘明").await;
    filler.prove(&filler.phone).await;
    let mut guests = Vec::new();
    for (name, phone) in [("李四", "13800000201"), ("王五", "13800000202")] {
        let mut form = filler.joining();
        form["visitor"]["name"] = name.into();
        form["visitor"]["phone"] = phone.into();
        form["visitor"]["id_number"] = format!("E{}", &phone[3..]).into();
        filler.accept_with(&link, &form).await.expect(201);
        guests.push(form);
    }
    let again = filler.accept_with(&link, &guests[0]).await;
    assert_snapshot!(again.problem(), @"409 already_joined 该证件号已在受邀人员中");
    // What they filled in for others is not taken for their own.
    let me = filler.get("/api/me").await.expect(200);
    assert_eq!(me["phone"], filler.phone.as_str());
    host.change(&visit, "submit", &json!({})).await.expect(200);
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    app.deliver().await;
    for phone in ["13800000201", "13800000202"] {
        assert!(app.sandbox.sms_to(phone)[0].text.contains("/p/"), "{phone}");
    }
    assert_eq!(filler.sms(), [""; 0]);
    app.finish().await;
}

#[tokio::test]
async fn joining_again_with_the_same_key_takes_one_place() {
    let app = App::start().await;
    let (visit, link) = app.approver("刘明").invite(3).await;
    let li = app.guest("李四").await;
    let path = format!("{}/accept", link.replace("/i/", "/api/invitations/"));
    let send = async |form: &Value| {
        let request = li
            .request(Method::POST, &path)
            .header("idempotency-key", "k");
        app.send(json_body(request, form)).await
    };
    let form = li.joining();
    for _ in 0..3 {
        let joined = send(&form).await.expect(201);
        assert_eq!(joined["invited"]["invitation"]["joined"], 1);
    }
    let mut other = form;
    other["visitor"]["items"] = "电脑".into();
    assert_snapshot!(send(&other).await.problem(), @"409 idempotency_key_reused 该请求编号已用于另一份申请，请刷新后重试");
    assert_eq!(app.approver("刘明").look(&visit).await["stage"], "inviting");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_member_of_staff_books_for_three_at_once() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let photo = host.give_picture("id_card").await;
    let face = host.give_picture("face").await;
    let person = |name: &str, phone: &str| {
        json!({ "name": name, "phone": phone, "id_number": format!("E{}", &phone[3..]),
            "id_photo": photo })
    };
    let mut form = host.wanted().await;
    form["visitors"] = json!([
        person("李四", "13800000401"),
        person("王五", "13800000402"),
        person("赵六", "13800000403"),
    ]);
    form["visitors"][1]["face_photo"] = face.into();
    form["visitors"][2]["plate"] = "渝A12345".into();
    form["consent"] = true.into();
    let send = async || {
        let request = host.request(Method::POST, "/api/staff/proxies").await;
        let request = request.header("idempotency-key", "k");
        app.send(json_body(request, &form)).await
    };
    let visit = Visit::of(&send().await.expect(201));
    assert_eq!(
        send().await.expect(201)["id"],
        visit.id.as_str(),
        "the same request again"
    );
    let mine = host.get("/api/staff/invitations").await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        [&mine["items"][0]["mode"], &mine["items"][0]["stage"]],
        ["proxy", "pending"]
    );
    app.deliver().await;
    let approver = app.approver("陈静");
    let todo = approver
        .get("/api/staff/approvals?box=todo")
        .await
        .expect(200);
    assert_eq!(todo["items"][0]["submitter"], "刘明");

    // Returned, corrected, approved.
    approver
        .decide(&visit, "return", "请改下午")
        .await
        .expect(200);
    app.deliver().await;
    let path = format!("/api/staff/invitations/{}", visit.id);
    let mut corrected = host.wanted().await;
    corrected["note"] = "设备验收".into();
    let again = host.put(&path, &corrected).await.expect(200);
    assert_eq!([&again["stage"], &again["note"]], ["pending", "设备验收"]);
    assert_eq!(again["visitors"].as_array().unwrap().len(), 3);
    app.later(1);
    app.deliver().await;
    approver.tap_approve(&visit).await;
    app.deliver().await;
    assert_snapshot!(host.texts().join("\n"), @"
    李四等3人 到访 校园区域（2026年03月02日 14:00 起）的申请已退回。单据号 [id]
    李四等3人 到访 校园区域（2026年03月02日 14:00 起）的申请已通过。单据号 [id]
    ");
    for phone in ["13800000401", "13800000402", "13800000403"] {
        let text = app.sandbox.sms_to(phone)[0].text.clone();
        let token = text.split("/p/").nth(1).unwrap().split(' ').next().unwrap();
        let pass = app.get(&format!("/api/passes/{token}")).await.expect(200);
        assert_eq!(pass["state"], "not_yet");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_member_of_staff_who_invites_for_a_colleague_is_told_too() {
    let app = App::start().await;
    let wang = app.approver("王强");
    let colleague = app.ctx.clone();
    let liu = campus_pass::store::staff::find_by_userid(&colleague.db.read, "liuming").await;
    let liu = liu.unwrap().unwrap().id.to_string();
    let (visit, link) = wang
        .invite_with(json!({ "host": liu, "capacity": 1 }))
        .await;
    app.guest("李四").await.accept(&link).await.expect(201);
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "reject", "当天有考试")
        .await
        .expect(200);
    app.deliver().await;
    let said = "李四 到访 校园区域（2026年03月02日 14:00 起）的申请已拒绝。单据号 [id]";
    assert_eq!(wang.texts(), [said]);
    assert_eq!(app.approver("刘明").texts(), [said]);
    assert_eq!(wang.sms(), [""; 0]);
    app.finish().await;
}

#[tokio::test]
async fn every_field_of_an_invitation_tells_what_is_wrong_with_it() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let mut table = Vec::new();
    for (field, value) in [
        ("capacity", json!(0)),
        ("capacity", json!(101)),
        ("capacity", json!("五")),
        ("capacity", json!(2.5)),
        ("capacity", Value::Null),
        ("minutes", json!(0)),
        ("minutes", json!(10081)),
        ("minutes", json!("120")),
        ("area", json!("")),
        ("host", json!("77")),
        ("area_note", json!("字".repeat(201))),
        ("invitees", json!([{ "name": "", "phone": "1" }])),
        (
            "invitees",
            json!([{ "name": "李四", "phone": "13800000001" }, { "name": "王五", "phone": "13800000002" }]),
        ),
        (
            "invitees",
            json!([{ "name": "李四", "phone": "13800000001", "vip": true }]),
        ),
        ("visitors", json!([])),
        ("ends_at", json!("2026-03-02T08:00:00+08:00")),
    ] {
        let mut form = host.wanted().await;
        form["capacity"] = json!(1);
        form[field] = value.clone();
        let answer = host.post("/api/staff/invitations", &form).await;
        let said: String = value.to_string().chars().take(30).collect();
        let fault = answer
            .problem()
            .replace("422 invalid 请检查填写的内容\n  ", "");
        table.push(format!("{field} {said} → {}", fault.replace("\n  ", " | ")));
    }
    assert_snapshot!(table.join("\n"), @r#"
    capacity 0 → capacity capacity_range 来访人数仅允许输入1~100数字
    capacity 101 → capacity capacity_range 来访人数仅允许输入1~100数字
    capacity "五" → capacity capacity_range 来访人数仅允许输入1~100数字
    capacity 2.5 → capacity capacity_range 来访人数仅允许输入1~100数字
    capacity null → capacity capacity_range 来访人数仅允许输入1~100数字
    minutes 0 → minutes minutes_range 邀请有效时长应为1~10080分钟（最长7天）
    minutes 10081 → minutes minutes_range 邀请有效时长应为1~10080分钟（最长7天）
    minutes "120" → minutes minutes_range 邀请有效时长应为1~10080分钟（最长7天）
    area "" → area area_required 请选择到访区域
    host "77" → host host_unknown 没有找到该被访人
    area_note "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字 → area_note area_note_too_long 区域描述不能超过200个字
    invitees [{"name":"","phone":"1"}] → invitees[0].name name_required 请填写姓名 | invitees[0].phone phone_invalid 手机号应为11位大陆手机号码
    invitees [{"name":"李四","phone":"1380000 → invitees invitees_too_many 受邀人员不能多于来访人数
    invitees [{"name":"李四","phone":"1380000 → invitees[0].vip field_type 没有这个字段：vip
    visitors [] → visitors field_type 没有这个字段：visitors
    ends_at "2026-03-02T08:00:00+08:00" → ends_at window_reversed 结束时间必须晚于开始时间
    "#);

    let photo = host.give_picture("id_card").await;
    let foreign = app.guest("李四").await.photo;
    let person = |photo: &str| json!({ "name": "李四", "phone": "13800000001", "id_number": "E12345678", "id_photo": photo });
    let with_everything = |n: u32| {
        json!({ "name": "张".repeat(40), "phone": "+86 138-0000-0001", "items": "物".repeat(120),
            "id_number": format!("E{n:08}"), "id_photo": photo, "plate": "渝AD12345" })
    };
    let mut table = Vec::new();
    for visitors in [
        json!([]),
        json!([person(&photo), person(&photo)]),
        json!([{ "name": "李四" }]),
        json!([person(&foreign)]),
        json!(vec![person(&photo); 101]),
        // A hundred with everything are no request too large; only these two are the same one.
        (0..99)
            .map(&with_everything)
            .chain([with_everything(0)])
            .collect(),
    ] {
        let mut form = host.wanted().await;
        form["visitors"] = visitors;
        let fault = host.post("/api/staff/proxies", &form).await.problem();
        let fault = fault.replace("422 invalid 请检查填写的内容\n  ", "");
        table.push(fault.lines().take(4).collect::<Vec<_>>().join(" | "));
    }
    assert_snapshot!(table.join("\n"), @"
    visitors capacity_range 来访人数仅允许输入1~100数字
    visitors[1].id_number id_number_twice 该证件号重复填写，请检查
    visitors[0].phone phone_required 请填写手机号 |   visitors[0].id_number id_number_required 请填写证件号 |   visitors[0].id_photo photo_required 请上传与证件号对应的证件照
    visitors[0].id_photo photo_unknown 请上传与证件号对应的证件照
    visitors capacity_range 来访人数仅允许输入1~100数字 |   visitors[1].id_number id_number_twice 该证件号重复填写，请检查 |   visitors[2].id_number id_number_twice 该证件号重复填写，请检查 |   visitors[3].id_number id_number_twice 该证件号重复填写，请检查
    visitors[99].id_number id_number_twice 该证件号重复填写，请检查
    ");

    let guest = app.guest("张小雨").await;
    let mut form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    form["companions"] = json!({ "capacity": 0, "minutes": -1 });
    assert_snapshot!(guest.post("/api/visits", &form).await.problem(), @"
    422 invalid 请检查填写的内容
      companions.capacity capacity_range 来访人数仅允许输入1~100数字
      companions.minutes minutes_range 邀请有效时长应为1~10080分钟（最长7天）
    ");
    let (visit, link) = guest.invite("刘明", 2).await;
    let path = |what: &str| format!("/api/visits/{}/{what}", visit.id);
    assert_snapshot!(guest.post(&path("extend"), &json!({})).await.problem(), @"
    422 invalid 请检查填写的内容
      minutes minutes_range 邀请有效时长应为1~10080分钟（最长7天）
    ");
    assert_snapshot!(guest.post(&path("close"), &json!({ "invitee": "x" })).await.problem(), @"
    422 invalid 请检查填写的内容
      invitee invitee_unknown 没有找到该受邀人
    ");
    assert_snapshot!(guest.post(&path("close"), &json!({ "invitee": "77" })).await.problem(), @"409 no_empty_place 没有可关闭的空名额");
    let mut joining = app.guest("王五").await.joining();
    joining["visitor"]["phone"] = "1".into();
    assert_snapshot!(guest.accept_with(&link, &joining).await.problem(), @"
    422 invalid 请检查填写的内容
      visitor.phone phone_invalid 手机号应为11位大陆手机号码
    ");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn an_invitation_is_its_initiators_and_its_links_alone() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let (visit, link) = host.invite(2).await;
    let path = format!("/api/staff/invitations/{}", visit.id);
    assert_snapshot!(app.approver("陈静").get(&path).await.problem(), @"404 not_found 没有找到该申请");
    let stolen = app
        .approver("陈静")
        .change(&visit, "withdraw", &json!({}))
        .await;
    assert_snapshot!(stolen.problem(), @"404 not_found 没有找到该申请");
    let guest = app.guest("张小雨").await;
    assert_snapshot!(guest.get(&path).await.problem(), @"403 forbidden 您没有此权限");
    assert_snapshot!(guest.post(&format!("/api/visits/{}/submit", visit.id), &json!({})).await.problem(), @"404 not_found 没有找到该申请");
    // A plain booking invites nobody.
    let plain = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    assert_snapshot!(guest.post(&format!("/api/visits/{}/submit", plain.id), &json!({})).await.problem(), @"404 not_found 没有找到该申请");
    let unknown = "/i/AAAAAAAAAAAAAAAAAAAAAA";
    assert_snapshot!(guest.accept(unknown).await.problem(), @"404 not_found 没有找到该申请");
    assert_snapshot!(app.get("/api/invitations/AAAAAAAAAAAAAAAAAAAAAA/qr.png").await.problem(), @"404 not_found 没有找到");
    let accept = format!("{}/accept", link.replace("/i/", "/api/invitations/"));
    let nobody = axum::http::Request::post(accept);
    assert_snapshot!(app.send(json_body(nobody, &guest.joining())).await.problem(), @"401 unauthorized 请先登录");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn the_picture_of_the_qr_says_the_link() {
    let app = App::start().await;
    let (_, link) = app.approver("刘明").invite(2).await;
    let path = format!("{}/qr.png", link.replace("/i/", "/api/invitations/"));
    let picture = app.get(&path).await;
    assert_eq!(picture.header("content-type"), "image/png");
    let grey = image::load_from_memory(&picture.bytes).unwrap().to_luma8();
    // Four modules of white around it, and then the corner of the first square.
    assert_eq!([39, 40].map(|n| grey.get_pixel(n, n).0[0]), [255, 0]);
    let read = read_qr(&picture.bytes);
    assert_eq!(read, format!("{}{link}", app.base));
    app.finish().await;
}

#[tokio::test]
async fn an_invitation_sent_again_with_its_key_is_one() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let mut form = host.wanted().await;
    form["capacity"] = json!(2);
    form["invitees"] = json!([{ "name": "李四", "phone": "13800000501" }]);
    let send = async || {
        let request = host.request(Method::POST, "/api/staff/invitations").await;
        let request = request.header("idempotency-key", "k");
        invited(&app.send(json_body(request, &form)).await)
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.0.id, first.1), (again.0.id, again.1));
    app.deliver().await;
    assert_eq!(app.sandbox.sms_to("13800000501").len(), 1);
    assert_eq!(app.ctx.clock.now(), moment("2026-03-02 09:00"));
    app.finish().await;
}

#[tokio::test]
async fn whoever_may_not_be_visited_is_asked_whom_they_invite_for() {
    let app = App::start().await;
    let asked = async |name: &'static str| {
        let form = json!({ "capacity": 1 });
        let member = app.approver(name);
        let answer = member.post("/api/staff/invitations", &form).await;
        answer.problem()
    };
    let (guard, host) = (asked("周岚").await, asked("刘明").await);
    assert!(guard.contains("host host_required 请选择被访人"), "{guard}");
    assert!(!host.contains("host"), "{host}");
    app.finish().await;
}
