//! The graph of a theory of change: whether it has circles, and how it is drawn. Pure.

use crate::evidence::drawing::{Page, Style, Svg};
use entity::codes::TheoryNodeKind;
use rust_sugiyama::configure::Config;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write,
};

/// A part of the theory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub key: String,
    pub kind: TheoryNodeKind,
    pub text: String,
}

/// What leads to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: String,
    pub to: String,
}

/// The way round a circle, first key again at the end; nothing if there is none.
pub fn circle(links: &[Link]) -> Option<Vec<String>> {
    let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for link in links {
        ways.entry(&link.from).or_default().push(&link.to);
    }
    // Keys that are known to lead nowhere twice.
    let mut done: Vec<&str> = Vec::new();
    for start in ways.keys().copied() {
        // A way from the start, each step with the ways on that were not tried yet.
        let mut way: Vec<(&str, Vec<&str>)> = vec![(start, ways.get(start).cloned().unwrap_or_default())];
        while let Some((key, rest)) = way.last_mut() {
            let Some(next) = rest.pop() else {
                done.push(key);
                way.pop();
                continue;
            };
            if let Some(place) = way.iter().position(|(key, _)| *key == next) {
                let round = way.iter().skip(place).map(|(key, _)| (*key).to_owned());
                return Some(round.chain([next.to_owned()]).collect());
            }
            if !done.contains(&next) {
                way.push((next, ways.get(next).cloned().unwrap_or_default()));
            }
        }
    }
    None
}

/// The graph as Mermaid text, left to right.
pub fn mermaid(nodes: &[Node], links: &[Link]) -> String {
    let places: HashMap<&str, usize> =
        nodes.iter().zip(0..).map(|(node, place)| (node.key.as_str(), place)).collect();
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in nodes.iter().enumerate() {
        let (open, close) = if node.kind == TheoryNodeKind::Assumption { ("([", "])") } else { ("[", "]") };
        let _ = writeln!(text, "    n{place}{open}\"{}\"{close}", entities(&node.text));
    }
    for link in links {
        if let (Some(from), Some(to)) = (places.get(link.from.as_str()), places.get(link.to.as_str())) {
            let _ = writeln!(text, "    n{from} --> n{to}");
        }
    }
    text
}

/// Letters that Mermaid would take for its own, as its numbered entities.
fn entities(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => plain.push(' '),
            '"' | '#' | ';' | '<' | '>' | '&' | '`' | '\\' | '{' | '}' => {
                let _ = write!(plain, "#{};", u32::from(letter));
            }
            letter => plain.push(letter),
        }
    }
    plain
}

/// Letters of a line in a box.
const LINE: usize = 28;
/// Room around a box.
const ROOM: f64 = 28.;
const FAINT: &str = "#6b6b80";

/// A part with its place: the middle of its box, and the box' size.
struct Placed<'a> {
    node: &'a Node,
    lines: Vec<String>,
    middle: (f64, f64),
    size: (f64, f64),
}

/// The graph as a picture, left to right.
pub fn svg(nodes: &[Node], links: &[Link]) -> String {
    let placed = places(nodes, links);
    let edge = |of: fn(&Placed) -> f64| placed.iter().map(of).fold(0., f64::max);
    let width = edge(|part| part.middle.0 + part.size.0 / 2.) + ROOM;
    let height = edge(|part| part.middle.1 + part.size.1 / 2.) + ROOM;
    let (title, name) = ("Théorie du changement · Theory of change", "theory");
    let description = described(nodes, links);
    let mut svg = Svg::open(Page { width, height, name, title, description: &description, language: "" });
    let by_key: HashMap<&str, &Placed> = placed.iter().map(|part| (part.node.key.as_str(), part)).collect();
    for link in links {
        if let (Some(from), Some(to)) = (by_key.get(link.from.as_str()), by_key.get(link.to.as_str())) {
            let start = (from.middle.0 + from.size.0 / 2., from.middle.1);
            svg.arrow(start, (to.middle.0 - to.size.0 / 2., to.middle.1), FAINT);
        }
    }
    // Over the arrows: one that passes a box goes behind it.
    for part in &placed {
        let corner = (part.middle.0 - part.size.0 / 2., part.middle.1 - part.size.1 / 2.);
        let round = if part.node.kind == TheoryNodeKind::Assumption { part.size.1 / 2. } else { 6. };
        svg.pill(corner, part.size, round, paint(part.node.kind));
        for (n, line) in part.lines.iter().enumerate() {
            let y = corner.1 + 9. + 18. * (span(n) + 0.75);
            svg.text(part.middle.0, y, line, Style { anchor: "middle", ..Style::default() });
        }
    }
    svg.close()
}

/// Layers by what leads to what, and few crossings within them; parts that nothing links stand below each other.
fn places<'a>(nodes: &'a [Node], links: &[Link]) -> Vec<Placed<'a>> {
    let mut placed: Vec<Placed> = nodes.iter().map(boxed).collect();
    let numbers: HashMap<&str, u32> = nodes.iter().map(|node| node.key.as_str()).zip(0..).collect();
    // The library draws top down: height and width change places.
    let parts: Vec<(u32, (f64, f64))> =
        (0..).zip(&placed).map(|(n, part)| (n, (part.size.1, part.size.0))).collect();
    let number = |key: &str| numbers.get(key).copied();
    // Once each: the library does not come to an end with links that are there twice.
    let ways: BTreeSet<(u32, u32)> =
        links.iter().filter_map(|link| Some((number(&link.from)?, number(&link.to)?))).collect();
    let ways: Vec<(u32, u32)> = ways.into_iter().collect();
    // Without further exchanges within layers: they cost more time than they are worth to look at.
    let how = Config { vertex_spacing: 2. * ROOM, transpose: false, ..Config::default() };
    let mut top = ROOM;
    for (group, ..) in rust_sugiyama::from_vertices_and_edges(&parts, &ways, &how) {
        let ends = |n: usize, (across, along): (f64, f64)| {
            placed.get(n).map(|part| (along - part.size.0 / 2., across - part.size.1 / 2., part.size.1))
        };
        let ends: Vec<_> = group.iter().filter_map(|(n, at)| ends(*n, *at)).collect();
        let least = |of: fn(&(f64, f64, f64)) -> f64| ends.iter().map(of).fold(f64::INFINITY, f64::min);
        let (left, first) = (least(|end| end.0), least(|end| end.1));
        let last = ends.iter().map(|end| end.1 + end.2).fold(first, f64::max);
        for (n, (across, along)) in group {
            if let Some(part) = placed.get_mut(n) {
                part.middle = (along - left + ROOM, across - first + top);
            }
        }
        top += last - first + ROOM;
    }
    placed
}

fn boxed(node: &Node) -> Placed<'_> {
    let lines = broken(&node.text);
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(1);
    let size = (span(longest.max(3)) * 8. + 28., span(lines.len().max(1)) * 18. + 18.);
    Placed { node, lines, middle: (0., 0.), size }
}

/// What leads to what, for those who cannot see it.
fn described(nodes: &[Node], links: &[Link]) -> String {
    let texts: HashMap<&str, &str> =
        nodes.iter().map(|node| (node.key.as_str(), node.text.as_str())).collect();
    let told =
        |link: &Link| Some(format!("{} → {}", texts.get(link.from.as_str())?, texts.get(link.to.as_str())?));
    links.iter().filter_map(told).collect::<Vec<_>>().join("; ")
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred letters")]
fn span(count: usize) -> f64 {
    count as f64
}

/// Words in lines of some length; longer words are cut.
fn broken(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(LINE) {
            let piece: String = piece.iter().collect();
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + piece.chars().count() <= LINE => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}

const fn paint(kind: TheoryNodeKind) -> &'static str {
    match kind {
        TheoryNodeKind::Need => "mistyrose",
        TheoryNodeKind::Input => "whitesmoke",
        TheoryNodeKind::Activity => "lightyellow",
        TheoryNodeKind::Output => "honeydew",
        TheoryNodeKind::Outcome => "lightcyan",
        TheoryNodeKind::Impact => "lavender",
        TheoryNodeKind::Assumption => "white",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn links(text: &str) -> Vec<Link> {
        let link = |pair: &str| {
            let (from, to) = pair.split_once('>').unwrap();
            Link { from: from.to_owned(), to: to.to_owned() }
        };
        text.split_whitespace().map(link).collect()
    }

    #[test]
    fn circles_are_found_and_shown() {
        for (text, round) in [
            ("", None),
            ("a>b b>c a>c", None),
            ("a>b a>c b>d c>d", None),
            ("a>a", Some("a a")),
            ("a>b b>c c>a", Some("a b c a")),
            ("z>a a>b b>a", Some("a b a")),
        ] {
            assert_eq!(circle(&links(text)).map(|keys| keys.join(" ")).as_deref(), round, "{text}");
        }
    }

    fn node(key: &str, kind: TheoryNodeKind, text: &str) -> Node {
        Node { key: key.to_owned(), kind, text: text.to_owned() }
    }

    #[test]
    fn texts_cannot_write_the_picture() {
        let nodes = [
            node("a", TheoryNodeKind::Activity, "Cook <script>alert(\"1\")</script> & eat; `x`"),
            node("b", TheoryNodeKind::Assumption, "People come\nhungry"),
        ];
        let text = mermaid(&nodes, &links("a>b a>gone"));
        assert_eq!(
            text,
            "flowchart LR\n    n0[\"Cook #60;script#62;alert(#34;1#34;)#60;/script#62; #38; eat#59; #96;x#96;\"]\n    n1([\"People come hungry\"])\n    n0 --> n1\n"
        );
        let picture = svg(&nodes, &links("a>b"));
        assert!(picture.contains("<svg") && !picture.contains("<script"), "{picture}");
    }

    #[test]
    fn every_theory_is_drawn() {
        let mut dice = StdRng::seed_from_u64(4);
        for round in 0..60 {
            let count = [0, 1, 2, 7, 30, 60][round % 6];
            let text = ["A change", "", "&<>", "Unmotsanslafinquinetientpasdansuneligne"][round % 4];
            let nodes: Vec<_> =
                (0..count).map(|n| node(&format!("n{n}"), TheoryNodeKind::Outcome, text)).collect();
            let most = dice.random_range(0..=200);
            let links: Vec<_> = (0..if count > 1 { most } else { 0 })
                .map(|_| {
                    let from = dice.random_range(0..count - 1);
                    let to = dice.random_range(from + 1..count);
                    Link { from: format!("n{from}"), to: format!("n{to}") }
                })
                .collect();
            assert!(circle(&links).is_none());
            let picture = svg(&nodes, &links);
            assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"), "{picture}");
            assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
            assert_eq!(picture.matches("<rect x=").count(), count);
        }
    }

    #[test]
    fn what_leads_stands_left_of_what_it_leads_to() {
        let nodes = ["a", "b", "c", "d"].map(|key| node(key, TheoryNodeKind::Activity, "Cook together"));
        let placed = places(&nodes, &links("a>b b>c a>c"));
        let left: Vec<f64> = placed.iter().map(|part| part.middle.0).collect();
        assert!(left[0] < left[1] && left[1] < left[2], "{left:?}");
        assert!(placed[3].middle.1 > placed[0].middle.1, "what nothing links stands below");
        let apart = |one: &Placed, other: &Placed| {
            (one.middle.0 - other.middle.0).abs() >= f64::midpoint(one.size.0, other.size.0)
                || (one.middle.1 - other.middle.1).abs() >= f64::midpoint(one.size.1, other.size.1)
        };
        for (n, one) in placed.iter().enumerate() {
            assert!(placed.iter().skip(n + 1).all(|other| apart(one, other)), "boxes do not overlap");
        }
    }
}
