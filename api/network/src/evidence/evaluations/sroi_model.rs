//! The model of a social return, as the API shows and takes it; the reckoning is in `sroi`.

use super::{
    evaluation::permissions_within,
    sroi::{self, Case, Deductions, Model, Variation},
    state::is_editable,
};
use crate::{
    evidence::permissions::OwnViewerPermissions,
    face::{Door, key, payload},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Store, check_version},
    nullable,
};
use entity::{
    evidence::{evaluation, sroi_model},
    ids::{EvaluationId, SroiModelId},
};
use gql::scalars::{CurrencyCode, DateTime, Decimal};
use rust_decimal::Decimal as Number;
use sea_orm::{ColumnTrait, Set};
use serde::{Deserialize, Serialize};

/// Model of the social return on an investment.
#[derive(Clone)]
pub struct SroiModel(pub sroi_model::Model);

/// What was put in.
#[derive(Clone, Debug, InputObject, SimpleObject, Serialize, Deserialize)]
#[graphql(input_name = "SroiInvestmentInput")]
pub struct SroiInvestment {
    /// What it was; at most 200 characters.
    pub label: String,
    /// Amount, in the model's currency.
    #[serde(with = "text")]
    pub amount: Decimal,
    /// Year of it: 0 for the beginning, not discounted.
    pub year: i32,
}

/// What differs in a low or high case; what is left out is as in the base case.
#[derive(Clone, Debug, Default, InputObject, SimpleObject, Serialize, Deserialize)]
#[graphql(input_name = "SroiVariationInput")]
#[serde(default)]
pub struct SroiVariation {
    /// How many have it.
    #[serde(with = "maybe")]
    pub quantity: Option<Decimal>,
    /// What one is worth in one year.
    #[serde(with = "maybe")]
    pub proxy: Option<Decimal>,
    /// Years that it lasts.
    pub duration_years: Option<i32>,
    /// Share that would have happened anyway, in percent.
    #[serde(with = "maybe")]
    pub deadweight_percent: Option<Decimal>,
    /// Share of the rest that was lost elsewhere, in percent.
    #[serde(with = "maybe")]
    pub displacement_percent: Option<Decimal>,
    /// Share of the rest that others brought about, in percent.
    #[serde(with = "maybe")]
    pub attribution_percent: Option<Decimal>,
    /// Share that is gone each year after the first, in percent.
    #[serde(with = "maybe")]
    pub drop_off_percent: Option<Decimal>,
}

/// A change for a stakeholder, what it is worth, and how much of it is owed to what was put in.
#[derive(Clone, Debug, InputObject, SimpleObject, Serialize, Deserialize)]
#[graphql(input_name = "SroiOutcomeInput")]
pub struct SroiOutcome {
    /// For whom; at most 200 characters.
    pub stakeholder: String,
    /// What changes; at most 300 characters.
    pub label: String,
    /// How many have it: people, or units.
    #[serde(with = "text")]
    pub quantity: Decimal,
    /// What one is worth in one year, in the model's currency; negative for harm.
    #[serde(with = "text")]
    pub proxy: Decimal,
    /// Where that worth comes from; at most 500 characters.
    pub proxy_source: String,
    /// Years that it lasts.
    pub duration_years: i32,
    /// Share that would have happened anyway, in percent. Required for a ratio; nought has to be said.
    #[serde(with = "maybe")]
    pub deadweight_percent: Option<Decimal>,
    /// Share of the rest that was lost elsewhere, in percent. Required for a ratio.
    #[serde(with = "maybe")]
    pub displacement_percent: Option<Decimal>,
    /// Share of the rest that others brought about, in percent. Required for a ratio.
    #[serde(with = "maybe")]
    pub attribution_percent: Option<Decimal>,
    /// Share that is gone each year after the first, in percent. Required for a ratio.
    #[serde(with = "maybe")]
    pub drop_off_percent: Option<Decimal>,
    /// What differs in the most cautious case.
    pub low: Option<SroiVariation>,
    /// What differs in the most hopeful case.
    pub high: Option<SroiVariation>,
}

mod text {
    use gql::scalars::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        value.0.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        String::deserialize(from).map(Decimal)
    }
}

mod maybe {
    use gql::scalars::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands the field over so")]
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(|value| &value.0).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Decimal))
    }
}

/// One way of reckoning, step by step. Amounts are in the model's currency.
#[derive(Clone, Debug, SimpleObject)]
pub struct SroiCase {
    /// Present value of the outcomes for each unit of present investment.
    pub ratio: Decimal,
    /// Present value of all outcomes.
    pub value: Decimal,
    /// Present value of all investments.
    pub investment: Decimal,
    /// What is left of the value beyond the investment.
    pub net_value: Decimal,
    /// Steps of each outcome, in the order of the model; at most 50.
    pub outcomes: Vec<SroiOutcomeSteps>,
}

/// How an outcome's value comes about; each figure follows from the one above.
#[derive(Clone, Debug, SimpleObject)]
pub struct SroiOutcomeSteps {
    /// Quantity × proxy: its worth in the first year.
    pub gross: Decimal,
    /// That less deadweight.
    pub after_deadweight: Decimal,
    /// That less displacement.
    pub after_displacement: Decimal,
    /// That less attribution: the impact of the first year.
    pub after_attribution: Decimal,
    /// Impact year by year; at most 50.
    pub years: Vec<SroiYear>,
    /// Sum of the years' present values.
    pub present_value: Decimal,
}

/// One year of an outcome.
#[derive(Clone, Debug, SimpleObject)]
pub struct SroiYear {
    /// Year, from 1.
    pub year: i32,
    /// Impact of the year before less drop-off.
    pub impact: Decimal,
    /// What the impact is divided by: (1 + discount rate) to the power of the year.
    pub discount_factor: Decimal,
    /// Impact divided by the discount factor.
    pub present_value: Decimal,
}

/// Decimals that results are shown with; they are reckoned with 28 digits.
const SHOWN: u32 = 6;

fn shown(number: Number) -> Decimal {
    Decimal(number.round_dp(SHOWN).normalize().to_string())
}

impl From<&Case> for SroiCase {
    fn from(case: &Case) -> Self {
        let year = |year: &sroi::YearStep| SroiYear {
            year: i32::try_from(year.year).unwrap_or(i32::MAX),
            impact: shown(year.impact),
            discount_factor: shown(year.discount_factor),
            present_value: shown(year.present_value),
        };
        let steps = |steps: &sroi::OutcomeSteps| SroiOutcomeSteps {
            gross: shown(steps.gross),
            after_deadweight: shown(steps.after_deadweight),
            after_displacement: shown(steps.after_displacement),
            after_attribution: shown(steps.after_attribution),
            years: steps.years.iter().map(year).collect(),
            present_value: shown(steps.present_value),
        };
        Self {
            ratio: shown(case.ratio),
            value: shown(case.value),
            investment: shown(case.investment),
            net_value: shown(case.net_value),
            outcomes: case.outcomes.iter().map(steps).collect(),
        }
    }
}

/// Model of the social return on an investment. Seen with its evaluation's findings.
///
/// No list of the network can be sorted by ratio: ratios of different themes do not compare (domain BR-22).
#[Object]
impl SroiModel {
    /// Id, `sro_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Currency of all amounts.
    async fn currency(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// Years looked at; what lasts longer is not counted.
    async fn horizon_years(&self) -> i32 {
        self.0.horizon_years
    }

    /// Yearly discount rate, in percent.
    async fn discount_percent(&self) -> Decimal {
        Decimal(self.0.discount_rate.clone())
    }

    /// What was put in; at most 50.
    async fn investments(&self) -> Vec<SroiInvestment> {
        serde_json::from_value(self.0.investment.clone()).unwrap_or_default()
    }

    /// What changed for whom; at most 50.
    async fn outcomes(&self) -> Vec<SroiOutcome> {
        serde_json::from_value(self.0.outcomes.clone()).unwrap_or_default()
    }

    /// Ratio with all steps.
    async fn base(&self) -> Nullable<SroiCase> {
        self.reckoned(|sroi| &sroi.base)
    }

    /// Ratio at its most cautious, with all steps.
    async fn low(&self) -> Nullable<SroiCase> {
        self.reckoned(|sroi| &sroi.low)
    }

    /// Ratio at its most hopeful, with all steps.
    async fn high(&self) -> Nullable<SroiCase> {
        self.reckoned(|sroi| &sroi.high)
    }

    /// What the viewer may do to it now. `update` is `sroiModelWrite`.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<OwnViewerPermissions> {
        let whole = ctx.store().load::<evaluation::Entity>(self.0.evaluation_id).await;
        nullable(whole.map(|row| row.map(|row| permissions_within(ctx.store().viewer(), &row))))
    }
}

impl SroiModel {
    fn reckoned(&self, case: impl Fn(&sroi::Sroi) -> &Case) -> Nullable<SroiCase> {
        let model = SroiWritten {
            discount_percent: self.0.discount_rate.clone(),
            horizon_years: self.0.horizon_years,
            investments: serde_json::from_value(self.0.investment.clone()).unwrap_or_default(),
            outcomes: serde_json::from_value(self.0.outcomes.clone()).unwrap_or_default(),
            rates: self
                .0
                .sensitivity
                .clone()
                .and_then(|rates| serde_json::from_value(rates).ok())
                .unwrap_or_default(),
        };
        let sroi = sroi::sroi(&model.model()).ok()?;
        Some(Ok(SroiCase::from(case(&sroi))))
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Rates {
    low: Option<String>,
    high: Option<String>,
}

struct SroiWritten {
    discount_percent: String,
    horizon_years: i32,
    investments: Vec<SroiInvestment>,
    outcomes: Vec<SroiOutcome>,
    rates: Rates,
}

fn number(text: &str) -> Number {
    // The scalar was checked on the way in.
    text.parse().unwrap_or_default()
}

fn maybe_number(value: Option<&Decimal>) -> Option<Number> {
    value.map(|value| number(&value.0))
}

fn years(count: i32) -> u32 {
    u32::try_from(count).unwrap_or(0)
}

impl SroiWritten {
    fn model(&self) -> Model {
        let varied = |varied: Option<&SroiVariation>| {
            varied.map_or_else(Variation::default, |varied| Variation {
                quantity: maybe_number(varied.quantity.as_ref()),
                proxy: maybe_number(varied.proxy.as_ref()),
                duration_years: varied.duration_years.map(years),
                deductions: Deductions {
                    deadweight: maybe_number(varied.deadweight_percent.as_ref()),
                    displacement: maybe_number(varied.displacement_percent.as_ref()),
                    attribution: maybe_number(varied.attribution_percent.as_ref()),
                    drop_off: maybe_number(varied.drop_off_percent.as_ref()),
                },
            })
        };
        let outcome = |outcome: &SroiOutcome| sroi::Outcome {
            quantity: number(&outcome.quantity.0),
            proxy: number(&outcome.proxy.0),
            duration_years: years(outcome.duration_years),
            deductions: Deductions {
                deadweight: maybe_number(outcome.deadweight_percent.as_ref()),
                displacement: maybe_number(outcome.displacement_percent.as_ref()),
                attribution: maybe_number(outcome.attribution_percent.as_ref()),
                drop_off: maybe_number(outcome.drop_off_percent.as_ref()),
            },
            low: varied(outcome.low.as_ref()),
            high: varied(outcome.high.as_ref()),
        };
        let investment =
            |one: &SroiInvestment| sroi::Investment { amount: number(&one.amount.0), year: years(one.year) };
        Model {
            horizon_years: years(self.horizon_years),
            discount_percent: number(&self.discount_percent),
            low_discount_percent: self.rates.low.as_deref().map(number),
            high_discount_percent: self.rates.high.as_deref().map(number),
            investments: self.investments.iter().map(investment).collect(),
            outcomes: self.outcomes.iter().map(outcome).collect(),
        }
    }
}

/// Writes the model of an evaluation's social return, as a whole.
#[derive(Clone, Debug, InputObject)]
pub struct SroiModelWriteInput {
    /// Evaluation it belongs to.
    pub evaluation_id: ID,
    /// Version of the model that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Currency of all amounts.
    pub currency: CurrencyCode,
    /// Years looked at, 1 to 50.
    pub horizon_years: i32,
    /// Yearly discount rate, in percent.
    pub discount_percent: Decimal,
    /// Discount rate of the most cautious case, if another.
    pub low_discount_percent: Option<Decimal>,
    /// Discount rate of the most hopeful case, if another.
    pub high_discount_percent: Option<Decimal>,
    /// What was put in; at most 50.
    pub investments: Vec<SroiInvestment>,
    /// What changed for whom; at most 50.
    pub outcomes: Vec<SroiOutcome>,
}

payload! {
    /// Outcome of `sroiModelWrite`.
    SroiModelWritePayload {
        /// Model as it is now.
        sroi_model: SroiModel
    }
}

#[derive(Clone, Copy, Default)]
pub struct SroiMutation;

#[Object]
impl SroiMutation {
    /// Writes the model of an evaluation's social return; for the lead, until delivery.
    ///
    /// Refused without deadweight, displacement, attribution, drop-off and a range around the ratio (domain BR-22).
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `SROI_INCOMPLETE`, `BLANK`, `TOO_LONG`; top level:
    /// `FORBIDDEN`.
    async fn sroi_model_write(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to write.")] input: SroiModelWriteInput,
    ) -> Nullable<SroiModelWritePayload> {
        payload(write(ctx.store(), input).await)
    }
}

async fn write(store: &Store, input: SroiModelWriteInput) -> Result<SroiModel> {
    let mut tx = store.begin().await?;
    let path = ["input", "evaluationId"];
    let held =
        tx.hold::<evaluation::Entity>(key::<EvaluationId>(&input.evaluation_id)?, Act::Edit, &path).await?;
    if !is_editable(held.status) {
        return Err(Error::state(format!("An evaluation that is {} cannot change.", held.status)));
    }
    let before =
        tx.see::<sroi_model::Entity>().filter(sroi_model::Column::EvaluationId.eq(held.id)).one().await?;
    check_version(input.if_version.as_deref(), before.as_ref().map_or(0, |row| row.version))?;
    let rates = Rates {
        low: input.low_discount_percent.map(|rate| rate.0),
        high: input.high_discount_percent.map(|rate| rate.0),
    };
    let written = SroiWritten {
        discount_percent: input.discount_percent.0,
        horizon_years: input.horizon_years,
        investments: input.investments,
        outcomes: input.outcomes,
        rates,
    };
    check(&written)?;
    let now = store.now();
    let row = sroi_model::ActiveModel {
        id: Set(before.as_ref().map_or_else(SroiModelId::fresh, |row| row.id)),
        currency: Set(input.currency.0),
        horizon_years: Set(written.horizon_years),
        discount_rate: Set(written.discount_percent),
        investment: Set(serde_json::json!(written.investments)),
        outcomes: Set(serde_json::json!(written.outcomes)),
        sensitivity: Set(Some(serde_json::json!(written.rates))),
        version: Set(before.as_ref().map_or(1, |row| row.version + 1)),
        created_at: Set(before.as_ref().map_or(now, |row| row.created_at)),
        updated_at: Set(now),
        ..Default::default()
    };
    let held = tx.update(held, |_| ()).await?;
    tx.replace::<sroi_model::Entity>(&held, vec![row]).await?;
    let row =
        tx.see::<sroi_model::Entity>().filter(sroi_model::Column::EvaluationId.eq(held.id)).one().await?;
    tx.commit(Event::of("sroiModelWrite")).await?;
    row.map(SroiModel).ok_or_else(|| Error::not_found(&path))
}

fn check(written: &SroiWritten) -> Result<()> {
    let mut faults = Faults::default();
    for (field, count) in [("investments", written.investments.len()), ("outcomes", written.outcomes.len())] {
        if count > 50 {
            faults.add(UserErrorCode::TooLong, &["input", field], "At most 50, please.");
        }
    }
    for (place, one) in written.investments.iter().enumerate() {
        faults.required(Some(one.label.clone()), &["input", "investments", &place.to_string(), "label"], 200);
    }
    for (place, one) in written.outcomes.iter().enumerate() {
        let place = place.to_string();
        for (field, text, most) in [
            ("stakeholder", &one.stakeholder, 200),
            ("label", &one.label, 300),
            ("proxySource", &one.proxy_source, 500),
        ] {
            faults.required(Some(text.clone()), &["input", "outcomes", &place, field], most);
        }
    }
    faults.none_or_refuse()?;
    match sroi::sroi(&written.model()) {
        Ok(_) => Ok(()),
        Err(refusal) => {
            let place = match refusal {
                sroi::Refusal::Missing { outcome, .. }
                | sroi::Refusal::OutOfRange { outcome: Some(outcome), .. } => Some(outcome.to_string()),
                _ => None,
            };
            let path: Vec<&str> =
                place.as_deref().map_or_else(|| vec!["input"], |place| vec!["input", "outcomes", place]);
            Err(Error::mend(UserErrorCode::SroiIncomplete, &path, format!("No ratio: {refusal}.")))
        }
    }
}
