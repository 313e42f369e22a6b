//! One line of the table: a figure, its reference and its budget.

use serde::{Deserialize, Serialize};

use super::Outcome;

/// What a figure counts. It decides how the figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    PerSecond,
    Milliseconds,
    Microseconds,
    Mebibytes,
}

/// The middle, the least and the greatest of some rounds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    pub(crate) fn of(figures: &[f64]) -> Outcome<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else {
            return Err("no round was measured".into());
        };
        let half = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) };
        Ok(Self { median, least: *least, most: *most })
    }
}

/// What must hold, of the ratio or, without a reference in the budget, of the figure itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub(crate) enum Budget {
    RatioAtLeast { bound: f64 },
    RatioAtMost { bound: f64 },
    AtLeast { bound: f64 },
    AtMost { bound: f64 },
}

/// The reference of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub(crate) what: String,
    pub(crate) figure: Spread,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    /// How much was measured, and where.
    pub(crate) size: String,
    pub(crate) unit: Unit,
    /// None if it could not be measured; the note says why.
    pub(crate) figure: Option<Spread>,
    pub(crate) reference: Option<Reference>,
    /// Our figure divided by that of the reference, of each round.
    pub(crate) ratio: Option<Spread>,
    pub(crate) budget: Option<Budget>,
    /// Whether the budget is met by the median. None without a budget or a figure.
    pub(crate) met: Option<bool>,
    pub(crate) note: Option<String>,
}

impl Row {
    /// Figures without a reference.
    pub(crate) fn alone(what: impl Into<String>, unit: Unit, figures: &[f64]) -> Outcome<Self> {
        Ok(Self {
            what: what.into(),
            size: String::new(),
            unit,
            figure: Some(Spread::of(figures)?),
            reference: None,
            ratio: None,
            budget: None,
            met: None,
            note: None,
        })
    }

    /// Figures of rounds in which both sides ran.
    pub(crate) fn beside(what: impl Into<String>, unit: Unit, reference: &str, turns: &Turns) -> Outcome<Self> {
        let ratios: Vec<f64> = turns.ours.iter().zip(&turns.theirs).map(|(one, other)| one / other).collect();
        Ok(Self {
            reference: Some(Reference { what: reference.to_owned(), figure: Spread::of(&turns.theirs)? }),
            ratio: Some(Spread::of(&ratios)?),
            ..Self::alone(what, unit, &turns.ours)?
        })
    }

    /// What could not be measured here, and why.
    pub(crate) fn not_run(what: impl Into<String>, unit: Unit, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            size: String::new(),
            unit,
            figure: None,
            reference: None,
            ratio: None,
            budget: None,
            met: None,
            note: Some(format!("not run: {}", why.into())),
        }
    }

    #[must_use]
    pub(crate) fn size(self, size: impl Into<String>) -> Self {
        Self { size: size.into(), ..self }
    }

    #[must_use]
    pub(crate) fn budget(self, budget: Budget) -> Self {
        let (ratio, figure) = (self.ratio.map(|of| of.median), self.figure.map(|of| of.median));
        let met = match budget {
            Budget::RatioAtLeast { bound } => ratio.map(|it| it >= bound),
            Budget::RatioAtMost { bound } => ratio.map(|it| it <= bound),
            Budget::AtLeast { bound } => figure.map(|it| it >= bound),
            Budget::AtMost { bound } => figure.map(|it| it <= bound),
        };
        Self { budget: Some(budget), met, ..self }
    }
}

/// Figures of both sides, round by round.
#[derive(Default)]
pub(crate) struct Turns {
    pub(crate) ours: Vec<f64>,
    pub(crate) theirs: Vec<f64>,
}

impl Turns {
    /// Lets both sides take turns. Each begins every other round, because the second may find the machine warmer.
    pub(crate) fn take(
        rounds: usize,
        mut ours: impl FnMut() -> Outcome<f64>,
        mut theirs: impl FnMut() -> Outcome<f64>,
    ) -> Outcome<Self> {
        let mut turns = Self::default();
        for round in 0..rounds {
            if round % 2 == 0 {
                turns.ours.push(ours()?);
                turns.theirs.push(theirs()?);
            } else {
                turns.theirs.push(theirs()?);
                turns.ours.push(ours()?);
            }
        }
        Ok(turns)
    }
}

/// So many a second.
pub(crate) fn rate(count: usize, time: std::time::Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
}
