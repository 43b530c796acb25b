package dev.sluice.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.host.log.AccessLog;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The lines of the access log of all gateways of this process while it is open, whatever level the tests log at. A line is
 * written once its exchange is over, which may be after the client has its answer: await it. A gateway that starts
 * meanwhile with {@code accessLog: off} writes none. Thread-safe.
 */
public final class AccessLines implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger(AccessLog.LOGGER);
    private final @Nullable Level before = logger.getLevel();
    private final List<JsonNode> lines = new CopyOnWriteArrayList<>();

    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            try {
                lines.add(new ObjectMapper().readTree(event.getFormattedMessage()));
            } catch (IOException e) {
                throw new AssertionError(event.getFormattedMessage(), e);
            }
        }
    };

    /** Begins to listen. */
    public AccessLines() {
        appender.start();
        logger.addAppender(appender);
        logger.setLevel(Level.INFO);
    }

    /** Those so far, the oldest first. */
    public List<JsonNode> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        logger.setLevel(before);
        logger.detachAppender(appender);
    }
}
