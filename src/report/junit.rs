//! The verdicts of a gate as JUnit XML, which CI servers show as tests.

use super::GateReport;
use super::gate::Case;
use crate::experiment::Outcome;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io;

impl GateReport {
    /// The same as JUnit XML: a test suite for each scenario, a test for each verdict. What fails is a failure, what is undecided an error. There
    /// is no time in it: it is the same for the same scenarios and seeds.
    ///
    /// ```
    /// use waitline::experiment::{Conditions, gate};
    /// use waitline::report::{GateReport, ScenarioVerdicts};
    /// let model = waitline::Scenario::open("scenarios/gate.toml")?.compile()?;
    /// let gated = gate(&model, 30, &Conditions::new(1, 1000))?;
    /// let report = GateReport::new(vec![ScenarioVerdicts::new("gate.toml", &model.outline(), Some(&gated), None)]);
    /// let mut xml = Vec::new();
    /// report.write_junit(&mut xml)?;
    /// assert!(String::from_utf8(xml)?.contains(r#"<testsuite name="gate.toml" tests="5""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn write_junit(&self, to: &mut dyn io::Write) -> io::Result<()> {
        let mut report = Report::new("waitline gate");
        for scenario in &self.scenarios {
            let mut suite = TestSuite::new(scenario.file.as_str());
            for case in scenario.cases() {
                let mut test = TestCase::new(case.name.as_str(), status(&case));
                test.set_classname(scenario.scenario.as_str());
                if case.outcome == Outcome::Holds {
                    test.set_system_out(case.sentence);
                }
                suite.add_test_case(test);
            }
            report.add_test_suite(suite);
        }
        report.serialize(to).map_err(io::Error::other)
    }
}

fn status(case: &Case<'_>) -> TestCaseStatus {
    let (kind, what) = match case.outcome {
        Outcome::Holds => return TestCaseStatus::success(),
        Outcome::Fails => (NonSuccessKind::Failure, "fails"),
        Outcome::Undecided => (NonSuccessKind::Error, "undecided"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    // Some servers show the message, others the text.
    status.set_message(case.sentence).set_type(what).set_description(case.sentence);
    status
}
