//! What the settings say of messages: the operator's own ids of templates and tags, by the names under
//! which the files know them, and how fast messages leave.

use super::read::{Reader, filled};
use super::sections::{Outbox, TemplateIds};

type Ids = Vec<(String, String)>;

/// The SMS texts that message templates may name.
pub const SMS_TEXTS: [&str; 6] = [
    "approval_waiting",
    "pass_issued",
    "visit_result",
    "invited",
    "registered",
    "login_code",
];

pub fn templates(r: &mut Reader) -> Option<TemplateIds> {
    let wechat = named(
        r,
        "official_account.templates",
        &[
            "visit_result",
            "pass_issued",
            "answer_late",
            "invitation_lapsing",
        ],
        filled,
    );
    let any = |text: &str| Ok(text.to_owned());
    let names = ["visit_result", "pass_issued"];
    let mini = named(r, "mini_program.templates", &names, any);
    let account = named(r, "official_account.subscriptions", &names, any);
    let sms_variable = r.number("sms.variable_chars");
    Some(TemplateIds {
        wechat: wechat?,
        sms: SMS_TEXTS.to_vec(),
        mini: mini?,
        account: account?,
        sms_variable: sms_variable?,
    })
}

/// A tag that the account does not have is empty.
pub fn tags(r: &mut Reader) -> Option<Ids> {
    named(r, "official_account.tags", &["staff"], |text| {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(text.to_owned())
        } else {
            Err("must be the number of a tag, or empty")
        }
    })
}

/// What the operator calls each of `names`, from a table of theirs.
pub fn named(
    r: &mut Reader,
    table: &str,
    names: &[&str],
    parse: fn(&str) -> Result<String, &'static str>,
) -> Option<Ids> {
    let mut id = |name: &&str| {
        let id = r.own(&format!("{table}.{name}"), parse)?;
        Some(((*name).to_owned(), id))
    };
    // Every one is read, so that every fault is named.
    let ids: Vec<_> = names.iter().map(&mut id).collect();
    ids.into_iter().collect()
}

/// How fast messages leave.
pub fn outbox(r: &mut Reader) -> Option<Outbox> {
    let mut rate = |lane: &str| {
        let key = format!("outbox.{lane}_per_second");
        r.read(&key, |text| match text.parse() {
            Ok(rate @ 1..=10_000) => Ok(rate),
            _ => Err("must be 1 to 10000"),
        })
    };
    let (account, wecom, sms) = (rate("account"), rate("wecom"), rate("sms"));
    Some(Outbox {
        account: account?,
        wecom: wecom?,
        sms: sms?,
    })
}
