//! Recordings that the fake does not follow, or not in all, with reasons.

/// Recordings that the fake does not follow.
pub(crate) const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "http_ext_deflate_frame",
        "the recorder did not know the extension and wrote down what it could not read",
    ),
    (
        "http_plain_on_tls_port",
        "the alert is the TLS library's own, and ours says decode_error or nothing",
    ),
    ("stock_authorize_second_pending", STOCK),
    ("stock_features", STOCK),
    ("stock_multi_subscribe", STOCK),
    ("stock_offline_store", STOCK),
    ("stock_register_inband", STOCK),
    ("stock_sm", STOCK),
    ("stock_sm2", STOCK),
    ("stock_sm_basic", STOCK),
    ("stock_sm_resume", STOCK),
    ("tls_cert", "versions of TLS and no octets; the tests of the wire crate speak both"),
    (
        "bosh_create_gzip",
        "the recorder wrote down as text what was compressed; the generated ones are unpacked",
    ),
    ("bosh_create_wait0", INSUFFICIENT),
    ("bosh_overactivity_polling", INSUFFICIENT),
    ("ev_last_item_on_subscribe", SAME_MILLISECOND),
    ("ev_retract_purge_transient", SAME_MILLISECOND),
];

const STOCK: &str = "a server with none of UCCX's settings: other mechanisms, resumption, several subscriptions each, messages kept";

const INSUFFICIENT: &str = "the server answered some requests of sessions that poll with a 500 of its own, `insufficient content written`, from run to run";

const SAME_MILLISECOND: &str = "of two items published within a millisecond Openfire keeps the older as the last one, by chance";

/// Differences without meaning in a recording.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aside {
    /// The order of the messages of one connection.
    Order,
    /// The order within a list, which is that of a hash table.
    Lists,
    /// White space in the body of a page, which the recorder did not keep.
    Space,
}

/// Differences that the comparison of a recording ignores, with reasons.
pub(crate) const SET_ASIDE: &[(&str, Aside, &str)] = &[
    ("hs_http10", Aside::Space, COLLAPSED),
    ("hs_no_key", Aside::Space, COLLAPSED),
    ("hs_subprotocol_case", Aside::Space, COLLAPSED),
    ("hs_wrong_path", Aside::Space, COLLAPSED),
    ("hs_wrong_subprotocol", Aside::Space, COLLAPSED),
    ("disco_info_pubsub", Aside::Lists, HASHED),
    ("ev_error_message_to_pubsub", Aside::Lists, HASHED),
    ("ps_affiliations_owner", Aside::Lists, HASHED),
    ("ps_disco_items", Aside::Lists, HASHED),
    ("ev_interleaved", Aside::Order, THREADS),
    ("ev_order_same_node", Aside::Order, THREADS),
    ("ev_order_two_nodes", Aside::Order, THREADS),
    ("ps_subscribe_100", Aside::Order, THREADS),
    ("sub_twice", Aside::Order, THREADS),
    ("valid_flow", Aside::Order, THREADS),
    ("valid_flow_barejid", Aside::Order, THREADS),
];

const COLLAPSED: &str = "the older recorder wrote bodies with their white space collapsed";
const HASHED: &str = "Openfire lists nodes in the order of a hash table";
const THREADS: &str = "Openfire answers publish-subscribe requests from several threads";

/// Clients that answer nothing and keep TCP open when the server has ended its half.
pub(crate) const HOLDS: &[&str] =
    &["closing_echo_hold", "closing_error_no_echo", "closing_long", "close_client_waits"];

/// Clients that connect anew for a request when the server has ended their connection, under the
/// same letter.
pub(crate) const CONNECTS_ANEW: &[&str] = &["bosh_inactivity"];

/// Connections whose last words reached the server only after what follows them in the recording:
/// it was a race.
pub(crate) const LATE: &[(&str, &str)] = &[
    ("closing_both_at_once", "Q"),
    ("closing_echo_hold", "Q"),
    ("closing_unavailable_first", "Q"),
    ("conflict_case", "C"),
    ("ev_bare_two_resources", "C"),
    ("var2_route_all_resources", "C"),
];
