/// The tables of a spec.
pub const SECTIONS: [&str; 8] =
    ["recipe", "data", "model", "train", "arm", "analysis", "search", "claim"];
