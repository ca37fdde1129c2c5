//! The port: a listener, the table of routes, and access to them.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::watch;
use wire::net::LocalAccess;

use crate::explainer::Explainer;
use crate::guard::{self, MAX_BODY};
use crate::problem::Problem;
use crate::route::Route;

/// A port over something that runs. It is open until it is dropped, and does not keep that alive.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    access: LocalAccess,
    stop: watch::Sender<bool>,
}

impl Port {
    /// Opens the port on an address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn open<S: Send + Sync + 'static>(
        source: &Arc<S>,
        routes: impl IntoIterator<Item = &'static Route<S>>,
        address: SocketAddr,
        access: LocalAccess,
        explainer: Option<Explainer>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, mut stopped) = watch::channel(false);
        let router = router(Arc::downgrade(source), routes, &access, &stopped, explainer.as_ref());
        tokio::spawn(async move {
            let stopped = async move {
                // An error means that the sender is gone, so nothing else can stop it.
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                () = stopped => {}
            }
        });
        Ok(Self { address, access, stop })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The peers that may use it.
    #[must_use]
    pub fn access(&self) -> &LocalAccess {
        &self.access
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn router<S: Send + Sync + 'static>(
    source: Weak<S>,
    routes: impl IntoIterator<Item = &'static Route<S>>,
    access: &LocalAccess,
    closing: &watch::Receiver<bool>,
    explainer: Option<&Explainer>,
) -> Router {
    let router = routes.into_iter().fold(Router::new(), |router, route| {
        let service = route.service(source.clone(), closing.clone(), explainer.cloned());
        router.route(route.path, service)
    });
    router
        .fallback(|| async { Problem::no_such_route() })
        .method_not_allowed_fallback(|| async { Problem::no_such_method() })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(access.clone(), guard::guard))
}
