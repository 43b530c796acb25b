/** The battery of faults, and the long runs beside it, against a gateway that serves: see {@code faults/run.sh}. */
@NullMarked
package dev.sluice.bench.faults;

import org.jspecify.annotations.NullMarked;
