//! French words of the trade, the frequent ones first, and sentences made of them.

use super::draw::Draw;

const KINDS: &[&str] = &[
    "atelier",
    "réseau",
    "plateforme",
    "parcours",
    "maison",
    "coopérative",
    "accompagnement",
    "programme",
    "épicerie",
    "ressourcerie",
    "tiers-lieu",
    "jardin",
    "cuisine",
    "garage",
    "conciergerie",
    "école",
    "chantier",
    "fabrique",
    "habitat",
    "café",
    "crèche",
    "bibliothèque",
    "ferme",
    "recyclerie",
    "navette",
    "permanence",
    "laboratoire",
    "observatoire",
    "fonds",
    "collectif",
    "club",
    "caravane",
    "service",
    "académie",
    "pépinière",
    "foyer",
];
const QUALITIES: &[&str] = &[
    "solidaire",
    "inclusif",
    "mobile",
    "partagé",
    "participatif",
    "numérique",
    "rural",
    "local",
    "durable",
    "intergénérationnel",
    "citoyen",
    "alimentaire",
    "adapté",
    "collectif",
    "éducatif",
    "énergétique",
    "culturel",
    "sportif",
    "itinérant",
    "circulaire",
    "ouvert",
    "accessible",
    "innovant",
    "territorial",
    "familial",
    "écologique",
    "professionnel",
    "populaire",
    "associatif",
    "expérimental",
    "coopératif",
    "préventif",
];
const AIMS: &[&str] = &[
    "l’insertion par l’activité",
    "la mobilité inclusive",
    "l’accès aux droits",
    "l’emploi des jeunes",
    "la santé mentale",
    "l’autonomie des aînés",
    "la lutte contre l’isolement",
    "la précarité alimentaire",
    "la rénovation énergétique",
    "le réemploi des matériaux",
    "l’égalité entre les femmes et les hommes",
    "la réussite scolaire",
    "l’accueil des réfugiés",
    "l’inclusion numérique",
    "le logement abordable",
    "la prévention des expulsions",
    "la protection de l’enfance",
    "l’accès aux soins",
    "le handicap au travail",
    "la biodiversité en ville",
    "l’agriculture paysanne",
    "le soutien aux aidants",
    "la parentalité",
    "la réinsertion après la détention",
    "la culture pour tous",
    "le sport pour la santé",
    "la lutte contre l’illettrisme",
    "la transition des quartiers",
    "la médiation sociale",
    "l’économie circulaire",
    "la sobriété",
    "le retour à l’emploi",
    "l’apprentissage du français",
    "la qualité de l’air",
    "l’eau partagée",
    "la lutte contre les violences",
    "l’entrepreneuriat des femmes",
    "la formation des bénévoles",
];
const WHO: &[&str] = &[
    "les habitants",
    "les jeunes",
    "les familles",
    "les demandeurs d’emploi",
    "les aînés",
    "les aidants",
    "les salariés en insertion",
    "les personnes en situation de handicap",
    "les mères seules",
    "les étudiants",
    "les agriculteurs",
    "les personnes sans abri",
    "les réfugiés",
    "les enfants",
    "les bénévoles",
    "les travailleurs sociaux",
    "les communes",
    "les artisans",
    "les collégiens",
    "les personnes isolées",
    "les allocataires",
    "les patients",
    "les locataires",
    "les détenus",
    "les nouveaux arrivants",
];
const DOES: &[&str] = &[
    "accompagne",
    "forme",
    "réunit",
    "soutient",
    "accueille",
    "aide",
    "équipe",
    "oriente",
    "héberge",
    "transporte",
    "nourrit",
    "conseille",
    "emploie",
    "relie",
    "outille",
    "écoute",
    "finance",
    "mobilise",
    "initie",
    "protège",
];
const HOW: &[&str] = &[
    "au plus près du terrain",
    "avec les services publics",
    "grâce à des ateliers hebdomadaires",
    "par le pair-à-pair",
    "dans un lieu ouvert toute la semaine",
    "avec un suivi individuel",
    "en lien avec les entreprises du bassin",
    "par des visites à domicile",
    "avec des outils libres",
    "sur la base d’un diagnostic partagé",
    "en formant des ambassadeurs",
    "sans condition de ressources",
    "par des parcours de six mois",
    "avec une équipe pluridisciplinaire",
    "en mutualisant les moyens",
    "dans les quartiers prioritaires",
    "dans les bourgs ruraux",
    "par le jeu et la création",
    "en s’appuyant sur les commerçants",
    "avec une évaluation indépendante",
    "par des chantiers collectifs",
    "en réparant plutôt qu’en jetant",
    "à vélo et en train",
    "par la cuisine et le repas partagé",
];
const SO: &[&str] = &[
    "les coûts évités dépassent la dépense publique",
    "deux participants sur trois retrouvent un emploi",
    "le nombre de ruptures de parcours baisse de moitié",
    "la confiance revient",
    "les inscriptions doublent",
    "les déchets diminuent d’un tiers",
    "les dépenses d’énergie reculent",
    "les absences à l’école se font rares",
    "les services se coordonnent enfin",
    "chaque commune voisine demande à faire de même",
    "les résultats sont publiés chaque année",
    "les hospitalisations évitables diminuent",
];
const NAMES: &[&str] = &[
    "Les Passerelles",
    "Horizon",
    "La Traverse",
    "Le Relais",
    "Ensemble",
    "Les Deux Rives",
    "La Bascule",
    "Ressort",
    "Clé de Voûte",
    "Les Semeurs",
    "Point d’Appui",
    "Le Grand Chemin",
    "Escale",
    "La Fabrique",
    "Tandem",
    "L’Envol",
    "Racines",
    "Le Pont",
    "Alliance",
    "La Main Tendue",
    "Terre Commune",
    "Nouvelle Donne",
    "L’Étincelle",
    "Le Chaînon",
];

fn word(draw: &mut Draw, list: &'static [&'static str]) -> &'static str {
    draw.skewed_of(list).copied().unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `Atelier mobile pour la santé mentale`
pub fn title(draw: &mut Draw, place: &str) -> String {
    let (kind, quality, aim) = (word(draw, KINDS), word(draw, QUALITIES), word(draw, AIMS));
    let number = draw.below(900) + 1;
    match draw.below(3) {
        0 => format!("{} {quality} pour {aim}", capital(kind)),
        1 => format!("{} {quality} de {place}", capital(kind)),
        _ => format!("{} {number} : {aim}", capital(kind)),
    }
}

pub fn sentence(draw: &mut Draw) -> String {
    match draw.below(3) {
        0 => format!(
            "Le {} {} {} {}.",
            word(draw, KINDS),
            word(draw, DOES),
            word(draw, WHO),
            draw.one_of(HOW).copied().unwrap_or_default()
        ),
        1 => format!(
            "Pour {}, il {} {} : {}.",
            word(draw, AIMS),
            word(draw, DOES),
            word(draw, WHO),
            draw.one_of(SO).copied().unwrap_or_default()
        ),
        _ => format!(
            "{} porte sur {}, {}.",
            capital(word(draw, QUALITIES)),
            word(draw, AIMS),
            draw.one_of(HOW).copied().unwrap_or_default()
        ),
    }
}

pub fn text(draw: &mut Draw, sentences: usize) -> String {
    let all: Vec<_> = (0..sentences).map(|_| sentence(draw)).collect();
    all.join(" ")
}

pub fn organization(draw: &mut Draw, number: u64, place: &str) -> String {
    let name = draw.one_of(NAMES).copied().unwrap_or_default();
    match draw.below(3) {
        0 => format!("{name} de {place} {number}"),
        1 => format!("Association {name} {number}"),
        _ => format!("{} {} {number}", capital(word(draw, KINDS)), word(draw, QUALITIES)),
    }
}
