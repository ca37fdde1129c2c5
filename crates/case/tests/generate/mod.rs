//! Makes bodies in the form that the parser gives them: every kind of step, payload and token.

mod payload;
mod text;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use case::{
    Arg, Arrow, Branch, Call, Comparison, Fact, Item, Label, Payload, Relation, Report, Source,
    Spanned, Step, StepKind, Stretch, Times,
};
use proptest::prelude::*;

pub(crate) use payload::payload;
pub(crate) use text::{Use, template};

/// A value without a place: places do not count when trees are compared.
pub(crate) fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, 0..0)
}

/// The body of a transcript.
pub(crate) fn body() -> BoxedStrategy<Vec<Item>> {
    let steps =
        prop::collection::vec(prop_oneof![6 => simple(), 1 => any_order(), 2 => one_of()], 0..6);
    let last = prop::option::weighted(0.2, items(1..3).prop_map(StepKind::Finally));
    (steps, last, layout())
        .prop_map(|(steps, last, layout)| {
            lay_out(steps.into_iter().chain(last).map(step).collect(), layout)
        })
        .boxed()
}

fn step(kind: StepKind) -> Step {
    let source = Arc::new(Source { path: PathBuf::new(), text: String::new() });
    Step { kind, span: 0..0, source }
}

/// Layout before each item: comments, an empty line, both, nothing.
fn layout() -> BoxedStrategy<Vec<(bool, Option<String>)>> {
    prop::collection::vec((any::<bool>(), prop::option::weighted(0.2, comment())), 8).boxed()
}

fn comment() -> BoxedStrategy<String> {
    "([ #a-z{}\"<-]{0,10}[a-z#é])?".boxed()
}

/// Puts the steps below each other. The first and the last item are never blank, nor are two in a
/// row.
fn lay_out(steps: Vec<Step>, layout: Vec<(bool, Option<String>)>) -> Vec<Item> {
    let mut items = Vec::new();
    for (step, (blank, comment)) in steps.into_iter().zip(layout) {
        if blank && !items.is_empty() {
            items.push(Item::Blank);
        }
        items.extend(comment.map(Item::Comment));
        items.push(Item::Step(step));
    }
    items
}

fn items(count: std::ops::Range<usize>) -> BoxedStrategy<Vec<Item>> {
    (prop::collection::vec(simple(), count), layout())
        .prop_map(|(kinds, layout)| lay_out(kinds.into_iter().map(step).collect(), layout))
        .boxed()
}

fn any_order() -> BoxedStrategy<StepKind> {
    items(1..4).prop_map(StepKind::AnyOrder).boxed()
}

fn conn() -> BoxedStrategy<Spanned<String>> {
    prop_oneof![4 => "[a-z][a-z0-9_-]{0,5}", 1 => Just("do".to_owned()), 1 => Just("use".to_owned()), 1 => Just("mark".to_owned()), 1 => Just("time".to_owned())].prop_map(at).boxed()
}

fn limit() -> BoxedStrategy<Option<Duration>> {
    prop::option::weighted(0.2, (0..200_000_u64).prop_map(Duration::from_millis)).boxed()
}

fn simple() -> BoxedStrategy<StepKind> {
    prop_oneof![
        4 => said(prop_oneof![Just(Arrow::ToServer), Just(Arrow::ToClient), Just(Arrow::Injected)]),
        1 => report(),
        2 => (conn(), limit(), fact()).prop_map(|(conn, within, fact)| StepKind::Fact { conn, within, fact }),
        1 => moment().prop_map(StepKind::Mark),
        1 => comparison().prop_map(StepKind::Time),
        1 => action().prop_map(StepKind::Do),
        1 => ("[a-z][a-z-]{0,8}", prop::collection::vec(arg(), 0..4)).prop_map(|(name, args)| StepKind::Use(call(name, args))),
    ].boxed()
}

fn moment() -> BoxedStrategy<Spanned<String>> {
    "[a-z][a-z0-9_-]{0,5}".prop_map(at).boxed()
}

fn comparison() -> BoxedStrategy<Comparison> {
    let stretch = || (moment(), moment()).prop_map(|(from, to)| Stretch { from, to });
    let relation = prop_oneof![Just(Relation::AtLeast), Just(Relation::AtMost)];
    let times = (1..100_000_u32).prop_map(Times::hundredths);
    (stretch(), relation, times, stretch())
        .prop_map(|(what, relation, times, than)| Comparison { what, relation, times, than })
        .boxed()
}

fn said(arrow: impl Strategy<Value = Arrow> + 'static) -> BoxedStrategy<StepKind> {
    (conn(), arrow, limit(), payload())
        .prop_map(|(conn, arrow, within, payload)| StepKind::Say { conn, arrow, within, payload })
        .boxed()
}

fn report() -> BoxedStrategy<StepKind> {
    let field = ("[a-z][a-z-]{0,6}".prop_map(at), template(Use::String));
    let report = ("[a-z][a-z-]{0,8}".prop_map(at), prop::collection::vec(field, 0..3))
        .prop_map(|(event, fields)| Report { event, fields });
    (conn(), limit(), report)
        .prop_map(|(conn, within, report)| StepKind::Reports { conn, within, report })
        .boxed()
}

fn fact() -> BoxedStrategy<Fact> {
    prop_oneof![
        any::<bool>().prop_map(|tls| Fact::Connect { tls }),
        Just(Fact::ServerName),
        Just(Fact::Caps),
        Just(Fact::Upgraded),
        Just(Fact::NeverUpgraded),
        Just(Fact::Closed),
        Just(Fact::Eof),
        Just(Fact::Reset),
        Just(Fact::Manual),
        Just(Fact::Deaf),
        Just(Fact::Mute),
        (0..200_000_u64).prop_map(|silent| Fact::Silent(Duration::from_millis(silent))),
    ]
    .boxed()
}

fn call(name: String, args: Vec<Arg>) -> Call {
    Call { name: at(name), args: args.into_iter().map(at).collect() }
}

fn action() -> BoxedStrategy<Call> {
    prop_oneof![
        (arg(), payload::element())
            .prop_map(|(node, root)| call("publish".into(), vec![node, Arg::Xml(Box::new(root))])),
        (arg(), arg()).prop_map(|(account, state)| call("state".into(), vec![account, state])),
        (arg(), arg(), arg()).prop_map(|(account, state, reason)| {
            call("state".into(), vec![account, state, reason])
        }),
        arg().prop_map(|account| call("hang-up".into(), vec![account])),
        arg().prop_map(|status| call("systeminfo".into(), vec![status])),
        arg().prop_map(|fault| call("fault".into(), vec![fault])),
    ]
    .boxed()
}

fn arg() -> BoxedStrategy<Arg> {
    prop_oneof![
        text::word().prop_map(Arg::Word),
        any::<u64>().prop_map(Arg::Number),
        template(Use::String).prop_map(Arg::Text),
    ]
    .boxed()
}

/// The short form: one payload a branch, on one connection, with one deadline.
fn one_of() -> BoxedStrategy<StepKind> {
    prop_oneof![short_one_of(), long_one_of()].boxed()
}

fn short_one_of() -> BoxedStrategy<StepKind> {
    let branches = prop::collection::vec((label(), payload()), 1..4);
    (conn(), limit(), branches, layout(), prop::option::weighted(0.2, comment()))
        .prop_map(|(conn, within, branches, layout, trailing)| {
            let say = |payload: Payload| StepKind::Say {
                conn: conn.clone(),
                arrow: Arrow::ToClient,
                within,
                payload,
            };
            let branches = branches
                .into_iter()
                .map(|(label, payload)| (label, vec![step(say(payload))]))
                .collect();
            StepKind::OneOf {
                short: Some(conn.clone()),
                branches: lay_out_branches(branches, layout, trailing),
            }
        })
        .boxed()
}

fn long_one_of() -> BoxedStrategy<StepKind> {
    let body = (said(Just(Arrow::ToClient)), prop::collection::vec(simple(), 0..3))
        .prop_map(|(first, more)| std::iter::once(first).chain(more).map(step).collect::<Vec<_>>());
    let branches = prop::collection::vec((label(), body), 1..4);
    (branches, layout(), prop::option::weighted(0.2, comment()))
        .prop_map(|(branches, layout, trailing)| StepKind::OneOf {
            short: None,
            branches: lay_out_branches(branches, layout, trailing),
        })
        .boxed()
}

type Labelled = (Spanned<Label>, Option<Spanned<String>>);

fn label() -> BoxedStrategy<Labelled> {
    let label = prop_oneof![
        Just(Label::Ok),
        Just(Label::NonStrict),
        Just(Label::Info),
        Just(Label::Unsupported),
        Just(Label::Fail)
    ];
    (label.prop_map(at), prop::option::of(text::printable().prop_map(at))).boxed()
}

/// Layout between branches belongs to the later one; layout after the last belongs to the last.
fn lay_out_branches(
    branches: Vec<(Labelled, Vec<Step>)>,
    layout: Vec<(bool, Option<String>)>,
    trailing: Option<String>,
) -> Vec<Branch> {
    let mut out: Vec<Branch> = Vec::new();
    for (((label, text), steps), (blank, comment)) in branches.into_iter().zip(layout) {
        let mut body = Vec::new();
        if blank && !out.is_empty() {
            body.push(Item::Blank);
        }
        body.extend(comment.map(Item::Comment));
        body.extend(steps.into_iter().map(Item::Step));
        out.push(Branch { label, text, body });
    }
    if let Some(last) = out.last_mut() {
        last.body.extend(trailing.map(Item::Comment));
    }
    out
}
