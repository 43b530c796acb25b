/** State that outlives filters and snapshots: what is behind {@link dev.sluice.api.SharedState}. */
@NullMarked
package dev.sluice.host.state;

import org.jspecify.annotations.NullMarked;
