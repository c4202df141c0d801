//! From a filter as it was sent to what it wants, within the filter's budget.

use super::{
    filter::{HolderFilter, ProjectFilter},
    wanted::{Places, Sought, TitleIs, Wanted},
};
use crate::{
    face::{
        at_most,
        filter::{Budget, CodesFilter, DateTimeFilter, MoneyFilter, OneOf, TextFilter, given},
        key,
    },
    reference::{Reference, TerritoryFilter, TerritoryRelation},
};
use async_graphql::{InputType, MaybeUndefined};
use door::{Error, Result, authz::Store, fold::fold};
use entity::{
    At,
    codes::{CodeList, Taxonomy},
    ids::OrganizationId,
    read_model::{self as model, Bits, FUNDABLE, Packed},
};
use gql::scalars::DateTime;
use search::{Comparison, Moment};

/// What a filter wants; errors name the comparator.
pub fn wanted(store: &Store, reference: &Reference, filter: Option<&ProjectFilter>) -> Result<Wanted> {
    let Some(filter) = filter else { return Ok(Wanted::All(Vec::new())) };
    let mut reading = Reading { store, reference, budget: Budget::default(), all: Vec::new() };
    reading.filter(filter)?;
    Ok(Wanted::All(reading.all))
}

struct Reading<'a> {
    store: &'a Store,
    reference: &'a Reference,
    budget: Budget,
    /// Conditions so far, at the level being read.
    all: Vec<Wanted>,
}

impl Reading<'_> {
    fn add(&mut self, one: Wanted) -> Result<()> {
        self.budget.spend(1).map_err(Error::bad_input)?;
        self.all.push(one);
        Ok(())
    }

    fn filter(&mut self, filter: &ProjectFilter) -> Result<()> {
        if let Some(is_fundable) = filter.is_fundable {
            let bits = Wanted::Bits(Packed::Facts, FUNDABLE);
            self.add(if is_fundable { bits } else { Wanted::Not(Box::new(bits)) })?;
        }
        self.code("status", filter.status.as_ref(), model::STATUS)?;
        self.code("stage", filter.stage.as_ref(), model::STAGE)?;
        self.code("licence", filter.licence.as_ref(), model::LICENCE)?;
        self.title(filter.title.as_ref())?;
        if let Some(holder) = &filter.holder {
            self.holder(holder)?;
        }
        for (name, codes, taxonomy) in [
            ("themes", &filter.themes, Taxonomy::Theme),
            ("axes", &filter.axes, Taxonomy::Axis),
            ("publics", &filter.publics, Taxonomy::Public),
            ("methods", &filter.methods, Taxonomy::Method),
            ("policySectors", &filter.policy_sectors, Taxonomy::PolicySector),
            ("sdgGoals", &filter.sdg_goals, Taxonomy::SdgGoal),
            ("sdgTargets", &filter.sdg_targets, Taxonomy::SdgTarget),
        ] {
            self.codes(name, codes.as_ref(), taxonomy)?;
        }
        if let Some(territory) = &filter.territory {
            let places = places(self.reference, territory)?;
            self.add(Wanted::Places(places))?;
        }
        if let Some(instruments) = &filter.instruments {
            let mask = |codes: &Vec<_>| codes.iter().fold(0, |all, code| all | model::INSTRUMENTS.of(*code));
            self.list("instruments", &instruments.some, &instruments.none, |codes| {
                Ok(Wanted::Bits(Packed::Facts, mask(codes)))
            })?;
        }
        if let Some(amount) = &filter.amount_sought {
            self.sought(amount)?;
        }
        if let Some(needs) = &filter.needs {
            if let Some(some) = &needs.some {
                self.need(some.clone(), false)?;
            }
            if let Some(none) = &needs.none {
                self.need(none.clone(), true)?;
            }
        }
        self.instant("publishedAt", filter.published_at.as_ref(), Moment::Published)?;
        self.instant("updatedAt", filter.updated_at.as_ref(), Moment::Updated)?;
        if let Some(and) = &filter.and {
            let inner = self.nested(and)?;
            self.add(Wanted::All(inner))?;
        }
        if let Some(or) = &filter.or {
            let inner = self.nested(or)?;
            self.add(Wanted::Any(inner))?;
        }
        if let Some(not) = &filter.not {
            let inner = self.nested(std::slice::from_ref(&**not))?;
            self.add(Wanted::Not(Box::new(Wanted::All(inner))))?;
        }
        Ok(())
    }

    /// Filters one level down, each as one condition.
    fn nested(&mut self, filters: &[ProjectFilter]) -> Result<Vec<Wanted>> {
        let Self { store, reference, .. } = *self;
        let mut inner = Vec::new();
        let read = self.budget.deeper(|budget| {
            for filter in filters {
                let mut reading =
                    Reading { store, reference, budget: std::mem::take(budget), all: Vec::new() };
                let read = reading.filter(filter);
                *budget = reading.budget;
                if let Err(error) = read {
                    return Ok(Err(error));
                }
                inner.push(Wanted::All(reading.all));
            }
            Ok(Ok(()))
        });
        read.map_err(Error::bad_input)??;
        Ok(inner)
    }

    /// A condition on what `bits` says, from `eq`, `in`, `notIn`.
    fn one_of<T: InputType + Clone>(
        &mut self,
        name: &str,
        filter: Option<&OneOf<T>>,
        condition: impl Fn(&[T]) -> Result<Wanted>,
    ) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        if let Some(equal) = given(&filter.eq, &format!("{name}.eq")).map_err(Error::bad_input)? {
            self.add(condition(std::slice::from_ref(equal))?)?;
        }
        if let Some(any) = given(&filter.r#in, &format!("{name}.in")).map_err(Error::bad_input)? {
            at_most(any.len(), 100, name)?;
            self.add(condition(any)?)?;
        }
        if let Some(none) = given(&filter.not_in, &format!("{name}.notIn")).map_err(Error::bad_input)? {
            at_most(none.len(), 100, name)?;
            self.add(Wanted::Not(Box::new(condition(none)?)))?;
        }
        Ok(())
    }

    fn code<C: CodeList + InputType>(
        &mut self,
        name: &str,
        filter: Option<&OneOf<C>>,
        bits: Bits,
    ) -> Result<()> {
        self.one_of(name, filter, |codes| {
            Ok(Wanted::Bits(bits.column, codes.iter().fold(0, |all, code| all | bits.of(*code))))
        })
    }

    fn holder(&mut self, holder: &HolderFilter) -> Result<()> {
        self.one_of("holder.id", holder.id.as_ref(), |ids| {
            Ok(Wanted::Holder(ids.iter().map(key::<OrganizationId>).collect::<Result<_>>()?))
        })?;
        self.code("holder.kind", holder.kind.as_ref(), model::HOLDER_KINDS)?;
        self.code("holder.legalForm", holder.legal_form.as_ref(), model::LEGAL_FORM)?;
        self.code("holder.accreditation", holder.accreditation.as_ref(), model::ACCREDITATIONS)
    }

    fn title(&mut self, filter: Option<&TextFilter>) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        if let Some(text) = given(&filter.eq, "title.eq").map_err(Error::bad_input)? {
            self.add(Wanted::Title(TitleIs::Equal(fold(text))))?;
        }
        if let Some(text) = given(&filter.starts_with, "title.startsWith").map_err(Error::bad_input)? {
            self.add(Wanted::Title(TitleIs::Beginning(text.clone())))?;
        }
        if let Some(text) = given(&filter.contains, "title.contains").map_err(Error::bad_input)? {
            self.add(Wanted::Title(TitleIs::Containing(text.clone())))?;
        }
        Ok(())
    }

    fn list<T: InputType>(
        &mut self,
        name: &str,
        some: &MaybeUndefined<Vec<T>>,
        none: &MaybeUndefined<Vec<T>>,
        condition: impl Fn(&Vec<T>) -> Result<Wanted>,
    ) -> Result<()> {
        if let Some(codes) = given(some, &format!("{name}.some")).map_err(Error::bad_input)? {
            at_most(codes.len(), 100, name)?;
            self.add(condition(codes)?)?;
        }
        if let Some(codes) = given(none, &format!("{name}.none")).map_err(Error::bad_input)? {
            at_most(codes.len(), 100, name)?;
            self.add(Wanted::Not(Box::new(condition(codes)?)))?;
        }
        Ok(())
    }

    fn codes(&mut self, name: &str, filter: Option<&CodesFilter>, taxonomy: Taxonomy) -> Result<()> {
        let Some(CodesFilter { some, none }) = filter else { return Ok(()) };
        let reference = self.reference;
        self.list(name, some, none, |codes| Ok(terms(reference, taxonomy, codes)))
    }

    fn sought(&mut self, amount: &MoneyFilter) -> Result<()> {
        self.store.may_ask("Project.fundingSought")?;
        let mut sought: Option<Sought> = None;
        for (name, bound, is_least) in [("gte", &amount.gte, true), ("lte", &amount.lte, false)] {
            let Some(money) = given(bound, &format!("amountSought.{name}")).map_err(Error::bad_input)? else {
                continue;
            };
            let currency = &money.currency.0;
            let minor = money.minor().ok_or_else(|| {
                Error::bad_input(format!("`amountSought.{name}` has more decimals than {currency} has."))
            })?;
            let sought =
                sought.get_or_insert_with(|| Sought { currency: currency.clone(), least: None, most: None });
            if sought.currency != *currency {
                return Err(Error::bad_input("`amountSought` takes both bounds in the same currency."));
            }
            let bound = if is_least { &mut sought.least } else { &mut sought.most };
            *bound = Some(minor);
        }
        sought.map_or(Ok(()), |sought| self.add(Wanted::Sought(sought)))
    }

    fn need(&mut self, filter: super::filter::NeedFilter, is_not: bool) -> Result<()> {
        // Asked for now, so that the error names the filter and not the list.
        super::filter::need_condition(self.store, &filter)?;
        let need = Wanted::Need(Box::new(filter));
        self.add(if is_not { Wanted::Not(Box::new(need)) } else { need })
    }

    fn instant(&mut self, name: &str, filter: Option<&DateTimeFilter>, moment: Moment) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        let comparators: [(&str, &MaybeUndefined<DateTime>, Comparison); 4] = [
            ("gte", &filter.gte, Comparison::From),
            ("gt", &filter.gt, Comparison::After),
            ("lte", &filter.lte, Comparison::To),
            ("lt", &filter.lt, Comparison::Before),
        ];
        for (comparator, bound, comparison) in comparators {
            if let Some(at) = given(bound, &format!("{name}.{comparator}")).map_err(Error::bad_input)? {
                self.add(Wanted::Instant(moment, comparison, At(at.0)))?;
            }
        }
        Ok(())
    }
}

/// Carries one of these terms. Unknown codes are carried by nobody; an axis stands for its themes.
fn terms(reference: &Reference, taxonomy: Taxonomy, codes: &[String]) -> Wanted {
    let vocabulary = &reference.vocabulary;
    let named: Vec<_> =
        codes.iter().filter_map(|code| vocabulary.of_code(taxonomy, code)).map(|row| row.id).collect();
    let ids: Vec<_> = if taxonomy == Taxonomy::Axis {
        let is_under = |id| vocabulary.parents(id).any(|parent| named.contains(&parent.id));
        vocabulary
            .all()
            .filter(|row| row.taxonomy == Taxonomy::Theme && is_under(row.id))
            .map(|row| row.id)
            .collect()
    } else {
        named
    };
    let (mut mask, mut column, mut rest) = (0, Packed::Themes, Vec::new());
    for id in ids {
        match door::card::term_bit(reference, id) {
            Some((bits, bit)) => {
                column = bits.column;
                mask |= bit;
            }
            None => rest.push(id),
        }
    }
    if taxonomy == Taxonomy::Axis && rest.is_empty() {
        return Wanted::Axes(mask);
    }
    match (mask, rest.is_empty()) {
        // A bit of nothing, so that it still counts as a condition on this list.
        (0, true) => {
            Bits::of_taxonomy(taxonomy).map_or_else(Wanted::nothing, |bits| Wanted::Bits(bits.column, 0))
        }
        (0, false) => Wanted::Terms(rest),
        (mask, true) => Wanted::Bits(column, mask),
        (mask, false) => Wanted::Any(vec![Wanted::Bits(column, mask), Wanted::Terms(rest)]),
    }
}

/// Places a project may be found at (domain BR-32).
fn places(reference: &Reference, filter: &TerritoryFilter) -> Result<Places> {
    if filter.codes.len() > 100 {
        return Err(Error::bad_input("A filter takes at most 100 territory codes."));
    }
    let relation = given(&filter.relation, "relation").map_err(Error::bad_input)?;
    let relation = relation.copied().unwrap_or(TerritoryRelation::Any);
    let atlas = &reference.atlas;
    let mut places = Places::default();
    for code in &filter.codes {
        let Some(place) = atlas.at(reference.place_of_code(code)?) else { continue };
        let around = place.around.iter().filter_map(|&(above, _)| Some(atlas.at(above)?.row.id));
        match relation {
            TerritoryRelation::Exact => places.own.push(place.row.id),
            TerritoryRelation::Narrower => places.under.push(place.row.id),
            TerritoryRelation::Wider => {
                places.own.push(place.row.id);
                places.own.extend(around);
            }
            TerritoryRelation::Any => {
                places.under.push(place.row.id);
                places.own.extend(around);
            }
        }
    }
    for list in [&mut places.under, &mut places.own] {
        list.sort_unstable();
        list.dedup();
    }
    Ok(places)
}
