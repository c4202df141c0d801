//! Pictures as SVG 1.1: a few shapes, and texts that are always escaped. Pure; knows nothing of what is drawn.

use std::fmt::Write;

pub const INK: &str = "#1b1b2f";
pub const ACCENT: &str = "#1f4e9c";

/// What a picture is about, and how large it is.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    pub width: f64,
    pub height: f64,
    /// For the ids of title and description: pictures may share a page.
    pub name: &'static str,
    pub title: &'a str,
    /// For those who cannot see it.
    pub description: &'a str,
    /// Of title, description and texts; nothing where that is not known.
    pub language: &'static str,
}

/// Text shortened to so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Style {
    pub size: u8,
    pub bold: bool,
    pub anchor: &'static str,
    pub colour: &'static str,
}

impl Default for Style {
    fn default() -> Self {
        Self { size: 13, bold: false, anchor: "start", colour: INK }
    }
}

/// Writer of SVG 1.1: a few shapes, and texts that are always escaped.
pub struct Svg(String);

impl Svg {
    pub fn open(page: Page) -> Self {
        let mut svg = Self(String::new());
        let Page { width, height, name, language, .. } = page;
        let (title, description) = (escaped(page.title), escaped(page.description));
        svg.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" aria-labelledby=\"{name}-title {name}-description\" \
             lang=\"{language}\" xml:lang=\"{language}\" \
             font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\">\n\
             <title id=\"{name}-title\">{title}</title>\n\
             <desc id=\"{name}-description\">{description}</desc>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        ));
        svg
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str, style: Style) {
        self.write(x, y, &escaped(text), style);
    }

    /// Text at the left, shortened to so many characters; the whole shows up where the pointer rests on it.
    pub fn label(&mut self, y: f64, text: &str, most: usize, mark: &str, style: Style) {
        let short = cut(text, most);
        let whole = if short == text { String::new() } else { format!("<title>{}</title>", escaped(text)) };
        self.write(16.0, y, &format!("{}{mark}{whole}", escaped(&short)), style);
    }

    fn write(&mut self, x: f64, y: f64, escaped: &str, style: Style) {
        let Style { size, anchor, colour, .. } = style;
        let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
        self.push(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" \
             fill=\"{colour}\"{weight}>{escaped}</text>\n"
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, dashes: &str) {
        let dashes =
            if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        self.push(format_args!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"{dashes}/>\n",
            from.0, from.1, to.0, to.1
        ));
    }

    /// Line with an upright end on either side.
    pub fn bar(&mut self, low: f64, high: f64, y: f64) {
        for (from, to) in
            [((low, y), (high, y)), ((low, y - 5.0), (low, y + 5.0)), ((high, y - 5.0), (high, y + 5.0))]
        {
            self.line(from, to, ACCENT, "");
        }
    }

    pub fn polygon(&mut self, points: &[(f64, f64)], fill: &str, stroke: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        self.push(format_args!("<polygon points=\"{points}\" fill=\"{fill}\" stroke=\"{stroke}\"/>\n"));
    }

    /// A box with round corners.
    pub fn pill(&mut self, at: (f64, f64), size: (f64, f64), round: f64, fill: &str) {
        let ((x, y), (width, height)) = (at, size);
        self.push(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round:.1}\" \
             fill=\"{fill}\" stroke=\"{INK}\"/>\n"
        ));
    }

    /// An arrow that leaves and arrives level.
    pub fn arrow(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let bend = ((to.0 - from.0) / 2.0).abs().max(24.0);
        self.push(format_args!(
            "<path d=\"M{:.1},{:.1} C{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\" fill=\"none\" stroke=\"{colour}\"/>\n",
            from.0,
            from.1,
            from.0 + bend,
            from.1,
            to.0 - bend,
            to.1,
            to.0,
            to.1
        ));
        self.polygon(&[to, (to.0 - 8.0, to.1 - 4.0), (to.0 - 8.0, to.1 + 4.0)], colour, colour);
    }

    pub fn close(mut self) -> String {
        self.push(format_args!("</svg>\n"));
        self.0
    }

    fn push(&mut self, text: std::fmt::Arguments) {
        // Writing into a string does not fail.
        let _ = self.0.write_fmt(text);
    }
}

/// Text for XML: what has a meaning there is written otherwise, what may not stand there is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}
