//! The personnel office's list: its headings, and what each row says.

use crate::domain::campus::Role;
use crate::domain::{PersonName, Phone};
use crate::sheet::{Cells, Column, Reason, Wrong};

/// Somebody on the personnel office's list.
#[derive(Clone, Debug)]
pub struct Employed {
    pub name: PersonName,
    pub phone: Phone,
    pub department: String,
    /// By which they are the same person as before.
    pub wecom_userid: String,
    /// Empty for somebody who has left.
    pub roles: Vec<Role>,
}

/// What the personnel office's list is headed with.
pub const COLUMNS: [Column; 5] = [
    Column::needed("姓名", "name"),
    Column::needed("手机号", "phone"),
    Column::needed("部门", "department"),
    Column::needed("企业微信账号", "userid"),
    Column::needed("角色", "roles"),
];

/// What the handbook calls them.
const ROLES: [(&str, Role); 5] = [
    ("被访人", Role::Host),
    ("审批人", Role::Approver),
    ("抄送人", Role::Reader),
    ("门岗", Role::Guard),
    ("管理员", Role::Administrator),
];

/// What the list calls a role.
#[must_use]
pub fn role_word(role: Role) -> &'static str {
    let named = ROLES.iter().find(|(_, known)| *known == role);
    named.map_or(role.as_str(), |(word, _)| word)
}

/// Somebody on it.
///
/// # Errors
/// What is wrong with the first cell that is.
pub fn employed(cells: &Cells<'_>) -> Result<Employed, Wrong> {
    Ok(Employed {
        name: cells.read("姓名", PersonName::parse)?,
        phone: cells.read("手机号", Phone::parse)?,
        department: cells.read("部门", department)?,
        wecom_userid: cells.read("企业微信账号", userid)?,
        roles: cells.read("角色", roles)?,
    })
}

fn department(text: &str) -> Result<String, Reason> {
    if text.is_empty() || text.chars().count() > 50 {
        return Err(Reason::new("department_invalid", "部门：1到50个字"));
    }
    Ok(text.to_owned())
}

/// <https://developer.work.weixin.qq.com/document/path/90195>
fn userid(text: &str) -> Result<String, Reason> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
        let said = "企业微信账号：1到64个字母、数字或_-@.";
        return Err(Reason::new("userid_invalid", said));
    }
    Ok(text.to_owned())
}

fn roles(text: &str) -> Result<Vec<Role>, Reason> {
    let role = |text: &str| {
        let named = ROLES.iter().find(|(word, _)| *word == text);
        let role = named.map(|(_, role)| *role).or_else(|| Role::parse(text));
        role.ok_or_else(|| Reason::new("role_unknown", format!("角色：没有“{text}”这个角色")))
    };
    text.split_whitespace().map(role).collect()
}
