package dev.sluice.host.log;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** Where the process's logs go. */
public final class Logs {
    private static final int QUEUE = 8192;

    private Logs() {}

    /**
     * Sends the access log where the config says.
     *
     * @param destination {@code stdout}, {@code off}, or a file, relative to the config's
     */
    public static void accessLog(String destination, Path config) {
        if (!(LoggerFactory.getLogger(AccessLog.LOGGER) instanceof Logger logger)) {
            return;
        }
        if (destination.equals("off")) {
            logger.setLevel(Level.OFF);
        } else if (!destination.equals("stdout")) {
            logger.detachAndStopAllAppenders();
            logger.addAppender(toFile(logger.getLoggerContext(), config.resolveSibling(destination)));
        }
    }

    private static AsyncAppender toFile(LoggerContext context, Path file) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%msg%n");
        encoder.start();
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(encoder);
        appender.start();
        AsyncAppender async = new AsyncAppender();
        async.setContext(context);
        async.setQueueSize(QUEUE);
        async.setDiscardingThreshold(0);
        // An event loop must never wait for a disk: when the queue is full, lines are lost.
        async.setNeverBlock(true);
        async.addAppender(appender);
        async.start();
        return async;
    }

    /** Writes out what is queued; nothing is logged afterwards. */
    public static void flush() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
    }
}
