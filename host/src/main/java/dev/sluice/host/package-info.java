/** The gateway put together: {@link dev.sluice.host.Gateway} starts it, publishes snapshots and shuts it down. */
@NullMarked
package dev.sluice.host;

import org.jspecify.annotations.NullMarked;
