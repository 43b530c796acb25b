/** One request's life: the chain, the tries, the events, cancellation. */
@NullMarked
package dev.sluice.host.exchange;

import org.jspecify.annotations.NullMarked;
