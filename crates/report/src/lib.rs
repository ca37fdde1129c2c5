//! Events of a run as text, JSON lines and JUnit.
