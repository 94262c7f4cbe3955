//! What is wrong with a file as a whole.

use super::MOST_ROWS;

/// Why a file is not read. Each says what its sender can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetFault {
    #[error("文件中没有内容")]
    Empty,
    /// Neither text in UTF-8 or GBK nor a sheet: a picture, a document, a renamed file.
    #[error("文件不是Excel（.xlsx）或CSV，请使用导入模板")]
    NotASheet,
    #[error("文件是旧版Excel（.xls），请另存为.xlsx后再导入")]
    OldExcel,
    #[error("文件设有密码，请取消密码后再导入")]
    Encrypted,
    #[error("文件已损坏，请用Excel重新保存后再导入")]
    Broken,
    /// What it unpacks to, or how wide it is.
    #[error("文件内容过大，请删除多余的工作表、列和格式后再导入")]
    TooBig,
    #[error("一次最多导入{MOST_ROWS}行，请分成几个文件")]
    TooManyRows,
    #[error("文件首行应有“{}”", .0.join("”“"))]
    Missing(Vec<&'static str>),
    #[error("文件首行有两列“{0}”")]
    Twice(&'static str),
}

impl SheetFault {
    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "sheet_empty",
            Self::NotASheet => "sheet_unknown",
            Self::OldExcel => "sheet_old",
            Self::Encrypted => "sheet_encrypted",
            Self::Broken => "sheet_broken",
            Self::TooBig => "sheet_too_big",
            Self::TooManyRows => "sheet_too_many_rows",
            Self::Missing(_) => "sheet_header",
            Self::Twice(_) => "sheet_header_twice",
        }
    }
}
