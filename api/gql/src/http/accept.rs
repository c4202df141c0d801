//! `Accept`: which of our two media types a client wants to read.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{codes::ErrorCode, refusal::Refusal};

/// A media type we answer in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: 200 also for documents that are wrong.
    #[default]
    Json,
    /// `application/graphql-response+json`: the status tells.
    GraphqlResponse,
}

impl Media {
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }

    fn subtype(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::GraphqlResponse => "graphql-response+json",
        }
    }
}

/// Chooses by quality, then by how exactly the client named it, then by the client's order.
/// Without `Accept`, and for `*/*`, it is JSON.
pub fn negotiate(headers: &HeaderMap) -> Result<Media, Refusal> {
    let mut lines = Vec::new();
    for line in headers.get_all(header::ACCEPT) {
        lines.push(line.to_str().map_err(|_| not_acceptable())?);
    }
    let ranges: Vec<Range> =
        lines.iter().flat_map(|line| pieces(line, ',')).filter_map(Range::read).collect();
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Ok(Media::Json);
    }
    let json = wanted(&ranges, Media::Json);
    let graphql = wanted(&ranges, Media::GraphqlResponse);
    match (json, graphql) {
        (None, None) => Err(not_acceptable()),
        (Some(json), Some(graphql)) if graphql > json => Ok(Media::GraphqlResponse),
        (None, Some(_)) => Ok(Media::GraphqlResponse),
        (Some(_), _) => Ok(Media::Json),
    }
}

/// Thousandths of quality, exactness, and place from the end: the larger, the more wanted.
type Wish = (u16, u8, usize);

/// The most exact range decides (RFC 9110, 12.5.1), a zero included.
fn wanted(ranges: &[Range], media: Media) -> Option<Wish> {
    let matching = ranges.iter().enumerate().filter_map(|(place, range)| {
        let exactness = range.exactness(media)?;
        // Wildcards have no order between our two types: JSON wins there.
        let place = if exactness == 2 { ranges.len() - place } else { 0 };
        Some((exactness, range.quality, place))
    });
    let (exactness, quality, place) = matching.max()?;
    (quality > 0).then_some((quality, exactness, place))
}

struct Range {
    kind: String,
    subtype: String,
    /// A parameter other than a UTF-8 charset: such a type we do not have.
    is_foreign: bool,
    quality: u16,
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut parts = pieces(text, ';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let mut range = Self {
            kind: kind.trim().to_ascii_lowercase(),
            subtype: subtype.trim().to_ascii_lowercase(),
            is_foreign: false,
            quality: 1_000,
        };
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = quality(value)?,
                "charset" => range.is_foreign |= !value.eq_ignore_ascii_case("utf-8"),
                _ => range.is_foreign = true,
            }
        }
        Some(range)
    }

    fn exactness(&self, media: Media) -> Option<u8> {
        if self.is_foreign {
            return None;
        }
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("*", "*") => Some(0),
            ("application", "*") => Some(1),
            ("application", subtype) if subtype == media.subtype() => Some(2),
            _ => None,
        }
    }
}

/// Splits outside of quoted strings.
pub(super) fn pieces(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |char| {
        is_quoted ^= char == '"';
        char == at && !is_quoted
    })
}

/// `0.75` as 750; a range with a quality out of bounds does not count.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

fn not_acceptable() -> Refusal {
    let message = "We answer in application/graphql-response+json or application/json.";
    Refusal::new(ErrorCode::BadRequest, message).status(StatusCode::NOT_ACCEPTABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses() {
        use Media::{GraphqlResponse as Graphql, Json};
        let table: [(&[&str], Option<Media>); 20] = [
            (&[], Some(Json)),
            (&[""], Some(Json)),
            (&["*/*"], Some(Json)),
            (&["application/*"], Some(Json)),
            (&["application/json"], Some(Json)),
            (&["APPLICATION/JSON; Charset=\"UTF-8\""], Some(Json)),
            (&["application/graphql-response+json"], Some(Graphql)),
            (&["application/graphql-response+json, application/json;q=0.9"], Some(Graphql)),
            (&["application/json;q=0.9, application/graphql-response+json"], Some(Graphql)),
            (&["application/graphql-response+json", "application/json;q=0.9"], Some(Graphql)),
            (&["application/graphql-response+json;q=0.5, application/json"], Some(Json)),
            (&["application/graphql-response+json, application/json, text/event-stream"], Some(Graphql)),
            (&["application/json, text/plain, */*"], Some(Json)),
            (&["application/json;q=0, */*"], Some(Graphql)),
            (&["application/json;q=0"], None),
            (&["text/html"], None),
            (&["application/json; charset=iso-8859-1"], None),
            (&["application/json; profile=\"a,b\""], None),
            (&["application/json; q=2"], None),
            (&["text/html, application/xhtml+xml, */*;q=0.8"], Some(Json)),
        ];
        for (lines, expected) in table {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
            }
            assert_eq!(negotiate(&headers).ok(), expected, "{lines:?}");
        }
    }
}
