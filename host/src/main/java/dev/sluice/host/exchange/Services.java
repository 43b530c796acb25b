package dev.sluice.host.exchange;

import dev.sluice.api.Embeddings;
import dev.sluice.host.config.Config.Limits;
import dev.sluice.host.log.AccessLog;
import java.util.UUID;

/**
 * What all exchanges of a gateway share. Thread-safe.
 *
 * @param limits what one exchange may hold
 * @param json JSON within those limits
 * @param blocking runs what would block an event loop
 * @param telemetry the gateway's own meters
 * @param embeddings models that make vectors of texts; plugins ask for them as a service
 * @param memory bytes that all exchanges together may buffer
 * @param node tells this gateway from all others, also from another one of the same process
 */
public record Services(
        Limits limits,
        Json json,
        Blocking blocking,
        Telemetry telemetry,
        AccessLog accessLog,
        Tokens tokens,
        Embeddings embeddings,
        Memory memory,
        String node) {

    /** The services for these limits. */
    public static Services of(
            Limits limits, Blocking blocking, Telemetry telemetry, AccessLog accessLog, Embeddings embeddings) {
        return new Services(
                limits,
                new Json(limits.depth()),
                blocking,
                telemetry,
                accessLog,
                new Tokens(),
                embeddings,
                new Memory(limits.buffered()),
                UUID.randomUUID().toString());
    }
}
