//! Distributions, from their tables and files.

use super::Compiler;
use super::sheet::Sheet;
use crate::random::{Distribution, SurvivalPoint};
use crate::scenario::DistributionTable;
use crate::time::Span;

impl Compiler<'_> {
    pub(super) fn optional_distribution(&mut self, path: &str, table: Option<&DistributionTable>) -> Option<Distribution> {
        table.map(|table| self.distribution(path, table))
    }

    /// The distribution; if something is wrong with it, a problem and zero.
    pub(super) fn distribution(&mut self, path: &str, table: &DistributionTable) -> Distribution {
        let made = match table {
            DistributionTable::Constant { value } => Ok(Distribution::Constant(*value)),
            DistributionTable::Uniform { min, max } => Distribution::uniform(*min, *max),
            DistributionTable::Exponential { mean } => Distribution::exponential(*mean),
            DistributionTable::Lognormal { mean: Some(mean), cv: Some(cv), median: None, sigma: None } => {
                Distribution::lognormal(*mean, *cv)
            }
            DistributionTable::Lognormal { mean: None, cv: None, median: Some(median), sigma: Some(sigma) } => {
                Distribution::lognormal_median(*median, *sigma)
            }
            DistributionTable::Lognormal { .. } => Err("a lognormal takes either mean and cv, or median and sigma".into()),
            DistributionTable::Gamma { mean, cv } => Distribution::gamma(*mean, *cv),
            DistributionTable::Erlang { mean, phases } => Distribution::erlang(*mean, *phases),
            DistributionTable::Weibull { mean, shape } => Distribution::weibull(*mean, *shape),
            DistributionTable::Hyperexponential { weights, means } => Distribution::hyperexponential(weights, means),
            DistributionTable::Mixture { weights, of } => {
                let parts = of.iter().enumerate().map(|(index, part)| self.distribution(&format!("{path}.of[{index}]"), part)).collect();
                Distribution::mixture(weights, parts)
            }
            DistributionTable::Empirical { file } => return self.empirical(path, file).unwrap_or(Distribution::Constant(Span::ZERO)),
        };
        self.take(path, made).unwrap_or(Distribution::Constant(Span::ZERO))
    }

    /// Values, or a survival table: the columns tell.
    fn empirical(&mut self, path: &str, name: &str) -> Option<Distribution> {
        let content = self.file(&format!("{path}.file"), name)?;
        let before = self.problems.len();
        let sheet = Sheet::read(name, content, &mut self.problems)?;
        let distribution = if sheet.has("surviving") {
            let [at, surviving] = sheet.columns(["at_s", "surviving"], [], &mut self.problems)?.0;
            let mut points = Vec::new();
            for row in sheet.rows() {
                let at = row.span(at, &mut self.problems);
                let share = row.number(surviving, &mut self.problems);
                if let (Some(at), Some(surviving)) = (at, share) {
                    points.push(SurvivalPoint { at, surviving });
                }
            }
            Distribution::survival(&points)
        } else {
            let [value] = sheet.columns(["value_s"], [], &mut self.problems)?.0;
            Distribution::empirical(sheet.rows().filter_map(|row| row.span(value, &mut self.problems)).collect())
        };
        if self.problems.len() > before {
            return None;
        }
        self.take(&format!("{path}.file"), distribution.map_err(|why| format!("{name}: {why}")))
    }
}
