/// Runs that differ in their seeds alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its values of the columns that tell arms apart.
    pub parts: Vec<String>,
    /// What was measured of each run that has it, with its seed where that is known.
    pub runs: Vec<(Option<String>, f64)>,
    /// Runs without a number at the step that is compared: of the others no mean is that of the arm.
    pub without: usize,
    /// Those of them that have rows, and none of that step.
    pub without_a_row: usize,
    /// The steps at which the numbers of its runs were measured, where they are known.
    pub ends: Vec<f64>,
}

impl Arm {
    /// As readers see it.
    pub fn label(&self) -> String {
        self.parts.join(" ")
    }

    /// Whether every run has a number.
    pub fn is_complete(&self) -> bool {
        self.without == 0
    }

    /// The numbers alone.
    pub fn values(&self) -> Vec<f64> {
        self.runs.iter().map(|(_, value)| *value).collect()
    }
}
