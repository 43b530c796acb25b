package dev.sluice.host.exchange;

import dev.sluice.api.Event;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole answer that a filter made, in the client's dialect: a head, and either a body or events.
 *
 * @param body null for a stream
 * @param events empty for a body
 * @param pace the pause between events
 * @param cut whether it breaks off behind its events, or before its body
 */
record Answer(HostResponseHead head, @Nullable HostBody body, List<Event> events, Duration pace, boolean cut) {}
