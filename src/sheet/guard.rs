//! Looks into a packed file before it is read: what is small may unpack to more than this machine has.

use std::io::{self, Cursor, Read};

use zip::ZipArchive;

use super::SheetFault;

/// The most that a file may unpack to: [`super::MOST_ROWS`] rows of twenty columns have room.
const MOST_UNPACKED: u64 = 64 * 1024 * 1024;
/// The most parts; a workbook has some dozens.
const MOST_PARTS: usize = 1000;

/// Unpacks everything once, to nowhere: the sizes that stand in the file need not be true.
///
/// # Errors
/// When it is no workbook, or too big.
pub fn look(bytes: &[u8]) -> Result<(), SheetFault> {
    let archive = ZipArchive::new(Cursor::new(bytes));
    let mut archive = archive.map_err(|_| SheetFault::Broken)?;
    if archive.index_for_name("xl/workbook.xml").is_none() {
        return Err(SheetFault::NotASheet);
    }
    if archive.len() > MOST_PARTS {
        return Err(SheetFault::TooBig);
    }
    let mut left = MOST_UNPACKED;
    for number in 0..archive.len() {
        let part = archive.by_index(number).map_err(|_| SheetFault::Broken)?;
        let unpacked = io::copy(&mut part.take(left + 1), &mut io::sink());
        let unpacked = unpacked.map_err(|_| SheetFault::Broken)?;
        left = left.checked_sub(unpacked).ok_or(SheetFault::TooBig)?;
    }
    Ok(())
}
