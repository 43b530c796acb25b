/** Streams of events, cut out of bytes and written as bytes: one {@link dev.sluice.host.framing.Framing} per media type. */
@NullMarked
package dev.sluice.host.framing;

import org.jspecify.annotations.NullMarked;
