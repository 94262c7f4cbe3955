//! The account's own library: the message templates that were applied for and approved, as the consoles of
//! WeChat and of the SMS gateway would list them.

/// One template of the Official Account.
pub(super) struct Template {
    pub id: &'static str,
    pub title: &'static str,
    pub fields: &'static [Field],
}

/// One field; its kind is its name without the number (`thing1` is a `thing`).
pub(super) struct Field {
    pub name: &'static str,
    pub label: &'static str,
}

impl Field {
    pub(super) fn kind(&self) -> &'static str {
        self.name.trim_end_matches(|c: char| c.is_ascii_digit())
    }
}

impl Template {
    pub(super) fn find(id: &str, among: &'static [Self]) -> Option<&'static Self> {
        among.iter().find(|template| template.id == id)
    }

    /// The content as WeChat lists it: one line a field.
    pub(super) fn content(&self) -> String {
        let line = |field: &Field| format!("{}:{{{{{}.DATA}}}}\n", field.label, field.name);
        self.fields.iter().map(line).collect()
    }
}

const fn field(name: &'static str, label: &'static str) -> Field {
    Field { name, label }
}

const RESULT: &[Field] = &[
    field("thing1", "被访人"),
    field("thing2", "到访区域"),
    field("time3", "开始时间"),
    field("phrase4", "审批结果"),
];

const ISSUED: &[Field] = &[
    field("thing1", "被访人"),
    field("thing2", "到访区域"),
    field("time3", "开始时间"),
    field("time4", "结束时间"),
];

const fn result(id: &'static str) -> Template {
    Template {
        id,
        title: "访客申请结果通知",
        fields: RESULT,
    }
}

const fn issued(id: &'static str) -> Template {
    Template {
        id,
        title: "通行凭证通知",
        fields: ISSUED,
    }
}

/// 模板消息 of the account.
pub(super) const TEMPLATES: &[Template] = &[
    result("TPL-VISIT-RESULT"),
    issued("TPL-PASS-ISSUED"),
    Template {
        id: "TPL-ANSWER-READY",
        title: "提问回复通知",
        fields: &[field("thing1", "提示"), field("phrase2", "状态")],
    },
    Template {
        id: "TPL-INVITATION-LAPSING",
        title: "邀请即将失效通知",
        fields: &[
            field("thing1", "被访人"),
            field("time2", "失效时间"),
            field("thing3", "受邀人员"),
        ],
    },
];

/// 订阅通知 of the account.
pub(super) const NOTICES: &[Template] = &[result("NTF-VISIT-RESULT"), issued("NTF-PASS-ISSUED")];

/// 订阅消息 of the mini-program.
pub(super) const MINI_TEMPLATES: &[Template] =
    &[result("SUB-VISIT-RESULT"), issued("SUB-PASS-ISSUED")];

/// The pages of the mini-program that were published.
pub(super) const MINI_PAGES: &[&str] = &[
    "pages/visit/visit",
    "pages/pass/pass",
    "pages/invitation/invitation",
];

/// The SMS templates by their Tencent Cloud number, before which Aliyun's has `SMS_`; `{1}` is a variable
/// (Aliyun's `${v1}`), `{service}` the constant address of the service.
pub(super) const SMS_TEMPLATES: &[(&str, &str)] = &[
    (
        "1000001",
        "您有一条{1}的访客申请待审批，请在企业微信中处理。",
    ),
    (
        "1000002",
        "您的访客申请已通过，通行凭证：{service}/p/{1} 凭二维码入校。",
    ),
    ("1000003", "您到{1}的访客申请{2}。"),
    (
        "1000004",
        "您的访客申请已通过，请打开{service}/p，输入{1}和手机号后四位，凭二维码入校。",
    ),
    (
        "1000005",
        "{1}邀请您来访，请于{2}前填写信息：{service}/i/{3} 接受邀请。",
    ),
    (
        "1000006",
        "{1}登记于{2}到访您家，请打开{service}/r/{3} 查看，如不认识此人请在页面上告知。",
    ),
    (
        "1000007",
        "您的登录验证码为{1}，{2}分钟内有效，请勿告诉他人。",
    ),
];
