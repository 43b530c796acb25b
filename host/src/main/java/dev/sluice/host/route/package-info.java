/** Matching a request to its route, and the immutable {@link dev.sluice.host.route.Snapshot} that a request pins. */
@NullMarked
package dev.sluice.host.route;

import org.jspecify.annotations.NullMarked;
