//! `staff import`: who works on campus and what they may do, from the personnel office's list.

use clap::Subcommand;

use super::assembled;
use super::list::{List, ListOptions};
use crate::actions::staff::{Employed, Entered, import};
use crate::config::Settings;
use crate::domain::campus::Role;
use crate::domain::{PersonName, Phone};
use crate::secret::Masked;

#[derive(Subcommand)]
pub enum StaffCommand {
    /// Take a list of staff in: a CSV in UTF-8 whose first row names the columns 姓名, 手机号, 部门, 企业微信账号
    /// and 角色 (or name, phone, department, userid, roles). 角色 is any of 被访人, 审批人, 抄送人, 门岗 and 管理员,
    /// with spaces between; nothing in it takes all rights away. Whoever has the 企业微信账号 already is changed to
    /// what the list says; departments that are new are made. A row with a fault stops all of it; doing it
    /// twice changes nothing.
    Import(ListOptions),
}

/// What the handbook calls them.
const ROLES: [(&str, Role); 5] = [
    ("被访人", Role::Host),
    ("审批人", Role::Approver),
    ("抄送人", Role::Reader),
    ("门岗", Role::Guard),
    ("管理员", Role::Administrator),
];

pub async fn run(settings: Settings, command: StaffCommand) -> anyhow::Result<()> {
    let StaffCommand::Import(options) = command;
    let columns = [
        ["姓名", "name"],
        ["手机号", "phone"],
        ["部门", "department"],
        ["企业微信账号", "userid"],
        ["角色", "roles"],
    ];
    let list = List::read(&options, columns, employed)?;
    let ctx = assembled(&settings).await?.site.ctx.clone();
    let dry_run = options.dry_run || list.stopped;
    let imported = import(&ctx, &list.rows, dry_run).await?;
    list.tell(list.rows.iter().zip(&imported.0).map(|(employed, came)| {
        let came = match came {
            Entered::Added => "added",
            Entered::Changed => "changed",
            Entered::Unchanged => "unchanged",
        };
        let name = Masked::name(employed.name.as_str());
        format!("{came} {name} {}", employed.department)
    }));
    list.end(imported, &options)
}

fn employed([name, phone, department, userid, roles]: [&str; 5]) -> Result<Employed, String> {
    if department.is_empty() || department.chars().count() > 50 {
        return Err("部门：1到50个字".to_owned());
    }
    // https://developer.work.weixin.qq.com/document/path/90195
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.');
    if userid.is_empty() || userid.len() > 64 || !userid.chars().all(plain) {
        return Err("企业微信账号：1到64个字母、数字或_-@.".to_owned());
    }
    let role = |text: &str| {
        let named = ROLES.iter().find(|(word, _)| *word == text);
        let role = named.map(|(_, role)| *role).or_else(|| Role::parse(text));
        role.ok_or_else(|| format!("角色：没有“{text}”这个角色"))
    };
    let said = |fault: crate::domain::Fault| fault.to_string();
    Ok(Employed {
        name: PersonName::parse(name).map_err(said)?,
        phone: Phone::parse(phone).map_err(said)?,
        department: department.to_owned(),
        wecom_userid: userid.to_owned(),
        roles: roles
            .split_whitespace()
            .map(role)
            .collect::<Result<_, _>>()?,
    })
}
