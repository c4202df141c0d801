//! What a file is, told by its bytes while they come, by its name and by what its sender declares. Pure.

use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek, SeekFrom};

/// Kinds of files that may prove something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pdf,
    Png,
    Jpeg,
    Csv,
    Text,
    Xlsx,
    Docx,
    Ods,
    Odt,
}

/// Kind, its media type, and how names of such files end.
const KINDS: &[(Kind, &str, &[&str])] = &[
    (Kind::Pdf, "application/pdf", &["pdf"]),
    (Kind::Png, "image/png", &["png"]),
    (Kind::Jpeg, "image/jpeg", &["jpg", "jpeg"]),
    (Kind::Csv, "text/csv", &["csv"]),
    (Kind::Text, "text/plain", &["txt"]),
    (Kind::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    (Kind::Docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    (Kind::Ods, "application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    (Kind::Odt, "application/vnd.oasis.opendocument.text", &["odt"]),
];

/// What is taken, for messages.
pub const TAKEN: &str = "PDF, PNG, JPEG, CSV, TXT, XLSX, DOCX, ODS and ODT";

/// Bytes at the start that tell most kinds.
const HEAD: usize = 128;
/// A listing of an archive that is larger is not read.
const LISTING: u64 = 4 * 1024 * 1024;

impl Kind {
    pub fn media_type(self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or("application/octet-stream", |(_, media, _)| media)
    }

    /// By the ending of a name.
    pub fn named(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        KINDS.iter().find(|(_, _, endings)| endings.contains(&ending.as_str())).map(|(kind, ..)| *kind)
    }

    /// Whether a sender's `Content-Type` allows this kind. Without one, or with the type of any bytes, the name counts.
    pub fn is_declared(self, content_type: Option<&str>) -> bool {
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        ["", "application/octet-stream", self.media_type()].contains(&essence.as_str())
    }

    const fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Text)
    }
}

/// A file while it comes.
pub struct Reading {
    hash: Sha256,
    size: u64,
    head: Vec<u8>,
    is_text: bool,
    /// A letter of which the rest has not come yet.
    split: Vec<u8>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { hash: Sha256::new(), size: 0, head: Vec::new(), is_text: true, split: Vec::new() }
    }
}

impl Reading {
    pub fn take(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
        if self.is_text {
            self.read_text(bytes);
        }
    }

    /// Text is UTF-8 without control characters other than those of lines and columns.
    fn read_text(&mut self, bytes: &[u8]) {
        let mut whole = std::mem::take(&mut self.split);
        whole.extend_from_slice(bytes);
        let (read, rest) = match std::str::from_utf8(&whole) {
            Ok(text) => (text, 0),
            Err(fault) if fault.error_len().is_none() => {
                let (read, rest) = whole.split_at(fault.valid_up_to());
                (std::str::from_utf8(read).unwrap_or_default(), rest.len())
            }
            Err(_) => ("\0", 0),
        };
        self.is_text = !read.chars().any(|letter| letter.is_control() && !"\n\r\t\u{c}".contains(letter));
        let read = whole.len() - rest;
        self.split = whole.split_off(read);
    }

    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Hash of what came, in hexadecimal.
    pub fn sha256(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether what came is of this kind; archives are looked into.
    pub fn is(&self, kind: Kind, file: &mut (impl Read + Seek)) -> io::Result<bool> {
        let begins = |with: &[u8]| self.head.starts_with(with);
        Ok(match kind {
            Kind::Pdf => begins(b"%PDF-"),
            Kind::Png => begins(b"\x89PNG\r\n\x1a\n"),
            Kind::Jpeg => begins(b"\xff\xd8\xff"),
            kind if kind.is_text() => self.is_text && self.split.is_empty() && !begins(b"%PDF-"),
            Kind::Xlsx => begins(b"PK\x03\x04") && has_office_part(file, "xl/workbook.xml")?,
            Kind::Docx => begins(b"PK\x03\x04") && has_office_part(file, "word/document.xml")?,
            kind => self.says_its_type(kind.media_type()),
        })
    }

    /// An `OpenDocument` archive begins with its type, not compressed.
    fn says_its_type(&self, media_type: &str) -> bool {
        let (Some(name), Some(rest)) = (self.head.get(30..38), self.head.get(38..)) else { return false };
        let ends = rest.strip_prefix(media_type.as_bytes()).is_some_and(|after| after.starts_with(b"PK"));
        self.head.starts_with(b"PK\x03\x04") && name == b"mimetype" && ends
    }
}

/// Whether an Office archive holds its main part, and no macros: those have other endings and no place here.
fn has_office_part(file: &mut (impl Read + Seek), part: &str) -> io::Result<bool> {
    let Some(names) = listed(file)? else { return Ok(false) };
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let has_macros = names.iter().any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin"));
    Ok(has("[Content_Types].xml") && has(part) && !has_macros)
}

/// Names of what an archive holds, by the directory at its end; nothing if that makes no sense.
fn listed(file: &mut (impl Read + Seek)) -> io::Result<Option<Vec<String>>> {
    const END: &[u8] = b"PK\x05\x06";
    let size = file.seek(SeekFrom::End(0))?;
    // The end record and the longest comment after it.
    let tail = read_at(file, size.saturating_sub(22 + 65_535), size)?;
    let Some(end) = tail.windows(END.len()).rposition(|bytes| bytes == END) else { return Ok(None) };
    let end = tail.get(end..).unwrap_or_default();
    let (Some(length), Some(start)) = (number(end, 12, 4), number(end, 16, 4)) else { return Ok(None) };
    if length > LISTING || start.saturating_add(length) > size {
        return Ok(None);
    }
    Ok(names(&read_at(file, start, start + length)?))
}

fn names(mut directory: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while !directory.is_empty() {
        let [name, extra, comment] = [28, 30, 32].map(|place| number(directory, place, 2));
        let (name, after) = (usize::try_from(name?).ok()?, usize::try_from(extra? + comment?).ok()?);
        if !directory.starts_with(b"PK\x01\x02") {
            return None;
        }
        names.push(String::from_utf8_lossy(directory.get(46..46 + name)?).into_owned());
        directory = directory.get(46 + name + after..)?;
    }
    Some(names)
}

fn read_at(file: &mut (impl Read + Seek), from: u64, to: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A number of an archive's record, least byte first.
fn number(bytes: &[u8], place: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(place..place + length)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// An archive of empty entries; the first may have content.
    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        let two = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
        let four = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        for (name, content) in entries {
            let start = bytes.len();
            let sizes = [four(content.len()), four(content.len())].concat();
            bytes.extend([b"PK\x03\x04".as_slice(), &[0; 14], &sizes, &two(name.len()), &[0; 2]].concat());
            bytes.extend([name.as_bytes(), content].concat());
            directory
                .extend([b"PK\x01\x02".as_slice(), &[0; 16], &sizes, &two(name.len()), &[0; 12]].concat());
            directory.extend([four(start).as_slice(), name.as_bytes()].concat());
        }
        let end = [b"PK\x05\x06".as_slice(), &[0; 4], &two(entries.len()), &two(entries.len())].concat();
        let place = [four(directory.len()), four(bytes.len())].concat();
        [bytes, directory, end, place, vec![0; 2]].concat()
    }

    fn kinds(bytes: &[u8]) -> Vec<Kind> {
        // By ones: a letter may be split anywhere.
        let mut reading = Reading::default();
        for byte in bytes {
            reading.take(&[*byte]);
        }
        assert_eq!(reading.size(), bytes.len() as u64);
        let is = |kind: &Kind| reading.is(*kind, &mut Cursor::new(bytes)).unwrap();
        KINDS.iter().map(|(kind, ..)| *kind).filter(|kind| is(kind)).collect()
    }

    #[test]
    fn bytes_tell_what_they_are() {
        let office =
            |part: &str, more: &str| archive(&[("[Content_Types].xml", b""), (part, b""), (more, b"")]);
        let open = |media: &str| archive(&[("mimetype", media.as_bytes()), ("content.xml", b"")]);
        let table: &[(Vec<u8>, &[Kind])] = &[
            (b"%PDF-1.7\n...".to_vec(), &[Kind::Pdf]),
            (b"\x89PNG\r\n\x1a\n....".to_vec(), &[Kind::Png]),
            (b"\xff\xd8\xff\xe0....".to_vec(), &[Kind::Jpeg]),
            ("personne;durée\n1;3 mois\n".as_bytes().to_vec(), &[Kind::Csv, Kind::Text]),
            (b"dur\xe9e\n".to_vec(), &[]),
            ("duré".as_bytes()[..4].to_vec(), &[]),
            (b"a\0b".to_vec(), &[]),
            (b"MZ\x90\x00".to_vec(), &[]),
            (office("xl/workbook.xml", "x"), &[Kind::Xlsx]),
            (office("word/document.xml", "x"), &[Kind::Docx]),
            (office("word/document.xml", "word/vbaProject.bin"), &[]),
            (office("x", "y"), &[]),
            (open("application/vnd.oasis.opendocument.spreadsheet"), &[Kind::Ods]),
            (open("application/vnd.oasis.opendocument.text"), &[Kind::Odt]),
            (open("application/vnd.oasis.opendocument.text-template"), &[]),
            (archive(&[("a.exe", b"")]), &[]),
            (b"PK\x03\x04 and then PK\x05\x06 nonsense that claims to be a directory".to_vec(), &[]),
        ];
        for (bytes, expected) in table {
            assert_eq!(kinds(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn names_and_declarations_agree_or_not() {
        assert_eq!(Kind::named("Liste.XLSX"), Some(Kind::Xlsx));
        assert_eq!(Kind::named("photo.jpeg"), Some(Kind::Jpeg));
        for name in ["photo", "run.exe", "page.html", "drawing.svg", "pdf"] {
            assert_eq!(Kind::named(name), None, "{name}");
        }
        assert!(Kind::Csv.is_declared(Some("Text/CSV; charset=utf-8")));
        assert!(Kind::Pdf.is_declared(None) && Kind::Pdf.is_declared(Some("application/octet-stream")));
        assert!(!Kind::Pdf.is_declared(Some("image/png")));
    }

    #[test]
    fn the_hash_is_of_all_bytes() {
        let mut reading = Reading::default();
        for part in ["ab", "c"] {
            reading.take(part.as_bytes());
        }
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(reading.sha256(), known);
    }
}
