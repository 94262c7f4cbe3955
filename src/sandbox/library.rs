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
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.id == id)
    }

    /// The content as WeChat lists it: one line a field.
    pub(super) fn content(&self) -> String {
        let line = |field: &Field| format!("{}:{{{{{}.DATA}}}}\n", field.label, field.name);
        self.fields.iter().map(line).collect()
    }
}

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        id: "TPL-VISIT-RESULT",
        title: "访客申请结果通知",
        fields: &[
            Field {
                name: "thing1",
                label: "被访人",
            },
            Field {
                name: "thing2",
                label: "到访区域",
            },
            Field {
                name: "time3",
                label: "开始时间",
            },
            Field {
                name: "phrase4",
                label: "审批结果",
            },
        ],
    },
    Template {
        id: "TPL-PASS-ISSUED",
        title: "通行凭证通知",
        fields: &[
            Field {
                name: "thing1",
                label: "被访人",
            },
            Field {
                name: "thing2",
                label: "到访区域",
            },
            Field {
                name: "time3",
                label: "开始时间",
            },
            Field {
                name: "time4",
                label: "结束时间",
            },
        ],
    },
    Template {
        id: "TPL-ANSWER-READY",
        title: "提问回复通知",
        fields: &[
            Field {
                name: "thing1",
                label: "提示",
            },
            Field {
                name: "phrase2",
                label: "状态",
            },
        ],
    },
    Template {
        id: "TPL-INVITATION-LAPSING",
        title: "邀请即将失效通知",
        fields: &[
            Field {
                name: "thing1",
                label: "被访人",
            },
            Field {
                name: "time2",
                label: "失效时间",
            },
            Field {
                name: "thing3",
                label: "受邀人员",
            },
        ],
    },
];

/// The SMS templates by their Tencent Cloud number; `{1}` is a variable, `{service}` the constant
/// address of the service.
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
        "{1}邀请您来访，请于{2}前填写信息：{service}/i/{3} 接受邀请。",
    ),
];
