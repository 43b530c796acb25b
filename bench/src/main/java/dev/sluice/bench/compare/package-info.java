/** Servers and drivers of the end-to-end comparison, which {@code compare/run.sh} starts. */
@NullMarked
package dev.sluice.bench.compare;

import org.jspecify.annotations.NullMarked;
