//! Plays one side of a case: plan, play, judge, verdicts, targets, deviations.
