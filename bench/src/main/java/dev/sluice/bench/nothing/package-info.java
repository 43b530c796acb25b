/** A plugin whose one filter overrides every hook and does nothing: what hooks themselves cost. */
@NullMarked
package dev.sluice.bench.nothing;

import org.jspecify.annotations.NullMarked;
