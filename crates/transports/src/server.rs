//! The server of a day: a fake whose clock stands until it is set forward, on a thread of its own,
//! so that its processor time can be told from that of the clients.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use finesse_fake::{Control, FakeFinesse, Published, UserRange};
use remote::Account;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use wire::net::{Authority, Incoming, Listener, ServerTls, Trust};

use crate::error::Error;

/// The password of all agents.
const PASSWORD: &str = "measured";

/// When each day begins: 5 January 2026, 08:00 UTC.
const MORNING: Duration = Duration::from_secs(1_767_600_000);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

type Order = Box<dyn FnOnce(&FakeFinesse) + Send>;

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    fake: Arc<FakeFinesse>,
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
    pub(crate) address: Address,
}

/// Where a server is, and whom it trusts.
#[derive(Clone)]
pub(crate) struct Address {
    /// The port of the REST API, BOSH and WebSocket.
    pub(crate) port: u16,
    /// The port of server-sent events, with TLS before it.
    pub(crate) events: u16,
    pub(crate) domain: String,
    pub(crate) trust: Trust,
    pub(crate) events_trust: Trust,
}

/// The accounts of a day with so many agents.
pub(crate) fn accounts(agents: usize) -> Vec<Account> {
    let name = |number| format!("agent{number:05}");
    let account = |number| Account { name: name(number), password: PASSWORD.to_owned() };
    (1..=agents).map(account).collect()
}

impl Server {
    /// Starts the day of so many agents.
    pub(crate) async fn start(agents: usize, seed: u64) -> Result<Self, Error> {
        let (ready, is_ready) = oneshot::channel();
        let (orders, taken) = mpsc::unbounded_channel::<Order>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("server".to_owned());
        let thread = thread.spawn(move || runtime.block_on(serve(agents, seed, ready, taken)))?;
        let gone = |_| Error::Start("its thread has ended".to_owned());
        let (fake, address) = is_ready.await.map_err(gone)??;
        Ok(Self { fake, orders: Some(orders), thread: Some(thread), address })
    }

    /// When something is next due, from now, in the day's time.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        self.fake.next_timer(true)
    }

    /// How many connections and sessions the server has.
    pub(crate) fn clients(&self) -> usize {
        self.fake.clients().len()
    }

    /// Whether the server has dealt with these octets, and said these.
    pub(crate) fn is_settled(&self, received: u64, sent: u64) -> bool {
        self.fake.settled(received, sent)
    }

    /// Sets the clock forward. Returns the publications behind this number.
    pub(crate) async fn advance(&self, by: Duration, after: u64) -> Result<Published, Error> {
        self.order(move |fake| {
            fake.advance(by);
            fake.published(after)
        })
        .await
    }

    /// Processor time of the server so far; none where the system does not tell.
    pub(crate) async fn processor_time(&self) -> Result<Option<Duration>, Error> {
        self.order(|_| {
            // The first number is the time on a processor, in nanoseconds.
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
            text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
        })
        .await
    }

    /// Does something on the server's own thread.
    async fn order<T: Send + 'static>(
        &self,
        act: impl FnOnce(&FakeFinesse) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (done, result) = oneshot::channel();
        let order = Box::new(move |fake: &FakeFinesse| {
            // The one who asked may have given up.
            let _ = done.send(act(fake));
        });
        let is_sent = self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok());
        let ended = || Error::Start("the server has ended".to_owned());
        if !is_sent {
            return Err(ended());
        }
        result.await.map_err(|_| ended())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by its message.
            let _ = thread.join();
        }
    }
}

type Ready = oneshot::Sender<Result<(Arc<FakeFinesse>, Address), Error>>;

/// Carries out orders until there is nobody left to give any.
async fn serve(agents: usize, seed: u64, ready: Ready, mut orders: mpsc::UnboundedReceiver<Order>) {
    // The control port is open as long as it is held.
    let (fake, _control) = match open(agents, seed).await {
        Ok((fake, control, address)) => {
            let _ = ready.send(Ok((Arc::clone(&fake), address)));
            (fake, control)
        }
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    while let Some(order) = orders.recv().await {
        order(&fake);
    }
}

async fn open(agents: usize, seed: u64) -> Result<(Arc<FakeFinesse>, Control, Address), Error> {
    let wrong = |error: finesse_fake::Error| Error::Start(error.to_string());
    let range: UserRange = format!("agent00001..{agents:05}").parse().map_err(wrong)?;
    // A call a minute for each agent.
    let calls = u32::try_from(agents).unwrap_or(u32::MAX);
    let fake = FakeFinesse::builder()
        .users(&range, PASSWORD)
        .begins(SystemTime::UNIX_EPOCH + MORNING)
        .time_by_hand(true)
        .transcript_limit(0)
        .seed(seed)
        .traffic(calls, seed);
    let fake = Arc::new(fake.start().await.map_err(wrong)?);
    let here = "127.0.0.1:0".parse().map_err(|_| Error::Start("no address".to_owned()))?;
    let control = Control::open(&fake, here).await.map_err(wrong)?;
    let trusted = |pem: &str| Trust::ca_pem(pem).map_err(|error| Error::Start(error.to_string()));
    let authority = Authority::new().map_err(|error| Error::Start(error.to_string()))?;
    let tls = authority.server_config(&["127.0.0.1"]);
    let tls = tls.map_err(|error| Error::Start(error.to_string()))?;
    let events = put_tls_before(control.url(), tls).await?;
    let address = Address {
        port: fake.addr().port(),
        events,
        domain: fake.domain().to_owned(),
        trust: trusted(fake.ca_pem().unwrap_or_default())?,
        events_trust: trusted(&authority.ca_pem())?,
    };
    Ok((fake, control, address))
}

/// The control port has no TLS, since it is for this machine alone. The other ways have, so it gets
/// some. Its cost counts as the server's.
async fn put_tls_before(control: String, tls: ServerTls) -> Result<u16, Error> {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Some(tls)).await?;
    let port = listener.local_addr()?.port();
    let target = control.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok(incoming) = listener.accept().await {
            tokio::spawn(pass(incoming, target.clone()));
        }
    });
    Ok(port)
}

async fn pass(incoming: Incoming, target: String) {
    if let (Ok(mut stream), Ok(mut behind)) =
        (incoming.handshake(HANDSHAKE).await, TcpStream::connect(target).await)
    {
        // Either side may end it.
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
    }
}
