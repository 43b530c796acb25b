package dev.sluice.plugins.aiproxy.dialect;

import dev.sluice.api.Event;

/** Reads the events of one stream of its dialect. */
interface StreamReader {

    /** One event; what says nothing of the answer, such as a ping, is passed over. */
    void read(Event event);
}
