/** sluice.yaml, read and checked into a typed {@link dev.sluice.host.config.Config}. */
@NullMarked
package dev.sluice.host.config;

import org.jspecify.annotations.NullMarked;
