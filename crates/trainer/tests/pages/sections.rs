//! The sections of a report.

/// Every report has these, in this order. Rows that stand twice have one of their own, `repeated`, where there are any.
pub const SECTIONS: [&str; 9] = [
    "scores",
    "training",
    "classes",
    "confusions",
    "calibration",
    "errors",
    "labels",
    "data",
    "repeat",
];
