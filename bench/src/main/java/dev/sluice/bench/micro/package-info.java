/** JMH benchmarks of the gateway's public parts; those of package-private ones stand in their packages. */
@NullMarked
package dev.sluice.bench.micro;

import org.jspecify.annotations.NullMarked;
