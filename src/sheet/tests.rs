use std::io::{Cursor, Read, Write};

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const COLUMNS: [Column; 3] = [
    Column::needed("姓名", "name"),
    Column::needed("手机号", "phone"),
    Column::optional("备注", "note"),
];

fn told(bytes: &[u8]) -> Result<String, String> {
    let parse = |cells: &Cells<'_>| {
        let text = |text: &str| Ok::<_, Reason>(text.to_owned());
        let filled = |text: &str| match text {
            "" => Err(Reason::new("empty", "请填写")),
            text => Ok(text.to_owned()),
        };
        let note = cells.maybe("备注", text)?.unwrap_or("-".to_owned());
        Ok(format!(
            "{} {} {note}",
            cells.read("姓名", filled)?,
            cells.read("手机号", filled)?
        ))
    };
    let list = read(bytes, &COLUMNS, parse);
    let list = list.map_err(|fault| format!("{} {fault}", fault.code()))?;
    let rows = list.rows.into_iter();
    let faulty = list.faulty.into_iter().map(|faulty| {
        let column = faulty.column.unwrap_or("*");
        (faulty.row, format!("{column} {}", faulty.code))
    });
    let mut lines: Vec<_> = rows.chain(faulty).collect();
    lines.sort();
    let lines = lines.iter().map(|(row, told)| format!("{row}: {told}"));
    let head = format!("{} {:?}", list.form.as_str(), list.ignored);
    Ok(std::iter::once(head)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n"))
}

#[test]
fn a_csv_is_read_by_its_headings_in_any_order_and_either_encoding() {
    let text = "手机号,性别,姓名\r\n13900000001,男,刘明\r\n\r\n,,\r\n13900000002,女,\"陈\n静\"\r\n13900000003,女,\r\n";
    let rows = "2: 刘明 13900000001 -\n5: 陈\n静 13900000002 -\n6: 姓名 empty";
    let expected = |form: &str| Ok(format!("{form} [\"性别\"]\n{rows}"));
    assert_eq!(told(text.as_bytes()), expected("utf-8"));
    assert_eq!(
        told(format!("\u{feff}{text}").as_bytes()),
        expected("utf-8")
    );
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    assert_eq!(told(&gbk), expected("gbk"));
    // 姓名,手机号 and 刘明,1 in GBK, by Python's codecs.
    let typed = b"\xd0\xd5\xc3\xfb,\xca\xd6\xbb\xfa\xba\xc5\n\xc1\xf5\xc3\xf7,1\n";
    assert_eq!(told(typed), Ok("gbk []\n2: 刘明 1 -".to_owned()));
}

/// `peer.xlsx` was made by openpyxl 3.1.5: a hidden sheet in front, a phone as a number, a date, a formula
/// that was never reckoned (it holds nothing), and 18 digits as a number.
#[test]
fn a_sheet_of_another_program_is_read_as_excel_s_own() {
    let peer = include_bytes!("peer.xlsx");
    insta::assert_snapshot!(told(peer).unwrap(), @"
    xlsx []
    2: 刘明 13900000001 -
    3: 陈静 13900000002 -
    4: 手机号 cell_date
    6: 手机号 empty
    7: 手机号 cell_digits_lost
    ");
}

#[test]
fn a_file_that_is_no_such_list_is_refused_in_words_of_its_own() {
    let many = format!("name,phone\n{}", "a,1\n".repeat(MOST_ROWS + 1));
    let encrypted = [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(),
        &[0; 600],
        &"EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
        &[0; 600],
    ]
    .concat();
    let cut = book(|_| {});
    let said = [
        b"".as_slice(),
        b"\n \n",
        b"name\nx",
        "姓名,name,手机号\n".as_bytes(),
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        b"%PDF-1.7\n\xff\xff\xff",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
        &encrypted,
        &cut[..cut.len() / 2],
        &packed("word/document.xml", b"<w/>", 1),
        &packed("xl/workbook.xml", b"<workbook", 1),
        many.as_bytes(),
    ]
    .map(|bytes| told(bytes).unwrap_err());
    insta::assert_snapshot!(said.join("\n"), @"
    sheet_empty 文件中没有内容
    sheet_empty 文件中没有内容
    sheet_header 文件首行应有“手机号”
    sheet_header_twice 文件首行有两列“姓名”
    sheet_unknown 文件不是Excel（.xlsx）或CSV，请使用导入模板
    sheet_unknown 文件不是Excel（.xlsx）或CSV，请使用导入模板
    sheet_old 文件是旧版Excel（.xls），请另存为.xlsx后再导入
    sheet_encrypted 文件设有密码，请取消密码后再导入
    sheet_broken 文件已损坏，请用Excel重新保存后再导入
    sheet_unknown 文件不是Excel（.xlsx）或CSV，请使用导入模板
    sheet_broken 文件已损坏，请用Excel重新保存后再导入
    sheet_too_many_rows 一次最多导入50000行，请分成几个文件
    ");
}

#[test]
fn what_unpacks_to_more_than_a_list_needs_is_refused_before_it_is_read() {
    let bomb = packed("xl/workbook.xml", &vec![b' '; 1024 * 1024], 80);
    assert!(bomb.len() < 200_000, "{} bytes", bomb.len());
    assert!(told(&bomb).unwrap_err().starts_with("sheet_too_big"));
}

/// A part of so many times these bytes.
fn packed(name: &str, bytes: &[u8], times: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    for _ in 0..times {
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn book(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, heading) in ["name", "note", "phone"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(at).unwrap(), heading).unwrap();
    }
    fill(sheet);
    book.save_to_buffer().unwrap()
}

#[test]
fn what_excel_made_of_a_cell_is_told_as_that() {
    let bytes = book(|sheet| {
        let mut row = |row: u32, name: &str| {
            sheet.write(row, 0, name).unwrap();
        };
        for (at, name) in [
            (1, "number"),
            (2, "lost"),
            (3, "date"),
            (4, "error"),
            (5, "formula"),
        ] {
            row(at, name);
        }
        // 13900000001 as a number, and one past 15 digits.
        sheet.write(1, 2, 13_900_000_001_f64).unwrap();
        sheet.write(2, 2, 110_105_194_912_310_000_f64).unwrap();
        let day = ExcelDateTime::from_ymd(2026, 3, 5).unwrap();
        let format = Format::new().set_num_format("m\"月\"d\"日\"");
        sheet.write_with_format(3, 2, &day, &format).unwrap();
        sheet
            .write(4, 2, Formula::new("=1/0").set_result("#DIV/0!"))
            .unwrap();
        sheet
            .write(5, 2, Formula::new("=1+1").set_result("2"))
            .unwrap();
        // Row 7 is empty.
        sheet
            .merge_range(7, 0, 8, 0, "merged", &Format::new())
            .unwrap();
        sheet.write(7, 2, "1").unwrap();
        sheet.write(8, 2, "2").unwrap();
        sheet.write(9, 0, "stray").unwrap();
        sheet.write(9, 2, "3").unwrap();
        sheet.write(9, 7, "?").unwrap();
        // Far out: a reader that makes room for all between has none left.
        sheet.write(1_048_575, 0, "far").unwrap();
        sheet.write(1_048_575, 2, "4").unwrap();
    });
    insta::assert_snapshot!(told(&bytes).unwrap(), @"
    xlsx []
    2: number 13900000001 -
    3: 手机号 cell_digits_lost
    4: 手机号 cell_date
    5: 手机号 cell_error
    6: formula 2 -
    8: 姓名 cell_merged
    9: 姓名 cell_merged
    10: * cells_too_many
    1048576: far 4 -
    ");
    let text = "name,phone\na,1.39E+10\nb,1.39e+10\nc,1E5\nd,'+86 139\n";
    insta::assert_snapshot!(told(text.as_bytes()).unwrap(), @"
    utf-8 []
    2: 手机号 cell_scientific
    3: 手机号 cell_scientific
    4: c 1E5 -
    5: d +86 139 -
    ");
}

#[test]
fn a_list_is_written_as_texts_that_nobody_runs_and_read_by_a_peer() {
    let runs = ["=1+1", "+1", "-1", "@A1", "\tx", "1628957678243860481"];
    let mut writer = Writer::new(&["单据号", "备注"]).unwrap();
    for text in runs {
        writer.write([text.to_owned(), String::new()]).unwrap();
    }
    assert_eq!(writer.rows(), 6);
    let mut file = writer.finish().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let first: Vec<_> = range.rows().map(|row| row[0].clone()).collect();
    let expected = ["单据号"].iter().chain(&runs);
    let expected: Vec<_> = expected
        .map(|text| Data::String((*text).to_owned()))
        .collect();
    assert_eq!(first, expected);
    let formulas = book.worksheet_formula("Sheet1").unwrap();
    assert!(formulas.is_empty(), "{formulas:?}");
}

#[test]
fn a_template_is_a_list_without_rows_and_keeps_numbers_as_they_are_typed() {
    for bytes in [
        xlsx_template(&COLUMNS).unwrap(),
        csv_template(&COLUMNS).into(),
    ] {
        let head = told(&bytes).unwrap();
        assert!(head == "xlsx []" || head == "utf-8 []", "{head}");
    }
    let runs = [
        Column::needed("=cmd|'/c calc'!A1", "x"),
        Column::needed("-1", "y"),
    ];
    assert_eq!(csv_template(&runs), "\u{feff}'=cmd|'/c calc'!A1,'-1\r\n");
}

/// The most memory that this process has had, in KiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

#[test]
fn a_long_list_is_written_in_the_memory_of_a_short_one() {
    let text = |n: u32| format!("{n:0>200}");
    let write = |rows: u32| {
        let mut writer = Writer::new(&["一", "二", "三", "四", "五"]).unwrap();
        for row in 0..rows {
            writer
                .write((0..5).map(|cell| text(row * 5 + cell)))
                .unwrap();
        }
        writer.finish().unwrap()
    };
    write(100);
    let before = most_memory();
    // 40 MB of text, no two cells the same.
    let file = write(40_000);
    assert!(file.metadata().unwrap().len() > 400_000);
    let more = most_memory() - before;
    assert!(more < 8 * 1024, "{more} KiB");
}
