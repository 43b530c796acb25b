package dev.sluice.plugins.aistatistics;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** The lines of the access log while it is open. */
final class Log extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice.access");
    private final List<JsonNode> lines = new CopyOnWriteArrayList<>();

    Log() {
        start();
        // Whatever a logback-test.xml on the class path says.
        logger.setLevel(Level.INFO);
        logger.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        try {
            lines.add(new ObjectMapper().readTree(event.getFormattedMessage()));
        } catch (IOException e) {
            throw new AssertionError(event.getFormattedMessage(), e);
        }
    }

    List<JsonNode> lines() {
        return lines;
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        logger.setLevel(null);
    }
}
