//! Cases played against a server that follows a script: what each step takes, what ends it, and
//! what is kept.

mod answering;
mod choosing;
mod closing;
mod deciding;
mod finally;
mod hostile;
mod peer;
mod recording;
mod retrying;
mod stage;
mod waiting;
