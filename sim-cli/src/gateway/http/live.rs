//! What happens, as server-sent events.

use {
    super::{
        super::{Event as Happening, Problem, ingest::patiently, view::ReadingState},
        Authorized, Service,
    },
    axum::{
        extract::State as Shared,
        http::{HeaderMap, HeaderName},
        response::sse::{Event, KeepAlive, Sse},
    },
    std::convert::Infallible,
    tokio_stream::{Stream, StreamExt, wrappers::BroadcastStream},
};

/// Readings that a listener who comes back gets at once, at most.
const MISSED: usize = 1_000;

/// What happens, as server-sent events.
///
/// `reading`: one is settled; its id is the number that `Last-Event-ID` resumes after. `changed`: totals or the market are not what
/// they were. `alert`: something that people should know, or its end.
#[utoipa::path(
    get, path = "/events", tag = "state", security(("key" = [])),
    params(("Last-Event-ID" = Option<i64>, Header, description = "Begin after this reading")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(
    Shared(service): Shared<Service>,
    authorized: Authorized,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    authorized.whole()?;
    let engine = &service.intake.engine;
    // Subscribed before the journal is read: nothing falls between; what comes twice has the same id.
    let live = BroadcastStream::new(engine.events());
    let last = headers.get(HeaderName::from_static("last-event-id"));
    let last = last.and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<i64>().ok());
    let missed = match last {
        Some(last) => patiently(engine.look(move |journal, _| Ok(journal.settled_after(last, MISSED)?))).await?,
        None => Vec::new(),
    };
    let missed: Vec<Event> = missed.iter().map(|entry| reading(entry.id, &entry.into())).collect();
    let live = live.filter_map(|happening| match happening {
        Ok(Happening::Reading(entry)) => Some(reading(entry.id, &(&*entry).into())),
        Ok(Happening::Changed) => Some(Event::default().event("changed").data("{}")),
        Ok(Happening::Alert(alert)) => Event::default().event("alert").json_data(&*alert).ok(),
        // The listener was too slow: what it shows is to be read anew.
        Err(_) => Some(Event::default().event("changed").data("{}")),
    });
    Ok(Sse::new(tokio_stream::iter(missed).chain(live).map(Ok)).keep_alive(KeepAlive::default()))
}

fn reading(id: i64, state: &ReadingState) -> Event {
    let event = Event::default().event("reading").id(id.to_string());
    event.json_data(state).unwrap_or_default()
}
